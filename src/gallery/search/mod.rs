//! Finding works: an index on this server's disk that follows the catalogue, and the searches over it.

mod failure;
mod indexer;
mod sizes;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::{Cache, CacheBuilder};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use xxhash_rust::xxh3::Xxh3;

use crate::gallery::Error;
use crate::gallery::catalogue_client::CatalogueClient;
use crate::gallery::sources::Sources;
use crate::identity::Identity;
use crate::iiif::Invalid;
use crate::pixels::colour::Output;
use failure::{Beside, Failed};

use crate::search::{self, Index, Search, SearchResults, Settings, Snapshot, Sort};

/// How long a search waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long pages of a search by relevance go on in the index that they began in.
const PINNED: Duration = Duration::from_secs(300);
/// How many older states of the index are held for that.
const PINS: u64 = 8;

/// How long a dump that was broken off can be gone on with, and how many states of the index are held for that.
const RESUMED: Duration = Duration::from_secs(3600);
const HELD: u64 = 4;
/// Dumps that are sent at one time.
const DUMPS: usize = 32;

/// The index over all works, as it is kept and asked.
pub struct SearchService {
    /// Where indexes lie, each in a folder of its own.
    folder: PathBuf,
    settings: Settings,
    works: Arc<CatalogueClient>,
    sizes: sizes::Sizes,
    tasks: Handle,
    index: RwLock<Option<Arc<Index>>>,
    state: State,
    answers: Cache<(u64, u64), Arc<SearchResults>>,
    pins: Cache<u64, Arc<Snapshot>>,
    turns: Arc<Semaphore>,
    /// States of the index that dumps were begun in, by what tells them apart.
    held: Cache<u64, Arc<Snapshot>>,
    /// How long dumps are, by their names and states.
    lengths: Cache<String, u64>,
    dumps: Arc<Semaphore>,
    /// Somebody wants the index made anew.
    wanted: AtomicBool,
    woken: Notify,
}

/// How far the index is.
#[derive(Default)]
struct State {
    making: AtomicBool,
    done: AtomicU64,
    of: AtomicU64,
    /// What went wrong last, if nothing went well since.
    failed: Mutex<Option<Failed>>,
    beside: Mutex<Beside>,
    /// How long the last making took, in milliseconds.
    took_ms: AtomicU64,
}

/// How far the index is, for those who keep the server.
#[derive(Clone, Debug, Serialize)]
pub struct IndexState {
    /// Works that can be found.
    pub works: u64,
    /// The catalogue's revision that the index shows, and the one that the catalogue is at.
    pub revision: u64,
    pub catalogue_revision: u64,
    /// Whether an index is being made, how many works it has and how many there will be.
    pub making: bool,
    pub done: u64,
    pub of: u64,
    /// How long the last making took, in milliseconds.
    pub last_making_ms: u64,
    pub failed: Option<String>,
    pub folder: Option<String>,
    /// Memory that columns take, in bytes.
    pub columns_bytes: u64,
}

/// What was found, and the state of the index that it was found in.
pub struct Hits {
    pub snapshot: Arc<Snapshot>,
    pub found: Arc<SearchResults>,
    /// Whether it had been found before.
    pub known: bool,
}

