//! Limits concurrent requests to a remote store, with a circuit breaker for stores that do not respond.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Semaphore, SemaphorePermit};
use xxhash_rust::xxh3::xxh3_64;

use crate::store::counts::Counters;
use crate::store::fault::{Fault, Problem};
use crate::store::{Error, Settings};

/// The number of different objects that must fail without a success between them before the store counts as
/// unreachable. One object that always fails says nothing about the others, unless no connection can be made.
const FAILURES: usize = 5;
/// The time after which another probe may start. One request at a time probes whether an unreachable store responds;
/// all other requests fail immediately.
const PROBE: Duration = Duration::from_secs(1);
/// The time from which a probe is slow, so that others do not follow it at once.
const SLOW: Duration = Duration::from_millis(100);

/// Admits the requests to one store.
pub(in crate::store) struct Limiter {
    reads: Semaphore,
    /// Three quarters of `reads`, for reads of several ranges: those of a rendering, beside which stored tiles are read.
    several: Semaphore,
    /// The maximum time that a request waits for a permit.
    permit_timeout: Duration,
    breaker: Mutex<Breaker>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Breaker {
    /// Hashes of the objects that failed since the last success, at most [`FAILURES`].
    failed: Vec<u64>,
    /// The last failure; `None` while the store is reachable.
    open: Option<Error>,
    /// The time at which the current probe was sent.
    probed: Option<Instant>,
    /// Until when no probe is sent.
    pause_end: Option<Instant>,
}

/// A probe of an unreachable store; dropping it allows the next one.
struct Probe<'a> {
    limiter: &'a Limiter,
    sent: Instant,
}

impl Limiter {
    pub(in crate::store) fn new(settings: &Settings, counters: Arc<Counters>) -> Limiter {
        let reads = settings.concurrent_reads.clamp(1, Semaphore::MAX_PERMITS);
        Limiter {
            reads: Semaphore::new(reads),
            several: Semaphore::new((reads * 3 / 4).max(1)),
            permit_timeout: Duration::from_millis(settings.deadline_ms / 2),
            breaker: Mutex::default(),
            counters,
        }
    }

    /// Whether the store counts as unreachable.
    pub(in crate::store) fn is_open(&self) -> bool {
        self.breaker().open.is_some()
    }

    /// Sends a request for an object once a permit is free. Dropping the future cancels the request and frees the
    /// permit.
    pub(in crate::store) async fn pass<T>(
        &self,
        object: &str,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.counted(self.breaker().check(Instant::now()))?;
        let _permit = self.permit(&self.reads).await?;
        // The circuit may have opened while this request waited.
        let sent = Instant::now();
        let is_probe = self.counted(self.breaker().enter(sent))?;
        let _probe = is_probe.then(|| Probe { limiter: self, sent });
        let result = request.await;
        self.record(object, result.as_ref().err());
        result
    }

    /// Waits until one of several ranges may be read. It is, until the permit is dropped.
    pub(in crate::store) async fn one_of_several(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.permit(&self.several).await
    }

    async fn permit<'a>(&self, of: &'a Semaphore) -> Result<SemaphorePermit<'a>, Error> {
        let permit = tokio::time::timeout(self.permit_timeout, of.acquire()).await;
        permit.map_err(|_| Error::Busy)?.map_err(Error::unavailable)
    }

    fn record(&self, object: &str, failure: Option<&Error>) {
        let mut breaker = self.breaker();
        let was_open = breaker.open.is_some();
        breaker.record(object, failure);
        let is_open = breaker.open.is_some();
        breaker.pause(Instant::now());
        if is_open != was_open {
            self.counters.unreachable(is_open);
        }
    }

    /// Counts a request that is not sent.
    fn counted<T>(&self, entered: Result<T, Error>) -> Result<T, Error> {
        entered.inspect_err(|_| self.counters.unsent())
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock()
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        let mut breaker = self.limiter.breaker();
        if breaker.probed == Some(self.sent) {
            breaker.probed = None;
        }
    }
}

impl Breaker {
    fn check(&self, now: Instant) -> Result<(), Error> {
        let is_probed = self.probed.is_some_and(|sent| now < sent + PROBE);
        let is_paused = self.pause_end.is_some_and(|end| now < end);
        match &self.open {
            Some(failure) if is_probed || is_paused => Err(not_sent(failure)),
            _ => Ok(()),
        }
    }

    /// After a slow probe that failed none is sent for as long as it took, so that of clients of a store that hangs few wait.
    fn pause(&mut self, now: Instant) {
        let took = self.probed.map_or(Duration::ZERO, |sent| now.saturating_duration_since(sent));
        if took >= SLOW && self.open.is_some() {
            self.pause_end = Some(now + took.min(PROBE));
        }
    }

    /// Like [`Breaker::check`], for a request about to be sent; returns whether the request is a probe.
    fn enter(&mut self, now: Instant) -> Result<bool, Error> {
        self.check(now)?;
        let is_probe = self.open.is_some();
        if is_probe {
            self.probed = Some(now);
        }
        Ok(is_probe)
    }

