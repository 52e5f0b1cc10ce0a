//! The index on disk: opened and checked, made, changed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use serde::{Deserialize, Serialize};
use tantivy::directory::error::{LockError, OpenReadError};
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::merge_policy::{LogMergePolicy, NoMergePolicy};
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

use super::Error;
use super::document::IndexableWork;
use super::schema::schema;
use super::snapshot::Snapshot;
use super::vocabulary::Vocabulary;

/// Changes whenever works are laid down in another way: what lies on disk is then made anew.
const FORM: u32 = 3;

/// What an index says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Payload {
    #[serde(rename = "form")]
    form: u32,
    /// The catalogue that it shows.
    #[serde(rename = "catalogue")]
    catalogue: String,
    /// The catalogue's revision that it shows.
    #[serde(rename = "revision")]
    revision: u64,
}

/// An index that is written to by this server alone.
pub struct Index {
    place: PathBuf,
    catalogue: String,
    memory_mib: usize,
    index: tantivy::Index,
    /// `None` behind an error: a writer that failed once goes on without those that write for it, and would lose works.
    writer: Mutex<Option<IndexWriter>>,
    reader: IndexReader,
    vocabulary: Arc<RwLock<Vocabulary>>,
    current: RwLock<Arc<Snapshot>>,
}

impl Index {
    /// The newest index of this catalogue below the folder that nobody else writes to; damaged and half-made ones are
    /// taken away. `None` where there is none.
    pub fn open(folder: &Path, catalogue: &str, memory_mib: usize) -> Result<Option<Self>, Error> {
        let Ok(entries) = fs::read_dir(folder) else { return Ok(None) };
        let _alone = alone(folder)?;
        let mut places: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        places.retain(|place| place.is_dir() && number(place).is_some());
        places.sort_unstable_by_key(|place| std::cmp::Reverse(number(place)));
        let mut found = None;
        for place in places {
            // Whoever holds it is making it, or keeps it.
            let Some(lock) = locked(&place) else { continue };
            let opened = match &found {
                None => checked(&place, catalogue),
                Some(_) => Ok(None),
            };
            match opened {
                Ok(Some((index, revision))) => {
                    drop(lock);
                    let writer = writer(&index, memory_mib)?;
                    found = Some(Self::new(&place, catalogue, memory_mib, index, writer, revision)?);
                }
                Ok(None) => remove(&place),
                Err(error) if is_harmed(&error) => {
                    tracing::warn!(place = %place.display(), %error, "an index of works is made anew");
                    remove(&place);
                }
                Err(error) => {
                    tracing::warn!(place = %place.display(), %error, "an index of works cannot be opened");
                }
            }
        }
        Ok(found)
    }

    /// An empty index beside those that are there.
    pub fn create(folder: &Path, catalogue: &str, memory_mib: usize) -> Result<Self, Error> {
        fs::create_dir_all(folder)?;
        let _alone = alone(folder)?;
        let taken = fs::read_dir(folder)?.filter_map(|entry| number(&entry.ok()?.path())).max();
        let place = folder.join(taken.map_or(1, |last| last + 1).to_string());
        fs::create_dir(&place)?;
        let made = || {
            let index = tantivy::Index::create_in_dir(&place, schema().0.clone())?;
            let writer = writer(&index, memory_mib)?;
            // Its parts are laid together once, at the end.
            writer.set_merge_policy(Box::new(NoMergePolicy));
            Self::new(&place, catalogue, memory_mib, index, writer, 0)
        };
        made().inspect_err(|_: &Error| remove(&place))
    }

