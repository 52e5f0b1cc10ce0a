//! Tags as annotations (Web Annotation, and Presentation API 3.0, §5.6).

use serde_json::Value;

use super::labels::Label;
use super::links::http_uri;
use super::object::object;
use super::{Canvas, View, html};
use crate::iiif::Version;
use crate::record::{Region, Status, Tag};

/// A tag with its id and target.
pub(super) struct TagTarget<'a> {
    pub id: String,
    pub tag: &'a Tag,
    /// The number of the canvas.
    pub canvas: usize,
    /// The region in the canvas's coordinates; `None` for the whole canvas.
    pub region: Option<Region>,
}

impl<'a> View<'a> {
    /// The active tags with the canvases that they target.
    pub(super) fn tag_targets(&self, canvases: &[Canvas<'_>]) -> Vec<TagTarget<'a>> {
        let tags = self.active_tags().into_iter();
        tags.map(|(id, tag)| {
            let (canvas, region) = canvas_of(tag, canvases);
            TagTarget { id, tag, canvas, region }
        })
        .collect()
    }

    /// A tag as an annotation of version 3.
    pub(super) fn annotation(&self, target: &TagTarget<'_>) -> Value {
        let work = &self.work.object_number;
        let mut annotation = object! {
            "id": self.address.tag(Version::V3, work, &target.id),
            "type": "Annotation",
            "motivation": "tagging",
            "body": self.bodies(target.tag),
            "target": self.target(target),
        };
        if let Some(creator) = creator(&target.tag.source) {
            annotation["creator"] = creator;
        }
        if is_of_model(target.tag) {
            annotation["seeAlso"] = self.data(target);
        }
        annotation
    }

    /// The URI of the canvas that a tag targets, with its region as a fragment.
    pub(super) fn target(&self, target: &TagTarget<'_>) -> String {
        let canvas = self.canvas_id(target.canvas);
        target.region.map_or_else(|| canvas.clone(), |region| format!("{canvas}#xywh={region}"))
    }

    /// The bodies of a tag's annotation: its label in each language, its concept, and where it comes from if a machine or a
    /// visitor proposed it.
    fn bodies(&self, tag: &Tag) -> Value {
        let texts = tag.label.iter().map(|(language, value)| {
            let mut body = textual(value, "tagging");
            if language != "none" {
                body["language"] = Value::from(language);
            }
            body
        });
        let mut bodies: Vec<Value> = texts.collect();
        if let Some(concept) = tag.concept.as_deref().and_then(http_uri) {
            bodies.push(object! { "type": "SpecificResource", "source": concept, "purpose": "identifying" });
        }
        if let Some(uncertainty) = self.uncertainty(tag) {
            let mut body = textual(&uncertainty, "assessing");
            body["language"] = Value::from(self.language());
            bodies.push(body);
        }
        match bodies.len() {
            1 => bodies.remove(0),
            _ => Value::Array(bodies),
        }
    }

    /// The publisher's first supported language, for values without a language map.
    fn language(&self) -> &'static str {
        let first = self.publisher.languages.iter().find_map(|tag| {
            let primary = tag.split('-').next().unwrap_or(tag);
            super::labels::LANGUAGES.into_iter().find(|language| *language == primary)
        });
        first.unwrap_or("en")
    }

    /// Who proposed the tag, its confidence, and the color that was measured, as text; `None` for what people confirmed with
    /// full confidence.
    pub(super) fn uncertainty(&self, tag: &Tag) -> Option<String> {
        let is_proposed = tag.status == Status::Proposed;
        let is_sure = tag.confidence >= 1.0 || !tag.confidence.is_finite();
        if !is_proposed && is_sure && !is_of_model(tag) {
            return None;
        }
        let language = self.language();
        let percent = |share: f64, of: Label| {
            format!("{} % {}", (share.clamp(0.0, 1.0) * 100.0).round(), self.publisher.word(of, language))
        };
        let mut parts = Vec::new();
        let status = match is_proposed {
            true => Some(Label::new("proposed by", "foreslået af")),
            false if is_of_model(tag) => Some(Label::new("accepted; proposed by", "godkendt; foreslået af")),
            false => None,
        };
        if let Some(status) = status {
            let by = tag.source.split_once(':').map_or(tag.source.as_str(), |(_, name)| name);
            parts.push(format!("{} {by}", self.publisher.word(status, language)));
        }
        if !is_sure {
            parts.push(percent(tag.confidence, Label::new("sure", "sikker")));
        }
        parts.extend(tag.color.clone());
        let share = tag.share.filter(|share| share.is_finite());
        parts.extend(share.map(|share| percent(share, Label::new("of the picture", "af billedet"))));
        Some(parts.join(", "))
    }

    /// The tag in the API, where programs read its scheme, source, confidence, status, color and region.
    fn data(&self, target: &TagTarget<'_>) -> Value {
        let record = self.address.record(&self.work.object_number);
        Value::from([object! {
            "id": format!("{record}/tags/{}", target.id),
            "type": "Dataset",
            "label": object! { "en": ["Scheme, source, confidence and status of this tag"] },
            "format": "application/json",
        }])
    }
}

/// Whether a model stated the tag. Such tags are in the catalogue, and so in the API.
fn is_of_model(tag: &Tag) -> bool {
    tag.source.starts_with("model:")
}

/// A textual body. Viewers render bodies as HTML whatever their format, so text that they would parse as markup is
/// escaped as HTML.
fn textual(text: &str, purpose: &str) -> Value {
    let text = html::plain_text(text);
    let value = html::literal(text.trim());
    let format = if value == text.trim() { "text/plain" } else { "text/html" };
    object! { "type": "TextualBody", "value": value, "format": format, "purpose": purpose }
}

/// The creator of a tag (Web Annotation, §3.3.2).
fn creator(source: &str) -> Option<Value> {
    let (kind, name) = match source.split_once(':') {
        Some(("model", name)) => ("Software", name),
        Some(("import", name)) => ("Organization", name),
        None if source == "curator" => ("Person", "Curator"),
        _ => ("Person", source),
    };
    let name = html::plain_text(name);
    (!name.is_empty()).then(|| object! { "type": kind, "name": name })
}

/// The canvas with the image that a tag refers to, and the region scaled to that canvas; the first canvas without a region
/// if the image is not visible.
fn canvas_of(tag: &Tag, canvases: &[Canvas<'_>]) -> (usize, Option<Region>) {
    let found = canvases.iter().find_map(|canvas| {
        let image = canvas.images.iter().find(|image| match &tag.image {
            Some(file) => image.file == *file || image.identifier == *file,
            None => true,
        })?;
        Some((canvas, image))
    });
    let Some((canvas, image)) = found else { return (1, None) };
    let (from, to) = (image.info.dimensions, canvas.dimensions);
    let region = tag.region.and_then(|region| {
        let scaled = |at: u32, from: u32, to: u32| {
            (u64::from(at) * u64::from(to) / u64::from(from.max(1))).min(u64::from(to)) as u32
        };
        let (left, right) = (region.x, region.x.saturating_add(region.width));
        let (top, bottom) = (region.y, region.y.saturating_add(region.height));
        let (x, y) = (scaled(left, from.width, to.width), scaled(top, from.height, to.height));
        let width = scaled(right, from.width, to.width).saturating_sub(x);
        let height = scaled(bottom, from.height, to.height).saturating_sub(y);
        (width > 0 && height > 0).then_some(Region { x, y, width, height })
    });
    (canvas.number, region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iiif::Dimensions;
    use crate::presentation::fixture::image_of;
    use crate::record::Text;
    use serde_json::json;

    #[track_caller]
    fn check(image: Option<&str>, region: &str, expected: &str) {
        let (front, infrared, back) =
            (image_of("a", 1000, 500), image_of("b", 500, 250), image_of("c", 300, 300));
        let canvas = |number, images: Vec<_>, width, height| Canvas {
            number,
            images,
            media: Vec::new(),
            dimensions: Dimensions::new(width, height),
            label: Text::default(),
        };
        let canvases = [canvas(1, vec![&front, &infrared], 1000, 500), canvas(2, vec![&back], 300, 300)];
        let tag = Tag {
            image: image.map(str::to_owned),
            region: region.parse().ok(),
            ..Tag::new("motif", Text::plain("dog"))
        };
        let (number, region) = canvas_of(&tag, &canvases);
        assert_eq!(
            format!("{number} {}", region.map(|r| r.to_string()).unwrap_or_default()).trim(),
            expected
        );
    }

    #[test]
    fn a_region_is_scaled_to_the_canvas_of_its_image() {
        check(None, "", "1");
        check(None, "10,10,20,20", "1 10,10,20,20");
        check(Some("b"), "10,10,20,20", "1 20,20,40,40");
        check(Some("c"), "290,0,4294967295,10", "2 290,0,10,10");
        check(Some("c"), "300,0,10,10", "2");
        check(Some("gone"), "10,10,20,20", "1");
    }

    #[test]
    fn words_in_angle_brackets_are_not_html() {
        let body = textual("<Anna>", "tagging");
        assert_eq!(
            (&body["value"], &body["format"]),
            (&json!("<span>&lt;Anna&gt;</span>"), &json!("text/html"))
        );
        for image in ["<img src=https://x/>", "&lt;img src=https://x/&gt;", "dog <img src='https://x/'"] {
            let value = textual(image, "tagging")["value"].to_string();
            assert!(!value.contains("<img"), "{value}");
        }
        assert_eq!(textual("dog", "tagging")["format"], "text/plain");
    }

    #[test]
    fn the_source_of_a_tag_is_an_agent() {
        for (source, expected) in [
            ("curator", json!({ "type": "Person", "name": "Curator" })),
            ("model:clip@1", json!({ "type": "Software", "name": "clip@1" })),
            ("import:smk", json!({ "type": "Organization", "name": "smk" })),
        ] {
            assert_eq!(creator(source), Some(expected));
        }
        assert_eq!(creator("model:"), None);
    }
}
