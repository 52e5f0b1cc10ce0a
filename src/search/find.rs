//! Runs a search: hits, facet counts, histogram.

use std::collections::BTreeMap;

use tantivy::query::{BooleanQuery, ConstScoreQuery, EnableScoring, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, SegmentReader, Term};

use super::Error;
use super::columns::Columns;
use super::conditions::Conditions;
use super::order::Sort;
use super::request::{Filter, Search, SearchResults};
use super::schema::{joined, schema};
use super::snapshot::Snapshot;
use super::text_query::text_query;
use crate::iiif::Invalid;
use crate::record::slug;

/// The most periods of a histogram.
const MAX_PERIODS: usize = 10_000;

/// The hits of a segment: all its works, or these.
pub(super) enum Hits {
    All,
    Some(Vec<DocId>),
}

impl Snapshot {
    /// Runs a search.
    ///
    /// # Errors
    ///
    /// Fails if a parameter is invalid or the index cannot be read.
    pub(crate) fn find(&self, search: &Search) -> Result<SearchResults, Error> {
        let typed = text_query(self, &search.q, &search.search_fields)?;
        let mut found = SearchResults::default();
        if let Some(typed) = &typed {
            found.corrected = typed.corrected.clone();
            found.relaxed = typed.relaxed;
        }
        let by_words = typed.is_some() && search.order.sort == Sort::Relevance && search.colours.is_empty();
        let query = self.query(search, typed.map(|typed| typed.query));
        let conditions = Conditions::of(search);
        let needs_all_hits =
            !search.facets.is_empty() || search.histogram.is_some() || conditions.any() || !by_words;
        let hits = if needs_all_hits { self.hits(query.as_deref(), &conditions)? } else { Vec::new() };
        found.total = match (&query, needs_all_hits) {
            (_, true) => self.count(&hits),
            (Some(query), false) => query.count(&self.searcher)? as u64,
            (None, false) => self.works(),
        };
        self.facets(search, &hits, &mut found);
        self.histogram(search, &hits, &mut found)?;
        self.page(search, query.as_deref().filter(|_| by_words), &conditions, &hits, &mut found)?;
        Ok(found)
    }

    /// The hits at these positions in the order of the index; the positions are ascending.
    pub(crate) fn addresses_at(&self, search: &Search, places: &[usize]) -> Result<Vec<DocAddress>, Error> {
        let typed = text_query(self, &search.q, &search.search_fields)?;
        let query = self.query(search, typed.map(|typed| typed.query));
        let hits = self.hits(query.as_deref(), &Conditions::of(search))?;
        let mut picked = Vec::with_capacity(places.len());
        let mut before = 0;
        for (hits, (at, reader, _)) in hits.iter().zip(self.segments()) {
            let count = match hits {
                Hits::All => reader.max_doc() as usize,
                Hits::Some(works) => works.len(),
            };
            for place in places.iter().filter(|place| (before..before + count).contains(*place)) {
                let work = match hits {
                    Hits::All => Some((place - before) as DocId),
                    Hits::Some(works) => works.get(place - before).copied(),
                };
                picked.extend(work.map(|work| DocAddress::new(at, work)));
            }
            before += count;
        }
        Ok(picked)
    }

