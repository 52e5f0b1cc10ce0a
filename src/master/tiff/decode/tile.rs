//! Decodes a stored tile to packed 8-bit samples.

use super::unpack::unpack;
use super::{WHAT, coded, read};
use crate::iiif::Dimensions;
use crate::master::{Codec, Level};
use crate::pixels::color::to_rgba;
use crate::pixels::{Alpha, Channels, Error, Model, Raster, Raw, Samples, jpeg};

/// Decodes a tile, including its padding, of a level whose tiles can be served one by one; at least the pixels of
/// `visible` must exist.
pub(crate) fn decode_tile(level: &Level, stored: &[u8], visible: Dimensions) -> Result<Raster, Error> {
    let tile = level.grid.tile;
    match level.codec {
        Codec::Jpeg => {
            let raster = jpeg::decode(stored, 1, tile.area() * 4)?.into_packed();
            coded::covers(raster.dimensions, tile, visible).map(|()| raster)
        }
        Codec::Webp => {
            let Raster { dimensions, samples, .. } = coded::webp(level, stored, tile)?;
            coded::covers(dimensions, tile, visible)?;
            packed(read::interpret(level, dimensions, Samples::U8(samples))?)
        }
        _ => {
            let count = usize::from(level.samples);
            let samples = read::numbers(level, unpack(level, stored, visible.height)?, tile.width, count)?;
            packed(read::interpret(level, tile, samples)?)
        }
    }
}

fn packed(raw: Raw) -> Result<Raster, Error> {
    let Raw { dimensions, model, alpha, samples: Samples::U8(samples) } = raw else {
        return Err(Error::damaged(WHAT, "a tile's samples are wider than its level's"));
    };
    let gray = model == Model::Gray;
    let (channels, samples) = match (gray, alpha) {
        (true, Alpha::None) => (Channels::Gray, samples),
        (false, Alpha::None) => (Channels::Rgb, samples),
        (_, alpha) => (Channels::Rgba, to_rgba(&samples, model.count(), alpha)),
    };
    Ok(Raster { dimensions, channels, samples })
}
