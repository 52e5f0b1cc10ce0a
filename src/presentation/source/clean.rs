//! Keeps what Presentation API 3 defines, as far as it is well-formed and safe for viewers.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::map;
use crate::presentation::context::CONTEXT_3;
use crate::presentation::object::object;
use crate::presentation::{html, http_uri, rights};
use crate::record::read::image_name;

/// Maximum depth of resources; deeper ones are left out.
const MAX_DEPTH: usize = 40;

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
    "format",
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
    /// The URIs of all images painted on canvases.
    pub painted: &'a [String],
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
    fn of_class(&self, from: &Value, class: &str, depth: usize) -> Option<Value> {
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let more: &[&str] = match class {
            "Manifest" => &["viewingDirection", "services", "start", "structures", "annotations", "items"],
            "Canvas" => &["width", "height", "duration", "annotations", "items"],
            "Range" => &["viewingDirection", "start", "supplementary", "annotations", "items"],
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
    fn member(&self, from: &Value, depth: usize) -> Option<Value> {
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
    fn page(&self, from: &Value, depth: usize) -> Option<Value> {
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

    fn annotation(&self, from: &Value, depth: usize) -> Option<Value> {
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
    fn property(&self, key: &str, value: &Value, depth: usize) -> Option<Value> {
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
            "x" | "y" | "t" | "start" | "end" if value.is_number() => Some(value.clone()),
            "language" => match value {
                Value::Array(all) => some(all.iter().filter_map(word).map(Value::from).collect::<Vec<_>>()),
                one => word(one).map(Value::from),
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
            "navPlace" => Some(json(value, depth)).filter(Value::is_object),
            _ if WORDS.contains(&key) => match value {
                Value::Number(_) => Some(value.clone()),
                Value::Array(all) => some(all.iter().filter_map(word).map(Value::from).collect::<Vec<_>>()),
                one => word(one).map(Value::from),
            },
            _ => None,
        }
    }

    /// Bodies, targets and the like: one, or several.
    fn contents(&self, key: &str, value: &Value, depth: usize) -> Option<Value> {
        let one = |one: &Value| match one {
            Value::String(_) if key == "body" => {
                Some(object! { "type": "SpecificResource", "source": self.uri(one)? })
            }
            Value::String(_) => self.uri(one).map(Value::from),
            other => self.content(other, depth),
        };
        match value {
            Value::Array(all) => some(all.iter().filter_map(one).collect::<Vec<_>>()),
            value => one(value),
        }
    }

    /// A body or target of an annotation, or another resource that the specification leaves to others.
    fn content(&self, from: &Value, depth: usize) -> Option<Value> {
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let kind = from.get("type").and_then(Value::as_str).unwrap_or_default();
        match kind {
            "Image" => return self.image(from, false, depth),
            "" if image_name(from).is_some() && from.get("service").is_some() => {
                return self.image(from, false, depth);
            }
            "Feature" | "FeatureCollection" => return Some(json(from, depth)),
            _ => {}
        }
        let mut made = Map::new();
        for (key, value) in fields.iter().filter(|(key, _)| *key != "type" && *key != "value") {
            let value = self.property(key, value, depth);
            made.extend(value.map(|value| (key.clone(), value)));
        }
        let kind = Some(word(&from["type"]).unwrap_or_default()).filter(|kind| !kind.is_empty());
        let kind = kind.unwrap_or_else(|| {
            let format = from["format"].as_str().unwrap_or_default();
            let kinds = [("video/", "Video"), ("audio/", "Sound"), ("image/", "Image"), ("model/", "Model")];
            let known = kinds.iter().find(|(prefix, _)| format.starts_with(prefix));
            let is_specific = from.get("source").is_some();
            known.map_or(if is_specific { "SpecificResource" } else { "Text" }, |(_, kind)| kind).to_owned()
        });
        let is_whole = match kind.as_str() {
            "TextualBody" => {
                let (value, format) = text_of(from["value"].as_str()?, from["format"].as_str());
                made.insert("value".into(), Value::from(value));
                made.extend(format.map(|format| ("format".to_owned(), Value::from(format))));
                true
            }
            "SpecificResource" => made.contains_key("source"),
            "Choice" | "List" | "Composite" | "Independents" => made.contains_key("items"),
            _ => made.contains_key("id"),
        };
        made.insert("type".into(), Value::from(kind));
        is_whole.then_some(Value::Object(made))
    }

    /// An image, if it is one of this server or its rights allow it.
    fn image(&self, from: &Value, is_logo: bool, depth: usize) -> Option<Value> {
        if let Some(id) = from.as_str() {
            return self.image(&object! { "id": id, "type": "Image" }, is_logo, depth);
        }
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let name = image_name(from).and_then(http_uri);
        let is_own = name.is_some_and(|name| self.own.contains_key(&name));
        let kind = word(&from["type"]).filter(|kind| !kind.is_empty()).unwrap_or_else(|| "Image".into());
        if !(is_own || self.is_free || is_logo) {
            return None;
        }
        let mut made = Map::new();
        for (key, value) in fields.iter().filter(|(key, _)| *key != "type") {
            let value = match key.as_str() {
                // An image of this server is replaced, so nothing of it is published.
                "id" if is_own || is_logo => http_uri(value.as_str().unwrap_or_default()).map(Value::from),
                "service" if is_own => {
                    some(list(Some(value)).iter().map(|one| json(one, depth)).collect::<Vec<_>>())
                }
                _ => self.property(key, value, depth),
            };
            made.extend(value.map(|value| (key.clone(), value)));
        }
        made.insert("type".into(), Value::from(kind));
        made.contains_key("id").then_some(Value::Object(made))
    }

    /// A resource elsewhere, with `id`, `type` and a label.
    fn link(&self, from: &Value, kind: &str, depth: usize) -> Option<Value> {
        if let Some(id) = from.as_str() {
            return self.link(&object! { "id": id }, kind, depth);
        }
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let own = word(&from["type"]).filter(|kind| !kind.is_empty());
        let own = own.unwrap_or_else(|| kind.to_owned());
        if !self.is_free && matches!(own.as_str(), "Image" | "Video" | "Model") {
            return None;
        }
        let mut made = Map::new();
        for (key, value) in fields.iter().filter(|(key, _)| *key != "type" && *key != "items") {
            let value = match key.as_str() {
                "language" => some(self.each(value, |one| word(one).map(Value::from))),
                key => self.property(key, value, depth),
            };
            made.extend(value.map(|value| (key.clone(), value)));
        }
        let id = made.get("id")?.as_str()?.to_owned();
        let needs_label = matches!(kind, "Text" | "Agent");
        if needs_label && !made.contains_key("label") {
            made.insert("label".into(), object! { "none": [id] });
        }
        made.insert("type".into(), Value::from(own));
        Some(Value::Object(made))
    }

    /// A service as it is, with a type.
    fn service(&self, from: &Value) -> Option<Value> {
        let Value::Object(mut fields) = json(from, 0) else { return None };
        let text = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
        let kind = text(fields.get("type").or(fields.get("@type")));
        let context = text(fields.get("@context")) + &text(fields.get("profile"));
        let is_image = kind.contains("Image") || context.contains("/image") || context.contains("image-api");
        if is_image && !self.is_free {
            return None;
        }
        if kind.is_empty() {
            let kind = match () {
                () if is_image && context.contains("/image/2") => "ImageService2",
                () if is_image => "ImageService1",
                () if context.contains("/search/") => "SearchService1",
                () if context.contains("autocomplete") => "AutoCompleteService1",
                () => "Service",
            };
            fields.insert("@type".into(), Value::from(kind));
        }
        if let Some(Value::Array(profiles)) = fields.get("profile") {
            let first = profiles.iter().find(|one| one.is_string()).cloned();
            fields.extend(first.map(|first| ("profile".to_owned(), first)));
        }
        if let Some(inner) = fields.remove("service") {
            let inner = self.each(&inner, |one| self.service(one));
            fields.extend(some(inner).map(|inner| ("service".to_owned(), inner)));
        }
        ["id", "@id"].iter().any(|id| fields.contains_key(*id)).then_some(Value::Object(fields))
    }

    fn selector(&self, from: &Value, depth: usize) -> Option<Value> {
        if from.is_string() {
            return self.uri(from).map(Value::from);
        }
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let mut made = Map::new();
        let kind = from["type"].as_str()?;
        let kind = kind.rsplit_once(':').map_or(kind, |(_, kind)| kind);
        for (key, value) in fields.iter().filter(|(key, _)| *key != "type") {
            let value = match key.as_str() {
                "value" if kind == "SvgSelector" => {
                    value.as_str().filter(|svg| super::map::is_plain_svg(svg)).map(Value::from)
                }
                "value" => word(value).map(Value::from),
                "default" => None,
                key => self.property(key, value, depth),
            };
            made.extend(value.map(|value| (key.clone(), value)));
        }
        made.insert("type".into(), Value::from(html::plain_text(kind)));
        let needs_value =
            matches!(kind, "SvgSelector" | "FragmentSelector" | "XPathSelector" | "CssSelector");
        (!needs_value || made.contains_key("value")).then_some(Value::Object(made))
    }

    fn stylesheet(&self, from: &Value) -> Option<Value> {
        if from.is_string() {
            return self.uri(from).map(Value::from);
        }
        let mut made = object! { "type": "CssStylesheet" };
        if let Some(id) = from.get("id").and_then(|id| self.uri(id)) {
            made["id"] = Value::from(id);
        }
        if let Some(css) = from["value"].as_str() {
            let lower = css.to_ascii_lowercase();
            let loads = ["url(", "@import", "expression(", "<", "\\"].iter().any(|word| lower.contains(word));
            if !loads {
                made["value"] = Value::from(css);
            }
        }
        (made.as_object()?.len() > 1).then_some(made)
    }

    fn agents(&self, from: &Value, depth: usize) -> Option<Value> {
        let one = |one: &Value| match one {
            Value::String(_) => self.uri(one).map(Value::from),
            Value::Object(fields) => {
                let mut made = Map::new();
                for (key, value) in fields {
                    let value = match key.as_str() {
                        "type" | "name" | "nickname" => word(value).map(Value::from),
                        "id" | "homepage" => self.uri(value).map(Value::from),
                        "label" => self.property(key, value, depth),
                        _ => None,
                    };
                    made.extend(value.map(|value| (key.clone(), value)));
                }
                (!made.is_empty()).then_some(Value::Object(made))
            }
            _ => None,
        };
        match from {
            Value::Array(all) => some(all.iter().filter_map(one).collect::<Vec<_>>()),
            from => one(from),
        }
    }

    fn pair(&self, pair: &Value) -> Option<Value> {
        let (label, value) = (map::plain(&pair["label"]), self.html(&pair["value"]));
        let is_whole = full(label.clone()).is_some() && full(value.clone()).is_some();
        is_whole.then(|| object! { "label": label, "value": value })
    }

    /// A map of texts with HTML; without links where they lead to an image that rights withhold.
    fn html(&self, value: &Value) -> Value {
        let made = map::html(value);
        let withheld = || {
            let texts =
                made.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_array).flatten();
            let mut links = texts.filter_map(Value::as_str).flat_map(|text| text.split("href=\"").skip(1));
            links.any(|link| self.uri(&Value::from(link.split('"').next())).is_none())
        };
        if !self.is_free && withheld() { map::plain(value) } else { made }
    }

    /// A URI; not one of an image if rights withhold those of other servers.
    fn uri(&self, value: &Value) -> Option<String> {
        let uri = http_uri(value.as_str()?)?;
        let is_image = || {
            let path = uri.split(['?', '#']).next().unwrap_or(&uri).to_ascii_lowercase();
            let endings = [".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".gif", ".jp2", "/info.json"];
            endings.iter().any(|ending| path.ends_with(ending))
                || path.contains("/full/")
                || self.painted.iter().any(|name| uri.starts_with(name.as_str()))
        };
        (self.is_free || !is_image()).then_some(uri)
    }

    fn each(&self, value: &Value, clean: impl Fn(&Value) -> Option<Value>) -> Value {
        Value::Array(list(Some(value)).iter().filter_map(clean).collect())
    }
}

/// A textual body's value, and its format if that differs from the given one.
fn text_of(value: &str, format: Option<&str>) -> (String, Option<&'static str>) {
    if format == Some("text/html") || format.is_none() && value.trim_start().starts_with('<') {
        let made = html::value(value, "");
        return (made, format.is_none().then_some("text/html"));
    }
    let made = html::literal(value);
    let is_escaped = made != value;
    (made, is_escaped.then_some("text/html"))
}

/// JSON of another specification, such as GeoJSON, with its texts without markup.
fn json(value: &Value, depth: usize) -> Value {
    match value {
        Value::String(text) => Value::from(http_uri(text).unwrap_or_else(|| html::plain_text(text))),
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Value::Null,
        Value::Array(all) => all.iter().map(|one| json(one, depth + 1)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (html::plain_text(key), json(value, depth + 1)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(all)) => all,
        Some(one) => std::slice::from_ref(one),
    }
}

fn some(values: impl Into<Value>) -> Option<Value> {
    full(values.into())
}

fn full(value: Value) -> Option<Value> {
    let is_empty = match &value {
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        other => other.is_null(),
    };
    (!is_empty).then_some(value)
}

fn known(value: &Value, names: &[&str]) -> Option<Value> {
    names.contains(&value.as_str()?).then(|| value.clone())
}

/// A short text without markup.
fn word(value: &Value) -> Option<String> {
    Some(html::plain_text(value.as_str()?))
}

/// A side in whole pixels.
fn side(value: &Value) -> Option<u64> {
    let side = value.as_u64().or_else(|| value.as_str()?.parse().ok()).or_else(|| {
        let side = value.as_f64()?.round();
        (1.0..=1e9).contains(&side).then_some(side as u64)
    })?;
    (1..=u64::from(u32::MAX)).contains(&side).then_some(side)
}

fn positive(value: &Value) -> Option<serde_json::Number> {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number| *number > 0.0)?;
    value.as_number().cloned().or_else(|| serde_json::Number::from_f64(number))
}

/// Whether a text is an xsd:dateTime with a time zone.
fn is_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits =
        |from: usize, to: usize| bytes.get(from..to).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let is_dated = marks.iter().all(|(at, mark)| bytes.get(*at) == Some(mark))
        && [(0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19)]
            .iter()
            .all(|(from, to)| digits(*from, *to));
    let zone = text.get(19..).unwrap_or_default();
    let zone =
        zone.strip_prefix('.').map_or(zone, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let is_offset = zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':';
    is_dated && (zone == "Z" || is_offset)
}
