//! One making for all who ask for the same thing at the same time.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tokio::runtime::Handle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Error;

/// Makings under way. Each runs in a task of its own, so that an asker who leaves costs the
/// others nothing. When the last one has left, the task is cancelled where [`SingleFlight::cancelled`] asks for that: what it
/// waits for or reads is dropped, and work that runs on a thread finds out by [`Cancellation::is_cancelled`].
pub struct SingleFlight<K, V> {
    under_way: Arc<Mutex<HashMap<K, Flight<V>>>>,
    tasks: Handle,
    cancelled: bool,
}

struct Flight<V> {
    result: Shared<BoxFuture<'static, Result<V, Error>>>,
    askers: Weak<DropGuard>,
}

/// Whether anybody still waits.
#[derive(Clone)]
pub struct Cancellation(CancellationToken);

impl Cancellation {
    /// Cancellation that lasts until the guard is dropped.
    pub fn guarded() -> (Self, DropGuard) {
        let token = CancellationToken::new();
        (Self(token.clone()), token.drop_guard())
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Ends work that nobody waits for.
    pub fn check(&self) -> Result<(), Error> {
        if self.is_cancelled() { Err(Error::Abandoned) } else { Ok(()) }
    }

    /// Waits for `work`, or until nobody waits for its result any more.
    pub async fn run_until_cancelled<T>(
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
    pub fn new(tasks: Handle) -> Self {
        Self { under_way: Arc::default(), tasks, cancelled: false }
    }

    /// The same, for work that ends when nobody waits for it any more.
    pub fn cancelled(tasks: Handle) -> Self {
        Self { cancelled: true, ..Self::new(tasks) }
    }

    /// Waits for the making of `key`, which `make` starts unless it is under way already.
    pub async fn join<F>(&self, key: K, make: impl FnOnce(Cancellation) -> F) -> Result<V, Error>
    where
        F: Future<Output = Result<V, Error>> + Send + 'static,
    {
        let (result, _asker) = self.board(key, make);
        result.await
    }

    fn board<F>(
        &self,
        key: K,
        make: impl FnOnce(Cancellation) -> F,
    ) -> (Shared<BoxFuture<'static, Result<V, Error>>>, Arc<DropGuard>)
    where
        F: Future<Output = Result<V, Error>> + Send + 'static,
    {
        let mut under_way = lock(&self.under_way);
        if let Some(flight) = under_way.get(&key)
            && let Some(asker) = flight.askers.upgrade()
        {
            return (flight.result.clone(), asker);
        }
        let (cancellation, guard) = Cancellation::guarded();
        let asker = Arc::new(guard);
        let askers = Arc::downgrade(&asker);
        let work = make(cancellation.clone());
        let landing = Landing { key: key.clone(), askers: askers.clone(), under_way: self.under_way.clone() };
        let cancelled = self.cancelled;
        let task = self.tasks.spawn(async move {
            let done = match cancelled {
                true => cancellation.run_until_cancelled(work).await,
                false => work.await,
            };
            drop(landing);
            done
        });
        let result = task.map(|joined| joined.unwrap_or_else(|error| Err(Error::Fault(error.to_string()))));
        let result = result.boxed().shared();
        under_way.insert(key, Flight { result: result.clone(), askers });
        (result, asker)
    }
}

/// Strikes a making off the list when it ends, however it ends.
struct Landing<K: Hash + Eq, V> {
    key: K,
    askers: Weak<DropGuard>,
    under_way: Arc<Mutex<HashMap<K, Flight<V>>>>,
}

impl<K: Hash + Eq, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut under_way = lock(&self.under_way);
        if under_way.get(&self.key).is_some_and(|flight| Weak::ptr_eq(&flight.askers, &self.askers)) {
            under_way.remove(&self.key);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn many_askers_share_one_making() {
        let (flights, made) = (SingleFlight::new(Handle::current()), Arc::new(AtomicUsize::new(0)));
        let all_joined = Arc::new(Notify::new());
        let make = |_| {
            let (made, all_joined) = (made.clone(), all_joined.clone());
            async move {
                all_joined.notified().await;
                Ok::<_, Error>(made.fetch_add(1, Ordering::SeqCst))
            }
        };
        let all = futures::future::join_all((0..50).map(|_| flights.join("tile", make)));
        let (all, ()) = tokio::join!(all, async { all_joined.notify_one() });
        assert!(all.iter().all(|one| matches!(one, Ok(0))));
        assert!(lock(&flights.under_way).is_empty());
    }

    #[tokio::test]
    async fn the_first_asker_may_leave() {
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
    async fn a_making_that_nobody_waits_for_is_dropped() {
        let flights = SingleFlight::cancelled(Handle::current());
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
    async fn a_panic_is_a_fault_for_those_who_wait_and_no_more() {
        let flights = SingleFlight::<_, ()>::new(Handle::current());
        let broken = flights.join(1, |_| async { panic!("broken") }).await;
        assert!(matches!(broken, Err(Error::Fault(_))));
        assert!(flights.join(1, |_| async { Ok(()) }).await.is_ok());
    }
}
