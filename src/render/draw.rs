//! Assembles decoded tiles.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use super::frame::Frame;
use crate::master::{Codec, Level, Photometric, TileIndex, decode_tile};
use crate::pixels::{Error, Picture, Planar, Position, Raster, Subsampling, jpeg, scale};

/// Why a rendering failed.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// All callers disconnected.
    #[error("the rendering was cancelled")]
    Cancelled,
    /// Samples could not be decoded or encoded.
    #[error(transparent)]
    Pixels(#[from] Error),
}

/// A tile of a frame.
#[derive(Clone, Debug)]
pub enum Tile {
    /// It is not stored: its samples are 0.
    Missing,
    /// As it is stored; a JPEG is complete, including the shared tables.
    Stored(Bytes),
    /// Decoded by [`decoded`].
    Decoded(Arc<Picture>),
}

impl From<Option<Bytes>> for Tile {
    fn from(stored: Option<Bytes>) -> Self {
        stored.map_or(Self::Missing, Self::Stored)
    }
}

impl Tile {
    /// The subsampling of a JPEG tile; `None` if it has to be decoded to packed samples.
    fn subsampling(&self) -> Option<Subsampling> {
        match self {
            Self::Missing => None,
            Self::Stored(jpeg) => jpeg::planes(jpeg),
            Self::Decoded(picture) => match picture.as_ref() {
                Picture::Planar(planar) => Some(planar.subsampling),
                Picture::Packed(_) => None,
            },
        }
    }
}

/// Decodes a tile completely, at full size, for [`Tile::Decoded`]; `None` if it is damaged, so that [`draw`] has to decide
/// about it.
pub fn decoded(level: &Level, tile: TileIndex, stored: &[u8]) -> Option<Picture> {
    let visible = level.grid.rect(tile).dimensions();
    let planes = if level.codec == Codec::Jpeg { jpeg::planes(stored) } else { None };
    let Some(subsampling) = planes else {
        return decode_tile(level, stored, visible).ok().map(Picture::Packed);
    };
    let mut planar = Planar::blank(visible, subsampling);
    let is_decoded = jpeg::decode_into(stored, 1, &mut planar, ((0, 0), (0, 0)), visible);
    is_decoded.ok()?.then_some(Picture::Planar(planar))
}

