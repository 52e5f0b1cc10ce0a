//! The expected wait of each class, from measured costs, and what of it each client has caused.

use std::collections::HashMap;
use std::time::Duration;

use super::{Class, Client, Reason};

/// How much of the free part of a queue one client may take: with 2, one client alone gets two thirds of the queue, two get
/// two fifths each, and a new client always finds room.
const SHARE: u32 = 2;
/// The least weight of a new measurement in the average: one part in this many.
const SMOOTHING: u32 = 16;

/// What is admitted and has not ended, as time on render threads.
pub(super) struct Queues {
    threads: u32,
    /// Threads that [`Class::Full`] may use.
    full_threads: u32,
    /// The time on a thread.
    costs: [Average; 4],
    /// Renderings that have read their data, or read it from local files.
    ready: [Duration; 4],
    /// Renderings that wait for data of a remote store, or for memory. They delay no rendering that needs another resource.
    resources: HashMap<Resource, Held>,
    clients: HashMap<Client, [Duration; 4]>,
}

/// The number of a remote store.
pub(in crate::gallery::images) type StoreNumber = usize;

/// What a rendering may have to wait for before it needs a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::gallery::images) enum Resource {
    /// Reading from a remote store.
    Store(StoreNumber),
    /// The memory of a stream, until all of it is sent.
    StreamMemory,
}

impl Resource {
    /// Why a rendering is refused that would wait too long for it.
    fn reason(self) -> Reason {
        match self {
            Self::Store(_) => Reason::Store,
            Self::StreamMemory => Reason::Memory,
        }
    }
}

/// The longest acceptable waits.
#[derive(Clone, Copy)]
pub(super) struct Longest {
    pub for_thread: Duration,
    pub for_resource: Duration,
}

/// Renderings that need one resource.
#[derive(Default)]
struct Held {
    queued: [Duration; 4],
    /// Renderings that wait for the resource, and those that hold it.
    waiting: u32,
    holding: u32,
    /// The time that one rendering holds it.
    usual: Average,
}

/// The mean of the first durations, then their moving average.
#[derive(Clone, Copy, Default)]
struct Average {
    mean: Duration,
    recorded: u32,
}

impl Average {
    fn record(&mut self, took: Duration) {
        self.recorded = SMOOTHING.min(self.recorded + 1);
        self.mean = (self.mean * (self.recorded - 1) + took) / self.recorded;
    }
}

