//! Bounds what is asked of a remote store at one time, and asks little of one that does not answer.

use std::future::Future;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Semaphore;
use xxhash_rust::xxh3::xxh3_64;

use crate::store::{Error, Settings};

/// After failures of this many different objects, with no success between them, the store counts as unreachable. One
/// object that always fails says nothing about the others.
const FAILURES: usize = 5;
/// One request at a time finds out whether an unreachable store answers again, and another one beside it where it has
/// waited for this long; everybody else is refused at once meanwhile.
const PROBE: Duration = Duration::from_secs(1);

/// What every request to one store passes through.
pub(in crate::store) struct Gate {
    reads: Semaphore,
    /// How long a request waits for one of them.
    patience: Duration,
    breaker: Mutex<Breaker>,
}

#[derive(Default)]
struct Breaker {
    /// Hashes of the objects that failed since the last success; at most [`FAILURES`].
    failed: Vec<u64>,
    /// The last failure; none while the store is reachable.
    open: Option<Error>,
    /// When the request was sent that is to find out whether it still is.
    probed: Option<Instant>,
}

/// The request that finds out whether the store answers again; the next one may when this is dropped.
struct Probe<'a> {
    gate: &'a Gate,
    sent: Instant,
}

impl Gate {
    pub(in crate::store) fn new(settings: &Settings) -> Gate {
        Gate {
            reads: Semaphore::new(settings.concurrent_reads.clamp(1, Semaphore::MAX_PERMITS)),
            patience: Duration::from_millis(settings.deadline_ms / 2),
            breaker: Mutex::default(),
        }
    }

    /// Whether the store counts as unreachable.
    pub(in crate::store) fn is_open(&self) -> bool {
        self.breaker().open.is_some()
    }

    /// Sends one request for an object when it is its turn. The request ends, and its place is free, when this future is
    /// dropped.
    pub(in crate::store) async fn pass<T>(
        &self,
        object: &str,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.breaker().check(Instant::now())?;
        let turn = tokio::time::timeout(self.patience, self.reads.acquire()).await;
        let _turn = turn.map_err(|_| Error::Busy)?.map_err(Error::unavailable)?;
        // Whoever waited need not find out again what the others found out meanwhile.
        let sent = Instant::now();
        let is_probe = self.breaker().enter(sent)?;
        let _probe = is_probe.then(|| Probe { gate: self, sent });
        let result = request.await;
        self.breaker().settle(object, result.as_ref().err());
        result
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock()
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        let mut breaker = self.gate.breaker();
        if breaker.probed == Some(self.sent) {
            breaker.probed = None;
        }
    }
}

impl Breaker {
    fn check(&self, now: Instant) -> Result<(), Error> {
        let is_probed = self.probed.is_some_and(|sent| now < sent + PROBE);
        match &self.open {
            Some(failure) if is_probed => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// The same for a request that is about to be sent, and whether it is a probe.
    fn enter(&mut self, now: Instant) -> Result<bool, Error> {
        self.check(now)?;
        let is_probe = self.open.is_some();
        if is_probe {
            self.probed = Some(now);
        }
        Ok(is_probe)
    }

    fn settle(&mut self, object: &str, failure: Option<&Error>) {
        let Some(failure) = failure.filter(|failure| failure.is_outage()) else {
            *self = Breaker::default();
            return;
        };
        let object = xxh3_64(object.as_bytes());
        if self.failed.len() < FAILURES && !self.failed.contains(&object) {
            self.failed.push(object);
        }
        if self.failed.len() == FAILURES {
            self.open = Some(failure.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    fn gate(concurrent_reads: usize, deadline_ms: u64) -> Gate {
        Gate::new(&Settings { concurrent_reads, deadline_ms, ..Settings::default() })
    }

    #[tokio::test]
    async fn no_more_requests_than_allowed_are_under_way() {
        let (gate, now, most) = (gate(3, 60_000), AtomicUsize::new(0), AtomicUsize::new(0));
        let all = (0..50).map(|_| {
            gate.pass("object", async {
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, SeqCst);
                Ok(())
            })
        });
        assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
        assert_eq!(most.load(SeqCst), 3);
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told_that_the_server_is_busy() {
        let gate = gate(1, 20);
        let held = gate.pass("object", std::future::pending::<Result<(), Error>>());
        let waiting = gate.pass("object", async { Ok(()) });
        let mut held = Box::pin(held);
        assert!(futures::poll!(&mut held).is_pending());
        assert!(matches!(waiting.await, Err(Error::Busy)));
        drop(held);
        assert!(gate.pass("object", async { Ok(()) }).await.is_ok());
    }

    #[test]
    fn one_request_at_a_time_tries_an_unreachable_store() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for object in 0..FAILURES {
            assert!(matches!(breaker.enter(start), Ok(false)));
            breaker.settle(&object.to_string(), Some(&Error::TimedOut));
        }
        assert!(matches!(breaker.enter(start), Ok(true)));
        assert!(matches!(breaker.enter(start), Err(Error::TimedOut)));
        assert!(matches!(breaker.enter(start + PROBE / 2), Err(Error::TimedOut)));
        assert!(matches!(breaker.enter(start + PROBE), Ok(true)));
        breaker.settle("object", None);
        assert!(matches!(breaker.enter(start + PROBE), Ok(false)));
        assert!(matches!(breaker.enter(start + PROBE), Ok(false)));
    }

    #[tokio::test]
    async fn the_next_request_tries_again_when_a_probe_ended_or_left() {
        let gate = gate(9, 60_000);
        for object in 0..FAILURES {
            let _failed = gate.pass(&object.to_string(), async { Err::<(), _>(Error::TimedOut) }).await;
        }
        let mut probe = Box::pin(gate.pass("object", std::future::pending::<Result<(), Error>>()));
        assert!(futures::poll!(&mut probe).is_pending());
        assert!(gate.pass("object", async { Ok(()) }).await.is_err());
        drop(probe);
        assert!(gate.is_open());
        assert!(gate.pass("object", async { Ok(()) }).await.is_ok());
        assert!(!gate.is_open());
    }

    #[test]
    fn failures_that_are_about_one_object_keep_nobody_out() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..20 {
            breaker.settle("missing", Some(&Error::NotFound));
            breaker.settle("short", Some(&Error::Short { asked: 2, got: 1 }));
            assert!(matches!(breaker.enter(now), Ok(false)));
        }
        for _ in 0..20 {
            breaker.settle("broken", Some(&Error::TimedOut));
            assert!(matches!(breaker.enter(now), Ok(false)));
        }
    }
}
