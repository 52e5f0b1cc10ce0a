//! Concepts of imported vocabularies.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Label, Term, Url, as_sent};
use crate::record::Text;

/// Concepts, by URI.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Concepts {
    pub concepts: Vec<ConceptLink>,
    /// The next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Url>,
    pub total: usize,
}

/// A concept in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(in crate::web::api) struct ConceptLink {
    pub id: Url,
    #[schemars(with = "Text")]
    pub label: Label,
    pub uri: String,
}

/// A concept of SKOS. With `Accept: application/ld+json` it is sent in the vocabulary of SKOS.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Concept {
    #[schemars(with = "Text")]
    pub alt_label: Label,
    /// The concepts directly above it.
    pub broader: Vec<ConceptLink>,
    /// The same concept in other vocabularies.
    pub exact_match: Vec<String>,
    pub id: Url,
    /// The concepts directly below it, at most 1000.
    pub narrower: Vec<ConceptLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notation: Option<String>,
    #[schemars(with = "Text")]
    pub pref_label: Label,
    /// The URIs of concept schemes.
    pub schemes: Vec<String>,
    /// The values of works that mean this concept or a narrower one, those of most works first.
    pub terms: Vec<Term>,
    pub uri: String,
    /// The names of the imported vocabularies that have it.
    pub vocabularies: Vec<String>,
}

/// The concept that a value of a work means.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(in crate::web::api) struct ConceptOfWork {
    /// The value, for `any` and `all` of a search.
    pub filter: String,
    pub uri: String,
}
