//! Whether a store has failed recently; does no I/O.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a failure counts if no success follows.
const COUNTS: Duration = Duration::from_secs(30);

/// The last failure of any store, until a success follows.
pub(super) struct Health {
    since: Instant,
    /// Milliseconds from `since`, from 1; 0 for none.
    failed_ms: AtomicU64,
}

impl Default for Health {
    fn default() -> Self {
        Self { since: Instant::now(), failed_ms: AtomicU64::new(0) }
    }
}

impl Health {
    pub(super) fn failed(&self) {
        self.failed_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    pub(super) fn succeeded(&self) {
        self.failed_ms.store(0, Ordering::Relaxed);
    }

    pub(super) fn is_failing(&self) -> bool {
        let failed = self.failed_ms.load(Ordering::Relaxed);
        failed > 0 && self.now_ms() - failed.min(self.now_ms()) < COUNTS.as_millis() as u64
    }

    fn now_ms(&self) -> u64 {
        self.since.elapsed().as_millis() as u64 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_ends_a_failure() {
        let health = Health::default();
        assert!(!health.is_failing());
        health.failed();
        assert!(health.is_failing());
        health.succeeded();
        assert!(!health.is_failing());
    }
}
