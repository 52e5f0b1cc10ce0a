//! The index on disk: opened and checked, created, written.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use serde::{Deserialize, Serialize};
use tantivy::directory::error::{LockError, OpenReadError};
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::merge_policy::{LogMergePolicy, NoMergePolicy};
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

use super::Error;
use super::concepts::{ConceptStore, Concepts};
use super::document::IndexableWork;
use super::periods::Periods;
use super::schema::{POSITIONED_TERMS, schema};
use super::settings::Settings;
use super::snapshot::Snapshot;
use super::terms::PositionedTerms;
use super::vocabulary::Vocabulary;

/// The version of the index format. An index with another version is rebuilt.
pub(super) const FORMAT: u32 = 12;

/// The metadata of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Payload {
    #[serde(rename = "form")]
    pub(super) format: u32,
    /// The catalogue from which it was built.
    #[serde(rename = "catalogue")]
    catalogue: String,
    /// The catalogue revision that it contains.
    #[serde(rename = "revision")]
    pub(super) revision: u64,
}

/// An index that only this server writes to.
pub(crate) struct Index {
    folder: PathBuf,
    catalogue: String,
    memory_mib: usize,
    index: tantivy::Index,
    /// `None` after an error: a failed writer may have lost worker threads and would lose works.
    writer: Mutex<Option<IndexWriter>>,
    reader: IndexReader,
    vocabulary: Arc<RwLock<Vocabulary>>,
    periods: Arc<Periods>,
    concepts: Arc<ConceptStore>,
    current: RwLock<Arc<Snapshot>>,
}

impl Index {
    /// Opens the newest index of this catalogue in the folder that no other server uses; `None` if there is none.
    /// Damaged and incomplete indexes are deleted.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be locked, or if the index cannot be opened for another reason than
    /// damage.
    pub(crate) fn open(folder: &Path, catalogue: &str, settings: &Settings) -> Result<Option<Self>, Error> {
        let Ok(entries) = fs::read_dir(folder) else { return Ok(None) };
        let _lock = lock_folder(folder)?;
        let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        folders.retain(|folder| folder.is_dir() && number(folder).is_some());
        folders.sort_unstable_by_key(|folder| std::cmp::Reverse(number(folder)));
        let mut found = None;
        for folder in folders {
            // Another server builds or uses it.
            let Some(lock) = locked(&folder) else { continue };
            let opened = match &found {
                None => checked(&folder, catalogue),
                Some(_) => Ok(None),
            };
            match opened {
                Ok(Some((index, revision))) => {
                    drop(lock);
                    let writer = writer(&index, settings.memory_mib)?;
                    found = Some(Self::new(&folder, catalogue, settings, index, writer, revision)?);
                }
                Ok(None) => remove(&folder),
                Err(error) if is_permanent(&error) => {
                    tracing::warn!(folder = %folder.display(), %error, "a damaged search index is deleted and rebuilt");
                    remove(&folder);
                }
                Err(error) => {
                    tracing::warn!(folder = %folder.display(), %error, "a search index cannot be opened");
                }
            }
        }
        Ok(found)
    }

    /// Creates an empty index beside the existing ones.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be written.
    pub(crate) fn create(folder: &Path, catalogue: &str, settings: &Settings) -> Result<Self, Error> {
        fs::create_dir_all(folder)?;
        let _lock = lock_folder(folder)?;
        let taken = fs::read_dir(folder)?.filter_map(|entry| number(&entry.ok()?.path())).max();
        let folder = folder.join(taken.map_or(1, |last| last + 1).to_string());
        fs::create_dir(&folder)?;
        let create = || {
            let index = tantivy::Index::create_in_dir(&folder, schema().0.clone())?;
            let writer = writer(&index, settings.memory_mib)?;
            // Segments are merged once, at the end: see `merge_segments`.
            writer.set_merge_policy(Box::new(NoMergePolicy));
            Self::new(&folder, catalogue, settings, index, writer, 0)
        };
        create().inspect_err(|_: &Error| remove(&folder))
    }

    fn new(
        folder: &Path,
        catalogue: &str,
        settings: &Settings,
        index: tantivy::Index,
        writer: IndexWriter,
        revision: u64,
    ) -> Result<Self, Error> {
        index.tokenizers().register(POSITIONED_TERMS, PositionedTerms);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let reader: IndexReader = reader;
        let vocabulary = Arc::<RwLock<Vocabulary>>::default();
        let concepts = Arc::<ConceptStore>::default();
        let periods = Arc::new(Periods::new(&settings.periods));
        let shared = (vocabulary.clone(), concepts.clone(), periods.clone());
        let snapshot = Snapshot::new(reader.searcher(), revision, shared, None)?;
        Ok(Self {
            folder: folder.to_owned(),
            catalogue: catalogue.to_owned(),
            memory_mib: settings.memory_mib,
            index,
            writer: Mutex::new(Some(writer)),
            reader,
            vocabulary,
            periods,
            concepts,
            current: RwLock::new(Arc::new(snapshot)),
        })
    }

