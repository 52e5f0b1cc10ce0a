//! Admits renderings before anything is read for them, by their expected wait and their client's share of the queue.

mod class;
mod client;
mod queues;
mod refusals;
mod threads;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

pub(super) use class::Class;
pub(crate) use client::Client;
pub(super) use queues::{Resource, StoreNumber};
pub(super) use refusals::Reason;
pub(super) use threads::{Thread, Threads};

use crate::gallery::Error;
use crate::gallery::settings::{AdmissionMode, Work};
use queues::{Entry, Longest, Queues, Refusal, Stage};
use refusals::Refusals;

/// Decides which renderings may wait for a thread, and how long.
#[derive(Clone)]
pub(super) struct Admission(Arc<Shared>);

struct Shared {
    mode: AdmissionMode,
    /// The longest expected wait, except of [`Class::Full`].
    queue: Duration,
    deadline: Duration,
    queues: Mutex<Queues>,
    refusals: Refusals,
}

/// An admitted rendering. It counts in the queue until this is dropped.
pub(super) struct Ticket {
    admission: Admission,
    entry: Mutex<Entry>,
    arrived: Instant,
    /// When it began to read.
    reading_since: Mutex<Option<Instant>>,
    /// Its time on threads so far, in microseconds.
    spent: Arc<AtomicU64>,
}

/// A resource that a rendering holds.
pub(super) struct Holding {
    admission: Admission,
    resource: Resource,
    since: Instant,
}

impl Admission {
    pub(super) fn new(settings: &Work, threads: usize, full_threads: usize) -> Self {
        Self(Arc::new(Shared {
            mode: settings.admission,
            queue: Duration::from_millis(settings.queue_ms),
            deadline: Duration::from_millis(settings.deadline_ms),
            queues: Mutex::new(Queues::new(threads, full_threads)),
            refusals: Refusals::new(),
        }))
    }

    /// Admits a rendering of a client that `needs` a resource.
    ///
    /// # Errors
    /// [`Error::Busy`] if it would wait too long, or its client has too much in the queue already.
    pub(super) fn admit(
        &self,
        class: Class,
        client: Client,
        needs: Option<Resource>,
    ) -> Result<Ticket, Error> {
        let mut queues = self.0.queues.lock();
        if self.0.mode != AdmissionMode::Off
            && let Err(Refusal { reason, wait }) = queues.check(class, client, needs, self.longest(class))
        {
            match self.0.mode {
                AdmissionMode::Shadow => self.0.refusals.would_refuse(class, reason),
                _ => return Err(self.0.refusals.refuse(class, reason, wait)),
            }
        }
        let entry = queues.enter(class, Some(client), needs);
        drop(queues);
        Ok(self.ticket(entry))
    }

    /// Admits a rendering whose number is limited elsewhere: that of a job, or a part of one that is admitted.
    pub(super) fn enter(&self, class: Class, needs: Option<Resource>) -> Ticket {
        let entry = self.0.queues.lock().enter(class, None, needs);
        self.ticket(entry)
    }

    fn ticket(&self, entry: Entry) -> Ticket {
        Ticket {
            admission: self.clone(),
            entry: Mutex::new(entry),
            arrived: Instant::now(),
            reading_since: Mutex::default(),
            spent: Arc::default(),
        }
    }

    /// The longest expected waits. Who requests a full-size image waits longer for a thread.
    fn longest(&self, class: Class) -> Longest {
        let queue = self.0.queue;
        let for_thread = match class {
            Class::Full => queue.max(self.0.deadline / 2),
            _ => queue,
        };
        Longest { for_thread, for_resource: queue }
    }

    /// The error of a rendering that found no room in memory, or did not start before its deadline.
    pub(super) fn refuse(&self, class: Class, reason: Reason) -> Error {
        let wait = self.0.queues.lock().expected_wait(class, None);
        self.0.refusals.refuse(class, reason, wait)
    }

    /// Records how long a large rendering or a stream has had its turn.
    pub(super) fn record_turn(&self, took: Duration) {
        self.0.queues.lock().record_cost(Class::Full, took);
    }

    /// Updates the gauges.
    pub(super) fn observe(&self) {
        let queues = self.0.queues.lock();
        for class in Class::ALL {
            let (wait, cost) = (queues.expected_wait(class, None), queues.cost(class));
            let name = class.name();
            metrics::gauge!("tegl_work_expected_wait_seconds", "class" => name).set(wait.as_secs_f64());
            metrics::gauge!("tegl_work_cost_seconds", "class" => name).set(cost.as_secs_f64());
        }
    }
}

impl Ticket {
    pub(super) fn class(&self) -> Class {
        self.entry.lock().class
    }

    /// Where its time on threads is added up, in microseconds.
    pub(super) fn spent(&self) -> Arc<AtomicU64> {
        self.spent.clone()
    }

