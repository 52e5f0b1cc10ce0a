//! Admits renderings by their memory and their expected wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::budget::{Budget, Hold, Memory};
use super::queue::{Measured, Queue, Waiting};
use crate::gallery::Error;
use crate::gallery::settings::Work;
use crate::store::Store;

/// The render threads, and the memory they share.
///
/// A rendering reserves its memory first, then reads, and takes a thread last. A slow store therefore delays only
/// renderings that read from it, and neither fills the memory nor holds threads.
pub(super) struct RenderScheduler {
    pub(super) budget: Budget,
    threads: Arc<Semaphore>,
    count: usize,
    /// Limits large renderings, so that they never occupy all threads.
    large: Arc<Semaphore>,
    large_bytes: u64,
    patience: Duration,
    small_queue: Queue,
    large_queue: Queue,
    /// Per remote store, the KiB that its small renderings may reserve while they read.
    readers: Mutex<HashMap<String, Arc<Semaphore>>>,
    /// A pool with one thread per permit; each thread keeps its own buffers.
    pool: Option<Runtime>,
}

/// A permit for a large rendering.
pub(super) struct LargePermit {
    _permit: OwnedSemaphorePermit,
    measured: Measured,
}

/// An admitted rendering, with its memory reserved: it may read, and take a thread when one is free.
pub(super) struct Admitted {
    memory: Arc<Memory>,
    turn: Option<LargePermit>,
    reading: Option<OwnedSemaphorePermit>,
    waiting: Waiting,
    patience: Duration,
}

/// What a thread holds until its work is done, even if the caller is gone.
struct Resources {
    _memory: Arc<Memory>,
    _turn: Option<LargePermit>,
    _thread: OwnedSemaphorePermit,
}

/// The time that a stream whose client keeps up draws bands before it yields to others. Most streams are complete by
/// then, and those that started first end first.
const SLICE: Duration = Duration::from_secs(2);
/// Each reading rendering takes at least this fraction of its store's share, which bounds their number.
const READERS: u32 = 64;
/// The minimum wait for a thread once a rendering has read its data.
const AT_LEAST: Duration = Duration::from_millis(250);

impl RenderScheduler {
    pub(super) fn new(settings: &Work) -> std::io::Result<Self> {
        let count = threads(settings);
        let large = (count / 2).max(1);
        let mut pool = Builder::new_current_thread();
        pool.max_blocking_threads(count).thread_keep_alive(Duration::from_secs(3600)).thread_name("render");
        Ok(Self {
            budget: Budget::new(settings.memory_mib),
            threads: Arc::new(Semaphore::new(count)),
            count,
            large: Arc::new(Semaphore::new(large)),
            large_bytes: settings.large_mib << 20,
            patience: Duration::from_millis(settings.queue_ms),
            small_queue: Queue::new(count, Duration::from_millis(5)),
            large_queue: Queue::new(large, Duration::from_millis(100)),
            readers: Mutex::default(),
            pool: Some(pool.build()?),
        })
    }

    /// Refuses a rendering that can never be admitted, before a byte is read for it.
    pub(super) fn check(&self, bytes: u64) -> Result<(), Error> {
        self.budget.check(bytes)
    }

