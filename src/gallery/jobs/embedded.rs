//! Records from the embedded metadata of masters that no other record names.

use super::JobService;
use crate::catalogue::{Batch, EMBEDDED_SOURCE, NewWork, Removal, Withdrawal};
use crate::gallery::Error;
use crate::master::{FIRST_READ, PartialFile, Stop};
use crate::metadata;
use crate::record::read::embedded;
use crate::record::{Image, Work};

/// The maximum number of reads for a file's metadata; valid files need fewer.
const MAX_READS: usize = 64;

impl JobService {
    /// A record from the master's embedded metadata, unless another record names the master.
    pub(super) async fn embedded(&self, identifier: &str) -> Result<Option<NewWork>, Error> {
        let Some(works) = self.catalogue.as_ref() else { return Ok(None) };
        let opened = self.images.handle(identifier).await?;
        let names = opened.names.clone();
        let showing =
            works.query(|catalogue| async move { catalogue.works_ever_showing(&names).await }).await?;
        // This includes images of withdrawn works.
        if showing.iter().any(|work| work.object_number != identifier) {
            return Ok(None);
        }
        // A record whose number is the file's name also takes precedence, and withdrawn works stay withdrawn.
        let number = identifier.to_owned();
        let existing = works.query(|catalogue| async move { catalogue.get(&number).await }).await?;
        if existing.is_some_and(|existing| existing.source != EMBEDDED_SOURCE) {
            return Ok(None);
        }
        let (store, key, version) = opened.origin();
        let start = store.read(key, version, 0..FIRST_READ.min(version.size), &[]).await?;
        let mut file = PartialFile::new(version.size, start);
        for _ in 0..MAX_READS {
            match metadata::find(&file) {
                Ok(packets) => {
                    return Ok(embedded::from_master(identifier, &packets).map(|work| new(work, identifier)));
                }
                Err(Stop::NeedBytes { range, likely }) => {
                    let end = range.end.max(range.start.saturating_add(likely)).min(version.size);
                    let bytes = store.read(key, version, range.start..end, &[]).await?;
                    file.add(range.start, bytes);
                }
                // Unreadable metadata counts as missing.
                Err(Stop::Refused(_)) => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Stores records from embedded metadata, and deletes those whose masters have another record by now.
    pub(super) async fn put_embedded(&self, works: Vec<NewWork>) -> Result<(), Error> {
        let Some(client) = self.catalogue.as_ref() else { return Ok(()) };
        let batch = Batch::new(works)?;
        client.work(|catalogue| async move { catalogue.put(batch).await }).await?;
        self.forget_superseded().await
    }

    /// Deletes records from embedded metadata whose masters are named by other records.
    pub(super) async fn forget_superseded(&self) -> Result<(), Error> {
        let Some(works) = self.catalogue.as_ref() else { return Ok(()) };
        let forget = works.work(|catalogue| async move {
            let superseded = catalogue.superseded(EMBEDDED_SOURCE).await?;
            if superseded.is_empty() {
                return Ok(0);
            }
            let actor = format!("source:{EMBEDDED_SOURCE}");
            let withdrawal = Withdrawal { removal: Removal::Superseded, reason: None, actor };
            catalogue.remove(&superseded, &withdrawal).await
        });
        forget.await?;
        works.follow().await
    }
}

fn new(mut work: Work, identifier: &str) -> NewWork {
    if work.images.is_empty() {
        work.images.push(Image { file: identifier.to_owned(), matched: true, ..Image::default() });
    }
    NewWork { work, original: None, source: EMBEDDED_SOURCE.to_owned() }
}
