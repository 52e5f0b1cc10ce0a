//! An image as its source names it.

use crate::record::Image;

/// An image by the name that its source gives it; its master is matched elsewhere.
pub(in crate::record::read) fn image(file: String) -> Image {
    Image { file, matched: true, ..Image::default() }
}
