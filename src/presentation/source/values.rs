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

/// The type of a body or link as the specification writes it; empty if it has none.
pub(super) fn kind_of(resource: &Value) -> String {
    const KINDS: [&str; 12] = [
        "Image",
        "Video",
        "Sound",
        "Text",
        "Dataset",
        "Model",
        "Canvas",
        "Manifest",
        "TextualBody",
        "SpecificResource",
        "Choice",
        "Agent",
    ];
    let kind = word(&resource["type"]).unwrap_or_default();
    let bare = kind.rsplit_once(':').map_or(&*kind, |(_, bare)| bare);
    let bare = match &*bare.to_ascii_lowercase() {
        "audio" => "Sound",
        "movingimage" => "Video",
        "document" => "Text",
        _ => bare,
    };
    KINDS
        .iter()
        .find(|known| known.eq_ignore_ascii_case(bare))
        .map_or(kind.clone(), |known| (*known).to_owned())
}

/// A media type; one without its first part is one of an application.
pub(super) fn media_type(value: &Value) -> Option<String> {
    let text = word(value)?;
    match text.split_once('/') {
        Some((kind, _)) if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_alphabetic()) => None,
        Some((kind, rest)) => Some(format!("{}/{rest}", kind.to_ascii_lowercase())),
        None => {
            ["vnd.", "x-"].iter().any(|start| text.starts_with(start)).then(|| format!("application/{text}"))
        }
    }
}

/// A number, also one that is written as a text.
pub(super) fn number(value: &Value) -> Option<Value> {
    let is_number = |number: &Value| number.is_number();
    let read = || serde_json::from_str(value.as_str()?.trim()).ok().filter(is_number);
    if value.is_number() { Some(value.clone()) } else { read() }
}

/// A side in whole pixels.
pub(super) fn side(value: &Value) -> Option<u64> {
    let side = value.as_u64().or_else(|| {
        let side = number(value)?.as_f64()?.round();
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
