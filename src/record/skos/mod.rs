//! Vocabularies in SKOS (Simple Knowledge Organization System), read from the syntaxes of RDF.
//!
//! | SKOS | here |
//! |---|---|
//! | `prefLabel`, `altLabel`, `hiddenLabel`, also of SKOS-XL with `literalForm` | labels by language |
//! | `rdfs:label` | the label of concepts without `prefLabel` |
//! | `broader`, `narrower`, `broadMatch`, `narrowMatch`, Getty's kinds of `broader` | broader concepts |
//! | `exactMatch`, `closeMatch` | the same concept in other vocabularies |
//! | `inScheme`, `topConceptOf`, `hasTopConcept` | schemes |
//! | `notation` | the notation |
//!
//! Labels of more than 1,000 bytes are left out. The namespace may begin with `https`, or be that of a draft of 2008.
//! Concepts without a URI (blank nodes) and deprecated ones (`owl:deprecated`) are left out, as is everything else.

mod graph;
mod syntax;

use serde::{Deserialize, Serialize};

pub use syntax::{Reading, Syntax, read};

use super::Text;

/// A concept of a vocabulary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concept {
    /// Its URI.
    pub uri: String,
    /// The preferred labels, one in each language.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub pref_label: Text,
    /// Synonyms.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub alt_label: Text,
    /// Labels for searches only, such as misspellings.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub hidden_label: Text,
    /// The URIs of concepts directly above it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broader: Vec<String>,
    /// The URIs of the same concept in other vocabularies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exact_match: Vec<String>,
    /// The URIs of the concept schemes that it belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemes: Vec<String>,
    /// Its code, such as `25F23`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notation: Option<String>,
}

impl Concept {
    /// All labels, the preferred ones first, with their languages.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pref_label.iter().chain(self.alt_label.iter()).chain(self.hidden_label.iter())
    }
}

/// A vocabulary as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkosVocabulary {
    /// The concepts, by URI.
    pub concepts: Vec<Concept>,
    /// The number of statements that were read.
    pub triples: u64,
    /// The number of concepts that were left out because they have no URI or are deprecated.
    pub left_out: u64,
}

/// Why a vocabulary cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkosError {
    /// Its text does not follow the syntax; the first errors, each with its line if that is known.
    #[error("{}", .0.join("; "))]
    Syntax(Vec<String>),
    /// It needs more memory than allowed.
    #[error("the vocabulary needs more than {0} MiB of memory: import fewer languages, or allow more")]
    TooLarge(u64),
    /// It has no concepts.
    #[error("there are no concepts of SKOS in it")]
    Empty,
}

#[cfg(test)]
mod foreign_tests;
#[cfg(test)]
mod tests;
