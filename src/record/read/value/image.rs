//! Images as their source names them.

use crate::record::Image;

/// An image with the name that its source gives it; masters are matched elsewhere.
pub(in crate::record::read) fn image(file: String) -> Image {
    Image { file, matched: true, ..Image::default() }
}
