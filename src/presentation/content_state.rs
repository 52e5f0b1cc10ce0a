//! Links that open a viewer at a work, a canvas or a part of one (Content State 1.0).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::Value;

use super::Address;
use super::object::object;
use crate::iiif::{Invalid, Version};
use crate::record::Region;

/// No content state that is read is longer, in bytes.
pub(crate) const MAX_BYTES: usize = 16_384;

/// What JavaScript's `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What a content state points at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// The address of the manifest, collection, canvas or range, without a fragment.
    pub id: String,
    /// `Manifest`, `Canvas`…; empty where only an address was given.
    pub kind: String,
    /// The manifest that a canvas or range belongs to.
    pub manifest: Option<String>,
    pub region: Option<Region>,
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Work,
    /// A part of a canvas: its number from 1, and the region in its pixels.
    Region(usize, Region),
}

/// The content state that an address carries (§6).
pub(crate) fn encode(json: &str) -> String {
    URL_SAFE_NO_PAD.encode(utf8_percent_encode(json, COMPONENT).to_string())
}

/// The JSON of an encoded state; fails if it is not one.
pub(crate) fn decode(encoded: &str) -> Result<String, Invalid> {
    let bad = |why: &str| Invalid::new("iiif-content", &shortened(encoded), why.to_owned());
    if encoded.len() > MAX_BYTES {
        return Err(bad("is longer than 16384 bytes"));
    }
    let bytes = URL_SAFE_NO_PAD
        .decode(encoded.trim_end_matches('='))
        .map_err(|_| bad("is neither an address nor JSON in the encoding of Content State 1.0, section 6"))?;
    let text = percent_decode(&bytes).decode_utf8().map_err(|_| bad("is not UTF-8 once decoded"))?;
    Ok(text.into_owned())
}

/// The target as a content state annotation's own body (§2.2).
pub(crate) fn target(address: &Address, work: &str, target: Target) -> Value {
    let manifest = object! { "id": address.manifest(Version::V3, work), "type": "Manifest" };
    match target {
        Target::Work => manifest,
        Target::Region(number, region) => {
            let id = format!("{}#xywh={region}", address.canvas(work, number));
            object! { "id": id, "type": "Canvas", "partOf": [manifest] }
        }
    }
}

/// A link that opens `page`, as in `https://host/`, at the target (§3.1): a plain address for a work, else encoded.
pub(crate) fn link(page: &str, address: &Address, work: &str, to: Target) -> String {
    let state = match to {
        Target::Work => utf8_percent_encode(&address.manifest(Version::V3, work), COMPONENT).to_string(),
        to => encode(&target(address, work, to).to_string()),
    };
    let mark = if page.contains('?') { '&' } else { '?' };
    format!("{page}{mark}iiif-content={state}")
}

/// Reads a content state in any of its forms (§2.2, §3): an address, an annotation, a target, as JSON or encoded.
/// `text` is decoded as a parameter of an address already.
pub(crate) fn read(text: &str) -> Result<State, Invalid> {
    let text = text.trim();
    let bad = |why: &str| Invalid::new("iiif-content", &shortened(text), why.to_owned());
    if text.len() > MAX_BYTES {
        return Err(bad("is longer than 16384 bytes"));
    }
    let decoded;
    let json = if super::http_uri(text).is_some() {
        return Ok(State::at(text));
    } else if text.starts_with(['{', '[', '"']) {
        text
    } else {
        decoded = decode(text)?;
        decoded.trim()
    };
    if super::http_uri(json).is_some() {
        return Ok(State::at(json));
    }
    let value: Value = serde_json::from_str(json).map_err(|_| bad("is not JSON once decoded"))?;
    pointed(&value, 0).ok_or_else(|| bad("points at no manifest, canvas, range or collection"))
}

impl State {
    fn at(address: &str) -> Self {
        let (id, fragment) = address.split_once('#').unwrap_or((address, ""));
        let region = fragment.split('&').find(|part| part.starts_with("xywh="));
        let region = region.and_then(|region| region.parse().ok());
        Self { id: id.to_owned(), region, ..Self::default() }
    }
}

fn pointed(value: &Value, depth: usize) -> Option<State> {
    const DEEPEST: usize = 6;
    if depth > DEEPEST {
        return None;
    }
    let inner = |key: &str| value.get(key).and_then(|inner| pointed(inner, depth + 1));
    let kind = value.get("type").and_then(Value::as_str);
    match (value, kind) {
        (Value::String(address), _) => super::http_uri(address).map(|_| State::at(address)),
        (Value::Array(items), _) => items.iter().find_map(|item| pointed(item, depth + 1)),
        (Value::Object(_), Some("Annotation")) => inner("target"),
        (Value::Object(_), Some("SpecificResource")) => {
            let mut found = inner("source")?;
            found.region = found.region.or_else(|| selected(value.get("selector")?));
            Some(found)
        }
        (Value::Object(_), _) => {
            let id = value.get("id").or_else(|| value.get("@id"))?.as_str()?;
            super::http_uri(id)?;
            let part_of = value.get("partOf").and_then(|part_of| pointed(part_of, depth + 1));
            let kind = kind.unwrap_or_default().to_owned();
            Some(State { kind, manifest: part_of.map(|manifest| manifest.id), ..State::at(id) })
        }
        _ => None,
    }
}

