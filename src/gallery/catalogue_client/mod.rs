//! The catalogue as a server sees it: queries with time limits, followed changes, cached grants.

mod follow;
mod grants;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::sync::Cache;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

pub use follow::follow;

use crate::catalogue::{self, Catalogue};
use crate::gallery::Error;
use crate::gallery::rights::{Grant, Rights};
use crate::gallery::single_flight::SingleFlight;
use grants::{Grants, Kept};

/// The catalogue as a server sees it: what was looked up is kept until a revision says otherwise.
pub struct CatalogueClient {
    catalogue: Catalogue,
    /// Where the catalogue's connections live.
    tasks: Handle,
    rights: Rights,
    grants: Arc<Grants>,
    /// Grants that are being read, by the first name of each master and the changes that came before.
    unknown: SingleFlight<(String, u64), Arc<Kept>>,
    /// What images and downloads ask takes at most half of the connections, so that a crowd leaves the others to the
    /// follower, the API and those who write.
    lookups: Arc<Semaphore>,
    /// The last revision of works that changed lately.
    recent: Cache<String, u64>,
    /// How many changes `recent` holds.
    noted: AtomicU64,
    /// The last revision that is known here.
    seen: AtomicU64,
    /// What was made before this revision is not known to be true any more.
    horizon: AtomicU64,
    following: Mutex<()>,
    /// Whether the catalogue did not answer when it was asked last.
    silent: AtomicBool,
    /// When the catalogue last confirmed all that is known here, in milliseconds since `began`.
    confirmed_ms: AtomicU64,
    began: Instant,
    /// How long known grants are used while nothing confirms them.
    rights_stale: Duration,
}

/// How long a visitor waits for the catalogue.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same while it is known not to answer.
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

impl CatalogueClient {
    pub fn new(catalogue: Catalogue, tasks: Handle, rights: Rights, settings: &catalogue::Settings) -> Self {
        Self {
            catalogue,
            unknown: SingleFlight::cancelled(tasks.clone()),
            lookups: Arc::new(Semaphore::new((settings.connections as usize / 2).max(1))),
            tasks,
            rights,
            grants: Arc::new(Grants::new()),
            recent: Cache::new(4 * follow::NOTED),
            noted: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            horizon: AtomicU64::new(0),
            following: Mutex::new(()),
            silent: AtomicBool::new(false),
            confirmed_ms: AtomicU64::new(0),
            began: Instant::now(),
            rights_stale: Duration::from_secs(settings.stale_rights_s),
        }
    }

    /// Where the words lie, without a password.
    pub fn describe(&self) -> String {
        self.catalogue.describe()
    }

    /// Asks the catalogue on the threads that its connections live on; gives up when the answer takes too long.
    pub(in crate::gallery) async fn ask<T: Send + 'static, F>(
        &self,
        question: impl FnOnce(Catalogue) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, catalogue::Error>> + Send + 'static,
    {
        self.ask_within(self.patience(), question).await
    }

    /// The same for what images and downloads need, of which there may be many at once: those that find no place wait.
    pub(in crate::gallery) async fn look_up<T: Send + 'static, F>(
        &self,
        question: impl FnOnce(Catalogue) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, catalogue::Error>> + Send + 'static,
    {
        let lookups = self.lookups.clone();
        self.ask(|catalogue| {
            let question = question(catalogue);
            async move {
                let _place = lookups.acquire().await;
                question.await
            }
        })
        .await
    }

    fn patience(&self) -> Duration {
        if self.is_silent() { SHORT_PATIENCE } else { PATIENCE }
    }

    /// The same with a limit of its own. The question is withdrawn when it is late, or nobody waits for its answer any
    /// more: it must not change anything.
    async fn ask_within<T: Send + 'static, F>(
        &self,
        limit: Duration,
        question: impl FnOnce(Catalogue) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, catalogue::Error>> + Send + 'static,
    {
        // Its task ends when this is dropped.
        let mut asked = JoinSet::new();
        asked.spawn_on(question(self.catalogue.clone()), &self.tasks);
        match within(limit, asked.join_next()).await? {
            Some(answered) => Ok(answered.map_err(|error| Error::Fault(error.to_string()))??),
            None => Err(Error::Fault("a question to the catalogue was not asked".into())),
        }
    }

    /// The same for what may take its time, and for changes: they limit their time themselves.
    pub(in crate::gallery) async fn work<T: Send + 'static, F>(
        &self,
        question: impl FnOnce(Catalogue) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, catalogue::Error>> + Send + 'static,
    {
        let asked = self.tasks.spawn(question(self.catalogue.clone())).await;
        Ok(asked.map_err(|error| Error::Fault(error.to_string()))??)
    }

