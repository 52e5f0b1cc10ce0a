//! Converts manifests of Presentation API 2 to the form of Presentation API 3.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::{Map, Value, json};

use super::canvas::{image_name, painted_images};
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

/// A manifest in the form of version 3; of one that has this form only properties of version 2 change.
pub fn upgraded(manifest: Value) -> Value {
    let is_old = manifest.get("items").is_none()
        && (manifest.get("sequences").is_some() || manifest.get("@type").is_some());
    match manifest {
        Value::Object(fields) if is_old => self::manifest(fields),
        mut other => {
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
    let placeholder = old.remove("posterCanvas").map(|canvas| ("placeholderCanvas".to_owned(), canvas));
    // The logo's agent is named by the host.
    old.extend(fields.get("id").map(|id| ("@id".to_owned(), id.clone())));
    let made = common(&mut old, "Manifest");
    for (key, value) in made.into_iter().chain(placeholder) {
        let is_pairs = key == "metadata" && fields.contains_key("metadata");
        match (fields.get_mut("metadata"), value) {
            (Some(Value::Array(pairs)), Value::Array(more)) if is_pairs => pairs.extend(more),
            (_, value) => drop(fields.entry(key).or_insert(value)),
        }
    }
}

fn manifest(mut from: Map<String, Value>) -> Value {
    let sequences = list(from.remove("sequences"));
    let ranges = list(from.remove("structures"));
    let mut made = common(&mut from, "Manifest");
    let mut structures = nested(ranges);
    for (at, sequence) in sequences.into_iter().enumerate() {
        let Value::Object(mut sequence) = sequence else { continue };
        let canvases = list(sequence.remove("canvases"));
        let start = sequence.remove("startCanvas");
        let own = common(&mut sequence, "Range");
        if at == 0 {
            for key in ["behavior", "viewingDirection", "rendering"] {
                if let Some(value) = own.get(key) {
                    made.entry(key).or_insert_with(|| value.clone());
                }
            }
            if let Some(start) = start.filter(Value::is_string) {
                made.insert("start".into(), json!({ "id": start, "type": "Canvas" }));
            }
            made.insert("items".into(), canvases.into_iter().filter_map(canvas).collect());
        } else {
            // Further sequences are other orders of the same canvases (3.0, appendix B; §3.4, `sequence`).
            let mut order = own;
            order.insert("behavior".into(), json!(["sequence"]));
            order.insert("items".into(), canvases.iter().filter_map(canvas_reference).collect());
            structures.push(Value::Object(order));
        }
    }
    made.entry("items").or_insert_with(|| json!([]));
    if !structures.is_empty() {
        made.insert("structures".into(), Value::Array(structures));
    }
    Value::Object(made)
}

/// The properties that all kinds of resources share (2.1, §3), as properties of version 3.
pub(super) fn common(from: &mut Map<String, Value>, kind: &str) -> Map<String, Value> {
    let mut made = Map::new();
    made.insert("type".into(), Value::from(kind));
    let id = from.remove("@id");
    let home = id.as_ref().and_then(Value::as_str).and_then(origin);
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            made.insert(key.to_owned(), value);
        }
    };
    set("id", id);
    set("label", from.remove("label").map(text));
    set("summary", from.remove("description").map(text));
    if let Some(attribution) = from.remove("attribution") {
        set(
            "requiredStatement",
            Some(json!({ "label": { "en": ["Attribution"] }, "value": text(attribution) })),
        );
    }
    let mut pairs: Vec<Value> = list(from.remove("metadata")).into_iter().map(pair).collect();
    let mut licenses = list(from.remove("license")).into_iter();
    set("rights", licenses.next());
    pairs.extend(
        licenses.map(|other| json!({ "label": { "en": ["License"] }, "value": { "none": [other] } })),
    );
    set("metadata", (!pairs.is_empty()).then_some(Value::Array(pairs)));
    let logos: Vec<Value> = list(from.remove("logo")).into_iter().map(|one| resource(one, "Image")).collect();
    if let (false, Some(home)) = (logos.is_empty(), home) {
        let name = home.split("://").nth(1).unwrap_or(&home).trim_end_matches('/').to_owned();
        set(
            "provider",
            Some(json!([{ "id": home, "type": "Agent", "label": { "none": [name] }, "logo": logos }])),
        );
    }
    let hints = list(from.remove("viewingHint")).into_iter().filter(|hint| hint != "top");
    set("behavior", some(hints.collect()));
    set("viewingDirection", from.remove("viewingDirection"));
    set("navDate", from.remove("navDate"));
    let mut links = |old: &str, new: &str, kind: &str| {
        let found = list(from.remove(old)).into_iter().map(|one| resource(one, kind)).collect();
        set(new, some(found));
    };
    links("thumbnail", "thumbnail", "Image");
    links("related", "homepage", "Text");
    links("seeAlso", "seeAlso", "Dataset");
    links("rendering", "rendering", "Text");
    links("within", "partOf", if kind == "Canvas" { "Manifest" } else { "Collection" });
    set("service", some(list(from.remove("service"))));
    from.remove("@type");
    from.remove("@context");
    made
}

