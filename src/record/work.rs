//! Works, as records describe them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::forms::{OneOrMany, TitleOrText, one_or_many, public_domain, rights};
use super::{Media, Tag, Text, WithdrawnFlag};

/// A work of the collection. As JSON it is Tegl's own record format, one object per line. Fields that the format does
/// not define are kept unchanged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Work")]
pub struct Work {
    /// The museum's object number, in any characters. The work's URL is derived from it.
    pub object_number: String,
    /// Its titles, the preferred one first.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<OneOrMany<TitleOrText>>")]
    pub titles: Vec<Title>,
    /// Its makers, the most important first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub creators: Vec<Creator>,
    /// When it was made.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<OneOrMany<Production>>")]
    pub production: Vec<Production>,
    /// What it is: painting, drawing, vase…
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<OneOrMany<Text>>")]
    pub object_type: Vec<Text>,
    /// How it was made, as in `etching`.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<OneOrMany<Text>>")]
    pub techniques: Vec<Text>,
    /// What it is made of.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<OneOrMany<Text>>")]
    pub materials: Vec<Text>,
    /// Measured sizes and weights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<Measure>,
    /// What is written on it.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<OneOrMany<Text>>")]
    pub inscriptions: Vec<Text>,
    /// A description of the work.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub description: Text,
    /// The collections within the museum to which it belongs.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<OneOrMany<Text>>")]
    pub collections: Vec<Text>,
    /// The department of the museum that is responsible for it.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub department: Text,
    /// The credit line to print with every reproduction.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub credit_line: Text,
    /// Where it is on display.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub location: Text,
    /// The URI of its licence or rights statement, otherwise the statement's text. Several statements, one per line,
    /// all apply.
    #[serde(default, deserialize_with = "rights", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<OneOrMany<String>>")]
    pub rights: Option<String>,
    /// Whether it is in the public domain; `None` if unknown.
    #[serde(default, deserialize_with = "public_domain", skip_serializing_if = "Option::is_none")]
    pub public_domain: Option<bool>,
    /// The museum's own web page about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Related works and web pages, and other representations of its record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// Statements about it by people and models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(skip)]
    pub tags: Vec<Tag>,
    /// Labelled facts that no other field holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_metadata: Vec<Fact>,
    /// Its images, the preferred one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(skip)]
    pub images: Vec<Image>,
    /// Its sound and video, the preferred file first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(skip)]
    pub media_files: Vec<Media>,
    /// Its parts, if images show parts of it: pages, panels, drawers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The number of canvases of the manifest that it was read from, if it was read from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvases: Option<u32>,
    /// When the source last changed the record, as the source writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// Whether the source has withdrawn the work: `true`, or an object with the `reason`.
    #[serde(default, deserialize_with = "super::withdrawal::flag", skip_serializing_if = "Option::is_none")]
    #[schemars(skip_serializing)]
    pub withdrawn: Option<WithdrawnFlag>,
    /// All other fields of the source's record.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A title: a text, or a text with its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Title")]
pub struct Title {
    /// The title, by language.
    pub text: Text,
    /// The kind of title: `museum`, `artist`, `description`, `former`…
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// A person or group who made a work or contributed to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Creator")]
pub struct Creator {
    /// The name in display order: `Anna Ancher`.
    pub name: String,
    /// The name in sort order: `Ancher, Anna`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_name: Option<String>,
    /// `artist`, `printmaker`, `after`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The year of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<i32>,
    /// The year of death.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub death: Option<i32>,
    /// As written in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// As written in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// A URI, or the source's own identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// When a work was made: a text and the years that it spans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Production")]
pub struct Production {
    /// The dating as written in the record.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub text: Text,
    /// The earliest possible year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<i32>,
    /// The latest possible year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<i32>,
}

/// One dimension of one part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Measure")]
pub struct Measure {
    /// What was measured: `sheet`, `frame`, `support`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// `height`, `width`, `depth`, `diameter`, `weight`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The number, in `unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// `mm`, `cm`, `kg`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// As written in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A labelled fact (Presentation API 3.0, §3.1, `metadata`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Fact")]
pub struct Fact {
    /// The label, by language.
    pub label: Text,
    /// The value, by language.
    pub value: Text,
}

/// Another work, or a resource elsewhere, that is related to this work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Related")]
pub struct Related {
    /// An object number of this collection, or a URI.
    pub id: String,
    /// The label of the link, by language.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub label: Text,
    /// The relation: `part-of`, `study-for`, `copy-after`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// An image of the work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Image")]
pub struct Image {
    /// The identifier of its master, as in `paintings/a.tif` or `SOURCE:a.tif`; until it is matched to a master, the
    /// source's name for it.
    pub file: String,
    /// What the image shows of the work.
    #[serde(default)]
    pub role: Role,
    /// A caption, by language.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub label: Text,
    /// Images of the same view are alternative captures of one surface. Without a view, a capture (`infrared`,
    /// `x-ray`…) belongs to the image before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// The number from 1 of the canvas on which the manifest that the work was read from paints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas: Option<u32>,
    /// Whether this image has a master on this server; images without one are not displayed.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[schemars(skip)]
    pub matched: bool,
}

pub(super) fn yes() -> bool {
    true
}

pub(super) fn is_yes(is: &bool) -> bool {
    *is
}

/// What an image shows of a work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Role")]
pub enum Role {
    /// The front, or the whole work.
    #[default]
    Recto,
    /// The back.
    Verso,
    /// A detail of it.
    Detail,
    /// Its frame.
    Frame,
    /// An infrared reflectogram.
    Infrared,
    /// An X-ray image.
    XRay,
    /// Ultraviolet fluorescence.
    Ultraviolet,
    /// Light from the side, which reveals relief.
    RakingLight,
    /// A term of the source's own.
    #[serde(untagged)]
    Other(String),
}

impl Role {
    /// Whether it is another capture of a view, not a view of its own.
    pub fn is_capture(&self) -> bool {
        matches!(self, Self::Infrared | Self::XRay | Self::Ultraviolet | Self::RakingLight)
    }
}

/// A part of a work that has images of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Part")]
pub struct Part {
    /// The name of the part, by language.
    pub label: Text,
    /// Its images, by their `file`.
    #[serde(default)]
    pub images: Vec<String>,
    /// The parts of this part, nested at most eight deep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

impl Work {
    /// The title to display, in all its languages; the object number if it has none.
    pub fn label(&self) -> Text {
        let title = self.titles.iter().map(|title| &title.text).find(|text| !text.is_empty());
        title.cloned().unwrap_or_else(|| Text::plain(&self.object_number))
    }

