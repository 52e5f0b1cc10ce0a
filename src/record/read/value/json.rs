//! Reads a field's value leniently: a list as a text, a text as a list, a number as either.

use std::borrow::Cow;

use serde_json::Value;

use crate::record::Text;

/// The first of these fields with a value; of a list, in its first object.
pub(in crate::record::read) fn field<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let object = match value {
        Value::Array(all) => all.iter().find_map(Value::as_object)?,
        other => other.as_object()?,
    };
    names.iter().filter_map(|&name| object.get(name)).find(|found| !is_void(found))
}

fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        _ => false,
    }
}

/// The values of a field, which may be a list or a single value.
pub(in crate::record::read) fn many(value: Option<&Value>) -> &[Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(all)) => all,
        Some(one) => std::slice::from_ref(one),
    }
}

/// A value as text: a string, a number, or the first of a list of them.
pub(in crate::record::read) fn word(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(Cow::Borrowed),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Array(all) => all.iter().filter(|value| !value.is_array()).find_map(word),
        _ => None,
    }
}

/// A value as text; of an object, the first of these fields.
pub(in crate::record::read) fn text_of<'a>(value: &'a Value, names: &[&str]) -> Option<Cow<'a, str>> {
    word(value).or_else(|| field(value, names).and_then(word))
}

/// The text of the first of these fields that has one.
pub(in crate::record::read) fn text_in<'a>(value: &'a Value, names: &[&str]) -> Option<Cow<'a, str>> {
    let inner = ["name", "title", "text", "value", "label", "id"];
    names.iter().filter_map(|name| field(value, &[name])).find_map(|found| text_of(found, &inner))
}

/// Each value of a field as a separate text; of objects, the first of these fields.
pub(in crate::record::read) fn texts(value: Option<&Value>, names: &[&str]) -> Vec<Text> {
    let found = many(value).iter().filter_map(|value| text_of(value, names));
    found.map(|text| Text::plain(&text)).filter(|text| !text.is_empty()).collect()
}

/// A number, or a string that is one, with a decimal point or comma.
pub(in crate::record::read) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        other => {
            let text = word(other)?.replace(',', ".");
            let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
            text.parse().ok().filter(|_| plain)
        }
    }
}

/// A boolean, or yes or no in English or Danish, 1 or 0.
pub(in crate::record) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => return Some(*truth),
        Value::Number(number) if number.as_f64() == Some(1.0) => return Some(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => return Some(false),
        Value::Array(all) if all.len() == 1 => return truth(&all[0]),
        _ => {}
    }
    match word(value)?.to_lowercase().as_str() {
        "true" | "yes" | "y" | "ja" | "j" | "1" | "x" | "sand" => Some(true),
        "false" | "no" | "n" | "nej" | "0" | "falsk" => Some(false),
        _ => None,
    }
}

/// The value of a public domain flag; an unreadable one grants no permission.
pub(in crate::record::read) fn is_public_domain(value: &Value) -> bool {
    truth(value).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_found_in_any_shape() {
        for (value, expected) in [
            (json!(" a "), Some("a")),
            (json!(["", null, "b"]), Some("b")),
            (json!(7), Some("7")),
            (json!({"name": "c"}), Some("c")),
            (json!([{"name": "d"}]), Some("d")),
            (json!(true), None),
            (json!({"name": {"name": "e"}}), None),
            (json!([["f"]]), None),
        ] {
            assert_eq!(text_of(&value, &["name"]).as_deref(), expected, "{value}");
        }
        assert_eq!(many(Some(&json!("a"))).len() + many(Some(&json!(["a", "b"]))).len(), 3);
        assert_eq!(texts(Some(&json!(["a", {"technique": "b"}, null, 3])), &["technique"]).len(), 3);
    }

    #[test]
    fn numbers_and_truths_are_read_from_words() {
        assert_eq!(number(&json!("12,5")), Some(12.5));
        assert_eq!(
            (number(&json!(3)), number(&json!("inf")), number(&json!("1 m"))),
            (Some(3.0), None, None)
        );
        assert_eq!(
            (truth(&json!("Ja")), truth(&json!(0)), truth(&json!("måske"))),
            (Some(true), Some(false), None)
        );
    }
}
