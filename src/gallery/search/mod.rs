//! Search: the index on this server's disk, which follows the catalogue, and queries of it.

mod concepts;
mod dump;
mod failure;
mod follow;
mod indexer;
mod queries;
mod sizes;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::{Cache, CacheBuilder};
use parking_lot::{Mutex, MutexGuard, RwLock};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use xxhash_rust::xxh3::Xxh3;

use crate::gallery::Error;
use crate::gallery::catalogue_client::CatalogueClient;
use crate::gallery::sources::Sources;
use crate::identity::Identity;
use crate::iiif::Invalid;
use crate::pixels::color::Output;
pub(crate) use dump::Dump;
use failure::{BackgroundRebuild, Failed};

use crate::search::{self, Index, Search, SearchResults, Settings, Snapshot, Sort};

/// The interval at which [`SearchService::catch_up`] checks whether works are indexed.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The time that a search waits for a thread.
const PATIENCE: Duration = Duration::from_secs(5);
/// The time for which later pages of a search by relevance use the snapshot of the first page.
const PINNED: Duration = Duration::from_secs(300);
/// The maximum number of snapshots kept for them.
const PINS: u64 = 8;

/// Memory for the object numbers of recent searches, in bytes.
const NUMBERS: u64 = 16 << 20;

/// The time for which an interrupted dump can be resumed, and the number of snapshots kept for that.
const RESUMED: Duration = Duration::from_secs(3600);
const HELD: u64 = 4;
/// The maximum number of concurrent dumps.
const DUMPS: usize = 32;

/// The search index over all works, and its queries.
pub(crate) struct SearchService {
    /// The parent folder of indexes.
    folder: PathBuf,
    settings: Settings,
    works: Arc<CatalogueClient>,
    sizes: sizes::Sizes,
    tasks: Handle,
    index: RwLock<Option<Arc<Index>>>,
    /// The concepts of the imported vocabularies.
    concepts: RwLock<Arc<search::Concepts>>,
    state: State,
    results: Cache<(u64, u64), Arc<SearchResults>>,
    pins: Cache<u64, Arc<Snapshot>>,
    /// Snapshots of earlier revisions contain works that were withdrawn since.
    oldest_shown: Arc<AtomicU64>,
    /// The object numbers of recent searches' hits, as hashes.
    numbers: Cache<(u64, u64), Arc<HashSet<u64>>>,
    permits: Arc<Semaphore>,
    /// Snapshots of started dumps, by their state.
    held: Cache<u64, Arc<Snapshot>>,
    /// The lengths of dumps in bytes, by name and state.
    dump_lengths: Cache<String, u64>,
    dumps: Arc<Semaphore>,
    rebuild_requested: AtomicBool,
    woken: Notify,
}

/// The progress of the indexer.
#[derive(Default)]
struct State {
    building: AtomicBool,
    done: AtomicU64,
    of: AtomicU64,
    /// The last failure, until a success follows.
    failed: Mutex<Option<Failed>>,
    background: Mutex<BackgroundRebuild>,
    /// The duration of the last build, in milliseconds.
    took_ms: AtomicU64,
}

/// The state of the index, for operators.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct IndexState {
    /// The number of indexed works.
    pub works: u64,
    /// The indexed revision of the catalogue, and the last known one.
    pub revision: u64,
    pub catalogue_revision: u64,
    /// Whether an index is being built, its number of works so far, and its final number.
    pub making: bool,
    pub done: u64,
    pub of: u64,
    /// The duration of the last build, in milliseconds.
    pub last_making_ms: u64,
    pub failed: Option<String>,
    pub folder: Option<String>,
    /// The memory used by the columns, in bytes.
    pub columns_bytes: u64,
}

/// Search results, with the snapshot that they refer to.
pub(crate) struct Hits {
    pub snapshot: Arc<Snapshot>,
    pub found: Arc<SearchResults>,
    /// Whether the results were cached.
    pub known: bool,
}

impl SearchService {
    /// Opens or builds the index in `folder`, and follows the catalogue for as long as the service is used.
    pub(crate) fn start(
        folder: PathBuf,
        settings: &Settings,
        works: Arc<CatalogueClient>,
        (sources, output): (Arc<Sources>, Output),
        tasks: Handle,
    ) -> Arc<Self> {
        let sizes = sizes::Sizes { sources, output };
        let service = Arc::new(Self::new(folder, settings, works, sizes, tasks));
        service.tasks.spawn(indexer::run(Arc::downgrade(&service)));
        service.tasks.spawn(concepts::run(Arc::downgrade(&service)));
        service
    }

