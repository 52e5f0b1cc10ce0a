//! Images in documents: their bodies, thumbnails and services.

use serde_json::{Map, Value};

use super::object::object;
use super::{CanvasImage, View, language_map};
use crate::iiif::{Dimensions, Version};

/// Maximum width and height of the image at a body's own URI, in pixels; clients without deep zoom fetch it.
const BODY: u32 = 2000;

/// Maximum width and height of thumbnails, in pixels.
const THUMBNAIL: u32 = 400;

impl View<'_> {
    /// The image as an annotation's body (Presentation API 3.0, §5.7).
    pub(super) fn body(&self, image: &CanvasImage, version: Version) -> Value {
        self.picture(image, image.largest_within(BODY), version)
    }

    /// The image as a thumbnail.
    pub(super) fn thumbnail(&self, image: &CanvasImage, version: Version) -> Value {
        self.picture(image, image.largest_within(THUMBNAIL), version)
    }

    /// The image as an item of a `Choice`, with label and thumbnail.
    pub(super) fn option(&self, image: &CanvasImage, version: Version) -> Value {
        let mut body = self.body(image, version);
        let label = if image.label.is_empty() && image.role == crate::record::Role::Recto {
            self.publisher.label(super::labels::Label::new("Visible light", "Synligt lys"))
        } else {
            self.image_label(image)
        };
        body["label"] = language_map::label(&label);
        body["thumbnail"] = Value::from([self.thumbnail(image, version)]);
        body
    }

    fn picture(&self, image: &CanvasImage, size: Dimensions, version: Version) -> Value {
        object! {
            "id": format!("{}/full/{size}/0/default.jpg", self.address.image(version, &image.identifier)),
            "type": "Image",
            "format": "image/jpeg",
            "width": size.width,
            "height": size.height,
            "service": self.services(image, version),
        }
    }

    /// The image's services: both versions, or only version 2 in documents of version 2.
    fn services(&self, image: &CanvasImage, version: Version) -> Value {
        let mut version_2 = described(image);
        version_2.insert("@id".into(), Value::from(self.address.image(Version::V2, &image.identifier)));
        version_2.insert("@type".into(), Value::from("ImageService2"));
        version_2.insert("profile".into(), Value::from(Version::V2.profile()));
        if version == Version::V2 {
            return Value::from([version_2]);
        }
        let mut version_3 = described(image);
        version_3.insert("id".into(), Value::from(self.address.image(Version::V3, &image.identifier)));
        version_3.insert("type".into(), Value::from("ImageService3"));
        version_3.insert("profile".into(), Value::from("level2"));
        if !image.is_unrestricted() {
            limits(image, &mut version_3);
        }
        Value::from([version_3, version_2])
    }
}

/// Size and sizes of the image, which spare viewers a request for `info.json`.
fn described(image: &CanvasImage) -> Map<String, Value> {
    let sizes = image.info.sizes.iter();
    let sizes = sizes.map(|size| object! { "width": size.width, "height": size.height }).collect();
    let mut service = Map::new();
    service.insert("width".into(), Value::from(image.info.dimensions.width));
    service.insert("height".into(), Value::from(image.info.dimensions.height));
    service.insert("sizes".into(), sizes);
    service
}

/// Adds the limits, as in `info.json` (Image API 3.0, §5.2).
fn limits(image: &CanvasImage, into: &mut Map<String, Value>) {
    let limits = image.info.limits;
    if limits.max_width != u32::MAX || limits.max_height != u32::MAX {
        into.insert("maxWidth".into(), Value::from(limits.max_width));
        into.insert("maxHeight".into(), Value::from(limits.max_height));
    }
    if limits.max_area != u64::MAX {
        into.insert("maxArea".into(), Value::from(limits.max_area));
    }
}
