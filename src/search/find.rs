//! A search over all works: hits in order, counts of facets, periods.

use std::collections::BinaryHeap;

use tantivy::query::{BooleanQuery, ConstScoreQuery, EnableScoring, Occur, Query, TermQuery, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, SegmentReader, Term};

use super::Error;
use super::colour::Colour;
use super::columns::Columns;
use super::order::{Behind, Cursor, Key, Order, Rank, Sort};
use super::schema::{HAS_IMAGE, ON_DISPLAY, PUBLIC_DOMAIN, joined, schema};
use super::snapshot::Snapshot;
use super::words::{self, Place};
use crate::record::slug;

/// The most works of one page, whoever asks.
pub const MOST: usize = 10_000;
/// How many periods of a histogram one work can stand in.
const PERIODS: i32 = 100;

/// A value of a facet, as it was asked for: by its name or what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    pub scheme: String,
    pub value: String,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// As it was typed.
    pub q: String,
    /// Where its words are looked for.
    pub places: Vec<Place>,
    /// Works have at least one of the values of each scheme.
    pub any: Vec<Filter>,
    /// Works have every one of these.
    pub all: Vec<Filter>,
    /// Works have none of these.
    pub none: Vec<Filter>,
    /// Works have at least one value of each of these lists.
    pub each: Vec<Vec<Filter>>,
    /// Only these object numbers, in any case; all where there is none.
    pub numbers: Vec<String>,
    /// None of these.
    pub not_numbers: Vec<String>,
    /// The making touches these years, both included.
    pub years: Option<(i32, i32)>,
    /// The last year of the making is one of these.
    pub made_until: Option<(i32, i32)>,
    /// The first year of the making is one of these.
    pub made_from: Option<(i32, i32)>,
    pub has_image: Option<bool>,
    pub public_domain: Option<bool>,
    pub on_display: Option<bool>,
    /// Of the largest image, in pixels.
    pub width: Option<(u64, u64)>,
    pub height: Option<(u64, u64)>,
    /// When the source changed and made the record, in seconds since 1970.
    pub modified: Option<(i64, i64)>,
    pub created: Option<(i64, i64)>,
    /// Works have a colour near each of these.
    pub colours: Vec<Colour>,
    /// How near, as [`Colour::distance`] says.
    pub colour_distance: f32,
    pub order: Order,
    /// Schemes whose values are counted.
    pub facets: Vec<String>,
    /// So many values of each.
    pub facet_limit: usize,
    /// Works by periods of so many years.
    pub histogram: Option<i32>,
    pub limit: usize,
    pub offset: usize,
    /// Hits behind this place.
    pub cursor: Option<Cursor>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            q: String::new(),
            places: Place::ALL.to_vec(),
            any: Vec::new(),
            all: Vec::new(),
            none: Vec::new(),
            each: Vec::new(),
            numbers: Vec::new(),
            not_numbers: Vec::new(),
            years: None,
            made_until: None,
            made_from: None,
            has_image: None,
            public_domain: None,
            on_display: None,
            width: None,
            height: None,
            modified: None,
            created: None,
            colours: Vec::new(),
            colour_distance: 12.0,
            order: Order::default(),
            facets: Vec::new(),
            facet_limit: 10,
            histogram: None,
            limit: 20,
            offset: 0,
            cursor: None,
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub total: u64,
    pub hits: Vec<DocAddress>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
    /// Of each scheme its most frequent values, by their numbers, with counts.
    pub facets: Vec<(String, Vec<(u32, u64)>)>,
    /// First and last year of each period with the number of works.
    pub histogram: Vec<(i32, i32, u64)>,
    /// What was looked for instead, where slips were forgiven.
    pub corrected: Option<String>,
    /// Whether some of the words may be missing.
    pub relaxed: bool,
}

/// The hits of a segment: all its works, or these.
enum Hits {
    All,
    Some(Vec<DocId>),
}

impl Snapshot {
    /// Looks for works.
    pub fn find(&self, search: &Search) -> Result<Found, Error> {
        let typed = words::typed(self, &search.q, &search.places)?;
        let mut found = Found::default();
        if let Some(typed) = &typed {
            found.corrected = typed.corrected.clone();
            found.relaxed = typed.relaxed;
        }
        let by_words = typed.is_some() && search.order.sort == Sort::Relevance && search.colours.is_empty();
        let query = self.query(search, typed.map(|typed| typed.query));
        let conditions = Conditions::of(search);
        let listed = !search.facets.is_empty() || search.histogram.is_some() || conditions.any() || !by_words;
        let hits = if listed { self.hits(query.as_deref(), &conditions)? } else { Vec::new() };
        found.total = match (&query, listed) {
            (_, true) => self.count(&hits),
            (Some(query), false) => query.count(&self.searcher)? as u64,
            (None, false) => self.works(),
        };
        self.facets(search, &hits, &mut found);
        self.histogram(search, &hits, &mut found);
        self.page(search, query.as_deref().filter(|_| by_words), &conditions, &hits, &mut found)?;
        Ok(found)
    }