fn selected(selector: &Value) -> Option<Region> {
    let each = |one: &Value| one.get("value")?.as_str()?.parse().ok();
    match selector {
        Value::Array(all) => all.iter().find_map(each),
        one => each(one),
    }
}

/// The beginning of what a reason quotes.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_the_specification_is_encoded_as_printed() {
        let json = r#"{"id":"https://example.org/object1/canvas7#xywh=1000,2000,1000,2000","type":"Canvas","partOf":[{"id":"https://example.org/object1/manifest","type":"Manifest"}]}"#;
        let encoded = "JTdCJTIyaWQlMjIlM0ElMjJodHRwcyUzQSUyRiUyRmV4YW1wbGUub3JnJTJGb2JqZWN0MSUyRmNhbnZhczclMjN4eXdoJTNEMTAwMCUyQzIwMDAlMkMxMDAwJTJDMjAwMCUyMiUyQyUyMnR5cGUlMjIlM0ElMjJDYW52YXMlMjIlMkMlMjJwYXJ0T2YlMjIlM0ElNUIlN0IlMjJpZCUyMiUzQSUyMmh0dHBzJTNBJTJGJTJGZXhhbXBsZS5vcmclMkZvYmplY3QxJTJGbWFuaWZlc3QlMjIlMkMlMjJ0eXBlJTIyJTNBJTIyTWFuaWZlc3QlMjIlN0QlNUQlN0Q";
        assert_eq!(encode(json), encoded);
        assert_eq!(decode(encoded).unwrap(), json);
        let found = read(encoded).unwrap();
        assert_eq!(found.id, "https://example.org/object1/canvas7");
        assert_eq!(found.region.unwrap().to_string(), "1000,2000,1000,2000");
        assert_eq!(found.manifest.as_deref(), Some("https://example.org/object1/manifest"));
    }

    #[test]
    fn all_forms_are_read() {
        let canvas =
            r#"{"id":"https://x/c","type":"Canvas","partOf":[{"id":"https://x/m","type":"Manifest"}]}"#;
        let annotation = format!(
            r#"{{"id":"https://x/a","type":"Annotation","motivation":["contentState"],"target":{canvas}}}"#
        );
        let specific = format!(
            r#"{{"type":"Annotation","motivation":"contentState","target":[{{"type":"SpecificResource","source":{canvas},
                "selector":[{{"type":"FragmentSelector","value":"xywh=1,2,3,4"}}]}}]}}"#
        );
        for (text, expected) in [
            ("https://x/m".to_owned(), "https://x/m   "),
            (encode("https://x/m"), "https://x/m   "),
            ("https://x/c#xywh=1,2,3,4".to_owned(), "https://x/c   1,2,3,4"),
            (canvas.to_owned(), "https://x/c Canvas https://x/m "),
            (encode(&annotation), "https://x/c Canvas https://x/m "),
            (specific, "https://x/c Canvas https://x/m 1,2,3,4"),
        ] {
            let State { id, kind, manifest, region } = read(&text).unwrap();
            let region = region.map(|region| region.to_string()).unwrap_or_default();
            assert_eq!(format!("{id} {kind} {} {region}", manifest.unwrap_or_default()), expected);
        }
    }

    #[test]
    fn other_things_are_refused_with_a_reason() {
        let deep = format!("{}1{}", "[".repeat(9000), "]".repeat(7000));
        for text in ["", "%%%", "{}", "{\"id\":\"javascript:x\"}", "[]", &"a".repeat(20_000), &deep, "e30"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn links_lead_back_to_what_they_were_made_of() {
        let address = Address::new("https://host");
        let region: Region = "1,2,3,4".parse().unwrap();
        assert_eq!(
            link("https://host/", &address, "KMS 1", Target::Work),
            "https://host/?iiif-content=https%3A%2F%2Fhost%2Fpresentation%2F3%2FKMS%25201%2Fmanifest"
        );
        let link = link("https://host/", &address, "KMS 1", Target::Region(2, region));
        let state = read(link.split_once('=').unwrap().1).unwrap();
        assert_eq!((state.id, state.region), (address.canvas("KMS 1", 2), Some(region)));
    }

    proptest! {
        #[test]
        fn any_text_is_encoded_and_back(text in ".{0,200}") {
            prop_assert_eq!(decode(&encode(&text)).unwrap(), text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = read(&text);
            let _ = read(&encode(&text));
        }
    }
}