    fn new(
        place: &Path,
        catalogue: &str,
        memory_mib: usize,
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
            memory_mib,
            index,
            writer: Mutex::new(Some(writer)),
            reader,
            vocabulary,
            current: RwLock::new(Arc::new(snapshot)),
        })
    }

    /// The works as they were at the last commit.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Lays a work down, instead of what was there under its number. After an error, here or when it is committed, all
    /// that was not committed is to be laid down again.
    pub fn put(&self, entry: &IndexableWork<'_>) -> Result<(), Error> {
        let document = entry.document();
        self.write(|writer| {
            writer.delete_term(Term::from_field_text(schema().1.number, &entry.work.object_number));
            Ok(writer.add_document(document).map(drop)?)
        })
    }

    /// Lays down a work whose number is new.
    pub fn add(&self, document: tantivy::TantivyDocument) -> Result<(), Error> {
        self.write(|writer| Ok(writer.add_document(document).map(drop)?))
    }

    /// Takes a work out.
    pub fn remove(&self, object_number: &str) -> Result<(), Error> {
        self.write(|writer| {
            writer.delete_term(Term::from_field_text(schema().1.number, object_number));
            Ok(())
        })
    }

    /// Makes all changes so far visible, at once and as the state of this revision.
    pub fn commit(&self, revision: u64) -> Result<(), Error> {
        self.write(|writer| self.commit_by(writer, revision))
    }

    fn commit_by(&self, writer: &mut IndexWriter, revision: u64) -> Result<(), Error> {
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

    /// Lays its parts together where there are many, so that searches have fewer to look into; from then on this happens
    /// by itself.
    pub fn merge_segments(&self) -> Result<(), Error> {
        const FEW: usize = 2;
        let merging = self.write(|writer| {
            writer.set_merge_policy(Box::<LogMergePolicy>::default());
            let searcher = self.reader.searcher();
            let parts = searcher.segment_readers().iter().map(|part| part.segment_id()).collect::<Vec<_>>();
            Ok((parts.len() > FEW).then(|| writer.merge(&parts)))
        })?;
        match merging {
            None => Ok(()),
            Some(merging) => {
                merging.wait()?;
                self.write(|writer| self.commit_by(writer, self.snapshot().revision()))
            }
        }
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.place
    }

    /// Takes it from the disk; who still looks at it goes on seeing it.
    pub fn delete(&self) {
        // Its threads may be writing.
        drop(self.writer.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take());
        remove(&self.place);
    }

    fn write<T>(&self, write: impl FnOnce(&mut IndexWriter) -> Result<T, Error>) -> Result<T, Error> {
        let mut held = self.writer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut writer = match held.take() {
            Some(writer) => writer,
            None => writer(&self.index, self.memory_mib)?,
        };
        let written = write(&mut writer)?;
        *held = Some(writer);
        Ok(written)
    }
}

/// An index that is whole, of this form and catalogue, with the revision that it shows; `None` where another is in it.
fn checked(place: &Path, catalogue: &str) -> Result<Option<(tantivy::Index, u64)>, Error> {
    let index = tantivy::Index::open_in_dir(place)?;
    let payload = index.load_metas()?.payload;
    let payload: Option<Payload> = payload.and_then(|text| serde_json::from_str(&text).ok());
    let same = |said: &Payload| said.form == FORM && said.catalogue == catalogue;
    let Some(payload) = payload.filter(same).filter(|_| index.schema() == schema().0) else {
        return Ok(None);
    };
    let damaged = index.validate_checksum()?;
    match damaged.len() {
        0 => Ok(Some((index, payload.revision))),
        files => Err(Error::Damaged(format!("{files} files are not what was written"))),
    }
}

/// Whether it would fail the next time, too.
fn is_harmed(error: &Error) -> bool {
    match error {
        Error::Damaged(_) => true,
        Error::Index(error) => matches!(
            error,
            TantivyError::DataCorruption(_)
                | TantivyError::SchemaError(_)
                | TantivyError::IncompatibleIndex(_)
                | TantivyError::OpenReadError(
                    OpenReadError::FileDoesNotExist(_) | OpenReadError::IncompatibleIndex(_)
                )
        ),
        _ => false,
    }
}

/// Waits until no other server opens or begins an index in this folder.
fn alone(folder: &Path) -> Result<File, Error> {
    let file = File::options().create(true).truncate(false).write(true).open(folder.join("lock"))?;
    file.lock()?;
    Ok(file)
}

/// Holds an index as its writer does; `None` where somebody else does.
fn locked(place: &Path) -> Option<tantivy::directory::DirectoryLock> {
    let held = MmapDirectory::open(place).map(|directory| directory.acquire_lock(&INDEX_WRITER_LOCK));
    match held {
        Ok(Ok(lock)) => Some(lock),
        Ok(Err(LockError::LockBusy)) => None,
        Ok(Err(error)) => {
            tracing::warn!(place = %place.display(), ?error, "an index of works cannot be locked");
            None
        }
        Err(error) => {
            tracing::warn!(place = %place.display(), ?error, "an index of works cannot be opened");
            None
        }
    }
}

fn writer(index: &tantivy::Index, memory_mib: usize) -> Result<IndexWriter, Error> {
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get()).clamp(1, 4);
    // Below 15 MB a thread the library refuses.
    let threads = threads.min(memory_mib / 16).max(1);
    Ok(index.writer_with_num_threads(threads, (memory_mib << 20).max(16 << 20))?)
}

fn number(place: &Path) -> Option<u64> {
    place.file_name()?.to_str()?.parse().ok()
}

fn remove(place: &Path) {
    if let Err(error) = fs::remove_dir_all(place) {
        tracing::warn!(place = %place.display(), %error, "an old index of works could not be taken away");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index that says it in other words would be made anew.
    #[test]
    fn what_an_index_says_of_itself_stays() {
        let payload = Payload { form: 3, catalogue: "sqlite:///a.db KMS1 5".into(), revision: 7 };
        let told = r#"{"form":3,"catalogue":"sqlite:///a.db KMS1 5","revision":7}"#;
        assert_eq!(serde_json::to_string(&payload).unwrap(), told);
        assert_eq!(serde_json::from_str::<Payload>(told).unwrap(), payload);
    }
}