    /// The hits at these places in the order of the index itself, ascending.
    pub fn pick(&self, search: &Search, places: &[usize]) -> Result<Vec<DocAddress>, Error> {
        let typed = words::typed(self, &search.q, &search.places)?;
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

    /// The words together with the filters that the index has lists for; `None` for all works.
    fn query(&self, search: &Search, words: Option<Box<dyn Query>>) -> Option<Box<dyn Query>> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut schemes: Vec<&str> = search.any.iter().map(|filter| filter.scheme.as_str()).collect();
        schemes.sort_unstable();
        schemes.dedup();
        for scheme in schemes {
            let any = search.any.iter().filter(|filter| filter.scheme == scheme);
            clauses.push((Occur::Must, self.having(any)));
        }
        for filter in &search.all {
            clauses.push((Occur::Must, self.having(std::iter::once(filter))));
        }
        for filters in &search.each {
            clauses.push((Occur::Must, self.having(filters.iter())));
        }
        for (numbers, occur) in [(&search.numbers, Occur::Must), (&search.not_numbers, Occur::MustNot)] {
            if !numbers.is_empty() {
                let term =
                    |number: &String| Term::from_field_text(schema().1.any_case, &number.to_lowercase());
                let terms = numbers.iter().map(term).collect();
                clauses.push((occur, silent(BooleanQuery::new_multiterms_query(terms))));
            }
        }
        for filter in &search.none {
            clauses.push((Occur::MustNot, self.having(std::iter::once(filter))));
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

    /// Works that have any of these values; a value is meant by its name, else by what it is called.
    fn having<'a>(&self, filters: impl Iterator<Item = &'a Filter>) -> Box<dyn Query> {
        let mut terms = Vec::new();
        for filter in filters {
            for value in self.values_of(filter) {
                let term = joined(&[&filter.scheme, &value]);
                let term = Term::from_field_text(schema().1.facet, &term);
                let query: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::Basic));
                terms.push((Occur::Should, query));
            }
        }
        silent(BooleanQuery::new(terms))
    }

    /// The names of the values that a filter means.
    pub fn values_of(&self, filter: &Filter) -> Vec<String> {
        let vocabulary = self.vocabulary();
        let value = slug(&filter.value);
        if vocabulary.find(&filter.scheme, &value).is_some_and(|number| self.total(number) > 0) {
            return vec![value];
        }
        let called = self.suggestions.called(&filter.value);
        let terms = called.into_iter().filter_map(|number| vocabulary.term(number));
        terms.filter(|term| term.scheme == filter.scheme).map(|term| term.value.clone()).collect()
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

    fn each_hit(&self, hits: &[Hits], mut told: impl FnMut(&Columns, DocId)) {
        for (hits, (_, reader, columns)) in hits.iter().zip(self.segments()) {
            match hits {
                Hits::All => (0..reader.max_doc()).for_each(|work| told(columns, work)),
                Hits::Some(works) => works.iter().for_each(|&work| told(columns, work)),
            }
        }
    }

    fn facets(&self, search: &Search, hits: &[Hits], found: &mut Found) {
        if search.facets.is_empty() {
            return;
        }
        let vocabulary = self.vocabulary();
        let mut counted = Vec::new();
        // All works have been counted before.
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
            let numbers = vocabulary.of(scheme).iter().map(|&number| (number, count(number)));
            let mut values: Vec<(u32, u64)> = numbers.filter(|(_, count)| *count > 0).collect();
            let sort = |number: u32| vocabulary.term(number).map(|term| &term.sort);
            let order =
                |a: &(u32, u64), b: &(u32, u64)| b.1.cmp(&a.1).then_with(|| sort(a.0).cmp(&sort(b.0)));
            if let Some(last) = search.facet_limit.checked_sub(1).filter(|last| *last < values.len()) {
                // Words are compared only where numbers do not decide.
                let (_, &mut (_, least), _) = values.select_nth_unstable_by(last, |a, b| b.1.cmp(&a.1));
                values.retain(|(_, count)| *count >= least);
            }
            values.sort_unstable_by(order);
            values.truncate(search.facet_limit);
            found.facets.push((scheme.clone(), values));
        }
    }

    fn histogram(&self, search: &Search, hits: &[Hits], found: &mut Found) {
        let Some(interval) = search.histogram.filter(|interval| *interval > 0) else { return };
        let mut counts = std::collections::BTreeMap::<i32, u64>::new();
        // Most works are of the last thousand years.
        const FROM: i32 = 1000;
        let mut recent = vec![0u64; 2000];
        self.each_hit(hits, |columns, work| {
            let Some((earliest, latest)) = columns.years(work) else { return };
            let (first, last) = (earliest.div_euclid(interval), latest.div_euclid(interval));
            for period in first..=last.min(first + PERIODS) {
                match recent.get_mut((period - FROM / interval).max(-1) as usize) {
                    Some(count) => *count += 1,
                    None => *counts.entry(period).or_default() += 1,
                }
            }
        });
        let recent = recent.into_iter().enumerate().filter(|(_, count)| *count > 0);
        counts.extend(recent.map(|(at, count)| (at as i32 + FROM / interval, count)));
        let told = |(period, count)| (period * interval, period * interval + interval - 1, count);
        found.histogram = counts.into_iter().map(told).collect();
    }

    /// The hits of one page, in order.
    fn page(
        &self,
        search: &Search,
        words: Option<&dyn Query>,
        conditions: &Conditions<'_>,
        hits: &[Hits],
        found: &mut Found,
    ) -> Result<(), Error> {
        let wanted = search.limit.min(MOST);
        if wanted == 0 {
            return Ok(());
        }
        let most = search.offset.saturating_add(wanted).saturating_add(1);
        let weight = match words {
            Some(query) => Some(query.weight(EnableScoring::enabled_from_searcher(&self.searcher))?),
            None => None,
        };
        let mut ranked: Vec<(u32, &Columns, Rank)> = Vec::new();
        for (at, reader, columns) in self.segments() {
            let behind =
                search.cursor.as_ref().map(|cursor| search.order.behind(columns, cursor)).transpose()?;
            let ranks = match &weight {
                Some(weight) => {
                    by_score(&search.order, &**weight, reader, columns, conditions, behind, most)?
                }
                None => {
                    let order = &search.order;
                    let behind = |rank: &Rank| behind.is_none_or(|behind| behind.holds(rank));
                    let rank = |&work: &DocId| order.rank(columns, work, conditions.nearness(columns, work));
                    match hits.get(at as usize) {
                        Some(Hits::All) if order.sort == Sort::Relevance => {
                            let usual = columns.usual();
                            let from = usual.partition_point(|work| !behind(&rank(work)));
                            usual[from..].iter().take(most).map(rank).collect()
                        }
                        Some(Hits::All) => {
                            smallest((0..reader.max_doc()).map(|work| rank(&work)).filter(behind), most)
                        }
                        Some(Hits::Some(works)) => smallest(works.iter().map(rank).filter(behind), most),
                        None => Vec::new(),
                    }
                }
            };
            ranked.extend(ranks.into_iter().map(|rank| (at, columns, rank)));
        }
        // Numbers compare between segments as they are: only what they cannot decide is looked up.
        if search.order.compares_by_numbers() && ranked.len() > most {
            ranked.sort_unstable_by_key(|(.., rank)| rank.0);
            let worst = ranked.get(most - 1).map_or(u64::MAX, |(.., rank)| rank.0);
            ranked.truncate(ranked.partition_point(|(.., rank)| rank.0 <= worst));
        }
        let mut best: Vec<(Key, String, DocAddress)> = Vec::with_capacity(ranked.len());
        for (at, columns, rank) in ranked {
            let mut number = String::new();
            columns.number.ord_to_str(rank.1, &mut number)?;
            best.push((search.order.key(columns, rank.0)?, number, DocAddress::new(at, rank.2)));
        }
        best.sort_by(|a, b| search.order.compare(&a.0, &b.0).then_with(|| a.1.cmp(&b.1)));
        let page = best.get(search.offset.min(best.len())..).unwrap_or_default();
        let last = page.get(wanted - 1).filter(|_| page.len() > wanted);
        found.next = last.map(|(key, number, _)| Cursor {
            key: key.clone(),
            object_number: number.clone(),
            generation: self.generation(),
            search: 0,
        });
        found.hits = page.iter().take(wanted).map(|(.., place)| *place).collect();
        Ok(())
    }
}

