//! A detail of an image, as analyzers read it.

use std::sync::Arc;

use super::ImageService;
use super::planned::Body;
use crate::gallery::Error;
use crate::iiif::{Form, Format, ImageRequest, Quality, Region, Rotation, Size, Version};
use crate::pixels::decode::png_rows;
use crate::pixels::{Alpha, Channels, Model, Raster, Raw, Samples, read_rows};

/// The longer side in pixels.
const SIDE: u32 = 512;

impl ImageService {
    /// Analyzes a region of an image, rendered as the server delivers it: within the rights of its works, and without
    /// loss.
    ///
    /// # Errors
    /// If the image cannot be opened or rendered, its rights forbid it, or the region lies outside it.
    pub(crate) async fn detail<T: Send + 'static>(
        self: &Arc<Self>,
        identifier: &str,
        region: Region,
        analyze: impl FnOnce(&Raster) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let image = self.open(identifier).await?;
        // No finer than the rights allow, and no larger than the region.
        let finest = region.within(image.all().dimensions())?;
        let scale = f64::from(image.finest().width) / f64::from(image.all().dimensions().width.max(1));
        let longest = (f64::from(finest.width.max(finest.height)) * scale).floor() as u32;
        let side = SIDE.min(longest).max(1);
        let request = ImageRequest {
            version: Version::V3,
            region,
            size: Size { form: Form::Within(side, side), upscale: false },
            rotation: Rotation::NONE,
            quality: Quality::Default,
            format: Format::Png,
        };
        let delivered = self.plan(identifier, &request).await?.deliver().await?;
        let Body::Whole { bytes, .. } = delivered.body else {
            return Err(Error::Fault("a small rendition is not sent in parts".into()));
        };
        let analyzed = self.tasks.spawn_blocking(move || decoded(bytes).map(|raster| analyze(&raster)));
        analyzed.await.map_err(|error| Error::Fault(error.to_string()))?
    }
}

fn decoded(png: bytes::Bytes) -> Result<Raster, Error> {
    const LIMIT: u64 = (SIDE as u64) * (SIDE as u64);
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
