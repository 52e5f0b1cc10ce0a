//! Plans image requests before any pixel is read, and delivers planned images.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::ImageService;
use super::admission::Client;
use super::authorize::AuthorizedImage;
use super::etag::etag;
use super::handle::ImageHandle;
use super::pyramids::Pyramids;
use super::renderer::Origin;
use super::streamed::Streamed;
use crate::gallery::Error;
use crate::gallery::rights::Grant;
use crate::iiif::{Dimensions, Form, Format, ImageRequest, Limits, Quality, Region, Rotation, Size, Version};
use crate::master::Kind;
use crate::render::Plan;
use crate::store;

/// A request for an image, resolved against its master and its rights.
#[derive(Clone)]
pub(crate) struct PlannedImage {
    service: Arc<ImageService>,
    image: AuthorizedImage,
    resolution: Arc<Resolution>,
    /// The client that a rendering counts against.
    client: Option<Client>,
}

/// What a request was resolved to, without its image: valid while the image has the same version and rights.
#[derive(Clone)]
pub(crate) struct Resolution {
    /// The number of the image's handle.
    number: u64,
    grant: Grant,
    request: ImageRequest,
    purpose: Purpose,
    plan: Plan,
    /// The canonical form of the request in version 3.
    canonical: String,
}

/// The limits that apply to a plan.
#[derive(Clone, Copy)]
enum Purpose {
    /// The limits of a single response and of the rights.
    Response,
    /// The limits of the rights only.
    Rendition,
}

/// The body of an image response.
pub(crate) enum Body {
    Whole {
        bytes: Bytes,
        origin: Origin,
    },
    /// Sent while it is rendered.
    Streamed(Streamed),
}

/// A delivered image.
pub(crate) struct Delivered {
    /// The plan of the body.
    pub planned: PlannedImage,
    pub body: Body,
    /// Whether the master was replaced meanwhile, so that `planned` differs from the requested plan.
    pub is_replanned: bool,
}

impl ImageService {
    /// Plans a request for the image with this identifier; no pixel is read.
    ///
    /// If the image needs a pyramid that is missing, this waits for it, unless the master can be served meanwhile.
    ///
    /// # Errors
    /// Returns an error if the image cannot be opened, the request does not fit it, or a rendering would cost too
    /// much.
    pub(crate) async fn plan(
        self: &Arc<Self>,
        identifier: &str,
        request: &ImageRequest,
    ) -> Result<PlannedImage, Error> {
        self.plan_for(Purpose::Response, identifier, request).await
    }

    /// The plan that a request for the image with this identifier was resolved to; `None` if the image or its rights have
    /// changed since.
    ///
    /// # Errors
    /// Returns an error if the image cannot be opened.
    #[tracing::instrument(target = "tegl::trace", level = "trace", name = "plan", skip_all)]
    pub(crate) async fn resolved(
        self: &Arc<Self>,
        identifier: &str,
        resolution: &Arc<Resolution>,
    ) -> Result<Option<PlannedImage>, Error> {
        let image = self.open(identifier).await?;
        let is_valid = (image.number, image.grant) == (resolution.number, resolution.grant);
        let (service, resolution) = (self.clone(), resolution.clone());
        Ok(is_valid.then_some(PlannedImage { service, image, resolution, client: None }))
    }

    /// Plans the whole image at the largest size that its rights allow, regardless of the limits of a single response.
    ///
    /// # Errors
    /// Returns the same errors as [`ImageService::plan`].
    pub(crate) async fn plan_rendition(
        self: &Arc<Self>,
        identifier: &str,
        format: Format,
    ) -> Result<PlannedImage, Error> {
        let request = ImageRequest {
            version: Version::V3,
            region: Region::Full,
            size: Size { form: Form::Max, upscale: false },
            rotation: Rotation::NONE,
            quality: Quality::Default,
            format,
        };
        self.plan_for(Purpose::Rendition, identifier, &request).await
    }

