//! Keeping the index true: made where there is none, changed where works change, made anew beside the one in use.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::SearchService;
use super::failure::Failed;
use super::sizes::files;
use crate::catalogue::StoredWork;
use crate::gallery::retry::{self, Retry};
use crate::gallery::{Error, told};
use crate::search::{Index, IndexableWork};

/// How often changes are looked for.
const FOLLOWED: Duration = Duration::from_millis(100);
/// How often it is looked whether a full disk has room again.
const LOOKED: Duration = Duration::from_secs(1);
/// How long to wait after the catalogue did not answer.
const CATALOGUE: Duration = Duration::from_secs(2);
/// An index that could not be written to so many times in a row is made anew.
const GIVEN_UP: u32 = 3;
/// Works of one commit.
const BATCH: usize = 2000;
/// Works that are read at once when the index is made.
const PAGE: usize = 1000;

/// Keeps an index for as long as somebody asks it.
pub async fn keep(finder: Weak<SearchService>) {
    let mut retry = Retry::default();
    loop {
        let Some(finder) = finder.upgrade() else { return };
        let Err(error) = finder.keep_up().await else {
            if retry.succeeded() {
                tracing::info!("works are indexed again");
            }
            finder.fail(None);
            finder.rest(FOLLOWED).await;
            continue;
        };
        let room = retry::room(&finder.folder);
        let failed = Failed::new(&error, room, &finder.folder);
        // The catalogue is asked again soon: that costs little.
        let is_catalogue = matches!(error, Error::Catalogue(_));
        if retry.failed(room) {
            tracing::error!(error = failed.detail, "works cannot be indexed; it is tried again by itself");
        }
        finder.fail(Some(failed));
        if matches!(error, Error::Fault(_))
            && retry.failures().is_multiple_of(GIVEN_UP)
            && !retry::is_full(room)
        {
            // Its folder may be gone, or held by another.
            finder.wanted.store(true, Ordering::Release);
        }
        if is_catalogue {
            finder.rest(CATALOGUE).await;
        } else {
            pause(finder, &retry).await;
        }
    }
}

/// Waits until it is time to try again, or somebody wants it. The finder is not held meanwhile.
async fn pause(finder: Arc<SearchService>, retry: &Retry) {
    let (failed, finder) = (Instant::now(), Arc::downgrade(&finder));
    loop {
        let Some(finder) = finder.upgrade() else { return };
        let is_wanted = finder.rest(LOOKED).await;
        if is_wanted || retry.is_due(failed.elapsed(), || retry::room(&finder.folder)) {
            return;
        }
    }
}

impl SearchService {
    /// Waits that long, or until somebody wants something: whether somebody does.
    async fn rest(&self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.woken.notified()).await.is_ok()
    }

    fn fail(&self, failed: Option<Failed>) {
        *self.state.failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = failed;
    }

    /// What tells this catalogue from others: where it is, and how it began.
    async fn catalogue(&self) -> Result<String, Error> {
        let first = self.works.ask(|catalogue| async move { catalogue.changes(0, 1).await }).await?;
        let began = first.first().map(|change| format!(" {} {}", change.object_number, change.at_ms));
        Ok(format!("{}{}", self.works.describe(), began.unwrap_or_default()))
    }

    /// Where indexes of this catalogue lie.
    fn place(&self) -> std::path::PathBuf {
        self.folder.join(format!("{:016x}", super::hash(&self.works.describe())))
    }

    /// Takes up the index that is on disk, if it is whole and of this catalogue.
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
        // What was found in the one before is not asked for again.
        self.answers.invalidate_all();
        if let Some(before) = before {
            self.tasks.spawn_blocking(move || before.delete());
        }
    }

    /// Brings the index up to the catalogue's last known revision. One that is made anew is made beside, while the one
    /// in use goes on following.
    async fn keep_up(self: &Arc<Self>) -> Result<(), Error> {
        let Some(index) = self.index() else { return self.begin().await };
        let shown = index.snapshot().revision();
        let last = match self.works.seen() {
            seen if seen >= shown => seen,
            // What others write may be followed before it is seen.
            _ => self.works.ask(|catalogue| async move { catalogue.last_revision().await }).await?,
        };
        // So many changes are laid down sooner from the beginning; and what went back is another catalogue.
        let near = last.checked_sub(shown).is_some_and(|behind| behind <= self.settings.rebuild_from);
        if self.wanted.load(Ordering::Acquire) || !near {
            self.make_beside();
        }
        if !near || last == shown {
            return Ok(());
        }
        match self.follow(&index, shown).await {
            // Another has taken its place meanwhile.
            Err(_) if !self.index().is_some_and(|current| Arc::ptr_eq(&current, &index)) => Ok(()),
            followed => followed,
        }
    }

    /// Takes up the index that is on disk, or makes the first one.
    async fn begin(&self) -> Result<(), Error> {
        match self.open().await {
            Ok(()) if self.is_there() => return Ok(()),
            Ok(()) => {}
            // Which index is this catalogue's is not known before it answers.
            Err(error @ Error::Catalogue(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(error = told(&error), "the index on disk cannot be used; it is made anew");
            }
        }
        self.make().await
    }

    /// Begins to make an index beside the one in use, unless one is being made, or failed to be made just now.
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

    /// Lays down what changed behind a revision.
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

    /// Makes an index of all works, and takes it into use when it is whole.
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
        // Searches work meanwhile, only slower.
        self.tasks.spawn_blocking(move || {
            if let Err(error) = index.merge_segments() {
                let error = Error::from(error);
                tracing::warn!(error = told(&error), "the index could not be gathered into few parts");
            }
        });
        Ok(())
    }

    async fn made(&self) -> Result<Arc<Index>, Error> {
        let (folder, catalogue) = (self.place(), self.catalogue().await?);
        let memory = self.settings.memory_mib;
        // What changes while it is made is laid down again afterwards.
        let revision = self.works.ask(|catalogue| async move { catalogue.last_revision().await }).await?;
        let made = self.tasks.spawn_blocking(move || Index::create(&folder, &catalogue, memory)).await;
        let index = Arc::new(made.map_err(|error| Error::Fault(error.to_string()))??);
        match self.fill(&index, revision).await {
            Ok(()) => Ok(index),
            Err(error) => {
                // What it took is free again before anybody looks how much room there is.
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
        // What changed meanwhile is not to be missed for a moment.
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
