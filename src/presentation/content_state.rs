//! Content states: links that open a viewer at a work, a canvas or a region (Content State 1.0).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::Value;

use super::Address;
use super::object::object;
use crate::iiif::{Invalid, Version};
use crate::record::Region;

/// Maximum length of a content state in bytes.
pub(crate) const MAX_BYTES: usize = 16_384;

/// Characters to percent-encode as JavaScript's `encodeURIComponent` does.
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

/// The resource that a content state identifies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// The URI of the manifest, collection, canvas or range, without a fragment.
    pub id: String,
    /// `Manifest`, `Canvas`…; empty if only a URI was given.
    pub kind: String,
    /// The manifest that a canvas or range belongs to.
    pub manifest: Option<String>,
    pub region: Option<Region>,
}

/// The target of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Work,
    /// A region of a canvas: the canvas's number from 1, and the region in its coordinates.
    Region(usize, Region),
}

/// Encodes a content state for a URL (§6).
pub(crate) fn encode(json: &str) -> String {
    URL_SAFE_NO_PAD.encode(utf8_percent_encode(json, COMPONENT).to_string())
}

/// Decodes a content state from a URL (§6). Fails if it is too long, not base64url, or not UTF-8.
pub(crate) fn decode(encoded: &str) -> Result<String, Invalid> {
    let bad = |why: &str| Invalid::new("iiif-content", &shortened(encoded), why.to_owned());
    if encoded.len() > MAX_BYTES {
        return Err(bad("is longer than 16384 bytes"));
    }
    let bytes = URL_SAFE_NO_PAD
        .decode(encoded.trim_end_matches('='))
        .map_err(|_| bad("must be a URI, or JSON encoded by section 6 of Content State 1.0"))?;
    let text = percent_decode(&bytes).decode_utf8().map_err(|_| bad("is not UTF-8 once decoded"))?;
    Ok(text.into_owned())
}

/// The target as the JSON of a content state (§2.2).
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

/// A link that opens `page`, as in `https://host/`, at the target (§3.1): with the manifest's URI for a work, with an encoded content state for a region.
pub(crate) fn link(page: &str, address: &Address, work: &str, to: Target) -> String {
    let state = match to {
        Target::Work => utf8_percent_encode(&address.manifest(Version::V3, work), COMPONENT).to_string(),
        to => encode(&target(address, work, to).to_string()),
    };
    let separator = if page.contains('?') { '&' } else { '?' };
    format!("{page}{separator}iiif-content={state}")
}

/// Parses a content state in any of its forms (§2.2, §3): a URI, an annotation or a target, as JSON or encoded. `text` is
/// percent-decoded already.
///
/// # Errors
/// If it is too long, neither a URI nor JSON once decoded, or identifies no resource.
pub(crate) fn parse(text: &str) -> Result<State, Invalid> {
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
    state_of(&value, 0).ok_or_else(|| bad("must identify a manifest, canvas, range or collection"))
}

impl State {
    fn at(address: &str) -> Self {
        let (id, fragment) = address.split_once('#').unwrap_or((address, ""));
        let region = fragment.split('&').find(|part| part.starts_with("xywh="));
        let region = region.and_then(|region| region.parse().ok());
        Self { id: id.to_owned(), region, ..Self::default() }
    }
}

fn state_of(value: &Value, depth: usize) -> Option<State> {
    const MAX_DEPTH: usize = 6;
    if depth > MAX_DEPTH {
        return None;
    }
    let inner = |key: &str| value.get(key).and_then(|inner| state_of(inner, depth + 1));
    let kind = value.get("type").and_then(Value::as_str);
    match (value, kind) {
        (Value::String(address), _) => super::http_uri(address).map(|_| State::at(address)),
        (Value::Array(items), _) => items.iter().find_map(|item| state_of(item, depth + 1)),
        (Value::Object(_), Some("Annotation")) => inner("target"),
        (Value::Object(_), Some("SpecificResource")) => {
            let mut found = inner("source")?;
            found.region = found.region.or_else(|| region_of(value.get("selector")?));
            Some(found)
        }
        (Value::Object(_), _) => {
            let id = value.get("id").or_else(|| value.get("@id"))?.as_str()?;
            super::http_uri(id)?;
            let part_of = value.get("partOf").and_then(|part_of| state_of(part_of, depth + 1));
            let kind = kind.unwrap_or_default().to_owned();
            Some(State { kind, manifest: part_of.map(|manifest| manifest.id), ..State::at(id) })
        }
        _ => None,
    }
}