/// The best ranks by relevance; what cannot be among them is passed over.
fn by_score(
    order: &Order,
    weight: &dyn Weight,
    reader: &SegmentReader,
    columns: &Columns,
    conditions: &Conditions<'_>,
    behind: Option<Behind>,
    most: usize,
) -> Result<Vec<Rank>, Error> {
    let alive = reader.alive_bitset();
    let checked = conditions.any();
    let mut heap: BinaryHeap<Rank> = BinaryHeap::with_capacity(most.min(10_000) + 1);
    let mut least = f32::NEG_INFINITY;
    weight.for_each_pruning(least, reader, &mut |work, score| {
        if alive.is_some_and(|alive| !alive.is_alive(work)) || checked && !conditions.hold(columns, work) {
            return least;
        }
        let rank = order.rank(columns, work, Some(score));
        if behind.is_some_and(|behind| !behind.holds(&rank)) {
            return least;
        }
        heap.push(rank);
        if heap.len() > most {
            heap.pop();
        }
        if let Some(worst) = heap.peek().filter(|_| heap.len() == most) {
            // Equal ones are still looked at: their numbers decide.
            least = f32::from_bits(u32::MAX - worst.0 as u32).next_down();
        }
        least
    })?;
    Ok(heap.into_sorted_vec())
}

