//! A bounded cache of bytes on a local disk, behind the caches in memory: ranges of remote objects, and rendered
//! responses. It survives a restart.
//!
//! - Names are hashes of all that determines the bytes, above all of the object's version: bytes of a replaced object are
//!   never found.
//! - An entry is a file with a checksum, which is compared at each read. Damaged entries are removed and read again from
//!   where they came.
//! - Bounded by space and by number of files. `quick_cache` decides what is evicted: what is requested once, by a crawler,
//!   does not replace what is requested often. It takes 85 bytes of memory per entry; `moka` takes 320.
//! - One thread writes and removes; requests never wait for it. What it cannot keep up with is not kept.
//! - Files that the system has in its page cache are read without waiting, by the thread that responds.
//! - A full or failing disk is reported once, and the server goes on without the cache.
//! - A folder belongs to one user and one process. A second process goes on without it.
//!
//! Files, and not a storage engine, by measurement (entries of 20 kB, 50,000 to 100,000 of them, in the page cache; CPU per
//! entry, 8 µs of each write are the benchmark's own):
//!
//! | | read | written | memory | opening |
//! |---|--:|--:|--:|--:|
//! | these files | 8 µs | 50 µs | 4 MiB | 0.3 s, in the background |
//! | `foyer` 0.22, block engine | 58 µs | 26 µs | 6 to 12 MiB | 0.03 s |
//! | `fjall` 3, values apart | 9 µs | 48 µs | 51 to 205 MiB | 0.2 s |
//! | `redb` 3 | 8 µs | 55 µs, 1.6 times the space | 19 MiB | 0.02 s |
//! | `cacache` 13 | 16 to 26 µs | 117 µs, 1.5 times the space | 3 MiB | – |
//!
//! A stored tile of a local folder takes 24 µs of CPU in all, so a read by `foyer`, which changes threads twice, would
//! cost more than twice the tile. `fjall` and `redb` cannot read without waiting for the disk, evict nothing, and need
//! their own compaction.

mod entry;
mod folder;
mod index;
mod keeper;
mod settings;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use bytes::Bytes;
use metrics::Counter;
use tokio::sync::oneshot;
use xxhash_rust::xxh3::Xxh3;

pub(crate) use entry::Name;
use entry::{HEADER, Miss, Wait};
use folder::Folder;
pub(crate) use folder::Unusable;
use index::Index;
use keeper::{Job, Keeper};
pub use settings::DiskSettings;

use super::{Error, runtime};

/// The longest entry, in bytes: longer ones are read from where they come.
const LONGEST: usize = 8 << 20;
/// The most bytes that wait to be written; what comes meanwhile is not kept.
const MOST_QUEUED: u64 = 32 << 20;
/// How long a request waits for the disk. It then reads from where the bytes come.
const PATIENCE: Duration = Duration::from_secs(1);

/// A cache on a local disk.
pub(crate) struct DiskCache {
    shared: Arc<Shared>,
    jobs: Sender<Job>,
}

/// What requests and the writing thread share.
struct Shared {
    folder: Folder,
    index: Index,
    /// Whether the index has the files of earlier processes; until then they are found without it.
    is_recovered: AtomicBool,
    /// Whether the cache is not used any more.
    is_off: AtomicBool,
    /// Whether a damaged entry has been reported.
    has_reported: AtomicBool,
    /// The bytes that wait to be written.
    queued: AtomicU64,
    /// The jobs that are not done.
    jobs: AtomicU64,
    counters: Counters,
}

struct Counters {
    /// Hits and misses of each [`Kind`].
    lookups: [[Counter; 2]; Kind::ALL.len()],
    damaged: Counter,
    kept: Counter,
    dropped: Counter,
    failed: Counter,
}

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The version of a remote object.
    Version,
    /// The start of a remote object, with the index of its tiles.
    Index,
    /// Another range of a remote object: a tile.
    Tile,
    /// A rendered response.
    Answer,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Version, Self::Index, Self::Tile, Self::Answer];

    /// The value of the label `kind` of metrics.
    fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Index => "index",
            Self::Tile => "tile",
            Self::Answer => "answer",
        }
    }
}

