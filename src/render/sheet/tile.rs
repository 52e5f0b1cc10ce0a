//! One stored tile to packed 8-bit samples, whatever its compression.

use super::unpack::unpack;
use super::{WHAT, read, unpacked};
use crate::master::{Codec, Level};
use crate::pixels::{Alpha, Channels, Error, Model, Raster, Raw, Samples, decode, jpeg};

/// Decodes a tile of a level that can be cut: as large as the level's tiles, padding included.
pub fn decode_tile(level: &Level, stored: &[u8]) -> Result<Raster, Error> {
    match level.codec {
        Codec::Jpeg => {
            let raster = jpeg::decode(stored, 1, level.grid.tile.area() * 4)?.into_packed();
            sized(level, raster)
        }
        Codec::Webp => sized(level, decode::webp(stored, level.grid.tile.area())?),
        codec => {
            let tile = level.grid.tile;
            let count = usize::from(level.samples);
            let length = unpacked(tile.width, tile.height, count, level.bits) as usize;
            let samples = read::numbers(level, unpack(codec, stored, length)?, tile.width, count)?;
            packed(read::meaning(level, tile, samples)?)
        }
    }
}

fn sized(level: &Level, raster: Raster) -> Result<Raster, Error> {
    if raster.dimensions == level.grid.tile {
        return Ok(raster);
    }
    Err(Error::damaged(
        WHAT,
        format!("a tile is {} pixels instead of {}", raster.dimensions, level.grid.tile),
    ))
}

fn packed(raw: Raw) -> Result<Raster, Error> {
    let Raw { dimensions, model, alpha, samples: Samples::U8(samples) } = raw else {
        return Err(Error::damaged(WHAT, "a tile has wider samples than its level"));
    };
    let gray = model == Model::Gray;
    let (channels, samples) = match (gray, alpha) {
        (true, Alpha::None) => (Channels::Gray, samples),
        (false, Alpha::None) => (Channels::Rgb, samples),
        (_, alpha) => (Channels::Rgba, with_alpha(&samples, if gray { 1 } else { 3 }, alpha)),
    };
    Ok(Raster { dimensions, channels, samples })
}

fn with_alpha(samples: &[u8], colors: usize, alpha: Alpha) -> Vec<u8> {
    let pixel = |pixel: &[u8]| {
        let opacity = pixel[colors];
        let color = |n: usize| match (alpha, opacity) {
            (Alpha::Associated, 1..) => (u32::from(pixel[n]) * 255 / u32::from(opacity)).min(255) as u8,
            _ => pixel[n],
        };
        [color(0), color(1 % colors), color(2 % colors), opacity]
    };
    samples.chunks_exact(colors + 1).flat_map(pixel).collect()
}
