//! What manifests have that documents do not repeat.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Source;
use crate::record::Work;
use crate::record::read::upgraded;

/// The properties of the manifest that a work was read from which are in the source only, whatever the work's rights are: by
/// their path, as in `items.annotations.items.example`, with ` (pictures)` if only pictures in HTML are missing. A path
/// that ends in a list says that members are missing. `manifest` if all of it is.
pub(crate) fn left_out(text: &str, work: &Work) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if work.canvases.is_none() {
        return found;
    }
    match (serde_json::from_str(text), Source::read(text, work, true)) {
        (Ok(manifest), Some(source)) => {
            compare(&upgraded(manifest), &Value::Object(source.manifest), "", &mut found)
        }
        _ => drop(found.insert("manifest".to_owned())),
    }
    found
}

fn compare(source: &Value, kept: &Value, path: &str, found: &mut BTreeSet<String>) {
    match (source, kept) {
        (Value::Object(fields), Value::Object(kept)) => {
            for (key, value) in fields.iter().filter(|(_, value)| !is_empty(value)) {
                // Services of older specifications have keywords of JSON-LD (Presentation API 3.0, §3.2).
                let is_keyword = key.starts_with('@') || kept.contains_key(&format!("@{key}"));
                let path = joined(path, key);
                match kept.get(key) {
                    Some(other) => compare(value, other, &path, found),
                    None if is_keyword || is_said_elsewhere(key, value) => {}
                    None => drop(found.insert(path)),
                }
            }
        }
        (Value::Array(all), Value::Array(kept)) if all.len() == kept.len() => {
            all.iter().zip(kept).for_each(|(one, other)| compare(one, other, path, found));
        }
        (Value::Array(_), Value::Array(_)) => drop(found.insert(path.to_owned())),
        (Value::Array(all), other) => all.iter().take(1).for_each(|one| compare(one, other, path, found)),
        (one, Value::Array(kept)) => kept.iter().take(1).for_each(|other| compare(one, other, path, found)),
        (Value::String(text), Value::String(kept)) if text.contains("<img") && !kept.contains("<img") => {
            found.insert(format!("{path} (pictures)"));
        }
        (Value::String(kind), Value::String(kept)) if is_other_kind(path, kind, kept) => {
            found.insert(path.to_owned());
        }
        _ => {}
    }
}

/// Whether documents say this in another property: times of selectors as fragments, rights that are no URI in the metadata.
fn is_said_elsewhere(key: &str, value: &Value) -> bool {
    key == "t" && value.is_string() || key == "rights"
}

/// Whether a resource of a kind that version 3 does not have, such as a scene of version 4, is served as one that it has.
fn is_other_kind(path: &str, kind: &str, kept: &str) -> bool {
    const KINDS: [&str; 4] = ["Canvas", "Range", "AnnotationPage", "Annotation"];
    let bare = kind.rsplit(':').next().unwrap_or_default();
    path.ends_with("type") && KINDS.contains(&kept) && !bare.eq_ignore_ascii_case(kept)
}

/// A path without the depth of nested ranges.
fn joined(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path if path.ends_with(".items") && key == "items" => path.to_owned(),
        path => format!("{path}.{key}"),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(manifest: &Value) -> Vec<String> {
        let canvases = manifest["items"].as_array().map_or(0, Vec::len) as u32;
        let work = Work { object_number: "1".into(), canvases: Some(canvases), ..Work::default() };
        left_out(&manifest.to_string(), &work).into_iter().collect()
    }

    fn manifest(more: Value, canvas: Value) -> Value {
        let mut made = json!({ "@context": "http://iiif.io/api/presentation/3/context.json",
            "id": "https://museum.example/1", "type": "Manifest", "label": { "en": ["One"] }, "items": [
                { "id": "https://museum.example/1/canvas", "type": "Canvas", "width": 10, "height": 10, "items": [] }] });
        let fields = |value: Value| value.as_object().cloned().unwrap_or_default();
        made["items"][0].as_object_mut().into_iter().for_each(|one| one.extend(fields(canvas.clone())));
        made.as_object_mut().into_iter().for_each(|one| one.extend(fields(more.clone())));
        made
    }

    #[test]
    fn what_documents_do_not_repeat_is_named_by_its_path() {
        let note = |more: Value| {
            let mut note = json!({ "id": "https://museum.example/1/note", "type": "Annotation", "motivation": "commenting",
                "body": { "type": "TextualBody", "value": "A note" }, "target": "https://museum.example/1/canvas" });
            note.as_object_mut()
                .into_iter()
                .for_each(|one| one.extend(more.as_object().cloned().unwrap_or_default()));
            json!({ "annotations": [{ "type": "AnnotationPage", "items": [note] }] })
        };
        let nested = json!({ "structures": [{ "id": "https://museum.example/1/r", "type": "Range", "items": [
            { "id": "https://museum.example/1/s", "type": "Range", "shelf": "A", "items": [] }] }] });
        let drawn = json!({ "target": { "source": "https://museum.example/1/canvas",
            "selector": { "type": "SvgSelector", "value": "<svg><script/></svg>" } } });
        let picture =
            json!({ "summary": { "en": ["<p>A <img src=\"https://museum.example/a.png\"/></p>"] } });
        let nothing = json!({});
        for (source, expected) in [
            (manifest(nothing.clone(), nothing.clone()), &[][..]),
            (manifest(json!({ "rights": "Ask us", "exhibition": "" }), note(nothing.clone())), &[]),
            (manifest(json!({ "exhibition": "Spring" }), nothing.clone()), &["exhibition"]),
            (manifest(nothing.clone(), json!({ "ppi": 300 })), &["items.ppi"]),
            (manifest(nothing.clone(), note(json!({ "mood": "calm" }))), &["items.annotations.items.mood"]),
            (manifest(nothing.clone(), note(drawn)), &["items.annotations.items.target.selector"]),
            (manifest(json!({ "behavior": ["paged", "folded"] }), nothing.clone()), &["behavior"]),
            (manifest(nested, nothing.clone()), &["structures.items.shelf"]),
            (manifest(picture, nothing.clone()), &["summary.en (pictures)"]),
        ] {
            assert_eq!(paths(&source), expected, "{source}");
        }
    }

    #[test]
    fn a_manifest_that_is_not_repeated_at_all_is_named_as_well() {
        let work = Work { object_number: "1".into(), canvases: Some(2), ..Work::default() };
        let text = manifest(json!({}), json!({})).to_string();
        assert_eq!(left_out(&text, &work).into_iter().collect::<Vec<_>>(), ["manifest"]);
        let record = Work { canvases: None, ..work };
        assert!(left_out(r#"{"title": "A record"}"#, &record).is_empty());
    }
}
