//! Runs admitted renderings: each gets its memory first, then reads, and takes a thread last.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::admission::{
    Admission, Class, Client, Holding, Reason, Resource, StoreNumber, Thread, Threads, Ticket,
};
use super::budget::{Budget, Hold, Memory};
use super::priority::give_way;
use crate::gallery::Error;
use crate::gallery::settings::Work;
use crate::store::Store;

/// The render threads, and the memory they share.
///
/// A rendering reserves its memory first, then reads, and takes a thread last. A slow store therefore delays only
/// renderings that read from it, and neither fills the memory nor holds threads.
pub(super) struct RenderScheduler {
    pub(super) budget: Budget,
    admission: Admission,
    threads: Threads,
    count: usize,
    /// Limits large renderings, so that they never occupy all threads.
    large: Arc<Semaphore>,
    /// Large renderings and streams that wait for their turn.
    large_waiting: Arc<AtomicUsize>,
    /// Admitted renderings that wait for memory, their turn, data or a thread.
    waiting: Arc<AtomicUsize>,
    pub(super) large_bytes: u64,
    /// How long finished responses and streams wait for memory.
    patience: Duration,
    /// Remote stores by location.
    readers: Mutex<HashMap<String, Readers>>,
    /// A pool with one thread per permit; each thread keeps its own buffers.
    pool: Option<Runtime>,
}

/// The renderings that read from one remote store.
#[derive(Clone)]
struct Readers {
    number: StoreNumber,
    /// The KiB that small renderings may reserve while they read.
    share: Arc<Semaphore>,
}

/// A permit for a large rendering, or for a stream until it yields.
pub(super) struct LargePermit {
    _permit: OwnedSemaphorePermit,
    began: Instant,
    admission: Admission,
    /// Counts a stream in the queue while it has its turn.
    _ticket: Option<Ticket>,
}

/// The memory that a stream holds until it ends.
pub(super) struct StreamHold {
    memory: Hold,
    _holding: Option<Holding>,
}

/// An admitted rendering, with its memory reserved: it may read, and take a thread when one is free.
pub(super) struct Admitted<'a> {
    ticket: &'a Ticket,
    memory: Arc<Memory>,
    turn: Option<LargePermit>,
    reading: Option<OwnedSemaphorePermit>,
    waiting: Waiting,
}

/// Counts one while it waits.
struct Waiting(Arc<AtomicUsize>);

/// What a thread holds until its work is done, even if the caller is gone.
struct Resources {
    _memory: Arc<Memory>,
    _turn: Option<LargePermit>,
    _thread: Thread,
    /// Threads that its own thread makes use of.
    others: Vec<Thread>,
}

/// The time that a stream whose client keeps up draws bands before it yields to others. Most streams are complete by
/// then, and those that started first end first.
const SLICE: Duration = Duration::from_secs(2);
/// The most threads of one rendering.
const MOST_THREADS: usize = 8;
/// Each reading rendering takes at least this fraction of its store's share, which bounds their number.
const READERS: u32 = 64;
/// How much render threads give way to the threads that answer requests, on the scale of `nice`. Without, a tile waits for
/// the render threads' time slices.
const NICE: i32 = 5;

impl RenderScheduler {
    pub(super) fn new(settings: &Work) -> std::io::Result<Self> {
        let count = threads(settings);
        let large = (count / 2).max(1);
        let mut pool = Builder::new_current_thread();
        pool.max_blocking_threads(count).thread_keep_alive(Duration::from_secs(3600)).thread_name("render");
        pool.on_thread_start(|| give_way(NICE));
        Ok(Self {
            budget: Budget::new(settings.memory_mib),
            admission: Admission::new(settings, count, large),
            threads: Threads::new(count),
            count,
            large: Arc::new(Semaphore::new(large)),
            large_waiting: Arc::default(),
            waiting: Arc::default(),
            large_bytes: settings.large_mib << 20,
            patience: Duration::from_millis(settings.queue_ms),
            readers: Mutex::default(),
            pool: Some(pool.build()?),
        })
    }

    /// Refuses a rendering that can never be admitted, before a byte is read for it.
    pub(super) fn check(&self, bytes: u64) -> Result<(), Error> {
        self.budget.check(bytes)
    }

    /// Admits a rendering before anything is read for it: one for a client if its wait is short enough, others always.
    pub(super) fn ticket(
        &self,
        class: Class,
        client: Option<Client>,
        store: Option<&Store>,
    ) -> Result<Ticket, Error> {
        let store = store.filter(|store| !store.is_local());
        self.admit_first(class, client, store.map(|store| Resource::Store(self.readers(store).number)))
    }

    /// The same for a stream.
    pub(super) fn stream_ticket(&self, client: Option<Client>) -> Result<Ticket, Error> {
        self.admit_first(Class::Full, client, Some(Resource::StreamMemory))
    }

