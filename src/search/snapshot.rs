//! A consistent view of the index at one revision, for the duration of a search.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::{RwLock, RwLockReadGuard};

use tantivy::index::SegmentId;
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, DocId, DocSet, Opstamp, Searcher, SegmentReader, TantivyDocument, Term};

use super::Error;
use super::columns::{ColumnTexts, Columns};
use super::concepts::ConceptStore;
use super::indexed_work::IndexedWork;
use super::labels::Labels;
use super::names::Names;
use super::periods::Periods;
use super::role_phrases::RolePhrases;
use super::schema::{FIELD_NAME_PREFIX, PROPOSED_PREFIX, joined, schema};
use super::vocabulary::Vocabulary;

/// Schemes that can always be used as filters, even if this collection has no values in them.
const STANDARD_SCHEMES: [&str; 16] = [
    "collection",
    "colour",
    "creator",
    "department",
    "location",
    "material",
    "motif",
    "nationality",
    "period",
    "person",
    "place",
    "rights",
    "role",
    "subject",
    "technique",
    "type",
];

/// All works at one revision.
pub(crate) struct Snapshot {
    pub(super) searcher: Searcher,
    pub(super) segments: Vec<Segment>,
    pub(super) vocabulary: Arc<RwLock<Vocabulary>>,
    /// The number of works with each value, indexed by the value's number.
    pub(super) totals: Vec<u32>,
    pub(super) labels: Arc<Labels>,
    pub(super) names: Arc<Names>,
    pub(super) role_phrases: Arc<RolePhrases>,
    pub(super) periods: Arc<Periods>,
    pub(super) concepts: Arc<ConceptStore>,
    /// The schemes that can be used as filters.
    schemes: Vec<String>,
    works: u64,
    revision: u64,
    state: u64,
}

/// A segment with its columns.
#[derive(Clone)]
pub(super) struct Segment {
    pub columns: Arc<Columns>,
    /// The number of its works with each value, without replaced works.
    totals: Arc<Vec<u32>>,
    id: (SegmentId, Option<Opstamp>),
}

impl Snapshot {
    /// Reads the segments of the searcher; unchanged segments are reused from the previous snapshot.
    pub(super) fn new(
        searcher: Searcher,
        revision: u64,
        (vocabulary, concepts, periods): (Arc<RwLock<Vocabulary>>, Arc<ConceptStore>, Arc<Periods>),
        before: Option<&Self>,
    ) -> Result<Self, Error> {
        let known: HashMap<SegmentId, &Segment> = before
            .iter()
            .flat_map(|before| &before.segments)
            .map(|segment| (segment.id.0, segment))
            .collect();
        let mut segments = Vec::new();
        for reader in searcher.segment_readers() {
            let id = (reader.segment_id(), reader.delete_opstamp());
            let segment = match known.get(&id.0) {
                Some(segment) if segment.id == id => (*segment).clone(),
                Some(segment) => Segment {
                    columns: segment.columns.clone(),
                    totals: counted(reader, &segment.columns),
                    id,
                },
                None => {
                    let columns = Arc::new(Columns::read(reader, &vocabulary)?);
                    Segment { totals: counted(reader, &columns), columns, id }
                }
            };
            segments.push(segment);
        }
        settle_labels(&searcher, &vocabulary)?;
        let known_values = vocabulary.read();
        let mut totals = vec![0; known_values.values().len()];
        for segment in &segments {
            for (total, count) in totals.iter_mut().zip(segment.totals.iter()) {
                *total += count;
            }
        }
        let labels = match before.filter(|before| before.labels.is_current(&known_values)) {
            Some(before) => before.labels.clone(),
            None => Arc::new(Labels::new(&known_values)),
        };
        let names = match before.filter(|before| before.names.is_current(&known_values)) {
            Some(before) => before.names.clone(),
            None => Arc::new(Names::new(&known_values)),
        };
        let role_phrases = match before.filter(|before| before.role_phrases.is_current(&known_values)) {
            Some(before) => before.role_phrases.clone(),
            None => Arc::new(RolePhrases::new(&known_values)),
        };
        let mut schemes: Vec<String> = STANDARD_SCHEMES.map(str::to_owned).to_vec();
        schemes.extend(known_values.schemes().into_iter().map(str::to_owned));
        schemes.sort_unstable();
        schemes.dedup();
        drop(known_values);
        let works = searcher.num_docs();
        let state = state(&segments, revision);
        Ok(Self {
            searcher,
            segments,
            vocabulary,
            totals,
            labels,
            names,
            role_phrases,
            concepts,
            periods,
            schemes,
            works,
            revision,
            state,
        })
    }

