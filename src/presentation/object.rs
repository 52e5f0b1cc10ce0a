//! Builds JSON objects by moving values in; `json!` re-serializes them at every level.

/// An object with these fields, in this order if `serde_json` preserves order.
macro_rules! object {
    ($($key:literal: $value:expr),* $(,)?) => {{
        let mut fields = serde_json::Map::new();
        $(fields.insert($key.to_owned(), serde_json::Value::from($value));)*
        serde_json::Value::Object(fields)
    }};
}

pub(super) use object;
