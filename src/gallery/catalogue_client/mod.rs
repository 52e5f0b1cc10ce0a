//! The server's client of the catalogue: queries with timeouts, followed changes, cached grants.

mod follow;
mod grants;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::sync::Cache;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

pub(super) use follow::follow;

use crate::catalogue::{self, Catalogue, Tombstone};
use crate::gallery::Error;
use crate::gallery::rights::{Grant, Rights};
use crate::gallery::single_flight::SingleFlight;
use grants::{CachedGrant, Grants};

/// Queries the catalogue, and caches what it has read until a revision invalidates it.
pub(crate) struct CatalogueClient {
    catalogue: Catalogue,
    /// The runtime that owns the catalogue's connections.
    tasks: Handle,
    rights: Rights,
    grants: Arc<Grants>,
    /// Grants being read, by the first name of each master and the number of changes before.
    unknown: SingleFlight<(String, u64), Arc<CachedGrant>>,
    /// Limits queries for images and downloads to half of the connections, which leaves the others to the follower,
    /// the API and writers.
    lookups: Arc<Semaphore>,
    /// The last revision of recently changed works.
    recent: Cache<String, u64>,
    /// The number of changes in `recent`.
    remembered: AtomicU64,
    /// The last known revision.
    seen: AtomicU64,
    /// Anything cached before this revision is stale.
    horizon: AtomicU64,
    following: Mutex<()>,
    /// Whether the catalogue did not respond to the last query of the follower.
    silent: AtomicBool,
    /// When the catalogue last confirmed the cached state, in milliseconds since `began`.
    confirmed_ms: AtomicU64,
    began: Instant,
    /// How long cached grants are used without confirmation.
    rights_stale: Duration,
}

/// The time that a request waits for the catalogue.
const PATIENCE: Duration = Duration::from_secs(10);
/// The time that a request waits while the catalogue is known not to respond.
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

impl CatalogueClient {
    pub(crate) fn new(
        catalogue: Catalogue,
        tasks: Handle,
        rights: Rights,
        settings: &catalogue::Settings,
    ) -> Self {
        Self {
            catalogue,
            unknown: SingleFlight::cancelling(tasks.clone()),
            lookups: Arc::new(Semaphore::new((settings.connections as usize / 2).max(1))),
            tasks,
            rights,
            grants: Arc::new(Grants::new()),
            recent: Cache::new(4 * follow::MAX_REMEMBERED),
            remembered: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            horizon: AtomicU64::new(0),
            following: Mutex::new(()),
            silent: AtomicBool::new(false),
            confirmed_ms: AtomicU64::new(0),
            began: Instant::now(),
            rights_stale: Duration::from_secs(settings.stale_rights_s),
        }
    }

    /// The catalogue's location, without a password.
    pub(crate) fn describe(&self) -> String {
        self.catalogue.describe()
    }

    /// Runs a query on the catalogue's runtime, with a timeout.
    pub(in crate::gallery) async fn query<T: Send + 'static, F>(
        &self,
        query: impl FnOnce(Catalogue) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, catalogue::Error>> + Send + 'static,
    {
        self.query_within(self.patience(), query).await
    }

    /// Runs a query for images and downloads, of which there can be many at once: queries beyond the limit wait.
    pub(in crate::gallery) async fn look_up<T: Send + 'static, F>(
        &self,
        query: impl FnOnce(Catalogue) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, catalogue::Error>> + Send + 'static,
    {
        let lookups = self.lookups.clone();
        self.query(|catalogue| {
            let query = query(catalogue);
            async move {
                let _permit = lookups.acquire().await;
                query.await
            }
        })
        .await
    }

    fn patience(&self) -> Duration {
        if self.is_silent() { SHORT_PATIENCE } else { PATIENCE }
    }

    /// Runs a query with the given timeout. The query is cancelled on timeout and when its caller is dropped, so it
    /// must not change anything.
    async fn query_within<T: Send + 'static, F>(
        &self,
        limit: Duration,
        query: impl FnOnce(Catalogue) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, catalogue::Error>> + Send + 'static,
    {
        // Dropping the set aborts the task.
        let mut task = JoinSet::new();
        task.spawn_on(query(self.catalogue.clone()), &self.tasks);
        match within(limit, task.join_next()).await? {
            Some(result) => Ok(result.map_err(|error| Error::Fault(error.to_string()))??),
            None => Err(Error::Fault("a query of the catalogue was not started".into())),
        }
    }

    /// Runs a long query or a change without a timeout; these limit their own time.
    pub(in crate::gallery) async fn work<T: Send + 'static, F>(
        &self,
        query: impl FnOnce(Catalogue) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, catalogue::Error>> + Send + 'static,
    {
        let task = self.tasks.spawn(query(self.catalogue.clone())).await;
        Ok(task.map_err(|error| Error::Fault(error.to_string()))??)
    }

