//! The expected wait of each class, from measured costs, and what of it each client has caused.

use std::collections::HashMap;
use std::time::Duration;

use super::{Class, Client, Reason};

/// How much of the free part of a queue one client may take: with 2, one client alone gets two thirds of the queue, two get
/// two fifths each, and a new client always finds room.
const SHARE: u32 = 2;
/// The weight of a new measurement in the moving average of costs: one part in this many.
const SMOOTHING: u32 = 16;

/// What is admitted and has not ended, as time on render threads.
pub(super) struct Queues {
    threads: u32,
    /// Threads that [`Class::Full`] may use.
    full_threads: u32,
    /// Moving averages of the time on a thread.
    costs: [Duration; 4],
    /// Renderings that have read their data, or read it from local files.
    ready: [Duration; 4],
    /// Renderings that wait for data of a remote store. They delay no rendering that reads from another one.
    reading: HashMap<StoreNumber, Reading>,
    clients: HashMap<Client, [Duration; 4]>,
}

/// The number of a remote store.
pub(in crate::gallery::images) type StoreNumber = usize;

/// Renderings that wait for data of one store.
#[derive(Default)]
struct Reading {
    queued: [Duration; 4],
    /// Renderings that may not read yet, and those that do.
    waiting: u32,
    active: u32,
    /// Moving average of the time that one rendering reads.
    usual: Duration,
}

/// Where a rendering is on its way to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Has to wait before it may read from the store.
    Waiting(StoreNumber),
    Reading(StoreNumber),
    Ready,
}

/// A rendering in the queue.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub class: Class,
    pub client: Option<Client>,
    pub stage: Stage,
    /// The expected time on a thread.
    pub cost: Duration,
}

/// A refusal, with the time after which a retry is likely to be admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub reason: Reason,
    pub wait: Duration,
}

impl Queues {
    pub(super) fn new(threads: usize, full_threads: usize) -> Self {
        let count = |threads: usize| u32::try_from(threads).unwrap_or(u32::MAX).max(1);
        Self {
            threads: count(threads),
            full_threads: count(full_threads),
            costs: Class::ALL.map(Class::initial_cost),
            ready: [Duration::ZERO; 4],
            reading: HashMap::new(),
            clients: HashMap::new(),
        }
    }

    /// Checks a new rendering against `bound`, the longest acceptable wait.
    pub(super) fn check(
        &self,
        class: Class,
        client: Client,
        store: Option<StoreNumber>,
        bound: Duration,
    ) -> Result<(), Refusal> {
        let wait = self.expected_wait(class, store);
        if wait > bound {
            let is_store =
                store.is_some_and(|store| self.read_wait(store) > self.thread_wait(class, Some(store)));
            let reason = if is_store { Reason::Store } else { Reason::Queue };
            return Err(Refusal { reason, wait });
        }
        let own = self.clients.get(&client).map_or(Duration::ZERO, |own| own[class as usize]);
        let own = self.on_threads(class, own);
        match own > (bound - wait) * SHARE {
            true => Err(Refusal { reason: Reason::Share, wait: own }),
            false => Ok(()),
        }
    }

    /// The expected wait of a new rendering.
    pub(super) fn expected_wait(&self, class: Class, store: Option<StoreNumber>) -> Duration {
        let read_wait = store.map_or(Duration::ZERO, |store| self.read_wait(store));
        self.thread_wait(class, store).max(read_wait)
    }

    fn thread_wait(&self, class: Class, store: Option<StoreNumber>) -> Duration {
        let reading = store.and_then(|store| self.reading.get(&store));
        let reading = reading.map_or(Duration::ZERO, |reading| reading.queued[class as usize]);
        self.on_threads(class, self.ready[class as usize] + reading)
    }

    fn read_wait(&self, store: StoreNumber) -> Duration {
        let Some(Reading { waiting, active, usual, .. }) = self.reading.get(&store) else {
            return Duration::ZERO;
        };
        *usual * *waiting / (*active).max(1)
    }

    /// How long the threads take for `work` of this class, given the other classes with work.
    fn on_threads(&self, class: Class, work: Duration) -> Duration {
        let has_work = |other: &Class| *other == class || !self.ready[*other as usize].is_zero();
        let weights: u64 = Class::ALL.into_iter().filter(has_work).map(Class::weight).sum();
        let share = f64::from(self.threads) * class.weight() as f64 / weights as f64;
        let threads = match class {
            Class::Full => share.min(f64::from(self.full_threads)),
            _ => share,
        };
        work.div_f64(threads.max(0.01))
    }

    /// Adds a rendering; its cost is the measured one of its class.
    pub(super) fn enter(
        &mut self,
        class: Class,
        client: Option<Client>,
        store: Option<StoreNumber>,
    ) -> Entry {
        let stage = store.map_or(Stage::Ready, Stage::Waiting);
        let entry = Entry { class, client, stage, cost: self.costs[class as usize] };
        self.add(&entry);
        if let Some(client) = client {
            self.clients.entry(client).or_default()[class as usize] += entry.cost;
        }
        entry
    }

    /// Moves a rendering to its next stage.
    pub(super) fn advance(&mut self, entry: &mut Entry, stage: Stage) {
        self.subtract(entry);
        entry.stage = stage;
        self.add(entry);
    }

    /// Removes a rendering that has ended, or whose caller has gone.
    pub(super) fn leave(&mut self, entry: &Entry) {
        self.subtract(entry);
        let Some(client) = entry.client else { return };
        if let Some(own) = self.clients.get_mut(&client) {
            own[entry.class as usize] = own[entry.class as usize].saturating_sub(entry.cost);
            if own.iter().all(Duration::is_zero) {
                self.clients.remove(&client);
            }
        }
    }