    #[tracing::instrument(target = "tegl::trace", level = "trace", name = "plan", skip_all)]
    async fn plan_for(
        self: &Arc<Self>,
        purpose: Purpose,
        identifier: &str,
        request: &ImageRequest,
    ) -> Result<PlannedImage, Error> {
        let image = self.open(identifier).await?;
        let planned = self.planned(image, purpose, request)?;
        match self.missing_pyramid(&planned.image.handle) {
            Some(pyramids) => Box::pin(self.plan_without_pyramid(planned, pyramids)).await,
            None => {
                self.renderer.check(&planned.image.handle, planned.plan())?;
                Ok(planned)
            }
        }
    }

    /// The plan, which may have to wait for the pyramid.
    async fn plan_without_pyramid(
        self: &Arc<Self>,
        planned: PlannedImage,
        pyramids: &Arc<Pyramids>,
    ) -> Result<PlannedImage, Error> {
        let handle = &planned.image.handle;
        if planned.plan().rendering().is_none_or(|(_, reduce)| self.renderer.decodes(handle, reduce)) {
            self.renderer.check(handle, planned.plan())?;
            if matches!(handle.master.kind, Kind::Tiled) {
                drop(self.build_in_background(pyramids, handle));
            }
            return Ok(planned);
        }
        match tokio::time::timeout(pyramids.patience(), self.build_in_background(pyramids, handle)).await {
            Ok(Ok(built)) => built?,
            Ok(Err(error)) => return Err(Error::Fault(error.to_string())),
            Err(_) => return Err(Error::Preparing { retry_after_s: 5 }),
        }
        let image = self.open(planned.image.identifier()).await?;
        let planned = self.planned(image, planned.resolution.purpose, &planned.resolution.request)?;
        self.renderer.check(&planned.image.handle, planned.plan())?;
        Ok(planned)
    }

    fn planned(
        self: &Arc<Self>,
        image: AuthorizedImage,
        purpose: Purpose,
        request: &ImageRequest,
    ) -> Result<PlannedImage, Error> {
        let limits = match purpose {
            Purpose::Response => image.limits,
            Purpose::Rendition => Limits::NONE.at_most(image.grant.largest),
        };
        let plan = Plan::new(request, &image.master, limits, image.color.is_passthrough())?;
        let canonical = plan.canonical(Version::V3, &image.master, image.limits);
        let (number, grant, request) = (image.number, image.grant, *request);
        let resolution = Arc::new(Resolution { number, grant, request, purpose, plan, canonical });
        Ok(PlannedImage { service: self.clone(), image, resolution, client: None })
    }

    /// The pyramid builder, if the master's pyramid is missing and pyramids are built on demand.
    fn missing_pyramid(&self, handle: &ImageHandle) -> Option<&Arc<Pyramids>> {
        let pyramids = self.pyramids.as_ref().filter(|pyramids| pyramids.on_demand())?;
        handle.needs_pyramid.then_some(pyramids)
    }

    fn build_in_background(
        &self,
        pyramids: &Arc<Pyramids>,
        master: &Arc<ImageHandle>,
    ) -> JoinHandle<Result<(), Error>> {
        let (pyramids, master) = (pyramids.clone(), master.clone());
        self.tasks.spawn(async move { pyramids.build_on_demand(master).await })
    }
}

impl PlannedImage {
    /// What its request was resolved to, for [`ImageService::resolved`]; `None` while the image's pyramid is missing, as it
    /// is to be asked for again.
    pub(crate) fn resolution(&self) -> Option<&Arc<Resolution>> {
        (!self.image.needs_pyramid).then_some(&self.resolution)
    }

    fn plan(&self) -> &Plan {
        &self.resolution.plan
    }

    /// A strong entity tag, without quotation marks.
    pub(crate) fn etag(&self) -> String {
        etag(&self.image, self.plan(), &self.resolution.canonical, self.service.renderer.recipe())
    }

