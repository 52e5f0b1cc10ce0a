//! Converts manifests of Presentation API 2 to the form of Presentation API 3.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::{Map, Value, json};

use super::canvas::{image_name, painted_images};
use super::drafts::{content_as_items, with_final_names};
use super::open_annotation::{annotation, page};
use super::properties::{bare, common, list, resource, some, with_others};
use crate::record::read::record::MAX_PART_DEPTH;
use crate::record::read::value::json::many;
use crate::record::{Image, Work};

/// The URIs of a manifest, its canvases and its images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceIds {
    /// The manifest's; may be empty.
    pub manifest: String,
    /// Those of its canvases, in order; empty if a canvas has none.
    pub canvases: Vec<String>,
    /// Those of the images painted on canvases, each with the number of its canvas from 1.
    pub images: Vec<(u32, String)>,
    /// Whether it is a manifest of Presentation API 2.
    pub is_version_2: bool,
}

/// The URIs of a manifest, its canvases and its images; `None` if the text is no manifest.
pub fn resource_ids(text: &str) -> Option<ResourceIds> {
    let manifest: Value = serde_json::from_str(text).ok()?;
    let is_version_2 = manifest.get("items").is_none();
    let ids = ResourceIds::of(&upgraded(manifest));
    Some(ResourceIds { is_version_2, ..ids }).filter(|ids| !ids.manifest.is_empty())
}

impl ResourceIds {
    /// The URIs in a manifest in the form of version 3.
    pub fn of(manifest: &Value) -> Self {
        let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
        let canvases = many(manifest.get("items"));
        let mut images = Vec::new();
        for (number, canvas) in (1..).zip(canvases) {
            let names = painted_images(canvas).into_iter().filter_map(image_name);
            images.extend(names.map(|name| (number, name.to_owned())));
        }
        let canvases = canvases.iter().map(id).collect();
        Self { manifest: id(manifest), canvases, images, is_version_2: false }
    }

    /// The images that are painted on canvases: the number of the canvas from 1, the URI, and the image of the work that was
    /// read from the manifest, if it has a master.
    pub fn with_images<'a>(&'a self, work: &'a Work) -> Vec<(u32, &'a str, Option<&'a Image>)> {
        let mut own: HashMap<u32, VecDeque<&Image>> = HashMap::new();
        for image in &work.images {
            own.entry(image.canvas.unwrap_or_default()).or_default().push_back(image);
        }
        let mut found = Vec::with_capacity(self.images.len());
        for (canvas, name) in &self.images {
            let image = own.get_mut(canvas).and_then(VecDeque::pop_front);
            found.push((*canvas, name.as_str(), image.filter(|image| image.matched)));
        }
        found
    }
}

/// A manifest in the form of version 3; of one that has this form only properties of version 2 and of drafts change.
pub fn upgraded(manifest: Value) -> Value {
    let is_old = manifest.get("items").is_none()
        && (manifest.get("sequences").is_some() || manifest.get("@type").is_some());
    match manifest {
        Value::Object(fields) if is_old => self::manifest(fields),
        mut other => {
            with_final_names(&mut other);
            without_remnants(&mut other);
            for canvas in other.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
                without_remnants(canvas);
            }
            other
        }
    }
}

/// Converts properties of version 2 in a resource of version 3, unless it has what took their place.
pub(super) fn without_remnants(resource: &mut Value) {
    const OLD: [&str; 8] =
        ["description", "attribution", "license", "logo", "viewingHint", "related", "within", "posterCanvas"];
    let Some(fields) = resource.as_object_mut() else { return };
    let mut old: Map<String, Value> =
        OLD.iter().filter_map(|key| Some(((*key).to_owned(), fields.remove(*key)?))).collect();
    if old.is_empty() {
        return;
    }
    // The name of a draft of version 3.
    let placeholder = old.get("posterCanvas").map(|canvas| ("placeholderCanvas".to_owned(), canvas.clone()));
    let before = old.clone();
    // The logo's agent is named by the host.
    old.extend(fields.get("id").map(|id| ("@id".to_owned(), id.clone())));
    let made = common(&mut old, "Manifest");
    for (key, value) in made.into_iter().chain(placeholder).filter(|(key, _)| key != "id" && key != "type") {
        match (fields.get_mut(&key), value) {
            (None, value) => drop(fields.insert(key, value)),
            (Some(Value::Array(all)), Value::Array(more)) => {
                let new: Vec<Value> = more.into_iter().filter(|one| !all.contains(one)).collect();
                all.extend(new);
            }
            (Some(known), value) if *known == value => {}
            // One that has another value now stays under its old name, so that it is known to be there.
            (Some(_), _) => {
                let renamed = RENAMED.iter().find(|(_, new)| *new == key);
                let stays = renamed.and_then(|(old, _)| Some(((*old).to_owned(), before.get(*old)?.clone())));
                fields.extend(stays);
            }
        }
    }
}

