//! A work's canvases, which annotations are on.

use actix_web::HttpRequest;

use crate::catalogue::AnnotationState;
use crate::gallery::{Described, Error};
use crate::iiif::Dimensions;
use crate::presentation::{Address, CanvasImage, CanvasMedia, Published, Source, View, canvas_of};
use crate::web::App;
use crate::web::iiif::presentation::{played, shown, view};
use crate::web::route::Image;

/// A work with the images, sound and video that may be shown.
pub(super) struct Place {
    pub described: Described,
    pub address: Address,
    images: Vec<CanvasImage>,
    media: Vec<CanvasMedia>,
    source: Option<Source>,
}

/// A canvas of a work.
pub(super) struct PlacedCanvas {
    pub number: usize,
    pub uri: String,
    pub dimensions: Dimensions,
    /// The file of its first image.
    pub image: Option<String>,
}

impl Place {
    /// # Errors
    /// Fails if there is no such work, if it was withdrawn, or if its images cannot be reached. Images without a record
    /// have no annotations.
    pub(super) async fn of(app: &App, request: &HttpRequest, work: &Image<'_>) -> Result<Self, Error> {
        if !app.gallery.works.has_catalogue() {
            return Err(Error::NotFound);
        }
        let described = app.gallery.works.describe_unannotated(&work.identifier).await?;
        if described.revision == 0 {
            return Err(Error::NotFound);
        }
        let address = Address::new(&app.base.of(request)?);
        let (images, media) = (shown(&address, &described), played(&described));
        let source = app.gallery.works.source_manifest(&described).await?;
        Ok(Self { described, address, images, media, source })
    }

    pub(super) fn number(&self) -> &str {
        &self.described.work.object_number
    }

    pub(super) fn view<'a>(&'a self, app: &'a App) -> View<'a> {
        view(app, &self.address, &self.described, (&self.images, &self.media), None, self.source.as_ref())
    }

    /// # Errors
    /// Fails if the work has no such canvas.
    pub(super) fn canvas(&self, app: &App, number: usize) -> Result<PlacedCanvas, Error> {
        let view = self.view(app);
        let canvases = view.canvases();
        let canvas = canvases.iter().find(|canvas| canvas.number == number).ok_or(Error::NotFound)?;
        Ok(PlacedCanvas {
            number,
            uri: view.canvas_id(number),
            dimensions: canvas.dimensions,
            image: canvas.images.first().map(|image| image.file.clone()),
        })
    }

    /// The canvas that an annotation is on.
    ///
    /// # Errors
    /// Fails if the image of the annotation is not shown any more.
    pub(super) fn canvas_of(&self, app: &App, state: &AnnotationState) -> Result<PlacedCanvas, Error> {
        let canvases = self.view(app).canvases();
        let number = canvas_of(&canvases, state.image.as_deref(), state.canvas).ok_or(Error::NotFound)?;
        self.canvas(app, number)
    }

    /// The URI of an annotation.
    pub(super) fn annotation(&self, id: &str) -> String {
        self.address.annotation(self.number(), id)
    }

    /// A stored annotation as a document; `None` if its body cannot be read.
    pub(super) fn published<T>(
        &self,
        state: &AnnotationState,
        body: &str,
        canvas: &str,
        written: impl FnOnce(Published<'_>) -> T,
    ) -> Option<T> {
        let properties = serde_json::from_str(body).ok()?;
        Some(written(Published {
            id: &self.annotation(&state.id),
            canvas,
            creator: &state.creator,
            created_ms: state.created_ms,
            changed_ms: state.changed_ms,
            properties,
        }))
    }
}