/// The result of a lookup that does not wait.
pub(crate) enum Lookup {
    Found(Bytes),
    Missing,
    /// The disk has to be waited for: [`DiskCache::get`].
    Cold,
}

impl DiskCache {
    /// Opens the cache in a folder, which is created if it is missing.
    ///
    /// # Errors
    /// Returns [`Unusable::Misconfigured`] if other users may write to the folder, and [`Unusable::Unavailable`] if
    /// another process uses it or nothing can be written there.
    pub(crate) fn open(folder: &Path, settings: &DiskSettings) -> Result<Arc<Self>, Unusable> {
        let folder = Folder::open(folder)?;
        let index = Index::new(settings)?;
        let writes =
            |result: &'static str| metrics::counter!("tegl_disk_cache_writes_total", "result" => result);
        let lookups = |kind: Kind| {
            let count = |result: &'static str| metrics::counter!("tegl_disk_cache_total", "kind" => kind.name(), "result" => result);
            [count("hit"), count("miss")]
        };
        let shared = Arc::new(Shared {
            folder,
            index,
            is_recovered: AtomicBool::new(false),
            is_off: AtomicBool::new(false),
            has_reported: AtomicBool::new(false),
            queued: AtomicU64::new(0),
            jobs: AtomicU64::new(0),
            counters: Counters {
                lookups: Kind::ALL.map(lookups),
                damaged: metrics::counter!("tegl_disk_cache_damaged_total"),
                kept: writes("kept"),
                dropped: writes("dropped"),
                failed: writes("failed"),
            },
        });
        let (jobs, queue) = channel();
        let keeper = Keeper::new(shared.clone());
        let (found, finder) = (shared.clone(), jobs.clone());
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop);
            spawned.map_err(|error| Unusable::Unavailable(error.to_string()))
        };
        spawn("disk-cache", Box::new(move || keeper.run(&queue)))?;
        spawn("disk-recovery", Box::new(move || keeper::recover(&found, &finder)))?;
        Ok(Arc::new(Self { shared, jobs }))
    }

    /// The folder of entries.
    pub(crate) fn folder(&self) -> &Path {
        &self.shared.folder.path
    }

    /// The entry, appended to `prefix`, if the system has it in memory.
    pub(crate) fn get_now(&self, kind: Kind, name: &Name, prefix: &[u8]) -> Lookup {
        if !self.shared.may_have(name) {
            return Lookup::Missing;
        }
        match self.shared.read(name, prefix, Wait::Never) {
            Ok(bytes) => {
                self.shared.counters.hit(kind);
                Lookup::Found(bytes)
            }
            Err(Miss::Cold) => Lookup::Cold,
            Err(_) => Lookup::Missing,
        }
    }

    /// The entry, appended to `prefix`; waits for the disk, but not longer than reading from elsewhere takes. `None` counts
    /// as a miss: what is missing has to be made or read elsewhere.
    pub(crate) async fn get(&self, kind: Kind, name: &Name, prefix: &[u8]) -> Option<Bytes> {
        let counters = &self.shared.counters;
        match self.get_now(kind, name, prefix) {
            Lookup::Found(bytes) => return Some(bytes),
            Lookup::Missing => {
                counters.miss(kind);
                return None;
            }
            Lookup::Cold => {}
        }
        let (shared, name, prefix) = (self.shared.clone(), *name, prefix.to_vec());
        let read = move || Ok(shared.read(&name, &prefix, Wait::Allowed).ok());
        let found = runtime::block(PATIENCE, read).await.ok().flatten();
        match &found {
            Some(_) => counters.hit(kind),
            None => counters.miss(kind),
        }
        found
    }

    /// Keeps an entry, instead of an earlier one.
    pub(crate) fn put(&self, name: &Name, bytes: &[u8]) {
        let shared = &self.shared;
        let length = (HEADER + bytes.len()) as u64;
        if bytes.len() > LONGEST || shared.is_off.load(Relaxed) {
            return;
        }
        if shared.queued.fetch_add(length, Relaxed) + length > MOST_QUEUED {
            shared.queued.fetch_sub(length, Relaxed);
            shared.counters.dropped.increment(1);
            return;
        }
        self.send(Job::Put(*name, entry::encode(name, bytes)));
    }

    /// Removes an entry later.
    pub(crate) fn discard(&self, name: &Name) {
        self.send(Job::Remove(*name, None));
    }

    /// Removes an entry, and what is queued under its name.
    pub(crate) async fn remove(&self, name: &Name) {
        if !self.shared.may_have(name) && self.shared.jobs.load(Relaxed) == 0 {
            return;
        }
        let (done, removed) = oneshot::channel();
        self.send(Job::Remove(*name, Some(done)));
        let in_time = runtime::run(PATIENCE, async move { removed.await.map_err(Error::unavailable) }).await;
        if in_time.is_err() {
            // The disk hangs, or much is purged. What the index does not have is not found, once it is complete.
            self.shared.index.remove(name);
            if !self.shared.is_recovered.load(Relaxed) {
                self.shared.is_off.store(true, Relaxed);
            }
        }
    }

    /// Removes the entries of a group, or all.
    pub(crate) async fn purge(&self, group: Option<u64>) {
        let (done, purged) = oneshot::channel();
        self.send(Job::Purge(group, done));
        let _done = purged.await;
    }

    fn send(&self, job: Job) {
        self.shared.jobs.fetch_add(1, Relaxed);
        let _stopped = self.jobs.send(job);
    }

    /// Updates the gauges.
    pub(crate) fn observe(&self) {
        let shared = &self.shared;
        let (bytes, entries) = shared.index.size();
        metrics::gauge!("tegl_cache_bytes", "cache" => "disk").set(bytes as f64);
        metrics::gauge!("tegl_cache_entries", "cache" => "disk").set(entries as f64);
        metrics::gauge!("tegl_disk_cache_queued_bytes").set(shared.queued.load(Relaxed) as f64);
        metrics::gauge!("tegl_disk_cache_off").set(f64::from(u8::from(shared.is_off.load(Relaxed))));
    }
}

