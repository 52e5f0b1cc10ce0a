//! The indexer: builds the index, follows the catalogue's changes, and rebuilds next to the index in use.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::SearchService;
use super::failure::Failed;
use super::sizes::files;
use crate::catalogue::StoredWork;
use crate::gallery::backoff::{self, Backoff};
use crate::gallery::{Error, error_chain};
use crate::search::{Index, IndexableWork};

/// The interval between checks for changes.
const FOLLOWED: Duration = Duration::from_millis(100);
/// The interval between checks whether a full disk has room again.
const LOOKED: Duration = Duration::from_secs(1);
/// The pause after the catalogue did not respond.
const CATALOGUE: Duration = Duration::from_secs(2);
/// After this many failed writes in a row the index is rebuilt.
const GIVEN_UP: u32 = 3;
/// Works per commit.
const BATCH: usize = 2000;
/// Works per page when the index is built.
const PAGE: usize = 1000;

/// Runs the indexer for as long as the service is used.
pub(super) async fn keep(finder: Weak<SearchService>) {
    let mut backoff = Backoff::default();
    loop {
        let Some(finder) = finder.upgrade() else { return };
        let Err(error) = finder.keep_up().await else {
            if backoff.succeeded() {
                tracing::info!("works are indexed again");
            }
            finder.fail(None);
            finder.rest(FOLLOWED).await;
            continue;
        };
        let room = backoff::room(&finder.folder);
        let failed = Failed::new(&error, room, &finder.folder);
        // Asking the catalogue again soon costs little.
        let is_catalogue = matches!(error, Error::Catalogue(_));
        if backoff.failed(room) {
            tracing::error!(error = failed.detail, "works cannot be indexed; it is tried again by itself");
        }
        finder.fail(Some(failed));
        if matches!(error, Error::Fault(_))
            && backoff.failures().is_multiple_of(GIVEN_UP)
            && !backoff::is_full(room)
        {
            // Its folder may have been deleted, or another process may hold it.
            finder.wanted.store(true, Ordering::Release);
        }
        if is_catalogue {
            finder.rest(CATALOGUE).await;
        } else {
            pause(finder, &backoff).await;
        }
    }
}

/// Waits until it is time to retry, or a rebuild is requested. Keeps no reference to the service meanwhile.
async fn pause(finder: Arc<SearchService>, backoff: &Backoff) {
    let (failed, finder) = (Instant::now(), Arc::downgrade(&finder));
    loop {
        let Some(finder) = finder.upgrade() else { return };
        let is_wanted = finder.rest(LOOKED).await;
        if is_wanted || backoff.is_due(failed.elapsed(), || backoff::room(&finder.folder)) {
            return;
        }
    }
}

