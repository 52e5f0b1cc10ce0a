//! The hits of a search in each index segment.

use std::ops::Range;

use tantivy::query::{EnableScoring, Query};
use tantivy::{DocId, SegmentReader};

use super::Error;
use super::columns::Columns;
use super::conditions::Conditions;
use super::snapshot::Snapshot;

/// The hits in a segment: all its works, or these.
pub(super) enum Hits {
    All,
    Some(Vec<DocId>),
}

impl Snapshot {
    /// The works that match the query and the conditions, by segment.
    pub(super) fn hits(
        &self,
        query: Option<&dyn Query>,
        conditions: &Conditions<'_>,
    ) -> Result<Vec<Hits>, Error> {
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

    pub(super) fn count(&self, hits: &[Hits]) -> u64 {
        let of = |(hits, (_, reader, _)): (&Hits, (u32, &SegmentReader, &Columns))| match hits {
            Hits::All => u64::from(reader.max_doc()),
            Hits::Some(works) => works.len() as u64,
        };
        hits.iter().zip(self.segments()).map(of).sum()
    }

    /// Visits runs of hits that follow each other in a segment: neighbours often have the same values.
    pub(super) fn each_run(&self, hits: &[Hits], mut visit: impl FnMut(&Columns, Range<DocId>)) {
        for (hits, (_, reader, columns)) in hits.iter().zip(self.segments()) {
            match hits {
                Hits::All => visit(columns, 0..reader.max_doc()),
                Hits::Some(works) => {
                    for run in works.chunk_by(|one, next| one + 1 == *next) {
                        if let (Some(&first), Some(&last)) = (run.first(), run.last()) {
                            visit(columns, first..last + 1);
                        }
                    }
                }
            }
        }
    }

    pub(super) fn each_hit(&self, hits: &[Hits], mut visit: impl FnMut(&Columns, DocId)) {
        for (hits, (_, reader, columns)) in hits.iter().zip(self.segments()) {
            match hits {
                Hits::All => (0..reader.max_doc()).for_each(|work| visit(columns, work)),
                Hits::Some(works) => works.iter().for_each(|&work| visit(columns, work)),
            }
        }
    }
}
