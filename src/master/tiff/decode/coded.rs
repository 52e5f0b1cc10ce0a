//! Decodes JPEG and WebP tiles and strips.

use super::WHAT;
use crate::iiif::Dimensions;
use crate::master::{Codec, Level, complete_jpeg};
use crate::pixels::{Channels, Error, Raster, decode, jpeg};

/// The size in bytes of samples above which a JPEG tile or strip must have a single scan: the coefficients of
/// several scans are kept in memory.
pub(super) const MAX_SCANNED: u64 = 32 << 20;

/// Decodes a stored tile to samples of size `tile`, with as many samples per pixel as the level's tiles have; at
/// least the pixels of `visible` must exist.
pub(super) fn samples(
    level: &Level,
    bytes: Vec<u8>,
    tile: Dimensions,
    visible: Dimensions,
) -> Result<Vec<u8>, Error> {
    let count = level.samples_together();
    let (dimensions, found, samples) = match level.codec {
        Codec::Webp => {
            let raster = webp(level, &bytes, tile)?;
            (raster.dimensions, raster.channels.count(), raster.samples)
        }
        _ => {
            let jpeg = match level.codec {
                Codec::OldJpeg => complete_jpeg::old_jpeg(level, &bytes, visible.height).into(),
                _ => complete_jpeg::standalone(level, &bytes),
            };
            // Some writers pad the last strip.
            let area = level.grid.tile.area().max(tile.area());
            let limit = area + (area * 3).min(MAX_SCANNED);
            if area * count as u64 > MAX_SCANNED && jpeg::scans(&jpeg, 2) > 1 {
                return Err(Error::Unsupported(
                    "a progressive JPEG as a tile or strip of more than 32 MiB takes too much memory; \
                     `vips tiffsave IN OUT.tif --tile --compression deflate` converts it to a TIFF that is supported"
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
        // Some writers omit chroma in tiles without color.
        (1, 3) => (3, samples.into_iter().flat_map(|sample| [sample; 3]).collect()),
        (found, _) => (found, samples),
    };
    if found != count {
        return Err(Error::damaged(WHAT, format!("a tile has {found} samples per pixel instead of {count}")));
    }
    covers(dimensions, tile, visible)?;
    Ok(with_stride(
        samples,
        dimensions.width as usize * count,
        tile.width as usize * count,
        tile.height as usize,
    ))
}

/// Decodes a WebP to the level's number of samples: encoders omit alpha in opaque tiles.
pub(super) fn webp(level: &Level, bytes: &[u8], tile: Dimensions) -> Result<Raster, Error> {
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

/// Checks a tile's size. Some writers crop tiles at the image's edges, or pad the last strip.
pub(super) fn covers(found: Dimensions, tile: Dimensions, visible: Dimensions) -> Result<(), Error> {
    let fits = |found: u32, visible: u32| found >= visible;
    if fits(found.width, visible.width) && fits(found.height, visible.height) && found.width <= tile.width {
        return Ok(());
    }
    Err(Error::damaged(WHAT, format!("a tile is {found} pixels instead of {tile}")))
}

/// Copies rows of `from` bytes to `height` rows of `to` bytes; the difference is outside the image.
fn with_stride(samples: Vec<u8>, from: usize, to: usize, height: usize) -> Vec<u8> {
    if from == to && samples.len() == to * height {
        return samples;
    }
    let mut out = vec![0; to * height];
    for (source, target) in samples.chunks_exact(from).zip(out.chunks_exact_mut(to)) {
        target[..from.min(to)].copy_from_slice(&source[..from.min(to)]);
    }
    out
}
