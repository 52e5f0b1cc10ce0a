//! The API's responses as types, whose schemas are those of the OpenAPI description. Fields are sent in alphabetical
//! order.

mod concept;
mod lists;
mod person;
pub(super) mod review;
mod similar;
mod tags;
mod work;

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

pub(super) use concept::{Concept, ConceptLink, ConceptOfWork, Concepts};
pub(super) use lists::{
    Creators, Period, Scheme, Schemes, Spliced, Suggestion, SuggestionKind, Suggestions, Term, Values, Works,
    spliced,
};
pub(super) use person::{Person, PersonRole};
pub(super) use review::{
    PublishedCluster, PublishedClusters, WaitingAnnotations, WaitingSchemes, WaitingTags, WaitingValues,
    WaitingWorks,
};
pub(super) use similar::{FoundDetail, Similar};
pub(super) use tags::{
    AddedTags, Decided, DecidedTag, History, HistoryEvent, PublishedTag, RefusedTag, Tags,
};
pub(super) use work::{PublishedImage, PublishedMedia, PublishedWork};

use crate::record::Text;

/// A URL of this server.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Url(pub String);

impl JsonSchema for Url {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Url".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "uri"})
    }
}

/// A text in all its languages, or as a string in the requested one.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Label {
    All(Text),
    One(Option<String>),
}

/// The URLs of all endpoints.
#[derive(Serialize, JsonSchema)]
pub(super) struct Start {
    pub concepts: Url,
    pub creators: Url,
    /// By the names of the dumps.
    pub dumps: BTreeMap<&'static str, Url>,
    pub openapi: Url,
    pub random: Url,
    pub suggest: Url,
    pub tags: Url,
    pub works: Url,
}

/// A response as JSON.
pub(super) fn as_json(response: &impl Serialize) -> String {
    serde_json::to_string(response).expect("responses have string keys and finite numbers")
}

/// Turns a derived schema into that of a response: what may be absent is never null.
fn as_sent(schema: &mut Schema) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !required.contains(&json!(name))) {
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|one| one != "null");
            if let [only] = &types[..] {
                property["type"] = only.clone();
            }
        }
    }
    without_formats(schema);
}

/// Removes formats of numbers that OpenAPI does not know.
fn without_formats(schema: &mut Schema) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    let objects = properties.values_mut().filter_map(Value::as_object_mut);
    for property in objects {
        if property.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
            property.remove("format");
        }
    }
}

/// Turns a derived schema into that of a response that may have only a part of the fields.
fn partial(schema: &mut Schema) {
    schema.remove("required");
    without_formats(schema);
}