    /// Runs several queries and changes, all of them even if the caller stops waiting.
    pub(in crate::gallery) async fn complete<T: Send + 'static>(
        &self,
        steps: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        self.tasks.spawn(steps).await.map_err(|error| Error::Fault(error.to_string()))?
    }

    /// The last known revision: anything read from the catalogue now is at least as recent.
    pub(crate) fn seen(&self) -> u64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Whether something generated from a work at revision `seen` is still up to date.
    pub(crate) fn holds(&self, object_number: &str, seen: u64) -> bool {
        seen >= self.horizon.load(Ordering::Acquire)
            && self.recent.get(object_number).is_none_or(|changed| changed <= seen)
    }

    /// Whether the catalogue did not respond to the last query of the follower.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// Records that the cached state matches the catalogue now.
    fn confirm(&self) {
        self.silent.store(false, Ordering::Relaxed);
        self.confirmed_ms.store(self.began.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Whether the cached state was confirmed too long ago.
    fn is_stale(&self) -> bool {
        let confirmed = Duration::from_millis(self.confirmed_ms.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(confirmed) > self.rights_stale
    }

    /// The strictest grant of the works with this image; `None` if no work has it. `names` are all identifiers of the
    /// image's master. While the catalogue does not respond, cached grants are used for `catalogue.stale_rights_s`
    /// seconds.
    ///
    /// # Errors
    /// Returns [`Error::Gone`] if all works with this image are withdrawn.
    pub(crate) async fn grant(&self, names: &[String]) -> Result<Option<Grant>, Error> {
        let Some(cached) = self.showing(names).await? else { return Ok(None) };
        match &cached.withdrawn {
            None => Ok(cached.grant),
            Some(number) => Err(Error::gone(Tombstone {
                object_number: number.clone(),
                at_ms: None,
                reason: None,
                revision: None,
            })),
        }
    }

    /// The lowest object number of the works with this image.
    pub(crate) async fn shown_by(&self, names: &[String]) -> Result<Option<String>, Error> {
        Ok(self.showing(names).await?.and_then(|cached| cached.shown_by.clone()))
    }

    /// The grant and works of a master; concurrent callers share one query.
    async fn showing(&self, names: &[String]) -> Result<Option<Arc<CachedGrant>>, Error> {
        let Some(first) = names.first() else { return Ok(None) };
        if let Some(cached) = self.grants.get(first)
            && !(self.is_silent() && self.is_stale())
        {
            return Ok(Some(cached));
        }
        let changes = self.grants.changes();
        let read = |_| {
            let (catalogue, rights, grants) =
                (self.catalogue.clone(), self.rights.clone(), self.grants.clone());
            let (lookups, names, first) = (self.lookups.clone(), names.to_vec(), first.clone());
            let patience = self.patience();
            async move {
                let query = async {
                    let _permit = lookups.acquire().await;
                    catalogue.works_ever_showing(&names).await
                };
                let showing = within(patience, query).await??;
                let cached = Arc::new(CachedGrant::new(&names, &showing, &rights));
                grants.insert(&first, cached.clone(), changes);
                Ok(cached)
            }
        };
        Ok(Some(Box::pin(self.unknown.join((first.clone(), changes), read)).await?))
    }
}

/// Waits for `response`, with a timeout.
async fn within<T>(limit: Duration, response: impl Future<Output = T>) -> Result<T, Error> {
    let late = |_| catalogue::Error::Unavailable(format!("no response within {} s", limit.as_secs())).into();
    tokio::time::timeout(limit, response).await.map_err(late)
}

#[cfg(test)]
mod tests {
    use futures::future::{join, join_all};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn concurrent_lookups_share_a_query_and_leave_connections_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        let settings = catalogue::Settings { url, connections: 2, ..catalogue::Settings::default() };
        let catalogue = Catalogue::open(&settings).await.unwrap();
        let works = CatalogueClient::new(catalogue, Handle::current(), Rights::default(), &settings);
        let last_revision = |catalogue: Catalogue| async move { catalogue.last_revision().await };
        let permit = works.lookups.acquire().await.unwrap();
        let names = ["a.tif".to_owned()];
        let crowd = join_all((0..50).map(|_| works.showing(&names)));
        let mut crowd = std::pin::pin!(join(crowd, works.look_up(last_revision)));
        assert!(futures::poll!(&mut crowd).is_pending());
        assert_eq!(works.query(last_revision).await.unwrap(), 0, "other queries do not wait");
        assert!(futures::poll!(&mut crowd).is_pending());
        drop(permit);
        let (crowd, looked_up) = crowd.await;
        assert_eq!(looked_up.unwrap(), 0);
        let cached: Vec<_> = crowd.into_iter().map(|cached| cached.unwrap().unwrap()).collect();
        assert!(cached.iter().all(|other| Arc::ptr_eq(other, &cached[0])), "the catalogue was queried once");
        assert_eq!(works.grant(&names).await.unwrap(), None);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_query_without_callers_is_cancelled() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        let settings = catalogue::Settings { url, ..catalogue::Settings::default() };
        let catalogue = Catalogue::open(&settings).await.unwrap();
        let works = CatalogueClient::new(catalogue, Handle::current(), Rights::default(), &settings);
        let (held, dropped) = tokio::sync::oneshot::channel::<()>();
        let query = |_| async move {
            let _held = held;
            std::future::pending::<Result<(), catalogue::Error>>().await
        };
        let left = tokio::time::timeout(Duration::from_millis(10), works.query(query)).await;
        assert!(left.is_err());
        let ended = tokio::time::timeout(Duration::from_secs(10), dropped).await;
        assert!(ended.expect("the query ends").is_err());
    }
}
