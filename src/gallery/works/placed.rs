//! Whether a tag is about an image of its work, and within it.

use super::WorkService;
use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::record::{Region, Work};

/// Maximum side of an image in pixels, for validating regions if the size of the image is unknown.
const MAX_SIDE: u32 = 10_000_000;

impl WorkService {
    /// Rejects an image that the work does not have, and a region outside its image.
    ///
    /// # Errors
    /// [`Error::Unprocessable`] names the field and what works; also fails if the store does not respond.
    pub(crate) async fn placed(
        &self,
        work: &Work,
        image: Option<&str>,
        region: Option<Region>,
    ) -> Result<(), Error> {
        let images = &work.images;
        if let Some(image) = image
            && !images.iter().any(|known| known.file == image)
        {
            let files: Vec<String> =
                images.iter().take(10).map(|image| format!("`{}`", image.file)).collect();
            let reason = match files.is_empty() {
                true => "is not an image of this work, which has none: omit it".to_owned(),
                false => format!("is not an image of this work; its images are {}", files.join(", ")),
            };
            return Err(Error::Unprocessable(Invalid::new("image", image, reason)));
        }
        let Some(region) = region else { return Ok(()) };
        let first =
            || images.iter().find(|image| image.matched).or(images.first()).map(|image| image.file.as_str());
        let refuse =
            |reason: String| Err(Error::Unprocessable(Invalid::new("region", &region.to_string(), reason)));
        let Some(file) = image.or_else(first) else {
            return refuse("is part of no image, as this work has none: leave it out".into());
        };
        let (width, height) = match self.images.open(file).await {
            Ok(granted) => (granted.all().width, granted.all().height),
            Err(error @ (Error::Store(_) | Error::Catalogue(_) | Error::Busy { .. })) => return Err(error),
            Err(_) => (MAX_SIDE, MAX_SIDE),
        };
        let right = u64::from(region.x) + u64::from(region.width);
        let bottom = u64::from(region.y) + u64::from(region.height);
        if right > u64::from(width) || bottom > u64::from(height) {
            return refuse(format!("is not within its image `{file}`, which has {width} × {height} pixels"));
        }
        Ok(())
    }
}
