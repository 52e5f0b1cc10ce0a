//! Webhooks: tells other programs of changes, by following the catalogue's revisions.
//!
//! Each webhook has a task of its own, so that a receiver that does not respond delays nobody else. Its position is kept in
//! the catalogue, and a lease there lets one of several servers send at a time: every change is delivered at least once.

mod message;
mod sender;
mod settings;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;

use self::sender::Sender;
pub(crate) use self::settings::Webhook;
use super::catalogue_client::CatalogueClient;
use super::{Error, error_chain};
use crate::catalogue::{Attempt, Catalogue, Delivery, WebhookEvent, WebhookState};
use crate::record::facets;

/// How often a webhook looks for changes.
const INTERVAL: Duration = Duration::from_millis(500);
/// How much longer than an attempt a server may be silent before another one continues, in milliseconds: its transactions
/// may take as long.
const LEASE_MS: i64 = 30_000;
/// The number of revisions that are read at a time.
const PAGE: usize = 1000;
/// Deliveries in one turn; then other servers may continue.
const MAX_TURN: usize = 100;

/// All webhooks of the settings.
pub(crate) struct WebhookService {
    works: Arc<CatalogueClient>,
    senders: BTreeMap<String, Sending>,
    /// The public address of the server; empty if it depends on requests.
    base_url: String,
    /// Distinguishes this server from others.
    holder: String,
}

struct Sending {
    sender: Sender,
    /// The revision up to which there is nothing to do.
    done: AtomicU64,
}

/// What operators see of a webhook.
pub(crate) struct WebhookReport {
    pub name: String,
    /// Scheme, host and port of its address.
    pub origin: String,
    pub state: WebhookState,
    /// The newest first.
    pub deliveries: Vec<Delivery>,
}

