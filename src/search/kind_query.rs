//! Kinds of works in queries: works whose type has the name of the kind come first, then those whose materials and
//! techniques suggest it.

use tantivy::Term;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Query};

use super::Error;
use super::expansion::{Expander, Weighted};
use super::kinds::Kind;
use super::schema::{KIND_PREFIX, joined, schema};
use super::search_field::SearchField;
use crate::record::words::{EXACT, Word, words};

/// The facet of types.
const TYPE: &str = "type";
/// The weight of a word that suggests the kind of a work.
const SUGGESTED: f32 = 0.3;
/// The score of works whose type has the name of the kind: more than words of titles.
const NAMED: f32 = 30.0;
/// The maximum number of types with the name of one kind.
const MAX_TYPES: usize = 200;

impl Expander<'_> {
    /// Adds works whose records have words that suggest the kind that a word names.
    pub(super) fn kind(&self, word: &Word, found: &mut Vec<Weighted>) -> Result<(), Error> {
        let subject = SearchField::Subject;
        if !self.fields.contains(&subject) {
            return Ok(());
        }
        for word in Kind::of(word).map_or(&[] as &[Word], |kind| &kind.words) {
            self.term_in(subject, &format!("{EXACT}{}", word.folded()), SUGGESTED, found)?;
        }
        Ok(())
    }

    /// Works whose type has a name of the kind: `on paper, print`; if there is no such type, works whose techniques or
    /// materials have one: `gelatin silver photograph`.
    pub(super) fn of_type(&self, kind: &Kind) -> Option<Weighted> {
        if kind.is_any() || !self.fields.contains(&SearchField::Subject) {
            return None;
        }
        let vocabulary = self.snapshot.vocabulary();
        let mut terms = Vec::new();
        for name in &kind.names {
            for number in self.snapshot.labels.values_starting_with(name) {
                let Some(value) = vocabulary.value(number).filter(|value| value.scheme == TYPE) else {
                    continue;
                };
                let has_name = |label: &str| words(label).iter().any(|word| word.folded() == *name);
                if terms.len() < MAX_TYPES && value.label.iter().any(|(_, label)| has_name(label)) {
                    terms.push(Term::from_field_text(schema().1.facet, &joined(&[TYPE, &value.value])));
                }
            }
        }
        let named = kind.names.first().map(|name| format!("{KIND_PREFIX}{name}"));
        if let Some(named) = named.filter(|_| terms.is_empty()) {
            terms.push(Term::from_field_text(schema().1.any_case, &named));
        }
        let any = (!terms.is_empty()).then(|| BooleanQuery::new_multiterms_query(terms))?;
        let constant: Box<dyn Query> = Box::new(ConstScoreQuery::new(Box::new(any), 1.0));
        Some((constant, NAMED))
    }
}
