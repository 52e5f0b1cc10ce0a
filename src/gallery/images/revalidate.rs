//! Revalidates cached masters with their stores, in the background where a stale master may be served meanwhile.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};

use super::checks::Found;
use super::freshness::Verdict;
use super::handle::ImageHandle;
use super::handle_cache::HandleCache;
use crate::gallery::Error;

/// Local masters are revalidated after this long.
const LOCAL_MS: u64 = 2000;
/// A store that responds within this time is waited for, so that the first request sees a replaced master.
const GRACE: Duration = Duration::from_millis(100);
/// The same for local files, which nearly always respond within a millisecond.
const LOCAL_GRACE: Duration = Duration::from_secs(1);
impl HandleCache {
    /// The cached image if it may be served, after the revalidation that its age requires; `None` if it has to be opened.
    pub(super) async fn revalidated(&self, identifier: &str) -> Result<Option<Arc<ImageHandle>>, Error> {
        match self.cached.get(identifier) {
            Some(opened) => self.if_current(identifier, opened).await,
            None => Ok(None),
        }
    }

    /// The opened image if it may be served, after the revalidation that its age requires.
    pub(super) async fn if_current(
        &self,
        identifier: &str,
        opened: Arc<ImageHandle>,
    ) -> Result<Option<Arc<ImageHandle>>, Error> {
        if opened.is_discarded() {
            if let Some(pyramids) = &self.pyramids {
                pyramids.mark_damaged(&opened);
            }
            self.cached.invalidate(identifier);
            return Ok(None);
        }
        let bounds = match opened.origin().0.is_local() {
            true => self.checks.bounds.within(LOCAL_MS),
            false => self.checks.bounds,
        };
        let found = match opened.freshness.verdict(bounds) {
            Verdict::Serve => return Ok(Some(opened)),
            Verdict::ServeAndRevalidate => Box::pin(self.revalidate_in_background(identifier, &opened)).await,
            Verdict::RevalidateFirst => Box::pin(self.revalidate(identifier, &opened)).await.ok(),
            Verdict::RevalidateOrFail => Some(Box::pin(self.revalidate(identifier, &opened)).await?),
        };
        Ok((found != Some(Found::Replaced)).then_some(opened))
    }

    /// Revalidates in the background; returns the result if it arrives within the grace period.
    async fn revalidate_in_background(&self, identifier: &str, opened: &Arc<ImageHandle>) -> Option<Found> {
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
        // The check continues when this stops waiting for it.
        match select(pin!(self.revalidate(identifier, opened)), pin!(grace)).await {
            Either::Left((found, _)) => found.ok(),
            Either::Right(_) => {
                self.checks.was_slow();
                None
            }
        }
    }

    /// Revalidates this master with its store; a replaced one is dropped from the cache.
    async fn revalidate(&self, identifier: &str, opened: &Arc<ImageHandle>) -> Result<Found, Error> {
        let (cached, health, identifier) = (self.cached.clone(), self.health.clone(), identifier.to_owned());
        let master = opened.clone();
        let check = move |_| async move {
            let (store, key, version) = master.origin();
            master.freshness.begin();
            let found = match store.head(key).await {
                Ok(found) if found == *version => {
                    master.freshness.confirm();
                    health.succeeded();
                    Ok(Found::Same)
                }
                Err(error) if error.is_transient() => {
                    master.freshness.fail();
                    health.failed();
                    Err(error.into())
                }
                _ => {
                    cached.invalidate(&identifier);
                    Ok(Found::Replaced)
                }
            };
            master.freshness.end();
            found
        };
        self.checks.under_way.join(opened.number, check).await
    }
}
