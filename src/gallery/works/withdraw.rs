//! Withdraws single works.

use super::WorkService;
use crate::catalogue::Withdrawn;
use crate::gallery::Error;

impl WorkService {
    /// Withdraws a work, if it is still at the revision that is expected: its addresses are gone, and its images are
    /// shown at most as those whose rights nobody has ruled on.
    pub async fn withdraw(&self, object_number: &str, expected: Option<u64>) -> Result<(), Error> {
        let works = self.catalogue().ok_or(Error::NotFound)?;
        let number = object_number.to_owned();
        let done = works.work(|catalogue| async move { catalogue.withdraw(&number, expected).await }).await?;
        match done {
            Withdrawn::Now(revision) => {
                // Its images are never served by an older grant, whether the catalogue still answers or not.
                works.forget_grants(object_number);
                works.follow_own(object_number, revision).await;
                Ok(())
            }
            Withdrawn::Before => Err(Error::Gone),
        }
    }
}
