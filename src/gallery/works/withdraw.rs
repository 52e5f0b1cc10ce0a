//! Withdraws single works, and restores them.

use super::WorkService;
use crate::catalogue::{Removal, Restored, Withdrawal, Withdrawn};
use crate::gallery::Error;

impl WorkService {
    /// Withdraws a work if it is still at the expected revision, in the name of the museum. Its URLs then respond with
    /// 410, and so do those of images that no other work has. Returns the revision.
    pub(crate) async fn withdraw(
        &self,
        object_number: &str,
        expected: Option<u64>,
        reason: Option<String>,
        actor: String,
    ) -> Result<u64, Error> {
        let works = self.catalogue().ok_or(Error::NotFound)?;
        let number = object_number.to_owned();
        let withdrawal = Withdrawal { removal: Removal::ByMuseum, reason, actor };
        let withdraw =
            works.work(|catalogue| async move { catalogue.withdraw(&number, expected, &withdrawal).await });
        match withdraw.await? {
            Withdrawn::Now(revision) => {
                // Its images must never be served by an older grant, even if the catalogue stops responding.
                works.forget_grants(object_number);
                works.follow_own(object_number, revision).await;
                Ok(revision)
            }
            // Its tombstone.
            Withdrawn::Before => self.stored(object_number).await.map(|stored| stored.revision),
        }
    }

    /// Shows a withdrawn work again if it is still at the expected revision. Returns the new one; `None` if the work was
    /// not withdrawn.
    pub(crate) async fn restore(
        &self,
        object_number: &str,
        expected: Option<u64>,
        actor: String,
    ) -> Result<Option<u64>, Error> {
        let works = self.catalogue().ok_or(Error::NotFound)?;
        let number = object_number.to_owned();
        let restore =
            works.work(|catalogue| async move { catalogue.restore(&number, expected, &actor).await });
        match restore.await? {
            Restored::Now(revision) => {
                works.follow_own(object_number, revision).await;
                Ok(Some(revision))
            }
            Restored::Before => Ok(None),
        }
    }
}
