//! Tags that wait for a curator's decision, and many decisions at once.

use super::WorkService;
use crate::catalogue::{Catalogue, Refused, StoredWork, WaitingTag, WaitingValue, WorkDecision};
use crate::gallery::Error;

impl WorkService {
    /// Makes several decisions, all or none, and returns the works after each. The inner result names the first decision
    /// that cannot be made.
    ///
    /// # Errors
    /// Returns an error if there is no catalogue, or if it does not respond.
    pub(crate) async fn decide_all(
        &self,
        decisions: Vec<WorkDecision>,
        actor: String,
    ) -> Result<Result<Vec<StoredWork>, Refused>, Error> {
        let client = self.client()?;
        let decide = |catalogue: Catalogue| async move { catalogue.decide_all(decisions, &actor).await };
        let decided = client.work(decide).await?;
        if let Ok(works) = &decided {
            let changed = works.iter().map(|stored| (stored.work.object_number.clone(), stored.revision));
            client.follow_all_own(changed).await;
        }
        Ok(decided)
    }

    /// Several works with their tags, by object number; without those that do not exist or were withdrawn.
    pub(crate) async fn stored_all(
        &self,
        numbers: Vec<String>,
    ) -> Result<std::collections::HashMap<String, StoredWork>, Error> {
        self.client()?.query(|catalogue| async move { catalogue.get_all(&numbers).await }).await
    }

    /// The schemes with tags that wait for a decision, and how many tags these are.
    pub(crate) async fn waiting_schemes(&self) -> Result<Vec<(String, u64)>, Error> {
        self.client()?.query(|catalogue| async move { catalogue.waiting_schemes().await }).await
    }

    /// The values of a scheme with tags that wait for a decision, most tags first.
    pub(crate) async fn waiting_values(&self, scheme: &str) -> Result<Vec<WaitingValue>, Error> {
        let scheme = scheme.to_owned();
        self.client()?.query(|catalogue| async move { catalogue.waiting_values(&scheme).await }).await
    }

    /// The tags of this value that wait for a decision, the most confident first.
    pub(crate) async fn waiting_tags(
        &self,
        scheme: &str,
        value: &str,
        skip: u64,
        limit: usize,
    ) -> Result<Vec<WaitingTag>, Error> {
        let (scheme, value) = (scheme.to_owned(), value.to_owned());
        let tags =
            |catalogue: Catalogue| async move { catalogue.waiting_tags(&scheme, &value, skip, limit).await };
        self.client()?.query(tags).await
    }

    /// All tags that wait for a decision of the next works after this one.
    pub(crate) async fn waiting_works(
        &self,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<Vec<WaitingTag>>, Error> {
        let works =
            |catalogue: Catalogue| async move { catalogue.waiting_works(after.as_deref(), limit).await };
        self.client()?.query(works).await
    }
}
