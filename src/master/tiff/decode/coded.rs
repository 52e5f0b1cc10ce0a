//! A tile or strip that is a JPEG or WebP of its own, down to its samples.

use super::WHAT;
use crate::iiif::Dimensions;
use crate::master::{Codec, Level, stored};
use crate::pixels::{Channels, Error, Raster, decode, jpeg};

/// A tile or strip of more bytes is read only if its JPEG has one scan: the coefficients of several are kept together.
pub const MAX_SCANNED: u64 = 32 << 20;

/// Reads a stored tile's samples, as many a pixel as the level has together, as large as `tile`; at least the pixels
/// of `shown` have to be there.
pub fn samples(level: &Level, bytes: Vec<u8>, tile: Dimensions, shown: Dimensions) -> Result<Vec<u8>, Error> {
    let count = level.samples_together();
    let (dimensions, found, samples) = match level.codec {
        Codec::Webp => {
            let raster = webp(level, &bytes, tile)?;
            (raster.dimensions, raster.channels.count(), raster.samples)
        }
        _ => {
            let jpeg = match level.codec {
                Codec::OldJpeg => stored::old_jpeg(level, &bytes, shown.height).into(),
                _ => stored::standalone(level, &bytes),
            };
            // Some writers fill the last strip up.
            let area = level.grid.tile.area().max(tile.area());
            let limit = area + (area * 3).min(MAX_SCANNED);
            if area * count as u64 > MAX_SCANNED && jpeg::scans(&jpeg, 2) > 1 {
                return Err(Error::Unsupported(
                    "a progressive JPEG as a tile or strip of more than 32 MiB takes too much memory; \
                     `vips tiffsave IN OUT.tif --tile --compression deflate` makes a TIFF of it that is read"
                        .into(),
                ));
            }
            match count {
                4 => {
                    let (dimensions, samples) = jpeg::decode_four(&jpeg, limit)?;
                    (dimensions, 4, samples)
                }
                _ => {
                    let raster = jpeg::decode(&jpeg, 1, limit)?.into_packed();
                    (raster.dimensions, raster.channels.count(), raster.samples)
                }
            }
        }
    };
    let (found, samples) = match (found, count) {
        // Some writers leave the colors out where a tile has none.
        (1, 3) => (3, samples.into_iter().flat_map(|sample| [sample; 3]).collect()),
        (found, _) => (found, samples),
    };
    if found != count {
        return Err(Error::damaged(WHAT, format!("a tile has {found} samples a pixel instead of {count}")));
    }
    covers(dimensions, tile, shown)?;
    Ok(laid(samples, dimensions.width as usize * count, tile.width as usize * count, tile.height as usize))
}

/// A WebP with the samples that its level has: encoders leave opacity out where a tile has nothing to see through.
pub fn webp(level: &Level, bytes: &[u8], tile: Dimensions) -> Result<Raster, Error> {
    let mut raster = decode::webp(bytes, tile.area())?;
    let wanted = if level.samples == 4 { Channels::Rgba } else { Channels::Rgb };
    raster.samples = match (raster.channels, wanted) {
        (Channels::Rgb, Channels::Rgba) => {
            raster.samples.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect()
        }
        (Channels::Rgba, Channels::Rgb) => {
            raster.samples.as_chunks::<4>().0.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect()
        }
        _ => raster.samples,
    };
    Ok(Raster { channels: wanted, ..raster })
}

/// Tiles are as large as their directory says; some writers cut them at the image's edges, or fill the last strip up.
pub fn covers(found: Dimensions, tile: Dimensions, shown: Dimensions) -> Result<(), Error> {
    let fits = |found: u32, shown: u32| found >= shown;
    if fits(found.width, shown.width) && fits(found.height, shown.height) && found.width <= tile.width {
        return Ok(());
    }
    Err(Error::damaged(WHAT, format!("a tile is {found} pixels instead of {tile}")))
}

/// Rows of `from` bytes as `height` rows of `to`; what is missing or too much is beyond the image.
fn laid(samples: Vec<u8>, from: usize, to: usize, height: usize) -> Vec<u8> {
    if from == to && samples.len() == to * height {
        return samples;
    }
    let mut out = vec![0; to * height];
    for (source, target) in samples.chunks_exact(from).zip(out.chunks_exact_mut(to)) {
        target[..from.min(to)].copy_from_slice(&source[..from.min(to)]);
    }
    out
}
