//! Keeps what Presentation API 3 defines, as far as it is well-formed and safe for viewers.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::map;
use super::values::{
    MAX_DEPTH, full, is_date_time, json, known, list, media_type, number, positive, side, some, word,
};
use crate::presentation::context::CONTEXT_3;
use crate::presentation::object::object;
use crate::presentation::{html, http_uri, rights};
use crate::record::SourceImages;

const BEHAVIORS: [&str; 16] = [
    "auto-advance",
    "no-auto-advance",
    "repeat",
    "no-repeat",
    "unordered",
    "individuals",
    "continuous",
    "paged",
    "facing-pages",
    "non-paged",
    "multi-part",
    "together",
    "sequence",
    "thumbnail-nav",
    "no-nav",
    "hidden",
];

const DIRECTIONS: [&str; 4] = ["left-to-right", "right-to-left", "top-to-bottom", "bottom-to-top"];

/// Properties that manifests, canvases and ranges share (3.0, appendix A).
const DESCRIPTIVE: [&str; 19] = [
    "id",
    "type",
    "label",
    "metadata",
    "summary",
    "requiredStatement",
    "rights",
    "provider",
    "thumbnail",
    "navDate",
    "navPlace",
    "placeholderCanvas",
    "accompanyingCanvas",
    "seeAlso",
    "service",
    "homepage",
    "rendering",
    "partOf",
    "behavior",
];

/// Texts that are no URI, text or number of the specification's own.
const WORDS: [&str; 24] = [
    "profile",
    "textDirection",
    "processingLanguage",
    "created",
    "modified",
    "generated",
    "issued",
    "accessibility",
    "styleClass",
    "timeMode",
    "conformsTo",
    "provides",
    "exact",
    "prefix",
    "suffix",
    "region",
    "size",
    "rotation",
    "quality",
    "total",
    "sourceDate",
    "sourceDateStart",
    "sourceDateEnd",
    "startIndex",
];

/// Cleans a manifest.
pub(super) struct Cleaner<'a> {
    /// Whether images of other servers are kept.
    pub is_free: bool,
    /// The images of this server by the URI of their image in the manifest.
    pub own: &'a HashMap<String, String>,
    /// The files of sound and video of this server by their URIs in the manifest.
    pub media: &'a HashMap<String, String>,
    /// The images, sound and video painted on canvases.
    pub painted: &'a SourceImages,
}

