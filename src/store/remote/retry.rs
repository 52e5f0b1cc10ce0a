//! Retries of requests to a remote store.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use tower::retry::budget::{Budget, TpsBudget};

use crate::store::{Error, Settings};

/// Retries must end long before a viewer gives up; the library's default is three minutes.
pub(in crate::store) fn retries(settings: &Settings) -> RetryConfig {
    RetryConfig {
        max_retries: settings.retries,
        // A request that timed out is not repeated, because its caller has waited long enough.
        retry_timeout: Duration::from_millis(settings.timeout_ms),
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(25),
            max_backoff: Duration::from_millis((settings.timeout_ms / 8).max(250)),
            base: 2.0,
        },
    }
}

/// The same settings with one retry by the library, which continues a broken off response where it ended.
pub(in crate::store) fn resuming(settings: &Settings) -> Settings {
    Settings { retries: settings.retries.min(1), ..settings.clone() }
}

/// The same settings without retries.
pub(in crate::store) fn without_retries(settings: &Settings) -> Settings {
    Settings { retries: 0, ..settings.clone() }
}

/// The clients of one store.
pub(in crate::store) struct Clients {
    /// Repeats failed requests itself, for listing, which sends several, and for long responses.
    pub retrying: Arc<dyn ObjectStore>,
    pub without_retries: Arc<dyn ObjectStore>,
}

/// Responses of more bytes than this are continued, and not requested again, if they break off.
const LONG: u64 = 256 << 10;

impl Clients {
    /// The client for a response of this length in bytes: no retries while the store is unreachable.
    pub(super) fn choose(&self, length: u64, is_unreachable: bool) -> &dyn ObjectStore {
        if is_unreachable || length <= LONG { &*self.without_retries } else { &*self.retrying }
    }
}

/// Repeats requests that failed, as often as the settings say, while they are a small share of all requests. So a store
/// that loses some requests has no effect on clients, and one that fails is not asked more than otherwise.
pub(super) struct Retries {
    backoff: ExponentialBuilder,
    /// A request that took longer is not repeated, because its caller has waited long enough.
    patience: Duration,
    budget: TpsBudget,
}

/// The time over which repeated requests are compared with others.
const BUDGET_PERIOD: Duration = Duration::from_secs(10);
/// Requests that may be repeated every second in any case.
const BUDGET_PER_SECOND: u32 = 1;
/// The share of requests that may be repeated in addition.
const BUDGET_SHARE: f32 = 0.2;

impl Retries {
    pub(super) fn new(settings: &Settings) -> Self {
        let backoff = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(25))
            .with_max_delay(Duration::from_millis((settings.timeout_ms / 8).max(250)))
            .with_max_times(settings.retries)
            .with_jitter();
        let budget = TpsBudget::new(BUDGET_PERIOD, BUDGET_PER_SECOND, BUDGET_SHARE);
        Self { backoff, patience: Duration::from_millis(settings.timeout_ms), budget }
    }

    /// Sends a request, and repeats it if it failed for the time being, unless the store `is_unreachable`.
    pub(super) async fn run<T, F>(
        &self,
        is_unreachable: impl Fn() -> bool,
        send: impl Fn() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.budget.deposit();
        let began = Instant::now();
        let is_repeated = |error: &Error| {
            let is_worthwhile = error.is_transient() && !matches!(error, Error::Busy);
            is_worthwhile && !is_unreachable() && began.elapsed() < self.patience && self.budget.withdraw()
        };
        send.retry(self.backoff).when(is_repeated).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    /// Sends requests that fail as `fails` says by the number of the attempt; returns the attempts and the answers.
    async fn run(
        retries: &Retries,
        requests: usize,
        fails: impl Fn(usize) -> Option<Error>,
    ) -> (usize, usize) {
        let (attempts, mut answered) = (AtomicUsize::new(0), 0);
        for _ in 0..requests {
            let send = || async { fails(attempts.fetch_add(1, SeqCst)).map_or(Ok(()), Err) };
            answered += usize::from(retries.run(|| false, send).await.is_ok());
        }
        (attempts.into_inner(), answered)
    }

    fn outage() -> Error {
        Error::unavailable("503")
    }

    fn retries() -> Retries {
        Retries::new(&Settings { retries: 3, ..Settings::default() })
    }

    #[tokio::test]
    async fn a_store_that_loses_every_tenth_request_answers_all() {
        let (attempts, answered) = run(&retries(), 180, |n| (n % 10 == 3).then(outage)).await;
        assert_eq!((attempts, answered), (200, 180));
    }

    #[tokio::test]
    async fn a_store_that_fails_gets_few_repeated_requests() {
        let (attempts, answered) = run(&retries(), 100, |_| Some(outage())).await;
        assert_eq!(answered, 0);
        assert!((110..160).contains(&attempts), "{attempts}");
    }

    #[tokio::test]
    async fn errors_that_stay_are_not_repeated() {
        for error in [Error::NotFound, Error::Changed, Error::Busy, Error::WithoutRanges] {
            assert_eq!(run(&retries(), 5, |_| Some(error.clone())).await, (5, 0), "{error:?}");
        }
        let unreachable = AtomicUsize::new(0);
        let send = || async {
            unreachable.fetch_add(1, SeqCst);
            Err::<(), _>(outage())
        };
        assert!(retries().run(|| true, send).await.is_err());
        assert_eq!(unreachable.into_inner(), 1);
    }
}
