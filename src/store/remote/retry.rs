//! Retries of requests to a remote store.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use object_store::{BackoffConfig, ObjectStore, RetryConfig};

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

/// The same settings without retries.
pub(in crate::store) fn without_retries(settings: &Settings) -> Settings {
    Settings { retries: 0, ..settings.clone() }
}

/// The clients of one store.
pub(in crate::store) struct Clients {
    /// Repeats failed requests.
    pub retrying: Arc<dyn ObjectStore>,
    pub without_retries: Arc<dyn ObjectStore>,
}

impl Clients {
    /// The client to use: no retries while the store is unreachable.
    pub(super) fn choose(&self, is_unreachable: bool) -> &dyn ObjectStore {
        if is_unreachable { &*self.without_retries } else { &*self.retrying }
    }
}

/// Sends a request, and repeats it once if the response cannot be used. The client itself repeats only failed
/// requests.
pub(super) async fn repeated_if_unusable<T, F>(send: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    match send().await {
        Err(error) if error.is_bad_response() => send().await,
        result => result,
    }
}