/// Properties with one value, and their names in version 3.
const RENAMED: [(&str, &str); 4] = [
    ("description", "summary"),
    ("attribution", "requiredStatement"),
    ("license", "rights"),
    ("posterCanvas", "placeholderCanvas"),
];

fn manifest(mut from: Map<String, Value>) -> Value {
    let sequences = list(from.remove("sequences"));
    let ranges = list(from.remove("structures"));
    let mut made = common(&mut from, "Manifest");
    let mut structures = nested(ranges);
    for (at, sequence) in sequences.into_iter().enumerate() {
        let Value::Object(mut sequence) = sequence else { continue };
        let canvases = list(sequence.remove("canvases"));
        let start = sequence.remove("startCanvas").filter(Value::is_string);
        let start = start.map(|start| json!({ "id": start, "type": "Canvas" }));
        let own = common(&mut sequence, "Range");
        let mut own = with_others(own, sequence);
        if at == 0 {
            // Version 3 has no sequences: what the first one says is said of the manifest, unless that says something else.
            own.retain(|key, value| match (key.as_str(), made.get_mut(key), value) {
                ("id" | "type", ..) => false,
                ("label", ..) => true,
                (_, Some(Value::Array(all)), Value::Array(more)) => {
                    all.append(more);
                    false
                }
                (_, Some(known), value) => known != value,
                (key, None, value) => made.insert(key.to_owned(), value.take()).is_some(),
            });
            if !own.is_empty() {
                made.insert("sequences".into(), json!([own]));
            }
            if let Some(start) = start {
                made.insert("start".into(), start);
            }
            made.insert("items".into(), canvases.into_iter().filter_map(canvas).collect());
        } else {
            // Further sequences are other orders of the same canvases (3.0, appendix B; §3.4, `sequence`).
            let mut order = own;
            order.extend(start.map(|start| ("start".to_owned(), start)));
            order.insert("behavior".into(), json!(["sequence"]));
            order.insert("items".into(), canvases.iter().filter_map(canvas_reference).collect());
            structures.push(Value::Object(order));
        }
    }
    made.entry("items").or_insert_with(|| json!([]));
    if !structures.is_empty() {
        made.insert("structures".into(), Value::Array(structures));
    }
    Value::Object(with_others(made, from))
}

fn canvas(from: Value) -> Option<Value> {
    let Value::Object(mut from) = from else { return None };
    content_as_items(&mut from);
    let images = list(from.remove("images"));
    let drafted = list(from.remove("items"));
    let others = list(from.remove("otherContent"));
    let (width, height) = (from.remove("width"), from.remove("height"));
    let mut made = common(&mut from, "Canvas");
    for (key, side) in [("width", width), ("height", height)] {
        made.extend(side.map(|side| (key.to_owned(), side)));
    }
    let items: Vec<Value> = images.into_iter().filter_map(annotation).collect();
    let painted = (!items.is_empty()).then(|| json!({ "type": "AnnotationPage", "items": items }));
    made.insert("items".into(), painted.into_iter().chain(drafted).collect());
    if let Some(pages) = some(others.into_iter().filter_map(page).collect()) {
        made.insert("annotations".into(), pages);
    }
    Some(Value::Object(with_others(made, from)))
}

/// The ranges, which refer to each other by URI (2.1, §5.3), as a hierarchy.
fn nested(ranges: Vec<Value>) -> Vec<Value> {
    let ranges: Vec<Map<String, Value>> = ranges
        .into_iter()
        .filter_map(|range| match range {
            Value::Object(range) => Some(range),
            _ => None,
        })
        .collect();
    let inner: HashSet<&str> = ranges
        .iter()
        .flat_map(|range| many(range.get("ranges")).iter().chain(many(range.get("members"))))
        .filter_map(id_of)
        .collect();
    let is_outer = |range: &&Map<String, Value>| !identifier(range).is_some_and(|id| inner.contains(id));
    let mut left = ranges.len().saturating_mul(2);
    let outer = ranges.iter().filter(is_outer);
    // The range that is `top` is the table of contents itself.
    let outer: Vec<Value> = outer.map(|range| self::range(range, &ranges, 1, &mut left)).collect();
    outer
}

