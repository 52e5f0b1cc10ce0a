//! Counts the requests to a source.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The requests to a source since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of ranges read, each with one request or one system call.
    pub ranges: u64,
    /// The number of versions requested without bytes.
    pub heads: u64,
    /// The number of pages of keys listed.
    pub lists: u64,
    /// The number of bytes read.
    pub bytes: u64,
    /// The number of objects written.
    pub writes: u64,
    /// The number of bytes written.
    pub written: u64,
    /// The number of answers whose bytes were damaged.
    pub damaged: u64,
}

/// The running counters of one source, also exported as metrics.
pub(super) struct Counters {
    store: &'static str,
    ranges: AtomicU64,
    heads: AtomicU64,
    lists: AtomicU64,
    bytes: AtomicU64,
    writes: AtomicU64,
    written: AtomicU64,
    damaged: AtomicU64,
    /// Created at first use, after the recorder is installed.
    metrics: OnceLock<Metrics>,
}

struct Metrics {
    ranges: metrics::Counter,
    heads: metrics::Counter,
    lists: metrics::Counter,
    bytes: metrics::Counter,
    writes: metrics::Counter,
    written: metrics::Counter,
    damaged: metrics::Counter,
    unsent: metrics::Counter,
    unreachable: metrics::Gauge,
}

impl Counters {
    pub(super) fn new(store: &'static str) -> Counters {
        Counters {
            store,
            ranges: AtomicU64::new(0),
            heads: AtomicU64::new(0),
            lists: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            written: AtomicU64::new(0),
            damaged: AtomicU64::new(0),
            metrics: OnceLock::new(),
        }
    }

    pub(super) fn range(&self, bytes: u64) {
        self.ranges.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
        self.metrics().ranges.increment(1);
        self.metrics().bytes.increment(bytes);
    }

    pub(super) fn head(&self) {
        self.heads.fetch_add(1, Relaxed);
        self.metrics().heads.increment(1);
    }

    pub(super) fn list(&self) {
        self.lists.fetch_add(1, Relaxed);
        self.metrics().lists.increment(1);
    }

    pub(super) fn write(&self, bytes: u64) {
        self.writes.fetch_add(1, Relaxed);
        self.written.fetch_add(bytes, Relaxed);
        self.metrics().writes.increment(1);
        self.metrics().written.increment(bytes);
    }

    /// Counts a damaged answer, and logs the first.
    pub(super) fn damaged(&self, key: &str, range: &Range<u64>) {
        self.metrics().damaged.increment(1);
        let store = self.store;
        match self.damaged.fetch_add(1, Relaxed) {
            0 => tracing::warn!(
                store,
                key,
                ?range,
                "the store sent damaged bytes; such answers are requested again, and counted by \
                 tegl_store_damaged_total"
            ),
            _ => tracing::debug!(store, key, ?range, "the store sent damaged bytes"),
        }
    }

    /// Counts a request that was not sent, because the store is unreachable.
    pub(super) fn unsent(&self) {
        self.metrics().unsent.increment(1);
    }

    /// Records that the store has become unreachable, or reachable again.
    pub(super) fn unreachable(&self, is_unreachable: bool) {
        match is_unreachable {
            true => self.metrics().unreachable.increment(1.0),
            false => self.metrics().unreachable.decrement(1.0),
        }
    }

    /// `local`, `s3`, `azure`, `gcs` or `http`.
    pub(super) fn kind(&self) -> &'static str {
        self.store
    }

    pub(super) fn snapshot(&self) -> Counts {
        Counts {
            ranges: self.ranges.load(Relaxed),
            heads: self.heads.load(Relaxed),
            lists: self.lists.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            writes: self.writes.load(Relaxed),
            written: self.written.load(Relaxed),
            damaged: self.damaged.load(Relaxed),
        }
    }

    fn metrics(&self) -> &Metrics {
        let reads = |kind: &'static str| metrics::counter!("tegl_store_reads_total", "kind" => kind, "store" => self.store);
        self.metrics.get_or_init(|| Metrics {
            ranges: reads("range"),
            heads: reads("head"),
            lists: reads("list"),
            bytes: metrics::counter!("tegl_store_read_bytes_total", "store" => self.store),
            writes: metrics::counter!("tegl_store_writes_total", "store" => self.store),
            written: metrics::counter!("tegl_store_written_bytes_total", "store" => self.store),
            damaged: metrics::counter!("tegl_store_damaged_total", "store" => self.store),
            unsent: metrics::counter!("tegl_store_unsent_total", "store" => self.store),
            unreachable: metrics::gauge!("tegl_store_unreachable", "store" => self.store),
        })
    }
}
