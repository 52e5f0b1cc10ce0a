//! Shares one computation among all concurrent callers with the same key.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Weak};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Instrument;

use super::Error;

/// In-flight computations, each in its own task, so that one cancelled caller does not abort the others. With
/// [`SingleFlight::cancelling`] the task is cancelled when its last caller is gone: pending I/O is dropped, and work
/// on a thread checks [`Cancellation::is_cancelled`].
pub(super) struct SingleFlight<K, V> {
    in_flight: Arc<Mutex<HashMap<K, Flight<V>>>>,
    tasks: Handle,
    cancelled: bool,
}

struct Flight<V> {
    result: Shared<BoxFuture<'static, Result<V, Error>>>,
    callers: Weak<DropGuard>,
}

/// The result of a computation, and the guard that keeps it running.
type Caller<V> = (Shared<BoxFuture<'static, Result<V, Error>>>, Arc<DropGuard>);

/// Whether all callers are gone.
#[derive(Clone)]
pub(super) struct Cancellation(CancellationToken);

impl Cancellation {
    /// A token that is cancelled when the guard is dropped.
    pub(super) fn guarded() -> (Self, DropGuard) {
        let token = CancellationToken::new();
        (Self(token.clone()), token.drop_guard())
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Fails once all callers are gone.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.is_cancelled() { Err(Error::Abandoned) } else { Ok(()) }
    }

    /// Waits for `work`, or fails once all callers are gone.
    pub(super) async fn run_until_cancelled<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.0.run_until_cancelled(work).await.unwrap_or(Err(Error::Abandoned))
    }
}

impl<K, V> SingleFlight<K, V>
where
    K: Hash + Eq + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn new(tasks: Handle) -> Self {
        Self { in_flight: Arc::default(), tasks, cancelled: false }
    }

    /// Cancels a computation when its last caller is gone.
    pub(super) fn cancelling(tasks: Handle) -> Self {
        Self { cancelled: true, ..Self::new(tasks) }
    }

    /// Waits for the computation of `key`; calls `start` unless it is in flight.
    pub(super) async fn join<F>(&self, key: K, start: impl FnOnce(Cancellation) -> F) -> Result<V, Error>
    where
        F: Future<Output = Result<V, Error>> + Send + 'static,
    {
        self.join_unless_refused(key, |cancellation| Ok(start(cancellation))).await
    }

    /// The same, but `start` may refuse the computation, so that nothing is started.
    pub(super) async fn join_unless_refused<F>(
        &self,
        key: K,
        start: impl FnOnce(Cancellation) -> Result<F, Error>,
    ) -> Result<V, Error>
    where
        F: Future<Output = Result<V, Error>> + Send + 'static,
    {
        let (result, _caller) = self.join_or_start(key, start)?;
        result.await
    }

    fn join_or_start<F>(
        &self,
        key: K,
        start: impl FnOnce(Cancellation) -> Result<F, Error>,
    ) -> Result<Caller<V>, Error>
    where
        F: Future<Output = Result<V, Error>> + Send + 'static,
    {
        let mut in_flight = self.in_flight.lock();
        if let Some(flight) = in_flight.get(&key)
            && let Some(caller) = flight.callers.upgrade()
        {
            return Ok((flight.result.clone(), caller));
        }
        let (cancellation, guard) = Cancellation::guarded();
        let caller = Arc::new(guard);
        let callers = Arc::downgrade(&caller);
        let work = start(cancellation.clone())?;
        let remove_on_drop =
            RemoveOnDrop { key: key.clone(), callers: callers.clone(), in_flight: self.in_flight.clone() };
        let cancelled = self.cancelled;
        let task = async move {
            let done = match cancelled {
                true => cancellation.run_until_cancelled(work).await,
                false => work.await,
            };
            drop(remove_on_drop);
            done
        };
        let task = self.tasks.spawn(task.in_current_span());
        let result = task.map(|joined| joined.unwrap_or_else(|error| Err(Error::Fault(error.to_string()))));
        let result = result.boxed().shared();
        in_flight.insert(key, Flight { result: result.clone(), callers });
        Ok((result, caller))
    }
}

/// Removes a computation from the map when it ends, for whatever reason.
struct RemoveOnDrop<K: Hash + Eq, V> {
    key: K,
    callers: Weak<DropGuard>,
    in_flight: Arc<Mutex<HashMap<K, Flight<V>>>>,
}

impl<K: Hash + Eq, V> Drop for RemoveOnDrop<K, V> {
    fn drop(&mut self) {
        let mut in_flight = self.in_flight.lock();
        if in_flight.get(&self.key).is_some_and(|flight| Weak::ptr_eq(&flight.callers, &self.callers)) {
            in_flight.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn concurrent_callers_share_one_computation() {
        let (flights, made) = (SingleFlight::new(Handle::current()), Arc::new(AtomicUsize::new(0)));
        let all_joined = Arc::new(Notify::new());
        let start = |_| {
            let (made, all_joined) = (made.clone(), all_joined.clone());
            async move {
                all_joined.notified().await;
                Ok::<_, Error>(made.fetch_add(1, Ordering::SeqCst))
            }
        };
        let all = futures::future::join_all((0..50).map(|_| flights.join("tile", start)));
        let (all, ()) = tokio::join!(all, async { all_joined.notify_one() });
        assert!(all.iter().all(|one| matches!(one, Ok(0))));
        assert!(flights.in_flight.lock().is_empty());
    }

    #[tokio::test]
    async fn a_cancelled_caller_does_not_abort_the_others() {
        let flights = Arc::new(SingleFlight::new(Handle::current()));
        let left = Arc::new(Notify::new());
        let has_left = left.clone();
        let slow = |_| async move {
            has_left.notified().await;
            Ok::<_, Error>(7)
        };
        let mut first = Box::pin(flights.join(1, slow));
        assert!(futures::poll!(&mut first).is_pending());
        let mut second = Box::pin(flights.join(1, |_| async { Ok(8) }));
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        left.notify_one();
        assert_eq!(second.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_computation_without_callers_is_dropped() {
        let flights = SingleFlight::cancelling(Handle::current());
        let (started, starts) = tokio::sync::oneshot::channel();
        let (dropped, drops) = tokio::sync::oneshot::channel::<()>();
        let (sent, interests) = std::sync::mpsc::channel();
        let work = |cancellation: Cancellation| async move {
            let _held = dropped;
            sent.send(cancellation).unwrap();
            started.send(()).unwrap();
            std::future::pending::<Result<(), Error>>().await
        };
        tokio::select! {
            _ = flights.join((), work) => unreachable!("it never ends by itself"),
            begun = starts => begun.unwrap(),
        }
        let ended = tokio::time::timeout(Duration::from_secs(10), drops).await;
        assert!(ended.expect("what it held is dropped").is_err());
        assert!(interests.recv().unwrap().is_cancelled());
    }

    #[tokio::test]
    async fn a_panic_fails_only_its_own_callers() {
        let flights = SingleFlight::<_, ()>::new(Handle::current());
        let broken = flights.join(1, |_| async { panic!("broken") }).await;
        assert!(matches!(broken, Err(Error::Fault(_))));
        assert!(flights.join(1, |_| async { Ok(()) }).await.is_ok());
    }
}
