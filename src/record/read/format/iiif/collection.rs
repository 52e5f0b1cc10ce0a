//! Collections of other servers (Presentation API 2 and 3), in the form of version 3.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::drafts::with_final_names;
use super::properties::{common, with_others};
use super::upgrade::without_remnants;
use crate::record::Text;
use crate::record::read::value::json::{field, many};
use crate::record::read::value::language_map::language_map;
use crate::record::read::value::language_order::LanguageOrder;

/// The maximum depth of collections within collections.
const MAX_DEPTH: usize = 8;

/// The properties of manifests that have their canvases, ranges and annotations.
const PARTS: [&str; 4] = ["sequences", "structures", "annotations", "otherContent"];

/// A collection of another server.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceCollection {
    /// Its URI.
    pub uri: String,
    /// Its label.
    pub label: Text,
    /// The collection in the form of version 3. Its items are references, also to collections that it embeds.
    pub body: Value,
    /// The order of languages in the document.
    pub languages: LanguageOrder,
    /// The URIs of its items, in order.
    pub members: Vec<String>,
    /// Whether it is a collection of Presentation API 2.
    pub is_version_2: bool,
}

/// The collection in a document that was read at `address`, followed by those that are embedded in it; none if the document
/// is no collection.
pub fn collections(document: &str, address: &str) -> Vec<SourceCollection> {
    let languages = LanguageOrder::of(document);
    let Ok(document) = serde_json::from_str::<Value>(document) else { return Vec::new() };
    let is_collection = |kind: &str| kind.rsplit(':').next() == Some("Collection");
    if !field(&document, &["type", "@type"]).and_then(Value::as_str).is_some_and(is_collection) {
        return Vec::new();
    }
    let is_version_2 = document.get("type").is_none();
    let mut found = Vec::new();
    if let Some(Value::Object(mut whole)) = upgraded(document, "Collection", 0) {
        whole.entry("id").or_insert_with(|| Value::from(address));
        divide(whole, is_version_2, &languages, &mut found);
    }
    found
}

/// A collection, or a reference to a manifest or collection, in the form of version 3.
fn upgraded(from: Value, kind: &str, depth: usize) -> Option<Value> {
    let mut from = match from {
        Value::Object(from) => from,
        Value::String(id) => return Some(json!({ "id": id, "type": kind })),
        _ => return None,
    };
    let own = from.get("type").or(from.get("@type")).and_then(Value::as_str).unwrap_or(kind);
    let kind = if own.rsplit(':').next() == Some("Collection") { "Collection" } else { "Manifest" };
    let mut members = Vec::new();
    // `members` has the order of all; `collections` and `manifests` may repeat it (2.1, §5.8).
    for (list, kind, may_repeat) in [
        ("items", "Manifest", false),
        ("members", "Manifest", false),
        ("collections", "Collection", true),
        ("manifests", "Manifest", true),
    ] {
        let list = into_list(from.remove(list)).into_iter();
        members.extend(list.map(|member| (member, kind, may_repeat)));
    }
    // What a manifest consists of is in the manifest itself.
    from.retain(|key, _| kind == "Collection" || !PARTS.contains(&key.as_str()));
    let mut made = if from.contains_key("type") {
        let mut whole = Value::Object(from);
        with_final_names(&mut whole);
        without_remnants(&mut whole);
        let Value::Object(whole) = whole else { return None };
        whole
    } else {
        let made = common(&mut from, kind);
        with_others(made, from)
    };
    if kind == "Collection" {
        let (mut known, mut items) = (HashSet::new(), Vec::new());
        for (member, kind, may_repeat) in members.into_iter().filter(|_| depth < MAX_DEPTH) {
            let Some(item) = upgraded(member, kind, depth + 1) else { continue };
            let is_new = item["id"].as_str().is_none_or(|id| known.insert(id.to_owned()));
            if is_new || !may_repeat {
                items.push(item);
            }
        }
        made.insert("items".into(), Value::Array(items));
    }
    made.insert("type".into(), Value::from(kind));
    Some(Value::Object(made))
}

