//! Bodies of annotations: texts, and links to other resources (Web Annotation Data Model, §3.2).

use serde_json::{Map, Value};

use super::{MAX_NAME, MAX_PARTS, agent, html, iri, list, motivation, object, shown};
use crate::iiif::Invalid;

/// The types of bodies that are resources with a URI of their own.
const RESOURCES: [&str; 6] = ["Dataset", "Image", "Sound", "SpecificResource", "Text", "Video"];

/// The bodies, and the text of those that are texts.
pub(super) fn read(body: Option<Value>, value: Option<Value>) -> Result<(Vec<Value>, String), Invalid> {
    let mut sent = list(body);
    if let Some(value) = value {
        if !sent.is_empty() || !value.is_string() {
            return Err(Invalid::new(
                "bodyValue",
                "",
                "must be a text, and cannot be given together with `body`",
            ));
        }
        sent.push(object! { "type": "TextualBody", "value": value });
    }
    if sent.len() > MAX_PARTS {
        return Err(Invalid::new("body", "", format!("has more than {MAX_PARTS} values")));
    }
    let mut words = String::new();
    let bodies = sent.into_iter().map(|body| one(body, &mut words)).collect::<Result<Vec<_>, _>>()?;
    Ok((bodies, words))
}

fn one(sent: Value, words: &mut String) -> Result<Value, Invalid> {
    let sent = match sent {
        Value::String(_) => return iri("body", &sent),
        Value::Object(sent) => sent,
        other => {
            return Err(Invalid::new(
                "body",
                &shown(Some(&other)),
                "must be a URI or an object with a `type`",
            ));
        }
    };
    let kinds = list(sent.get("type").cloned());
    let is = |kind: &str| kinds.iter().any(|sent| sent == kind);
    if is("TextualBody") || (kinds.is_empty() && sent.contains_key("value")) {
        return textual(sent, words);
    }
    match RESOURCES.into_iter().find(|kind| is(kind)) {
        Some(kind) => resource(kind, &sent),
        None if kinds.is_empty() => resource("SpecificResource", &sent),
        None => {
            let reason = format!("must be `TextualBody`, or one of {}", RESOURCES.join(", "));
            Err(Invalid::new("body.type", &shown(sent.get("type")), reason))
        }
    }
}

/// A text. Viewers render all values as HTML, so plain text that they would take for markup becomes escaped HTML.
fn textual(mut sent: Map<String, Value>, words: &mut String) -> Result<Value, Invalid> {
    let text = match sent.remove("value") {
        Some(Value::String(text)) => text,
        other => return Err(Invalid::new("body.value", &shown(other.as_ref()), "must be a text")),
    };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Invalid::new("body.value", "", "contains control characters"));
    }
    let format = sent.get("format").and_then(Value::as_str).unwrap_or("text/plain");
    let (value, is_markup) = match format.split(';').next().unwrap_or_default().trim() {
        "text/html" => (html::value(&text, ""), true),
        "text/plain" | "text/markdown" => (html::literal(text.trim()), false),
        other => {
            return Err(Invalid::new("body.format", other, "must be `text/plain` or `text/html`"));
        }
    };
    let plain = html::plain_text(&value);
    // Plain text may consist of what looks like markup.
    let is_empty = if is_markup { plain.trim().is_empty() } else { text.trim().is_empty() };
    if is_empty {
        return Err(Invalid::new(
            "body.value",
            "",
            "is empty, or empty without the markup that is not allowed",
        ));
    }
    words.push_str(&format!("{}{plain}", if words.is_empty() { "" } else { " " }));
    let is_html = value.starts_with('<');
    let mut body = object! {
        "type": "TextualBody",
        "value": value,
        "format": if is_html { "text/html" } else { "text/plain" },
    };
    if let Some(languages) = super::one_or_many(languages(&sent)?) {
        body["language"] = languages;
    }
    if let Some(direction) =
        sent.get("textDirection").filter(|sent| ["ltr", "rtl", "auto"].iter().any(|d| sent == d))
    {
        body["textDirection"] = direction.clone();
    }
    common(&sent, &mut body)?;
    Ok(body)
}

fn languages(sent: &Map<String, Value>) -> Result<Vec<Value>, Invalid> {
    let is_tag = |text: &str| {
        !text.is_empty()
            && text.len() <= 35
            && text.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    let sent = list(sent.get("language").cloned());
    match sent.iter().find(|language| !language.as_str().is_some_and(is_tag)) {
        Some(other) => {
            Err(Invalid::new("body.language", &shown(Some(other)), "must be a language tag, as in `da`"))
        }
        None if sent.len() > MAX_PARTS => Err(Invalid::new("body.language", "", "has too many values")),
        None => Ok(sent),
    }
}

/// A resource elsewhere. It is named by a URI, and never embedded.
fn resource(kind: &'static str, sent: &Map<String, Value>) -> Result<Value, Invalid> {
    let is_specific = kind == "SpecificResource";
    let (key, parameter) = if is_specific { ("source", "body.source") } else { ("id", "body.id") };
    let named = sent.get(key).or(sent.get("id")).unwrap_or(&Value::Null);
    let named = named.get("id").unwrap_or(named);
    let mut body = object! { "type": kind };
    body[key] = iri(parameter, named)?;
    let format = sent.get("format").and_then(Value::as_str);
    let is_type = |text: &&str| {
        text.len() <= MAX_NAME && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/+-.;= ".contains(&b))
    };
    if let Some(format) = format.filter(is_type) {
        body["format"] = Value::from(format);
    }
    common(sent, &mut body)?;
    Ok(body)
}

/// The purpose and the creator of a body.
fn common(sent: &Map<String, Value>, body: &mut Value) -> Result<(), Invalid> {
    if let Some(purpose) = sent.get("purpose").filter(|purpose| !purpose.is_null()) {
        body["purpose"] = motivation("body.purpose", Some(purpose.clone()))?;
    }
    if let Some(creator) = sent.get("creator").filter(|creator| !creator.is_null()) {
        body["creator"] = agent("body.creator", creator.clone())?;
    }
    Ok(())
}
