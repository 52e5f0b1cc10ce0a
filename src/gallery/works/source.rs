//! What works were read from, without what their rights withhold.

use super::{Described, Sketch, WorkService};
use crate::catalogue::SourcePart;
use crate::gallery::Error;
use crate::presentation::Source;
use crate::record::{SourceImages, Work};

impl WorkService {
    /// The manifest that a work was read from, without what the work's rights withhold; `None` if it was read from
    /// something else, or if the manifest cannot be repeated.
    pub(crate) async fn source_manifest(&self, described: &Described) -> Result<Option<Source>, Error> {
        let work = &described.work;
        if work.canvases.is_none() || described.revision == 0 {
            return Ok(None);
        }
        let Some(text) = self.original_record(&work.object_number).await? else { return Ok(None) };
        let (work, is_limited) = (work.clone(), self.is_limited(work));
        let reading = tokio::task::spawn_blocking(move || Source::read(&text, &work, !is_limited));
        let read = reading.await.map_err(|error| Error::Fault(error.to_string()))?;
        let (Some(source), Some(catalogue)) = (read, self.catalogue()) else { return Ok(None) };
        let uris = source.part_of();
        if uris.is_empty() {
            return Ok(Some(source));
        }
        let found = catalogue.query(|catalogue| async move { catalogue.collections_of_uris(&uris).await });
        Ok(Some(source.with_collections(found.await?)))
    }

    /// The work, and the canvas by its number from 1, that had this URI in the manifest that it was read from: `work` if it
    /// is one of several, then one that is not withdrawn.
    pub(crate) async fn canvas_of_source(
        &self,
        uri: &str,
        work: Option<&str>,
    ) -> Result<Option<(String, u32)>, Error> {
        let Some(catalogue) = self.catalogue() else { return Ok(None) };
        let uris = [uri.to_owned()];
        let found =
            catalogue.query(|catalogue| async move { catalogue.places_of_source_uris(&uris).await }).await?;
        let mut places: Vec<_> = found.into_values().flatten().collect();
        places.sort_by_key(|place| (Some(&*place.work.object_number) != work, place.removed));
        Ok(places.into_iter().find_map(|place| match place.part {
            SourcePart::Canvas(number) => Some((place.work.object_number, number)),
            _ => None,
        }))
    }

    /// The record that a work was imported from, without what the work's rights withhold.
    pub(crate) async fn published_original(&self, sketch: &Sketch) -> Result<Option<String>, Error> {
        let original = self.original_record(&sketch.work.object_number).await?;
        let (Some(text), Some(withheld)) = (&original, sketch.withheld.clone()) else { return Ok(original) };
        let text = text.clone();
        let reading = tokio::task::spawn_blocking(move || withheld.without(&text).into_owned());
        reading.await.map(Some).map_err(|error| Error::Fault(error.to_string()))
    }

    /// Whether the rights of a work limit its images.
    pub(crate) fn is_limited(&self, work: &Work) -> bool {
        self.images.rights().of_record(work.rights.as_deref(), work.public_domain).is_limited()
    }

    /// The images of the source that the rights of a work withhold; `None` if they withhold none.
    pub(super) fn withheld(&self, work: &Work) -> Option<SourceImages> {
        self.is_limited(work).then(|| SourceImages::of(work))
    }
}
