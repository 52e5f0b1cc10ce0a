//! Gives the render threads to classes in proportion to their weights.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::Class;

/// The render threads. While all are busy, each class gets its share of them, and unused shares go to the others.
#[derive(Clone)]
pub(in crate::gallery::images) struct Threads(Arc<Mutex<State>>);

struct State {
    free: usize,
    waiting: [VecDeque<oneshot::Sender<Thread>>; 4],
    /// The time that each class has had on threads, divided by its weight, in microseconds. The class with the least comes
    /// first.
    had: [u64; 4],
}

/// A thread, until it is dropped.
pub(in crate::gallery::images) struct Thread {
    /// `None` if it was not handed over.
    threads: Option<Threads>,
}

impl Threads {
    pub(in crate::gallery::images) fn new(count: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: count, waiting: Default::default(), had: [0; 4] })))
    }

    /// Waits for a thread. Within a class, those who came first are first.
    pub(in crate::gallery::images) async fn acquire(&self, class: Class) -> Option<Thread> {
        let receiver = {
            let mut state = self.0.lock();
            if state.free > 0 {
                state.free -= 1;
                return Some(self.thread());
            }
            let (sender, receiver) = oneshot::channel();
            if state.waiting[class as usize].is_empty() {
                state.join(class);
            }
            state.waiting[class as usize].push_back(sender);
            receiver
        };
        receiver.await.ok()
    }

    /// At most `count` threads that are idle now.
    pub(in crate::gallery::images) fn take_idle(&self, count: usize) -> Vec<Thread> {
        let mut state = self.0.lock();
        let count = count.min(state.free);
        state.free -= count;
        (0..count).map(|_| self.thread()).collect()
    }

    /// Counts time that a class has had on a thread.
    pub(in crate::gallery::images) fn charge(&self, class: Class, took: Duration) {
        let weighted = u64::try_from(took.as_micros()).unwrap_or(u64::MAX) / class.weight();
        let mut state = self.0.lock();
        state.had[class as usize] = state.had[class as usize].saturating_add(weighted);
    }

    pub(in crate::gallery::images) fn free(&self) -> usize {
        self.0.lock().free
    }

    fn thread(&self) -> Thread {
        Thread { threads: Some(self.clone()) }
    }

    /// Hands a thread to the next rendering whose caller still waits.
    fn release(&self) {
        let mut state = self.0.lock();
        while let Some(next) = state.next() {
            match next.send(self.thread()) {
                Ok(()) => return,
                Err(mut unwanted) => unwanted.threads = None,
            }
        }
        state.free += 1;
    }
}

impl State {
    /// A class that had no work gains nothing from the time when it had none.
    fn join(&mut self, class: Class) {
        let others = Class::ALL.into_iter().filter(|other| !self.waiting[*other as usize].is_empty());
        if let Some(least) = others.map(|other| self.had[other as usize]).min() {
            self.had[class as usize] = self.had[class as usize].max(least);
        }
    }

    fn next(&mut self) -> Option<oneshot::Sender<Thread>> {
        let with_work = Class::ALL.into_iter().filter(|class| !self.waiting[*class as usize].is_empty());
        let class = with_work.min_by_key(|class| self.had[*class as usize])?;
        self.waiting[class as usize].pop_front()
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// The order in which waiting renderings get the only thread, each for its time.
    fn order(waiting: &[(Class, u32)]) -> Vec<Class> {
        let threads = Threads::new(1);
        let mut held = threads.acquire(Class::Tile).now_or_never().flatten();
        assert!(held.is_some());
        let mut all: Vec<_> = waiting
            .iter()
            .map(|&(class, ms)| (class, ms, Box::pin(threads.acquire(class))))
            .filter_map(|(class, ms, mut wait)| {
                (&mut wait).now_or_never().is_none().then_some((class, ms, wait))
            })
            .collect();
        assert_eq!(all.len(), waiting.len());
        let mut order = Vec::new();
        while !all.is_empty() {
            drop(held.take());
            let got =
                all.iter_mut().enumerate().find_map(|(at, (_, _, wait))| Some((at, wait.now_or_never()??)));
            let (at, thread) = got.expect("a released thread is handed over");
            let (class, ms, _) = all.remove(at);
            threads.charge(class, MS * ms);
            held = Some(thread);
            order.push(class);
        }
        order
    }

    #[test]
    fn classes_get_their_shares_while_all_have_work() {
        let waiting: Vec<_> =
            (0..60).map(|_| (Class::Region, 10)).chain((0..60).map(|_| (Class::Tile, 10))).collect();
        let order = order(&waiting);
        let tiles = order[..30].iter().filter(|class| **class == Class::Tile).count();
        assert!((19..=21).contains(&tiles), "two thirds of the time, not {tiles} of 30");
    }

    #[test]
    fn time_counts_not_the_number() {
        let waiting: Vec<_> =
            (0..20).map(|_| (Class::Full, 100)).chain((0..200).map(|_| (Class::Tile, 5))).collect();
        let order = order(&waiting);
        let full = order[..85].iter().filter(|class| **class == Class::Full).count();
        assert!((1..=2).contains(&full), "a fifth of the time, not {full} of 85");
    }

    #[test]
    fn a_class_that_was_idle_does_not_take_everything() {
        let threads = Threads::new(1);
        threads.charge(Class::Region, MS * 10_000);
        let held = threads.acquire(Class::Region).now_or_never().flatten();
        let mut region = Box::pin(threads.acquire(Class::Region));
        assert!((&mut region).now_or_never().is_none());
        let mut tile = Box::pin(threads.acquire(Class::Tile));
        assert!((&mut tile).now_or_never().is_none());
        assert_eq!(threads.0.lock().had[Class::Tile as usize], 10_000_000 / Class::Region.weight());
        drop((held, tile));
        assert!((&mut region).now_or_never().flatten().is_some(), "those who have gone are skipped");
    }

    #[test]
    fn idle_threads_are_taken_as_far_as_there_are_any() {
        let threads = Threads::new(3);
        let one = threads.acquire(Class::Tile).now_or_never().flatten();
        let idle = threads.take_idle(7);
        assert_eq!((idle.len(), threads.free(), threads.take_idle(1).len()), (2, 0, 0));
        let mut waiting = Box::pin(threads.acquire(Class::Tile));
        assert!((&mut waiting).now_or_never().is_none());
        drop(idle);
        assert!(waiting.now_or_never().flatten().is_some(), "handed over as any other");
        drop(one);
        assert_eq!(threads.free(), 3);
    }

    #[test]
    fn threads_are_free_again() {
        let threads = Threads::new(2);
        let held: Vec<_> = (0..2).map(|_| threads.acquire(Class::Tile).now_or_never().flatten()).collect();
        let mut waiting = Box::pin(threads.acquire(Class::Full));
        assert!((&mut waiting).now_or_never().is_none());
        drop(held);
        // Handed over, but never taken.
        drop(waiting);
        assert_eq!(threads.free(), 2);
    }
}
