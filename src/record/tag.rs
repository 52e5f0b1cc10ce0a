//! Tags: what a work depicts, is made of or belongs to, according to a person or a model.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::fold::fold;
use super::{Text, slug};

/// One statement about a work, with its provenance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Tag")]
pub struct Tag {
    /// The kind of statement: `colour`, `motif`, `style`, `subject`, `technique`, `place`, `person`, `period`…
    pub scheme: String,
    /// The label to display, by language.
    pub label: Text,
    /// The URI of its concept (Iconclass, Wikidata, AAT).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<String>,
    /// The broader concepts in its vocabulary, the broadest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broader: Vec<Broader>,
    /// Who added it: `curator`, `import:NAME` or `model:NAME@VERSION`.
    #[serde(default = "curator")]
    pub source: String,
    /// How certain the source is, from 0 to 1.
    #[serde(default = "full_confidence")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: f64,
    /// The image that it refers to, by its `file`; if it has a region and no image, the work's first image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The region of the image that it refers to, in pixels of the full image; without one it refers to the whole
    /// work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", regex(pattern = r"^(xywh=)?\d+,\d+,\d+,\d+$"))]
    pub region: Option<Region>,
    /// The color that was measured, `#rrggbb`; only of tags about colors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", regex(pattern = r"^#[0-9a-f]{6}$"))]
    pub color: Option<String>,
    /// The share of the picture that the color covers, 0 to 1; only of tags about colors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub share: Option<f64>,
    /// Whether it was reviewed, and the decision.
    #[serde(default)]
    pub status: Status,
    /// Its original [`Tag::id`], if its region was changed afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub kept_id: Option<String>,
}

/// A broader concept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Broader")]
pub struct Broader {
    /// The label to display, by language.
    pub label: Text,
    /// Its URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<String>,
}

/// Whether a tag was reviewed, and the decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Status")]
pub enum Status {
    /// Added by a machine or a visitor, and not reviewed.
    Proposed,
    /// Added or confirmed by an authorized user.
    #[default]
    Accepted,
    /// Reviewed and rejected: kept, but visible only in the tag's history.
    Rejected,
}

impl Status {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

/// A region of an image in pixels of the full image, written `x,y,width,height` or `xywh=x,y,width,height`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    /// Pixels from the left edge.
    pub x: u32,
    /// Pixels from the upper edge.
    pub y: u32,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

fn curator() -> String {
    "curator".into()
}

fn full_confidence() -> f64 {
    1.0
}

impl Tag {
    /// A curator's tag about the whole work.
    pub fn new(scheme: &str, label: Text) -> Self {
        Self {
            scheme: scheme.to_owned(),
            label,
            concept: None,
            broader: Vec::new(),
            source: curator(),
            confidence: full_confidence(),
            image: None,
            region: None,
            color: None,
            share: None,
            status: Status::Accepted,
            kept_id: None,
        }
    }

    /// The same statement about another region, or about the whole image, with the same identifier.
    pub fn with_region(self, region: Option<Region>) -> Self {
        let moved = Self { region, kept_id: None, ..self.clone() };
        let id = self.id();
        Self { kept_id: (moved.id() != id).then_some(id), ..moved }
    }

