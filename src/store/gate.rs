//! Bounds what is asked of a remote store at one time, and asks little of one that does not answer.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::{Error, Settings};

/// After so many failures in a row the store counts as unreachable.
const FAILURES: u32 = 5;
/// How often an unreachable store is tried; everybody else is refused at once meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

/// What every request to one store passes through.
pub(super) struct Gate {
    reads: Semaphore,
    /// How long a request waits for one of them.
    patience: Duration,
    breaker: Mutex<Breaker>,
}

#[derive(Default)]
struct Breaker {
    failures: u32,
    /// The last failure, and when the store is tried next; none while it is reachable.
    open: Option<(Error, Instant)>,
}

impl Gate {
    pub(super) fn new(settings: &Settings) -> Gate {
        Gate {
            reads: Semaphore::new(settings.concurrent_reads.clamp(1, Semaphore::MAX_PERMITS)),
            patience: Duration::from_millis(settings.deadline_ms / 2),
            breaker: Mutex::default(),
        }
    }

    /// Whether the store counts as unreachable.
    pub(super) fn is_open(&self) -> bool {
        self.breaker().open.is_some()
    }

    /// Sends one request when it is its turn. The request ends, and its place is free, when this future is dropped.
    pub(super) async fn pass<T>(&self, request: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.breaker().check(Instant::now())?;
        let turn = tokio::time::timeout(self.patience, self.reads.acquire()).await;
        let _turn = turn.map_err(|_| Error::Busy)?.map_err(Error::unavailable)?;
        // Whoever waited need not find out again what the others found out meanwhile.
        self.breaker().enter(Instant::now())?;
        let result = request.await;
        self.breaker().settle(result.as_ref().err(), Instant::now());
        result
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Breaker {
    fn check(&self, now: Instant) -> Result<(), Error> {
        match &self.open {
            Some((failure, retry_at)) if now < *retry_at => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// The same for a request that is about to be sent: of an unreachable store's askers one goes through.
    fn enter(&mut self, now: Instant) -> Result<(), Error> {
        self.check(now)?;
        if let Some((_, retry_at)) = &mut self.open {
            *retry_at = now + PAUSE;
        }
        Ok(())
    }

    fn settle(&mut self, failure: Option<&Error>, now: Instant) {
        let Some(failure) = failure.filter(|failure| failure.is_outage()) else {
            *self = Breaker::default();
            return;
        };
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.open = Some((failure.clone(), now + PAUSE));
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
            gate.pass(async {
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
        let held = gate.pass(std::future::pending::<Result<(), Error>>());
        let waiting = gate.pass(async { Ok(()) });
        let mut held = Box::pin(held);
        assert!(futures::poll!(&mut held).is_pending());
        assert!(matches!(waiting.await, Err(Error::Busy)));
        drop(held);
        assert!(gate.pass(async { Ok(()) }).await.is_ok());
    }

    #[test]
    fn an_unreachable_store_is_tried_now_and_then_and_by_one_request_only() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES {
            assert!(breaker.enter(start).is_ok());
            breaker.settle(Some(&Error::TimedOut), start);
        }
        assert!(matches!(breaker.enter(start), Err(Error::TimedOut)));
        let later = start + PAUSE;
        assert!(breaker.enter(later).is_ok());
        assert!(breaker.enter(later).is_err());
        breaker.settle(Some(&Error::TimedOut), later);
        assert!(breaker.enter(later + PAUSE / 2).is_err());
        assert!(breaker.enter(later + PAUSE).is_ok());
        breaker.settle(None, later + PAUSE);
        assert!(breaker.enter(later + PAUSE).is_ok());
        assert!(breaker.enter(later + PAUSE).is_ok());
    }

    #[test]
    fn failures_that_are_about_one_object_keep_nobody_out() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..20 {
            breaker.settle(Some(&Error::NotFound), now);
            breaker.settle(Some(&Error::Short { asked: 2, got: 1 }), now);
            assert!(breaker.enter(now).is_ok());
        }
    }
}
