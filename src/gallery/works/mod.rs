//! Works: what records say, linked to the masters that show them.

mod describe;
mod embedded;
mod follow;
mod grants;
mod ingest;
mod matching;
mod prune;
mod read;
mod register;
mod sketch;
mod withdraw;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::sync::Cache;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

pub use describe::{Described, Shown};
pub use follow::follow;
pub use ingest::{Import, Imported, Watch};
pub use matching::{Masters, Pattern};
pub use prune::Pruned;
pub use read::Reading;
pub use register::{Earlier, Register};
pub use sketch::{Preview, SOON, Sketch};

use super::rights::{Grant, Rights};
use super::{Error, Gallery};
use crate::catalogue::{self, Catalogue};
use grants::{Grants, Kept};

/// The catalogue as a server sees it: what was looked up is kept until a revision says otherwise.
pub struct Works {
    catalogue: Catalogue,
    /// Where the catalogue's connections live.
    tasks: Handle,
    rights: Rights,
    grants: Grants,
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

impl Works {
    pub fn new(catalogue: Catalogue, tasks: Handle, rights: Rights, rights_stale: Duration) -> Self {
        Self {
            catalogue,
            tasks,
            rights,
            grants: Grants::new(),
            recent: Cache::new(4 * follow::NOTED),
            noted: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            horizon: AtomicU64::new(0),
            following: Mutex::new(()),
            silent: AtomicBool::new(false),
            confirmed_ms: AtomicU64::new(0),
            began: Instant::now(),
            rights_stale,
        }
    }

    /// Where the words lie, without a password.
    pub fn describe(&self) -> String {
        self.catalogue.describe()
    }

    /// Asks the catalogue on the threads that its connections live on; gives up when the answer takes too long.
    pub async fn ask<T: Send + 'static, F>(&self, question: impl FnOnce(Catalogue) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, catalogue::Error>> + Send + 'static,
    {
        let patience = if self.silent.load(Ordering::Relaxed) { SHORT_PATIENCE } else { PATIENCE };
        self.ask_within(patience, question).await
    }

    /// The same with a limit of its own. The question is withdrawn when it is late: it must not change anything.
    async fn ask_within<T: Send + 'static, F>(
        &self,
        limit: Duration,
        question: impl FnOnce(Catalogue) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, catalogue::Error>> + Send + 'static,
    {
        let mut asked = self.tasks.spawn(question(self.catalogue.clone()));
        match tokio::time::timeout(limit, &mut asked).await {
            Ok(answered) => Ok(answered.map_err(|error| Error::Fault(error.to_string()))??),
            Err(_) => {
                asked.abort();
                Err(catalogue::Error::Unavailable(format!("no answer within {} s", limit.as_secs())).into())
            }
        }
    }

    /// The same for what may take its time, and for changes: they limit their time themselves.
    pub async fn work<T: Send + 'static, F>(&self, question: impl FnOnce(Catalogue) -> F) -> Result<T, Error>
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
        let Some(first) = names.first() else { return Ok(None) };
        if let Some(grant) = self.grants.get(first)
            && !(self.is_silent() && self.is_stale())
        {
            return Ok(grant);
        }
        let changes = self.grants.changes();
        let wanted = names.to_vec();
        let showing = self.ask(|catalogue| async move { catalogue.ever_showing(&wanted).await }).await?;
        let kept = Kept::new(names, &showing, &self.rights);
        let grant = kept.grant;
        self.grants.keep(first, kept, changes);
        Ok(grant)
    }
}

impl Gallery {
    /// The catalogue, where there is one.
    pub fn works(&self) -> Option<&Arc<Works>> {
        self.works.as_ref()
    }
}
