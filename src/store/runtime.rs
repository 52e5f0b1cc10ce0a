//! The runtime for requests to stores, independent of the callers' threads.

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use futures::future::{Either, select};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::Error;

/// The maximum number of concurrent reads of local disks, so that a hanging disk blocks only this many threads.
const BLOCKING_THREADS: usize = 64;

/// Runs a future on the shared runtime, which pools connections. It is cancelled when its caller is dropped.
pub(super) async fn run<T: Send + 'static>(
    deadline: Duration,
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    within(deadline, Task(shared().spawn(future))).await
}

/// Runs a blocking closure. If its caller is dropped, it is cancelled unless it has started.
pub(super) async fn block<T: Send + 'static>(
    deadline: Duration,
    closure: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    within(deadline, Task(shared().spawn_blocking(closure))).await
}

/// Blocks on a future. The calling thread must not belong to any runtime.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    shared().block_on(future)
}

/// Runs a future to its end, even if nothing waits for it.
pub(super) fn spawn_detached(future: impl Future<Output = ()> + Send + 'static) {
    shared().spawn(future);
}

async fn within<T>(deadline: Duration, mut task: Task<T>) -> Result<T, Error> {
    let sleep = {
        let _timers = shared().enter();
        tokio::time::sleep(deadline)
    };
    match select(&mut task.0, pin!(sleep)).await {
        Either::Left((Ok(result), _)) => result,
        Either::Left((Err(stopped), _)) => Err(Error::unavailable(stopped)),
        Either::Right(_) => Err(Error::TimedOut),
    }
}

/// A task that is aborted when its handle is dropped.
struct Task<T>(JoinHandle<Result<T, Error>>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn shared() -> &'static Runtime {
    static SHARED: OnceLock<Runtime> = OnceLock::new();
    SHARED.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("tegl-store")
            .enable_all()
            .build()
            .expect("threads can be started when the first source is opened")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_deadline_holds_on_threads_without_timers() {
        let started = Instant::now();
        let waited = run(Duration::from_millis(50), std::future::pending::<Result<(), Error>>());
        assert!(matches!(futures::executor::block_on(waited), Err(Error::TimedOut)));
        assert!(started.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn a_panic_is_an_error() {
        let panics = block::<()>(Duration::from_secs(5), || panic!("on purpose"));
        assert!(matches!(futures::executor::block_on(panics), Err(Error::Unavailable(_))));
    }
}
