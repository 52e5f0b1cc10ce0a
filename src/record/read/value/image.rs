//! An image as its source names it.

use crate::record::Image;

/// An image as its source calls it; whether there is a master of it is told elsewhere.
pub(in crate::record::read) fn image(file: String) -> Image {
    Image { file, matched: true, ..Image::default() }
}
