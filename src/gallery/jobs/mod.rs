//! Long work over whole collections: imports, pyramids, exports, checks.

mod check;
mod embedded;
mod export;
mod import;
mod ingest;
mod tag;
mod train;

pub(crate) use check::{Check, Cost};
pub(crate) use export::Layout;
pub(crate) use import::{
    Earlier, Import, Imported, LeftOut, Masters, MediaProblem, Pattern, Pruned, Reading, Redirects, Register,
    Watch,
};
pub(crate) use ingest::{Ingested, Outcome, Report, Shard};
pub(crate) use tag::{Kind as TagKind, TagReport, TagRun, TagSummary, TaggedWork};

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::catalogue_client::CatalogueClient;
use super::images::ImageService;
use super::sources::Sources;

/// Runs jobs over all sources.
pub(crate) struct JobService {
    sources: Arc<Sources>,
    images: Arc<ImageService>,
    catalogue: Option<Arc<CatalogueClient>>,
    tasks: Handle,
    /// As many analyses run at the same time as there are processors.
    analyses: Semaphore,
}

impl JobService {
    pub(crate) fn new(
        sources: Arc<Sources>,
        images: Arc<ImageService>,
        catalogue: Option<Arc<CatalogueClient>>,
        tasks: Handle,
    ) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self { sources, images, catalogue, tasks, analyses: Semaphore::new(processors) }
    }
}