    /// The number of works.
    pub(crate) fn works(&self) -> u64 {
        self.works
    }

    /// The catalogue revision that it contains.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// A hash of the segments that identifies this state among all others, including those of other indexes and after
    /// a restart.
    pub(crate) fn state(&self) -> u64 {
        self.state
    }

    /// At most `count` object numbers from `start` on, in index order, with the time of the source's last change in
    /// seconds since 1970.
    pub(crate) fn numbers(&self, start: usize, count: usize) -> Result<Vec<(String, Option<i64>)>, Error> {
        let mut found = Vec::new();
        let mut before = 0;
        for (_, reader, columns) in self.segments() {
            let own = reader.num_docs() as usize;
            if before + own > start && found.len() < count {
                let alive = reader.doc_ids_alive().skip(start.saturating_sub(before));
                let works: Vec<DocId> = alive.take(count - found.len()).collect();
                let rank = |work: &DocId| columns.number_rank(*work);
                let numbers = ColumnTexts::of(&columns.number, works.iter().map(rank))?;
                for work in &works {
                    let number = numbers.get(rank(work)).unwrap_or_default().to_owned();
                    found.push((number, columns.modified.first(*work)));
                }
            }
            before += own;
        }
        Ok(found)
    }

    /// The schemes that can be used as filters: the standard ones and those in use.
    pub(crate) fn schemes(&self) -> &[String] {
        &self.schemes
    }

    /// All facet values since the server started, in use or not.
    pub(crate) fn vocabulary(&self) -> RwLockReadGuard<'_, Vocabulary> {
        self.vocabulary.read()
    }

    /// The number of works with a facet value.
    pub(crate) fn work_count(&self, number: u32) -> u64 {
        self.totals.get(number as usize).copied().unwrap_or(0).into()
    }

    /// The number of works that have a value only because a machine has proposed it. Works that have changed may be counted
    /// twice until segments are merged.
    pub(crate) fn proposed_count(&self, scheme: &str, value: &str) -> Result<u64, Error> {
        let term = format!("{PROPOSED_PREFIX}{}", joined(&[scheme, value]));
        Ok(self.searcher.doc_freq(&Term::from_field_text(schema().1.any_case, &term))?)
    }

    /// The number of values of a scheme that are in use.
    pub(crate) fn count_values(&self, scheme: &str) -> usize {
        let vocabulary = self.vocabulary();
        vocabulary.numbers_of(scheme).iter().filter(|&&number| self.work_count(number) > 0).count()
    }

    /// The memory used by its columns, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.segments.iter().map(|segment| segment.columns.memory() + 4 * segment.totals.len()).sum()
    }

    /// The segments' readers with their columns.
    pub(super) fn segments(&self) -> impl Iterator<Item = (u32, &SegmentReader, &Columns)> {
        let both = self.searcher.segment_readers().iter().zip(&self.segments);
        both.enumerate().map(|(at, (reader, segment))| (at as u32, reader, &*segment.columns))
    }

    /// A work by its address.
    pub(crate) fn stored(&self, address: DocAddress) -> Result<IndexedWork, Error> {
        read_stored(&self.searcher.doc(address)?).ok_or_else(|| {
            Error::Damaged(format!(
                "work {} of segment {} cannot be read",
                address.doc_id, address.segment_ord
            ))
        })
    }

    /// At most `max` names of the sources' own fields, in alphabetical order.
    pub(crate) fn fields(&self, max: usize) -> Result<Vec<String>, Error> {
        let mut names = std::collections::BTreeSet::new();
        for (_, reader, _) in self.segments() {
            let inverted = reader.inverted_index(schema().1.any_case)?;
            let mut stream = inverted.terms().range().ge(FIELD_NAME_PREFIX).into_stream()?;
            let mut left = max;
            while left > 0 && stream.advance() {
                let name = std::str::from_utf8(stream.key())
                    .ok()
                    .and_then(|key| key.strip_prefix(FIELD_NAME_PREFIX));
                let Some(name) = name else { break };
                names.insert(name.to_owned());
                left -= 1;
            }
        }
        Ok(names.into_iter().take(max).collect())
    }

    /// Whether a source has an additional field with this name.
    pub(crate) fn has_field(&self, name: &str) -> Result<bool, Error> {
        let term = Term::from_field_text(schema().1.any_case, &format!("{FIELD_NAME_PREFIX}{name}"));
        Ok(self.searcher.doc_freq(&term)? > 0)
    }

    /// The next works of a scan, at most `max`, in an arbitrary but stable order; empty at the end.
    pub(crate) fn scan(&self, position: &mut ScanPosition, max: usize) -> Result<Vec<IndexedWork>, Error> {
        let mut works = Vec::new();
        while let Some(reader) = self.searcher.segment_readers().get(position.segment) {
            let store = reader.get_store_reader(2)?;
            while position.work < reader.max_doc() && works.len() < max {
                if !reader.is_deleted(position.work) {
                    let work = read_stored(&store.get(position.work)?);
                    works.push(work.ok_or_else(|| Error::Damaged("a work cannot be read".into()))?);
                }
                position.work += 1;
            }
            if works.len() >= max {
                break;
            }
            *position = ScanPosition { segment: position.segment + 1, work: 0 };
        }
        Ok(works)
    }
}

