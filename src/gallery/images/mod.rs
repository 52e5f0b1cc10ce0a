//! Images: opened, authorized, planned, rendered and delivered.

mod admission;
mod authorize;
mod budget;
mod checks;
mod cost_limits;
mod decoded_tiles;
mod detail;
mod etag;
mod freshness;
mod handle;
mod handle_cache;
mod health;
mod index_reader;
mod jpeg2000;
mod kept_answers;
mod mips;
mod opened_images;
mod original;
mod planned;
mod priority;
mod pyramids;
mod read_tiles;
mod recent_keys;
mod renderer;
mod rendition;
mod revalidate;
mod scheduler;
mod streamed;
mod tiles_ahead;
mod trim;
mod unsent;
mod untiled;
mod visitors_picture;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;

pub(crate) use admission::Client;
pub(crate) use authorize::AuthorizedImage;
pub(crate) use handle::ImageHandle;
pub(crate) use index_reader::Start;
pub(crate) use original::Original;
pub(crate) use planned::{Body, Delivered, PlannedImage, Resolution};
pub(crate) use pyramids::PyramidStore;
pub(crate) use renderer::Origin;
pub(super) use rendition::RENDITION_SIDE;
pub(crate) use unsent::Unsent;

use super::Error;
use super::catalogue_client::CatalogueClient;
use super::rights::Rights;
use super::settings::Settings;
use super::sources::Sources;
use crate::iiif::{Dimensions, Limits};
use crate::pixels::color::Output;
use crate::store::{self, DiskCache};
use handle_cache::HandleCache;
use opened_images::opened_images;
use original::Digests;
use pyramids::{Progress, Pyramids};
use renderer::Renderer;
use scheduler::RenderScheduler;
pub(super) use scheduler::threads as render_threads;

/// Opens, plans and delivers images.
pub(crate) struct ImageService {
    sources: Arc<Sources>,
    handles: HandleCache,
    pyramids: Option<Arc<Pyramids>>,
    renderer: Arc<Renderer>,
    /// The limits of a single response, for all images.
    limits: Limits,
    rights: Rights,
    /// Maps images to works; set once, before anything is served.
    catalogue: OnceLock<Arc<CatalogueClient>>,
    digests: Digests,
    tasks: Handle,
}

impl ImageService {
    /// Serves the masters of `sources`; pyramids of masters without tiles are kept in `store`, renderings in `disk`, if
    /// given.
    ///
    /// # Errors
    /// Returns an error if threads cannot be started.
    pub(crate) fn new(
        sources: Arc<Sources>,
        store: Option<PyramidStore>,
        disk: Option<Arc<DiskCache>>,
        settings: &Settings,
        tasks: Handle,
    ) -> std::io::Result<Self> {
        let (masters, opened) = (&settings.masters, opened_images(settings));
        let pyramids = store.map(|store| {
            let (output, threads) = (settings.render.output, scheduler::threads(&settings.work));
            Arc::new(Pyramids::new(
                store,
                &settings.pyramids,
                output,
                threads,
                (tasks.clone(), opened.clone()),
            ))
        });
        let scheduler = RenderScheduler::new(&settings.work)?;
        Ok(Self {
            handles: HandleCache::new(sources.clone(), pyramids.clone(), opened, settings, tasks.clone()),
            sources,
            pyramids,
            renderer: Arc::new(Renderer::new(settings, scheduler, disk, tasks.clone())),
            limits: Limits {
                max_width: masters.max_side,
                max_height: masters.max_side,
                max_area: masters.max_area,
                ..Limits::NONE
            },
            rights: settings.rights.clone(),
            catalogue: OnceLock::new(),
            digests: Digests::default(),
            tasks,
        })
    }

    /// Uses the grants of this catalogue's works.
    pub(super) fn set_catalogue(&self, catalogue: Arc<CatalogueClient>) {
        let _already_set = self.catalogue.set(catalogue);
    }

    /// Opens the image with this identifier in its current version, with its grant.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if there is no such image, [`Error::Forbidden`] if its rights or the store deny
    /// access, and other errors if the store or the catalogue fails, or the master is damaged or unsupported.
    pub(crate) async fn open(&self, identifier: &str) -> Result<AuthorizedImage, Error> {
        self.authorize(self.handles.get(identifier).await?).await
    }

