//! The index as it is at one revision: what a search looks at from its beginning to its end.

use std::collections::HashMap;
use std::sync::{Arc, RwLock, RwLockReadGuard};

use tantivy::index::SegmentId;
use tantivy::schema::Value;
use tantivy::{DocAddress, DocId, Opstamp, Searcher, SegmentReader, TantivyDocument, Term};

use super::Error;
use super::columns::{ColumnTexts, Columns};
use super::indexed_work::IndexedWork;
use super::labels::Labels;
use super::schema::{FIELD_NAME_PREFIX, schema};
use super::vocabulary::{self, Vocabulary};

/// Schemes that collections usually have, whether or not this one has values in them.
const USUAL: [&str; 15] = [
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
    "subject",
    "technique",
    "type",
];

/// All works at one revision.
pub struct Snapshot {
    pub(super) searcher: Searcher,
    pub(super) parts: Vec<Part>,
    pub(super) vocabulary: Arc<RwLock<Vocabulary>>,
    /// How many works have each value, by its number.
    pub(super) totals: Vec<u32>,
    pub(super) labels: Arc<Labels>,
    /// The schemes that works can be filtered by.
    schemes: Vec<String>,
    works: u64,
    revision: u64,
    state: u64,
}

/// A segment with its columns.
#[derive(Clone)]
pub(super) struct Part {
    pub columns: Arc<Columns>,
    /// How many of its works have each value, those that were replaced left out.
    totals: Arc<Vec<u32>>,
    id: (SegmentId, Option<Opstamp>),
}

impl Snapshot {
    /// Looks at what the searcher sees; what did not change since the snapshot before is taken over.
    pub(super) fn new(
        searcher: Searcher,
        revision: u64,
        vocabulary: Arc<RwLock<Vocabulary>>,
        before: Option<&Self>,
    ) -> Result<Self, Error> {
        let known: HashMap<SegmentId, &Part> =
            before.iter().flat_map(|before| &before.parts).map(|part| (part.id.0, part)).collect();
        let mut parts = Vec::new();
        for reader in searcher.segment_readers() {
            let id = (reader.segment_id(), reader.delete_opstamp());
            let part = match known.get(&id.0) {
                Some(part) if part.id == id => (*part).clone(),
                Some(part) => {
                    Part { columns: part.columns.clone(), totals: counted(reader, &part.columns), id }
                }
                None => {
                    let columns = Arc::new(Columns::read(reader, &vocabulary)?);
                    Part { totals: counted(reader, &columns), columns, id }
                }
            };
            parts.push(part);
        }
        let learnt = vocabulary::read(&vocabulary);
        let mut totals = vec![0; learnt.values().len()];
        for part in &parts {
            for (total, count) in totals.iter_mut().zip(part.totals.iter()) {
                *total += count;
            }
        }
        let labels = match before.filter(|before| before.labels.knows(&learnt)) {
            Some(before) => before.labels.clone(),
            None => Arc::new(Labels::new(&learnt)),
        };
        let mut schemes: Vec<String> = USUAL.map(str::to_owned).to_vec();
        schemes.extend(learnt.schemes().into_iter().map(str::to_owned));
        schemes.sort_unstable();
        schemes.dedup();
        drop(learnt);
        let works = searcher.num_docs();
        let state = state(&parts, revision);
        Ok(Self { searcher, parts, vocabulary, totals, labels, schemes, works, revision, state })
    }

    /// How many works there are.
    pub fn works(&self) -> u64 {
        self.works
    }

    /// The catalogue's revision that it shows.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What tells this state from all others, of other indexes and behind a restart, too: the works in it, in their
    /// order.
    pub fn state(&self) -> u64 {
        self.state
    }

    /// Object numbers in the order of the index, so many from a place on, with when their sources changed them in
    /// seconds since 1970.
    pub fn numbers(&self, start: usize, count: usize) -> Result<Vec<(String, Option<i64>)>, Error> {
        let mut found = Vec::new();
        let mut before = 0;
        for (_, reader, columns) in self.segments() {
            let own = reader.num_docs() as usize;
            if before + own > start && found.len() < count {
                let alive = reader.doc_ids_alive().skip(start.saturating_sub(before));
                let works: Vec<DocId> = alive.take(count - found.len()).collect();
                let place = |work: &DocId| columns.number_place(*work);
                let numbers = ColumnTexts::of(&columns.number, works.iter().map(place))?;
                for work in &works {
                    let number = numbers.get(place(work)).unwrap_or_default().to_owned();
                    found.push((number, columns.modified.first(*work)));
                }
            }
            before += own;
        }
        Ok(found)
    }

    /// The schemes that works can be filtered by: the usual ones, and all that there are.
    pub fn schemes(&self) -> &[String] {
        &self.schemes
    }

