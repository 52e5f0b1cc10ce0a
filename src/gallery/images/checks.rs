//! In-flight revalidations of masters, and whether requests wait for them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::freshness::Bounds;
use crate::gallery::settings::Masters;
use crate::gallery::single_flight::SingleFlight;

/// After a store did not respond within the grace period, requests do not wait for it for this long.
const NO_GRACE_MS: u64 = 5000;

/// What a store reports about a cached master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Same,
    Replaced,
}

/// In-flight revalidations, at most one per master.
pub(super) struct Checks {
    pub(super) under_way: SingleFlight<u64, Found>,
    pub(super) bounds: Bounds,
    since: Instant,
    no_grace_until_ms: AtomicU64,
}

impl Checks {
    pub(super) fn new(settings: &Masters, tasks: tokio::runtime::Handle) -> Self {
        Self {
            under_way: SingleFlight::new(tasks),
            bounds: Bounds::remote(settings),
            since: Instant::now(),
            no_grace_until_ms: AtomicU64::new(0),
        }
    }

    fn now_ms(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }

    pub(super) fn has_grace(&self) -> bool {
        self.now_ms() >= self.no_grace_until_ms.load(Relaxed)
    }

    pub(super) fn was_slow(&self) {
        self.no_grace_until_ms.store(self.now_ms() + NO_GRACE_MS, Relaxed);
    }
}
