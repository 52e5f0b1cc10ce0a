//! Queries of the catalogue, for handlers.

use std::collections::HashMap;

use super::WorkService;
use crate::catalogue::{
    ALL, Decision, Event, FacetValue, HarvestQuery, HarvestedWork, StoredWork, WorkSummary,
};
use crate::gallery::Error;
use crate::gallery::catalogue_client::CatalogueClient;
use crate::record::{Change, Facet, Work};

/// The state of the catalogue, for operators.
pub(crate) struct CatalogueState {
    /// The location, without a password.
    pub location: String,
    pub works: u64,
    pub revision: u64,
    pub last_change: Option<Change>,
}

impl WorkService {
    /// Whether there is a catalogue.
    pub(crate) fn has_catalogue(&self) -> bool {
        self.catalogue().is_some()
    }

    pub(super) fn client(&self) -> Result<&CatalogueClient, Error> {
        Ok(self.catalogue().ok_or(Error::NotFound)?)
    }

    /// A work with its tags, as stored.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if there is no such work, [`Error::Gone`] if it was withdrawn, and other errors if
    /// the catalogue fails.
    pub(crate) async fn stored(&self, object_number: &str) -> Result<StoredWork, Error> {
        match self.find(object_number).await? {
            Some(stored) if !stored.removed => Ok(stored),
            Some(StoredWork { tombstone: Some(tombstone), .. }) => Err(Error::gone(tombstone)),
            _ => Err(Error::NotFound),
        }
    }

    /// A work with its tags, as stored, even if it is withdrawn.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if there is no such work, and other errors if the catalogue fails.
    pub(crate) async fn stored_ever(&self, object_number: &str) -> Result<StoredWork, Error> {
        let stored = self.find(object_number).await?;
        stored.filter(|stored| !stored.removed || stored.tombstone.is_some()).ok_or(Error::NotFound)
    }

    async fn find(&self, object_number: &str) -> Result<Option<StoredWork>, Error> {
        let number = object_number.to_owned();
        self.client()?.query(|catalogue| async move { catalogue.get(&number).await }).await
    }

    /// Whether a record has this object number, even if it is withdrawn. A work that was read from a master's
    /// metadata does not count once a record replaces it.
    pub(crate) async fn has_record(&self, object_number: &str) -> Result<bool, Error> {
        if !self.has_catalogue() {
            return Ok(false);
        }
        let stored = self.find(object_number).await?;
        Ok(stored.is_some_and(|stored| !stored.removed || stored.tombstone.is_some()))
    }

    /// Whether a document generated from a work at revision `seen` is still up to date.
    pub(crate) fn is_current(&self, object_number: &str, seen: u64) -> bool {
        self.catalogue().is_none_or(|catalogue| catalogue.holds(object_number, seen))
    }

    /// The work with this image, for the name of a download. Such lookups take at most half of the connections.
    pub(crate) async fn work_showing(&self, identifier: &str) -> Result<Option<Work>, Error> {
        let Some(number) = self.shown_by(identifier).await? else { return Ok(None) };
        let stored = self.client()?.look_up(|catalogue| async move { catalogue.get(&number).await }).await?;
        Ok(stored.map(|stored| stored.work))
    }

    /// The work with this image file: `from` if it has the file, otherwise the first one that is not withdrawn.
    pub(crate) async fn work_with_file(&self, file: &str, from: Option<&str>) -> Result<Option<Work>, Error> {
        let Some(catalogue) = self.catalogue() else { return Ok(None) };
        let (file, from) = (file.to_owned(), from.map(str::to_owned));
        let work = catalogue.query(|catalogue| async move {
            let has_file = |work: &Work| work.images.iter().any(|image| image.matched && image.file == file);
            if let Some(from) = from
                && let Some(stored) = catalogue.get(&from).await?.filter(|stored| !stored.removed)
                && has_file(&stored.work)
            {
                return Ok(Some(stored.work));
            }
            let showing = catalogue.works_showing(std::slice::from_ref(&file)).await?;
            let Some(first) = showing.iter().find(|work| work.removal.is_none()) else { return Ok(None) };
            let stored = catalogue.get(&first.object_number).await?;
            Ok(stored.filter(|stored| !stored.removed).map(|stored| stored.work))
        });
        work.await
    }

    /// A page of all works in order of arrival, and their total number; `None` without a catalogue.
    pub(crate) async fn page(
        &self,
        start: u64,
        limit: usize,
    ) -> Result<Option<(u64, Vec<WorkSummary>)>, Error> {
        let Some(catalogue) = self.catalogue() else { return Ok(None) };
        let page = catalogue.query(move |catalogue| async move {
            Ok((catalogue.count().await?, catalogue.works_with(ALL, ALL, start, limit).await?))
        });
        page.await.map(Some)
    }

    /// The first of these facets that at most `limit` works have.
    pub(crate) async fn first_small_facet(
        &self,
        facets: Vec<Facet>,
        limit: u64,
    ) -> Result<Option<Facet>, Error> {
        let Some(catalogue) = self.catalogue() else { return Ok(None) };
        let small = catalogue.query(move |catalogue| async move {
            for facet in facets {
                let value = catalogue.facet_value(&facet.scheme, &facet.value).await?;
                if value.is_some_and(|value| value.works <= limit) {
                    return Ok(Some(facet));
                }
            }
            Ok(None)
        });
        small.await
    }

