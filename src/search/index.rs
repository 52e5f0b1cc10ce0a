//! The index on disk: opened and checked, made, changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use serde::{Deserialize, Serialize};
use tantivy::directory::error::LockError;
use tantivy::merge_policy::{LogMergePolicy, NoMergePolicy};
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

use super::Error;
use super::entry::Entry;
use super::schema::schema;
use super::snapshot::Snapshot;
use super::vocabulary::Vocabulary;

/// Changes whenever works are laid down in another way: what lies on disk is then made anew.
const FORM: u32 = 1;

/// What an index says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Payload {
    form: u32,
    /// The catalogue that it shows.
    catalogue: String,
    /// The catalogue's revision that it shows.
    revision: u64,
}

/// An index that is written to by this server alone.
pub struct Index {
    place: PathBuf,
    catalogue: String,
    writer: Mutex<IndexWriter>,
    reader: IndexReader,
    vocabulary: Arc<RwLock<Vocabulary>>,
    current: RwLock<Arc<Snapshot>>,
}

impl Index {
    /// The newest index of this catalogue below the folder that nobody else writes to; damaged and half-made ones are
    /// taken away. `None` where there is none.
    pub fn open(folder: &Path, catalogue: &str, memory_mib: usize) -> Result<Option<Self>, Error> {
        let Ok(entries) = fs::read_dir(folder) else { return Ok(None) };
        let mut places: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        places.retain(|place| place.is_dir() && number(place).is_some() && !is_begun(place));
        places.sort_unstable_by_key(|place| std::cmp::Reverse(number(place)));
        let mut found = None;
        for place in places {
            let opened = if found.is_none() { Self::at(&place, catalogue, memory_mib) } else { Ok(None) };
            match opened {
                Ok(Some(index)) => found = Some(index),
                Err(Error::Index(TantivyError::LockFailure(LockError::LockBusy, _))) => {}
                other => {
                    if let Err(error) = &other {
                        tracing::warn!(place = %place.display(), %error, "an index of works is made anew");
                    }
                    remove(&place);
                }
            }
        }
        Ok(found)
    }

    /// The index in one folder, if it is whole; `None` where another form or another catalogue is in it.
    fn at(place: &Path, catalogue: &str, memory_mib: usize) -> Result<Option<Self>, Error> {
        let index = tantivy::Index::open_in_dir(place)?;
        // Whoever holds the lock is still making it.
        let writer = writer(&index, memory_mib)?;
        let payload = index.load_metas()?.payload;
        let payload: Option<Payload> = payload.and_then(|text| serde_json::from_str(&text).ok());
        let same = |said: &Payload| said.form == FORM && said.catalogue == catalogue;
        let Some(payload) = payload.filter(same).filter(|_| index.schema() == schema().0) else {
            return Ok(None);
        };
        let damaged = index.validate_checksum()?;
        if !damaged.is_empty() {
            return Err(Error::Damaged(format!("{} files are not what was written", damaged.len())));
        }
        Self::new(place, catalogue, index, writer, payload.revision).map(Some)
    }

    /// An empty index beside those that are there.
    pub fn create(folder: &Path, catalogue: &str, memory_mib: usize) -> Result<Self, Error> {
        let taken = fs::read_dir(folder).into_iter().flatten();
        let taken = taken.filter_map(|entry| number(&entry.ok()?.path())).max();
        // Two servers that begin at once try one after the other.
        for next in taken.map_or(1, |last| last + 1).. {
            let place = folder.join(next.to_string());
            fs::create_dir_all(folder)?;
            match fs::create_dir(&place) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error.into()),
            }
            let index = tantivy::Index::create_in_dir(&place, schema().0.clone())?;
            let writer = writer(&index, memory_mib)?;
            // Its parts are laid together once, at the end.
            writer.set_merge_policy(Box::new(NoMergePolicy));
            return Self::new(&place, catalogue, index, writer, 0);
        }
        Err(Error::Damaged("there is no room for another index".into()))
    }

    fn new(
        place: &Path,
        catalogue: &str,
        index: tantivy::Index,
        writer: IndexWriter,
        revision: u64,
    ) -> Result<Self, Error> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let reader: IndexReader = reader;
        let vocabulary = Arc::<RwLock<Vocabulary>>::default();
        let snapshot = Snapshot::new(reader.searcher(), revision, vocabulary.clone(), None)?;
        Ok(Self {
            place: place.to_owned(),
            catalogue: catalogue.to_owned(),
            writer: Mutex::new(writer),
            reader,
            vocabulary,
            current: RwLock::new(Arc::new(snapshot)),
        })
    }

    /// The works as they were at the last commit.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Lays a work down, instead of what was there under its number.
    pub fn put(&self, entry: &Entry<'_>) -> Result<(), Error> {
        let document = entry.document();
        let writer = self.writer();
        writer.delete_term(Term::from_field_text(schema().1.number, &entry.work.object_number));
        writer.add_document(document)?;
        Ok(())
    }

    /// Lays down a work whose number is new.
    pub fn add(&self, document: tantivy::TantivyDocument) -> Result<(), Error> {
        self.writer().add_document(document)?;
        Ok(())
    }

    /// Takes a work out.
    pub fn remove(&self, object_number: &str) {
        self.writer().delete_term(Term::from_field_text(schema().1.number, object_number));
    }

    /// Makes all changes so far visible, at once and as the state of this revision.
    pub fn commit(&self, revision: u64) -> Result<(), Error> {
        let mut writer = self.writer();
        let payload = Payload { form: FORM, catalogue: self.catalogue.clone(), revision };
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&serde_json::to_string(&payload).unwrap_or_default());
        prepared.commit()?;
        self.reader.reload()?;
        let before = self.snapshot();
        let snapshot =
            Snapshot::new(self.reader.searcher(), revision, self.vocabulary.clone(), Some(&before))?;
        *self.current.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(snapshot);
        Ok(())
    }

    /// Lays its parts together where there are many, so that searches have fewer to look into.
    pub fn gather(&self) -> Result<(), Error> {
        const FEW: usize = 2;
        let parts = self
            .reader
            .searcher()
            .segment_readers()
            .iter()
            .map(|reader| reader.segment_id())
            .collect::<Vec<_>>();
        if parts.len() > FEW {
            let gathered = self.writer().merge(&parts);
            gathered.wait()?;
            self.commit(self.snapshot().revision())?;
        }
        self.writer().set_merge_policy(Box::<LogMergePolicy>::default());
        Ok(())
    }

    /// Where it lies.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Takes it from the disk; who still looks at it sees it until then.
    pub fn discard(&self) {
        remove(&self.place);
    }

    fn writer(&self) -> std::sync::MutexGuard<'_, IndexWriter> {
        self.writer.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn writer(index: &tantivy::Index, memory_mib: usize) -> Result<IndexWriter, Error> {
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get()).clamp(1, 4);
    // Below 15 MB a thread the library refuses.
    let threads = threads.min(memory_mib / 16).max(1);
    Ok(index.writer_with_num_threads(threads, (memory_mib << 20).max(16 << 20))?)
}

/// Whether another server may just be about to make it.
fn is_begun(place: &Path) -> bool {
    let made = fs::metadata(place).and_then(|known| known.modified());
    let young = made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age.as_secs() < 60));
    young && !place.join("meta.json").exists()
}

fn number(place: &Path) -> Option<u64> {
    place.file_name()?.to_str()?.parse().ok()
}

fn remove(place: &Path) {
    if let Err(error) = fs::remove_dir_all(place) {
        tracing::warn!(place = %place.display(), %error, "an old index of works could not be taken away");
    }
}