    /// Runs `work`, which takes at most `bytes` of memory, on a render thread.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        bytes: u64,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.run_admitted(self.admit(bytes, None).await?, work).await
    }

    /// The same for work that is not to hold all threads, however little memory it takes.
    pub(super) async fn run_aside<T: Send + 'static>(
        &self,
        bytes: u64,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.run_admitted(self.admitted(bytes, None, true).await?, work).await
    }

    /// Admits a rendering that takes `bytes` of memory, and reads from `store` before it takes a thread.
    pub(super) async fn admit(&self, bytes: u64, store: Option<&Store>) -> Result<Admitted, Error> {
        self.admitted(bytes, store, bytes >= self.large_bytes).await
    }

    /// Admits a rendering that reads while it runs. With a remote store its thread blocks on I/O: such renderings share the
    /// permits of large ones, so that a hanging store does not hold all threads.
    pub(super) async fn admit_reader(&self, bytes: u64, store: &Store) -> Result<Admitted, Error> {
        self.admitted(bytes, None, bytes >= self.large_bytes || !store.is_local()).await
    }

    async fn admitted(&self, bytes: u64, store: Option<&Store>, large: bool) -> Result<Admitted, Error> {
        self.check(bytes)?;
        let (waiting, began) = (self.enter(large)?, Instant::now());
        let admit = async {
            if large {
                let turn = self.large_permit().await?;
                return Ok((Some(turn), None, self.budget.large(bytes).await?));
            }
            let reading = match store {
                Some(store) if !store.is_local() => Some(self.reader(store, bytes).await?),
                _ => None,
            };
            Ok((None, reading, self.budget.small(bytes).await?))
        };
        let admitted = tokio::time::timeout(self.patience, admit).await;
        let (turn, reading, memory) = admitted.unwrap_or_else(|_| Err(self.busy(self.patience)))?;
        let patience = self.patience.saturating_sub(began.elapsed());
        let memory = Arc::new(memory);
        Ok(Admitted { memory, turn, reading, waiting, patience })
    }

    /// Joins the queue, or refuses immediately if the wait would be too long.
    fn enter(&self, large: bool) -> Result<Waiting, Error> {
        let queue = if large { &self.large_queue } else { &self.small_queue };
        let expected = queue.expected();
        if expected > self.patience {
            return Err(self.busy(expected));
        }
        Ok(queue.join())
    }

    async fn reader(&self, store: &Store, bytes: u64) -> Result<OwnedSemaphorePermit, Error> {
        let share = self.budget.reading_kib();
        let readers = {
            let mut all = self.readers.lock();
            all.entry(store.describe()).or_insert_with(|| Arc::new(Semaphore::new(share as usize))).clone()
        };
        acquire(&readers, ((bytes >> 10) as u32 + 1).clamp(share / READERS, share)).await
    }

    async fn large_permit(&self) -> Result<LargePermit, Error> {
        let permit = acquire(&self.large, 1).await?;
        Ok(LargePermit { _permit: permit, measured: self.large_queue.measure() })
    }

    /// Runs an admitted rendering when a thread is free.
    pub(super) async fn run_admitted<T: Send + 'static>(
        &self,
        admitted: Admitted,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let Admitted { memory, turn, reading, waiting, patience } = admitted;
        drop(reading);
        let thread = tokio::time::timeout(patience.max(AT_LEAST), acquire(&self.threads, 1)).await;
        let thread = thread.unwrap_or_else(|_| Err(self.busy(self.patience)))?;
        drop(waiting);
        let measured = turn.is_none().then(|| self.small_queue.clone());
        self.run_at(Resources { _memory: memory, _turn: turn, _thread: thread }, measured, work).await
    }

    /// Admits a stream whose bands each have `made` bytes to send and need `drawn` bytes while they are drawn.
    pub(super) async fn admit_stream(&self, made: u64, drawn: u64) -> Result<(Hold, LargePermit), Error> {
        let _waiting = self.enter(true)?;
        let admit = async { Ok((self.budget.hold(made, drawn).await?, self.large_permit().await?)) };
        let admitted = tokio::time::timeout(self.patience, admit).await;
        admitted.unwrap_or_else(|_| Err(self.busy(self.patience)))
    }

    /// Waits for the next permit of a stream that has started, for as long as it takes.
    pub(super) async fn next_turn(&self) -> Result<LargePermit, Error> {
        let _waiting = self.large_queue.join();
        self.large_permit().await
    }

    /// Whether the stream should yield to others.
    pub(super) fn is_over(&self, turn: &LargePermit) -> bool {
        self.large_queue.waiting() > 0 && turn.measured.so_far() > SLICE
    }

    /// Memory for reading and drawing one band of an admitted stream.
    pub(super) async fn band(&self, bytes: u64, hold: &Hold) -> Result<Memory, Error> {
        self.budget.band(bytes, hold).await
    }

    /// Runs work whose memory is reserved already, when a thread is free.
    pub(super) async fn run_within<T: Send + 'static>(
        &self,
        memory: Arc<Memory>,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let thread = acquire(&self.threads, 1).await?;
        self.run_at(Resources { _memory: memory, _turn: None, _thread: thread }, None, work).await
    }

    /// Memory for a finished response of `bytes`.
    pub(super) async fn unsent(&self, bytes: u64) -> Result<Memory, Error> {
        let taken = tokio::time::timeout(self.patience, self.budget.unsent(bytes)).await;
        taken.unwrap_or_else(|_| Err(self.busy(self.patience)))
    }

    async fn run_at<T: Send + 'static>(
        &self,
        place: Resources,
        measured: Option<Queue>,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let pool = self.pool.as_ref().ok_or_else(|| Error::Fault("the scheduler is closed".into()))?;
        let ran = pool.spawn_blocking(move || {
            let measured = measured.map(|queue| queue.measure());
            // A panic in a decoder ends this rendering and nothing else.
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            drop((measured, place));
            done
        });
        match ran.await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Error::Fault("a rendering panicked".into())),
            Err(error) => Err(Error::Fault(error.to_string())),
        }
    }

    fn busy(&self, wait: Duration) -> Error {
        metrics::counter!("tegl_shed_total").increment(1);
        Error::Busy { retry_after_s: (wait.as_secs_f64().ceil() as u32).clamp(1, 30) }
    }

    /// Busy threads, all threads, and waiting renderings.
    pub(super) fn load(&self) -> [usize; 3] {
        let waiting = self.small_queue.waiting() + self.large_queue.waiting();
        [self.count - self.threads.available_permits(), self.count, waiting]
    }

    /// KiB that renderings and unsent responses have reserved.
    pub(super) fn taken_kib(&self) -> usize {
        self.budget.taken_kib()
    }
}

