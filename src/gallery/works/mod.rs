//! Works: what records say, linked to the masters that show them.

mod describe;
mod embedded;
mod ingest;
mod matching;
mod prune;
mod read;
mod register;
mod sketch;
mod withdraw;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

pub use describe::{Described, Shown};
pub use ingest::{Import, Imported, Watch};
pub use matching::{Masters, Pattern};
pub use prune::Pruned;
pub use read::Reading;
pub use register::{Earlier, Register};
pub use sketch::{Preview, SOON, Sketch};

use super::rights::{Grant, Rights};
use super::{Error, Gallery};
use crate::catalogue::{self, Catalogue};

/// The catalogue as a server sees it: what was looked up is kept until a revision says otherwise.
pub struct Works {
    catalogue: Catalogue,
    /// Where the catalogue's connections live.
    tasks: Handle,
    /// By a master's first name; with the revision that it was looked up at.
    grants: Cache<String, (u64, Option<Grant>)>,
    /// The last revision of works that changed lately.
    recent: Cache<String, u64>,
    /// How many changes `recent` holds.
    noted: AtomicU64,
    /// The last revision that is known here.
    seen: AtomicU64,
    /// What was made before this revision is not known to be true any more.
    horizon: AtomicU64,
    following: Mutex<()>,
}

/// How long a visitor waits for the catalogue.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often other servers' changes are looked for.
const FOLLOWED_MS: u64 = 200;
/// More changes at once are not told apart.
const APART: usize = 2000;
/// More changes in all are not remembered one by one.
const NOTED: u64 = 10_000;

impl Works {
    pub fn new(catalogue: Catalogue, tasks: Handle) -> Self {
        Self {
            catalogue,
            tasks,
            grants: Cache::new(100_000),
            recent: Cache::new(4 * NOTED),
            noted: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            horizon: AtomicU64::new(0),
            following: Mutex::new(()),
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
        match tokio::time::timeout(PATIENCE, self.work(question)).await {
            Ok(answer) => answer,
            Err(_) => {
                Err(catalogue::Error::Unavailable(format!("no answer within {} s", PATIENCE.as_secs()))
                    .into())
            }
        }
    }

    /// The same for what may take its time.
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

    /// Takes note of the changes since the last look.
    pub async fn follow(&self) -> Result<(), Error> {
        let _one_at_a_time = self.following.lock().await;
        let seen = self.seen();
        let last = self.ask(|catalogue| async move { catalogue.last_revision().await }).await?;
        if last == seen {
            return Ok(());
        }
        let changes = match last.saturating_sub(seen) {
            few if few <= APART as u64 && last > seen => {
                self.ask(|catalogue| async move { catalogue.changes(seen, APART).await }).await?
            }
            _ => Vec::new(),
        };
        for change in &changes {
            self.recent.insert(change.object_number.clone(), change.revision);
        }
        let last = changes.last().map_or(last, |change| change.revision);
        let noted = self.noted.load(Ordering::Relaxed) + changes.len() as u64;
        // What is forgotten must not count as unchanged.
        let full = changes.is_empty() || noted > NOTED;
        if full {
            self.horizon.store(last, Ordering::Release);
            self.recent.invalidate_all();
        }
        self.noted.store(if full { 0 } else { noted }, Ordering::Relaxed);
        self.seen.store(last, Ordering::Release);
        Ok(())
    }

    /// What the works that show a master allow, `names` being all its identifiers; `None` where no work shows it.
    pub async fn grant(&self, names: &[String], rights: &Rights) -> Result<Option<Grant>, Error> {
        let Some(first) = names.first() else { return Ok(None) };
        let seen = self.seen();
        if let Some((at, grant)) = self.grants.get(first)
            && at == seen
        {
            return Ok(grant);
        }
        let wanted = names.to_vec();
        let showing = self.ask(|catalogue| async move { catalogue.ever_showing(&wanted).await }).await?;
        let of = |work: &catalogue::Showing| {
            let (stated, public_domain) = (work.rights.as_deref(), work.public_domain);
            if work.withdrawn {
                rights.of_withdrawn(stated, public_domain)
            } else {
                rights.of_record(stated, public_domain)
            }
        };
        // What is there says what holds now; a withdrawn work speaks only where no other shows the image.
        let is_shown = showing.iter().any(|work| !work.withdrawn);
        let grants = showing.iter().filter(|work| !work.withdrawn || !is_shown).map(of);
        let grant = grants.reduce(Grant::strictest);
        self.grants.insert(first.clone(), (seen, grant));
        Ok(grant)
    }
}

impl Gallery {
    /// The catalogue, where there is one.
    pub fn works(&self) -> Option<&Arc<Works>> {
        self.works.as_ref()
    }
}

/// Follows the catalogue for as long as the works are served.
pub async fn follow(works: std::sync::Weak<Works>) {
    let mut failing = false;
    loop {
        tokio::time::sleep(Duration::from_millis(FOLLOWED_MS)).await;
        let Some(works) = works.upgrade() else { return };
        match works.follow().await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!(error = super::told(&error), "the catalogue cannot be followed");
            }
            Err(_) => {}
        }
    }
}
