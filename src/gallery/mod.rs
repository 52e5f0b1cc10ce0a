//! Services without HTTP: images, works, search and jobs. The server, the commands and tests use them.

mod backoff;
mod catalogue_client;
mod error;
mod identifier;
mod images;
mod jobs;
mod learned;
mod likeness;
pub(crate) mod rights;
mod search;
pub(crate) mod settings;
mod single_flight;
mod sources;
mod tagging;
mod webhooks;
mod works;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};

pub(crate) use error::{Error, error_chain};
pub use identifier::Identifier;
pub(crate) use images::{
    AuthorizedImage, Body, Client, Delivered, ImageService, Origin, Original, PlannedImage, PyramidStore,
    Resolution, Unsent,
};
pub(crate) use jobs::{
    Check, Cost, Earlier, Import, Imported, Ingested, JobService, Layout, LeftOut, Masters, MediaProblem,
    Outcome, Pattern, Pruned, Reading, Redirects, Register, Report, Shard, TagKind, TagReport, TagRun,
    TagSummary, TaggedWork, Watch,
};
pub(crate) use learned::{
    ClusterChange, ClusterReport, ClusterState, ClustersReport, TrainReport, TrainRun, TrainingReport,
    no_cluster,
};
pub(crate) use likeness::{
    By, Found as FoundSimilar, LikenessService, Reason, Settings as LikenessSettings, SimilarWork, Wanted,
};
pub(crate) use rights::Grant;
pub(crate) use search::{Dump, Hits, SearchService, folder_of as index_folder_of};
pub(crate) use settings::Settings;
pub(crate) use sources::{Source, Sources};
pub(crate) use tagging::Tagging;
pub(crate) use webhooks::{Webhook, WebhookReport, WebhookService};
pub(crate) use works::{
    Described, MeasuresLine, OpenedImage, OpenedMedia, Preview, RefusedLine, SOON, Sketch, TagBatch, TagLine,
    TagsAdded, WorkService,
};

use crate::catalogue::{self, Catalogue};
use crate::inference::{self, Declaration};
use crate::store::DiskCache;
use catalogue_client::CatalogueClient;

/// All services, each with its own state.
pub(crate) struct Gallery {
    pub sources: Arc<Sources>,
    pub images: Arc<ImageService>,
    pub works: WorkService,
    pub jobs: JobService,
    search: Option<Arc<SearchService>>,
    likeness: Option<Arc<LikenessService>>,
    webhooks: Option<Arc<WebhookService>>,
    tasks: Handle,
    /// Owns the threads; dropped last.
    _runtime: Background,
}

/// Failures of the catalogue and of the search, worded for clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failures {
    /// The catalogue does not respond.
    pub catalogue: Option<String>,
    /// There is no search index, and none can be built.
    pub search: Option<String>,
    /// The search index is out of date, and cannot be updated.
    pub stale: Option<String>,
}

