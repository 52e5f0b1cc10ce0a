//! Collections of other servers that were imported, with what this server has for their members.

use std::collections::HashMap;

use super::WorkService;
use crate::catalogue::{CollectionSummary, SourcePart, SourcePlace, StoredCollection};
use crate::gallery::Error;
use crate::presentation::{Imported, ImportedCollection};

impl WorkService {
    /// The number of imported collections that no other led to.
    pub(crate) async fn count_imported_collections(&self) -> Result<u64, Error> {
        self.client()?.query(|catalogue| async move { catalogue.count_top_collections().await }).await
    }

    /// A page of these collections.
    pub(crate) async fn imported_collections(
        &self,
        start: u64,
        limit: usize,
    ) -> Result<Vec<CollectionSummary>, Error> {
        self.client()?
            .query(move |catalogue| async move { catalogue.top_collections(start, limit).await })
            .await
    }

    /// An imported collection by its name, without what rights withhold.
    pub(crate) async fn imported_collection(&self, name: &str) -> Result<Option<ImportedCollection>, Error> {
        let name = name.to_owned();
        let stored =
            self.client()?.query(|catalogue| async move { catalogue.collection(&name).await }).await?;
        let Some(StoredCollection { name, body, parents, rights, has_removed }) = stored else {
            return Ok(None);
        };
        let reading = tokio::task::spawn_blocking(move || {
            let read = ImportedCollection::read(&name, &body)?;
            let uris = read.uris();
            Some((read, uris))
        });
        let reading = reading.await.map_err(|error| Error::Fault(error.to_string()))?;
        let Some((mut collection, uris)) = reading else { return Ok(None) };
        let finding = self.client()?.query(|catalogue| async move {
            Ok((catalogue.places_of_source_uris(&uris).await?, catalogue.collections_of_uris(&uris).await?))
        });
        let (places, collections) = finding.await?;
        let is_withheld = |place: &SourcePlace| place.removed || self.limits(place);
        let is_image = |place: &&SourcePlace| matches!(place.part, SourcePart::Image { .. });
        let shows_withheld = places.values().flatten().filter(is_image).any(is_withheld);
        let mut known: HashMap<String, Imported> = HashMap::with_capacity(places.len() + collections.len());
        known.extend(places.into_iter().filter_map(|(uri, places)| Some((uri, self.imported(&places)?))));
        known.extend(collections.into_iter().map(|(uri, name)| (uri, Imported::Collection(name))));
        collection.known = known;
        collection.parents = parents.into_iter().map(|parent| (parent.name, parent.label)).collect();
        let is_limited = |(rights, public_domain): &(Option<String>, Option<bool>)| {
            self.images.rights().of_record(rights.as_deref(), *public_domain).is_limited()
        };
        collection.is_free = !has_removed && !shows_withheld && !rights.iter().any(is_limited);
        Ok(Some(collection))
    }

    /// What this server has at these places, which one URI names: a work that is shown counts before others.
    fn imported(&self, places: &[SourcePlace]) -> Option<Imported> {
        let place = places.iter().find(|place| !place.removed).or(places.first())?;
        Some(match &place.part {
            SourcePart::Manifest if place.removed => Imported::Withdrawn,
            SourcePart::Manifest => Imported::Work {
                object_number: place.work.object_number.clone(),
                label: place.work.label.clone(),
                thumbnail: place.work.thumbnail.clone(),
                is_limited: self.limits(place),
            },
            SourcePart::Image { file, .. } => Imported::Image(file.clone().filter(|_| !place.removed)),
            SourcePart::Canvas(_) => return None,
        })
    }

    /// Whether the rights of the work at a place limit its images.
    fn limits(&self, place: &SourcePlace) -> bool {
        self.images.rights().of_record(place.rights.as_deref(), place.public_domain).is_limited()
    }
}
