//! Counts refusals by class and reason, and logs their number once a second.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Class;
use crate::gallery::Error;

/// Why a rendering is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gallery::images) enum Reason {
    /// Its class would wait too long for a thread.
    Queue,
    /// It would wait too long for its store.
    Store,
    /// Its client has its share of the queue already.
    Share,
    /// There is no room in memory.
    Memory,
    /// It did not start before its deadline.
    Deadline,
}

impl Reason {
    /// The value of the label `reason` of metrics.
    fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Store => "store",
            Self::Share => "share",
            Self::Memory => "memory",
            Self::Deadline => "deadline",
        }
    }
}

/// The longest `Retry-After`, in seconds.
const LONGEST: u32 = 30;
/// How often the log states the number of refusals.
const LOGGED: Duration = Duration::from_secs(1);

/// Refusals so far.
pub(super) struct Refusals {
    refused: Counted,
    would_be_refused: Counted,
}

#[derive(Default)]
struct Counted {
    all: AtomicU64,
    /// The number that was logged last, and when.
    logged: Mutex<Option<(u64, Instant)>>,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self { refused: Counted::default(), would_be_refused: Counted::default() }
    }

    /// Counts a refusal; returns its error.
    pub(super) fn refuse(&self, class: Class, reason: Reason, wait: Duration) -> Error {
        let (class, reason) = (class.name(), reason.name());
        metrics::counter!("tegl_shed_total", "class" => class, "reason" => reason).increment(1);
        if let Some(count) = self.refused.count() {
            tracing::warn!(count, class, reason, "renderings are refused");
        }
        Error::Busy { retry_after_s: (wait.as_secs_f64().ceil() as u32).clamp(1, LONGEST) }
    }

    /// Counts what would be a refusal.
    pub(super) fn would_refuse(&self, class: Class, reason: Reason) {
        let (class, reason) = (class.name(), reason.name());
        metrics::counter!("tegl_would_shed_total", "class" => class, "reason" => reason).increment(1);
        if let Some(count) = self.would_be_refused.count() {
            tracing::warn!(count, class, reason, "renderings would be refused (work.admission = \"on\")");
        }
    }

    #[cfg(test)]
    pub(super) fn would_be(&self) -> u64 {
        self.would_be_refused.all.load(Ordering::Relaxed)
    }
}

impl Counted {
    /// Counts one; returns the number since the last log line if another is due.
    fn count(&self) -> Option<u64> {
        let all = self.all.fetch_add(1, Ordering::Relaxed) + 1;
        // Whoever does not get the lock leaves the line to the one who has it.
        let mut logged = self.logged.try_lock()?;
        let before = match *logged {
            Some((_, at)) if at.elapsed() < LOGGED => return None,
            Some((before, _)) => before,
            None => 0,
        };
        *logged = Some((all, Instant::now()));
        Some(all - before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_not_flooded() {
        let counted = Counted::default();
        assert_eq!(counted.count(), Some(1));
        assert!((0..1000).all(|_| counted.count().is_none()));
    }

    #[test]
    fn clients_are_told_to_wait_as_long_as_expected() {
        let refusals = Refusals::new();
        for (ms, expected) in [(0, 1), (900, 1), (1100, 2), (600_000, 30)] {
            let refused = refusals.refuse(Class::Tile, Reason::Queue, Duration::from_millis(ms));
            assert!(matches!(refused, Error::Busy { retry_after_s } if retry_after_s == expected), "{ms} ms");
        }
    }
}