    /// The URI of the manifest on another server from which it was read.
    pub fn source_manifest(&self) -> Option<&str> {
        let manifest = |related: &&Related| related.kind.as_deref() == Some("manifest");
        self.related.iter().find(manifest).map(|related| related.id.as_str())
    }

    /// The years in which it may have been made, if known.
    pub fn years(&self) -> (Option<i32>, Option<i32>) {
        let earliest = self.production.iter().filter_map(|made| made.earliest.or(made.latest)).min();
        let latest = self.production.iter().filter_map(|made| made.latest.or(made.earliest)).max();
        (earliest, latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_record_is_a_number() {
        let work: Work = serde_json::from_str(r#"{"object_number":"KMS1"}"#).unwrap();
        assert_eq!(work.label().best(&[]), Some("KMS1"));
        assert_eq!(serde_json::to_string(&work).unwrap(), r#"{"object_number":"KMS1"}"#);
    }

    /// A record with every field of every kind. The catalogue knows unchanged records by these bytes, and archives have
    /// their ETags of them.
    const EVERYTHING: &str = concat!(
        r#"{"object_number":"KMS1","titles":[{"text":{"da":["Blå"],"en":["Blue"]},"kind":"museum"}],"#,
        r#""creators":[{"name":"Anna Ancher","sort_name":"Ancher, Anna","role":"artist","birth":1859,"death":1935,"#,
        r#""nationality":"Danish","gender":"female","id":"anna"}],"#,
        r#""production":[{"text":{"none":["1850s"]},"earliest":1850,"latest":1859}],"object_type":[{"none":["painting"]}],"#,
        r#""techniques":[{"none":["oil"]}],"materials":[{"none":["canvas"]}],"#,
        r#""dimensions":[{"part":"frame","kind":"height","value":12.5,"unit":"cm","text":"12.5 cm"}],"#,
        r#""inscriptions":[{"none":["AA"]}],"description":{"none":["A girl"]},"collections":[{"none":["Royal"]}],"department":{"none":["Paintings"]},"#,
        r#""credit_line":{"none":["Gift"]},"location":{"none":["Room 1"]},"rights":"http://rightsstatements.org/vocab/InC/1.0/","#,
        r#""public_domain":false,"homepage":"https://example.org/KMS1","#,
        r#""related":[{"id":"KMS2","label":{"none":["Study"]},"kind":"study-for"}],"#,
        r#""tags":[{"scheme":"motif","label":{"none":["girl"]},"concept":"http://example.org/girl","#,
        r#""broader":[{"label":{"none":["person"]},"concept":"http://example.org/person"}],"source":"model:m@1","#,
        r#""confidence":0.5,"image":"a.tif","region":"1,2,3,4","status":"proposed","kept_id":"00ff"},"#,
        r#"{"scheme":"motif","label":{"none":["sea"]},"source":"curator","confidence":1.0,"status":"accepted"},"#,
        r#"{"scheme":"motif","label":{"none":["cow"]},"source":"curator","confidence":1.0,"status":"rejected"}],"#,
        r#""extra_metadata":[{"label":{"none":["Frame"]},"value":{"none":["gilded"]}}],"#,
        r#""images":[{"file":"1.tif","role":"recto","label":{"none":["Front"]},"view":"front","matched":false},"#,
        r#"{"file":"2.tif","role":"verso","canvas":2},{"file":"3.tif","role":"detail"},{"file":"4.tif","role":"frame"},"#,
        r#"{"file":"5.tif","role":"infrared"},{"file":"6.tif","role":"x-ray"},{"file":"7.tif","role":"ultraviolet"},"#,
        r#"{"file":"8.tif","role":"raking-light"},{"file":"9.tif","role":"edge"}],"#,
        r#""media_files":[{"file":"a.mp4","media_type":"video/mp4","duration":12.5,"width":640,"height":480,"#,
        r#""label":{"none":["Film"]},"canvas":2,"matched":false},{"file":"b.mp3"}],"#,
        r#""parts":[{"label":{"none":["Left"]},"images":["1.tif"],"parts":[{"label":{"none":["Top"]},"images":[]}]}],"#,
        r#""canvases":2,"modified":"2020-01-01","frame_notes":["a"]}"#,
    );

    #[test]
    fn the_written_form_of_records_is_stable() {
        let work: Work = serde_json::from_str(EVERYTHING).unwrap();
        assert_eq!(serde_json::to_string(&work).unwrap(), EVERYTHING);
        assert_eq!(work.more.len(), 1);
    }

    #[test]
    fn unknown_fields_are_kept() {
        let json = r#"{"object_number":"KMS1","titles":"Titanernes fald","frame_notes":["a",{"b":1}]}"#;
        let work: Work = serde_json::from_str(json).unwrap();
        assert_eq!(work.more["frame_notes"][1]["b"], 1);
        let again: Work = serde_json::from_str(&serde_json::to_string(&work).unwrap()).unwrap();
        assert_eq!(again, work);
    }

    #[test]
    fn a_single_value_is_read_as_a_list_of_one() {
        let json = r#"{"object_number":"1","titles":{"da":"Blå","en":"Blue"},
            "production":{"text":"1850s","earliest":1850,"latest":1859},"techniques":["oil",{"da":"lærred"}],
            "images":[{"file":"a.tif"},{"file":"b.tif","role":"x-ray"},{"file":"c.tif","role":"edge"}]}"#;
        let work: Work = serde_json::from_str(json).unwrap();
        assert_eq!(work.titles.len(), 1);
        assert_eq!(work.years(), (Some(1850), Some(1859)));
        assert_eq!(work.images[1].role, Role::XRay);
        assert!(work.images[1].role.is_capture() && work.images[0].matched);
        assert_eq!(work.images[2].role, Role::Other("edge".into()));
    }
}
