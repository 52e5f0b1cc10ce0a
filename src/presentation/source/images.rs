//! Images of this server in the place of those that the manifest names.

use serde_json::Value;

use super::Source;
use crate::iiif::Version;
use crate::presentation::{CanvasImage, View, http_uri};
use crate::record::read::image_name;

/// Puts images of this server in the place of those of the source.
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
                let Value::Object(fields) = value else { return false };
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
                    Some("Choice") if fields["items"].as_array().is_some_and(Vec::is_empty) => return false,
                    _ => return true,
                };
                !lost.iter().any(|key| key == needs)
            }
            _ => true,
        }
    }

    /// The file of this server for an image of the source.
    fn own(&self, value: &Value) -> Option<&String> {
        self.source.images.get(&http_uri(image_name(value)?)?)
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

/// The region and rotation of an Image API URI that is not of the whole image upright.
fn cropped(body: &Value) -> Option<(String, String)> {
    let rest = body["id"].as_str()?.strip_prefix(image_name(body)?)?;
    let parts: Vec<&str> = rest.strip_prefix('/')?.split('/').collect();
    let [region, _, rotation, _] = parts[..] else { return None };
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b",.:!".contains(&b));
    let is_whole = region == "full" && rotation == "0";
    (!is_whole && is_plain(region) && is_plain(rotation)).then(|| (region.to_owned(), rotation.to_owned()))
}