fn canvas(from: Value) -> Option<Value> {
    let Value::Object(mut from) = from else { return None };
    let images = list(from.remove("images"));
    let others = list(from.remove("otherContent"));
    let (width, height) = (from.remove("width"), from.remove("height"));
    let mut made = common(&mut from, "Canvas");
    for (key, side) in [("width", width), ("height", height)] {
        made.extend(side.map(|side| (key.to_owned(), side)));
    }
    let items: Vec<Value> = images.into_iter().filter_map(annotation).collect();
    let pages =
        if items.is_empty() { json!([]) } else { json!([{ "type": "AnnotationPage", "items": items }]) };
    made.insert("items".into(), pages);
    if let Some(pages) = some(others.into_iter().filter_map(page).collect()) {
        made.insert("annotations".into(), pages);
    }
    made.extend(from);
    Some(Value::Object(made))
}

/// An annotation list, embedded or by its URI, as an annotation page.
pub(super) fn page(from: Value) -> Option<Value> {
    let mut from = match from {
        Value::Object(from) if from.contains_key("items") => return Some(Value::Object(from)),
        Value::Object(from) => from,
        id => return id.is_string().then(|| json!({ "id": id, "type": "AnnotationPage" })),
    };
    let items = from.remove("resources").map(|items| list(Some(items)).into_iter().filter_map(annotation));
    let items = items.map(Iterator::collect::<Vec<_>>);
    let mut made = common(&mut from, "AnnotationPage");
    made.extend(items.map(|items| ("items".to_owned(), Value::Array(items))));
    Some(Value::Object(made))
}

/// An Open Annotation as a Web Annotation.
fn annotation(from: Value) -> Option<Value> {
    let Value::Object(mut from) = from else { return None };
    let motivations = list(from.remove("motivation")).into_iter();
    let motivations: Vec<Value> =
        motivations.filter_map(|one| Some(Value::from(bare(one.as_str()?)))).collect();
    let bodies = list(from.remove("resource")).into_iter().map(|one| resource(one, ""));
    let bodies = one_or_many(bodies.collect());
    let targets = list(from.remove("on")).into_iter().map(|one| resource(one, ""));
    let targets = one_or_many(targets.collect());
    let mut made = common(&mut from, "Annotation");
    made.insert("motivation".into(), one_or_many(motivations));
    for (key, value) in [("body", bodies), ("target", targets)] {
        if !value.is_null() {
            made.insert(key.into(), value);
        }
    }
    Some(Value::Object(made))
}