/// The smallest ranks, in order.
fn smallest(ranks: impl Iterator<Item = Rank>, most: usize) -> Vec<Rank> {
    if most > 2000 {
        let mut all: Vec<Rank> = ranks.collect();
        if all.len() > most {
            all.select_nth_unstable(most);
            all.truncate(most);
        }
        all.sort_unstable();
        return all;
    }
    let mut heap: BinaryHeap<Rank> = BinaryHeap::with_capacity(most + 1);
    for rank in ranks {
        if heap.len() < most {
            heap.push(rank);
        } else if heap.peek().is_some_and(|worst| rank < *worst) {
            heap.pop();
            heap.push(rank);
        }
    }
    heap.into_sorted_vec()
}

/// A query that says nothing of relevance.
fn silent(query: impl Query) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), 0.0))
}

/// What is checked work by work.
struct Conditions<'a> {
    search: &'a Search,
    flags: u64,
    unset: u64,
}

impl<'a> Conditions<'a> {
    fn of(search: &'a Search) -> Self {
        let asked = [
            (search.has_image, HAS_IMAGE),
            (search.public_domain, PUBLIC_DOMAIN),
            (search.on_display, ON_DISPLAY),
        ];
        let with = |wanted: bool| {
            asked.iter().filter(|(asked, _)| *asked == Some(wanted)).map(|(_, flag)| flag).sum()
        };
        Self { search, flags: with(true), unset: with(false) }
    }

    fn any(&self) -> bool {
        let search = self.search;
        self.flags | self.unset != 0
            || !search.colours.is_empty()
            || [search.years, search.made_until, search.made_from].iter().any(Option::is_some)
            || [search.width, search.height].iter().any(Option::is_some)
            || [search.modified, search.created].iter().any(Option::is_some)
    }

    fn hold(&self, columns: &Columns, work: DocId) -> bool {
        let search = self.search;
        let flags = columns.flags(work);
        if flags & self.flags != self.flags || flags & self.unset != 0 {
            return false;
        }
        if [search.years, search.made_until, search.made_from].iter().any(Option::is_some) {
            let Some((earliest, latest)) = columns.years(work) else { return false };
            let holds = |range: Option<(i32, i32)>, from: i32, to: i32| {
                range.is_none_or(|(first, last)| from <= last && to >= first)
            };
            if !holds(search.years, earliest, latest)
                || !holds(search.made_until, latest, latest)
                || !holds(search.made_from, earliest, earliest)
            {
                return false;
            }
        }
        within(search.width, || columns.width.first(work))
            && within(search.height, || columns.height.first(work))
            && within(search.modified, || columns.modified.first(work))
            && within(search.created, || columns.created.first(work))
            && (search.colours.is_empty() || self.nearness(columns, work).is_some())
    }

    /// How near the work's colours come to those asked for, 1 for the same; `None` where none were asked for, or one of
    /// them is not there.
    fn nearness(&self, columns: &Columns, work: DocId) -> Option<f32> {
        let search = self.search;
        if search.colours.is_empty() {
            return None;
        }
        let mut sum = 0.0;
        for wanted in &search.colours {
            // What comes first in the record is seen first: a little farther down counts as a little farther away.
            let distance = |(at, colour): (usize, &Colour)| (colour.distance(*wanted), at as f32 * 0.25);
            let near = columns.colours(work).iter().enumerate().map(distance);
            let near = near.filter(|(distance, _)| *distance <= search.colour_distance);
            sum += near.map(|(distance, later)| distance + later).min_by(f32::total_cmp)?;
        }
        Some(1.0 / (1.0 + sum / search.colours.len() as f32))
    }
}

fn within<T: PartialOrd>(range: Option<(T, T)>, value: impl FnOnce() -> Option<T>) -> bool {
    match range {
        None => true,
        Some((first, last)) => value().is_some_and(|value| value >= first && value <= last),
    }
}
