//! Small renditions of images and their details, which analyzers read.

use std::sync::Arc;

use bytes::Bytes;

use super::ImageService;
use super::planned::Body;
use crate::gallery::Error;
use crate::iiif::{Form, Format, ImageRequest, Quality, Region, Rotation, Size, Version};
use crate::pixels::decode::png_rows;
use crate::pixels::{Alpha, Channels, Model, Raster, Raw, Samples, read_rows};

/// The longer side, in pixels, of the renditions that analyzers read.
pub(in crate::gallery) const RENDITION_SIDE: u32 = 512;

impl ImageService {
    /// A region of an image within a square of this side, at most [`RENDITION_SIDE`], as PNG: what the server delivers.
    ///
    /// # Errors
    /// If the image cannot be opened or rendered, its rights forbid it, or the region lies outside it.
    pub(in crate::gallery) async fn rendition(
        self: &Arc<Self>,
        identifier: &str,
        region: Region,
        side: u32,
    ) -> Result<Bytes, Error> {
        let request = ImageRequest {
            version: Version::V3,
            region,
            size: Size { form: Form::Within(side, side), upscale: false },
            rotation: Rotation::NONE,
            quality: Quality::Default,
            format: Format::Png,
        };
        match self.plan(identifier, &request).await?.deliver().await?.body {
            Body::Whole { bytes, .. } => Ok(bytes),
            _ => Err(Error::Fault("a small rendition is not sent in parts".into())),
        }
    }
}

/// The pixels of a rendition. Takes some milliseconds of a processor.
///
/// # Errors
/// If it is no rendition.
pub(in crate::gallery) fn raster_of(png: Bytes) -> Result<Raster, Error> {
    const LIMIT: u64 = (RENDITION_SIDE as u64) * (RENDITION_SIDE as u64);
    let Raw { dimensions, model, alpha, samples } = read_rows(png_rows(Arc::new(png), LIMIT)?, LIMIT)?;
    let channels = match (model, alpha) {
        (Model::Gray, Alpha::None) => Channels::Gray,
        (Model::Rgb, Alpha::None) => Channels::Rgb,
        (Model::Rgb, _) => Channels::Rgba,
        _ => return Err(Error::Fault("renditions have no other samples".into())),
    };
    let Samples::U8(samples) = samples else {
        return Err(Error::Fault("renditions have 8 bits per sample".into()));
    };
    Ok(Raster { dimensions, channels, samples })
}