    fn add(&mut self, entry: &Entry) {
        let at = entry.class as usize;
        match entry.stage {
            Stage::Ready => self.ready[at] += entry.cost,
            Stage::Waiting(store) | Stage::Reading(store) => {
                let reading = self.reading.entry(store).or_default();
                reading.queued[at] += entry.cost;
                match entry.stage {
                    Stage::Waiting(_) => reading.waiting += 1,
                    _ => reading.active += 1,
                }
            }
        }
    }

    fn subtract(&mut self, entry: &Entry) {
        let at = entry.class as usize;
        match entry.stage {
            Stage::Ready => self.ready[at] = self.ready[at].saturating_sub(entry.cost),
            Stage::Waiting(store) | Stage::Reading(store) => {
                let reading = self.reading.entry(store).or_default();
                reading.queued[at] = reading.queued[at].saturating_sub(entry.cost);
                match entry.stage {
                    Stage::Waiting(_) => reading.waiting = reading.waiting.saturating_sub(1),
                    _ => reading.active = reading.active.saturating_sub(1),
                }
            }
        }
    }

    /// Records the time that a rendering spent on threads.
    pub(super) fn record_cost(&mut self, class: Class, took: Duration) {
        average(&mut self.costs[class as usize], took);
    }

    /// Records the time that a rendering has read from a store.
    pub(super) fn record_read(&mut self, store: StoreNumber, took: Duration) {
        average(&mut self.reading.entry(store).or_default().usual, took);
    }

    pub(super) fn cost(&self, class: Class) -> Duration {
        self.costs[class as usize]
    }
}

fn average(usual: &mut Duration, took: Duration) {
    *usual = match usual.is_zero() {
        true => took,
        false => (*usual * (SMOOTHING - 1) + took) / SMOOTHING,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Duration = Duration::from_millis(1500);

    fn client(number: u8) -> Client {
        Client::from(std::net::IpAddr::from([192, 0, 2, number]))
    }

    /// Admits renderings of one client until the first refusal.
    fn fill(queues: &mut Queues, class: Class, client: Client) -> (Vec<Entry>, Refusal) {
        let mut entries = Vec::new();
        loop {
            match queues.check(class, client, None, BOUND) {
                Ok(()) => entries.push(queues.enter(class, Some(client), None)),
                Err(refusal) => return (entries, refusal),
            }
        }
    }

    #[test]
    fn a_client_gets_a_share_and_leaves_room_for_others() {
        let mut queues = Queues::new(2, 1);
        let (first, refusal) = fill(&mut queues, Class::Tile, client(1));
        // 5 ms each, two threads: two thirds of 1.5 s.
        assert_eq!((first.len(), refusal.reason), (401, Reason::Share));
        let (second, _) = fill(&mut queues, Class::Tile, client(2));
        let (third, _) = fill(&mut queues, Class::Tile, client(3));
        assert!(second.len() > 100 && third.len() > 30, "{} {}", second.len(), third.len());
        assert!(queues.expected_wait(Class::Tile, None) <= BOUND);
        for entry in first.iter().chain(&second).chain(&third) {
            queues.leave(entry);
        }
        assert!(queues.clients.is_empty());
        assert_eq!(queues.expected_wait(Class::Tile, None), Duration::ZERO);
    }

    #[test]
    fn the_wait_follows_from_the_measured_cost_of_its_own_class() {
        let mut queues = Queues::new(2, 1);
        let (regions, _) = fill(&mut queues, Class::Region, client(1));
        assert_eq!(regions.len(), 81);
        assert!(queues.check(Class::Tile, client(1), None, BOUND).is_ok(), "its queue is another");
        for entry in &regions {
            queues.leave(entry);
        }
        (0..200).for_each(|_| queues.record_cost(Class::Region, Duration::from_millis(250)));
        let (regions, _) = fill(&mut queues, Class::Region, client(1));
        assert_eq!(regions.len(), 9, "ten times as slow, so a tenth as many");
    }

    #[test]
    fn a_rendering_that_takes_longer_than_the_bound_is_admitted_if_nothing_waits() {
        let mut queues = Queues::new(1, 1);
        (0..200).for_each(|_| queues.record_cost(Class::Full, Duration::from_secs(20)));
        let (entries, refusal) = fill(&mut queues, Class::Full, client(1));
        assert_eq!((entries.len(), refusal.reason), (1, Reason::Queue));
        assert!(refusal.wait > Duration::from_secs(19));
    }

    #[test]
    fn a_class_waits_for_its_share_of_the_threads_only() {
        let mut queues = Queues::new(2, 1);
        let alone = {
            let entry = queues.enter(Class::Tile, None, None);
            let wait = queues.expected_wait(Class::Tile, None);
            queues.leave(&entry);
            wait
        };
        for _ in 0..100 {
            queues.enter(Class::Region, None, None);
        }
        queues.enter(Class::Tile, None, None);
        let beside = queues.expected_wait(Class::Tile, None);
        assert!(beside < alone * 2, "{beside:?}, and {alone:?} alone");
    }

    #[test]
    fn a_slow_store_delays_only_what_reads_from_it() {
        let mut queues = Queues::new(2, 1);
        queues.record_read(1, Duration::from_secs(2));
        let mut entry = queues.enter(Class::Tile, None, Some(1));
        queues.advance(&mut entry, Stage::Reading(1));
        for _ in 0..1000 {
            queues.enter(Class::Tile, None, Some(1));
        }
        let refused = queues.check(Class::Tile, client(1), Some(1), BOUND).unwrap_err();
        assert_eq!(refused.reason, Reason::Store);
        for other in [None, Some(2)] {
            assert!(queues.check(Class::Tile, client(1), other, BOUND).is_ok());
        }
    }
}
