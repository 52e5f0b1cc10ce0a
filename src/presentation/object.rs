//! Objects of JSON whose values are moved into them; `json!` copies each anew at every level.

/// An object of these fields, in this order where order is kept.
macro_rules! object {
    ($($key:literal: $value:expr),* $(,)?) => {{
        let mut fields = serde_json::Map::new();
        $(fields.insert($key.to_owned(), serde_json::Value::from($value));)*
        serde_json::Value::Object(fields)
    }};
}

pub(super) use object;