impl Admitted {
    /// The reserved memory, for results that stay in use.
    pub(super) fn share(&self) -> Arc<Memory> {
        self.memory.clone()
    }

    /// Reading is complete: others may read from the store.
    pub(super) fn has_read(&mut self) {
        self.reading = None;
    }
}

async fn acquire(semaphore: &Arc<Semaphore>, permits: u32) -> Result<OwnedSemaphorePermit, Error> {
    let acquired = semaphore.clone().acquire_many_owned(permits).await;
    acquired.map_err(|_| Error::Fault("the scheduler is closed".into()))
}

/// The number of render threads.
pub(crate) fn threads(settings: &Work) -> usize {
    match settings.threads {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        threads => threads.min(256),
    }
}

impl Drop for RenderScheduler {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::{ReadAt, jpeg};

    fn scheduler(queue_ms: u64) -> RenderScheduler {
        let settings = Work { threads: 1, memory_mib: 16, queue_ms, large_mib: 32 };
        RenderScheduler::new(&settings).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn renderings_beyond_the_budget_are_refused() {
        let refused = scheduler(100).run(17 << 20, || Ok(())).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn renderings_that_wait_too_long_are_refused() {
        let scheduler = scheduler(30);
        let (started, starts) = tokio::sync::oneshot::channel();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let slow = scheduler.run(1, move || {
            started.send(()).unwrap();
            ends.recv().unwrap();
            Ok(())
        });
        let second = async {
            starts.await.unwrap();
            let refused = scheduler.run(1, || Ok(())).await;
            end.send(()).unwrap();
            refused
        };
        let (slow, second) = tokio::join!(slow, second);
        assert!(slow.is_ok());
        assert!(matches!(second, Err(Error::Busy { retry_after_s: 1 })));
    }

    #[tokio::test]
    async fn streams_without_memory_are_refused_before_they_start() {
        let scheduler = scheduler(50);
        let (_held, turn) = scheduler.admit_stream(4 << 20, 1 << 20).await.unwrap();
        drop(turn);
        let refused = scheduler.admit_stream(3 << 20, 1 << 20).await;
        assert!(matches!(refused, Err(Error::Busy { retry_after_s: 1 })));
        assert!(scheduler.admit(1 << 20, None).await.is_ok(), "other renderings have their own share");
    }

    #[tokio::test]
    async fn large_renderings_get_their_permits_in_order() {
        let scheduler = scheduler(50);
        let (held, turn) = scheduler.admit_stream(1 << 20, 1 << 20).await.unwrap();
        assert!(scheduler.admit_stream(1 << 20, 1 << 20).await.is_err(), "there is one permit");
        assert!(!scheduler.is_over(&turn), "the queue is empty");
        drop((held, turn));
        assert!(scheduler.admit_stream(1 << 20, 1 << 20).await.is_ok());
        assert_eq!((scheduler.load()[2], scheduler.taken_kib()), (0, 0));
    }

    #[tokio::test]
    async fn cancelled_callers_leave_the_queue() {
        let scheduler = scheduler(50);
        let first = scheduler.admit(15 << 20, None).await.unwrap();
        let left = tokio::time::timeout(Duration::from_millis(10), scheduler.admit(15 << 20, None)).await;
        assert!(left.is_err());
        drop(first);
        assert_eq!((scheduler.load()[2], scheduler.taken_kib()), (0, 0));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_while_a_c_library_reads_fails_one_rendering() {
        struct Panicking;
        impl ReadAt for Panicking {
            fn size(&self) -> u64 {
                1 << 20
            }

            fn read_at(&self, _: u64, _: &mut [u8]) -> std::io::Result<()> {
                panic!("broken")
            }
        }
        let scheduler = scheduler(100);
        let decode = || Ok(jpeg::rows(Arc::new(Panicking), 1, 0).map(drop)?);
        let broken = scheduler.run(1, decode).await;
        assert!(matches!(&broken, Err(Error::Damaged(reason)) if reason.contains("broken")), "{broken:?}");
        assert!(scheduler.run(1, || Ok(())).await.is_ok());
        assert_eq!((scheduler.load()[0], scheduler.taken_kib()), (0, 0));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_releases_its_resources() {
        let scheduler = scheduler(100);
        let broken = scheduler.run(1, || -> Result<(), Error> { panic!("broken") }).await;
        assert!(matches!(broken, Err(Error::Fault(_))));
        assert!(scheduler.run(1, || Ok(())).await.is_ok());
        assert_eq!((scheduler.load()[0], scheduler.taken_kib()), (0, 0));
    }
}
