//! A detail of an image, as analyzers read it.

use std::sync::Arc;

use super::ImageService;
use super::rendition::RENDITION_SIDE;
use crate::gallery::Error;
use crate::iiif::Region;
use crate::pixels::Raster;

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
        let raster = self.rendition(identifier, region, RENDITION_SIDE.min(longest).max(1)).await?;
        let analyzed = self.tasks.spawn_blocking(move || analyze(&raster));
        analyzed.await.map_err(|error| Error::Fault(error.to_string()))
    }
}