/// A body, target, selector or link; `kind` is the type of one that states none.
fn resource(from: Value, kind: &str) -> Value {
    let mut from = match from {
        Value::Object(from) => from,
        id if kind.is_empty() => return id,
        id => return json!({ "id": id, "type": kind }),
    };
    let old = list(from.remove("@type")).into_iter().find_map(|one| one.as_str().map(bare));
    let mut made = Map::new();
    let is_tag = old.as_deref() == Some("Tag");
    let kind = match old.as_deref() {
        Some("MovingImage") => "Video",
        Some("ContentAsText" | "Tag") => "TextualBody",
        Some("SemanticTag") => "SpecificResource",
        Some(old) => old,
        None => kind,
    };
    if !kind.is_empty() {
        made.insert("type".into(), Value::from(kind));
    }
    if is_tag {
        made.insert("purpose".into(), Value::from("tagging"));
    }
    let id = if old.as_deref() == Some("SemanticTag") { "source" } else { "id" };
    made.extend(from.remove("@id").map(|value| (id.to_owned(), value)));
    made.extend(from.remove("chars").map(|value| ("value".to_owned(), value)));
    made.extend(from.remove("label").map(|label| ("label".to_owned(), text(label))));
    let full = from.remove("full").map(|full| resource(full, ""));
    made.extend(full.map(|full| ("source".to_owned(), full)));
    let options = list(from.remove("default")).into_iter().chain(list(from.remove("item")));
    let options: Vec<Value> = options.map(|one| resource(one, "")).filter(|one| one != "rdf:nil").collect();
    made.extend(some(options).map(|options| ("items".to_owned(), options)));
    if let Some(selector) = from.remove("selector") {
        made.insert("selector".into(), resource(selector, "Selector"));
    }
    made.extend(some(list(from.remove("service"))).map(|service| ("service".to_owned(), service)));
    from.remove("@context");
    from.remove("style");
    made.extend(from);
    Value::Object(made)
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
    let is_outer = |range: &&Map<String, Value>| {
        !range.get("@id").and_then(Value::as_str).is_some_and(|id| inner.contains(id))
    };
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
        let is_range = member["@type"].as_str().is_some_and(|kind| bare(kind) == "Range");
        match all.iter().find(|other| other.get("@id").and_then(Value::as_str) == Some(id)) {
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
    let mut made = common(&mut own, "Range");
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
    value.as_str().or_else(|| value.get("@id")?.as_str())
}

fn pair(pair: Value) -> Value {
    let Value::Object(mut pair) = pair else { return json!({}) };
    let mut of = |key: &str| pair.remove(key).map(text).unwrap_or_default();
    json!({ "label": of("label"), "value": of("value") })
}

/// A string, or strings with languages (2.1, §2.3), as a language map.
fn text(from: Value) -> Value {
    let mut map = Map::new();
    for one in list(Some(from)) {
        let (language, value) = match one {
            Value::String(value) => ("none".to_owned(), value),
            Value::Number(value) => ("none".to_owned(), value.to_string()),
            // A language map of version 3.
            Value::Object(fields) if !fields.contains_key("@value") => {
                for (language, values) in fields {
                    if let Value::Array(all) = map.entry(language).or_insert_with(|| json!([])) {
                        all.extend(list(Some(values)).into_iter().filter(Value::is_string));
                    }
                }
                continue;
            }
            Value::Object(mut fields) => {
                let Some(Value::String(value)) = fields.remove("@value") else { continue };
                let language = fields.remove("@language").and_then(|one| Some(one.as_str()?.to_owned()));
                (language.unwrap_or_else(|| "none".to_owned()), value)
            }
            _ => continue,
        };
        if let Value::Array(values) = map.entry(language).or_insert_with(|| json!([])) {
            values.push(Value::String(value));
        }
    }
    Value::Object(map)
}

/// A name without its prefix: `painting` for `sc:painting`.
fn bare(name: &str) -> String {
    name.rsplit_once(':').map_or(name, |(_, name)| name).to_owned()
}

/// Scheme and host of a URL, with a slash.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    Some(format!("{scheme}://{}/", rest.split('/').next()?))
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(all)) => all,
        Some(one) => vec![one],
    }
}

fn some(values: Vec<Value>) -> Option<Value> {
    (!values.is_empty()).then_some(Value::Array(values))
}

fn one_or_many(mut values: Vec<Value>) -> Value {
    match values.len() {
        0 => Value::Null,
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}
