//! Tags that wait for a curator's decision.

use schemars::JsonSchema;
use serde::Serialize;

use super::tags::PublishedTag;
use super::{Url, as_sent};
use crate::record::Text;

/// The schemes with tags that wait.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct WaitingSchemes {
    pub schemes: Vec<WaitingScheme>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct WaitingScheme {
    pub label: String,
    pub scheme: String,
    /// How many tags wait.
    pub tags: u64,
}

/// The values of a scheme with tags that wait, most tags first.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct WaitingValues {
    pub values: Vec<PublishedValue>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct PublishedValue {
    pub label: Text,
    /// How many tags wait.
    pub tags: u64,
    pub value: String,
}

/// Tags that wait, the most confident first.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct WaitingTags {
    pub tags: Vec<PublishedWaitingTag>,
}

/// All tags that wait of some works, work by work.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct WaitingWorks {
    pub works: Vec<WaitingWork>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct WaitingWork {
    pub tags: Vec<PublishedWaitingTag>,
    pub work: String,
}

/// A tag that waits, with what shows its work.
#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct PublishedWaitingTag {
    /// The work's title.
    pub label: Text,
    /// The work's page.
    pub page: Url,
    /// The part of the image that the tag is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Url")]
    pub picture: Option<Url>,
    /// The work's revision, as a precondition of the decision.
    pub revision: u64,
    pub tag: PublishedTag,
    pub work: String,
}

/// Annotations that wait, oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct WaitingAnnotations {
    pub annotations: Vec<PublishedWaitingAnnotation>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct PublishedWaitingAnnotation {
    /// The owner of the token that created it.
    pub creator: String,
    /// The annotation, which `GET` reads and `PATCH` decides about.
    pub id: Url,
    /// The work's title.
    pub label: Text,
    /// The revision that created it, for `after`.
    pub made: u64,
    /// The work's page.
    pub page: Url,
    /// Its revision, as its ETag.
    pub revision: u64,
    /// The text of its bodies, shortened.
    pub text: String,
    pub work: String,
}

/// The clusters of a scheme, in the order of their numbers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Clusters", transform = as_sent)]
pub(in crate::web::api) struct PublishedClusters {
    pub clusters: Vec<PublishedCluster>,
}

/// A group of works that look alike to a model.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Cluster", transform = as_sent)]
pub(in crate::web::api) struct PublishedCluster {
    /// The concept of its tags.
    pub concept: String,
    /// Whether its works are not tagged with it.
    pub hidden: bool,
    /// Its number, which it keeps.
    pub id: u32,
    /// Its name, or `Group` and its number.
    pub label: Text,
    /// The number of the cluster as a part of which it is shown.
    pub merged_into: Option<u32>,
    /// The name that a curator gave it.
    pub name: Option<String>,
    /// How many works the last run found in it; 0 if that run did not find it again.
    pub works: u64,
}
