//! The manifest that a work was read from, for the documents that repeat what the record does not hold.

use super::{Described, WorkService};
use crate::gallery::Error;
use crate::presentation::Source;

impl WorkService {
    /// The manifest that a work was read from, without what the work's rights withhold; `None` if it was read from
    /// something else, or if the manifest cannot be repeated.
    pub(crate) async fn source_manifest(&self, described: &Described) -> Result<Option<Source>, Error> {
        let work = &described.work;
        if work.canvases.is_none() || described.revision == 0 {
            return Ok(None);
        }
        let Some(text) = self.original_record(&work.object_number).await? else { return Ok(None) };
        let grant = self.images.rights_of_record(work.rights.as_deref(), work.public_domain);
        let work = work.clone();
        let reading =
            tokio::task::spawn_blocking(move || Source::read(&text, &work, grant.largest == u32::MAX));
        reading.await.map_err(|error| Error::Fault(error.to_string()))
    }
}
