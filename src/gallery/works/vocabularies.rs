//! Imported vocabularies.

use super::WorkService;
use crate::catalogue::ImportedVocabulary;
use crate::gallery::Error;
use crate::record::skos::Concept;

/// Concepts of a transaction.
const BATCH: usize = 2000;

impl WorkService {
    /// The imported vocabularies.
    pub(crate) async fn vocabularies(&self) -> Result<Vec<ImportedVocabulary>, Error> {
        self.client()?.query(|catalogue| async move { catalogue.vocabularies().await }).await
    }

    /// Stores a vocabulary in place of the one with this name. `progress` is called with the number of concepts stored so
    /// far. Servers read it when all of it is stored.
    pub(crate) async fn put_vocabulary(
        &self,
        name: &str,
        concepts: Vec<Concept>,
        mut progress: impl FnMut(u64),
    ) -> Result<(), Error> {
        let client = self.client()?;
        let own = name.to_owned();
        // All concepts of the vocabulary are looked at, which may take longer than a query.
        let version =
            client.work(|catalogue| async move { catalogue.next_vocabulary_version(&own).await }).await?;
        let (mut concepts, mut stored) = (concepts.into_iter(), 0);
        loop {
            let batch: Vec<Concept> = concepts.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            stored += batch.len() as u64;
            let own = name.to_owned();
            let put = |catalogue: crate::catalogue::Catalogue| async move {
                catalogue.put_concepts(&own, version, &batch).await
            };
            client.work(put).await?;
            progress(stored);
        }
        let own = name.to_owned();
        client.work(|catalogue| async move { catalogue.finish_vocabulary(&own, version).await }).await
    }

    /// Removes a vocabulary; returns false if there is none with this name.
    pub(crate) async fn remove_vocabulary(&self, name: &str) -> Result<bool, Error> {
        let name = name.to_owned();
        self.client()?.work(|catalogue| async move { catalogue.remove_vocabulary(&name).await }).await
    }
}
