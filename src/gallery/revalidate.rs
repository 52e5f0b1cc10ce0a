//! Asks stores whether masters are still the same, in the background wherever a master may be shown meanwhile.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures::future::{Either, select};

use super::flights::Flights;
use super::freshness::{Bounds, Verdict};
use super::opened::Shared;
use super::settings::Masters;
use super::{Error, Gallery};

/// Local masters are looked at again after this long.
const LOCAL_MS: u64 = 2000;
/// A store that answers this soon is waited for, so that a new master is seen by the first who asks for it.
const GRACE: Duration = Duration::from_millis(100);
/// The same for local files, which nearly always are looked at within a millisecond.
const LOCAL_GRACE: Duration = Duration::from_secs(1);
/// For how long nobody waits any more after a store did not answer this soon.
const NO_GRACE_MS: u64 = 5000;

/// What a store says of a master that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Same,
    Replaced,
}

/// The checks under way, one for each master.
pub struct Checks {
    under_way: Flights<u64, Found>,
    bounds: Bounds,
    since: Instant,
    no_grace_until_ms: AtomicU64,
}

impl Checks {
    pub fn new(settings: &Masters, tasks: tokio::runtime::Handle) -> Self {
        Self {
            under_way: Flights::new(tasks),
            bounds: Bounds::remote(settings),
            since: Instant::now(),
            no_grace_until_ms: AtomicU64::new(0),
        }
    }

    fn now_ms(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }

    fn has_grace(&self) -> bool {
        self.now_ms() >= self.no_grace_until_ms.load(Relaxed)
    }

    fn was_slow(&self) {
        self.no_grace_until_ms.store(self.now_ms() + NO_GRACE_MS, Relaxed);
    }
}

impl Gallery {
    /// The image as it is kept, where it may be shown; `None` where it has to be opened.
    pub(super) async fn kept(&self, identifier: &str) -> Result<Option<Shared>, Error> {
        let Some(opened) = self.masters.get(identifier) else { return Ok(None) };
        if opened.is_discarded() {
            if let Some(pyramids) = &self.pyramids {
                pyramids.condemn(&opened);
            }
            self.masters.invalidate(identifier);
            return Ok(None);
        }
        let bounds = match opened.origin().0.is_local() {
            true => self.checks.bounds.within(LOCAL_MS),
            false => self.checks.bounds,
        };
        let found = match opened.freshness.verdict(bounds) {
            Verdict::Show => return Ok(Some(opened)),
            Verdict::ShowAndCheck => self.check_beside(identifier, &opened).await,
            Verdict::CheckFirst => self.check_kept(identifier, &opened).await.ok(),
            Verdict::CheckOrFail => Some(self.check_kept(identifier, &opened).await?),
        };
        Ok((found != Some(Found::Replaced)).then_some(opened))
    }

    /// Has the store asked in the background; what it says, if it says so at once.
    async fn check_beside(&self, identifier: &str, opened: &Shared) -> Option<Found> {
        let store = opened.origin().0;
        let grace = match self.checks.has_grace() && !store.is_failing() {
            true if store.is_local() => LOCAL_GRACE,
            true => GRACE,
            false => Duration::ZERO,
        };
        let grace = {
            let _timers = self.tasks.enter();
            tokio::time::sleep(grace)
        };
        // The check goes on when it is waited for no longer.
        match select(pin!(self.check_kept(identifier, opened)), pin!(grace)).await {
            Either::Left((found, _)) => found.ok(),
            Either::Right(_) => {
                self.checks.was_slow();
                None
            }
        }
    }

    /// What the store says of this master now; one that was replaced is forgotten.
    async fn check_kept(&self, identifier: &str, opened: &Shared) -> Result<Found, Error> {
        let (masters, health, identifier) =
            (self.masters.clone(), self.health.clone(), identifier.to_owned());
        let master = opened.clone();
        let ask = move |_| async move {
            let (store, key, version) = master.origin();
            master.freshness.begin();
            let found = match store.head(key).await {
                Ok(found) if found == *version => {
                    master.freshness.confirm();
                    health.answered();
                    Ok(Found::Same)
                }
                Err(error) if error.is_transient() => {
                    master.freshness.fail();
                    health.failed();
                    Err(error.into())
                }
                _ => {
                    masters.invalidate(&identifier);
                    Ok(Found::Replaced)
                }
            };
            master.freshness.end();
            found
        };
        self.checks.under_way.join(opened.number, ask).await
    }
}
