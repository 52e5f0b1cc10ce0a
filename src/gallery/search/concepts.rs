//! Follows the imported vocabularies: searches use them soon after an import, without a restart.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::SearchService;
use crate::catalogue::Catalogue;
use crate::gallery::{Error, error_chain};
use crate::search::{Concepts, ConceptsBuilder};

/// The interval between checks for imports.
const INTERVAL: Duration = Duration::from_secs(1);
/// Concepts per page.
const PAGE: usize = 2000;

/// Follows for as long as the service is used.
pub(super) async fn run(service: Weak<SearchService>) {
    let mut failed = false;
    loop {
        let Some(current) = service.upgrade() else { return };
        match current.update_concepts().await {
            Ok(()) => failed = false,
            Err(error) if !failed => {
                tracing::warn!(
                    error = error_chain(&error),
                    "vocabularies cannot be read; the server retries"
                );
                failed = true;
            }
            Err(_) => {}
        }
        drop(current);
        tokio::time::sleep(INTERVAL).await;
    }
}

impl SearchService {
    /// The concepts of all imported vocabularies.
    pub(crate) fn concepts(&self) -> Arc<Concepts> {
        self.concepts.read().clone()
    }

    /// Reads the vocabularies if they have changed.
    async fn update_concepts(&self) -> Result<(), Error> {
        let vocabularies =
            self.works.query(|catalogue| async move { catalogue.vocabularies().await }).await?;
        let version = match vocabularies.is_empty() {
            // As without any vocabulary before.
            true => 0,
            false => {
                let mut hasher = DefaultHasher::new();
                vocabularies.hash(&mut hasher);
                hasher.finish().max(1)
            }
        };
        if self.concepts().version() == version {
            return Ok(());
        }
        let max_bytes = self.settings.concepts_mib << 20;
        let concepts = self.works.work(move |catalogue| read(catalogue, max_bytes)).await?;
        let (builder, left_out) = concepts;
        if left_out > 0 {
            tracing::error!(
                left_out,
                "concepts of vocabularies are left out, because `search.concepts_mib` is too small for them"
            );
        }
        let built = self.tasks.spawn_blocking(move || Arc::new(builder.finish(version))).await;
        let built = built.map_err(|error| Error::Fault(error.to_string()))?;
        tracing::info!(concepts = built.all().len(), "the vocabularies are read");
        *self.concepts.write() = built.clone();
        if let Some(index) = self.index() {
            index.set_concepts(built);
        }
        // Results before were found without them.
        self.results.invalidate_all();
        self.numbers.invalidate_all();
        Ok(())
    }
}

/// All concepts as far as there is room, and how many are left out.
async fn read(
    catalogue: Catalogue,
    max_bytes: usize,
) -> Result<(ConceptsBuilder, u64), crate::catalogue::Error> {
    let (mut builder, mut left_out) = (ConceptsBuilder::new(max_bytes), 0);
    let mut after = (String::new(), String::new());
    loop {
        let page = catalogue.concepts((&after.0, &after.1), PAGE).await?;
        let Some((vocabulary, concept)) = page.last() else { return Ok((builder, left_out)) };
        after = (vocabulary.clone(), concept.uri.clone());
        for (vocabulary, concept) in page {
            left_out += u64::from(!builder.add(&vocabulary, concept));
        }
    }
}
