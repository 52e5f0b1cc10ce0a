//! Learns a scheme from people's tags.

use super::JobService;
use crate::gallery::Error;
use crate::gallery::learned::{TrainReport, TrainRun, TrainingReport, train};

impl JobService {
    /// Trains a probe for a scheme, and finds clusters of styles; both are kept in the catalogue, for the next
    /// [`JobService::tag`].
    ///
    /// # Errors
    /// Returns an error if there is no catalogue or nothing to learn from, or if the catalogue does not respond.
    pub(crate) async fn train(
        &self,
        run: TrainRun,
        progress: &dyn TrainReport,
    ) -> Result<TrainingReport, Error> {
        train(self.catalogue.as_ref().ok_or(Error::NotFound)?, &self.tasks, run, progress).await
    }
}
