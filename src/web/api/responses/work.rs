//! A work, and its images.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::concept::ConceptOfWork;
use super::tags::PublishedTag;
use super::{Url, as_sent, partial};
use crate::record::{Image, Media, Picture, Work};

// Lists have the same fields, except where noted: their JSON is stored in the index.
/// A work: its record with URLs of this server. With `fields`, responses have only a part of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Work", transform = partial)]
pub(in crate::web::api) struct PublishedWork<'a> {
    // First, because the fields below replace those of the same name.
    #[serde(flatten)]
    pub record: &'a Work,
    /// When it was last changed here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub changed: Option<String>,
    /// The concepts that its values mean, by imported vocabularies; only in responses for a single work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub concepts: Vec<ConceptOfWork>,
    /// A link that opens it in the viewer.
    pub content_state: Url,
    pub id: Url,
    /// Its images, the one to show first.
    pub images: Vec<PublishedImage>,
    pub manifest: Url,
    /// Its sound and video, the file to play first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media_files: Vec<PublishedMedia>,
    /// Only in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Url")]
    pub page: Option<Url>,
    /// What was measured on its pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<&'a Picture>,
    pub revision: u64,
    /// The original record of the source; only in responses for a single work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Value>,
    /// Statements about it by people and models.
    pub tags: Vec<PublishedTag>,
    /// Only in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<Url>,
}

/// An image of a work.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Image", transform = as_sent)]
pub(in crate::web::api) struct PublishedImage {
    // With `matched` as it is by default, which is not published.
    #[serde(flatten)]
    pub image: Image,
    /// Whether it can be opened here.
    pub available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Url>,
    /// Only in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
}

/// A file of sound or video of a work.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Media", transform = as_sent)]
pub(in crate::web::api) struct PublishedMedia {
    // With `matched` as it is by default, which is not published.
    #[serde(flatten)]
    pub media: Media,
    /// Where it is served, if rights allow it; only in responses for a single work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Url>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_of_a_work_replace_those_of_its_source() {
        let mut record = Work { object_number: "1".to_owned(), ..Work::default() };
        record.more.insert("id".to_owned(), json!("the source's"));
        record.more.insert("page".to_owned(), json!("iv"));
        let url = || Url("http://host/1".to_owned());
        let published = json!(PublishedWork {
            record: &record,
            changed: None,
            concepts: vec![],
            content_state: url(),
            id: url(),
            images: vec![],
            manifest: url(),
            media_files: vec![],
            page: None,
            picture: None,
            revision: 1,
            source: Some(Value::Null),
            tags: vec![],
            thumbnail: None,
        });
        let expected = r#"{"content_state":"http://host/1","id":"http://host/1","images":[],"manifest":"http://host/1","object_number":"1","page":"iv","revision":1,"source":null,"tags":[]}"#;
        assert_eq!(published.to_string(), expected);
    }
}
