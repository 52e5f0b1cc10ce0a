//! Small renditions of images and their details, which analyzers read.

use std::sync::Arc;

use super::ImageService;
use super::planned::Body;
use crate::gallery::Error;
use crate::iiif::{Form, Format, ImageRequest, Quality, Region, Rotation, Size, Version};
use crate::pixels::Raster;
use crate::render::samples;

/// The longer side, in pixels, of the renditions that analyzers read.
pub(in crate::gallery) const RENDITION_SIDE: u32 = 512;

impl ImageService {
    /// A region of an image that fits in a square of this side: planned, rendered and converted to sRGB as for a response,
    /// but not encoded.
    ///
    /// # Errors
    /// If the image cannot be opened or rendered, its rights forbid it, or the region lies outside it.
    pub(in crate::gallery) async fn rendition(
        self: &Arc<Self>,
        identifier: &str,
        region: Region,
        side: u32,
    ) -> Result<Raster, Error> {
        let request = ImageRequest {
            version: Version::V3,
            region,
            size: Size { form: Form::Within(side, side), upscale: false },
            rotation: Rotation::NONE,
            quality: Quality::Default,
            format: Format::Png,
        };
        match self.plan(identifier, &request).await?.raw().deliver().await?.body {
            Body::Whole { bytes, .. } => {
                samples(&bytes).ok_or_else(|| Error::Fault("a rendition has no samples".into()))
            }
            Body::Streamed(_) => Err(Error::Fault("a small rendition is not sent in parts".into())),
        }
    }
}
