//! Following the catalogue: what other servers and this one change is learnt five times a second.

use std::collections::{HashMap, HashSet};
use std::sync::Weak;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::CatalogueClient;
use super::grants::Kept;
use crate::catalogue::{Catalogue, WorkRights};
use crate::gallery::{Error, error_chain};
use crate::record::Change;

/// How often changes are looked for.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long the catalogue may take to answer the follower before it counts as silent.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long whoever made a change waits for the follower.
const OWN_PATIENCE: Duration = Duration::from_secs(1);
/// How many changes are read at one time.
const PAGE: usize = 2000;
/// More changes than this are not learnt one by one: all that was known is forgotten.
const FAR: u64 = 50_000;
/// How many changed works are remembered for the documents made of them.
pub(super) const NOTED: u64 = 10_000;

/// Changes, and what is to be known of them before any of it counts.
struct Learnt {
    changes: Vec<Change>,
    works: HashSet<String>,
    /// The files that the changed works show now.
    files: HashSet<String>,
    grants: HashMap<String, Kept>,
}

impl CatalogueClient {
    /// Learns of all changes since the last time.
    pub(crate) async fn follow(&self) -> Result<(), Error> {
        let _one_at_a_time = self.following.lock().await;
        let followed = self.catch_up().await;
        match &followed {
            Ok(()) => self.confirm(),
            Err(_) => self.silent.store(true, Ordering::Relaxed),
        }
        followed
    }

    /// The same after a change was made here, which is safe whether the catalogue still answers or not: the change itself
    /// is known, and the follower learns of the rest.
    pub(crate) async fn follow_own(&self, object_number: &str, revision: u64) {
        self.recent.insert(object_number.to_owned(), revision);
        // The follower logs why it fails.
        let _ = tokio::time::timeout(OWN_PATIENCE, self.follow()).await;
    }

    /// Forgets what the images of a work allow.
    pub(in crate::gallery) fn forget_grants(&self, object_number: &str) {
        let works = HashSet::from([object_number.to_owned()]);
        self.grants.change(&works, &HashSet::new(), HashMap::new());
    }

    async fn catch_up(&self) -> Result<(), Error> {
        loop {
            let seen = self.seen();
            let last =
                self.ask_within(PATIENCE, |catalogue| async move { catalogue.last_revision().await }).await?;
            if last == seen {
                return Ok(());
            }
            // A revision that went back is another catalogue.
            if seen == 0 || last.checked_sub(seen).is_none_or(|behind| behind > FAR) {
                self.forget(last);
                continue;
            }
            match self.learn(seen).await? {
                Some(learnt) => self.note(learnt),
                None => self.forget(last),
            }
        }
    }

    /// The next changes; nothing is taken note of unless all of it could be read.
    async fn learn(&self, seen: u64) -> Result<Option<Learnt>, Error> {
        let read = move |catalogue: Catalogue| async move {
            let changes = catalogue.changes(seen, PAGE).await?;
            let works: HashSet<String> = changes.iter().map(|change| change.object_number.clone()).collect();
            let files = catalogue.files_of(&works).await?;
            Ok((changes, works, files))
        };
        let (changes, works, files) = self.ask_within(PATIENCE, read).await?;
        if changes.is_empty() {
            return Ok(None);
        }
        let depending = self.grants.depending_on(&works, &files);
        let names: Vec<String> = depending.values().flatten().cloned().collect();
        let mut showing: HashMap<String, Vec<WorkRights>> = HashMap::new();
        if !names.is_empty() {
            let read = move |catalogue: Catalogue| async move { catalogue.works_by_file(&names).await };
            for (file, work) in self.ask_within(PATIENCE, read).await? {
                showing.entry(file).or_default().push(work);
            }
        }
        let fresh = |(first, names): (String, Vec<String>)| {
            let all: Vec<WorkRights> =
                names.iter().filter_map(|name| showing.get(name)).flatten().cloned().collect();
            let kept = Kept::new(&names, &all, &self.rights);
            (first, kept)
        };
        let grants = depending.into_iter().map(fresh).collect();
        Ok(Some(Learnt { changes, works, files, grants }))
    }

    /// Takes note of changes. Grants come first: what is made at the new revision is made with them.
    fn note(&self, learnt: Learnt) {
        let Learnt { changes, works, files, grants } = learnt;
        self.grants.change(&works, &files, grants);
        for change in &changes {
            self.recent.insert(change.object_number.clone(), change.revision);
        }
        let Some(last) = changes.last().map(|change| change.revision) else { return };
        let noted = self.noted.load(Ordering::Relaxed) + changes.len() as u64;
        // What is forgotten must not count as unchanged.
        if noted > NOTED {
            self.horizon.store(last, Ordering::Release);
            self.recent.invalidate_all();
        }
        self.noted.store(if noted > NOTED { 0 } else { noted }, Ordering::Relaxed);
        self.seen.store(last, Ordering::Release);
    }

    /// Knows nothing but the last revision.
    fn forget(&self, last: u64) {
        self.grants.forget_all();
        self.horizon.store(last, Ordering::Release);
        self.recent.invalidate_all();
        self.noted.store(0, Ordering::Relaxed);
        self.seen.store(last, Ordering::Release);
    }
}

/// Follows the catalogue for as long as the works are served.
pub(crate) async fn follow(works: Weak<CatalogueClient>) {
    let mut failing = false;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Some(works) = works.upgrade() else { return };
        match works.follow().await {
            Ok(()) if failing => {
                failing = false;
                tracing::info!("the catalogue answers again");
            }
            Ok(()) => {}
            Err(error) if !failing => {
                failing = true;
                tracing::error!(
                    error = error_chain(&error),
                    "the catalogue cannot be followed; known rights hold for {} s",
                    works.rights_stale.as_secs()
                );
            }
            Err(_) => {}
        }
    }
}