    /// Waits for `work`, but not beyond the deadline of the request. Dropping `work` cancels its reads of a store.
    ///
    /// # Errors
    /// Those of `work`, and [`Error::Busy`] at the deadline.
    pub(super) async fn before_deadline<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let done = tokio::time::timeout_at(self.arrived + self.admission.0.deadline, work).await;
        done.unwrap_or_else(|_| Err(self.admission.refuse(self.class(), Reason::Deadline)))
    }

    /// It may read from its store now.
    pub(super) fn begin_reading(&self) {
        let mut entry = self.entry.lock();
        if let Stage::Waiting(needs) = entry.stage {
            self.admission.0.queues.lock().advance(&mut entry, Stage::Reading(needs));
            *self.reading_since.lock() = Some(Instant::now());
        }
    }

    /// It has its resource, until the result is dropped.
    pub(super) fn begin_holding(&self) -> Option<Holding> {
        let mut entry = self.entry.lock();
        let Stage::Waiting(resource) = entry.stage else { return None };
        let mut queues = self.admission.0.queues.lock();
        queues.advance(&mut entry, Stage::Ready);
        queues.hold(resource);
        Some(Holding { admission: self.admission.clone(), resource, since: Instant::now() })
    }

    /// It has read its data.
    pub(super) fn has_read(&self) {
        let mut entry = self.entry.lock();
        let mut queues = self.admission.0.queues.lock();
        if let (Stage::Reading(store), Some(since)) = (entry.stage, *self.reading_since.lock()) {
            queues.record_held(store, since.elapsed());
        }
        if entry.stage != Stage::Ready {
            queues.advance(&mut entry, Stage::Ready);
        }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.admission.0.queues.lock().release(self.resource, self.since.elapsed());
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let entry = self.entry.get_mut();
        let spent = Duration::from_micros(self.spent.load(Ordering::Relaxed));
        let mut queues = self.admission.0.queues.lock();
        queues.leave(entry);
        if !spent.is_zero() && entry.class != Class::Full {
            queues.record_cost(entry.class, spent);
        }
        // A read that was given up took at least this long.
        if let (Stage::Reading(store), Some(since)) = (entry.stage, *self.reading_since.get_mut()) {
            queues.record_held(store, since.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(mode: AdmissionMode) -> Admission {
        let work = Work { admission: mode, queue_ms: 100, deadline_ms: 100, ..Work::default() };
        Admission::new(&work, 1, 1)
    }

    fn client(number: u8) -> Client {
        Client::from(std::net::IpAddr::from([192, 0, 2, number]))
    }

    #[test]
    fn refusals_are_immediate_and_end_with_the_queue() {
        let admission = admission(AdmissionMode::On);
        let admit = |number| admission.admit(Class::Region, client(number), None);
        let tickets: Vec<_> = (1..=3).map_while(|number| admit(number).ok()).collect();
        assert_eq!(tickets.len(), 3, "50 ms each, and a queue of 100 ms");
        assert!(matches!(admit(4), Err(Error::Busy { retry_after_s: 1 })));
        assert!(admission.admit(Class::Tile, client(4), None).is_ok(), "tiles have their own queue");
        drop(tickets);
        assert!(admit(4).is_ok());
    }

    #[test]
    fn nothing_is_refused_in_shadow_mode_or_without_admission() {
        for mode in [AdmissionMode::Shadow, AdmissionMode::Off] {
            let admission = admission(mode);
            let tickets: Vec<_> =
                (0..50).map(|_| admission.admit(Class::Region, client(1), None).unwrap()).collect();
            assert_eq!(admission.0.refusals.would_be() > 0, mode == AdmissionMode::Shadow);
            drop(tickets);
        }
    }

    #[test]
    fn costs_are_measured_and_cancelled_renderings_do_not_count() {
        let admission = admission(AdmissionMode::On);
        let cost = || admission.0.queues.lock().cost(Class::Tile);
        drop(admission.enter(Class::Tile, None));
        assert_eq!(cost(), Class::Tile.initial_cost());
        let ticket = admission.enter(Class::Tile, None);
        ticket.spent().fetch_add(160_000, Ordering::Relaxed);
        drop(ticket);
        assert_eq!(cost(), Duration::from_millis(160));
    }

    #[tokio::test]
    async fn the_deadline_ends_a_wait() {
        let admission = admission(AdmissionMode::Off);
        let ticket = admission.enter(Class::Tile, Some(Resource::Store(1)));
        ticket.begin_reading();
        let never = std::future::pending::<Result<(), Error>>();
        assert!(matches!(ticket.before_deadline(never).await, Err(Error::Busy { .. })));
        assert!(ticket.before_deadline(async { Ok(()) }).await.is_ok(), "what is done counts");
    }
}