impl SearchService {
    /// Sleeps, or returns `true` early if a rebuild is requested.
    async fn rest(&self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.woken.notified()).await.is_ok()
    }

    fn fail(&self, failed: Option<Failed>) {
        *self.state.failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = failed;
    }

    /// Identifies this catalogue: its location and its first change.
    async fn catalogue(&self) -> Result<String, Error> {
        let first = self.works.ask(|catalogue| async move { catalogue.changes(0, 1).await }).await?;
        let began = first.first().map(|change| format!(" {} {}", change.object_number, change.at_ms));
        Ok(format!("{}{}", self.works.describe(), began.unwrap_or_default()))
    }

    /// The folder of this catalogue's indexes.
    fn place(&self) -> std::path::PathBuf {
        self.folder.join(format!("{:016x}", super::hash(&self.works.describe())))
    }

    /// Opens the index on disk, if it is complete and of this catalogue.
    async fn open(&self) -> Result<(), Error> {
        let (folder, catalogue) = (self.place(), self.catalogue().await?);
        let memory = self.settings.memory_mib;
        let opened = self.tasks.spawn_blocking(move || Index::open(&folder, &catalogue, memory)).await;
        if let Some(index) = opened.map_err(|error| Error::Fault(error.to_string()))?? {
            let snapshot = index.snapshot();
            tracing::info!(
                works = snapshot.works(),
                revision = snapshot.revision(),
                folder = %index.folder().display(),
                "the index of works is open"
            );
            self.take(Arc::new(index));
        }
        Ok(())
    }

    fn take(&self, index: Arc<Index>) {
        let before = self.index.write().unwrap_or_else(|poisoned| poisoned.into_inner()).replace(index);
        // Results of the previous index are not needed any more.
        self.answers.invalidate_all();
        if let Some(before) = before {
            self.tasks.spawn_blocking(move || before.delete());
        }
    }

    /// Updates the index to the catalogue's last known revision. A rebuild runs next to the index in use, which keeps
    /// following.
    async fn keep_up(self: &Arc<Self>) -> Result<(), Error> {
        let Some(index) = self.index() else { return self.begin().await };
        let shown = index.snapshot().revision();
        let last = match self.works.seen() {
            seen if seen >= shown => seen,
            // The index may be ahead of the follower.
            _ => self.works.ask(|catalogue| async move { catalogue.last_revision().await }).await?,
        };
        // Beyond this many changes a full rebuild is faster; and a revision that went back means another catalogue.
        let near = last.checked_sub(shown).is_some_and(|behind| behind <= self.settings.rebuild_from);
        if self.wanted.load(Ordering::Acquire) || !near {
            self.make_beside();
        }
        if !near || last == shown {
            return Ok(());
        }
        match self.follow(&index, shown).await {
            // The index was replaced meanwhile.
            Err(_) if !self.index().is_some_and(|current| Arc::ptr_eq(&current, &index)) => Ok(()),
            followed => followed,
        }
    }

    /// Opens the index on disk, or builds the first one.
    async fn begin(&self) -> Result<(), Error> {
        match self.open().await {
            Ok(()) if self.is_there() => return Ok(()),
            Ok(()) => {}
            // Without the catalogue it is unknown which index belongs to it.
            Err(error @ Error::Catalogue(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(
                    error = error_chain(&error),
                    "the index on disk cannot be used; it is made anew"
                );
            }
        }
        self.make().await
    }

    /// Starts a rebuild next to the index in use, unless one is running or has just failed.
    fn make_beside(self: &Arc<Self>) {
        if !self.beside().is_due(&self.folder) || self.state.making.swap(true, Ordering::AcqRel) {
            return;
        }
        let finder = self.clone();
        self.tasks.spawn(async move {
            let made = finder.make().await;
            finder.beside().note(made, &finder.folder);
            finder.state.making.store(false, Ordering::Release);
        });
    }

    /// Indexes the changes after a revision.
    async fn follow(&self, index: &Arc<Index>, shown: u64) -> Result<(), Error> {
        let changes =
            self.works.ask(move |catalogue| async move { catalogue.changes(shown, BATCH).await }).await?;
        let Some(last) = changes.last().map(|change| change.revision) else { return Ok(()) };
        let numbers: HashSet<String> = changes.into_iter().map(|change| change.object_number).collect();
        let read = |catalogue: crate::catalogue::Catalogue| async move {
            let mut works = Vec::with_capacity(numbers.len());
            for number in numbers {
                let stored = catalogue.get(&number).await?;
                works.push((number, stored));
            }
            Ok(works)
        };
        let works = self.works.work(read).await?;
        let there = works.iter().filter_map(|(_, stored)| stored.as_ref().map(files)).collect();
        let mut sizes = self.sizes.of(there).await.into_iter();
        let index = index.clone();
        let laid = self.tasks.spawn_blocking(move || {
            for (number, stored) in works {
                let sizes = stored.as_ref().and_then(|_| sizes.next()).unwrap_or_default();
                match stored.filter(|stored| !stored.removed) {
                    Some(stored) => index.put(&entry(&stored, &sizes))?,
                    None => index.remove(&number)?,
                }
            }
            index.commit(last)
        });
        Ok(laid.await.map_err(|error| Error::Fault(error.to_string()))??)
    }

    /// Builds an index of all works, and puts it to use when it is complete.
    async fn make(&self) -> Result<(), Error> {
        let began = Instant::now();
        let state = &self.state;
        self.wanted.store(false, Ordering::Release);
        let count = self.works.ask(|catalogue| async move { catalogue.count().await }).await?;
        state.of.store(count, Ordering::Relaxed);
        state.done.store(0, Ordering::Relaxed);
        let index = self.made().await?;
        let took = began.elapsed().as_millis() as u64;
        state.took_ms.store(took, Ordering::Relaxed);
        tracing::info!(works = index.snapshot().works(), ms = took, "the index of works is made");
        self.take(index.clone());
        // Searches work meanwhile, but slower.
        self.tasks.spawn_blocking(move || {
            if let Err(error) = index.merge_segments() {
                let error = Error::from(error);
                tracing::warn!(error = error_chain(&error), "the index could not be gathered into few parts");
            }
        });
        Ok(())
    }

    async fn made(&self) -> Result<Arc<Index>, Error> {
        let (folder, catalogue) = (self.place(), self.catalogue().await?);
        let memory = self.settings.memory_mib;
        // Changes during the build are indexed again afterwards.
        let revision = self.works.ask(|catalogue| async move { catalogue.last_revision().await }).await?;
        let made = self.tasks.spawn_blocking(move || Index::create(&folder, &catalogue, memory)).await;
        let index = Arc::new(made.map_err(|error| Error::Fault(error.to_string()))??);
        match self.fill(&index, revision).await {
            Ok(()) => Ok(index),
            Err(error) => {
                // Its space is free again before anyone checks how much room there is.
                let _ = self.tasks.spawn_blocking(move || index.delete()).await;
                Err(error)
            }
        }
    }

    async fn fill(&self, index: &Arc<Index>, revision: u64) -> Result<(), Error> {
        let mut after = 0;
        let mut laying: Option<tokio::task::JoinHandle<Result<(), Error>>> = None;
        loop {
            let page =
                self.works.work(move |catalogue| async move { catalogue.scan(after, PAGE).await }).await?;
            if let Some(laying) = laying.take() {
                laying.await.map_err(|error| Error::Fault(error.to_string()))??;
            }
            let Some(last) = page.last().map(|(seq, _)| *seq) else { break };
            after = last;
            self.state.done.fetch_add(page.len() as u64, Ordering::Relaxed);
            let sizes = self.sizes.of(page.iter().map(|(_, stored)| files(stored)).collect()).await;
            let index = index.clone();
            laying = Some(self.tasks.spawn_blocking(move || {
                for ((_, stored), sizes) in page.iter().zip(&sizes) {
                    index.add(entry(stored, sizes).document())?;
                }
                Ok(())
            }));
        }
        let filled = index.clone();
        let committed = self.tasks.spawn_blocking(move || filled.commit(revision)).await;
        committed.map_err(|error| Error::Fault(error.to_string()))??;
        // Catches up before the index is put to use, so that no change is missing for a moment.
        loop {
            let shown = index.snapshot().revision();
            self.follow(index, shown).await?;
            if index.snapshot().revision() == shown {
                return Ok(());
            }
        }
    }
}

fn entry<'a>(stored: &'a StoredWork, sizes: &'a [Option<(u32, u32)>]) -> IndexableWork<'a> {
    IndexableWork {
        work: &stored.work,
        tags: &stored.tags,
        revision: stored.revision,
        changed_ms: stored.changed_ms,
        sizes,
    }
}