/// Decodes and assembles the frame's tiles; `tiles[n]` is the frame's n-th.
///
/// # Errors
/// If a tile is damaged, or `is_cancelled` returns true, which is checked before each tile.
pub fn draw(
    frame: &Frame,
    level: &Level,
    tiles: &[Tile],
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Picture, DrawError> {
    let is_missing = |tile: &Tile| matches!(tile, Tile::Missing);
    if level.codec == Codec::Jpeg
        && let Some(subsampling) = tiles.iter().find(|tile| !is_missing(tile)).and_then(Tile::subsampling)
    {
        let whole = !tiles.iter().any(is_missing);
        let canvas = if whole { Planar::with_unspecified_samples } else { Planar::blank };
        let mut canvas = canvas(frame.canvas, subsampling);
        if draw_planar(frame, level, tiles, is_cancelled, &mut canvas)? {
            return Ok(Picture::Planar(canvas));
        }
    }
    draw_packed(frame, level, tiles, is_cancelled).map(Picture::Packed)
}

/// Draws tiles as YCbCr planes; returns `false` if a tile's subsampling differs from the first tile's.
fn draw_planar(
    frame: &Frame,
    level: &Level,
    tiles: &[Tile],
    is_cancelled: &dyn Fn() -> bool,
    canvas: &mut Planar,
) -> Result<bool, DrawError> {
    for (&tile, stored) in frame.tiles.iter().zip(tiles) {
        if is_cancelled() {
            return Err(DrawError::Cancelled);
        }
        let places = places(frame, level, tile);
        let visible = level.grid.rect(tile).dimensions();
        let is_drawn = match stored {
            Tile::Missing => true,
            Tile::Stored(jpeg) => jpeg::decode_into(jpeg, frame.reduce, canvas, places, visible)?,
            Tile::Decoded(picture) => match picture.as_ref() {
                Picture::Planar(planar) if planar.subsampling == canvas.subsampling => {
                    canvas.copy_from(planar, places);
                    true
                }
                _ => false,
            },
        };
        if !is_drawn {
            return Ok(false); // `draw_packed` returns the error if the tile is too small.
        }
    }
    Ok(true)
}

fn draw_packed(
    frame: &Frame,
    level: &Level,
    tiles: &[Tile],
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Raster, DrawError> {
    let mut canvas = Raster::blank(frame.canvas, level.channels());
    if level.photometric == Photometric::WhiteIsZero {
        canvas.samples.fill(255); // The samples of tiles that are not stored are 0.
    }
    for (&tile, stored) in frame.tiles.iter().zip(tiles) {
        if is_cancelled() {
            return Err(DrawError::Cancelled);
        }
        let mut decoded = match stored {
            Tile::Missing => continue,
            Tile::Stored(stored) => {
                Cow::Owned(decode_tile(level, stored, level.grid.rect(tile).dimensions())?)
            }
            Tile::Decoded(picture) => picture.packed(),
        };
        if frame.reduce > 1 {
            let (channels, factor) = (decoded.channels, frame.reduce);
            let (samples, dimensions) =
                scale::shrink(&decoded.samples, decoded.dimensions, channels.count(), factor);
            decoded = Cow::Owned(Raster { dimensions, channels, samples });
        }
        if canvas.channels != decoded.channels {
            return Err(Error::damaged("tile", "its channels differ from those of its directory").into());
        }
        canvas.copy_from(&decoded, places(frame, level, tile));
    }
    Ok(canvas)
}

/// The first pixel of a tile that is on the canvas, and its position there.
fn places(frame: &Frame, level: &Level, tile: TileIndex) -> (Position, Position) {
    let rect = level.grid.rect(tile);
    let apart = |one: u32, other: u32| one.saturating_sub(other) / frame.reduce;
    let from = (apart(frame.origin.0, rect.x), apart(frame.origin.1, rect.y));
    (from, (apart(rect.x, frame.origin.0), apart(rect.y, frame.origin.1)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::iiif::Dimensions;
    use crate::master::write::{Compression, Recipe, Reduced, Writer};
    use crate::master::{Master, Orientation, PartialFile, index};
    use crate::metadata::EmbeddedMetadata;
    use crate::pixels::{Channels, Subsampling};

    fn pyramid(size: Dimensions) -> Master {
        let recipe = Recipe {
            dimensions: size,
            orientation: Orientation::UPRIGHT,
            channels: Channels::Rgb,
            tile_side: size.width,
            compression: Compression::Jpeg { quality: 90, subsampling: Subsampling::S444 },
            reduced: Reduced::SubIfds,
            icc: None,
            threads: 1,
        };
        let mut writer = Writer::new(recipe, Cursor::new(Vec::new())).unwrap();
        writer.push(Raster::blank(size, Channels::Rgb).samples).unwrap();
        let mut file = Vec::new();
        writer.finish(&mut file).unwrap();
        index(&PartialFile::new(file.len() as u64, file.into()), 1).unwrap()
    }

    #[test]
    fn a_tile_that_is_too_small_is_refused() {
        let size = Dimensions::new(16, 16);
        let master = pyramid(size);
        let frame = Frame {
            tiles: vec![TileIndex { column: 0, row: 0 }],
            origin: (0, 0),
            canvas: size,
            window: scale::Window { x: 0.0, y: 0.0, width: 16.0, height: 16.0 },
            size,
            reduce: 1,
        };
        for (side, is_drawn) in [(16, true), (8, false)] {
            let raster = Raster::blank(Dimensions::new(side, side), Channels::Rgb);
            let tile = jpeg::encode(&raster, 90, Subsampling::S444, &EmbeddedMetadata::default()).unwrap();
            let drawn = draw(&frame, &master.levels[0], &[Tile::Stored(tile.into())], &|| false);
            assert_eq!(drawn.is_ok(), is_drawn, "{side}");
        }
    }
}
