//! Selects the hits of one page in order, without sorting all hits.

use std::collections::BinaryHeap;

use tantivy::query::{EnableScoring, Query, Weight};
use tantivy::{DocAddress, DocId, SegmentReader};

use super::Error;
use super::columns::{ColumnTexts, Columns};
use super::conditions::Conditions;
use super::hits::Hits;
use super::order::{After, Cursor, Key, Order, Rank, Sort};
use super::request::{Search, SearchResults};
use super::snapshot::Snapshot;

/// The maximum number of works per page.
pub(super) const MAX_PAGE: usize = 10_000;

impl Snapshot {
    /// The hits of one page, in order.
    pub(super) fn page(
        &self,
        search: &Search,
        words: Option<&dyn Query>,
        conditions: &Conditions<'_>,
        hits: &[Hits],
        found: &mut SearchResults,
    ) -> Result<(), Error> {
        let wanted = search.limit.min(MAX_PAGE);
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
            let after =
                search.cursor.as_ref().map(|cursor| search.order.after(columns, cursor)).transpose()?;
            let ranks = match &weight {
                Some(weight) => by_score(&search.order, &**weight, reader, columns, conditions, after, most)?,
                None => {
                    let order = &search.order;
                    let after = |rank: &Rank| after.is_none_or(|after| after.contains(rank));
                    let rank =
                        |&work: &DocId| order.rank(columns, work, conditions.colour_score(columns, work));
                    match hits.get(at as usize) {
                        Some(Hits::All) if order.sort == Sort::Relevance => {
                            let usual = columns.default_order();
                            let from = usual.partition_point(|work| !after(&rank(work)));
                            usual[from..].iter().take(most).map(rank).collect()
                        }
                        Some(Hits::All) => {
                            smallest((0..reader.max_doc()).map(|work| rank(&work)).filter(after), most)
                        }
                        Some(Hits::Some(works)) => smallest(works.iter().map(rank).filter(after), most),
                        None => Vec::new(),
                    }
                }
            };
            ranked.extend(ranks.into_iter().map(|rank| (at, columns, rank)));
        }
        let mut offset = search.offset;
        if self.segments.len() == 1 {
            // Within a segment, hits are compared by rank.
            ranked.drain(..offset.min(ranked.len()));
            offset = 0;
        } else if search.order.compares_by_numbers() {
            // Across segments, the first parts of ranks usually decide; only hits with equal ones need a lookup.
            ranked.sort_unstable_by_key(|(.., rank)| rank.0);
            let at = |index: usize| ranked.get(index).map_or(u64::MAX, |(.., rank)| rank.0);
            let (first, last) = (at(offset), at(most - 1));
            ranked.truncate(ranked.partition_point(|(.., rank)| rank.0 <= last));
            let certain = ranked.partition_point(|(.., rank)| rank.0 < first);
            ranked.drain(..certain);
            offset -= certain;
        }
        let mut best: Vec<(Key, String, DocAddress)> = Vec::with_capacity(ranked.len());
        for part in ranked.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(at, columns, _)) = part.first() else { continue };
            let numbers = ColumnTexts::of(&columns.number, part.iter().map(|(.., rank)| rank.1))?;
            let keys = search.order.keys(columns, part.iter().map(|(.., rank)| rank.0))?;
            for (.., rank) in part {
                let number = numbers.get(rank.1).unwrap_or_default().to_owned();
                best.push((keys.of(rank.0), number, DocAddress::new(at, rank.2)));
            }
        }
        best.sort_by(|a, b| search.order.compare(&a.0, &b.0).then_with(|| a.1.cmp(&b.1)));
        let page = best.get(offset.min(best.len())..).unwrap_or_default();
        let last = page.get(wanted - 1).filter(|_| page.len() > wanted);
        found.next = last.map(|(key, number, _)| Cursor {
            key: key.clone(),
            object_number: number.clone(),
            state: self.state(),
            search: 0,
        });
        found.hits = page.iter().take(wanted).map(|(.., place)| *place).collect();
        Ok(())
    }
}

/// The best ranks by relevance. Works that cannot be among them are skipped.
fn by_score(
    order: &Order,
    weight: &dyn Weight,
    reader: &SegmentReader,
    columns: &Columns,
    conditions: &Conditions<'_>,
    after: Option<After>,
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
        if after.is_some_and(|after| !after.contains(&rank)) {
            return least;
        }
        heap.push(rank);
        if heap.len() > most {
            heap.pop();
        }
        if let Some(worst) = heap.peek().filter(|_| heap.len() == most) {
            // Equal scores still count, because object numbers break the tie.
            least = f32::from_bits(u32::MAX - worst.0 as u32).next_down();
        }
        least
    })?;
    Ok(heap.into_sorted_vec())
}

/// The smallest ranks, sorted.
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