/// The position of a scan over all works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScanPosition {
    segment: usize,
    work: DocId,
}

/// Labels the values that works label differently: what works stated before they changed no longer counts.
fn settle_labels(searcher: &Searcher, vocabulary: &RwLock<Vocabulary>) -> Result<(), Error> {
    let disputed = vocabulary.read().disputed();
    for (number, start) in disputed {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for reader in searcher.segment_readers() {
            let inverted = reader.inverted_index(schema().1.called)?;
            let mut stream = inverted.terms().range().ge(&start).into_stream()?;
            while stream.advance() && stream.key().starts_with(start.as_bytes()) {
                let mut works =
                    inverted.read_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
                let count = match reader.alive_bitset() {
                    Some(alive) => works.count(alive) as usize,
                    None => stream.value().doc_freq as usize,
                };
                let term = String::from_utf8_lossy(stream.key());
                *counts.entry(term.into_owned()).or_default() += count;
            }
        }
        let mut terms: Vec<(&str, usize)> =
            counts.iter().map(|(term, &count)| (term.as_str(), count)).collect();
        terms.retain(|&(_, count)| count > 0);
        terms.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let terms: Vec<&str> = terms.into_iter().map(|(term, _)| term).collect();
        vocabulary.write().settle(number, &terms);
    }
    Ok(())
}

fn read_stored(document: &TantivyDocument) -> Option<IndexedWork> {
    document.get_first(schema().1.stored)?.as_str().map(IndexedWork::decode)
}

fn state(segments: &[Segment], revision: u64) -> u64 {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    for segment in segments {
        hash.update(segment.id.0.uuid_string().as_bytes());
        hash.update(&segment.id.1.unwrap_or(0).to_le_bytes());
    }
    hash.update(&revision.to_le_bytes());
    hash.digest()
}

fn counted(reader: &SegmentReader, columns: &Columns) -> Arc<Vec<u32>> {
    let mut totals = Vec::new();
    let mut count = |work: DocId| {
        for &number in columns.facets(work) {
            let at = number as usize;
            if at >= totals.len() {
                totals.resize(at + 1, 0);
            }
            totals[at] += 1;
        }
    };
    match reader.alive_bitset() {
        None => (0..reader.max_doc()).for_each(&mut count),
        Some(_) => reader.doc_ids_alive().for_each(&mut count),
    }
    Arc::new(totals)
}
