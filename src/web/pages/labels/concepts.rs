//! The labels of the pages about concepts.

use super::{Counted, Label};

pub(in crate::web::pages) const CONCEPTS: Label = Label::new("Terms", "Termer");
pub(in crate::web::pages) const CONCEPT_COUNT: Counted =
    Counted::new("{count} term", "{count} terms", "{count} term", "{count} termer");
pub(in crate::web::pages) const FIND_CONCEPT: Label = Label::new("Find a term", "Find en term");
pub(in crate::web::pages) const NO_CONCEPTS: Label =
    Label::new("No terms with these words.", "Ingen termer med disse ord.");
pub(in crate::web::pages) const MORE_CONCEPTS: Label = Label::new("More terms", "Flere termer");
pub(in crate::web::pages) const OTHER_LABELS: Label = Label::new("Also called", "Kaldes også");
pub(in crate::web::pages) const NOTATION: Label = Label::new("Notation", "Notation");
pub(in crate::web::pages) const BROADER: Label = Label::new("Broader terms", "Overordnede termer");
pub(in crate::web::pages) const NARROWER: Label = Label::new("Narrower terms", "Underordnede termer");
pub(in crate::web::pages) const IN_VOCABULARIES: Label =
    Label::new("In vocabularies on the web", "I vokabularer på nettet");
pub(in crate::web::pages) const VOCABULARY: Label = Label::new("Vocabulary", "Vokabular");
pub(in crate::web::pages) const TERMS_OF_WORKS: Label =
    Label::new("As used for works", "Som brugt om værker");
pub(in crate::web::pages) const CONCEPTS_OF_WORK: Label = Label::new("Terms explained", "Forklarede termer");
