//! Images, sound and video of this server in the place of those that the manifest names.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Source;
use crate::iiif::Version;
use crate::presentation::{CanvasImage, CanvasMedia, View, http_uri};
use crate::record::read::{image_name, media_name};

/// Puts images, sound and video of this server in the place of those of the source.
pub(super) struct Images<'a> {
    pub view: &'a View<'a>,
    pub source: &'a Source,
    pub version: Version,
}

impl Images<'_> {
    /// Replaces the images in a value. Returns whether anything of the value is left.
    pub(super) fn replace(&self, value: &mut Value, key: &str) -> bool {
        match value {
            Value::Array(all) => {
                let before = all.len();
                all.retain_mut(|one| self.replace(one, key));
                !all.is_empty() || before == 0
            }
            Value::Object(fields) => {
                if matches!(key, "provider" | "navPlace" | "services") {
                    return true;
                }
                let is_image = fields.get("type").is_some_and(|kind| kind == "Image");
                if is_image && let Some(file) = self.own(value) {
                    let Some(image) = self.view.images.iter().find(|image| image.file == *file) else {
                        return false;
                    };
                    self.put(value, image, key);
                    return true;
                }
                if let Some(file) = self.own_media(value) {
                    let Some(media) = self.view.media.iter().find(|media| media.file == *file) else {
                        // What this server may not offer stays at the source, unless rights limit it there, too.
                        return self.source.is_free;
                    };
                    self.put_media(value, media);
                    return true;
                }
                let Value::Object(fields) = value else { return false };
                if is_reference(key) && !is_image && self.readdress(fields) == Some(false) {
                    return false;
                }
                let is_of_list = |key: &str, value: &Value| key == "items" && value.is_array();
                let mut lost = Vec::new();
                for (key, value) in fields.iter_mut().filter(|(key, _)| *key != "service") {
                    if !self.replace(value, key) && !is_of_list(key, value) {
                        lost.push(key.clone());
                    }
                }
                lost.iter().for_each(|key| drop(fields.remove(key)));
                let needs = match fields.get("type").and_then(Value::as_str) {
                    Some("SpecificResource") => "source",
                    Some("Annotation") => "body",
                    Some("Choice") => return fields.get("items") != Some(&Value::Array(Vec::new())),
                    _ => return true,
                };
                !lost.iter().any(|key| key == needs)
            }
            Value::String(uri) if is_reference(key) => match self.address_of(uri) {
                Some(Some(own)) => {
                    *uri = own;
                    true
                }
                Some(None) => false,
                None => true,
            },
            _ => true,
        }
    }

    /// The address of an image on this server, or of a request to it, for that in the source: `Some(None)` if it may not be
    /// shown, `None` if the URI is of something else.
    fn address_of(&self, uri: &str) -> Option<Option<String>> {
        let (uri, fragment) =
            uri.split_once('#').map_or((uri, None), |(uri, fragment)| (uri, Some(fragment)));
        let (file, request) = own_image(&self.source.images, uri)?;
        let image = self.view.images.iter().find(|image| image.file == *file);
        Some(image.map(|image| {
            let service = self.view.address.image(self.version, &image.identifier);
            // Version 3 has no size `full`; version 2 has `max` as well.
            let parts: Vec<&str> = request.split('/').collect();
            let request = match parts[..] {
                ["", region, "full", rotation, last] => format!("/{region}/max/{rotation}/{last}"),
                _ => request,
            };
            let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
            format!("{service}{request}{fragment}")
        }))
    }

    /// Has a target or source that is no `Image`, but names one of the source, name that of this server. Returns whether it
    /// may be shown; `None` if it is something else.
    fn readdress(&self, fields: &mut Map<String, Value>) -> Option<bool> {
        let Some(own) = self.address_of(fields.get("id")?.as_str()?)? else { return Some(false) };
        fields.insert("id".into(), Value::from(own));
        fields.remove("service");
        Some(true)
    }

    /// The file of this server for an image of the source.
    fn own(&self, value: &Value) -> Option<&String> {
        self.source.images.get(&http_uri(image_name(value)?)?)
    }

    /// The file of this server for a sound or video of the source.
    fn own_media(&self, value: &Value) -> Option<&String> {
        self.source.media.get(&http_uri(media_name(value)?)?)
    }

    /// Puts a file of this server in the place of one of the source, whose label, language and duration stay.
    fn put_media(&self, value: &mut Value, media: &CanvasMedia) {
        let Value::Object(mut fields) = value.take() else { return };
        for key in ["service", "thumbnail", "rendering"] {
            fields.remove(key);
        }
        if let Value::Object(made) = self.view.media_body(media) {
            let stated = fields.remove("duration").filter(serde_json::Value::is_number);
            fields.extend(made);
            fields.extend(stated.map(|duration| ("duration".to_owned(), duration)));
        }
        *value = Value::Object(fields);
    }

    fn put(&self, value: &mut Value, image: &CanvasImage, key: &str) {
        let crop = cropped(value);
        let mut made = match key {
            "thumbnail" => self.view.thumbnail(image, self.version),
            _ => self.view.body(image, self.version),
        };
        if let (Some((region, rotation)), "body" | "items" | "source") = (crop, key) {
            let service = self.view.address.image(self.version, &image.identifier);
            made["id"] = Value::from(format!("{service}/{region}/max/{rotation}/default.jpg"));
            for side in ["width", "height"] {
                if value[side].is_number() {
                    made[side] = value[side].take();
                }
            }
        }
        if let (Value::Object(made), Value::Object(own)) = (&mut made, value.take()) {
            for (key, value) in own {
                if !matches!(key.as_str(), "service" | "thumbnail" | "rendering") {
                    made.entry(key).or_insert(value);
                }
            }
        }
        *value = made;
    }
}

/// Whether a property names a resource that an annotation is about.
fn is_reference(key: &str) -> bool {
    matches!(key, "target" | "source" | "scope")
}

/// The file of an image of this server by the URI of its image or image service in the source, and what follows in a request
/// to that service (Image API 3.0, §2).
pub(crate) fn own_image<'a>(own: &'a HashMap<String, String>, uri: &str) -> Option<(&'a String, String)> {
    let uri = http_uri(uri.split('#').next().unwrap_or_default())?;
    let name = uri.strip_suffix("/info.json").unwrap_or(&uri);
    let name = name.trim_end_matches('/');
    if let Some(file) = own.get(name) {
        return Some((file, String::new()));
    }
    let (at, _) = uri.rmatch_indices('/').nth(3)?;
    own.get(&uri[..at]).map(|file| (file, uri[at..].to_owned()))
}

/// The region and rotation of an Image API URI that is not of the whole image upright.
fn cropped(body: &Value) -> Option<(String, String)> {
    let rest = body["id"].as_str()?.strip_prefix(image_name(body)?)?;
    let parts: Vec<&str> = rest.strip_prefix('/')?.split('/').collect();
    let [region, _, rotation, _] = parts[..] else { return None };
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b",.:!".contains(&b));
    let is_whole = region == "full" && rotation == "0";
    (!is_whole && is_plain(region) && is_plain(rotation)).then(|| (region.to_owned(), rotation.to_owned()))
}
