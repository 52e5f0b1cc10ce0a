//! Annotation pages that a manifest refers to, read and put in their places.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::open_annotation;
use crate::record::read::value::json::field;
use crate::record::read::value::language_order::LanguageOrder;

/// Maximum depth of ranges and canvases within each other.
const MAX_DEPTH: usize = 12;

/// The manifest with the annotation pages that `read` returns for their URIs, in the place of the references to them
/// (Presentation API 3.0, §5.5; 2.1, §5.4: `otherContent`). A page that is referred to again stays a reference there.
/// `None` if the text is no manifest, or nothing was read.
pub fn with_pages(text: &str, mut read: impl FnMut(&str) -> Option<Value>) -> Option<String> {
    if !text.contains("annotations") && !text.contains("otherContent") {
        return None;
    }
    let mut manifest: Value = serde_json::from_str(text).ok()?;
    let mut visited = HashSet::new();
    let mut once = |uri: &str| if visited.insert(uri.to_owned()) { read(uri) } else { None };
    walk(&mut manifest, 0, &mut once).then(|| LanguageOrder::of(text).write(&manifest))
}

/// Embeds the pages below a value. Returns whether it changed.
fn walk(value: &mut Value, depth: usize, read: &mut impl FnMut(&str) -> Option<Value>) -> bool {
    const INNER: [&str; 6] =
        ["items", "structures", "sequences", "canvases", "placeholderCanvas", "accompanyingCanvas"];
    match value {
        Value::Array(all) => {
            all.iter_mut().filter_map(|one| walk(one, depth, read).then_some(())).count() > 0
        }
        Value::Object(fields) if depth < MAX_DEPTH => {
            let mut is_changed = false;
            for (key, value) in fields.iter_mut() {
                match key.as_str() {
                    "annotations" | "otherContent" => is_changed |= embed(value, read),
                    key if INNER.contains(&key) => is_changed |= walk(value, depth + 1, read),
                    _ => {}
                }
            }
            is_changed
        }
        _ => false,
    }
}

fn embed(pages: &mut Value, read: &mut impl FnMut(&str) -> Option<Value>) -> bool {
    if let Value::Array(all) = pages {
        return all.iter_mut().filter_map(|one| embed(one, read).then_some(())).count() > 0;
    }
    let is_whole = pages.get("items").is_some() || pages.get("resources").is_some();
    let kind = field(pages, &["type", "@type"]).and_then(Value::as_str).unwrap_or("AnnotationPage");
    let is_page = kind.ends_with("AnnotationPage") || kind.ends_with("AnnotationList");
    let uri = pages.as_str().or_else(|| field(pages, &["id", "@id"]).and_then(Value::as_str));
    let Some(uri) = uri.filter(|_| is_page && !is_whole).map(str::to_owned) else { return false };
    let Some(Value::Object(found)) = read(&uri).and_then(page) else { return false };
    // What the manifest says about the page counts.
    let mut whole = match pages.take() {
        Value::Object(reference) => reference,
        _ => Map::new(),
    };
    whole.retain(|key, _| !matches!(key.as_str(), "@id" | "@type"));
    whole.insert("id".into(), Value::from(uri));
    whole.insert("type".into(), Value::from("AnnotationPage"));
    for (key, value) in found {
        whole.entry(key).or_insert(value);
    }
    *pages = Value::Object(whole);
    true
}

/// A page of version 3 with its annotations; `None` if the document is something else.
fn page(found: Value) -> Option<Value> {
    let mut found = if found.get("resources").is_some() { open_annotation::page(found)? } else { found };
    found.get("items")?.as_array()?;
    let kind = found["type"].as_str().unwrap_or("AnnotationPage");
    if kind != "AnnotationPage" {
        return None;
    }
    found.as_object_mut()?.remove("@context");
    Some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::read::upgraded;

    #[test]
    fn pages_take_the_place_of_references_to_them() {
        let manifest = json!({"id": "m", "type": "Manifest", "items": [{"id": "c", "type": "Canvas", "annotations": [
            {"id": "p", "type": "AnnotationPage", "label": {"en": ["Own"]}}, {"id": "gone", "type": "AnnotationPage"},
            {"id": "p", "type": "AnnotationPage"}, {"id": "here", "type": "AnnotationPage", "items": []}]}]});
        let mut asked = Vec::new();
        let made = with_pages(&manifest.to_string(), |uri| {
            asked.push(uri.to_owned());
            let page = json!({"@context": "x", "id": "other", "type": "AnnotationPage", "label": {"en": ["Page"]},
                "items": [{"id": "a", "type": "Annotation"}]});
            (uri == "p").then_some(page)
        });
        let made: Value = serde_json::from_str(&made.unwrap()).unwrap();
        assert_eq!(asked, ["p", "gone"]);
        let pages = &made["items"][0]["annotations"];
        let expected = json!({"id": "p", "type": "AnnotationPage", "label": {"en": ["Own"]},
            "items": [{"id": "a", "type": "Annotation"}]});
        assert_eq!(pages[0], expected);
        assert_eq!(pages[2], json!({"id": "p", "type": "AnnotationPage"}));
        assert_eq!(with_pages(&manifest.to_string(), |_| None), None);
        assert_eq!(
            with_pages(&manifest.to_string(), |_| Some(json!({"type": "Collection", "items": []}))),
            None
        );
    }

    #[test]
    fn lists_of_version_2_are_embedded_in_both_versions() {
        let list = json!({"@id": "l", "@type": "sc:AnnotationList", "resources": [{"@type": "oa:Annotation",
            "motivation": "oa:commenting", "resource": {"@type": "cnt:ContentAsText", "chars": "Note"}, "on": "c"}]});
        let old = json!({"@id": "m", "@type": "sc:Manifest", "sequences": [{"canvases": [
            {"@id": "c", "@type": "sc:Canvas", "otherContent": [{"@id": "l", "@type": "sc:AnnotationList"}]}]}]});
        let new = json!({"id": "m", "type": "Manifest", "items": [
            {"id": "c", "type": "Canvas", "annotations": [{"id": "l", "type": "AnnotationPage"}]}]});
        for manifest in [old, new] {
            let made = with_pages(&manifest.to_string(), |_| Some(list.clone())).unwrap();
            let made = upgraded(serde_json::from_str(&made).unwrap());
            let page = &made["items"][0]["annotations"][0];
            assert_eq!(page["id"], "l");
            assert_eq!(page["items"][0]["body"]["value"], "Note", "{made:#}");
            assert_eq!(page["items"][0]["target"], "c");
        }
    }
}
