//! The cache of opened images; concurrent callers share one opening.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::checks::Checks;
use super::handle::ImageHandle;
use super::health::Health;
use super::index_reader::Start;
use super::opened_images::OpenedImages;
use super::pyramids::Pyramids;
use crate::gallery::Error;
use crate::gallery::settings::{Credit as CreditSettings, Settings};
use crate::gallery::single_flight::SingleFlight;
use crate::gallery::sources::{Location, Sources};
use crate::metadata::Credit;
use crate::pixels::color::Output;
use crate::store::DiskCache;

/// Opens images, and keeps them.
pub(super) struct HandleCache {
    sources: Arc<Sources>,
    pub(super) pyramids: Option<Arc<Pyramids>>,
    /// Smaller images are served without a pyramid, in megapixels.
    pyramids_from_megapixels: f64,
    output: Output,
    credit: CreditSettings,
    base_url: String,
    pub(super) cached: OpenedImages,
    openings: SingleFlight<String, Arc<ImageHandle>>,
    pub(super) checks: Checks,
    pub(super) health: Arc<Health>,
    pub(super) tasks: Handle,
}

impl HandleCache {
    pub(super) fn new(
        sources: Arc<Sources>,
        pyramids: Option<Arc<Pyramids>>,
        cached: OpenedImages,
        settings: &Settings,
        tasks: Handle,
    ) -> Self {
        Self {
            sources,
            pyramids,
            pyramids_from_megapixels: settings.pyramids.from_megapixels,
            output: settings.render.output,
            credit: settings.credit.clone(),
            base_url: settings.base_url.trim_end_matches('/').to_owned(),
            cached,
            openings: SingleFlight::new(tasks.clone()),
            checks: Checks::new(&settings.masters, tasks.clone()),
            health: Arc::default(),
            tasks,
        }
    }

    /// The image in its current version, without a check of its rights.
    pub(super) async fn get(&self, identifier: &str) -> Result<Arc<ImageHandle>, Error> {
        match self.revalidated(identifier).await? {
            Some(handle) => Ok(handle),
            None => Box::pin(self.open_current(identifier)).await,
        }
    }

    async fn open_current(&self, identifier: &str) -> Result<Arc<ImageHandle>, Error> {
        let opened = self.open(identifier, Start::Recalled).await?;
        if !opened.pyramid_of.as_ref().unwrap_or(&opened).is_recalled {
            return Ok(opened);
        }
        // What the disk cache knew may be due for revalidation.
        match self.if_current(identifier, opened).await? {
            Some(current) => Ok(current),
            None => self.open(identifier, Start::Read).await,
        }
    }

    /// The image if it is in memory, without revalidation.
    pub(super) fn in_memory(&self, identifier: &str) -> Option<Arc<ImageHandle>> {
        self.cached.get(identifier)
    }

    /// The colour space of renderings.
    pub(super) fn output(&self) -> Output {
        self.output
    }

    pub(super) fn forget(&self, identifier: &str) {
        self.cached.invalidate(identifier);
    }

    pub(super) fn forget_all(&self) {
        self.cached.invalidate_all();
    }

    /// Removes all that the disk cache has of an image, with its pyramid and its renderings.
    pub(super) async fn purge(&self, identifier: &str, disk: &DiskCache) {
        if let Ok(Location { stores, key, .. }) = self.sources.locate(identifier) {
            for store in stores {
                disk.purge(Some(store.group(&key))).await;
            }
        }
        self.forget(identifier);
    }

    /// Whether a store failed when a master was opened just now; does no I/O.
    pub(super) fn has_failing_store(&self) -> bool {
        self.health.is_failing() || self.sources.has_problem()
    }

    async fn open(&self, identifier: &str, start: Start) -> Result<Arc<ImageHandle>, Error> {
        let Location { stores, key, page } = self.sources.locate(identifier)?;
        let (cached, output, sources) = (self.cached.clone(), self.output, self.sources.clone());
        let (pyramids, from) = (self.pyramids.clone(), self.pyramids_from_megapixels);
        let (credit, health) = (self.credit(identifier).map(Arc::new), self.health.clone());
        let owned = identifier.to_owned();
        let open = move |_| async move {
            let mut failed = Error::NotFound;
            for store in stores {
                match ImageHandle::open(store, key.clone(), page, output, start).await {
                    Ok(mut handle) => {
                        handle.color.credit = credit.clone();
                        handle.identifier = owned.clone();
                        handle.names = sources.names_of(&handle.store, &handle.key).await?;
                        let small = (handle.master.dimensions.area() as f64) < from * 1e6;
                        handle.needs_pyramid = !small && handle.slow_because().is_some();
                        let handle = with_pyramid(Arc::new(handle), pyramids.as_deref()).await;
                        cached.insert(owned, handle.clone());
                        health.succeeded();
                        return Ok(handle);
                    }
                    Err(Error::NotFound) => {}
                    Err(error) => failed = error,
                }
            }
            if matches!(failed, Error::Store(_)) {
                health.failed();
            }
            Err(failed)
        };
        self.openings.join(identifier.to_owned(), open).await
    }

    /// The metadata that is written into renderings of this image, if any is configured.
    fn credit(&self, identifier: &str) -> Option<Credit> {
        let nonempty = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let encoded = percent_encoding::utf8_percent_encode(identifier, percent_encoding::NON_ALPHANUMERIC);
        let credit = Credit {
            credit_line: nonempty(&self.credit.line),
            rights: nonempty(&self.credit.rights),
            source: nonempty(&self.base_url).map(|base| format!("{base}/iiif/3/{encoded}")),
            ..Credit::default()
        };
        (credit != Credit::default()).then_some(credit)
    }

    pub(super) fn observe(&self) {
        metrics::gauge!("tegl_cache_bytes", "cache" => "indexes").set(self.cached.weighted_size() as f64);
        metrics::gauge!("tegl_cache_entries", "cache" => "indexes").set(self.cached.entry_count() as f64);
    }
}

/// The master's pyramid if it needs one that has been built, otherwise the master.
async fn with_pyramid(master: Arc<ImageHandle>, pyramids: Option<&Pyramids>) -> Arc<ImageHandle> {
    let Some(pyramids) = pyramids.filter(|_| master.needs_pyramid) else { return master };
    match pyramids.find(&master).await {
        Ok(Some(mut pyramid)) => {
            pyramid.color.credit = master.color.credit.clone();
            pyramid.names = master.names.clone();
            pyramid.freshness = master.freshness.of_pyramid();
            pyramid.pyramid_of = Some(master);
            Arc::new(pyramid)
        }
        Ok(None) => master,
        Err(error) => {
            tracing::warn!(master = master.key.as_str(), %error, "its pyramid cannot be opened");
            master
        }
    }
}
