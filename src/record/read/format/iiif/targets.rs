//! What the annotations of a manifest are about.

use std::collections::HashSet;

use serde_json::Value;

use super::upgrade::upgraded;
use crate::record::read::value::json::many;

/// Maximum depth of resources.
const MAX_DEPTH: usize = 40;

/// The URIs, without fragments, that annotations of a manifest target and that are no part of it, each once; `None` if the
/// text is no manifest.
pub fn outside_targets(text: &str) -> Option<Vec<String>> {
    if !text.contains("annotations") && !text.contains("otherContent") {
        return Some(Vec::new());
    }
    let manifest = upgraded(serde_json::from_str(text).ok()?);
    manifest.get("items")?;
    let (mut parts, mut targets) = (HashSet::new(), Vec::new());
    // A canvas without paintings is a part as well.
    let canvases = many(manifest.get("items")).iter().filter_map(|canvas| canvas["id"].as_str());
    parts.extend(canvases.map(|id| without_fragment(id).to_owned()));
    walk(&manifest, 0, &mut parts, &mut targets);
    let mut known = HashSet::new();
    targets.retain(|target| !parts.contains(target) && known.insert(target.clone()));
    Some(targets)
}

/// Collects the URIs of a manifest's parts, and those that its annotations target.
fn walk(value: &Value, depth: usize, parts: &mut HashSet<String>, targets: &mut Vec<String>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(all) => all.iter().for_each(|one| walk(one, depth, parts, targets)),
        Value::Object(fields) => {
            let kind = value["type"].as_str().unwrap_or_default();
            let is_reference = fields.get("items").is_none() && kind != "Annotation";
            if let Some(id) = value["id"].as_str().filter(|_| !is_reference) {
                parts.insert(without_fragment(id).to_owned());
            }
            for (key, inner) in fields {
                match key.as_str() {
                    "target" if kind == "Annotation" => {
                        targets.extend(many(Some(inner)).iter().filter_map(uri))
                    }
                    "body" | "service" => {}
                    _ => walk(inner, depth + 1, parts, targets),
                }
            }
        }
        _ => {}
    }
}

fn uri(target: &Value) -> Option<String> {
    let own = target.as_str().or(target["id"].as_str().filter(|_| target.get("source").is_none()));
    let source = target["source"].as_str().or(target["source"]["id"].as_str());
    own.or(source).map(|uri| without_fragment(uri).to_owned())
}

fn without_fragment(uri: &str) -> &str {
    uri.split('#').next().unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn targets_outside_the_manifest_are_found() {
        let note = |target: Value| {
            json!({"id": "https://a.org/note", "type": "Annotation", "motivation": "commenting",
            "body": {"type": "TextualBody", "value": "x"}, "target": target})
        };
        let notes = [
            json!("https://a.org/c#xywh=1,2,3,4"),
            json!({"type": "SpecificResource", "source": "https://a.org/c"}),
            json!({"type": "SpecificResource", "source": {"id": "https://b.org/image/1", "type": "Image"}}),
            json!(["https://b.org/image/1", {"id": "https://a.org/note", "type": "Annotation"}, "https://a.org/m"]),
            json!({"id": "https://b.org/c", "type": "Canvas"}),
        ];
        let page = json!({"id": "https://a.org/p", "type": "AnnotationPage", "items": notes.map(note)});
        let manifest = json!({"id": "https://a.org/m", "type": "Manifest",
            "items": [{"id": "https://a.org/c", "type": "Canvas", "annotations": [page]}]});
        let found = outside_targets(&manifest.to_string()).unwrap();
        assert_eq!(found, ["https://b.org/image/1", "https://b.org/c"]);
        assert_eq!(outside_targets("{\"items\": []}"), Some(Vec::new()));
        assert_eq!(outside_targets("\"annotations\""), None);
    }
}
