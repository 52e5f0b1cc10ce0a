//! Manifests of version 3 with the names of its drafts and of JSON-LD, in the names of version 3.0.

use serde_json::{Map, Value};

use super::properties::{bare, keyword, text};

/// Maximum depth of resources; deeper ones stay as they are.
const MAX_DEPTH: usize = 128;

/// Properties whose values have names of their own.
const FOREIGN: [&str; 4] = ["service", "services", "navPlace", "@context"];

/// Renames `@id` and `@type`, which processors of JSON-LD write, the `content` of canvases, and texts with `@value` or
/// `@none` in place of a language; selectors to choose from become a list.
pub(super) fn with_final_names(resource: &mut Value) {
    rename(resource, 0);
}

fn rename(value: &mut Value, depth: usize) {
    match value {
        Value::Array(all) if depth < MAX_DEPTH => all.iter_mut().for_each(|one| rename(one, depth + 1)),
        Value::Object(fields) if depth < MAX_DEPTH => {
            for name in
                ["@id", "@type"].into_iter().filter(|name| fields.contains_key(*name)).collect::<Vec<_>>()
            {
                let plain = name.trim_start_matches('@');
                if let Some(named) = fields.get(plain).cloned().or_else(|| keyword(fields, name)) {
                    fields.remove(name);
                    fields.insert(plain.to_owned(), without_prefix(plain, named));
                }
            }
            content_as_items(fields);
            for (key, value) in fields.iter_mut().filter(|(key, _)| !FOREIGN.contains(&key.as_str())) {
                match key.as_str() {
                    "label" | "summary" | "value" if is_old_text(value) => *value = text(value.take()),
                    "selector" if is_choice(value) => {
                        // Selectors to choose from are a list (Web Annotation Data Model, §4.2).
                        *value = value["items"].take();
                        rename(value, depth + 1);
                    }
                    _ => rename(value, depth + 1),
                }
            }
        }
        _ => {}
    }
}

fn without_prefix(name: &str, value: Value) -> Value {
    match value {
        Value::String(kind) if name == "type" => Value::from(bare(&kind)),
        other => other,
    }
}

/// The pages of a canvas are its `items`; the first drafts called them `content`.
pub(super) fn content_as_items(fields: &mut Map<String, Value>) {
    let is_pages = |pages: &Value| {
        pages.as_array().is_some_and(|pages| pages.iter().any(|page| page["type"] == "AnnotationPage"))
    };
    if fields.get("items").is_none() && fields.get("content").is_some_and(is_pages) {
        let pages = fields.remove("content").unwrap_or_default();
        fields.insert("items".into(), pages);
    }
}

fn is_choice(selector: &Value) -> bool {
    let kind = selector.get("type").or(selector.get("@type")).and_then(Value::as_str);
    kind.is_some_and(|kind| bare(kind) == "Choice") && selector["items"].is_array()
}

/// Whether a text is not a language map of version 3.0.
fn is_old_text(value: &Value) -> bool {
    match value {
        Value::Array(all) => all.iter().all(|one| one.is_string() || one.get("@value").is_some()),
        Value::Object(fields) => fields.contains_key("@value") || fields.contains_key("@none"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_drafts_become_those_of_version_3() {
        let service =
            json!([{ "@id": "https://a.org/s", "@type": "ImageService2", "label": { "@value": "x" } }]);
        let mut manifest = json!({
            "@id": "https://a.org/m", "@type": "sc:Manifest", "id": "https://a.org/kept", "label": { "@none": ["Sea"], "da": ["Hav"] },
            "summary": { "@value": "About", "@language": "en" },
            "metadata": [{ "label": "Shelf", "value": ["A1", { "@value": "A2" }] }],
            "navPlace": { "@id": "https://a.org/p" },
            "items": [{ "@id": "https://a.org/c", "@type": "sc:Canvas", "content": [{ "type": "AnnotationPage", "items": [
                { "type": "Annotation", "body": { "@id": "https://a.org/1.jpg", "@type": "dctypes:Image", "service": service },
                  "target": { "type": "SpecificResource", "selector": { "@type": "oa:Choice", "items": [
                      { "@type": "oa:FragmentSelector", "value": "t=1" }] } } }] }] },
                { "type": "Canvas", "content": "12 pages" }],
        });
        with_final_names(&mut manifest);
        let expected = json!({
            "id": "https://a.org/kept", "type": "Manifest", "label": { "none": ["Sea"], "da": ["Hav"] },
            "summary": { "en": ["About"] }, "metadata": [{ "label": "Shelf", "value": { "none": ["A1", "A2"] } }],
            "navPlace": { "@id": "https://a.org/p" },
            "items": [{ "id": "https://a.org/c", "type": "Canvas", "items": [{ "type": "AnnotationPage", "items": [
                { "type": "Annotation", "body": { "id": "https://a.org/1.jpg", "type": "Image", "service": service },
                  "target": { "type": "SpecificResource", "selector": [{ "type": "FragmentSelector", "value": "t=1" }] } }] }] },
                { "type": "Canvas", "content": "12 pages" }],
        });
        assert_eq!(manifest, expected);
    }
}
