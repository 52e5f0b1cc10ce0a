//! The indexer: builds the index, follows the catalogue's changes, and rebuilds next to the index in use.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::SearchService;
use super::failure::Failed;
use super::follow::{PAGE as CHANGES_PER_PAGE, entry};
use super::sizes::files;
use crate::gallery::backoff::{self, Backoff};
use crate::gallery::{Error, error_chain};
use crate::search::Index;

/// The interval between checks for changes.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The pause after a page or more of changes: what comes meanwhile is indexed and committed together.
const BULK_PAUSE: Duration = Duration::from_secs(1);
/// The interval between checks of a full disk's free space.
const ROOM_INTERVAL: Duration = Duration::from_secs(1);
/// The pause after the catalogue did not respond.
const CATALOGUE_PAUSE: Duration = Duration::from_secs(2);
/// After this many failed writes in a row the index is rebuilt.
const REBUILD_AFTER: u32 = 3;
/// Works per page when the index is built.
const PAGE: usize = 1000;

/// Runs the indexer for as long as the service is used.
pub(super) async fn run(service: Weak<SearchService>) {
    let mut backoff = Backoff::default();
    loop {
        let Some(service) = service.upgrade() else { return };
        let error = match service.update().await {
            Ok(changes) => {
                if backoff.succeeded() {
                    tracing::info!("works are indexed again");
                }
                service.fail(None);
                service.wait(if changes < CHANGES_PER_PAGE { POLL_INTERVAL } else { BULK_PAUSE }).await;
                continue;
            }
            Err(error) => error,
        };
        let room = backoff::room(&service.folder);
        let failed = Failed::new(&error, room, &service.folder);
        // Querying the catalogue again soon costs little.
        let is_catalogue = matches!(error, Error::Catalogue(_));
        if backoff.failed(room) {
            tracing::error!(error = failed.detail, "works cannot be indexed; the server retries by itself");
        }
        service.fail(Some(failed));
        if matches!(error, Error::Fault(_))
            && backoff.failures().is_multiple_of(REBUILD_AFTER)
            && !backoff::is_full(room)
        {
            // Its folder may have been deleted, or another process may hold it.
            service.rebuild_requested.store(true, Ordering::Release);
        }
        if is_catalogue {
            service.wait(CATALOGUE_PAUSE).await;
        } else {
            pause(service, &backoff).await;
        }
    }
}

/// Waits until it is time to retry, or a rebuild is requested. Keeps no reference to the service meanwhile.
async fn pause(service: Arc<SearchService>, backoff: &Backoff) {
    let (failed, service) = (Instant::now(), Arc::downgrade(&service));
    loop {
        let Some(service) = service.upgrade() else { return };
        let is_requested = service.wait(ROOM_INTERVAL).await;
        if is_requested || backoff.is_due(failed.elapsed(), || backoff::room(&service.folder)) {
            return;
        }
    }
}

