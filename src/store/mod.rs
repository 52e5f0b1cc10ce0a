//! Where bytes lie: folders and object storage, read by exact ranges of exact versions.

mod error;
mod key;
mod local;
mod remote;
mod settings;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use url::Url;

pub use error::Error;
pub use key::{BadKey, Key};
pub use settings::Settings;

use local::Local;
use remote::Remote;

/// What tells one state of an object from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// A file's inode and time of last change in nanoseconds.
    Local { inode: u64, changed: i128 },
    /// The store's ETag, else the time of last change in milliseconds.
    Remote { etag: Option<Arc<str>>, modified: i64 },
}

/// One state of one object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    pub etag: Tag,
    /// In bytes.
    pub size: u64,
}

/// A part of a listing, in the keys' order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Keys and sizes in bytes.
    pub keys: Vec<(String, u64)>,
    /// Whether there are keys behind the last one.
    pub more: bool,
}

/// How often a store was asked, and how much it answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub ranges: u64,
    pub heads: u64,
    pub bytes: u64,
}

/// A location that cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve `{location}`: {reason}")]
pub struct OpenError {
    location: String,
    reason: String,
}

impl OpenError {
    fn new(location: &str, reason: impl Into<String>) -> Self {
        Self { location: location.to_owned(), reason: reason.into() }
    }
}

/// One place where masters lie.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    place: Place,
    parallel: usize,
    coalesce: u64,
    counters: Counters,
}

enum Place {
    Local(Local),
    Remote(Remote),
}

struct Counters {
    ranges: AtomicU64,
    heads: AtomicU64,
    bytes: AtomicU64,
    shown: [metrics::Counter; 3],
}

impl Store {
    /// Opens a folder, a single file, or a `s3://`, `az://`, `gs://`, `http(s)://` prefix, with
    /// credentials and endpoints from the usual environment variables.
    pub fn open(location: &str, settings: &Settings) -> Result<Self, OpenError> {
        let (kind, place) = match location.split_once("://") {
            None => ("local", Self::local(Path::new(location), settings)?),
            Some(("file", path)) => ("local", Self::local(Path::new(path), settings)?),
            Some((scheme, _)) => {
                let url =
                    Url::parse(location).map_err(|error| OpenError::new(location, error.to_string()))?;
                let kind = match scheme {
                    "s3" | "s3a" => "s3",
                    "gs" => "gcs",
                    "http" | "https" => "http",
                    _ => "azure",
                };
                (kind, Place::Remote(Remote::open(&url, settings)?))
            }
        };
        Ok(Self(Arc::new(Inner {
            place,
            parallel: settings.parallel.clamp(1, 64),
            coalesce: settings.coalesce_kib << 10,
            counters: Counters::new(kind),
        })))
    }

    fn local(path: &Path, settings: &Settings) -> Result<Place, OpenError> {
        let opened = Local::open(path, settings);
        opened.map(Place::Local).map_err(|error| OpenError::new(&path.to_string_lossy(), error.to_string()))
    }

    /// For logs and listings, without credentials.
    pub fn describe(&self) -> String {
        match &self.0.place {
            Place::Local(local) => local.root().to_string_lossy().into_owned(),
            Place::Remote(remote) => remote.describe().to_owned(),
        }
    }

    pub fn is_local(&self) -> bool {
        matches!(self.0.place, Place::Local(_))
    }

    /// The version that the object has now.
    pub async fn head(&self, key: &Key) -> Result<Version, Error> {
        self.0.counters.head();
        match &self.0.place {
            Place::Local(_) => self.blocking(key, |local, key| local.head(key)).await,
            Place::Remote(remote) => remote.head(key).await,
        }
    }

    /// The first `length` bytes, fewer if the object is shorter, and the version they are of: one
    /// request.
    pub async fn start(&self, key: &Key, length: u64) -> Result<(Version, Bytes), Error> {
        let (version, bytes) = match &self.0.place {
            Place::Local(_) => self.blocking(key, move |local, key| local.start(key, length)).await?,
            Place::Remote(remote) => remote.start(key, length).await?,
        };
        self.0.counters.range(bytes.len());
        Ok((version, bytes))
    }

    /// Just `range` of just this version, behind `prefix` in one piece.
    pub async fn read(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
    ) -> Result<Bytes, Error> {
        if let Some(now) = self.read_now(key, version, range.clone(), prefix) {
            return now;
        }
        let prefix = Bytes::copy_from_slice(prefix);
        let headed = prefix.len();
        let bytes = match &self.0.place {
            Place::Local(_) => {
                let version = version.clone();
                self.blocking(key, move |local, key| local.read(key, &version, range, &prefix)).await?
            }
            Place::Remote(remote) => remote.read(key, version, range, prefix).await?,
        };
        self.0.counters.range(bytes.len() - headed);
        Ok(bytes)
    }

    /// The same where it takes no waiting: from a local file in the page cache. `None` elsewhere.
    pub fn read_now(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
    ) -> Option<Result<Bytes, Error>> {
        let Place::Local(local) = &self.0.place else { return None };
        let bytes = local.read_now(key, version, range, prefix)?;
        if let Ok(bytes) = &bytes {
            self.0.counters.range(bytes.len() - prefix.len());
        }
        Some(bytes)
    }

