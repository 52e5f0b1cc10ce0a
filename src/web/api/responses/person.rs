//! A creator.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Label, Url, as_sent};
use crate::record::Text;

/// A creator: what works and the authority record state. Of conflicting statements the most frequent one is used.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Person {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Text")]
    pub biography: Option<Label>,
    /// The year of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth: Option<i32>,
    pub collection: Url,
    /// The year of death.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub death: Option<i32>,
    /// For `any` and `all` of a search.
    pub filter: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    pub id: Url,
    /// The identifiers that sources use.
    pub identifiers: Vec<String>,
    /// The preferred name in display order.
    pub name: String,
    /// All other forms of the name.
    pub names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    pub page: Url,
    /// Roles with their numbers of works, the most frequent first.
    pub roles: Vec<PersonRole>,
    /// The same person in authority files: ULAN, Wikidata, VIAF…
    pub same_as: Vec<Url>,
    pub search: Url,
    /// The preferred name in sort order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_name: Option<String>,
    pub value: String,
    pub works: u64,
}

/// A role of a creator.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(in crate::web::api) struct PersonRole {
    /// With the creator's filter, for `any` and `all` of a search.
    pub filter: String,
    /// Its name in the requested language, or in English; as records word it, if it is not a common one.
    pub role: String,
    pub search: Url,
    pub works: u64,
}