impl SearchService {
    /// Sleeps, or returns `true` early if a rebuild is requested.
    async fn wait(&self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.woken.notified()).await.is_ok()
    }

    fn fail(&self, failed: Option<Failed>) {
        *self.state.failed.lock() = failed;
    }

    /// Identifies this catalogue: its location and its first change.
    async fn catalogue_id(&self) -> Result<String, Error> {
        let first = self.works.query(|catalogue| async move { catalogue.changes(0, 1).await }).await?;
        let began = first.first().map(|change| format!(" {} {}", change.object_number, change.at_ms));
        Ok(format!("{}{}", self.works.describe(), began.unwrap_or_default()))
    }

    /// The folder of this catalogue's indexes.
    fn catalogue_folder(&self) -> std::path::PathBuf {
        super::folder_of(&self.folder, &self.works.describe())
    }

    /// Opens the index on disk, if it is complete and of this catalogue.
    async fn open(&self) -> Result<(), Error> {
        let (folder, catalogue) = (self.catalogue_folder(), self.catalogue_id().await?);
        let settings = self.settings.clone();
        let opened = self.tasks.spawn_blocking(move || Index::open(&folder, &catalogue, &settings)).await;
        if let Some(index) = opened.map_err(|error| Error::Fault(error.to_string()))?? {
            let snapshot = index.snapshot();
            tracing::info!(
                works = snapshot.works(),
                revision = snapshot.revision(),
                folder = %index.folder().display(),
                "the index of works is open"
            );
            self.replace_index(Arc::new(index));
        }
        Ok(())
    }

    fn replace_index(&self, index: Arc<Index>) {
        index.set_concepts(self.concepts());
        let before = self.index.write().replace(index.clone());
        // They may have changed meanwhile.
        index.set_concepts(self.concepts());
        // Results of the previous index are not needed any more.
        self.results.invalidate_all();
        if let Some(before) = before {
            self.tasks.spawn_blocking(move || before.delete());
        }
    }

    /// Updates the index to the catalogue's last known revision, and returns the number of changes. A rebuild runs next to
    /// the index in use, which keeps following.
    async fn update(self: &Arc<Self>) -> Result<usize, Error> {
        let Some(index) = self.index() else { return self.open_or_build().await.map(|()| 0) };
        let indexed_revision = index.snapshot().revision();
        let last = match self.works.seen() {
            seen if seen >= indexed_revision => seen,
            // The index may be ahead of the follower.
            _ => self.works.query(|catalogue| async move { catalogue.last_revision().await }).await?,
        };
        // With more changes than works a full rebuild is faster; a lower revision means another catalogue.
        let many = self.settings.rebuild_from.max(index.snapshot().works());
        let is_close = last.checked_sub(indexed_revision).is_some_and(|behind| behind <= many);
        if self.rebuild_requested.load(Ordering::Acquire) || !is_close {
            self.rebuild_in_background();
        }
        if !is_close || last == indexed_revision {
            return Ok(0);
        }
        match self.follow(&index, indexed_revision).await {
            // The index was replaced meanwhile.
            Err(_) if !self.index().is_some_and(|current| Arc::ptr_eq(&current, &index)) => Ok(0),
            followed => followed,
        }
    }

    /// Opens the index on disk, or builds the first one.
    async fn open_or_build(&self) -> Result<(), Error> {
        match self.open().await {
            Ok(()) if self.is_there() => return Ok(()),
            Ok(()) => {}
            // Without the catalogue it is unknown which index belongs to it.
            Err(error @ Error::Catalogue(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(
                    error = error_chain(&error),
                    "the index on disk cannot be used; it is rebuilt"
                );
            }
        }
        self.build().await
    }

    /// Starts a rebuild next to the index in use, unless one is running or has just failed.
    fn rebuild_in_background(self: &Arc<Self>) {
        if !self.background().is_due(&self.folder) || self.state.building.swap(true, Ordering::AcqRel) {
            return;
        }
        let service = self.clone();
        self.tasks.spawn(async move {
            let result = service.build().await;
            service.background().record(result, &service.folder);
            service.state.building.store(false, Ordering::Release);
        });
    }

    /// Builds an index of all works, and switches to it when it is complete.
    async fn build(&self) -> Result<(), Error> {
        let began = Instant::now();
        let state = &self.state;
        self.rebuild_requested.store(false, Ordering::Release);
        let count = self.works.query(|catalogue| async move { catalogue.count().await }).await?;
        state.of.store(count, Ordering::Relaxed);
        state.done.store(0, Ordering::Relaxed);
        let index = self.filled_index().await?;
        let took = began.elapsed().as_millis() as u64;
        state.took_ms.store(took, Ordering::Relaxed);
        tracing::info!(works = index.snapshot().works(), ms = took, "the index of works is built");
        self.replace_index(index.clone());
        // Searches work meanwhile, but slower.
        self.tasks.spawn_blocking(move || {
            if let Err(error) = index.merge_segments() {
                let error = Error::from(error);
                tracing::warn!(error = error_chain(&error), "the index's segments could not be merged");
            }
        });
        Ok(())
    }

    async fn filled_index(&self) -> Result<Arc<Index>, Error> {
        let (folder, catalogue) = (self.catalogue_folder(), self.catalogue_id().await?);
        let settings = self.settings.clone();
        // Changes during the build are indexed again afterwards.
        let revision = self.works.query(|catalogue| async move { catalogue.last_revision().await }).await?;
        let created = self.tasks.spawn_blocking(move || Index::create(&folder, &catalogue, &settings)).await;
        let index = Arc::new(created.map_err(|error| Error::Fault(error.to_string()))??);
        match self.fill(&index, revision).await {
            Ok(()) => Ok(index),
            Err(error) => {
                // Deleted before the free space is checked for a retry.
                let _ = self.tasks.spawn_blocking(move || index.delete()).await;
                Err(error)
            }
        }
    }

    async fn fill(&self, index: &Arc<Index>, revision: u64) -> Result<(), Error> {
        let mut after = 0;
        let mut adding: Option<tokio::task::JoinHandle<Result<(), Error>>> = None;
        loop {
            let page =
                self.works.work(move |catalogue| async move { catalogue.scan(after, PAGE).await }).await?;
            if let Some(adding) = adding.take() {
                adding.await.map_err(|error| Error::Fault(error.to_string()))??;
            }
            let Some(last) = page.last().map(|(seq, _)| *seq) else { break };
            after = last;
            self.state.done.fetch_add(page.len() as u64, Ordering::Relaxed);
            let sizes = self.sizes.of(page.iter().map(|(_, stored)| files(stored)).collect()).await;
            let index = index.clone();
            adding = Some(self.tasks.spawn_blocking(move || {
                for ((_, stored), sizes) in page.iter().zip(&sizes) {
                    index.add(entry(stored, sizes).document())?;
                }
                Ok(())
            }));
        }
        let filled = index.clone();
        let committed = self.tasks.spawn_blocking(move || filled.commit(revision)).await;
        committed.map_err(|error| Error::Fault(error.to_string()))??;
        // Catches up before the switch, so that no change is missing in between.
        while self.follow(index, index.snapshot().revision()).await? > 0 {}
        Ok(())
    }
}
