//! Withdraws single works, and restores them.

use super::WorkService;
use crate::catalogue::{Removal, Restored, Withdrawal, Withdrawn};
use crate::gallery::Error;

impl WorkService {
    /// Withdraws a work if it is still at the expected revision, in the name of the museum. Its URLs then respond with
    /// 410, and so do those of images that no other work has.
    pub(crate) async fn withdraw(
        &self,
        object_number: &str,
        expected: Option<u64>,
        reason: Option<String>,
        actor: String,
    ) -> Result<(), Error> {
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
                Ok(())
            }
            // Its tombstone.
            Withdrawn::Before => self.stored(object_number).await.map(|_| ()),
        }
    }

    /// Shows a withdrawn work again. Returns whether it was withdrawn.
    pub(crate) async fn restore(&self, object_number: &str, actor: String) -> Result<bool, Error> {
        let works = self.catalogue().ok_or(Error::NotFound)?;
        let number = object_number.to_owned();
        let restore = works.work(|catalogue| async move { catalogue.restore(&number, &actor).await });
        match restore.await? {
            Restored::Now(revision) => {
                works.follow_own(object_number, revision).await;
                Ok(true)
            }
            Restored::Before => Ok(false),
        }
    }
}
