//! Clusters of works, which curators name, hide and merge.

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

    /// Names, hides or merges a cluster, if it still is as expected, and changes the tags of its works, which continues if the caller stops waiting.
    ///
    /// # Errors
    /// Returns [`Error::NoPage`] if there is no such cluster, [`Error::ClusterChanged`] if it is not as expected, [`Error::Unprocessable`] if it cannot be merged as requested,
    /// and [`Error::Busy`] if other changes come first again and again; also if there is no catalogue or it does not
    /// respond.
    pub(crate) async fn change_cluster(
        &self,
        tagging: &Tagging,
        scheme: &str,
        id: u32,
        change: &ClusterChange,
        expected: Option<ClusterState>,
    ) -> Result<ClusterState, Error> {
        let client = self.catalogue().ok_or(Error::NotFound)?.clone();
        let (steps, tagging, scheme, change) =
            (client.clone(), tagging.clone(), scheme.to_owned(), change.clone());
        let steps = async move {
            learned::change_cluster(&steps, &tagging, &scheme, id, &change, expected.as_ref()).await
        };
        client.complete(steps).await
    }
}
