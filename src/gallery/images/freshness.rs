//! How long a cached master may be served, and when to revalidate it with its store.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::gallery::settings::Masters;

/// The minimum interval between checks of one master while its store fails.
const RECHECK_INTERVAL_MS: u64 = 1000;

/// When a master was last revalidated with its store, and the result.
pub(crate) struct Freshness {
    confirmed_ms: AtomicU64,
    /// When the last check failed, if nothing has been confirmed since; 0 for none.
    failed_ms: AtomicU64,
    checking: AtomicBool,
}

/// Freshness limits, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// How long a master is considered fresh.
    pub fresh: u64,
    /// How much longer it may be served while it is checked in the background.
    pub stale: u64,
    /// How much longer it may be served while its store does not respond.
    pub outage: u64,
}

/// What to do with a request for a cached master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is served.
    Serve,
    /// It is served, and revalidated in the background.
    ServeAndRevalidate,
    /// It is revalidated first, and served anyway if the store does not respond.
    RevalidateFirst,
    /// It is served only if the store confirms it.
    RevalidateOrFail,
}

impl Bounds {
    /// The bounds for remote masters.
    pub(crate) fn remote(settings: &Masters) -> Self {
        Self {
            fresh: settings.revalidate_s.saturating_mul(1000),
            stale: settings.stale_while_revalidate_s.saturating_mul(1000),
            outage: settings.stale_if_error_s.saturating_mul(1000),
        }
    }

    /// The same limits, with freshness of at most `fresh`.
    pub(crate) fn within(self, fresh: u64) -> Self {
        Self { fresh: self.fresh.min(fresh), ..self }
    }
}

impl Freshness {
    /// For a master whose version its store stated this long ago.
    pub(crate) fn confirmed(age: Duration) -> Self {
        let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        Self {
            confirmed_ms: AtomicU64::new(now_ms().saturating_sub(age)),
            failed_ms: AtomicU64::new(0),
            checking: AtomicBool::new(false),
        }
    }

    /// That of a master for its pyramid.
    pub(crate) fn of_pyramid(&self) -> Self {
        Self {
            confirmed_ms: AtomicU64::new(self.confirmed_ms.load(Relaxed)),
            failed_ms: AtomicU64::new(0),
            checking: AtomicBool::new(false),
        }
    }

    pub(crate) fn verdict(&self, bounds: Bounds) -> Verdict {
        self.verdict_at(now_ms(), bounds)
    }

    fn verdict_at(&self, now: u64, bounds: Bounds) -> Verdict {
        let age = now.saturating_sub(self.confirmed_ms.load(Relaxed));
        if age <= bounds.fresh && bounds.fresh > 0 {
            return Verdict::Serve;
        }
        match self.failed_ms.load(Relaxed) {
            // So old only if it was recalled from the disk cache.
            0 if age > bounds.fresh.saturating_add(bounds.stale.max(bounds.outage)) => {
                Verdict::RevalidateOrFail
            }
            0 if bounds.fresh == 0 || age > bounds.fresh.saturating_add(bounds.stale) => {
                Verdict::RevalidateFirst
            }
            0 if self.checking.load(Relaxed) => Verdict::Serve,
            0 => Verdict::ServeAndRevalidate,
            _ if age > bounds.fresh.saturating_add(bounds.outage) => Verdict::RevalidateOrFail,
            failed if self.checking.load(Relaxed) || now.saturating_sub(failed) < RECHECK_INTERVAL_MS => {
                Verdict::Serve
            }
            _ => Verdict::ServeAndRevalidate,
        }
    }

    pub(crate) fn begin(&self) {
        self.checking.store(true, Relaxed);
    }

    pub(crate) fn confirm(&self) {
        self.confirmed_ms.store(now_ms(), Relaxed);
        self.failed_ms.store(0, Relaxed);
    }

    pub(crate) fn fail(&self) {
        self.failed_ms.store(now_ms().max(1), Relaxed);
    }

    pub(crate) fn end(&self) {
        self.checking.store(false, Relaxed);
    }
}

/// Milliseconds on a monotonic clock, which was at [`EPOCH_MS`] when the process started.
fn now_ms() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    EPOCH_MS + START.get_or_init(Instant::now).elapsed().as_millis() as u64
}

/// Five centuries, so that masters may have been confirmed long before the process started.
const EPOCH_MS: u64 = 1 << 44;

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { fresh: 60_000, stale: 240_000, outage: 86_400_000 };

    fn at(confirmed: u64, failed: u64, checking: bool) -> Freshness {
        Freshness {
            confirmed_ms: AtomicU64::new(confirmed),
            failed_ms: AtomicU64::new(failed),
            checking: AtomicBool::new(checking),
        }
    }

    #[track_caller]
    fn check(freshness: Freshness, now: u64, expected: Verdict) {
        assert_eq!(freshness.verdict_at(now, BOUNDS), expected);
    }

    #[test]
    fn cached_masters_are_served_immediately_within_bounds() {
        check(at(0, 0, false), 60_000, Verdict::Serve);
        check(at(0, 0, false), 60_001, Verdict::ServeAndRevalidate);
        check(at(0, 0, true), 60_001, Verdict::Serve);
        check(at(0, 0, false), 300_000, Verdict::ServeAndRevalidate);
        check(at(0, 0, false), 300_001, Verdict::RevalidateFirst);
        check(at(0, 0, true), 300_001, Verdict::RevalidateFirst);
    }

    #[test]
    fn masters_from_before_a_restart_are_as_old_as_they_are() {
        let check = |age_ms, expected| {
            let freshness = Freshness::confirmed(Duration::from_millis(age_ms));
            assert_eq!(freshness.verdict(BOUNDS), expected, "{age_ms}");
        };
        check(0, Verdict::Serve);
        check(61_000, Verdict::ServeAndRevalidate);
        check(301_000, Verdict::RevalidateFirst);
        check(86_461_000, Verdict::RevalidateOrFail);
        let unknown = Freshness::confirmed(Duration::MAX);
        assert_eq!(unknown.verdict(BOUNDS), Verdict::RevalidateOrFail);
    }

    #[test]
    fn requests_do_not_wait_for_a_failing_store() {
        check(at(0, 400_000, false), 400_500, Verdict::Serve);
        check(at(0, 400_000, false), 401_000, Verdict::ServeAndRevalidate);
        check(at(0, 400_000, true), 409_000, Verdict::Serve);
        check(at(0, 400_000, true), 86_460_000, Verdict::Serve);
        check(at(0, 400_000, false), 86_460_001, Verdict::RevalidateOrFail);
    }

    #[test]
    fn zero_fresh_time_revalidates_every_request_while_the_store_responds() {
        let bounds = Bounds { fresh: 0, ..BOUNDS };
        assert_eq!(at(0, 0, false).verdict_at(0, bounds), Verdict::RevalidateFirst);
        assert_eq!(at(0, 500, false).verdict_at(900, bounds), Verdict::Serve);
        assert_eq!(at(0, 500, false).verdict_at(1500, bounds), Verdict::ServeAndRevalidate);
    }
}