fn range(range: &Map<String, Value>, all: &[Map<String, Value>], depth: usize, left: &mut usize) -> Value {
    *left = left.saturating_sub(1);
    let mut own = range.clone();
    let (mut items, mut known) = (Vec::new(), HashSet::new());
    for member in
        many(range.get("members")).iter().chain(many(range.get("ranges"))).chain(many(range.get("canvases")))
    {
        // `members` may repeat what `ranges` and `canvases` list.
        let Some(id) = id_of(member).filter(|id| known.insert(*id)) else { continue };
        let kind = member.get("@type").or(member.get("type")).and_then(Value::as_str);
        let is_range = kind.is_some_and(|kind| bare(kind) == "Range");
        match all.iter().find(|other| identifier(other) == Some(id)) {
            Some(inner) if depth < MAX_PART_DEPTH && *left > 0 => {
                items.push(self::range(inner, all, depth + 1, left));
            }
            Some(_) => {}
            // A range that is written where it belongs.
            None if is_range => {
                let inner = member.as_object().filter(|_| depth < MAX_PART_DEPTH && *left > 0);
                items.extend(inner.map(|inner| self::range(inner, all, depth + 1, left)));
            }
            None => items.extend(canvas_reference(member)),
        }
    }
    let layer = own.remove("contentLayer");
    for key in ["members", "ranges", "canvases", "within"] {
        own.remove(key);
    }
    let start = own.remove("startCanvas").and_then(|start| canvas_reference(&start));
    let made = common(&mut own, "Range");
    let mut made = with_others(made, own);
    made.extend(start.map(|start| ("start".to_owned(), start)));
    made.insert("items".into(), Value::Array(items));
    if let Some(layer) = layer {
        made.insert("supplementary".into(), resource(layer, "AnnotationCollection"));
    }
    Value::Object(made)
}

/// A reference to a canvas, or to a part of it if its URI has a fragment.
fn canvas_reference(member: &Value) -> Option<Value> {
    let id = id_of(member)?;
    Some(match id.split_once('#') {
        None => json!({ "id": id, "type": "Canvas" }),
        Some((source, fragment)) => json!({
            "type": "SpecificResource",
            "source": { "id": source, "type": "Canvas" },
            "selector": { "type": "FragmentSelector", "value": fragment },
        }),
    })
}

fn id_of(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| identifier(value.as_object()?))
}

