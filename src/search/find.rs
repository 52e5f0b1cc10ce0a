//! Runs a search: the query, its hits and one page of them.

use std::collections::HashSet;

use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, Term};

use super::Error;
use super::columns::ColumnTexts;
use super::conditions::Conditions;
use super::hits::Hits;
use super::order::Sort;
use super::request::{Filter, Search, SearchResults};
use super::schema::ROLE;
use super::schema::{joined, schema};
use super::snapshot::Snapshot;
use super::text_query::text_query;
use crate::record::slug;

impl Snapshot {
    /// Runs a search.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Invalid`] if a parameter is invalid, and other errors if the index cannot be read.
    pub(crate) fn find(&self, search: &Search) -> Result<SearchResults, Error> {
        let text = text_query(self, &search.q, &search.search_fields)?;
        let mut found = SearchResults::default();
        if let Some(text) = &text {
            found.corrected = text.corrected.clone();
            found.relaxed = text.relaxed;
        }
        let by_text = text.is_some() && search.order.sort == Sort::Relevance && search.colours.is_empty();
        let words = text.map(|text| text.query);
        let query = self.query(search, words.as_ref().map(|words| words.box_clone()));
        let conditions = Conditions::of(search);
        let needs_all_hits =
            !search.facets.is_empty() || search.histogram.is_some() || conditions.any() || !by_text;
        let hits = if needs_all_hits { self.hits(query.as_deref(), &conditions)? } else { Vec::new() };
        found.total = match (&query, needs_all_hits) {
            (_, true) => self.count(&hits),
            (Some(query), false) => query.count(&self.searcher)? as u64,
            (None, false) => self.works(),
        };
        self.count_facets(search, words.as_deref(), &hits, &mut found)?;
        self.count_periods(search, &hits, &mut found)?;
        self.page(search, query.as_deref().filter(|_| by_text), &conditions, &hits, &mut found)?;
        Ok(found)
    }

    /// The hits at these positions in index order. The positions must be ascending.
    pub(crate) fn addresses_at(
        &self,
        search: &Search,
        positions: &[usize],
    ) -> Result<Vec<DocAddress>, Error> {
        let text = text_query(self, &search.q, &search.search_fields)?;
        let query = self.query(search, text.map(|text| text.query));
        let hits = self.hits(query.as_deref(), &Conditions::of(search))?;
        let mut picked = Vec::with_capacity(positions.len());
        let mut before = 0;
        for (hits, (at, reader, _)) in hits.iter().zip(self.segments()) {
            let count = match hits {
                Hits::All => reader.max_doc() as usize,
                Hits::Some(works) => works.len(),
            };
            for position in positions.iter().filter(|position| (before..before + count).contains(*position)) {
                let work = match hits {
                    Hits::All => Some((position - before) as DocId),
                    Hits::Some(works) => works.get(position - before).copied(),
                };
                picked.extend(work.map(|work| DocAddress::new(at, work)));
            }
            before += count;
        }
        Ok(picked)
    }

    /// The hits of a search, as [`number_hash`] of their object numbers.
    pub(crate) fn number_hashes(&self, search: &Search) -> Result<HashSet<u64>, Error> {
        let typed = text_query(self, &search.q, &search.search_fields)?;
        let query = self.query(search, typed.map(|typed| typed.query));
        let hits = self.hits(query.as_deref(), &Conditions::of(search))?;
        let mut found = HashSet::new();
        for (hits, (_, reader, columns)) in hits.iter().zip(self.segments()) {
            let ranks: Vec<u64> = match hits {
                Hits::All => reader.doc_ids_alive().map(|work| columns.number_rank(work)).collect(),
                Hits::Some(works) => works.iter().map(|&work| columns.number_rank(work)).collect(),
            };
            found.extend(ColumnTexts::of(&columns.number, ranks.into_iter())?.texts().map(number_hash));
        }
        Ok(found)
    }