    /// Opens images within `patience` for all of them; `None` for each that takes longer.
    pub(crate) async fn open_within(
        &self,
        patience: Duration,
        identifiers: &[&str],
    ) -> Vec<Option<Result<AuthorizedImage, Error>>> {
        let each = identifiers.iter().map(|identifier| async move {
            tokio::time::timeout(patience, self.open_cached(identifier)).await.ok()
        });
        futures::future::join_all(each).await
    }

    /// Opens an image; one that is in memory is not revalidated.
    async fn open_cached(&self, identifier: &str) -> Result<AuthorizedImage, Error> {
        match self.handles.in_memory(identifier) {
            Some(handle) => self.authorize(handle).await,
            None => self.open(identifier).await,
        }
    }

    /// Opens the image without checking its rights, for jobs and for lookups that do not return its content.
    pub(super) async fn handle(&self, identifier: &str) -> Result<Arc<ImageHandle>, Error> {
        self.handles.get(identifier).await
    }

    /// The size of an image if its master is in memory; nothing is read.
    pub(crate) fn known_size(&self, identifier: &str) -> Option<Dimensions> {
        self.handles.in_memory(identifier).map(|handle| handle.all().dimensions())
    }

    /// The limits of a single response, for all images.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// The colour space of renderings.
    pub(super) fn output(&self) -> Output {
        self.handles.output()
    }

    /// The configured rules from records' rights to grants.
    pub(crate) fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Drops the image from memory, so that the next request opens it again.
    pub(crate) fn forget(&self, identifier: &str) {
        self.handles.forget(identifier);
    }

    /// The folder of the disk cache, if there is one.
    pub(crate) fn disk_cache(&self) -> Option<String> {
        self.renderer.disk().map(|disk| disk.folder().display().to_string())
    }

    /// Removes an image, with its renderings, from all caches.
    pub(crate) async fn purge(&self, identifier: &str) {
        match self.renderer.disk() {
            Some(disk) => self.handles.purge(identifier, disk).await,
            None => self.forget(identifier),
        }
    }

    /// Empties all caches.
    pub(crate) async fn purge_all(&self) {
        if let Some(disk) = self.renderer.disk() {
            disk.purge(None).await;
        }
        self.handles.forget_all();
        self.renderer.forget();
    }

    /// Whether a store failed when a master was opened just now; does no I/O.
    pub(crate) fn has_failing_store(&self) -> bool {
        self.handles.has_failing_store()
    }

    /// The location of the pyramid store, if there is one.
    pub(crate) fn pyramids_location(&self) -> Option<String> {
        self.pyramids.as_ref().map(|pyramids| pyramids.location())
    }

    /// The problem of the pyramid store, if it has one.
    pub(crate) async fn pyramids_problem(&self) -> Option<store::Diagnosis> {
        self.pyramids.as_ref()?.problem().await
    }

    /// Finds out whether servers that share the pyramid store agree on who builds a pyramid; logs it if they cannot.
    pub(crate) async fn probe_pyramid_turns(&self) {
        if let Some(pyramids) = &self.pyramids {
            pyramids.servers_take_turns().await;
        }
    }

    /// Builds the image's pyramid, if there is a store for it. Returns whether it was built here, and not by another server
    /// meanwhile.
    pub(super) async fn build_pyramid(
        &self,
        handle: Arc<ImageHandle>,
        progress: Progress,
    ) -> Result<bool, Error> {
        match &self.pyramids {
            Some(pyramids) => pyramids.build(handle, progress).await,
            None => Ok(false),
        }
    }

    /// Opens the image with its pyramid. A missing one is built first if pyramids are built on demand.
    pub(super) async fn open_with_pyramid(&self, identifier: &str) -> Result<AuthorizedImage, Error> {
        let image = self.open(identifier).await?;
        match self.pyramids.as_ref().filter(|pyramids| pyramids.on_demand()) {
            Some(pyramids) if image.needs_pyramid => {
                // If no pyramid can be built, the master itself may be served.
                let _built = pyramids.build(image.handle.clone(), Arc::new(|_| {})).await;
                self.open(identifier).await
            }
            _ => Ok(image),
        }
    }

    /// Reserves memory for a finished response while it is sent.
    pub(crate) async fn unsent(&self, bytes: &Bytes) -> Result<Unsent, Error> {
        self.renderer.unsent(bytes).await
    }

    /// Updates the gauges.
    pub(crate) fn observe(&self) {
        self.renderer.observe();
        self.handles.observe();
    }
}
