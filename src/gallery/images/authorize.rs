//! Checks the rights of an opened image: the grants of the works that have it.

use std::ops::Deref;
use std::sync::Arc;

use super::ImageService;
use super::handle::ImageHandle;
use super::pyramids::Pyramids;
use crate::gallery::Error;
use crate::gallery::rights::Grant;
use crate::identity::fingerprint;
use crate::iiif::{Dimensions, Form, Info, Limits, Size};
use crate::master::{Kind, SourceFormat};

/// An opened image with the limits of its rights. Code outside the gallery gets images only in this form.
#[derive(Clone)]
pub(crate) struct AuthorizedImage {
    pub(super) handle: Arc<ImageHandle>,
    pub limits: Limits,
    pub grant: Grant,
}

impl ImageService {
    /// Adds the image's grant. Fails if the grant allows nothing, or if the master cannot be served.
    pub(super) async fn authorize(&self, handle: Arc<ImageHandle>) -> Result<AuthorizedImage, Error> {
        let grant = self.grant(&handle).await?;
        if grant.largest == 0 {
            return Err(Error::Forbidden);
        }
        let can_be_built =
            |pyramids: &Pyramids| pyramids.on_demand() && handle.needs_pyramid && pyramids.accepts(&handle);
        if !self.pyramids.as_deref().is_some_and(can_be_built) {
            self.renderer.serves(&handle)?;
        }
        Ok(AuthorizedImage { handle, limits: self.limits.at_most(grant.largest), grant })
    }

    /// The strictest grant of the works with this image, or that of images without a record.
    async fn grant(&self, handle: &ImageHandle) -> Result<Grant, Error> {
        let of_works = match self.catalogue.get() {
            Some(catalogue) => catalogue.grant(&handle.names).await?,
            None => None,
        };
        Ok(of_works.unwrap_or_else(|| self.rights.without_record.into()))
    }
}

impl AuthorizedImage {
    /// The identifier with which the image was opened.
    pub(crate) fn identifier(&self) -> &str {
        &self.handle.pyramid_of.as_ref().unwrap_or(&self.handle).identifier
    }

    /// The version of the master that a store reports, for comparison; the same while pyramids come and go.
    pub(crate) fn master_version(&self) -> String {
        let master = self.handle.pyramid_of.as_ref().unwrap_or(&self.handle);
        format!("{:032x}", fingerprint(&[&master.version_bytes(), &master.page.to_le_bytes()]))
    }

    /// The `info.json` of the image: levels and tiles within its rights.
    pub(crate) fn info(&self, id: String) -> Info {
        self.handle.info(id, self.limits)
    }

    /// The `info.json` for static files; see [`ImageHandle::static_info`].
    pub(crate) fn static_info(&self, id: String) -> Info {
        self.handle.static_info(id, self.limits)
    }

    /// The media type of the master's file.
    pub(crate) fn master_type(&self) -> &'static str {
        let master = self.handle.pyramid_of.as_ref().unwrap_or(&self.handle);
        match &master.master.kind {
            Kind::Tiled => "image/tiff",
            Kind::Untiled { format, .. } => match format {
                SourceFormat::Tiff => "image/tiff",
                SourceFormat::Jpeg => "image/jpeg",
                SourceFormat::Png => "image/png",
                SourceFormat::Webp => "image/webp",
                SourceFormat::Gif => "image/gif",
                SourceFormat::Jp2 => "image/jp2",
            },
        }
    }

    /// The size of the image, or its largest halving that the rights allow.
    pub(crate) fn finest(&self) -> Dimensions {
        let full = self.handle.all().dimensions();
        let mut halvings = (0..31).map(|halved| full.reduced(1 << halved));
        halvings.find(|size| !self.limits.restrict(*size)).unwrap_or(full)
    }

    /// The largest size of the whole image that the rights allow, regardless of the limits of a single response.
    pub(crate) fn largest(&self) -> Dimensions {
        let full = self.handle.all().dimensions();
        let limits = Limits::NONE.at_most(self.grant.largest).of_region(full, full);
        Size { form: Form::Max, upscale: false }.of(full, limits).unwrap_or(full)
    }
}

impl Deref for AuthorizedImage {
    type Target = Arc<ImageHandle>;

    fn deref(&self) -> &Arc<ImageHandle> {
        &self.handle
    }
}
