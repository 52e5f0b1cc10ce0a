//! Assembles decoded tiles.

use bytes::Bytes;

use super::frame::Frame;
use crate::iiif::Dimensions;
use crate::master::{Codec, Level, Photometric, TileIndex, decode_tile};
use crate::pixels::{Error, Picture, Planar, Raster, jpeg, scale};

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

/// Decodes and assembles the frame's tiles; `tiles[n]` is the frame's n-th, `None` if it is not stored.
///
/// JPEG tiles are complete, including the shared tables.
///
/// # Errors
/// If a tile is damaged, or `is_cancelled` returns true, which is checked before each tile.
pub fn draw(
    frame: &Frame,
    level: &Level,
    tiles: &[Option<Bytes>],
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Picture, DrawError> {
    if level.codec == Codec::Jpeg
        && let Some(first) = tiles.iter().flatten().next()
        && let Some(subsampling) = jpeg::planes(first)
    {
        let whole = tiles.iter().all(Option::is_some);
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
    tiles: &[Option<Bytes>],
    is_cancelled: &dyn Fn() -> bool,
    canvas: &mut Planar,
) -> Result<bool, DrawError> {
    for (&tile, stored) in frame.tiles.iter().zip(tiles) {
        let Some(stored) = stored else { continue };
        if is_cancelled() {
            return Err(DrawError::Cancelled);
        }
        let visible = level.grid.rect(tile).dimensions();
        if !jpeg::decode_into(stored, frame.reduce, canvas, position(frame, level, tile), visible)? {
            return Ok(false); // `draw_packed` returns the error if the tile is too small.
        }
    }
    Ok(true)
}

fn draw_packed(
    frame: &Frame,
    level: &Level,
    tiles: &[Option<Bytes>],
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Raster, DrawError> {
    let mut canvas = Raster::blank(frame.canvas, level.channels());
    if level.photometric == Photometric::WhiteIsZero {
        canvas.samples.fill(255); // The samples of tiles that are not stored are 0.
    }
    for (&tile, stored) in frame.tiles.iter().zip(tiles) {
        let Some(stored) = stored else { continue };
        if is_cancelled() {
            return Err(DrawError::Cancelled);
        }
        let mut decoded = decode_tile(level, stored, level.grid.rect(tile).dimensions())?;
        if frame.reduce > 1 {
            let (channels, factor) = (decoded.channels, frame.reduce);
            let (samples, dimensions) =
                scale::shrink(&decoded.samples, decoded.dimensions, channels.count(), factor);
            decoded = Raster { dimensions, channels, samples };
        }
        if canvas.channels != decoded.channels {
            return Err(Error::damaged("tile", "its channels differ from those of its directory").into());
        }
        copy(&decoded, &mut canvas, position(frame, level, tile));
    }
    Ok(canvas)
}

/// The position of a tile on the canvas.
fn position(frame: &Frame, level: &Level, tile: TileIndex) -> (u32, u32) {
    let rect = level.grid.rect(tile);
    ((rect.x - frame.origin.0) / frame.reduce, (rect.y - frame.origin.1) / frame.reduce)
}

fn copy(tile: &Raster, canvas: &mut Raster, (x, y): (u32, u32)) {
    let Dimensions { width, height } = canvas.dimensions;
    let channels = canvas.channels.count();
    let columns = tile.dimensions.width.min(width.saturating_sub(x)) as usize;
    let rows = tile.dimensions.height.min(height.saturating_sub(y)) as usize;
    let (from, to) = (tile.stride(), canvas.stride());
    for row in 0..rows {
        let source = &tile.samples[row * from..][..columns * channels];
        canvas.samples[(y as usize + row) * to + x as usize * channels..][..columns * channels]
            .copy_from_slice(source);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
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
        writer.push(&Raster::blank(size, Channels::Rgb).samples).unwrap();
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
            let drawn = draw(&frame, &master.levels[0], &[Some(tile.into())], &|| false);
            assert_eq!(drawn.is_ok(), is_drawn, "{side}");
        }
    }
}