    /// The canonical form of the request, from the region on (Image API 3.0, §4.8).
    pub(crate) fn canonical(&self, version: Version) -> Cow<'_, str> {
        match version {
            Version::V3 => Cow::Borrowed(&self.resolution.canonical),
            Version::V2 => Cow::Owned(self.plan().canonical(version, &self.image.master, self.image.limits)),
        }
    }

    pub(crate) fn format(&self) -> Format {
        self.plan().format
    }

    /// The size of the image to be delivered.
    pub(crate) fn size(&self) -> Dimensions {
        self.plan().size
    }

    /// Whether the image is too large to be rendered as a whole and is sent while it is rendered.
    pub(crate) fn is_streamed(&self) -> bool {
        self.service.renderer.is_banded(&self.image, self.plan())
    }

    /// Whether it takes time on a render thread, unless it is cached.
    pub(crate) fn is_rendered(&self) -> bool {
        self.plan().rendering().is_some()
    }

    /// The same for a client: it is refused if it would wait too long, or the client has its share of the queue already.
    /// Without a client it waits for its turn, as suits jobs.
    pub(crate) fn for_client(self, client: Option<Client>) -> Self {
        Self { client, ..self }
    }

    /// The length of a streamed image in bytes, if known in advance.
    ///
    /// # Errors
    /// Returns an error if the format cannot hold an image of this size.
    pub(crate) fn streamed_length(&self) -> Result<Option<u64>, Error> {
        self.service.renderer.banded_length(&self.image, self.plan())
    }

    /// The same, not encoded: its body is read by [`render::samples`](crate::render::samples).
    pub(super) fn raw(mut self) -> Self {
        Arc::make_mut(&mut self.resolution).plan.is_raw = true;
        self
    }

    /// Delivers the image. If its master was replaced meanwhile, the image is planned and delivered once more.
    ///
    /// A streamed image is admitted and its first band rendered before this returns, so that early failures are
    /// returned here.
    ///
    /// # Errors
    /// Returns an error if the master cannot be read or decoded, or if the server is busy.
    pub(crate) async fn deliver(self) -> Result<Delivered, Error> {
        match self.attempt().await {
            Ok(body) => Ok(Delivered { planned: self, body, is_replanned: false }),
            Err(Error::Store(store::Error::Changed) | Error::NotFound) => Box::pin(self.deliver_anew()).await,
            Err(error) => Err(error),
        }
    }

    /// Plans and delivers the image once more.
    async fn deliver_anew(self) -> Result<Delivered, Error> {
        let identifier = self.image.identifier();
        self.service.forget(identifier);
        let planned =
            self.service.plan_for(self.resolution.purpose, identifier, &self.resolution.request).await?;
        let planned = if self.plan().is_raw { planned.raw() } else { planned };
        let planned = planned.for_client(self.client);
        let body = planned.attempt().await?;
        Ok(Delivered { planned, body, is_replanned: true })
    }

    async fn attempt(&self) -> Result<Body, Error> {
        let (service, handle) = (&self.service, &self.image.handle);
        let body = match self.is_streamed() {
            true => {
                Box::pin(service.renderer.banded(handle, self.plan(), self.client)).await.map(Body::Streamed)
            }
            false => {
                let delivered = service.renderer.deliver(handle, self.plan(), self.client).await;
                delivered.map(|(bytes, origin)| Body::Whole { bytes, origin })
            }
        };
        // Building the pyramid of a master without tiles before it has been decoded would slow this response down, and
        // would cost much more than a refused request.
        if matches!(body, Ok(Body::Whole { .. }))
            && matches!(handle.master.kind, Kind::Untiled { .. })
            && let Some(pyramids) = service.missing_pyramid(handle)
        {
            drop(service.build_in_background(pyramids, handle));
        }
        // A damaged pyramid does not mean a damaged image: the next attempt gets another one.
        let is_replaceable = handle.is_discarded()
            || (matches!(body, Err(Error::Damaged(_))) && Box::pin(handle.has_damaged_index()).await);
        body.map_err(|error| match is_replaceable {
            true => Error::Store(store::Error::Changed),
            false => error,
        })
    }
}
