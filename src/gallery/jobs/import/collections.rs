//! Keeps the collections that an import follows to their manifests.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{Redirects, Register};
use crate::catalogue::collection_name;
use crate::gallery::jobs::JobService;
use crate::gallery::{Error, error_chain};
use crate::record::read::SourceCollection;

/// Keeps the collections of a document: called with the address that it was read at, whether no other collection led to it,
/// and the collection with those embedded in it. Blocks. Fails with the reason.
pub(crate) type KeepCollections =
    Arc<dyn Fn(&str, bool, &[SourceCollection]) -> Result<(), String> + Send + Sync>;

impl JobService {
    /// Keeps the collections of a source; a dry run only counts them.
    pub(crate) fn keep_collections(
        &self,
        source: &str,
        register: Arc<Mutex<Register>>,
        redirects: Arc<Mutex<Redirects>>,
        dry: bool,
    ) -> Result<KeepCollections, Error> {
        let works = self.catalogue.as_ref().ok_or(Error::NotFound)?.clone();
        let (tasks, source) = (self.tasks.clone(), source.to_owned());
        Ok(Arc::new(move |address, is_top, collections| {
            for (at, collection) in collections.iter().enumerate() {
                register.lock().add_collection(collection_name(&collection.uri));
                let address = if at == 0 { address } else { &collection.uri };
                redirects.lock().add_collection(collection, address);
            }
            if dry {
                return Ok(());
            }
            let (source, address, collections) = (source.clone(), address.to_owned(), collections.to_vec());
            let keeping = works.work(|catalogue| async move {
                catalogue.put_collections(&source, &address, is_top, &collections).await
            });
            tasks
                .block_on(keeping)
                .map_err(|error| format!("the collection is not kept: {}", error_chain(&error)))
        }))
    }
}
