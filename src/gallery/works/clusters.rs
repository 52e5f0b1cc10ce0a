//! Clusters of works, and what curators say of them.

use super::WorkService;
use crate::gallery::Error;
use crate::gallery::learned::{self, ClusterChange, ClusterState};
use crate::gallery::tagging::Tagging;

impl WorkService {
    /// The clusters of a scheme, in the order of their numbers; none if nothing was learnt about it.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if there is no catalogue; also if it does not respond.
    pub(crate) async fn clusters(&self, scheme: &str) -> Result<Vec<ClusterState>, Error> {
        learned::clusters(self.client()?, scheme).await
    }

    /// Names, hides or merges a cluster, and changes the tags of its works.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if there is no such cluster, [`Error::Unprocessable`] if it cannot be merged as wished;
    /// also if the catalogue does not respond.
    pub(crate) async fn change_cluster(
        &self,
        tagging: &Tagging,
        scheme: &str,
        id: u32,
        change: &ClusterChange,
    ) -> Result<ClusterState, Error> {
        learned::change_cluster(self.client()?, tagging, scheme, id, change).await
    }
}
