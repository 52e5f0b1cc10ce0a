//! Request bodies about tags: what is deserialized is what the OpenAPI description publishes.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

use super::described::{self, CONCEPT, REGION, SCHEME, SOURCE};
use super::limits::{MAX_BROADER, MAX_CONCEPT, MAX_DECISIONS, MAX_IMAGE, MAX_NAME, MAX_NOTE};
use crate::record::Status;
use crate::web::api::query::LINE;

/// A new tag.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("example" = {"scheme": "motif", "label": {"en": "dog", "da": "hund"}}), transform = without_defaults)]
pub(in crate::web::api) struct NewTag {
    /// What kind of statement it is.
    #[schemars(with = "String", regex(pattern = SCHEME), extend("not" = {"enum": described::reserved()}))]
    pub scheme: Option<String>,
    /// The label to show, in its languages.
    #[schemars(schema_with = "described::label")]
    pub label: Option<Value>,
    /// The URI of the concept that is meant (Iconclass, Wikidata, AAT).
    #[serde(default)]
    #[schemars(with = "String", length(max = MAX_CONCEPT), regex(pattern = CONCEPT), extend("format" = "uri"))]
    pub concept: Option<String>,
    /// The concepts above it in its vocabulary, the outermost first.
    #[serde(default)]
    #[schemars(with = "Vec<NewBroader>", length(max = MAX_BROADER))]
    pub broader: Option<Vec<Map<String, Value>>>,
    /// The source: `curator`, or `model:NAME@VERSION`.
    #[serde(default)]
    #[schemars(with = "String", regex(pattern = SOURCE))]
    pub source: Option<String>,
    /// How sure the source is, 0 to 1.
    #[serde(default)]
    #[schemars(with = "Number", range(min = 0, max = 1))]
    pub confidence: Option<f64>,
    /// The `file` of the image that shows it: one of the work's images.
    #[serde(default)]
    #[schemars(with = "String", length(max = MAX_IMAGE))]
    pub image: Option<String>,
    /// `x,y,width,height` in pixels of the full image, within it.
    #[serde(default)]
    #[schemars(with = "String", regex(pattern = REGION))]
    pub region: Option<String>,
    /// Whether it holds; by default, it does.
    #[serde(default)]
    #[schemars(schema_with = "Status::json_schema")]
    pub status: Option<Status>,
    /// The reason; kept with the decision.
    #[schemars(length(max = MAX_NOTE), regex(pattern = described::note()))]
    pub note: Option<String>,
    /// The work's revision that the client has read, as in `If-Match`.
    #[serde(default)]
    #[schemars(schema_with = "described::revision")]
    pub revision: Option<Number>,
}

/// A concept above that of a new tag.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline, transform = without_defaults)]
pub(super) struct NewBroader {
    /// The label to show, in its languages.
    #[schemars(schema_with = "described::label")]
    pub label: Option<Value>,
    /// Its URI.
    #[serde(default)]
    #[schemars(with = "String", length(max = MAX_CONCEPT), regex(pattern = CONCEPT), extend("format" = "uri"))]
    pub concept: Option<String>,
}

/// A change of a tag.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "example" = {"status": "accepted"}), transform = without_defaults)]
pub(in crate::web::api) struct Judgement {
    /// Whether it holds.
    #[serde(default)]
    #[schemars(schema_with = "Status::json_schema")]
    pub status: Option<Status>,
    /// `x,y,width,height` in pixels of the full image; null for the whole image.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>", regex(pattern = REGION))]
    pub region: Option<Option<String>>,
    /// The reason; kept with the decision.
    #[schemars(length(max = MAX_NOTE), regex(pattern = described::note()))]
    pub note: Option<String>,
    /// The work's revision that the client has read, as in `If-Match`.
    #[serde(default)]
    #[schemars(schema_with = "described::revision")]
    pub revision: Option<Number>,
}

/// Many changes of tags, made together or not at all.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("example" = {"decisions": [{"work": "KMS1", "tag": "0123456789abcdef", "status": "accepted"}]}), transform = without_defaults)]
pub(in crate::web::api) struct Judgements {
    /// In the order in which they are made.
    #[schemars(with = "Vec<WorkJudgement>", length(min = 1, max = MAX_DECISIONS))]
    pub decisions: Option<Vec<Map<String, Value>>>,
}

/// A change of a tag of one work.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline, transform = without_defaults)]
pub(super) struct WorkJudgement {
    /// The object number of the work.
    #[schemars(with = "String")]
    pub work: Option<String>,
    /// The tag's identifier within the work.
    #[schemars(with = "String")]
    pub tag: Option<String>,
    /// Whether it holds; `proposed` reopens it.
    #[serde(default)]
    #[schemars(schema_with = "Status::json_schema")]
    pub status: Option<Status>,
    /// `x,y,width,height` in pixels of the full image; null for the whole image.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>", regex(pattern = REGION))]
    pub region: Option<Option<String>>,
    /// The reason; kept with the decision.
    #[serde(default)]
    #[schemars(with = "String", length(max = MAX_NOTE), regex(pattern = described::note()))]
    pub note: Option<String>,
    /// The revision that the work must have before the first of these changes.
    #[serde(default)]
    #[schemars(schema_with = "described::revision")]
    pub revision: Option<Number>,
}

/// A change of a cluster.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "example" = {"name": "Harbours"}), transform = without_defaults)]
pub(in crate::web::api) struct ClusterJudgement {
    /// Its name; null to call it by its number.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(min = 1, max = MAX_NAME), regex(pattern = LINE))]
    pub name: Option<Option<String>>,
    /// Whether its works are not tagged with it.
    #[serde(default)]
    #[schemars(with = "bool")]
    pub hidden: Option<bool>,
    /// The number of the cluster as a part of which it is shown; null to show it by itself.
    #[serde(default, deserialize_with = "given")]
    #[schemars(schema_with = "described::cluster")]
    pub merged_into: Option<Option<Number>>,
}

/// A field that is there, whether null or not.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// Fields that are left out have no value, which null would be.
fn without_defaults(schema: &mut Schema) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        property.remove("default");
    }
}