impl Counters {
    fn hit(&self, kind: Kind) {
        self.lookups[kind as usize][0].increment(1);
    }

    fn miss(&self, kind: Kind) {
        self.lookups[kind as usize][1].increment(1);
    }
}

impl Shared {
    /// Whether an entry may exist; counts as a request for it.
    fn may_have(&self, name: &Name) -> bool {
        !self.is_off.load(Relaxed) && (self.index.request(name) || !self.is_recovered.load(Relaxed))
    }

    fn read(&self, name: &Name, prefix: &[u8], wait: Wait) -> Result<Bytes, Miss> {
        let read = entry::read(&self.folder.root, name, prefix, wait);
        match &read {
            Ok(_) | Err(Miss::Cold | Miss::Missing) => {}
            Err(Miss::Damaged) => {
                self.counters.damaged.increment(1);
                self.report("an entry was damaged");
            }
            Err(Miss::Failed(error)) => self.report(&error.to_string()),
        }
        if let Err(Miss::Missing | Miss::Damaged) = read {
            self.index.remove(name);
        }
        if let Err(Miss::Damaged) = read {
            let _may_be_missing = std::fs::remove_file(entry::path(&self.folder.path, name));
        }
        read.map(Bytes::from)
    }

    /// Logs the first failed read.
    fn report(&self, error: &str) {
        if !self.has_reported.swap(true, Relaxed) {
            let folder = self.folder.path.display().to_string();
            tracing::warn!(folder, error, "the disk cache cannot be read in part; its images are read again");
        }
    }
}

/// The name of an entry: its group, and all that determines its bytes.
pub(crate) fn name(group: u64, parts: &[&[u8]]) -> Name {
    let mut hash = Xxh3::new();
    hash.update(&group.to_le_bytes());
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    Name { group, key: hash.digest128() }
}
