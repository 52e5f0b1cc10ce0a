//! Queries of a snapshot other than searches, run on search threads.

use std::sync::Arc;

use super::SearchService;
use crate::gallery::Error;
use crate::search::{DocAddress, Search, Snapshot, Suggestion, TreeNode};

impl SearchService {
    /// Completes `text` with facet values and works.
    pub(crate) async fn suggest(
        &self,
        snapshot: &Arc<Snapshot>,
        text: String,
        limit: usize,
    ) -> Result<Vec<Suggestion>, Error> {
        let snapshot = snapshot.clone();
        self.query(move || snapshot.suggest(&text, limit)).await
    }

    /// The values directly below a value of a scheme, or its top values if `above` is empty.
    pub(crate) async fn below(
        &self,
        snapshot: &Arc<Snapshot>,
        scheme: String,
        above: String,
    ) -> Result<Vec<TreeNode>, Error> {
        let snapshot = snapshot.clone();
        self.query(move || snapshot.below(&scheme, &above)).await
    }

    /// The values of a scheme whose labels contain a word with this prefix, with their numbers of works.
    pub(crate) async fn values_matching(
        &self,
        snapshot: &Arc<Snapshot>,
        scheme: String,
        prefix: String,
    ) -> Result<Vec<(u32, u64)>, Error> {
        let snapshot = snapshot.clone();
        self.query(move || Ok(snapshot.values_matching(&scheme, &prefix))).await
    }

    /// The hits of a search at these positions in index order; the positions must be ascending.
    pub(crate) async fn addresses_at(
        &self,
        snapshot: &Arc<Snapshot>,
        search: Search,
        positions: Vec<usize>,
    ) -> Result<Vec<DocAddress>, Error> {
        let snapshot = snapshot.clone();
        self.query(move || snapshot.addresses_at(&search, &positions)).await
    }

    /// At most `count` object numbers from `start` on, with the time of the source's last change in seconds since 1970.
    pub(crate) async fn numbers(
        &self,
        snapshot: &Arc<Snapshot>,
        start: usize,
        count: usize,
    ) -> Result<Vec<(String, Option<i64>)>, Error> {
        let snapshot = snapshot.clone();
        self.query(move || snapshot.numbers(start, count)).await
    }
}
