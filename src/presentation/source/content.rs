//! What a manifest refers to: bodies, targets, images, links, services, selectors and agents.

use serde_json::{Map, Value};

use super::clean::Cleaner;
use super::images::own_image;
use super::map;
use super::values::{MAX_DEPTH, full, json, kind_of, known, list, some, text_of, word};
use crate::presentation::object::object;
use crate::presentation::{html, http_uri};
use crate::record::read::{image_name, media_name};

/// The levels of compliance with the Image API.
const LEVELS: [&str; 3] = ["level0", "level1", "level2"];

impl Cleaner<'_> {
    /// Bodies, targets and the like: one, or several.
    pub(super) fn contents(&self, key: &str, value: &Value, depth: usize) -> Option<Value> {
        let one = |one: &Value| match one {
            Value::String(_) if key == "body" => {
                Some(object! { "type": "SpecificResource", "source": self.uri(one)? })
            }
            // An image of this server is replaced, so nothing of the source's is published.
            Value::String(uri) if key != "items" && own_image(self.own, uri).is_some() => {
                http_uri(uri).map(Value::from)
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
    pub(super) fn content(&self, from: &Value, depth: usize) -> Option<Value> {
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let kind = kind_of(from);
        match &*kind {
            "Image" => return self.image(from, false, depth),
            "" if image_name(from).is_some() && from.get("service").is_some() => {
                return self.image(from, false, depth);
            }
            kind if !kind.is_empty() && image_name(from).is_some() => {
                let mut image = self.image(from, false, depth)?;
                image["type"] = Value::from("Image");
                // The level of a service that stands for its image.
                image.as_object_mut()?.remove("profile");
                return Some(image);
            }
            "Feature" | "FeatureCollection" => return Some(json(from, depth)),
            _ => {}
        }
        let own_media = media_name(from).and_then(http_uri).filter(|name| self.media.contains_key(name));
        let mut made = Map::new();
        for (key, value) in fields.iter().filter(|(key, _)| *key != "type" && *key != "value") {
            let value = self.property(key, value, depth);
            made.extend(value.map(|value| (key.clone(), value)));
        }
        // It is replaced, so nothing of the source's is published.
        made.extend(own_media.map(|name| ("id".to_owned(), Value::from(name))));
        let kind = Some(kind).filter(|kind| !kind.is_empty());
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
    pub(super) fn image(&self, from: &Value, is_logo: bool, depth: usize) -> Option<Value> {
        if let Some(id) = from.as_str() {
            return self.image(&object! { "id": id, "type": "Image" }, is_logo, depth);
        }
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let name = image_name(from).and_then(http_uri);
        let is_own = name.is_some_and(|name| self.own.contains_key(&name));
        let kind = Some(kind_of(from)).filter(|kind| !kind.is_empty()).unwrap_or_else(|| "Image".into());
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
    pub(super) fn link(&self, from: &Value, kind: &str, depth: usize) -> Option<Value> {
        if let Some(id) = from.as_str() {
            return self.link(&object! { "id": id }, kind, depth);
        }
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let own = Some(kind_of(from)).filter(|kind| !kind.is_empty());
        let own = own.unwrap_or_else(|| kind.to_owned());
        if !self.is_free && matches!(own.as_str(), "Image" | "Sound" | "Video" | "Model") {
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
    pub(super) fn service(&self, from: &Value) -> Option<Value> {
        let Value::Object(mut fields) = json(from, 0) else { return None };
        let text = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
        let kind = text(fields.get("type").or(fields.get("@type")));
        let context = text(fields.get("@context")) + &text(fields.get("profile"));
        // Version 3 of the Image API names levels of compliance by a word (3.0, §5.3).
        let is_level = fields.get("profile").is_some_and(|level| known(level, &LEVELS).is_some());
        let is_third =
            is_level && kind.is_empty() && fields.contains_key("id") && !context.contains("/image");
        let is_image =
            kind.contains("Image") || context.contains("/image") || context.contains("image-api") || is_third;
        if is_image && !self.is_free {
            return None;
        }
        if is_third {
            fields.insert("type".into(), Value::from("ImageService3"));
        } else if kind.is_empty() {
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
        // Services that were moved to version 2 of the Image API often state their level as they did before.
        let kind = text(fields.get("type").or(fields.get("@type")));
        if let Some(Value::String(profile)) = fields.get_mut("profile")
            && kind.contains("ImageService2")
            && let Some(level) = LEVELS.iter().find(|level| profile.contains(**level))
        {
            *profile = format!("http://iiif.io/api/image/2/{level}.json");
        }
        if let Some(inner) = fields.remove("service") {
            let inner = self.each(&inner, |one| self.service(one));
            fields.extend(some(inner).map(|inner| ("service".to_owned(), inner)));
        }
        // Services of older specifications have JSON-LD's own keywords (Presentation API 3.0, §3.2).
        let kind = text(fields.get("type").or(fields.get("@type")));
        let is_older =
            fields.contains_key("@type") || kind.contains("ImageService1") || kind.contains("ImageService2");
        let (old, new) = (["@id", "@type"], ["id", "type"]);
        let (from, to) = if is_older { (new, old) } else { (old, new) };
        for (from, to) in from.into_iter().zip(to) {
            if let Some(value) = fields.remove(from) {
                fields.entry(to).or_insert(value);
            }
        }
        if let Some(Value::String(id)) = fields.get_mut(to[0])
            && let Some(service) = id.strip_suffix("/info.json")
        {
            *id = service.to_owned();
        }
        fields.contains_key(to[0]).then_some(Value::Object(fields))
    }

    pub(super) fn selector(&self, from: &Value, depth: usize) -> Option<Value> {
        if from.is_string() {
            return self.uri(from).map(Value::from);
        }
        let fields = from.as_object().filter(|_| depth < MAX_DEPTH)?;
        let mut made = Map::new();
        let kind = from["type"].as_str()?;
        let kind = kind.rsplit_once(':').map_or(kind, |(_, kind)| kind);
        if let Some(times) = from["t"].as_str().filter(|times| is_span(times)) {
            return Some(object! {
                "type": "FragmentSelector",
                "conformsTo": "http://www.w3.org/TR/media-frags/",
                "value": format!("t={times}"),
            });
        }
        for (key, value) in fields.iter().filter(|(key, _)| *key != "type") {
            let value = match key.as_str() {
                "value" if kind == "SvgSelector" => {
                    value.as_str().filter(|svg| map::is_plain_svg(svg)).map(Value::from)
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

    pub(super) fn stylesheet(&self, from: &Value) -> Option<Value> {
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

    pub(super) fn agents(&self, from: &Value, depth: usize) -> Option<Value> {
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

    pub(super) fn pair(&self, pair: &Value) -> Option<Value> {
        let (label, value) = (map::plain(&pair["label"]), self.html(&pair["value"]));
        let is_whole = full(label.clone()).is_some() && full(value.clone()).is_some();
        is_whole.then(|| object! { "label": label, "value": value })
    }

    /// A map of texts with HTML; without links where they lead to an image that rights withhold.
    pub(super) fn html(&self, value: &Value) -> Value {
        let made = map::html(value);
        let withheld = || {
            let texts =
                made.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_array).flatten();
            let mut links = texts.filter_map(Value::as_str).flat_map(|text| text.split("href=\"").skip(1));
            links.any(|link| {
                !link.starts_with("mailto:") && self.uri(&Value::from(link.split('"').next())).is_none()
            })
        };
        if !self.is_free && withheld() { map::plain(value) } else { made }
    }

    /// A URI; not one of an image if rights withhold those of other servers.
    pub(super) fn uri(&self, value: &Value) -> Option<String> {
        let uri = http_uri(value.as_str()?)?;
        (self.is_free || !self.painted.lead(&uri)).then_some(uri)
    }

    pub(super) fn each(&self, value: &Value, clean: impl Fn(&Value) -> Option<Value>) -> Value {
        Value::Array(list(Some(value)).iter().filter_map(clean).collect())
    }
}

/// Whether a text is a time and a later one, in seconds, as in `4.5,10`.
fn is_span(text: &str) -> bool {
    let seconds =
        |text: &str| text.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let times = text.split_once(',').and_then(|(from, to)| Some((seconds(from)?, seconds(to)?)));
    times.is_some_and(|(from, to)| from < to)
}
