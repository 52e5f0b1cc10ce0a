//! Sizes of pictures, so that pages reserve their places.

use crate::iiif::Dimensions;
use crate::record::Work;

/// The size of a work's image according to its record, in pixels.
pub(super) fn recorded_size(work: &Work) -> Option<Dimensions> {
    let side = |name: &str| u32::try_from(work.more.get(name)?.as_u64()?).ok();
    Some(Dimensions::new(side("image_width")?, side("image_height")?))
}

/// The width divided by the height.
pub(super) fn ratio(size: Option<Dimensions>) -> Option<f64> {
    size.filter(|size| size.width > 0 && size.height > 0)
        .map(|size| f64::from(size.width) / f64::from(size.height))
}
