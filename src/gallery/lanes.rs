//! Admits renderings by the memory they take and the time they would have to wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;
use super::settings::Work;
use crate::iiif::Invalid;

/// The threads that decode and encode, and the memory they share.
pub struct Lanes {
    /// One permit a KiB.
    memory: Arc<Semaphore>,
    memory_kib: u32,
    threads: Arc<Semaphore>,
    /// Large renderings pass through here first, so that they never hold all threads.
    large: Arc<Semaphore>,
    large_kib: u32,
    count: usize,
    queue: Duration,
    waiting: Arc<AtomicUsize>,
    /// What a rendering has taken of late, in microseconds.
    usual_us: Arc<AtomicU64>,
    /// Owns as many threads as there are permits and no more: each keeps buffers of its own.
    pool: Option<Runtime>,
}

/// A place among the renderings; dropped when the work is done, not when its asker leaves.
struct Place {
    _large: Option<OwnedSemaphorePermit>,
    _memory: OwnedSemaphorePermit,
    _thread: OwnedSemaphorePermit,
}

impl Lanes {
    pub fn new(settings: &Work) -> std::io::Result<Self> {
        let count = threads(settings);
        let mut pool = Builder::new_current_thread();
        pool.max_blocking_threads(count).thread_keep_alive(Duration::from_secs(3600)).thread_name("render");
        let memory_kib =
            u32::try_from(settings.memory_mib.max(16) << 10).unwrap_or(u32::MAX >> 3).min(u32::MAX >> 3);
        Ok(Self {
            memory: Arc::new(Semaphore::new(memory_kib as usize)),
            memory_kib,
            threads: Arc::new(Semaphore::new(count)),
            large: Arc::new(Semaphore::new((count / 2).max(1))),
            large_kib: u32::try_from(settings.large_mib << 10).unwrap_or(u32::MAX),
            count,
            queue: Duration::from_millis(settings.queue_ms),
            waiting: Arc::default(),
            usual_us: Arc::new(AtomicU64::new(5_000)),
            pool: Some(pool.build()?),
        })
    }

    /// Refuses what can never be admitted, before a byte is read for it.
    pub fn check(&self, bytes: u64) -> Result<(), Error> {
        if bytes >> 10 < u64::from(self.memory_kib) {
            return Ok(());
        }
        let reason = format!(
            "would take {} MiB of the {} MiB there are for rendering; a smaller size or region works",
            bytes >> 20,
            self.memory_kib >> 10
        );
        Err(Invalid::new("request", "", reason).into())
    }

    /// Runs `work`, which takes at most `bytes` of memory, on a thread of its own.
    pub async fn run<T: Send + 'static>(
        &self,
        bytes: u64,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.check(bytes)?;
        let place = self.place(bytes).await?;
        self.run_at(place, work).await
    }

    /// The same for a part of an answer that has begun to leave: it waits for its turn however long that takes.
    pub async fn run_in_turn<T: Send + 'static>(
        &self,
        bytes: u64,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.check(bytes)?;
        let place = self.turn(bytes).await?;
        self.run_at(place, work).await
    }

    async fn run_at<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let usual = self.usual_us.clone();
        let pool = self.pool.as_ref().ok_or_else(|| Error::Fault("the lanes are closed".into()))?;
        let ran = pool.spawn_blocking(move || {
            let began = Instant::now();
            // A panic in a decoder ends this rendering and nothing else.
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            let took = began.elapsed().as_micros() as u64;
            let before = usual.load(Ordering::Relaxed);
            usual.store(before - before / 16 + took / 16, Ordering::Relaxed);
            drop(place);
            done
        });
        match ran.await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Error::Fault("a rendering panicked".into())),
            Err(error) => Err(Error::Fault(error.to_string())),
        }
    }

    async fn place(&self, bytes: u64) -> Result<Place, Error> {
        let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(self.waiting.clone());
        let expected =
            Duration::from_micros(self.usual_us.load(Ordering::Relaxed)) * ahead as u32 / self.count as u32;
        if expected > self.queue {
            return Err(self.busy(expected));
        }
        let placed = tokio::time::timeout(self.queue, self.turn(bytes)).await;
        drop(waiting);
        placed.unwrap_or_else(|_| Err(self.busy(self.queue)))
    }

    async fn turn(&self, bytes: u64) -> Result<Place, Error> {
        let kib = (bytes >> 10) as u32 + 1;
        let large = match kib >= self.large_kib {
            true => Some(acquire(&self.large, 1).await?),
            false => None,
        };
        let memory = acquire(&self.memory, kib).await?;
        let thread = acquire(&self.threads, 1).await?;
        Ok(Place { _large: large, _memory: memory, _thread: thread })
    }

    fn busy(&self, wait: Duration) -> Error {
        metrics::counter!("tegl_shed_total").increment(1);
        Error::Busy { retry_after_s: (wait.as_secs_f64().ceil() as u32).clamp(1, 30) }
    }

    /// Threads at work, threads in all, and renderings that wait.
    pub fn load(&self) -> [usize; 3] {
        [self.count - self.threads.available_permits(), self.count, self.waiting.load(Ordering::Relaxed)]
    }

    /// KiB of memory that renderings have taken.
    pub fn taken_kib(&self) -> usize {
        self.memory_kib as usize - self.memory.available_permits()
    }
}

async fn acquire(semaphore: &Arc<Semaphore>, permits: u32) -> Result<OwnedSemaphorePermit, Error> {
    let acquired = semaphore.clone().acquire_many_owned(permits).await;
    acquired.map_err(|_| Error::Fault("the lanes are closed".into()))
}

/// How many threads render.
pub fn threads(settings: &Work) -> usize {
    match settings.threads {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        threads => threads.min(256),
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.shutdown_background();
        }
    }
}

struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(queue_ms: u64) -> Lanes {
        let settings = Work { threads: 1, memory_mib: 16, queue_ms, large_mib: 32 };
        Lanes::new(&settings).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_does_not_fit_is_refused_before_it_begins() {
        let refused = lanes(100).run(17 << 20, || Ok(())).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_waits_too_long_is_told_to_come_back() {
        let lanes = lanes(30);
        let slow = lanes.run(1, || {
            std::thread::sleep(Duration::from_millis(120));
            Ok(())
        });
        let second = async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            lanes.run(1, || Ok(())).await
        };
        let (slow, second) = tokio::join!(slow, second);
        assert!(slow.is_ok());
        assert!(matches!(second, Err(Error::Busy { retry_after_s: 1 })));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_gives_its_place_back() {
        let lanes = lanes(100);
        let broken = lanes.run(1, || -> Result<(), Error> { panic!("broken") }).await;
        assert!(matches!(broken, Err(Error::Fault(_))));
        assert!(lanes.run(1, || Ok(())).await.is_ok());
        assert_eq!((lanes.load()[0], lanes.taken_kib()), (0, 0));
    }
}
