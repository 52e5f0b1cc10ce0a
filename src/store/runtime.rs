//! The threads on which stores are waited for, whatever threads the askers have.

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use futures::future::{Either, select};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::Error;

/// Reads that may wait for local disks at once; a disk that hangs holds no more threads than these.
const BLOCKING_THREADS: usize = 64;

/// Runs a future on the shared threads: connections are pooled there, not per asker. It ends with its asker.
pub(super) async fn run<T: Send + 'static>(
    deadline: Duration,
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    within(deadline, Task(shared().spawn(future))).await
}

/// Runs a closure that may wait for a disk. It goes on when its asker leaves, unless it has not begun.
pub(super) async fn block<T: Send + 'static>(
    deadline: Duration,
    closure: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    within(deadline, Task(shared().spawn_blocking(closure))).await
}

/// Waits for a future on a thread that is not one of these, nor any other runtime's.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    shared().block_on(future)
}

/// Runs to its end what nobody waits for.
pub(super) fn go_on(future: impl Future<Output = ()> + Send + 'static) {
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

/// A task that is called off when nobody waits for it any more.
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
