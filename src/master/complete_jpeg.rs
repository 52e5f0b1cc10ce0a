//! Makes a complete JPEG of a stored tile, which may be abbreviated or contradict its directory, without decoding it.
//!
//! The directory alone (PhotometricInterpretation) decides what the components mean, as in libtiff. The head states it
//! with one marker, and no segment of the tile may contradict it:
//!
//! | directory | components in the tile | interpreted as |
//! |---|---|---|
//! | YCbCr | three, regardless of JFIF or Adobe markers and component names | YCbCr |
//! | RGB | three of equal size, regardless of JFIF or Adobe markers and component names | RGB |
//! | RGB | three, the first with finer sampling | YCbCr: nobody subsamples blue and green |
//! | gray, palette, a plane | one | unchanged |
//! | CMYK | four, regardless of an Adobe marker | inks, 0 for none |
//! | RGB with an extra sample | four | RGB and that sample |
//!
//! Outside TIFF, markers and component names decide (`pixels::jpeg`).

use bytes::{Bytes, BytesMut};

use super::level::{Codec, Level, Photometric, TileIndex};
use crate::iiif::Dimensions;
use crate::pixels::{Error, jpeg};

/// The bytes that replace the start marker (SOI) of each stored tile of this level.
pub fn head(level: &Level, icc: Option<&[u8]>) -> Vec<u8> {
    let color = match (level.samples_together(), &level.photometric) {
        (1, _) | (3, Photometric::YCbCr) => jpeg::Color::Jfif,
        (3, _) => jpeg::Color::Rgb,
        _ => jpeg::Color::Bare,
    };
    jpeg::head(color, icc, level.tables.as_deref().filter(|_| level.codec == Codec::Jpeg))
}

/// Bytes of a tile's start marker, which the head replaces.
pub const SOI_BYTES: u64 = 2;

/// Whether the bytes after the head look like the rest of a JPEG.
pub fn is_sound(tile: &[u8], head: usize) -> bool {
    tile.get(head) == Some(&0xff) && tile.len() > head + 4
}

/// Makes the rest of a tile agree with its head, its first `head` bytes, and adds the end marker if it is missing.
pub fn consistent(tile: Bytes, head: usize) -> Bytes {
    let (contradicts_head, has_end) = (jpeg::contradicts_head(&tile, head), jpeg::has_end_marker(&tile));
    if !contradicts_head && has_end {
        return tile;
    }
    let mut tile = tile.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
    jpeg::reconcile(&mut tile, head);
    if !has_end {
        tile.extend_from_slice(&jpeg::END_OF_IMAGE);
    }
    tile.freeze()
}

/// A stored tile of this level as a complete JPEG.
pub fn standalone(level: &Level, tile: &[u8]) -> Bytes {
    let head = head(level, None);
    let jpeg = [&head[..], tile.get(SOI_BYTES as usize..).unwrap_or_default()].concat();
    consistent(jpeg.into(), head.len())
}

/// An old-style tile of `rows` rows as a complete JPEG. It is either coded samples whose headers or tables are elsewhere,
/// or a stream, whose own markers, if any, decide what its components mean.
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

/// Crops a tile losslessly to `size`, to remove its padding.
///
/// Stating a smaller height would be cheaper, but leaves data after the last row, which decoders report as corrupt.
///
/// # Errors
/// If the JPEG is damaged or smaller than `size`.
pub fn crop(jpeg: Vec<u8>, level: &Level, tile: TileIndex, size: Dimensions) -> Result<Vec<u8>, Error> {
    debug_assert!(size.width <= level.grid.rect(tile).width && size.height <= level.grid.rect(tile).height);
    jpeg::crop(&jpeg, size, level.grid.tile.area() * 4) // Markers are copied, including the profile.
}