    fn admit_first(
        &self,
        class: Class,
        client: Option<Client>,
        needs: Option<Resource>,
    ) -> Result<Ticket, Error> {
        match client {
            Some(client) => self.admission.admit(class, client, needs),
            None => Ok(self.admission.enter(class, needs)),
        }
    }

    /// Runs `work`, which takes at most `bytes` of memory, on a render thread.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        ticket: &Ticket,
        bytes: u64,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.run_admitted(self.admit(ticket, bytes, None).await?, work).await
    }

    /// The same for work that is not to hold all threads, however little memory it takes.
    pub(super) async fn run_aside<T: Send + 'static>(
        &self,
        bytes: u64,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let ticket = self.admission.enter(Class::Full, None);
        self.run_admitted(self.admitted(&ticket, bytes, None, true).await?, work).await
    }

    /// Reserves `bytes` of memory for a rendering that reads from `store` before it takes a thread.
    pub(super) async fn admit<'a>(
        &self,
        ticket: &'a Ticket,
        bytes: u64,
        store: Option<&Store>,
    ) -> Result<Admitted<'a>, Error> {
        self.admitted(ticket, bytes, store, bytes >= self.large_bytes).await
    }

    /// The same for a rendering that reads while it runs. With a remote store its thread blocks on I/O: such renderings
    /// share the permits of large ones, so that a hanging store does not hold all threads.
    pub(super) async fn admit_reader<'a>(
        &self,
        ticket: &'a Ticket,
        bytes: u64,
        store: &Store,
    ) -> Result<Admitted<'a>, Error> {
        self.admitted(ticket, bytes, None, bytes >= self.large_bytes || !store.is_local()).await
    }

    async fn admitted<'a>(
        &self,
        ticket: &'a Ticket,
        bytes: u64,
        store: Option<&Store>,
        large: bool,
    ) -> Result<Admitted<'a>, Error> {
        self.check(bytes)?;
        let waiting = Waiting::count(&self.waiting);
        let admit = async {
            if large {
                let turn = self.large_permit(None).await?;
                return Ok((Some(turn), None, self.budget.large(bytes).await?));
            }
            let reading = match store {
                Some(store) if !store.is_local() => Some(self.reader(store, bytes).await?),
                _ => None,
            };
            Ok((None, reading, self.budget.small(bytes).await?))
        };
        let (turn, reading, memory) = ticket.before_deadline(admit).await?;
        ticket.begin_reading();
        Ok(Admitted { ticket, memory: Arc::new(memory), turn, reading, waiting })
    }

    async fn reader(&self, store: &Store, bytes: u64) -> Result<OwnedSemaphorePermit, Error> {
        let share = self.budget.reading_kib();
        let kib = u32::try_from(bytes >> 10).unwrap_or(u32::MAX).saturating_add(1);
        acquire(&self.readers(store).share, kib.clamp(share / READERS, share)).await
    }

    fn readers(&self, store: &Store) -> Readers {
        let share = self.budget.reading_kib() as usize;
        let mut all = self.readers.lock();
        let number = all.len();
        let new = || Readers { number, share: Arc::new(Semaphore::new(share)) };
        all.entry(store.describe()).or_insert_with(new).clone()
    }

    async fn large_permit(&self, ticket: Option<Ticket>) -> Result<LargePermit, Error> {
        let waiting = Waiting::count(&self.large_waiting);
        let permit = acquire(&self.large, 1).await?;
        drop(waiting);
        let (began, admission) = (Instant::now(), self.admission.clone());
        Ok(LargePermit { _permit: permit, began, admission, _ticket: ticket })
    }

    /// How many threads a rendering may use that needs `bytes(threads)` of memory and reads from `store` while it runs: those
    /// that are idle now. None becomes a large one by its threads, and a slow store holds only one.
    pub(super) fn most_threads(&self, store: &Store, bytes: impl Fn(usize) -> u64) -> usize {
        let most = if store.is_local() { self.threads.free().min(MOST_THREADS) } else { 1 };
        (2..=most).rev().find(|&threads| bytes(threads) < self.large_bytes).unwrap_or(1)
    }

    /// Runs an admitted rendering when a thread is free.
    pub(super) async fn run_admitted<T: Send + 'static>(
        &self,
        admitted: Admitted<'_>,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.run_in_parallel(admitted, 1, |_| work()).await
    }

    /// Runs an admitted rendering when a thread is free; `work` gets the number of threads that it may use, `most` if
    /// others are idle.
    pub(super) async fn run_in_parallel<T: Send + 'static>(
        &self,
        admitted: Admitted<'_>,
        most: usize,
        work: impl FnOnce(usize) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let Admitted { ticket, memory, turn, reading, waiting } = admitted;
        drop(reading);
        let class = ticket.class();
        let thread = ticket.before_deadline(self.thread(class)).await?;
        drop(waiting);
        let others = if most > 1 { self.threads.take_idle(most - 1) } else { Vec::new() };
        let threads = 1 + others.len();
        let resources = Resources { _memory: memory, _turn: turn, _thread: thread, others };
        self.run_at(resources, class, ticket.spent(), move || work(threads)).await
    }

    /// Admits a stream whose bands each have `made` bytes to send and need `drawn` bytes while they are drawn.
    pub(super) async fn admit_stream(
        &self,
        ticket: Ticket,
        made: u64,
        drawn: u64,
    ) -> Result<(StreamHold, LargePermit), Error> {
        let _waiting = Waiting::count(&self.waiting);
        let memory = tokio::time::timeout(self.patience, self.budget.hold(made, drawn)).await;
        let memory = memory.unwrap_or_else(|_| Err(self.admission.refuse(Class::Full, Reason::Memory)))?;
        let hold = StreamHold { memory, _holding: ticket.begin_holding() };
        let mut turn = ticket.before_deadline(self.large_permit(None)).await?;
        turn._ticket = Some(ticket);
        Ok((hold, turn))
    }

    /// Waits for the next permit of a stream that has started, for as long as it takes.
    pub(super) async fn next_turn(&self) -> Result<LargePermit, Error> {
        let _waiting = Waiting::count(&self.waiting);
        self.large_permit(Some(self.admission.enter(Class::Full, None))).await
    }

    /// Whether the stream should yield to others.
    pub(super) fn is_over(&self, turn: &LargePermit) -> bool {
        self.large_waiting.load(Ordering::Relaxed) > 0 && turn.began.elapsed() > SLICE
    }

    /// Memory for reading and drawing one band of an admitted stream.
    pub(super) async fn band(&self, bytes: u64, hold: &StreamHold) -> Result<Memory, Error> {
        self.budget.band(bytes, &hold.memory).await
    }

    /// Runs work of a class whose memory is reserved already, when a thread is free. Its time is added to `spent`.
    pub(super) async fn run_within<T: Send + 'static>(
        &self,
        memory: Arc<Memory>,
        (class, spent): (Class, Arc<AtomicU64>),
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let thread = self.thread(class).await?;
        let resources = Resources { _memory: memory, _turn: None, _thread: thread, others: Vec::new() };
        self.run_at(resources, class, spent, work).await
    }

    async fn thread(&self, class: Class) -> Result<Thread, Error> {
        let thread = self.threads.acquire(class).await;
        thread.ok_or_else(|| Error::Fault("the scheduler is closed".into()))
    }

    /// Memory for a finished response of `bytes`.
    pub(super) async fn unsent(&self, bytes: u64) -> Result<Memory, Error> {
        let taken = tokio::time::timeout(self.patience, self.budget.unsent(bytes)).await;
        taken.unwrap_or_else(|_| Err(self.admission.refuse(Class::Full, Reason::Memory)))
    }

    async fn run_at<T: Send + 'static>(
        &self,
        place: Resources,
        class: Class,
        spent: Arc<AtomicU64>,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let pool = self.pool.as_ref().ok_or_else(|| Error::Fault("the scheduler is closed".into()))?;
        let (threads, span) = (self.threads.clone(), tracing::trace_span!(target: "tegl::trace", "render"));
        let ran = pool.spawn_blocking(move || {
            let _entered = span.entered();
            let began = Instant::now();
            // A panic in a decoder ends this rendering and nothing else.
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            let took = began.elapsed() * (1 + place.others.len() as u32);
            spent.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            threads.charge(class, took);
            drop(place);
            done
        });
        match ran.await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Error::Fault("a rendering panicked".into())),
            Err(error) => Err(Error::Fault(error.to_string())),
        }
    }

    /// Busy threads, all threads, and waiting renderings.
    pub(super) fn load(&self) -> [usize; 3] {
        [self.count - self.threads.free(), self.count, self.waiting.load(Ordering::Relaxed)]
    }

    /// Updates the gauges of classes.
    pub(super) fn observe(&self) {
        self.admission.observe();
    }

    /// KiB that renderings and unsent responses have reserved.
    pub(super) fn taken_kib(&self) -> usize {
        self.budget.taken_kib()
    }
}

impl Admitted<'_> {
    /// The reserved memory, for results that stay in use.
    pub(super) fn share(&self) -> Arc<Memory> {
        self.memory.clone()
    }

    /// Reading is complete: others may read from the store.
    pub(super) fn has_read(&mut self) {
        self.reading = None;
        self.ticket.has_read();
    }
}

impl Drop for LargePermit {
    fn drop(&mut self) {
        self.admission.record_turn(self.began.elapsed());
    }
}

impl Waiting {
    fn count(all: &Arc<AtomicUsize>) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
#[path = "scheduler_tests.rs"]
mod tests;