fn identifier(fields: &Map<String, Value>) -> Option<&str> {
    fields.get("@id").or(fields.get("id"))?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(more: Value, sequence: Value, canvas: Value) -> Value {
        let mut made = json!({ "@id": "https://a.org/m", "@type": "sc:Manifest", "label": "Sea" });
        let mut page = json!({ "@id": "https://a.org/c", "@type": "sc:Canvas", "width": 4, "height": 3 });
        let mut order = json!({ "@type": "sc:Sequence" });
        for (target, from) in [(&mut made, more), (&mut order, sequence), (&mut page, canvas)] {
            if let (Some(target), Value::Object(from)) = (target.as_object_mut(), from) {
                target.extend(from);
            }
        }
        order["canvases"] = json!([page]);
        made["sequences"] = json!([order]);
        upgraded(made)
    }

    #[test]
    fn what_a_sequence_says_is_said_of_the_manifest() {
        let link = |name: &str| json!({ "@id": format!("https://a.org/{name}"), "label": name });
        let made = second(
            json!({ "rendering": link("text"), "license": "https://a.org/free" }),
            json!({ "label": "Normal", "rendering": [link("pdf")], "license": "https://a.org/bound", "viewingHint": "paged",
                "startCanvas": "https://a.org/c", "thumbnail": "https://a.org/t.jpg", "pages": 12 }),
            json!({}),
        );
        let ids = made["rendering"].as_array().map(|all| all.iter().map(|one| one["id"].clone()).collect());
        assert_eq!(ids, Some(vec![json!("https://a.org/text"), json!("https://a.org/pdf")]));
        assert_eq!((&made["behavior"], &made["start"]["id"]), (&json!(["paged"]), &json!("https://a.org/c")));
        assert_eq!(
            (&made["thumbnail"][0]["id"], &made["pages"]),
            (&json!("https://a.org/t.jpg"), &json!(12))
        );
        // What the manifest says otherwise is known, but not served.
        let others = json!([{ "label": { "none": ["Normal"] }, "rights": "https://a.org/bound" }]);
        assert_eq!((&made["rights"], &made["sequences"]), (&json!("https://a.org/free"), &others));
    }

    #[test]
    fn other_properties_are_kept() {
        let note = json!({ "@id": "https://a.org/n", "@type": "oa:Annotation", "motivation": "oa:commenting", "mood": "calm",
            "resource": { "@type": "cnt:ContentAsText", "chars": "Note" },
            "stylesheet": { "@type": ["oa:CssStyle", "cnt:ContentAsText"], "chars": ".red { color: red; }" },
            "on": { "@type": "oa:SpecificResource", "full": "https://a.org/c", "style": "red",
                "within": { "@id": "https://a.org/m", "@type": "sc:Manifest" },
                "selector": { "@type": "oa:Choice", "default": { "@type": "oa:FragmentSelector", "value": "xywh=1,2,3,4" },
                    "item": { "@type": "oa:SvgSelector", "value": "<svg><path d=\"M1,2\"/></svg>" } } } });
        let made = second(
            json!({ "mediaSequences": [{}], "structures": [{ "@id": "https://a.org/r", "@type": "sc:Range", "label": "Part",
                "canvases": ["https://a.org/c"], "startCanvas": "https://a.org/c#xywh=1,2,3,4", "shelf": "A" }] }),
            json!({}),
            json!({ "otherContent": [{ "@id": "https://a.org/l", "@type": "sc:AnnotationList", "layer": 1, "resources": [note] }] }),
        );
        assert_eq!(made["mediaSequences"], json!([{}]));
        let range = &made["structures"][0];
        assert_eq!(
            (&range["shelf"], &range["start"]["source"]["id"]),
            (&json!("A"), &json!("https://a.org/c"))
        );
        let page = &made["items"][0]["annotations"][0];
        let note = &page["items"][0];
        assert_eq!((&page["layer"], &note["mood"]), (&json!(1), &json!("calm")));
        assert_eq!(note["stylesheet"], json!({ "type": "CssStylesheet", "value": ".red { color: red; }" }));
        let target = &note["target"];
        assert_eq!(
            (&target["styleClass"], &target["partOf"][0]["type"]),
            (&json!("red"), &json!("Manifest"))
        );
        let selectors =
            target["selector"].as_array().map(|all| all.iter().map(|one| one["type"].clone()).collect());
        assert_eq!(selectors, Some(vec![json!("FragmentSelector"), json!("SvgSelector")]));
    }

    #[test]
    fn the_first_drafts_of_version_3_had_sequences() {
        let made = upgraded(
            json!({ "id": "https://a.org/m", "type": "Manifest", "label": "Tape", "sequences": [{ "type": "Sequence",
            "canvases": [{ "id": "https://a.org/c", "type": "Canvas", "duration": 9, "content": [{ "id": "https://a.org/p",
                "type": "AnnotationPage", "items": [{ "type": "Annotation", "motivation": "painting" }] }] }] }] }),
        );
        assert_eq!((&made["id"], &made["label"]), (&json!("https://a.org/m"), &json!({ "none": ["Tape"] })));
        let canvas = &made["items"][0];
        assert_eq!((&canvas["id"], &canvas["duration"]), (&json!("https://a.org/c"), &json!(9)));
        assert_eq!(canvas["items"][0]["items"][0]["motivation"], "painting");
        assert_eq!((made.get("sequences"), canvas.get("content")), (None, None));
    }

    #[test]
    fn properties_of_version_2_beside_those_of_version_3_are_not_forgotten() {
        let mut made = json!({ "id": "https://a.org/m", "type": "Manifest", "summary": { "en": ["New"] }, "description": "Old",
            "behavior": ["paged"], "viewingHint": "individuals", "homepage": [{ "id": "https://a.org/1", "type": "Text" }],
            "related": "https://a.org/2", "rights": "https://a.org/free", "license": "https://a.org/free", "items": [] });
        without_remnants(&mut made);
        assert_eq!(
            (&made["summary"], &made["description"]),
            (&json!({ "en": ["New"] }), &json!("Old")),
            "{made:#}"
        );
        assert_eq!(made["behavior"], json!(["paged", "individuals"]));
        assert_eq!(made["homepage"][1], json!({ "id": "https://a.org/2", "type": "Text" }));
        assert_eq!((&made["rights"], made.get("license")), (&json!("https://a.org/free"), None));
    }
}