fn region_of(selector: &Value) -> Option<Region> {
    let each = |one: &Value| one.get("value")?.as_str()?.parse().ok();
    match selector {
        Value::Array(all) => all.iter().find_map(each),
        one => each(one),
    }
}

/// The first 60 characters, for error messages.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_the_specification_is_encoded() {
        let json = r#"{"id":"https://example.org/object1/canvas7#xywh=1000,2000,1000,2000","type":"Canvas","partOf":[{"id":"https://example.org/object1/manifest","type":"Manifest"}]}"#;
        let encoded = "JTdCJTIyaWQlMjIlM0ElMjJodHRwcyUzQSUyRiUyRmV4YW1wbGUub3JnJTJGb2JqZWN0MSUyRmNhbnZhczclMjN4eXdoJTNEMTAwMCUyQzIwMDAlMkMxMDAwJTJDMjAwMCUyMiUyQyUyMnR5cGUlMjIlM0ElMjJDYW52YXMlMjIlMkMlMjJwYXJ0T2YlMjIlM0ElNUIlN0IlMjJpZCUyMiUzQSUyMmh0dHBzJTNBJTJGJTJGZXhhbXBsZS5vcmclMkZvYmplY3QxJTJGbWFuaWZlc3QlMjIlMkMlMjJ0eXBlJTIyJTNBJTIyTWFuaWZlc3QlMjIlN0QlNUQlN0Q";
        assert_eq!(encode(json), encoded);
        assert_eq!(decode(encoded).unwrap(), json);
        let found = parse(encoded).unwrap();
        assert_eq!(found.id, "https://example.org/object1/canvas7");
        assert_eq!(found.region.unwrap().to_string(), "1000,2000,1000,2000");
        assert_eq!(found.manifest.as_deref(), Some("https://example.org/object1/manifest"));
    }

    #[test]
    fn all_forms_are_parsed() {
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
            let State { id, kind, manifest, region } = parse(&text).unwrap();
            let region = region.map(|region| region.to_string()).unwrap_or_default();
            assert_eq!(format!("{id} {kind} {} {region}", manifest.unwrap_or_default()), expected);
        }
    }

    #[test]
    fn invalid_states_are_rejected() {
        let deep = format!("{}1{}", "[".repeat(9000), "]".repeat(7000));
        for text in ["", "%%%", "{}", "{\"id\":\"javascript:x\"}", "[]", &"a".repeat(20_000), &deep, "e30"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn links_are_parsed_to_their_target() {
        let address = Address::new("https://host");
        let region: Region = "1,2,3,4".parse().unwrap();
        assert_eq!(
            link("https://host/", &address, "KMS 1", Target::Work),
            "https://host/?iiif-content=https%3A%2F%2Fhost%2Fpresentation%2F3%2FKMS%25201%2Fmanifest"
        );
        let link = link("https://host/", &address, "KMS 1", Target::Region(2, region));
        let state = parse(link.split_once('=').unwrap().1).unwrap();
        assert_eq!((state.id, state.region), (address.canvas("KMS 1", 2), Some(region)));
    }

    proptest! {
        #[test]
        fn any_text_survives_encoding(text in ".{0,200}") {
            prop_assert_eq!(decode(&encode(&text)).unwrap(), text);
        }

        #[test]
        fn any_text_is_parsed_or_rejected(text in ".{0,200}") {
            let _ = parse(&text);
            let _ = parse(&encode(&text));
        }
    }
}