    fn new(
        folder: PathBuf,
        settings: &Settings,
        works: Arc<CatalogueClient>,
        sizes: sizes::Sizes,
        tasks: Handle,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, |cores| cores.get());
        let threads = if settings.threads == 0 { cores } else { settings.threads };
        let weigher = |_: &(u64, u64), found: &Arc<SearchResults>| {
            let facets: usize = found.facets.iter().map(|(_, values)| 64 + 16 * values.len()).sum();
            (256 + facets + 8 * found.hits.len() + 16 * found.histogram.len()) as u32
        };
        Self {
            folder,
            settings: settings.clone(),
            works,
            sizes,
            tasks,
            index: RwLock::default(),
            concepts: RwLock::default(),
            state: State::default(),
            results: Cache::builder().max_capacity(settings.answers_mib << 20).weigher(weigher).build(),
            pins: lru_cache(PINS).time_to_live(PINNED).build(),
            oldest_shown: Arc::default(),
            numbers: Cache::builder()
                .max_capacity(NUMBERS)
                .weigher(|_: &(u64, u64), found: &Arc<HashSet<u64>>| (256 + 9 * found.capacity()) as u32)
                .build(),
            permits: Arc::new(Semaphore::new(threads)),
            held: lru_cache(HELD).time_to_live(RESUMED).build(),
            dump_lengths: Cache::new(64),
            dumps: Arc::new(Semaphore::new(DUMPS)),
            rebuild_requested: AtomicBool::new(false),
            woken: Notify::new(),
        }
    }

    /// Whether a snapshot that was kept for somebody has no works that were withdrawn since.
    fn may_be_shown(&self, snapshot: &Snapshot) -> bool {
        snapshot.revision() >= self.oldest_shown.load(Ordering::Acquire)
    }

    /// The index in use.
    fn index(&self) -> Option<Arc<Index>> {
        self.index.read().clone()
    }

    /// The current snapshot.
    ///
    /// # Errors
    /// Returns [`Error::Indexing`] with the progress while the first index is being built, and [`Error::Unindexed`] if
    /// it cannot be built.
    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        match self.index() {
            Some(index) => Ok(index.snapshot()),
            None if let Some(cause) = self.failure() => Err(Error::Unindexed { cause }),
            None => {
                let (done, of) =
                    (self.state.done.load(Ordering::Relaxed), self.state.of.load(Ordering::Relaxed));
                Err(Error::Indexing { percent: (100 * done / of.max(1)).min(99) as u8, retry_after_s: 5 })
            }
        }
    }

    /// Why the index cannot be built or updated, worded for clients.
    pub(crate) fn failure(&self) -> Option<String> {
        self.failed().map(|failed| failed.cause)
    }

    fn failed(&self) -> Option<Failed> {
        let failed = self.state.failed.lock().clone();
        failed.or_else(|| self.background().failed.as_ref().map(|(failed, _)| failed.clone()))
    }

    fn background(&self) -> MutexGuard<'_, BackgroundRebuild> {
        self.state.background.lock()
    }

    /// Whether an index is available.
    pub(crate) fn is_there(&self) -> bool {
        self.index().is_some()
    }

    /// Waits until all works that the catalogue has now are indexed, which may take minutes: for commands only.
    ///
    /// # Errors
    /// Returns an error if works cannot be indexed, or if the catalogue does not respond.
    pub(crate) async fn catch_up(&self) -> Result<(), Error> {
        let last = self.works.query(|catalogue| async move { catalogue.last_revision().await }).await?;
        while self.index().is_none_or(|index| index.snapshot().revision() < last) {
            if let Some(cause) = self.failure() {
                return Err(Error::Unindexed { cause });
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// Searches works. Results are cached per snapshot.
    pub(crate) async fn find(&self, search: Search) -> Result<Hits, Error> {
        let mut snapshot = self.snapshot()?;
        let mut search = search.canonical();
        let own = hash(&search.without_page().identity());
        if let Some(cursor) = &search.cursor {
            if cursor.search != own {
                return Err(Invalid::new(
                    "cursor",
                    "",
                    "belongs to another search: repeat it with the parameters of the page that gave it",
                )
                .into());
            }
            if sorts_by_relevance(&search) && cursor.state != snapshot.state() {
                snapshot = self
                    .pins
                    .get(&cursor.state)
                    .filter(|pinned| self.may_be_shown(pinned))
                    .unwrap_or(snapshot);
            }
        }
        search.limit = search.limit.min(10_000);
        let key = (snapshot.state(), hash(&search.identity()));
        if let Some(found) = self.results.get(&key) {
            return Ok(Hits { snapshot, found, known: true });
        }
        let searched = snapshot.clone();
        let relevance = sorts_by_relevance(&search);
        let mut found = self.query(move || searched.find(&search)).await?;
        if let Some(next) = &mut found.next {
            next.search = own;
            if relevance {
                self.pins.insert(snapshot.state(), snapshot.clone());
            }
        }
        let found = Arc::new(found);
        self.results.insert(key, found.clone());
        Ok(Hits { snapshot, found, known: false })
    }

    /// The object numbers of all hits of a search, as [`search::number_hash`].
    pub(crate) async fn hit_numbers(&self, search: Search) -> Result<Arc<HashSet<u64>>, Error> {
        let (snapshot, search) = (self.snapshot()?, search.canonical());
        let key = (snapshot.state(), hash(&search.without_page().identity()));
        if let Some(found) = self.numbers.get(&key) {
            return Ok(found);
        }
        let found = Arc::new(self.query(move || snapshot.number_hashes(&search)).await?);
        self.numbers.insert(key, found.clone());
        Ok(found)
    }

    /// Runs a query on a blocking thread. The number of concurrent queries is limited; a query waits up to
    /// [`PATIENCE`] for a permit.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        query: impl FnOnce() -> Result<T, search::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = tokio::time::timeout(PATIENCE, self.permits.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(Error::Busy { retry_after_s: 2 }) };
        self.within(permit, query).await
    }

    /// Runs a step of a long job; waits for a permit as long as it takes.
    async fn run_step<T: Send + 'static>(
        &self,
        query: impl FnOnce() -> Result<T, search::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.permits.clone().acquire_owned().await;
        self.within(permit.map_err(|_| Error::Abandoned)?, query).await
    }

    async fn within<T: Send + 'static>(
        &self,
        permit: OwnedSemaphorePermit,
        query: impl FnOnce() -> Result<T, search::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let task = self.tasks.spawn_blocking(move || {
            let result = query();
            drop(permit);
            result
        });
        Ok(task.await.map_err(|error| Error::Fault(error.to_string()))??)
    }

    /// Starts a rebuild of the index; the current index stays in use until the new one is complete.
    pub(crate) fn reindex(&self) {
        self.rebuild_requested.store(true, Ordering::Release);
        self.woken.notify_one();
    }

    /// Drops cached results.
    pub(crate) fn forget(&self) {
        self.results.invalidate_all();
    }

    /// The state of the index.
    pub(crate) fn state(&self) -> IndexState {
        let index = self.index();
        let snapshot = index.as_ref().map(|index| index.snapshot());
        let state = &self.state;
        let number = |number: &AtomicU64| number.load(Ordering::Relaxed);
        IndexState {
            works: snapshot.as_ref().map_or(0, |snapshot| snapshot.works()),
            revision: snapshot.as_ref().map_or(0, |snapshot| snapshot.revision()),
            catalogue_revision: self.works.seen(),
            making: state.building.load(Ordering::Relaxed) || index.is_none(),
            done: number(&state.done),
            of: number(&state.of),
            last_making_ms: number(&state.took_ms),
            failed: self.failed().map(|failed| failed.detail),
            folder: index.map(|index| index.folder().display().to_string()),
            columns_bytes: snapshot.map_or(0, |snapshot| snapshot.memory() as u64),
        }
    }
}