/// Adds a collection whose embedded collections become references, then these.
fn divide(
    mut whole: Map<String, Value>,
    is_version_2: bool,
    languages: &LanguageOrder,
    found: &mut Vec<SourceCollection>,
) {
    let uri = whole.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (mut items, mut members, mut embedded) = (Vec::new(), Vec::new(), Vec::new());
    for (number, item) in (1..).zip(into_list(whole.remove("items"))) {
        let Value::Object(mut item) = item else { continue };
        let is_embedded = !many(item.get("items")).is_empty();
        let id = item.entry("id").or_insert_with(|| Value::from(format!("{uri}#{number}")));
        members.push(id.as_str().unwrap_or_default().to_owned());
        if is_embedded {
            embedded.push(item.clone());
        }
        item.remove("items");
        items.push(Value::Object(item));
    }
    whole.insert("items".into(), Value::Array(items));
    let label = language_map(whole.get("label").unwrap_or(&Value::Null));
    let languages_here = languages.clone();
    found.push(SourceCollection {
        uri,
        label,
        body: Value::Object(whole),
        languages: languages_here,
        members,
        is_version_2,
    });
    embedded.into_iter().for_each(|inner| divide(inner, is_version_2, languages, found));
}

fn into_list(value: Option<Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(all)) => all,
        Some(one) => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: &Value) -> Vec<SourceCollection> {
        collections(&document.to_string(), "https://a.org/read")
    }

    #[test]
    fn embedded_collections_become_collections_of_their_own() {
        let inner = json!({"type": "Collection", "label": {"en": ["Inner"]}, "items": [{"id": "https://a.org/m2", "type": "Manifest"}]});
        let found = read(
            &json!({"id": "https://a.org/c", "type": "Collection", "label": {"da": ["Ydre"]}, "behavior": ["multi-part"],
            "items": [{"id": "https://a.org/m1", "type": "Manifest", "items": [{"type": "Canvas"}]}, inner,
                {"id": "https://a.org/c2", "type": "Collection", "navDate": "1871-01-01T00:00:00Z"}]}),
        );
        let uris: Vec<&str> = found.iter().map(|one| one.uri.as_str()).collect();
        assert_eq!(uris, ["https://a.org/c", "https://a.org/c#2"]);
        assert_eq!(found[0].members, ["https://a.org/m1", "https://a.org/c#2", "https://a.org/c2"]);
        assert_eq!(found[0].body["behavior"], json!(["multi-part"]));
        assert_eq!(found[0].body["items"][0], json!({"id": "https://a.org/m1", "type": "Manifest"}));
        assert_eq!(
            found[0].body["items"][1],
            json!({"id": "https://a.org/c#2", "type": "Collection", "label": {"en": ["Inner"]}})
        );
        assert_eq!(found[0].body["items"][2]["navDate"], "1871-01-01T00:00:00Z");
        assert_eq!(
            (found[1].label.best(&[]), &*found[1].members),
            (Some("Inner"), &["https://a.org/m2".to_owned()][..])
        );
        assert!(read(&json!({"type": "Manifest", "id": "m", "items": []})).is_empty());
        assert!(collections("[]", "a").is_empty() && collections("{", "a").is_empty());
    }

    #[test]
    fn collections_of_version_2_are_converted() {
        let found = read(
            &json!({"@context": "http://iiif.io/api/presentation/2/context.json", "@type": "sc:Collection", "label": "All",
            "description": "About", "attribution": "From us", "viewingHint": "individuals", "related": "https://a.org/about",
            "members": [{"@id": "https://a.org/m1", "@type": "sc:Manifest", "label": "One"}, {"@id": "https://a.org/c2", "@type": "sc:Collection"}],
            "manifests": [{"@id": "https://a.org/m1", "@type": "sc:Manifest"}, "https://a.org/m3"],
            "collections": [{"@id": "https://a.org/c4", "manifests": ["https://a.org/m5"]}]}),
        );
        let (first, second) = (&found[0], &found[1]);
        assert_eq!((first.uri.as_str(), first.is_version_2), ("https://a.org/read", true));
        let expected = ["https://a.org/m1", "https://a.org/c2", "https://a.org/c4", "https://a.org/m3"];
        assert_eq!(first.members, expected);
        assert_eq!(
            first.body["items"][0],
            json!({"id": "https://a.org/m1", "type": "Manifest", "label": {"none": ["One"]}})
        );
        assert_eq!(
            (&first.body["summary"]["none"][0], &first.body["homepage"][0]["id"]),
            (&json!("About"), &json!("https://a.org/about"))
        );
        assert_eq!(
            (&first.body["behavior"], &first.body["requiredStatement"]["value"]["none"][0]),
            (&json!(["individuals"]), &json!("From us"))
        );
        assert_eq!(
            (second.uri.as_str(), &*second.members),
            ("https://a.org/c4", &["https://a.org/m5".to_owned()][..])
        );
    }
}