impl SearchService {
    /// Opens or builds the index in `folder`, and follows the catalogue for as long as the service is used.
    pub fn start(
        folder: PathBuf,
        settings: &Settings,
        works: Arc<CatalogueClient>,
        (sources, output): (Arc<Sources>, Output),
        tasks: Handle,
    ) -> Arc<Self> {
        let sizes = sizes::Sizes { sources, output };
        let service = Arc::new(Self::new(folder, settings, works, sizes, tasks));
        service.tasks.spawn(indexer::keep(Arc::downgrade(&service)));
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
            state: State::default(),
            answers: Cache::builder().max_capacity(settings.answers_mib << 20).weigher(weigher).build(),
            pins: newest(PINS).time_to_live(PINNED).build(),
            turns: Arc::new(Semaphore::new(threads)),
            held: newest(HELD).time_to_live(RESUMED).build(),
            lengths: Cache::new(64),
            dumps: Arc::new(Semaphore::new(DUMPS)),
            wanted: AtomicBool::new(false),
            woken: Notify::new(),
        }
    }

    /// The index in use.
    fn index(&self) -> Option<Arc<Index>> {
        self.index.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// The works as they can be found now; an error that says how far the index is where there is none yet.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
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

    /// Why the index can neither be made nor changed just now, in words for anybody.
    pub fn failure(&self) -> Option<String> {
        self.failed().map(|failed| failed.cause)
    }

    fn failed(&self) -> Option<Failed> {
        let failed = self.state.failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        failed.or_else(|| self.beside().failed.as_ref().map(|(failed, _)| failed.clone()))
    }

    fn beside(&self) -> MutexGuard<'_, Beside> {
        self.state.beside.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Whether works can be found at all.
    pub fn is_there(&self) -> bool {
        self.index().is_some()
    }

    /// Looks for works; what was found before in the same state of the index is told again.
    pub async fn find(&self, search: Search) -> Result<Hits, Error> {
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
            if by_relevance(&search) && cursor.state != snapshot.state() {
                snapshot = self.pins.get(&cursor.state).unwrap_or(snapshot);
            }
        }
        search.limit = search.limit.min(10_000);
        let key = (snapshot.state(), hash(&search.identity()));
        if let Some(found) = self.answers.get(&key) {
            return Ok(Hits { snapshot, found, known: true });
        }
        let looked_in = snapshot.clone();
        let relevance = by_relevance(&search);
        let mut found = self.ask(move || looked_in.find(&search)).await?;
        if let Some(next) = &mut found.next {
            next.search = own;
            if relevance {
                self.pins.insert(snapshot.state(), snapshot.clone());
            }
        }
        let found = Arc::new(found);
        self.answers.insert(key, found.clone());
        Ok(Hits { snapshot, found, known: false })
    }

    /// Looks something up on a thread of its own, as many at a time as there are turns.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> Result<T, search::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Error::Busy { retry_after_s: 2 }) };
        self.within(turn, question).await
    }

    /// The same for a part of long work, which waits for its turns as long as it takes.
    pub async fn go_on<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> Result<T, search::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = self.turns.clone().acquire_owned().await;
        self.within(turn.map_err(|_| Error::Abandoned)?, question).await
    }

    async fn within<T: Send + 'static>(
        &self,
        turn: OwnedSemaphorePermit,
        question: impl FnOnce() -> Result<T, search::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let asked = self.tasks.spawn_blocking(move || {
            let answer = question();
            drop(turn);
            answer
        });
        Ok(asked.await.map_err(|error| Error::Fault(error.to_string()))??)
    }

    /// Holds a state of the index for those who go on with a dump of it.
    pub fn hold(&self, snapshot: &Arc<Snapshot>) {
        self.held.insert(snapshot.state(), snapshot.clone());
    }

    /// The state that is held, or is the one of now, and fits.
    pub fn held(&self, fits: impl Fn(u64) -> bool) -> Option<Arc<Snapshot>> {
        let now = self.snapshot().ok().filter(|snapshot| fits(snapshot.state()));
        now.or_else(|| {
            self.held.get(self.held.iter().map(|(state, _)| *state).find(|state| fits(*state)).as_ref()?)
        })
    }

    /// How long dumps have turned out to be.
    pub fn lengths(&self) -> &Cache<String, u64> {
        &self.lengths
    }

    /// The right to make a dump, which ends when it is dropped; refused where enough are being made.
    pub fn dump(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.dumps.clone().try_acquire_owned().map_err(|_| Error::Busy { retry_after_s: 30 })
    }

    /// Where long work is done.
    pub fn tasks(&self) -> &Handle {
        &self.tasks
    }

    /// Makes the index anew; the one in use stays until the new one is whole.
    pub fn reindex(&self) {
        self.wanted.store(true, Ordering::Release);
        self.woken.notify_one();
    }

    /// Forgets what was found before.
    pub fn forget(&self) {
        self.answers.invalidate_all();
    }

    /// How far the index is.
    pub fn state(&self) -> IndexState {
        let index = self.index();
        let snapshot = index.as_ref().map(|index| index.snapshot());
        let state = &self.state;
        let number = |number: &AtomicU64| number.load(Ordering::Relaxed);
        IndexState {
            works: snapshot.as_ref().map_or(0, |snapshot| snapshot.works()),
            revision: snapshot.as_ref().map_or(0, |snapshot| snapshot.revision()),
            catalogue_revision: self.works.seen(),
            making: state.making.load(Ordering::Relaxed) || index.is_none(),
            done: number(&state.done),
            of: number(&state.of),
            last_making_ms: number(&state.took_ms),
            failed: self.failed().map(|failed| failed.detail),
            folder: index.map(|index| index.folder().display().to_string()),
            columns_bytes: snapshot.map_or(0, |snapshot| snapshot.weight() as u64),
        }
    }
}

/// A memory of what was used last: what is new is always taken in.
fn newest(most: u64) -> CacheBuilder<u64, Arc<Snapshot>, Cache<u64, Arc<Snapshot>>> {
    Cache::builder().max_capacity(most).eviction_policy(EvictionPolicy::lru())
}

fn by_relevance(search: &Search) -> bool {
    search.order.sort == Sort::Relevance
}

fn hash(text: &str) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(text.as_bytes());
    // The end of a text, as when this began.
    hash.update(&[0xff]);
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Filter, Order};

    /// Cursors hold such hashes, and the folders of indexes are called after them.
    #[test]
    fn hashes_stay_as_they_are() {
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
