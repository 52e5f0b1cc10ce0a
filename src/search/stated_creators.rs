//! What works state about their creators: one term per creator and work, so that equal statements are counted by the index.

use std::collections::BTreeMap;

use tantivy::DocSet;
use tantivy::schema::{Field, IndexRecordOption};

use super::Error;
use super::schema::{SEPARATOR, joined, schema};
use super::snapshot::Snapshot;
use crate::record::{Creator, Work, slug};

/// The maximum length of a statement in bytes; longer ones are not indexed.
const MAX_STATEMENT: usize = 8000;
/// The maximum number of different statements about a creator that are read.
const MAX_STATEMENTS: usize = 2000;

/// The terms of a work's creators: the slug of the name, and the creator as JSON.
pub(super) fn statements(work: &Work) -> impl Iterator<Item = String> {
    work.creators.iter().filter_map(|creator| {
        let value = slug(&creator.name);
        let stated = serde_json::to_string(creator).ok()?;
        (!value.is_empty() && stated.len() <= MAX_STATEMENT).then(|| joined(&[&value, &stated]))
    })
}

impl Snapshot {
    /// What works state about a creator, given as facet value: the statements with their numbers of works, the most
    /// frequent first.
    pub(crate) fn statements_about(&self, creator: &str) -> Result<Vec<(Creator, u64)>, Error> {
        let counts = self.counted_terms(schema().1.person, &joined(&[creator, ""]), MAX_STATEMENTS)?;
        let parsed = |(term, count): (String, u64)| {
            let (_, stated) = term.split_once(SEPARATOR)?;
            Some((serde_json::from_str(stated).ok()?, count))
        };
        let mut statements: Vec<(Creator, u64)> = counts.into_iter().filter_map(parsed).collect();
        statements.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        Ok(statements)
    }

    /// The first `most` terms of a field that begin with this, each with its number of works.
    pub(super) fn counted_terms(
        &self,
        field: Field,
        start: &str,
        most: usize,
    ) -> Result<BTreeMap<String, u64>, Error> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for reader in self.searcher.segment_readers() {
            let inverted = reader.inverted_index(field)?;
            let mut stream = inverted.terms().range().ge(start).into_stream()?;
            while stream.advance() && stream.key().starts_with(start.as_bytes()) && counts.len() < most {
                let count = match reader.alive_bitset() {
                    Some(alive) => {
                        let term = stream.value();
                        let mut works =
                            inverted.read_postings_from_terminfo(term, IndexRecordOption::Basic)?;
                        u64::from(works.count(alive))
                    }
                    None => stream.value().doc_freq.into(),
                };
                if count > 0 {
                    *counts.entry(String::from_utf8_lossy(stream.key()).into_owned()).or_default() += count;
                }
            }
        }
        Ok(counts)
    }

    /// The number of a creator in the vocabulary, if works have it.
    pub(crate) fn creator_number(&self, value: &str) -> Option<u32> {
        self.vocabulary().find("creator", value).filter(|&number| self.work_count(number) > 0)
    }
}