    /// Combines the words with the filters that the index has terms for; `None` for all works.
    fn query(&self, search: &Search, words: Option<Box<dyn Query>>) -> Option<Box<dyn Query>> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut schemes: Vec<&str> = search.any.iter().map(|filter| filter.scheme.as_str()).collect();
        schemes.sort_unstable();
        schemes.dedup();
        for scheme in schemes {
            let any = search.any.iter().filter(|filter| filter.scheme == scheme);
            clauses.push((Occur::Must, self.with_any(any)));
        }
        for filter in &search.all {
            clauses.push((Occur::Must, self.with_any(std::iter::once(filter))));
        }
        for filters in &search.each {
            clauses.push((Occur::Must, self.with_any(filters.iter())));
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
            clauses.push((Occur::MustNot, self.with_any(std::iter::once(filter))));
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

    /// Works that have any of these facet values.
    fn with_any<'a>(&self, filters: impl Iterator<Item = &'a Filter>) -> Box<dyn Query> {
        let mut terms = Vec::new();
        for filter in filters {
            for value in self.values_of(filter) {
                let term = joined(&[&filter.scheme, &value]);
                let term = Term::from_field_text(schema().1.facet, &term);
                let query: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::Basic));
                terms.push((Occur::Should, query));
            }
        }
        unscored(BooleanQuery::new(terms))
    }

    /// The facet values that a filter selects: the one with this value, else those with this label.
    pub(crate) fn values_of(&self, filter: &Filter) -> Vec<String> {
        let vocabulary = self.vocabulary();
        let value = slug(&filter.value);
        if vocabulary.find(&filter.scheme, &value).is_some_and(|number| self.work_count(number) > 0) {
            return vec![value];
        }
        let called = self.labels.values_called(&filter.value);
        let terms = called.into_iter().filter_map(|number| vocabulary.value(number));
        terms.filter(|term| term.scheme == filter.scheme).map(|term| term.value.clone()).collect()
    }

    /// All facet values of a scheme with this label or value.
    pub(crate) fn values_called(&self, scheme: &str, called: &str) -> Vec<String> {
        let vocabulary = self.vocabulary();
        let own = vocabulary.find(scheme, &slug(called));
        let numbers = own
            .into_iter()
            .chain(self.labels.values_called(called))
            .filter(|&number| self.work_count(number) > 0);
        let terms = numbers.filter_map(|number| vocabulary.value(number));
        let mut names: Vec<String> =
            terms.filter(|term| term.scheme == scheme).map(|term| term.value.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn hits(&self, query: Option<&dyn Query>, conditions: &Conditions<'_>) -> Result<Vec<Hits>, Error> {
        let weight = match query {
            Some(query) => Some(query.weight(EnableScoring::disabled_from_searcher(&self.searcher))?),
            None => None,
        };
        let checked = conditions.any();
        let mut all = Vec::new();
        for (_, reader, columns) in self.segments() {
            let alive = reader.alive_bitset();
            let holds = |work: DocId| {
                alive.is_none_or(|alive| alive.is_alive(work)) && (!checked || conditions.hold(columns, work))
            };
            all.push(match &weight {
                None if !checked && alive.is_none() => Hits::All,
                None => Hits::Some((0..reader.max_doc()).filter(|&work| holds(work)).collect()),
                Some(weight) => {
                    let mut found = Vec::new();
                    weight.for_each_no_score(reader, &mut |works| {
                        found.extend(works.iter().copied().filter(|&work| holds(work)));
                    })?;
                    Hits::Some(found)
                }
            });
        }
        Ok(all)
    }

    fn count(&self, hits: &[Hits]) -> u64 {
        let of = |(hits, (_, reader, _)): (&Hits, (u32, &SegmentReader, &Columns))| match hits {
            Hits::All => u64::from(reader.max_doc()),
            Hits::Some(works) => works.len() as u64,
        };
        hits.iter().zip(self.segments()).map(of).sum()
    }

    fn each_hit(&self, hits: &[Hits], mut visit: impl FnMut(&Columns, DocId)) {
        for (hits, (_, reader, columns)) in hits.iter().zip(self.segments()) {
            match hits {
                Hits::All => (0..reader.max_doc()).for_each(|work| visit(columns, work)),
                Hits::Some(works) => works.iter().for_each(|&work| visit(columns, work)),
            }
        }
    }

    fn facets(&self, search: &Search, hits: &[Hits], found: &mut SearchResults) {
        if search.facets.is_empty() {
            return;
        }
        let vocabulary = self.vocabulary();
        let mut counted = Vec::new();
        // The counts of all works are known.
        let counts = if found.total == self.works() {
            &self.totals
        } else {
            counted.resize(self.totals.len(), 0u32);
            self.each_hit(hits, |columns, work| {
                for &number in columns.facets(work) {
                    if let Some(count) = counted.get_mut(number as usize) {
                        *count += 1;
                    }
                }
            });
            &counted
        };
        for scheme in &search.facets {
            let count = |number: u32| u64::from(counts.get(number as usize).copied().unwrap_or(0));
            let numbers = vocabulary.numbers_of(scheme).iter().map(|&number| (number, count(number)));
            let mut values: Vec<(u32, u64)> = numbers.filter(|(_, count)| *count > 0).collect();
            let sort = |number: u32| vocabulary.value(number).map(|term| &term.sort);
            let order =
                |a: &(u32, u64), b: &(u32, u64)| b.1.cmp(&a.1).then_with(|| sort(a.0).cmp(&sort(b.0)));
            if let Some(last) = search.facet_limit.checked_sub(1).filter(|last| *last < values.len()) {
                // Sort keys are compared only where counts are equal.
                let (_, &mut (_, least), _) = values.select_nth_unstable_by(last, |a, b| b.1.cmp(&a.1));
                values.retain(|(_, count)| *count >= least);
            }
            values.sort_unstable_by(order);
            values.truncate(search.facet_limit);
            found.facets.push((scheme.clone(), values));
        }
    }

    /// Counts the hits by period; a work counts in every period that its production overlaps.
    fn histogram(&self, search: &Search, hits: &[Hits], found: &mut SearchResults) -> Result<(), Error> {
        let Some(interval) = search.histogram.filter(|interval| *interval > 0) else { return Ok(()) };
        // For each period, how many works begin minus how many have ended; most are of the last thousand years.
        const FROM: i32 = 1000;
        let mut recent = vec![0i64; 2000];
        let mut steps = BTreeMap::<i32, i64>::new();
        let mut step =
            |period: i32, by: i64| match recent.get_mut((period - FROM / interval).max(-1) as usize) {
                Some(count) => *count += by,
                None => *steps.entry(period).or_default() += by,
            };
        self.each_hit(hits, |columns, work| {
            let Some((earliest, latest)) = columns.years(work) else { return };
            step(earliest.div_euclid(interval), 1);
            step(latest.div_euclid(interval) + 1, -1);
        });
        let recent = recent.into_iter().enumerate().filter(|(_, count)| *count != 0);
        steps.extend(recent.map(|(at, count)| (at as i32 + FROM / interval, count)));
        let mut works = 0;
        for ((&period, by), next) in steps.iter().zip(steps.keys().skip(1)) {
            works += by;
            if works == 0 {
                continue;
            }
            if found.histogram.len() + (next - period) as usize > MAX_PERIODS {
                let reason = format!("would give more than {MAX_PERIODS} periods: use longer ones");
                return Err(Invalid::new("histogram", &interval.to_string(), reason).into());
            }
            let bar = |period: i32| (period * interval, period * interval + interval - 1, works as u64);
            found.histogram.extend((period..*next).map(bar));
        }
        Ok(())
    }
}

/// A query that does not contribute to the score.
fn unscored(query: impl Query) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), 0.0))
}