    /// Identifies this statement within its work: 16 hexadecimal digits. They stay the same if the source repeats the
    /// statement with another confidence or status or translates its label, and if its region is changed here.
    pub fn id(&self) -> String {
        if let Some(id) = &self.kept_id {
            return id.clone();
        }
        let mut hash = Xxh3::new();
        let mut part = |text: &str| {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        part(&self.scheme);
        match &self.concept {
            Some(concept) => part(concept),
            None => part(self.label.best(&[]).unwrap_or_default()),
        }
        part(&self.source);
        part(self.image.as_deref().unwrap_or_default());
        part(&self.region.map(|region| region.to_string()).unwrap_or_default());
        format!("{:016x}", hash.digest())
    }

    /// The source without its version: `model:NAME` for `model:NAME@VERSION`.
    pub fn producer(&self) -> &str {
        self.source.split('@').next().unwrap_or_default()
    }

    /// Whether a decision about this tag also decides about `other`, which another source or another version of the
    /// same model may have added: the same scheme and the same concept, or without concepts the same label in any
    /// language, on the same image, in a region that covers half of both together. A decision about the whole work
    /// covers all its images and regions.
    pub fn decides(&self, other: &Self) -> bool {
        slug(&self.scheme) == slug(&other.scheme)
            && self.means_the_same(other)
            && self.image.as_ref().is_none_or(|image| other.image.as_ref() == Some(image))
            && self.region.is_none_or(|region| other.region.is_some_and(|other| region.overlaps(other)))
    }

    fn means_the_same(&self, other: &Self) -> bool {
        match (&self.concept, &other.concept) {
            (Some(own), Some(other)) => slug(own) == slug(other),
            _ => {
                let folded = |tag: &Self| tag.label.iter().map(|(_, text)| fold(text)).collect::<Vec<_>>();
                let own = folded(self);
                folded(other).iter().any(|label| own.contains(label))
            }
        }
    }

    /// Whether the tag is displayed and counted: rejected tags are not.
    pub fn is_active(&self) -> bool {
        self.status != Status::Rejected
    }
}

impl Region {
    /// Whether the two share at least half of the area that they cover together (intersection over union).
    pub fn overlaps(self, other: Self) -> bool {
        let area = |region: Self| u64::from(region.width) * u64::from(region.height);
        let span = |a: u32, a_length: u32, b: u32, b_length: u32| {
            let end = (u64::from(a) + u64::from(a_length)).min(u64::from(b) + u64::from(b_length));
            end.saturating_sub(u64::from(a.max(b)))
        };
        let width = span(self.x, self.width, other.x, other.width);
        let shared = u128::from(width) * u128::from(span(self.y, self.height, other.y, other.height));
        let together = u128::from(area(self)) + u128::from(area(other)) - shared;
        2 * shared >= together
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.x, self.y, self.width, self.height)
    }
}

impl FromStr for Region {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<u32> = text
            .strip_prefix("xywh=")
            .unwrap_or(text)
            .split(',')
            .map(|number| crate::iiif::integer(number.trim()))
            .collect::<Option<_>>()
            .unwrap_or_default();
        match numbers[..] {
            [x, y, width, height] if width > 0 && height > 0 => Ok(Self { x, y, width, height }),
            _ => Err(format!("region `{text}`: write `x,y,width,height` in pixels, as in `100,80,400,300`")),
        }
    }
}

impl Serialize for Region {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_outlives_another_confidence_and_translation() {
        let mut label = Text::of("en", "dog");
        let first = Tag::new("motif", label.clone());
        label.add("da", "hund");
        let again = Tag { confidence: 0.5, status: Status::Proposed, ..Tag::new("motif", label) };
        assert_eq!(first.id(), again.id());
        assert_eq!(first.id().len(), 16);
        let placed = Tag { region: "1,2,3,4".parse().ok(), ..first.clone() };
        assert_ne!(placed.id(), first.id());
        assert_ne!(Tag { source: "model:x@1".into(), ..first.clone() }.id(), first.id());
    }

    #[test]
    fn an_id_outlives_another_region() {
        let first = Tag { region: "1,2,3,4".parse().ok(), ..Tag::new("motif", Text::of("en", "dog")) };
        let whole = first.clone().with_region(None);
        assert_eq!((whole.id(), whole.region), (first.id(), None));
        let read: Tag = serde_json::from_value(serde_json::json!(whole)).unwrap();
        assert_eq!(read.id(), first.id());
        assert_eq!(whole.with_region(first.region), first);
    }

    #[test]
    fn a_decision_covers_the_same_statement_by_others() {
        let tag = |label: &str, source: &str, region: Option<&str>| Tag {
            source: source.into(),
            region: region.map(|text| text.parse().unwrap()),
            ..Tag::new("motif", Text::of("en", label))
        };
        let whole = tag("dog", "curator", None);
        assert!(whole.decides(&tag("Dog", "model:a@1", None)));
        assert!(whole.decides(&tag("dog", "model:b@2", Some("0,0,10,10"))));
        assert!(!whole.decides(&tag("cat", "model:a@1", None)));
        assert!(!whole.decides(&Tag { scheme: "style".into(), ..whole.clone() }));
        let part = tag("dog", "model:a@1", Some("0,0,10,10"));
        assert!(part.decides(&tag("dog", "model:b@1", Some("1,1,10,10"))));
        assert!(!part.decides(&tag("dog", "model:b@1", Some("20,0,10,10"))));
        assert!(!part.decides(&whole), "one dog less does not mean that there is none");
        let danish = Tag { label: Text::of("da", "hund"), concept: Some("wd:Q144".into()), ..whole.clone() };
        assert!(!whole.decides(&danish));
        let concept = Tag { concept: Some("wd:Q144".into()), ..whole };
        assert!(concept.decides(&danish));
        let far: Region = "4294967295,4294967295,4294967295,4294967295".parse().unwrap();
        assert!(far.overlaps(far));
    }

    #[test]
    fn regions_are_four_whole_numbers() {
        let region: Region = "xywh=10,20,30,40".parse().unwrap();
        assert_eq!(region.to_string(), "10,20,30,40");
        for bad in ["", "1,2,3", "1,2,0,4", "1,2,3,-4", "1,2,3,4,5", "a,b,c,d", "pct:1,2,3,4"] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
    }
}
