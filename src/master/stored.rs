//! A stored JPEG tile made into an answer of its own, without decoding.

use super::level::{Level, Photometric, TileIndex};
use crate::iiif::Dimensions;
use crate::pixels::{Error, jpeg};

/// What has to stand before each stored tile of this level, instead of its start marker.
pub fn head(level: &Level, icc: Option<&[u8]>) -> Vec<u8> {
    let color = match level.photometric {
        Photometric::Rgb => jpeg::Color::Rgb,
        _ => jpeg::Color::Jfif,
    };
    jpeg::head(color, icc, level.tables.as_deref())
}

/// Bytes at a tile's beginning that the head replaces: its start marker.
pub const MARKER: u64 = 2;

/// Whether what follows the head looks like the rest of a JPEG.
pub fn is_sound(tile: &[u8], head: usize) -> bool {
    tile.get(head) == Some(&0xff) && tile.len() > head + 4
}

/// Cuts a tile's padding off without loss, so that it is of `size`.
///
/// Stating another height would be cheaper, but leaves data behind the last row, which decoders
/// rightly call corrupt.
pub fn cut(jpeg: Vec<u8>, level: &Level, tile: TileIndex, size: Dimensions) -> Result<Vec<u8>, Error> {
    debug_assert!(size.width <= level.grid.rect(tile).width && size.height <= level.grid.rect(tile).height);
    jpeg::crop(&jpeg, size, level.grid.tile.area() * 4) // Markers are copied, the profile among them.
}