    /// The snapshot of the last commit.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.current.read().clone()
    }

    /// Searches use these concepts from now on.
    pub(crate) fn set_concepts(&self, concepts: Arc<Concepts>) {
        self.concepts.set(concepts);
    }

    /// Adds or replaces a work. After an error, here or in [`Index::commit`], all changes since the last commit must
    /// be repeated.
    pub(crate) fn put(&self, entry: &IndexableWork<'_>) -> Result<(), Error> {
        let document = entry.document();
        self.write(|writer| {
            writer.delete_term(Term::from_field_text(schema().1.number, &entry.work.object_number));
            Ok(writer.add_document(document).map(drop)?)
        })
    }

    /// Adds a work whose object number is new.
    pub(crate) fn add(&self, document: tantivy::TantivyDocument) -> Result<(), Error> {
        self.write(|writer| Ok(writer.add_document(document).map(drop)?))
    }

    /// Removes a work.
    pub(crate) fn remove(&self, object_number: &str) -> Result<(), Error> {
        self.write(|writer| {
            writer.delete_term(Term::from_field_text(schema().1.number, object_number));
            Ok(())
        })
    }

    /// Commits all changes as the state of this revision, and makes them visible.
    pub(crate) fn commit(&self, revision: u64) -> Result<(), Error> {
        self.write(|writer| self.commit_by(writer, revision))
    }

    fn commit_by(&self, writer: &mut IndexWriter, revision: u64) -> Result<(), Error> {
        let payload = Payload { format: FORMAT, catalogue: self.catalogue.clone(), revision };
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&serde_json::to_string(&payload).unwrap_or_default());
        prepared.commit()?;
        self.reader.reload()?;
        let before = self.snapshot();
        let shared = (self.vocabulary.clone(), self.concepts.clone(), self.periods.clone());
        let snapshot = Snapshot::new(self.reader.searcher(), revision, shared, Some(&before))?;
        *self.current.write() = Arc::new(snapshot);
        Ok(())
    }

    /// Merges all segments if there are more than a few, so that searches visit fewer. From then on, segments are
    /// merged automatically.
    pub(crate) fn merge_segments(&self) -> Result<(), Error> {
        const FEW: usize = 2;
        let merging = self.write(|writer| {
            writer.set_merge_policy(Box::<LogMergePolicy>::default());
            let searcher = self.reader.searcher();
            let segments =
                searcher.segment_readers().iter().map(|reader| reader.segment_id()).collect::<Vec<_>>();
            Ok((segments.len() > FEW).then(|| writer.merge(&segments)))
        })?;
        match merging {
            None => Ok(()),
            Some(merging) => {
                merging.wait()?;
                self.write(|writer| self.commit_by(writer, self.snapshot().revision()))
            }
        }
    }

    /// The folder of the index.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Deletes the folder. Existing snapshots remain readable.
    pub(crate) fn delete(&self) {
        // Its threads may still be writing.
        drop(self.writer.lock().take());
        remove(&self.folder);
    }

    fn write<T>(&self, write: impl FnOnce(&mut IndexWriter) -> Result<T, Error>) -> Result<T, Error> {
        let mut held = self.writer.lock();
        let mut writer = match held.take() {
            Some(writer) => writer,
            None => writer(&self.index, self.memory_mib)?,
        };
        let written = write(&mut writer)?;
        *held = Some(writer);
        Ok(written)
    }
}

/// Opens an index, checks its files, and returns it with its revision; `None` if it has another format or belongs to
/// another catalogue.
fn checked(folder: &Path, catalogue: &str) -> Result<Option<(tantivy::Index, u64)>, Error> {
    let index = tantivy::Index::open_in_dir(folder)?;
    let payload = index.load_metas()?.payload;
    let payload: Option<Payload> = payload.and_then(|text| serde_json::from_str(&text).ok());
    let same = |payload: &Payload| payload.format == FORMAT && payload.catalogue == catalogue;
    let Some(payload) = payload.filter(same).filter(|_| index.schema() == schema().0) else {
        return Ok(None);
    };
    let damaged = index.validate_checksum()?;
    match damaged.len() {
        0 => Ok(Some((index, payload.revision))),
        files => Err(Error::Damaged(format!("{files} files have wrong checksums"))),
    }
}

/// Whether the index itself is damaged, so that reopening it would fail again.
fn is_permanent(error: &Error) -> bool {
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

/// Waits until no other server opens or creates an index in this folder.
fn lock_folder(folder: &Path) -> Result<File, Error> {
    let file = File::options().create(true).truncate(false).write(true).open(folder.join("lock"))?;
    file.lock()?;
    Ok(file)
}

/// Takes the writer's lock of an index; `None` if another process holds it.
fn locked(folder: &Path) -> Option<tantivy::directory::DirectoryLock> {
    let held = MmapDirectory::open(folder).map(|directory| directory.acquire_lock(&INDEX_WRITER_LOCK));
    match held {
        Ok(Ok(lock)) => Some(lock),
        Ok(Err(LockError::LockBusy)) => None,
        Ok(Err(error)) => {
            tracing::warn!(folder = %folder.display(), ?error, "a search index cannot be locked");
            None
        }
        Err(error) => {
            tracing::warn!(folder = %folder.display(), ?error, "a search index cannot be opened");
            None
        }
    }
}

fn writer(index: &tantivy::Index, memory_mib: usize) -> Result<IndexWriter, Error> {
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get()).clamp(1, 4);
    // tantivy needs at least 15 MB per thread.
    let threads = threads.min(memory_mib / 16).max(1);
    Ok(index.writer_with_num_threads(threads, (memory_mib << 20).max(16 << 20))?)
}

pub(super) fn number(folder: &Path) -> Option<u64> {
    folder.file_name()?.to_str()?.parse().ok()
}

fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        tracing::warn!(folder = %folder.display(), %error, "an old search index cannot be deleted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If the format of the metadata changed, every index would be rebuilt.
    #[test]
    fn the_metadata_format_is_stable() {
        let payload = Payload { format: 3, catalogue: "sqlite:///a.db KMS1 5".into(), revision: 7 };
        let json = r#"{"form":3,"catalogue":"sqlite:///a.db KMS1 5","revision":7}"#;
        assert_eq!(serde_json::to_string(&payload).unwrap(), json);
        assert_eq!(serde_json::from_str::<Payload>(json).unwrap(), payload);
    }
}
