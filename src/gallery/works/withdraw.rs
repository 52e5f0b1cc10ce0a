//! Withdraws single works.

use super::WorkService;
use crate::catalogue::Withdrawn;
use crate::gallery::Error;

impl WorkService {
    /// Withdraws a work if it is still at the expected revision. Its URLs then respond with 410, and its images get at
    /// most the grant of works whose rights no rule covers.
    pub(crate) async fn withdraw(&self, object_number: &str, expected: Option<u64>) -> Result<(), Error> {
        let works = self.catalogue().ok_or(Error::NotFound)?;
        let number = object_number.to_owned();
        let done = works.work(|catalogue| async move { catalogue.withdraw(&number, expected).await }).await?;
        match done {
            Withdrawn::Now(revision) => {
                // Its images must never be served by an older grant, even if the catalogue stops responding.
                works.forget_grants(object_number);
                works.follow_own(object_number, revision).await;
                Ok(())
            }
            Withdrawn::Before => Err(Error::Gone),
        }
    }
}