    /// The values that have been met, in use or not.
    pub fn vocabulary(&self) -> RwLockReadGuard<'_, Vocabulary> {
        vocabulary::read(&self.vocabulary)
    }

    /// How many works have a value.
    pub fn work_count(&self, number: u32) -> u64 {
        self.totals.get(number as usize).copied().unwrap_or(0).into()
    }

    /// How many values of a scheme works have.
    pub fn count_values(&self, scheme: &str) -> usize {
        let vocabulary = self.vocabulary();
        vocabulary.numbers_of(scheme).iter().filter(|&&number| self.work_count(number) > 0).count()
    }

    /// Memory that its columns take, in bytes.
    pub fn weight(&self) -> usize {
        self.parts.iter().map(|part| part.columns.weight() + 4 * part.totals.len()).sum()
    }

    /// The segments' readers with their columns.
    pub(super) fn segments(&self) -> impl Iterator<Item = (u32, &SegmentReader, &Columns)> {
        let both = self.searcher.segment_readers().iter().zip(&self.parts);
        both.enumerate().map(|(at, (reader, part))| (at as u32, reader, &*part.columns))
    }

    /// A work as it lies in the index.
    pub fn stored(&self, place: DocAddress) -> Result<IndexedWork, Error> {
        read_stored(&self.searcher.doc(place)?).ok_or_else(|| {
            Error::Damaged(format!("work {} of part {} cannot be read", place.doc_id, place.segment_ord))
        })
    }

    /// The work of this object number.
    pub fn get(&self, number: &str) -> Result<Option<IndexedWork>, Error> {
        let term = Term::from_field_text(schema().1.number, number);
        for (at, reader, _) in self.segments() {
            let inverted = reader.inverted_index(term.field())?;
            let postings = inverted.read_postings(&term, tantivy::schema::IndexRecordOption::Basic)?;
            let Some(mut postings) = postings else { continue };
            use tantivy::DocSet;
            let mut work = postings.doc();
            while work != tantivy::TERMINATED {
                if !reader.is_deleted(work) {
                    return self.stored(DocAddress::new(at, work)).map(Some);
                }
                work = postings.advance();
            }
        }
        Ok(None)
    }

    /// The names of fields that only sources know, at most so many, in alphabetical order.
    pub fn fields(&self, most: usize) -> Result<Vec<String>, Error> {
        let mut names = std::collections::BTreeSet::new();
        for (_, reader, _) in self.segments() {
            let inverted = reader.inverted_index(schema().1.any_case)?;
            let mut stream = inverted.terms().range().ge(FIELD_NAME_PREFIX).into_stream()?;
            let mut left = most;
            while left > 0 && stream.advance() {
                let name = std::str::from_utf8(stream.key())
                    .ok()
                    .and_then(|key| key.strip_prefix(FIELD_NAME_PREFIX));
                let Some(name) = name else { break };
                names.insert(name.to_owned());
                left -= 1;
            }
        }
        Ok(names.into_iter().take(most).collect())
    }

    /// Whether some work's source knows a field of this name.
    pub fn has_field(&self, name: &str) -> Result<bool, Error> {
        let term = Term::from_field_text(schema().1.any_case, &format!("{FIELD_NAME_PREFIX}{name}"));
        Ok(self.searcher.doc_freq(&term)? > 0)
    }

    /// The next works of a walk over all, at most so many, in no particular order but always the same; none behind the
    /// last.
    pub fn scan(&self, walk: &mut ScanPosition, most: usize) -> Result<Vec<IndexedWork>, Error> {
        let mut works = Vec::new();
        while let Some(reader) = self.searcher.segment_readers().get(walk.part) {
            let store = reader.get_store_reader(2)?;
            while walk.work < reader.max_doc() && works.len() < most {
                if !reader.is_deleted(walk.work) {
                    let work = read_stored(&store.get(walk.work)?);
                    works.push(work.ok_or_else(|| Error::Damaged("a work cannot be read".into()))?);
                }
                walk.work += 1;
            }
            if works.len() >= most {
                break;
            }
            *walk = ScanPosition { part: walk.part + 1, work: 0 };
        }
        Ok(works)
    }
}

/// How far a walk over all works has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanPosition {
    part: usize,
    work: DocId,
}

fn read_stored(document: &TantivyDocument) -> Option<IndexedWork> {
    document.get_first(schema().1.stored)?.as_str().map(IndexedWork::decode)
}

fn state(parts: &[Part], revision: u64) -> u64 {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    for part in parts {
        hash.update(part.id.0.uuid_string().as_bytes());
        hash.update(&part.id.1.unwrap_or(0).to_le_bytes());
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
