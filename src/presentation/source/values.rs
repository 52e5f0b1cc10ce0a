//! Values of properties that several kinds of resources have.

use serde_json::Value;

use crate::presentation::{html, http_uri};

/// Maximum depth of resources; deeper ones are left out.
pub(super) const MAX_DEPTH: usize = 40;

/// A textual body's value, and its format if that differs from the given one.
pub(super) fn text_of(value: &str, format: Option<&str>) -> (String, Option<&'static str>) {
    if format == Some("text/html") || format.is_none() && value.trim_start().starts_with('<') {
        let made = html::value(value, "");
        return (made, format.is_none().then_some("text/html"));
    }
    let made = html::literal(value);
    let is_escaped = made != value;
    (made, is_escaped.then_some("text/html"))
}

/// JSON of another specification, such as GeoJSON, with its texts without markup.
pub(super) fn json(value: &Value, depth: usize) -> Value {
    match value {
        Value::String(text) => Value::from(http_uri(text).unwrap_or_else(|| html::plain_text(text))),
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Value::Null,
        Value::Array(all) => all.iter().map(|one| json(one, depth + 1)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (html::plain_text(key), json(value, depth + 1)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

pub(super) fn list(value: Option<&Value>) -> &[Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(all)) => all,
        Some(one) => std::slice::from_ref(one),
    }
}

pub(super) fn some(values: impl Into<Value>) -> Option<Value> {
    full(values.into())
}

pub(super) fn full(value: Value) -> Option<Value> {
    let is_empty = match &value {
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        other => other.is_null(),
    };
    (!is_empty).then_some(value)
}

pub(super) fn known(value: &Value, names: &[&str]) -> Option<Value> {
    names.contains(&value.as_str()?).then(|| value.clone())
}

/// A short text without markup.
pub(super) fn word(value: &Value) -> Option<String> {
    Some(html::plain_text(value.as_str()?))
}

/// A side in whole pixels.
pub(super) fn side(value: &Value) -> Option<u64> {
    let side = value.as_u64().or_else(|| value.as_str()?.parse().ok()).or_else(|| {
        let side = value.as_f64()?.round();
        (1.0..=1e9).contains(&side).then_some(side as u64)
    })?;
    (1..=u64::from(u32::MAX)).contains(&side).then_some(side)
}

pub(super) fn positive(value: &Value) -> Option<serde_json::Number> {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number| *number > 0.0)?;
    value.as_number().cloned().or_else(|| serde_json::Number::from_f64(number))
}

/// Whether a text is an xsd:dateTime with a time zone.
pub(super) fn is_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits =
        |from: usize, to: usize| bytes.get(from..to).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let is_dated = marks.iter().all(|(at, mark)| bytes.get(*at) == Some(mark))
        && [(0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19)]
            .iter()
            .all(|(from, to)| digits(*from, *to));
    let zone = text.get(19..).unwrap_or_default();
    let zone =
        zone.strip_prefix('.').map_or(zone, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let is_offset = zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':';
    is_dated && (zone == "Z" || is_offset)
}