/// A small LRU cache: new entries are always admitted.
fn lru_cache(capacity: u64) -> CacheBuilder<u64, Arc<Snapshot>, Cache<u64, Arc<Snapshot>>> {
    Cache::builder().max_capacity(capacity).eviction_policy(EvictionPolicy::lru())
}

fn sorts_by_relevance(search: &Search) -> bool {
    search.order.sort == Sort::Relevance
}

/// The folder of the indexes of a catalogue, by its address, below that of all indexes.
pub(crate) fn folder_of(folder: &std::path::Path, catalogue: &str) -> std::path::PathBuf {
    folder.join(format!("{:016x}", hash(catalogue)))
}

fn hash(text: &str) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(text.as_bytes());
    // Terminates the text; hashes that clients hold include it.
    hash.update(&[0xff]);
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Filter, Order};

    /// Cursors and the names of index folders contain such hashes.
    #[test]
    fn hashes_are_stable() {
        for (text, expected) in [
            ("", 15_473_502_163_978_278_702),
            ("sqlite:///var/lib/tegl/catalogue.db", 16_360_244_511_713_772_989),
            ("Købke", 14_816_003_296_488_645_422),
        ] {
            assert_eq!(hash(text), expected, "{text}");
        }
        let filter = |scheme: &str, value: &str| Filter { scheme: scheme.into(), value: value.into() };
        let order = |name: &str| Order::parse(name).unwrap();
        let usual = Search::default();
        for (search, expected) in [
            (usual.clone(), 14_363_226_646_043_554_264),
            (Search { q: "heste".into(), ..usual.clone() }, 18_285_192_953_365_180_430),
            (
                Search {
                    any: vec![filter("creator", "anna-ancher")],
                    order: order("-title"),
                    ..usual.clone()
                },
                14_151_788_702_339_945_180,
            ),
            (
                Search {
                    years: Some((1880, 1910)),
                    has_image: Some(true),
                    order: order("date"),
                    ..usual.clone()
                },
                9_283_514_403_755_599_802,
            ),
        ] {
            assert_eq!(hash(&search.without_page().identity()), expected, "{search:?}");
        }
    }
}