    fn record(&mut self, object: &str, failure: Option<&Error>) {
        let Some(failure) = failure.filter(|failure| failure.is_outage()) else {
            *self = Breaker::default();
            return;
        };
        let object = match failure.concerns_the_store() {
            true => self.failed.len() as u64,
            false => xxh3_64(object.as_bytes()),
        };
        if self.failed.len() < FAILURES && !self.failed.contains(&object) {
            self.failed.push(object);
        }
        if self.failed.len() == FAILURES {
            self.open = Some(failure.clone());
        }
    }
}

/// The error of a request that is not sent because of an earlier failure: it has not timed out itself.
fn not_sent(failure: &Error) -> Error {
    match failure {
        Error::TimedOut => Error::Unavailable(Arc::new(Fault::new(Problem::TimedOut, ""))),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    fn limiter(concurrent_reads: usize, deadline_ms: u64) -> Limiter {
        let settings = Settings { concurrent_reads, deadline_ms, ..Settings::default() };
        Limiter::new(&settings, Arc::new(Counters::new("memory")))
    }

    #[tokio::test]
    async fn a_quarter_is_free_beside_reads_of_several_ranges() {
        for (reads, several) in [(1, 1), (2, 1), (4, 3), (64, 48)] {
            let limiter = limiter(reads, 20);
            let mut held = Vec::new();
            while let Ok(permit) = limiter.one_of_several().await {
                held.push(permit);
            }
            assert_eq!(held.len(), several, "of {reads}");
            assert!(limiter.pass("object", async { Ok(()) }).await.is_ok());
        }
    }

    #[tokio::test]
    async fn no_more_requests_than_allowed_are_in_flight() {
        let (limiter, now, most) = (limiter(3, 60_000), AtomicUsize::new(0), AtomicUsize::new(0));
        let all = (0..50).map(|_| {
            limiter.pass("object", async {
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
    async fn a_request_that_waits_too_long_is_busy() {
        let limiter = limiter(1, 20);
        let held = limiter.pass("object", std::future::pending::<Result<(), Error>>());
        let waiting = limiter.pass("object", async { Ok(()) });
        let mut held = Box::pin(held);
        assert!(futures::poll!(&mut held).is_pending());
        assert!(matches!(waiting.await, Err(Error::Busy)));
        drop(held);
        assert!(limiter.pass("object", async { Ok(()) }).await.is_ok());
    }

    #[test]
    fn one_request_at_a_time_probes_an_unreachable_store() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for object in 0..FAILURES {
            assert!(matches!(breaker.enter(start), Ok(false)));
            breaker.record(&object.to_string(), Some(&Error::TimedOut));
        }
        assert!(matches!(breaker.enter(start), Ok(true)));
        assert!(matches!(breaker.enter(start), Err(Error::Unavailable(_))));
        assert!(matches!(breaker.enter(start + PROBE / 2), Err(Error::Unavailable(_))));
        assert!(matches!(breaker.enter(start + PROBE), Ok(true)));
        breaker.record("object", None);
        assert!(matches!(breaker.enter(start + PROBE), Ok(false)));
        assert!(matches!(breaker.enter(start + PROBE), Ok(false)));
    }

    #[test]
    fn after_a_probe_that_took_long_requests_fail_at_once_for_as_long() {
        let (mut breaker, mut now) = (Breaker::default(), Instant::now());
        let (second, slow) = (Duration::from_secs(1), Duration::from_millis(400));
        (0..FAILURES).for_each(|object| breaker.record(&object.to_string(), Some(&Error::TimedOut)));
        breaker.pause(now);
        for (took, pause) in [(slow, slow), (Duration::ZERO, Duration::ZERO), (second * 9, second)] {
            assert!(matches!(breaker.enter(now), Ok(true)), "{took:?}");
            now += took;
            breaker.record("object", Some(&Error::TimedOut));
            breaker.pause(now);
            breaker.probed = None;
            assert_eq!(breaker.check(now).is_err(), !pause.is_zero(), "{took:?}");
            now += pause;
            assert!(breaker.check(now).is_ok(), "{took:?}");
        }
        breaker.record("object", None);
        assert!(breaker.check(now).is_ok());
    }

    #[tokio::test]
    async fn the_next_request_probes_when_a_probe_ended_or_was_cancelled() {
        let limiter = limiter(9, 60_000);
        for object in 0..FAILURES {
            let _failed = limiter.pass(&object.to_string(), async { Err::<(), _>(Error::TimedOut) }).await;
        }
        let mut probe = Box::pin(limiter.pass("object", std::future::pending::<Result<(), Error>>()));
        assert!(futures::poll!(&mut probe).is_pending());
        assert!(limiter.pass("object", async { Ok(()) }).await.is_err());
        drop(probe);
        assert!(limiter.is_open());
        assert!(limiter.pass("object", async { Ok(()) }).await.is_ok());
        assert!(!limiter.is_open());
    }

    #[test]
    fn failures_of_one_object_do_not_break_the_circuit() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..20 {
            breaker.record("missing", Some(&Error::NotFound));
            breaker.record("short", Some(&Error::Short { requested: 2, got: 1 }));
            assert!(matches!(breaker.enter(now), Ok(false)));
        }
        for _ in 0..20 {
            breaker.record("broken", Some(&Error::TimedOut));
            assert!(matches!(breaker.enter(now), Ok(false)));
        }
    }
}