/// A runtime that can be dropped from within another one.
struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Gallery {
    /// Creates services for `sources`; pyramids of masters without tiles are kept in `store`, renderings in `disk`, if
    /// given.
    ///
    /// # Errors
    /// Returns an error if threads cannot be started.
    pub(crate) fn new(
        sources: Vec<Source>,
        store: Option<PyramidStore>,
        disk: Option<Arc<DiskCache>>,
        settings: &Settings,
    ) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(images::render_threads(&settings.work).min(4))
            .max_blocking_threads(16)
            .thread_name("gallery")
            .enable_all()
            .build()?;
        let tasks = runtime.handle().clone();
        let sources = Arc::new(Sources::new(sources));
        let images = Arc::new(ImageService::new(sources.clone(), store, disk, settings, tasks.clone())?);
        Ok(Self {
            works: WorkService::new(images.clone(), None),
            jobs: JobService::new(sources.clone(), images.clone(), None, tasks.clone()),
            search: None,
            likeness: None,
            webhooks: None,
            sources,
            images,
            tasks,
            _runtime: Background(Some(runtime)),
        })
    }

    /// Adds the works of a catalogue, and follows its changes.
    ///
    /// # Errors
    /// Returns an error if the catalogue cannot be opened.
    pub(crate) fn with_catalogue(mut self, settings: &catalogue::Settings) -> Result<Self, Error> {
        let catalogue = self.tasks.block_on(Catalogue::open(settings)).map_err(|error| match error {
            // The error concerns the location, not a record.
            catalogue::Error::Invalid(reason) => Error::Unwritable(reason),
            other => other.into(),
        })?;
        let rights = self.images.rights().clone();
        let client = Arc::new(CatalogueClient::new(catalogue, self.tasks.clone(), rights, settings));
        self.tasks.block_on(client.follow())?;
        self.tasks.spawn(catalogue_client::follow(Arc::downgrade(&client)));
        self.images.set_catalogue(client.clone());
        self.works = WorkService::new(self.images.clone(), Some(client.clone()));
        self.jobs =
            JobService::new(self.sources.clone(), self.images.clone(), Some(client), self.tasks.clone());
        Ok(self)
    }

    /// Maintains a search index of the catalogue's works in `folder`.
    pub(crate) fn with_index(mut self, folder: PathBuf, settings: &crate::search::Settings) -> Self {
        if let Some(catalogue) = self.catalogue() {
            let (catalogue, sources) = (catalogue.clone(), self.sources.clone());
            let output = self.images.output();
            let search =
                SearchService::start(folder, settings, catalogue, (sources, output), self.tasks.clone());
            self.search = Some(search);
        }
        self
    }

    /// Holds the vectors of the catalogue's works in memory, for similar works.
    /// `models` are those of the settings.
    pub(crate) fn with_likeness(
        mut self,
        settings: &LikenessSettings,
        models: (&BTreeMap<String, Declaration>, &inference::Settings),
    ) -> Self {
        if let Some(catalogue) = self.catalogue() {
            let (catalogue, rights) = (catalogue.clone(), self.images.rights().clone());
            let tasks = self.tasks.clone();
            self.likeness = Some(LikenessService::start(settings.clone(), models, catalogue, rights, tasks));
        }
        self
    }

    /// Tells these webhooks of changes. `base_url` is the public address of the server, if it has one.
    ///
    /// # Errors
    /// Why a webhook cannot be used.
    pub(crate) fn with_webhooks(
        mut self,
        webhooks: &BTreeMap<String, Webhook>,
        base_url: &str,
    ) -> Result<Self, String> {
        if let Some(catalogue) = self.catalogue().filter(|_| !webhooks.is_empty()) {
            let (catalogue, base_url) = (catalogue.clone(), base_url.trim_end_matches('/'));
            self.webhooks = Some(WebhookService::start(webhooks, base_url, catalogue, &self.tasks)?);
        }
        Ok(self)
    }

    /// The webhooks.
    ///
    /// # Errors
    /// Returns [`Error::Closed`] if there are none.
    pub(crate) fn webhooks(&self) -> Result<&Arc<WebhookService>, Error> {
        self.webhooks.as_ref().ok_or_else(|| {
            Error::Closed(
                "there are no webhooks: they need a catalogue and settings, as in `[webhooks.registrar]`"
                    .into(),
            )
        })
    }

    /// The catalogue, if there is one.
    fn catalogue(&self) -> Option<&Arc<CatalogueClient>> {
        self.works.catalogue()
    }

    /// Returns the search service.
    ///
    /// # Errors
    /// Returns [`Error::Closed`] if there is none, because it needs a catalogue and a folder.
    pub(crate) fn search(&self) -> Result<&Arc<SearchService>, Error> {
        self.search.as_ref().ok_or_else(|| {
            Error::Closed(
                "search is not available here: it needs a catalogue and a folder for its index".into(),
            )
        })
    }

    /// The similar works.
    ///
    /// # Errors
    /// If there are none: they need a catalogue.
    pub(crate) fn likeness(&self) -> Result<&Arc<LikenessService>, Error> {
        self.likeness.as_ref().ok_or_else(|| {
            Error::Closed("similar works are not available here: they need a catalogue".into())
        })
    }

    /// Empties all caches.
    pub(crate) async fn purge_all(&self) {
        self.images.purge_all().await;
        if let Some(search) = &self.search {
            search.forget();
        }
    }

    /// The current failures apart from those of sources; does no I/O.
    pub(crate) fn failures(&self) -> Failures {
        let catalogue = self.catalogue().filter(|catalogue| catalogue.is_silent()).map(|_| {
            "the catalogue does not respond: images with known rights are served, works and tags are not"
                .to_owned()
        });
        let index = self.search.as_ref().and_then(|search| Some((search.is_there(), search.failure()?)));
        Failures {
            catalogue,
            search: index
                .clone()
                .filter(|(is_there, _)| !is_there)
                .map(|(_, cause)| format!("there is no search: {cause}")),
            stale: index
                .filter(|(is_there, _)| *is_there)
                .map(|(_, cause)| format!("the search does not follow changes: {cause}")),
        }
    }
}