impl WebhookService {
    /// Starts a task for each webhook.
    ///
    /// # Errors
    /// Why a webhook cannot be used.
    pub(super) fn start(
        webhooks: &BTreeMap<String, Webhook>,
        base_url: &str,
        works: Arc<CatalogueClient>,
        tasks: &Handle,
    ) -> Result<Arc<Self>, String> {
        let mut senders = BTreeMap::new();
        for (name, webhook) in webhooks {
            let sender =
                Sender::new(webhook.clone()).map_err(|reason| format!("`webhooks.{name}`: {reason}"))?;
            senders.insert(name.clone(), Sending { sender, done: AtomicU64::new(0) });
        }
        let holder = format!(
            "{:016x}",
            std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), std::process::id())
        );
        let service = Arc::new(Self { works, senders, base_url: base_url.to_owned(), holder });
        for name in webhooks.keys() {
            tasks.spawn(run(Arc::downgrade(&service), name.clone()));
        }
        Ok(service)
    }

    /// All webhooks with their last deliveries.
    pub(crate) async fn reports(&self, limit: usize) -> Result<Vec<WebhookReport>, Error> {
        let mut reports = Vec::with_capacity(self.senders.len());
        for (name, sending) in &self.senders {
            let of = name.clone();
            let read = self.works.query(|catalogue| async move {
                Ok((catalogue.webhook(&of).await?, catalogue.deliveries(&of, limit).await?))
            });
            let (state, deliveries) = read.await?;
            let (name, origin) = (name.clone(), sending.sender.webhook().origin());
            reports.push(WebhookReport { name, origin, state: state.unwrap_or_default(), deliveries });
        }
        Ok(reports)
    }

    /// Sends a delivery again, now. Returns the result; `None` if the delivery is pending, which is then due at once.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if there is no such webhook or delivery.
    pub(crate) async fn redeliver(&self, name: &str, id: &str) -> Result<Option<Attempt>, Error> {
        let sending = self.senders.get(name).ok_or(Error::NotFound)?;
        let (of, wanted) = (name.to_owned(), id.to_owned());
        let found = self.works.query(|catalogue| async move { catalogue.delivery(&of, &wanted).await });
        let delivery = found.await?.ok_or(Error::NotFound)?;
        let of = name.to_owned();
        if !delivery.delivered {
            self.works.work(|catalogue| async move { catalogue.hasten_webhook(&of).await }).await?;
            return Ok(None);
        }
        let attempt = sending.sender.send(&delivery, 0).await;
        let done = attempt.clone();
        self.works
            .work(|catalogue| async move { catalogue.record_attempt(&of, &delivery, &done).await })
            .await?;
        Ok(Some(attempt))
    }

    /// Delivers what is due for a webhook, unless another server does.
    async fn turn(&self, name: &str) -> Result<(), Error> {
        let Some(sending) = self.senders.get(name) else { return Ok(()) };
        let seen = self.works.seen();
        if sending.done.load(Ordering::Relaxed) == seen {
            return Ok(());
        }
        let of = name.to_owned();
        let state = self.works.query(|catalogue| async move { catalogue.webhook(&of).await }).await?;
        let state = state.unwrap_or_default();
        if state.revision == seen {
            sending.done.store(seen, Ordering::Relaxed);
            return Ok(());
        }
        if state.next_ms > jiff::Timestamp::now().as_millisecond() {
            return Ok(());
        }
        let delivered = self.deliver(name, &sending.sender).await;
        let (of, holder) = (name.to_owned(), self.holder.clone());
        self.works.work(|catalogue| async move { catalogue.release_webhook(&of, &holder).await }).await?;
        delivered
    }

    async fn deliver(&self, name: &str, sender: &Sender) -> Result<(), Error> {
        for _ in 0..MAX_TURN {
            let (of, holder) = (name.to_owned(), self.holder.clone());
            let lease_ms = LEASE_MS + i64::from(sender.webhook().timeout_s) * 1000;
            let leased = self
                .works
                .work(|catalogue| async move { catalogue.lease_webhook(&of, &holder, lease_ms).await });
            let Some(state) = leased.await? else { return Ok(()) };
            // Another server may have failed meanwhile.
            if state.next_ms > jiff::Timestamp::now().as_millisecond() {
                return Ok(());
            }
            let of = name.to_owned();
            let pending = self.works.query(|catalogue| async move { catalogue.pending_delivery(&of).await });
            let delivery = match pending.await? {
                Some(pending) => pending,
                None => match self.next(name, sender.webhook(), &state).await? {
                    Next::Delivery(delivery) => *delivery,
                    Next::Skipped => continue,
                    Next::Nothing => return Ok(()),
                },
            };
            let attempt = sender.send(&delivery, state.failures).await;
            let failed = attempt.error.clone();
            let of = name.to_owned();
            self.works
                .work(|catalogue| async move { catalogue.record_attempt(&of, &delivery, &attempt).await })
                .await?;
            match failed {
                None if state.failures > 0 => tracing::info!(webhook = name, "deliveries succeed again"),
                None => {}
                Some(error) => {
                    if state.failures == 0 {
                        tracing::warn!(
                            webhook = name,
                            error,
                            "a delivery failed; it is repeated with growing pauses"
                        );
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Makes and stores the next delivery.
    async fn next(&self, name: &str, webhook: &Webhook, state: &WebhookState) -> Result<Next, Error> {
        let after = state.revision;
        let read = self.works.query(move |catalogue| async move {
            let (events, last) = catalogue.webhook_events(after, PAGE).await?;
            let last = match last {
                Some(last) => Some(last),
                // A lower revision means another catalogue. A higher one was made in the meantime, and has not been read.
                None => Some(catalogue.last_revision().await?).filter(|last| *last < after),
            };
            Ok((events, last))
        });
        let (events, last) = read.await?;
        let Some(last) = last else { return Ok(Next::Nothing) };
        let mut events = self.wanted(webhook, events).await?;
        let of = name.to_owned();
        if events.is_empty() {
            self.works.work(|catalogue| async move { catalogue.skip_for_webhook(&of, last).await }).await?;
            return Ok(Next::Skipped);
        }
        let batch = webhook.batch as usize;
        let is_cut = events.len() > batch;
        events.truncate(batch);
        let until = events.last().filter(|_| is_cut).map_or(last, |event| event.revision);
        let made_ms = jiff::Timestamp::now().as_millisecond();
        let body = message::body(&events, made_ms, &self.base_url)
            .map_err(|error| Error::Fault(error.to_string()))?;
        let delivery = Delivery {
            id: format!("msg_{name}_{after}_{until}_{made_ms}"),
            after,
            until,
            events: events.len() as u64,
            body,
            made_ms,
            attempts: 0,
            attempted_ms: None,
            status: None,
            error: None,
            delivered: false,
        };
        let stored = delivery.clone();
        self.works.work(|catalogue| async move { catalogue.add_delivery(&of, &stored).await }).await?;
        Ok(Next::Delivery(Box::new(delivery)))
    }

    /// The events that a webhook is told of. With a filter, these are the changes of works that have one of its values now,
    /// or had one before the change or after it: so it is told when a work leaves the filter.
    async fn wanted(
        &self,
        webhook: &Webhook,
        mut events: Vec<WebhookEvent>,
    ) -> Result<Vec<WebhookEvent>, Error> {
        events.retain(|event| webhook.sends(message::name(&event.kind)));
        if webhook.works.is_empty() || events.is_empty() {
            return Ok(events);
        }
        let mut numbers: Vec<String> = events.iter().map(|event| event.object_number.clone()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let filter = webhook.filter();
        // What a work loses between these two queries, the second one returns.
        let read = |catalogue: Catalogue| async move {
            let works = catalogue.get_ever(&numbers).await?;
            Ok((works, catalogue.lost_facets(&numbers, &filter).await?))
        };
        let (works, lost) = self.works.query(read).await?;
        events.retain(|event| {
            let had = lost.get(&event.object_number).is_some_and(|lost| *lost >= event.revision);
            let work = works.get(&event.object_number);
            had || work.is_some_and(|stored| webhook.concerns(&facets(&stored.work, &stored.tags)))
        });
        Ok(events)
    }
}

/// What is to be done next for a webhook.
enum Next {
    Delivery(Box<Delivery>),
    /// Changes of no interest were skipped; there may be more.
    Skipped,
    Nothing,
}

/// Delivers for a webhook until the service is dropped.
async fn run(service: Weak<WebhookService>, name: String) {
    let (mut is_added, mut is_failing) = (false, false);
    while let Some(service) = service.upgrade() {
        let done = async {
            if !is_added {
                let of = name.clone();
                service.works.work(|catalogue| async move { catalogue.add_webhook(&of).await }).await?;
                is_added = true;
            }
            service.turn(&name).await
        };
        match done.await {
            Ok(()) => is_failing = false,
            Err(error) => {
                if !is_failing {
                    tracing::error!(webhook = name, error = error_chain(&error), "nothing can be delivered");
                }
                is_failing = true;
            }
        }
        drop(service);
        tokio::time::sleep(INTERVAL).await;
    }
}
