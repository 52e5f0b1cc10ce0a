//! A stored JPEG tile made into an answer of its own, without decoding.
//!
//! What its components mean is decided once, by the directory (PhotometricInterpretation), as libtiff does it; the
//! head says so with one marker, and no segment of the tile's own may contradict it:
//!
//! | directory | components in the tile | taken for |
//! |---|---|---|
//! | YCbCr | three, whatever its JFIF or Adobe marker or their names say | YCbCr |
//! | RGB | three of equal size, whatever its JFIF or Adobe marker or their names say | RGB |
//! | RGB | three, the first finer than the others | YCbCr: nobody subsamples blue and green |
//! | gray, palette, a plane | one | as it is |
//! | CMYK | four, whatever its Adobe marker says | inks, 0 for none |
//! | RGB with an extra sample | four | RGB and that sample |
//!
//! JPEGs outside TIFF have no directory: there, markers and names decide (`pixels::jpeg`).

use bytes::{Bytes, BytesMut};

use super::level::{Codec, Level, Photometric, TileIndex};
use crate::iiif::Dimensions;
use crate::pixels::{Error, jpeg};

/// What has to stand before each stored tile of this level, instead of its start marker.
pub fn head(level: &Level, icc: Option<&[u8]>) -> Vec<u8> {
    let color = match (level.samples_together(), &level.photometric) {
        (1, _) | (3, Photometric::YCbCr) => jpeg::Color::Jfif,
        (3, _) => jpeg::Color::Rgb,
        _ => jpeg::Color::Bare,
    };
    jpeg::head(color, icc, level.tables.as_deref().filter(|_| level.codec == Codec::Jpeg))
}

/// Bytes at a tile's beginning that the head replaces: its start marker.
pub const SOI_BYTES: u64 = 2;

/// Whether what follows the head looks like the rest of a JPEG.
pub fn is_sound(tile: &[u8], head: usize) -> bool {
    tile.get(head) == Some(&0xff) && tile.len() > head + 4
}

/// The tile, whose first `head` bytes are its head, so that nothing in it contradicts_head the head, and it ends.
pub fn consistent(tile: Bytes, head: usize) -> Bytes {
    let (contradicts_head, ended) = (jpeg::contradicts_head(&tile, head), jpeg::has_end_marker(&tile));
    if !contradicts_head && ended {
        return tile;
    }
    let mut tile = tile.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
    jpeg::reconcile(&mut tile, head);
    if !ended {
        tile.extend_from_slice(&jpeg::END_OF_IMAGE);
    }
    tile.freeze()
}

/// A stored tile of this level as a JPEG of its own.
pub fn standalone(level: &Level, tile: &[u8]) -> Bytes {
    let head = head(level, None);
    let whole = [&head[..], tile.get(SOI_BYTES as usize..).unwrap_or_default()].concat();
    consistent(whole.into(), head.len())
}

/// A tile of `rows` rows of the old kind as a JPEG of its own: coded samples whose headers or tables lie elsewhere, or a
/// stream, whose markers say what it means if it has any.
pub fn old_jpeg(level: &Level, tile: &[u8], rows: u32) -> Vec<u8> {
    match &level.tables {
        Some(headers) if headers.starts_with(&[0xff, 0xd8]) => {
            [&headers[..], tile, &jpeg::END_OF_IMAGE].concat()
        }
        Some(tables) => {
            let height = if level.in_strips { rows } else { level.grid.tile.height };
            let size = Dimensions::new(level.grid.tile.width, height);
            let sampling = level.ycbcr.map_or((1, 1), |ycbcr| (ycbcr.across as u8, ycbcr.down as u8));
            let color = if level.samples == 3 { jpeg::Color::Rgb } else { jpeg::Color::Jfif };
            let head = jpeg::head(color, None, Some(tables));
            [&head, &jpeg::frame(size, level.samples, sampling)[..], tile, &jpeg::END_OF_IMAGE].concat()
        }
        None if jpeg::contradicts_head(tile, SOI_BYTES as usize) => [tile, &jpeg::END_OF_IMAGE].concat(),
        None => [&head(level, None), tile.get(SOI_BYTES as usize..).unwrap_or_default(), &jpeg::END_OF_IMAGE]
            .concat(),
    }
}

/// Cuts a tile's padding off without loss, so that it is of `size`.
///
/// Stating another height would be cheaper, but leaves data behind the last row, which decoders
/// rightly call corrupt.
pub fn crop(jpeg: Vec<u8>, level: &Level, tile: TileIndex, size: Dimensions) -> Result<Vec<u8>, Error> {
    debug_assert!(size.width <= level.grid.rect(tile).width && size.height <= level.grid.rect(tile).height);
    jpeg::crop(&jpeg, size, level.grid.tile.area() * 4) // Markers are copied, the profile among them.
}