impl Cleaner<'_> {
    /// The contexts of extensions.
    pub(super) fn contexts(&self, manifest: &Value) -> Vec<String> {
        let all = list(manifest.get("@context")).iter().filter_map(|one| http_uri(one.as_str()?));
        let mut known = Vec::new();
        for context in all.filter(|context| context != CONTEXT_3 && !context.contains("/api/presentation/")) {
            if !known.contains(&context) && known.len() < 16 {
                known.push(context);
            }
        }
        known
    }

    pub(super) fn manifest(&self, manifest: &Value) -> Option<Map<String, Value>> {
        match self.of_class(manifest, "Manifest", 0)? {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// A resource of a class that the specification describes.
    pub(super) fn of_class(&self, from: &Value, class: &str, depth: usize) -> Option<Value> {
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let more: &[&str] = match class {
            "Manifest" => &["viewingDirection", "services", "start", "structures", "annotations", "items"],
            "Canvas" => &["width", "height", "duration", "annotations", "items"],
            "Range" => &["viewingDirection", "start", "supplementary", "annotations", "items"],
            // Its items are made of what this server has.
            "Collection" => &["viewingDirection", "services", "annotations"],
            _ => &[],
        };
        let mut made = Map::new();
        for (key, value) in fields {
            let key = key.as_str();
            if !DESCRIPTIVE.contains(&key) && !more.contains(&key) || key == "type" {
                continue;
            }
            let value = match (key, class) {
                ("items", "Manifest") => {
                    Some(self.each(value, |one| self.of_class(one, "Canvas", depth + 1)))
                }
                ("items", "Canvas") => Some(self.each(value, |one| self.page(one, depth + 1))),
                ("items", _) => Some(self.each(value, |one| self.member(one, depth + 1))),
                ("structures", _) => some(self.each(value, |one| self.of_class(one, "Range", depth + 1))),
                _ => self.property(key, value, depth),
            };
            made.extend(value.map(|value| (key.to_owned(), value)));
        }
        made.insert("type".into(), Value::from(class));
        if matches!(class, "Manifest" | "Canvas" | "Range") {
            made.entry("items").or_insert_with(|| Value::Array(Vec::new()));
        }
        if class == "Canvas" && made.contains_key("width") != made.contains_key("height") {
            made.remove("width");
            made.remove("height");
        }
        Some(Value::Object(made))
    }

    /// A member of a range: another range, a canvas, or a part of one.
    pub(super) fn member(&self, from: &Value, depth: usize) -> Option<Value> {
        match from["type"].as_str() {
            Some("Range") if from.get("items").is_some() => self.of_class(from, "Range", depth),
            Some("SpecificResource") => self.content(from, depth),
            kind => {
                let id = self.uri(from.get("id").unwrap_or(from))?;
                let kind = if kind == Some("Range") { "Range" } else { "Canvas" };
                Some(object! { "id": id, "type": kind })
            }
        }
    }

    /// An annotation page; one without items is a reference.
    pub(super) fn page(&self, from: &Value, depth: usize) -> Option<Value> {
        if let Some(id) = from.as_str() {
            return Some(object! { "id": self.uri(&Value::from(id))?, "type": "AnnotationPage" });
        }
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let mut made = Map::new();
        for (key, value) in fields {
            let value = match key.as_str() {
                "items" => Some(self.each(value, |one| self.annotation(one, depth + 1))),
                "id" | "label" | "rendering" | "service" | "thumbnail" | "next" | "prev" | "first"
                | "last" | "partOf" => self.property(key, value, depth),
                _ => None,
            };
            made.extend(value.map(|value| (key.clone(), value)));
        }
        made.insert("type".into(), Value::from("AnnotationPage"));
        (made.contains_key("items") || made.contains_key("id")).then_some(Value::Object(made))
    }

    pub(super) fn annotation(&self, from: &Value, depth: usize) -> Option<Value> {
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let mut made = Map::new();
        for (key, value) in fields.iter().filter(|(key, _)| *key != "type" && *key != "items") {
            let value = self.property(key, value, depth);
            made.extend(value.map(|value| (key.clone(), value)));
        }
        made.insert("type".into(), Value::from("Annotation"));
        // What rights withhold leaves no annotation without a body behind.
        let lost = fields.contains_key("body") && !made.contains_key("body");
        (!lost).then_some(Value::Object(made))
    }

    /// The value of a property; `None` if it is not of the property's form.
    pub(super) fn property(&self, key: &str, value: &Value, depth: usize) -> Option<Value> {
        let depth = depth + 1;
        match key {
            "id" | "scope" | "canonical" => self.uri(value).map(Value::from),
            "via" | "audience" => some(self.each(value, |one| self.uri(one).map(Value::from))),
            "label" | "name" if !value.is_string() => full(map::plain(value)),
            "name" | "nickname" => Some(Value::from(html::plain_text(value.as_str()?))),
            "label" => full(map::plain(value)),
            "summary" => full(self.html(value)),
            "metadata" => some(self.each(value, |pair| self.pair(pair))),
            "requiredStatement" => self.pair(value),
            "rights" => rights::normalize(value.as_str()?).map(Value::from),
            "navDate" => is_date_time(value.as_str()?).then(|| value.clone()),
            "behavior" => some(self.each(value, |one| known(one, &BEHAVIORS))),
            "viewingDirection" => known(value, &DIRECTIONS),
            "width" | "height" => side(value).map(Value::from),
            "duration" => positive(value).map(Value::from),
            "x" | "y" | "t" | "end" => number(value),
            "start" if number(value).is_some() => number(value),
            // One language is a text (Web Annotation Data Model, §3.2.1); links, whose languages are lists, have their own.
            "language" => match value {
                Value::Array(all) if all.len() != 1 => {
                    some(all.iter().filter_map(word).map(Value::from).collect::<Vec<_>>())
                }
                one => list(Some(one)).first().and_then(word).map(Value::from),
            },
            "motivation" | "purpose" => match value {
                Value::Array(all) => some(all.iter().filter_map(word).map(Value::from).collect::<Vec<_>>()),
                one => word(one).map(Value::from),
            },
            "thumbnail" | "logo" => some(self.each(value, |one| self.image(one, key == "logo", depth))),
            "homepage" => some(self.each(value, |one| self.link(one, "Text", depth))),
            "rendering" if !self.is_free => None,
            "rendering" => some(self.each(value, |one| self.link(one, "Text", depth))),
            "seeAlso" => some(self.each(value, |one| self.link(one, "Dataset", depth))),
            "partOf" => some(self.each(value, |one| self.link(one, "Collection", depth))),
            "provider" => some(self.each(value, |one| self.link(one, "Agent", depth))),
            "service" | "services" => some(self.each(value, |one| self.service(one))),
            "placeholderCanvas" | "accompanyingCanvas" => {
                let Value::Object(mut canvas) = self.of_class(value, "Canvas", depth)? else { return None };
                canvas.remove("placeholderCanvas");
                canvas.remove("accompanyingCanvas");
                Some(Value::Object(canvas))
            }
            "annotations" => some(self.each(value, |one| self.page(one, depth))),
            "supplementary" | "next" | "prev" | "first" | "last" => {
                let kind = if key == "supplementary" { "AnnotationCollection" } else { "AnnotationPage" };
                self.link(value, kind, depth)
            }
            "body" | "target" | "source" | "start" | "items" => self.contents(key, value, depth),
            "selector" | "state" | "refinedBy" | "startSelector" | "endSelector" => match value {
                Value::Array(all) => {
                    some(all.iter().filter_map(|one| self.selector(one, depth)).collect::<Vec<_>>())
                }
                one => self.selector(one, depth),
            },
            "stylesheet" => self.stylesheet(value),
            "bodyValue" => Some(Value::from(html::plain_text(value.as_str()?))),
            "creator" | "generator" | "renderedVia" => self.agents(value, depth),
            "format" => media_type(value).map(Value::from),
            "navPlace" => Some(json(value, depth)).filter(Value::is_object),
            _ if WORDS.contains(&key) => match value {
                Value::Number(_) => Some(value.clone()),
                Value::Array(all) => some(all.iter().filter_map(word).map(Value::from).collect::<Vec<_>>()),
                one => word(one).map(Value::from),
            },
            _ => None,
        }
    }
}
