//! Estimates how long work of one kind waits in its queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The length of a queue, and the time per item.
#[derive(Clone)]
pub(super) struct Queue(Arc<State>);

struct State {
    waiting: AtomicUsize,
    /// Moving average of the time per item, in microseconds.
    usual_us: AtomicU64,
    /// Items that run concurrently.
    width: usize,
}

/// A queue position; released when dropped.
pub(super) struct Waiting(Queue);

/// Measures one item until it is dropped.
pub(super) struct Measured(Queue, Instant);

impl Queue {
    pub(super) fn new(width: usize, usual: Duration) -> Self {
        let usual_us = AtomicU64::new(usual.as_micros() as u64);
        Self(Arc::new(State { waiting: AtomicUsize::new(0), usual_us, width: width.max(1) }))
    }

    /// The expected wait of a new item.
    pub(super) fn expected(&self) -> Duration {
        let State { waiting, usual_us, width } = &*self.0;
        let usual = Duration::from_micros(usual_us.load(Ordering::Relaxed));
        usual * waiting.load(Ordering::Relaxed) as u32 / *width as u32
    }

    pub(super) fn join(&self) -> Waiting {
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(self.clone())
    }

    pub(super) fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn measure(&self) -> Measured {
        Measured(self.clone(), Instant::now())
    }
}

impl Measured {
    pub(super) fn so_far(&self) -> Duration {
        self.1.elapsed()
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let (usual, took) = (&self.0.0.usual_us, self.1.elapsed().as_micros() as u64);
        let before = usual.load(Ordering::Relaxed);
        usual.store(before - before / 16 + took / 16, Ordering::Relaxed);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