    /// The record that a work was imported from, unchanged: also with what rights withhold.
    pub(super) async fn original_record(&self, object_number: &str) -> Result<Option<String>, Error> {
        let Some(catalogue) = self.catalogue() else { return Ok(None) };
        let number = object_number.to_owned();
        catalogue.query(|catalogue| async move { catalogue.original(&number).await }).await
    }

    /// The original records of several works, by object number, unchanged: also with what rights withhold.
    pub(crate) async fn original_records(
        &self,
        object_numbers: Vec<String>,
    ) -> Result<HashMap<String, String>, Error> {
        let Some(catalogue) = self.catalogue() else { return Ok(HashMap::new()) };
        catalogue.query(|catalogue| async move { catalogue.originals(&object_numbers).await }).await
    }

    /// Records a decision about a tag, and returns the resulting work. Nothing changes if the work is not at the
    /// expected revision.
    pub(crate) async fn decide(
        &self,
        object_number: &str,
        expected: Option<u64>,
        decision: Decision,
        actor: String,
        note: Option<String>,
    ) -> Result<StoredWork, Error> {
        let (client, number) = (self.client()?, object_number.to_owned());
        let decided = client.work(|catalogue| async move {
            catalogue.decide(&number, expected, decision, &actor, note.as_deref()).await
        });
        let stored = decided.await?;
        // This server's next responses reflect it. The decision is recorded even if this fails.
        client.follow_own(object_number, stored.revision).await;
        Ok(stored)
    }

    /// The decisions about a work's tags, oldest first.
    pub(crate) async fn history(&self, object_number: &str) -> Result<Vec<Event>, Error> {
        let number = object_number.to_owned();
        self.client()?.query(|catalogue| async move { catalogue.history(&number).await }).await
    }

    /// All facets, with the number of their values.
    pub(crate) async fn schemes(&self) -> Result<Vec<(String, u64)>, Error> {
        self.client()?.query(|catalogue| async move { catalogue.schemes().await }).await
    }

    pub(crate) async fn count_facet_values(&self, scheme: &str) -> Result<u64, Error> {
        let scheme = scheme.to_owned();
        self.client()?.query(|catalogue| async move { catalogue.count_facet_values(&scheme).await }).await
    }

    pub(crate) async fn facet_values(
        &self,
        scheme: &str,
        start: u64,
        limit: usize,
    ) -> Result<Vec<FacetValue>, Error> {
        let scheme = scheme.to_owned();
        let values = |catalogue: crate::catalogue::Catalogue| async move {
            catalogue.facet_values(&scheme, start, limit).await
        };
        self.client()?.query(values).await
    }

    pub(crate) async fn facet_value(&self, scheme: &str, value: &str) -> Result<Option<FacetValue>, Error> {
        let (scheme, value) = (scheme.to_owned(), value.to_owned());
        self.client()?.query(|catalogue| async move { catalogue.facet_value(&scheme, &value).await }).await
    }

    pub(crate) async fn works_with(
        &self,
        scheme: &str,
        value: &str,
        start: u64,
        limit: usize,
    ) -> Result<Vec<WorkSummary>, Error> {
        let (scheme, value) = (scheme.to_owned(), value.to_owned());
        let works = |catalogue: crate::catalogue::Catalogue| async move {
            catalogue.works_with(&scheme, &value, start, limit).await
        };
        self.client()?.query(works).await
    }

    /// Changes after a revision, oldest first.
    pub(crate) async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, Error> {
        let changes =
            |catalogue: crate::catalogue::Catalogue| async move { catalogue.changes(after, limit).await };
        self.client()?.query(changes).await
    }

    /// Works in the order of their last change, withdrawn ones included.
    pub(crate) async fn harvest(&self, query: HarvestQuery) -> Result<Vec<HarvestedWork>, Error> {
        self.client()?.query(|catalogue| async move { catalogue.harvest(&query).await }).await
    }

    /// One work of that list, with its original record.
    pub(crate) async fn harvested(&self, object_number: &str) -> Result<Option<HarvestedWork>, Error> {
        let number = object_number.to_owned();
        let found = self.client()?.query(|catalogue| async move {
            let Some(stored) = catalogue.get(&number).await? else { return Ok(None) };
            let original = catalogue.original(&number).await?;
            Ok(Some(HarvestedWork { stored, original, former: Vec::new() }))
        });
        found.await
    }

    /// The number of works of that list.
    pub(crate) async fn count_harvest(&self, query: HarvestQuery) -> Result<u64, Error> {
        self.client()?.query(|catalogue| async move { catalogue.count_harvest(&query).await }).await
    }

    /// The time of the first change in milliseconds since 1970; `None` if there is none.
    pub(crate) async fn first_change_ms(&self) -> Result<Option<i64>, Error> {
        self.client()?.query(|catalogue| async move { catalogue.first_change_ms().await }).await
    }

    pub(crate) async fn last_revision(&self) -> Result<u64, Error> {
        self.client()?.query(|catalogue| async move { catalogue.last_revision().await }).await
    }

    /// The state of the catalogue; `None` if there is none.
    pub(crate) async fn catalogue_state(&self) -> Result<Option<CatalogueState>, Error> {
        let Some(client) = self.catalogue() else { return Ok(None) };
        let location = client.describe();
        let state = client.query(|catalogue| async move {
            let revision = catalogue.last_revision().await?;
            let last_change = catalogue.changes(revision.saturating_sub(1), 1).await?.into_iter().next();
            Ok(CatalogueState { location, works: catalogue.count().await?, revision, last_change })
        });
        state.await.map(Some)
    }
}
