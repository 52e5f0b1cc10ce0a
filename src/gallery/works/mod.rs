//! Works: records of the catalogue, with their images.

mod add_tags;
mod annotations;
mod clusters;
mod collections;
mod creators;
mod describe;
mod placed;
mod queries;
mod review;
mod sketch;
mod source;
mod vocabularies;
mod withdraw;

use std::sync::Arc;

use tokio::sync::Semaphore;

pub(crate) use add_tags::{MeasuresLine, RefusedLine, TagBatch, TagLine, TagsAdded};
pub(crate) use describe::{Described, OpenedImage, OpenedMedia};
pub(crate) use sketch::{Preview, SOON, Sketch};

use super::catalogue_client::CatalogueClient;
use super::images::ImageService;

/// Describes works: joins the catalogue's records with images.
pub(crate) struct WorkService {
    images: Arc<ImageService>,
    catalogue: Option<Arc<CatalogueClient>>,
    /// Responses with whole annotations that may be made now.
    annotated: Semaphore,
}

impl WorkService {
    pub(crate) fn new(images: Arc<ImageService>, catalogue: Option<Arc<CatalogueClient>>) -> Self {
        Self { images, catalogue, annotated: Semaphore::new(annotations::AT_ONCE) }
    }

    /// The catalogue, if there is one.
    pub(super) fn catalogue(&self) -> Option<&Arc<CatalogueClient>> {
        self.catalogue.as_ref()
    }
}
