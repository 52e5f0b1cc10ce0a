//! Applies the catalogue's changes to the index.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::SearchService;
use super::sizes::files;
use crate::catalogue::StoredWork;
use crate::gallery::Error;
use crate::search::{Index, IndexableWork};

/// Changes per page. While a page is indexed, the next one is read.
pub(super) const PAGE: usize = 1000;
/// The interval between commits while changes keep coming: a commit costs as much as indexing hundreds of works.
const COMMIT_INTERVAL: Duration = Duration::from_secs(2);
/// The same while works are withdrawn.
const WITHDRAWAL_INTERVAL: Duration = Duration::from_millis(500);

/// The works of successive changes.
struct ChangedWorks {
    /// The last of these changes.
    revision: u64,
    /// By object number; `None` if the work was withdrawn.
    works: Vec<(String, Option<StoredWork>)>,
    /// The sizes of the images of each work that is there.
    sizes: Vec<Vec<Option<(u32, u32)>>>,
    /// The number of changes; less than a page if they are the last.
    count: usize,
}

impl ChangedWorks {
    fn put(&self, index: &Index) -> Result<(), Error> {
        let mut sizes = self.sizes.iter();
        for (number, stored) in &self.works {
            match stored {
                Some(stored) => {
                    let sizes = sizes.next().map(Vec::as_slice).unwrap_or_default();
                    index.put(&entry(stored, sizes))?;
                }
                None => index.remove(number)?,
            }
        }
        Ok(())
    }
}

impl SearchService {
    /// Indexes the changes after a revision, until there are none or a rebuild is requested. Returns their number.
    pub(super) async fn follow(&self, index: &Arc<Index>, indexed_revision: u64) -> Result<usize, Error> {
        let (mut revision, mut committed, mut count) = (indexed_revision, Instant::now(), 0);
        let mut indexing: Option<JoinHandle<Result<(), Error>>> = None;
        // Whether works were withdrawn since the last commit.
        let mut withdrawn = false;
        loop {
            let changed = self.changed_works(revision).await;
            if let Some(indexing) = indexing.take() {
                indexing.await.map_err(|error| Error::Fault(error.to_string()))??;
            }
            // An empty page ends the changes, and commits those before it.
            let changed = changed?;
            revision = changed.revision;
            count += changed.count;
            let is_over = changed.count < PAGE || self.rebuild_requested.load(Ordering::Acquire);
            withdrawn |= changed.works.iter().any(|(_, stored)| stored.is_none());
            let interval = if withdrawn { WITHDRAWAL_INTERVAL } else { COMMIT_INTERVAL };
            let is_due = is_over || committed.elapsed() >= interval;
            let outdates = is_due && std::mem::take(&mut withdrawn);
            if is_due {
                committed = Instant::now();
            }
            let (index, oldest_shown) = (index.clone(), self.oldest_shown.clone());
            let task = self.tasks.spawn_blocking(move || {
                changed.put(&index)?;
                if is_due && changed.revision > index.snapshot().revision() {
                    index.commit(changed.revision)?;
                }
                if outdates {
                    oldest_shown.fetch_max(changed.revision, Ordering::AcqRel);
                }
                Ok(())
            });
            if is_over {
                task.await.map_err(|error| Error::Fault(error.to_string()))??;
                return Ok(count);
            }
            indexing = Some(task);
        }
    }

    /// The works of the next changes after a revision.
    async fn changed_works(&self, revision: u64) -> Result<ChangedWorks, Error> {
        let changes =
            self.works.query(move |catalogue| async move { catalogue.changes(revision, PAGE).await }).await?;
        let revision = changes.last().map_or(revision, |change| change.revision);
        let count = changes.len();
        let numbers: HashSet<String> = changes.into_iter().map(|change| change.object_number).collect();
        let read = |catalogue: crate::catalogue::Catalogue| async move {
            let numbers: Vec<String> = numbers.into_iter().collect();
            let mut stored = catalogue.get_all(&numbers).await?;
            let work = |number: String| {
                let stored = stored.remove(&number);
                (number, stored)
            };
            Ok(numbers.into_iter().map(work).collect::<Vec<_>>())
        };
        let works = self.works.work(read).await?;
        let sizes =
            self.sizes.of(works.iter().filter_map(|(_, stored)| stored.as_ref().map(files)).collect()).await;
        Ok(ChangedWorks { revision, works, sizes, count })
    }
}

/// A work as the index takes it.
pub(super) fn entry<'a>(stored: &'a StoredWork, sizes: &'a [Option<(u32, u32)>]) -> IndexableWork<'a> {
    IndexableWork {
        work: &stored.work,
        tags: &stored.tags,
        notes: &stored.notes,
        picture: stored.picture.as_ref(),
        revision: stored.revision,
        changed_ms: stored.changed_ms,
        sizes,
    }
}
