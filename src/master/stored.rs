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

/// Cuts a tile's padding off, so that it is of `size`: rows by its header, columns without loss.
pub fn cut(jpeg: Vec<u8>, level: &Level, tile: TileIndex, size: Dimensions) -> Result<Vec<u8>, Error> {
    let stored = level.grid.tile;
    debug_assert!(size.width <= level.grid.rect(tile).width && size.height <= level.grid.rect(tile).height);
    if size.width == stored.width {
        return jpeg::with_height(jpeg, size.height)
            .ok_or_else(|| Error::damaged("JPEG tile", "it has no frame of the level's size"));
    }
    jpeg::crop(&jpeg, size) // Markers are copied, the profile among them.
}
