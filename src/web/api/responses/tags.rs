//! The tags of a work, and their history.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Url, as_sent, partial};
use crate::record::{Region, Status, Tag};

/// One statement about a work, with its provenance.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tag", transform = partial)]
pub(in crate::web::api) struct PublishedTag {
    #[serde(flatten)]
    pub tag: Tag,
    /// The region as a link to the viewer; only in responses for a single work.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Url")]
    pub content_state: Option<Url>,
    /// Its identifier within the work.
    pub id: String,
    /// The work's revision; only in responses for a single tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub revision: Option<u64>,
}

impl From<&Tag> for PublishedTag {
    fn from(tag: &Tag) -> Self {
        let id = tag.id();
        Self { tag: Tag { kept_id: None, ..tag.clone() }, content_state: None, id, revision: None }
    }
}

/// A work's tags.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Tags {
    pub revision: u64,
    pub tags: Vec<PublishedTag>,
}

/// What happened to a tag.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct History<'a> {
    pub events: Vec<HistoryEvent<'a>>,
    pub revision: u64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct HistoryEvent<'a> {
    /// The name of the token that authorized the change.
    pub actor: &'a str,
    /// When it happened.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// The reason.
    pub note: Option<&'a str>,
    /// `x,y,width,height` in pixels of the full image; null for the whole image.
    #[schemars(with = "Option<String>")]
    pub region: Option<Region>,
    /// The work's revision after the change.
    pub revision: u64,
    pub status: Status,
}

/// What many decisions changed, in their order.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Decided {
    /// The name of the token that authorized the changes.
    pub actor: String,
    pub decisions: Vec<DecidedTag>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct DecidedTag {
    /// When the work was last changed.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// The work's revision after the change.
    pub revision: u64,
    pub status: Status,
    /// The tag's identifier within the work.
    pub tag: String,
    pub work: String,
}

/// What became of a batch of tags.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct AddedTags {
    /// Tags that were added or changed.
    pub added: u64,
    /// Tags that were left out because a curator or the record has decided about them.
    pub decided: u64,
    /// Lines that were not stored.
    pub refused: Vec<RefusedTag>,
    /// Tags that the works have already.
    pub unchanged: u64,
    /// Works that were changed.
    pub works: u64,
}

/// A line of a batch that was not stored.
#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct RefusedTag {
    /// Its number, from 1.
    pub line: u64,
    /// The field that is to be corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::Text;

    #[test]
    fn a_published_tag_has_its_id_once() {
        let first = Tag { region: "1,2,3,4".parse().ok(), ..Tag::new("motif", Text::of("en", "dog")) };
        let whole = first.clone().with_region(None);
        let published = json!(PublishedTag::from(&whole));
        assert_eq!((&published["id"], published.get("kept_id")), (&json!(first.id()), None));
    }
}