    /// The last revision that is known here: what is read of the catalogue now is at least as new.
    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Whether what was made of a work when `seen` was the last revision still holds.
    pub fn holds(&self, object_number: &str, seen: u64) -> bool {
        seen >= self.horizon.load(Ordering::Acquire)
            && self.recent.get(object_number).is_none_or(|changed| changed <= seen)
    }

    /// Whether the catalogue answered when it was asked last.
    pub fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// All that is known here is as the catalogue has it now.
    fn confirm(&self) {
        self.silent.store(false, Ordering::Relaxed);
        self.confirmed_ms.store(self.began.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Whether what is known here was confirmed too long ago.
    fn is_stale(&self) -> bool {
        let confirmed = Duration::from_millis(self.confirmed_ms.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(confirmed) > self.rights_stale
    }

    /// What the works that show a master allow, `names` being all its identifiers; `None` where no work shows it. What is
    /// known holds while the catalogue does not answer, for as long as the settings say.
    pub async fn grant(&self, names: &[String]) -> Result<Option<Grant>, Error> {
        Ok(self.showing(names).await?.and_then(|kept| kept.grant))
    }

    /// The first of the works that show a master, as far as it is known.
    pub async fn shown_by(&self, names: &[String]) -> Result<Option<String>, Error> {
        Ok(self.showing(names).await?.and_then(|kept| kept.shown_by.clone()))
    }

    /// What the catalogue says of the works that show a master: it is asked once for all who want to know.
    async fn showing(&self, names: &[String]) -> Result<Option<Arc<Kept>>, Error> {
        let Some(first) = names.first() else { return Ok(None) };
        if let Some(kept) = self.grants.get(first)
            && !(self.is_silent() && self.is_stale())
        {
            return Ok(Some(kept));
        }
        let changes = self.grants.changes();
        let read = |_| {
            let (catalogue, rights, grants) =
                (self.catalogue.clone(), self.rights.clone(), self.grants.clone());
            let (lookups, names, first) = (self.lookups.clone(), names.to_vec(), first.clone());
            let patience = self.patience();
            async move {
                let asked = async {
                    let _place = lookups.acquire().await;
                    catalogue.works_ever_showing(&names).await
                };
                let showing = within(patience, asked).await??;
                let kept = Arc::new(Kept::new(&names, &showing, &rights));
                grants.keep(&first, kept.clone(), changes);
                Ok(kept)
            }
        };
        Ok(Some(self.unknown.join((first.clone(), changes), read).await?))
    }
}

/// What comes within this time.
async fn within<T>(limit: Duration, answer: impl Future<Output = T>) -> Result<T, Error> {
    let late = |_| catalogue::Error::Unavailable(format!("no answer within {} s", limit.as_secs())).into();
    tokio::time::timeout(limit, answer).await.map_err(late)
}

#[cfg(test)]
mod tests {
    use futures::future::{join, join_all};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_crowd_asks_once_and_leaves_connections_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        let settings = catalogue::Settings { url, connections: 2, ..catalogue::Settings::default() };
        let catalogue = Catalogue::open(&settings).await.unwrap();
        let works = CatalogueClient::new(catalogue, Handle::current(), Rights::default(), &settings);
        let last_revision = |catalogue: Catalogue| async move { catalogue.last_revision().await };
        let place = works.lookups.acquire().await.unwrap();
        let names = ["a.tif".to_owned()];
        let crowd = join_all((0..50).map(|_| works.showing(&names)));
        let mut crowd = std::pin::pin!(join(crowd, works.look_up(last_revision)));
        assert!(futures::poll!(&mut crowd).is_pending());
        assert_eq!(works.ask(last_revision).await.unwrap(), 0, "others need not wait");
        assert!(futures::poll!(&mut crowd).is_pending());
        drop(place);
        let (crowd, looked_up) = crowd.await;
        assert_eq!(looked_up.unwrap(), 0);
        let kept: Vec<_> = crowd.into_iter().map(|kept| kept.unwrap().unwrap()).collect();
        assert!(kept.iter().all(|other| Arc::ptr_eq(other, &kept[0])), "the catalogue was asked once");
        assert_eq!(works.grant(&names).await.unwrap(), None);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_question_is_withdrawn_when_nobody_waits_for_its_answer() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        let settings = catalogue::Settings { url, ..catalogue::Settings::default() };
        let catalogue = Catalogue::open(&settings).await.unwrap();
        let works = CatalogueClient::new(catalogue, Handle::current(), Rights::default(), &settings);
        let (asked, dropped) = tokio::sync::oneshot::channel::<()>();
        let question = |_| async move {
            let _asked = asked;
            std::future::pending::<Result<(), catalogue::Error>>().await
        };
        let left = tokio::time::timeout(Duration::from_millis(10), works.ask(question)).await;
        assert!(left.is_err());
        let ended = tokio::time::timeout(Duration::from_secs(10), dropped).await;
        assert!(ended.expect("the question ends").is_err());
    }
}