    /// Combines the text query with the filters for which the index has terms; `None` means all works.
    pub(super) fn query(&self, search: &Search, words: Option<Box<dyn Query>>) -> Option<Box<dyn Query>> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let creators = self.selected_creators(search);
        let mut schemes: Vec<&str> = search.any.iter().map(|filter| filter.scheme.as_str()).collect();
        schemes.sort_unstable();
        schemes.dedup();
        for scheme in schemes {
            let any = search.any.iter().filter(|filter| filter.scheme == scheme);
            clauses.push((Occur::Must, self.with_any(any, &creators)));
        }
        for filter in &search.all {
            clauses.push((Occur::Must, self.with_any(std::iter::once(filter), &creators)));
        }
        for filters in &search.each {
            clauses.push((Occur::Must, self.with_any(filters.iter(), &creators)));
        }
        let numbered = |numbers: &[String]| {
            let term = |number: &String| Term::from_field_text(schema().1.any_case, &number.to_lowercase());
            unscored(BooleanQuery::new_multiterms_query(numbers.iter().map(term).collect()))
        };
        for numbers in &search.numbers {
            clauses.push((Occur::Must, numbered(numbers)));
        }
        if !search.not_numbers.is_empty() {
            clauses.push((Occur::MustNot, numbered(&search.not_numbers)));
        }
        for filter in &search.none {
            clauses.push((Occur::MustNot, self.with_any(std::iter::once(filter), &[])));
        }
        if clauses.is_empty() {
            return words;
        }
        match words {
            Some(words) => clauses.push((Occur::Must, words)),
            None if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) => {
                clauses.push((Occur::Must, Box::new(tantivy::query::AllQuery)));
            }
            None => {}
        }
        Some(Box::new(BooleanQuery::new(clauses)))
    }

    /// Works that have any of these facet values; a role is that of one of these creators, or of anyone if there are none.
    fn with_any<'a>(&self, filters: impl Iterator<Item = &'a Filter>, creators: &[String]) -> Box<dyn Query> {
        let with_value = |value: String, filter: &Filter| {
            Term::from_field_text(schema().1.facet, &joined(&[&filter.scheme, &value]))
        };
        let terms = filters.flat_map(|filter| match filter.scheme == ROLE && !creators.is_empty() {
            true => self.terms_in_role(creators, filter),
            false => self.values_of(filter).into_iter().map(|value| with_value(value, filter)).collect(),
        });
        let query = |term| -> Box<dyn Query> { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) };
        unscored(BooleanQuery::new(terms.map(|term| (Occur::Should, query(term))).collect()))
    }

    /// The facet values that a filter selects: the one with this value, otherwise those with this label.
    pub(crate) fn values_of(&self, filter: &Filter) -> Vec<String> {
        let vocabulary = self.vocabulary();
        let value = slug(&filter.value);
        if vocabulary.find(&filter.scheme, &value).is_some_and(|number| self.work_count(number) > 0) {
            return vec![value];
        }
        let called = self.labels.values_with_label(&filter.value);
        let terms = called.into_iter().filter_map(|number| vocabulary.value(number));
        let values: Vec<String> =
            terms.filter(|term| term.scheme == filter.scheme).map(|term| term.value.clone()).collect();
        drop(vocabulary);
        // A broader term that no work has itself.
        if values.is_empty() { self.narrower_values(filter) } else { values }
    }

    /// All facet values of a scheme with this label or value.
    pub(crate) fn values_with_label(&self, scheme: &str, name: &str) -> Vec<String> {
        let vocabulary = self.vocabulary();
        let own = vocabulary.find(scheme, &slug(name));
        let numbers = own
            .into_iter()
            .chain(self.labels.values_with_label(name))
            .filter(|&number| self.work_count(number) > 0);
        let terms = numbers.filter_map(|number| vocabulary.value(number));
        let mut names: Vec<String> =
            terms.filter(|term| term.scheme == scheme).map(|term| term.value.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// A hash of an object number, for sets of many.
pub(crate) fn number_hash(number: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(number.as_bytes())
}

/// A query that does not contribute to the score.
fn unscored(query: impl Query) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), 0.0))
}
