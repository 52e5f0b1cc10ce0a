//! Follows the catalogue: polls for changes by this and other servers five times a second.

use std::collections::{HashMap, HashSet};
use std::sync::Weak;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::CatalogueClient;
use super::grants::CachedGrant;
use crate::catalogue::{Catalogue, WorkRights};
use crate::gallery::{Error, error_chain};
use crate::record::Change;

/// The polling interval.
const INTERVAL: Duration = Duration::from_millis(200);
/// The timeout of the follower's queries; after it the catalogue counts as not responding.
const PATIENCE: Duration = Duration::from_secs(3);
/// The time that the author of a change waits for the follower.
const OWN_PATIENCE: Duration = Duration::from_secs(1);
/// The number of changes per query.
const PAGE: usize = 2000;
/// Beyond this many changes all cached grants are dropped, not updated.
const FAR: u64 = 50_000;
/// The maximum number of remembered changes, which show whether documents are stale.
pub(super) const MAX_REMEMBERED: u64 = 10_000;

/// Changes, with all data that is applied together with them.
struct ChangeSet {
    changes: Vec<Change>,
    works: HashSet<String>,
    /// The current image files of the changed works.
    files: HashSet<String>,
    grants: HashMap<String, CachedGrant>,
}

impl CatalogueClient {
    /// Applies all changes since the last call.
    pub(crate) async fn follow(&self) -> Result<(), Error> {
        let _one_at_a_time = self.following.lock().await;
        let followed = self.catch_up().await;
        match &followed {
            Ok(()) => self.confirm(),
            Err(_) => self.silent.store(true, Ordering::Relaxed),
        }
        followed
    }

    /// Applies all changes after one was made here. Safe even if the catalogue stops responding: the change itself is
    /// recorded first, and the follower applies the rest.
    pub(crate) async fn follow_own(&self, object_number: &str, revision: u64) {
        self.recent.insert(object_number.to_owned(), revision);
        // The follower logs the reason of its failure.
        let _ = tokio::time::timeout(OWN_PATIENCE, self.follow()).await;
    }

    /// Applies all changes after several were made here, as [`CatalogueClient::follow_own`].
    pub(crate) async fn follow_all_own(&self, changed: impl IntoIterator<Item = (String, u64)>) {
        for (object_number, revision) in changed {
            self.recent.insert(object_number, revision);
        }
        let _ = tokio::time::timeout(OWN_PATIENCE, self.follow()).await;
    }

    /// Drops the cached grants of a work's images.
    pub(in crate::gallery) fn forget_grants(&self, object_number: &str) {
        let works = HashSet::from([object_number.to_owned()]);
        self.grants.change(&works, &HashSet::new(), HashMap::new());
    }

    async fn catch_up(&self) -> Result<(), Error> {
        loop {
            let seen = self.seen();
            let last = self
                .query_within(PATIENCE, |catalogue| async move { catalogue.last_revision().await })
                .await?;
            if last == seen {
                return Ok(());
            }
            // A lower revision means another catalogue.
            if seen == 0 || last.checked_sub(seen).is_none_or(|missed| missed > FAR) {
                self.forget(last);
                continue;
            }
            match self.read_changes(seen).await? {
                Some(change_set) => self.apply(change_set),
                None => self.forget(last),
            }
        }
    }

    /// The next changes; all of them are read before any is applied.
    async fn read_changes(&self, seen: u64) -> Result<Option<ChangeSet>, Error> {
        let read = move |catalogue: Catalogue| async move {
            let changes = catalogue.changes(seen, PAGE).await?;
            let works: HashSet<String> = changes.iter().map(|change| change.object_number.clone()).collect();
            let files = catalogue.files_of(&works).await?;
            Ok((changes, works, files))
        };
        let (changes, works, files) = self.query_within(PATIENCE, read).await?;
        if changes.is_empty() {
            return Ok(None);
        }
        let depending = self.grants.depending_on(&works, &files);
        let names: Vec<String> = depending.values().flatten().cloned().collect();
        let mut showing: HashMap<String, Vec<WorkRights>> = HashMap::new();
        if !names.is_empty() {
            let read = move |catalogue: Catalogue| async move { catalogue.works_by_file(&names).await };
            for (file, work) in self.query_within(PATIENCE, read).await? {
                showing.entry(file).or_default().push(work);
            }
        }
        let fresh = |(first, names): (String, Vec<String>)| {
            let all: Vec<WorkRights> =
                names.iter().filter_map(|name| showing.get(name)).flatten().cloned().collect();
            let cached = CachedGrant::new(&names, &all, &self.rights);
            (first, cached)
        };
        let grants = depending.into_iter().map(fresh).collect();
        Ok(Some(ChangeSet { changes, works, files, grants }))
    }

    /// Applies changes. Grants come first: documents made at the new revision must use them.
    fn apply(&self, change_set: ChangeSet) {
        let ChangeSet { changes, works, files, grants } = change_set;
        self.grants.change(&works, &files, grants);
        for change in &changes {
            self.recent.insert(change.object_number.clone(), change.revision);
        }
        let Some(last) = changes.last().map(|change| change.revision) else { return };
        let remembered = self.remembered.load(Ordering::Relaxed) + changes.len() as u64;
        // Works whose changes are no longer remembered must not count as unchanged.
        if remembered > MAX_REMEMBERED {
            self.horizon.store(last, Ordering::Release);
            self.recent.invalidate_all();
        }
        self.remembered.store(if remembered > MAX_REMEMBERED { 0 } else { remembered }, Ordering::Relaxed);
        self.seen.store(last, Ordering::Release);
    }

    /// Drops all cached state except the last revision.
    fn forget(&self, last: u64) {
        self.grants.forget_all();
        self.horizon.store(last, Ordering::Release);
        self.recent.invalidate_all();
        self.remembered.store(0, Ordering::Relaxed);
        self.seen.store(last, Ordering::Release);
    }
}

/// Follows the catalogue until its client is dropped.
pub(crate) async fn follow(works: Weak<CatalogueClient>) {
    let mut failing = false;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Some(works) = works.upgrade() else { return };
        match works.follow().await {
            Ok(()) if failing => {
                failing = false;
                tracing::info!("the catalogue responds again");
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