    /// Several ranges at once, each behind `prefix`; neighbours are fetched together where that
    /// saves requests.
    pub async fn read_many(
        &self,
        key: &Key,
        version: &Version,
        ranges: &[Range<u64>],
        prefix: &[u8],
    ) -> Result<Vec<Bytes>, Error> {
        if self.is_local() {
            let each = ranges.to_vec().into_iter().map(|range| self.read(key, version, range, prefix));
            return futures::stream::iter(each).buffered(self.0.parallel).try_collect().await;
        }
        let runs = coalesced(ranges, self.0.coalesce);
        let parts: Vec<Bytes> =
            futures::stream::iter(runs.clone().into_iter().map(|run| self.read(key, version, run, &[])))
                .buffered(self.0.parallel)
                .try_collect()
                .await?;
        let cut = |range: &Range<u64>| {
            let n = runs.partition_point(|run| run.start <= range.start) - 1;
            let from = (range.start - runs[n].start) as usize;
            let part = &parts[n][from..from + (range.end - range.start) as usize];
            Bytes::from([prefix, part].concat())
        };
        Ok(ranges.iter().map(cut).collect())
    }

    /// At most `limit` keys behind `after`, in order, hidden files left out.
    pub async fn list(&self, after: Option<&str>, limit: usize) -> Result<Page, Error> {
        match &self.0.place {
            Place::Local(_) => {
                let (inner, after) = (self.0.clone(), after.map(str::to_owned));
                let listed = tokio::task::spawn_blocking(move || match &inner.place {
                    Place::Local(local) => local.list(after.as_deref(), limit),
                    Place::Remote(_) => Err(Error::NotFound),
                });
                listed.await.map_err(Error::unavailable)?
            }
            Place::Remote(remote) => remote.list(after, limit).await,
        }
    }

    /// Whether the store answers at all: that there is no such object is an answer.
    pub async fn is_reachable(&self) -> bool {
        match &self.0.place {
            Place::Local(local) => local.root().exists(),
            Place::Remote(remote) => match Key::parse(".tegl-health") {
                Ok(key) => !matches!(remote.head(&key).await, Err(Error::Unavailable(_) | Error::TimedOut)),
                Err(_) => false,
            },
        }
    }

    pub fn counts(&self) -> Counts {
        let counters = &self.0.counters;
        Counts {
            ranges: counters.ranges.load(Ordering::Relaxed),
            heads: counters.heads.load(Ordering::Relaxed),
            bytes: counters.bytes.load(Ordering::Relaxed),
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        key: &Key,
        work: impl FnOnce(&Local, &Key) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (inner, key) = (self.0.clone(), key.clone());
        let done = tokio::task::spawn_blocking(move || match &inner.place {
            Place::Local(local) => work(local, &key),
            Place::Remote(_) => Err(Error::NotFound),
        });
        done.await.map_err(Error::unavailable)?
    }
}

impl Counters {
    fn new(store: &'static str) -> Self {
        let reads = |kind| metrics::counter!("tegl_store_reads_total", "kind" => kind, "store" => store);
        let shown = [
            reads("range"),
            reads("head"),
            metrics::counter!("tegl_store_read_bytes_total", "store" => store),
        ];
        Self { ranges: AtomicU64::new(0), heads: AtomicU64::new(0), bytes: AtomicU64::new(0), shown }
    }

    fn range(&self, bytes: usize) {
        self.ranges.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.shown[0].increment(1);
        self.shown[2].increment(bytes as u64);
    }

    fn head(&self) {
        self.heads.fetch_add(1, Ordering::Relaxed);
        self.shown[1].increment(1);
    }
}

/// No run of coalesced ranges grows beyond this.
const MOST_RUN: u64 = 4 << 20;

/// The ranges in order, those with gaps of at most `gap` bytes joined.
fn coalesced(ranges: &[Range<u64>], gap: u64) -> Vec<Range<u64>> {
    let mut sorted: Vec<_> = ranges.to_vec();
    sorted.sort_by_key(|range| (range.start, range.end));
    let mut runs: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match runs.last_mut() {
            Some(run)
                if range.start <= run.end.saturating_add(gap)
                    && (range.end <= run.end
                        || range.end - run.start <= MOST_RUN
                        || range.start < run.end) =>
            {
                run.end = run.end.max(range.end);
            }
            _ => runs.push(range),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_hold_every_range(starts in proptest::collection::vec((0..100_000u64, 1..5000u64), 1..40), gap in 0..20_000u64) {
            let ranges: Vec<_> = starts.into_iter().map(|(start, length)| start..start + length).collect();
            let runs = coalesced(&ranges, gap);
            for range in &ranges {
                let n = runs.partition_point(|run| run.start <= range.start) - 1;
                prop_assert!(runs[n].start <= range.start && range.end <= runs[n].end);
            }
            prop_assert!(runs.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