/// Where a rendering is on its way to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Has to wait for its resource.
    Waiting(Resource),
    /// Reads from its store.
    Reading(Resource),
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
            costs: Default::default(),
            ready: [Duration::ZERO; 4],
            resources: HashMap::new(),
            clients: HashMap::new(),
        }
    }

    /// Checks a new rendering against the longest acceptable waits.
    pub(super) fn check(
        &self,
        class: Class,
        client: Client,
        needs: Option<Resource>,
        longest: Longest,
    ) -> Result<(), Refusal> {
        let for_resource = self.resource_wait(needs);
        if let Some(needs) = needs.filter(|_| for_resource > longest.for_resource) {
            return Err(Refusal { reason: needs.reason(), wait: for_resource });
        }
        let for_thread = self.thread_wait(class, needs);
        if for_thread > longest.for_thread {
            return Err(Refusal { reason: Reason::Queue, wait: for_thread });
        }
        let own = self.clients.get(&client).map_or(Duration::ZERO, |own| own[class as usize]);
        let own = self.on_threads(class, own);
        let free = longest.for_thread.saturating_sub(for_thread.max(for_resource));
        match own > free * SHARE {
            true => Err(Refusal { reason: Reason::Share, wait: own }),
            false => Ok(()),
        }
    }

    /// The expected wait of a new rendering.
    pub(super) fn expected_wait(&self, class: Class, needs: Option<Resource>) -> Duration {
        self.thread_wait(class, needs).max(self.resource_wait(needs))
    }

    fn thread_wait(&self, class: Class, needs: Option<Resource>) -> Duration {
        let before = needs.and_then(|needs| self.resources.get(&needs));
        let before = before.map_or(Duration::ZERO, |before| before.queued[class as usize]);
        self.on_threads(class, self.ready[class as usize] + before)
    }

    fn resource_wait(&self, needs: Option<Resource>) -> Duration {
        let held = needs.and_then(|needs| self.resources.get(&needs));
        held.map_or(Duration::ZERO, |held| held.usual.mean * held.waiting / held.holding.max(1))
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
    pub(super) fn enter(&mut self, class: Class, client: Option<Client>, needs: Option<Resource>) -> Entry {
        let stage = needs.map_or(Stage::Ready, Stage::Waiting);
        let entry = Entry { class, client, stage, cost: self.cost(class) };
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
            Stage::Waiting(needs) | Stage::Reading(needs) => {
                let held = self.resources.entry(needs).or_default();
                held.queued[at] += entry.cost;
                match entry.stage {
                    Stage::Waiting(_) => held.waiting += 1,
                    _ => held.holding += 1,
                }
            }
        }
    }

    fn subtract(&mut self, entry: &Entry) {
        let at = entry.class as usize;
        match entry.stage {
            Stage::Ready => self.ready[at] = self.ready[at].saturating_sub(entry.cost),
            Stage::Waiting(needs) | Stage::Reading(needs) => {
                let held = self.resources.entry(needs).or_default();
                held.queued[at] = held.queued[at].saturating_sub(entry.cost);
                match entry.stage {
                    Stage::Waiting(_) => held.waiting = held.waiting.saturating_sub(1),
                    _ => held.holding = held.holding.saturating_sub(1),
                }
            }
        }
    }

    /// Records the time that a rendering spent on threads.
    pub(super) fn record_cost(&mut self, class: Class, took: Duration) {
        self.costs[class as usize].record(took);
    }

    /// Counts a rendering that holds its resource for longer than it is in the queue.
    pub(super) fn hold(&mut self, resource: Resource) {
        self.resources.entry(resource).or_default().holding += 1;
    }

    /// The end of [`Queues::hold`], after this time.
    pub(super) fn release(&mut self, resource: Resource, took: Duration) {
        let held = self.resources.entry(resource).or_default();
        held.holding = held.holding.saturating_sub(1);
        held.usual.record(took);
    }

    /// Records the time that a rendering has held its resource.
    pub(super) fn record_held(&mut self, resource: Resource, took: Duration) {
        self.resources.entry(resource).or_default().usual.record(took);
    }

    /// The expected time on a thread.
    pub(super) fn cost(&self, class: Class) -> Duration {
        match self.costs[class as usize] {
            Average { recorded: 0, .. } => class.initial_cost(),
            measured => measured.mean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Duration = Duration::from_millis(1500);
    const LONGEST: Longest = Longest { for_thread: BOUND, for_resource: BOUND };

    fn client(number: u8) -> Client {
        Client::from(std::net::IpAddr::from([192, 0, 2, number]))
    }

    /// Admits renderings of one client until the first refusal.
    fn fill(queues: &mut Queues, class: Class, client: Client) -> (Vec<Entry>, Refusal) {
        let mut entries = Vec::new();
        loop {
            match queues.check(class, client, None, LONGEST) {
                Ok(()) => entries.push(queues.enter(class, Some(client), None)),
                Err(refusal) => return (entries, refusal),
            }
        }
    }

    #[test]
    fn a_client_gets_a_share_and_leaves_room_for_others() {
        let mut queues = Queues::new(2, 1);
        let (first, refusal) = fill(&mut queues, Class::Tile, client(1));
        // 10 ms each, two threads: two thirds of 1.5 s.
        assert_eq!((first.len(), refusal.reason), (201, Reason::Share));
        let (second, _) = fill(&mut queues, Class::Tile, client(2));
        let (third, _) = fill(&mut queues, Class::Tile, client(3));
        assert!(second.len() > 50 && third.len() > 15, "{} {}", second.len(), third.len());
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
        assert_eq!(regions.len(), 41);
        assert!(queues.check(Class::Tile, client(1), None, LONGEST).is_ok(), "its queue is another");
        for entry in &regions {
            queues.leave(entry);
        }
        (0..200).for_each(|_| queues.record_cost(Class::Region, Duration::from_millis(500)));
        let (regions, _) = fill(&mut queues, Class::Region, client(1));
        assert_eq!(regions.len(), 5, "ten times as slow, so a tenth as many");
    }

    #[test]
    fn the_first_measurements_count_more_than_later_ones() {
        let mut queues = Queues::new(1, 1);
        queues.record_cost(Class::Tile, Duration::from_millis(90));
        assert_eq!(queues.cost(Class::Tile), Duration::from_millis(90), "not what was assumed");
        queues.record_cost(Class::Tile, Duration::from_millis(30));
        assert_eq!(queues.cost(Class::Tile), Duration::from_millis(60));
        (0..100).for_each(|_| queues.record_cost(Class::Tile, Duration::from_millis(32)));
        queues.record_cost(Class::Tile, Duration::from_millis(192));
        let cost = queues.cost(Class::Tile);
        assert!((Duration::from_millis(42)..Duration::from_millis(43)).contains(&cost), "{cost:?}");
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
        let store = Resource::Store(1);
        queues.record_held(store, Duration::from_secs(2));
        let mut entry = queues.enter(Class::Tile, None, Some(store));
        queues.advance(&mut entry, Stage::Reading(store));
        for _ in 0..1000 {
            queues.enter(Class::Tile, None, Some(store));
        }
        let refused = queues.check(Class::Tile, client(1), Some(store), LONGEST).unwrap_err();
        assert_eq!(refused.reason, Reason::Store);
        for other in [None, Some(Resource::Store(2)), Some(Resource::StreamMemory)] {
            assert!(queues.check(Class::Tile, client(1), other, LONGEST).is_ok());
        }
    }

    #[test]
    fn streams_wait_for_the_memory_of_those_that_are_sent() {
        let (mut queues, memory) = (Queues::new(2, 1), Resource::StreamMemory);
        for _ in 0..2 {
            queues.hold(memory);
            queues.release(memory, Duration::from_secs(3));
            queues.hold(memory);
        }
        assert_eq!(queues.expected_wait(Class::Full, Some(memory)), Duration::ZERO);
        queues.enter(Class::Full, None, Some(memory));
        assert_eq!(queues.expected_wait(Class::Full, Some(memory)), BOUND);
        queues.enter(Class::Full, None, Some(memory));
        let refused = queues.check(Class::Full, client(1), Some(memory), LONGEST).unwrap_err();
        assert_eq!((refused.reason, refused.wait), (Reason::Memory, BOUND * 2));
    }
}
