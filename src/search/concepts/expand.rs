//! What the terms of a search mean: other labels of their concepts, and narrower terms.

use std::sync::Arc;

use tantivy::Term;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

use super::{Concepts, KnownConcept};
use crate::search::request::Filter;
use crate::search::schema::{joined, schema};
use crate::search::snapshot::Snapshot;
use crate::search::vocabulary::FacetValue;

/// The maximum number of other labels of a term that are searched.
const MAX_LABELS: usize = 6;
/// The maximum number of narrower terms that are searched; those of most works are.
const MAX_VALUES: usize = 500;

/// What a term means.
#[derive(Default)]
pub(in crate::search) struct Meaning {
    /// The other labels of its concepts, in any language.
    pub labels: Vec<String>,
    /// Works with its concepts or narrower ones; `None` if there are none.
    pub narrower: Option<Box<dyn Query>>,
}

impl Snapshot {
    /// The concepts of imported vocabularies.
    pub(crate) fn concepts(&self) -> Arc<Concepts> {
        self.concepts.current()
    }

    /// Whether a word or phrase is a label of a concept.
    pub(in crate::search) fn is_concept(&self, phrase: &str) -> bool {
        !self.concepts.current().meaning(phrase, "").is_empty()
    }

    /// What a word or phrase means.
    pub(in crate::search) fn meaning(&self, phrase: &str) -> Meaning {
        let concepts = self.concepts.current();
        let found = concepts.meaning(phrase, "");
        if found.is_empty() {
            return Meaning::default();
        }
        let folded = crate::record::fold::fold(phrase);
        let mut labels: Vec<String> = Vec::new();
        let joined = found.iter().filter_map(|&place| concepts.get(place));
        let joined = joined.flat_map(|concept| {
            std::iter::once(concept).chain(concept.same.iter().filter_map(|&same| concepts.get(same)))
        });
        for (_, label) in joined.flat_map(KnownConcept::labels) {
            let label = super::unqualified(label);
            let is_new =
                crate::record::fold::fold(label) != folded && !labels.iter().any(|known| known == label);
            if is_new && labels.len() < MAX_LABELS {
                labels.push(label.to_owned());
            }
        }
        let narrower = self.with_concepts(&found, None);
        Meaning { labels, narrower }
    }

    /// Works with a value of one of these concepts, or of concepts below them; in one scheme, if it is given.
    fn with_concepts(&self, concepts: &[u32], scheme: Option<&str>) -> Option<Box<dyn Query>> {
        let numbers = self.values_of_concepts(concepts, scheme);
        let vocabulary = self.vocabulary();
        let values = numbers.into_iter().filter_map(|number| vocabulary.value(number));
        let clause = |value: &FacetValue| {
            let term = Term::from_field_text(schema().1.facet, &joined(&[&value.scheme, &value.value]));
            let query: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::Basic));
            (Occur::Should, query)
        };
        let clauses: Vec<_> = values.map(clause).collect();
        (!clauses.is_empty()).then(|| {
            let any = BooleanQuery::new(clauses);
            Box::new(ConstScoreQuery::new(Box::new(any), 1.0)) as Box<dyn Query>
        })
    }

    /// The values of these concepts and of those below them that works have, those of most works first; in one scheme, if
    /// it is given.
    pub(crate) fn values_of_concepts(&self, concepts: &[u32], scheme: Option<&str>) -> Vec<u32> {
        let vocabulary = self.vocabulary();
        let links = self.concepts.links(&vocabulary);
        let mut numbers: Vec<u32> =
            concepts.iter().flat_map(|&concept| links.values(concept)).copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.retain(|&number| {
            let is_in_scheme = |scheme| vocabulary.value(number).is_some_and(|value| value.scheme == scheme);
            self.work_count(number) > 0 && scheme.is_none_or(is_in_scheme)
        });
        numbers.sort_by_key(|&number| std::cmp::Reverse(self.work_count(number)));
        numbers.truncate(MAX_VALUES);
        numbers
    }

    /// The values of a scheme that a filter selects by a concept: its URI, its identifier or one of its labels.
    pub(in crate::search) fn narrower_values(&self, filter: &Filter) -> Vec<String> {
        let concepts = self.concepts.current();
        let found = match concepts.find(&filter.value) {
            Some(place) => vec![place],
            None => concepts.meaning(&filter.value, ""),
        };
        if found.is_empty() {
            return Vec::new();
        }
        let numbers = self.values_of_concepts(&found, Some(&filter.scheme));
        let vocabulary = self.vocabulary();
        let values = numbers.into_iter().filter_map(|number| vocabulary.value(number));
        values.map(|value| value.value.clone()).collect()
    }
}
