//! One tile's samples to its bytes in the file.

use libdeflater::{CompressionLvl, Compressor};

use super::{Compression, Error, Recipe};
use crate::iiif::Dimensions;
use crate::pixels::encode::Notes;
use crate::pixels::{self, Channels, Raster, Subsampling, jpeg};

const DEFLATE_LEVEL: i32 = 6;
const ZSTD_LEVEL: i32 = 9;

/// Compresses tiles that are all of one kind.
pub struct Packer {
    compression: Compression,
    /// A JPEG of tables alone (tag 347), with start and end marker; empty for other kinds.
    tables: Vec<u8>,
    deflater: Compressor,
}

impl Packer {
    pub fn new(recipe: &Recipe) -> Result<Self, Error> {
        let tables = match recipe.compression {
            Compression::Jpeg { quality } => {
                let blank = Raster::blank(Dimensions::new(16, 16), recipe.channels);
                split(&jpeg::encode(&blank, quality, Subsampling::S420, &Notes::default())?)?.0
            }
            _ => Vec::new(),
        };
        let level = CompressionLvl::new(DEFLATE_LEVEL)
            .map_err(|_| Error::Recipe("the compression level does not exist".into()))?;
        Ok(Self { compression: recipe.compression, tables, deflater: Compressor::new(level) })
    }

    /// The tables that all tiles share, if they do.
    pub fn tables(&self) -> Option<&[u8]> {
        (!self.tables.is_empty()).then_some(&self.tables[..])
    }

    pub fn pack(&mut self, tile: Raster) -> Result<Vec<u8>, Error> {
        match self.compression {
            Compression::Jpeg { quality } => {
                let (tables, tile) =
                    split(&jpeg::encode(&tile, quality, Subsampling::S420, &Notes::default())?)?;
                if tables != self.tables {
                    return Err(damaged("its tables differ from tile to tile").into());
                }
                Ok(tile)
            }
            Compression::Deflate => self.deflate(&differences(tile)),
            Compression::Zstd => Ok(zstd::bulk::compress(&differences(tile), ZSTD_LEVEL)?),
        }
    }

    fn deflate(&mut self, samples: &[u8]) -> Result<Vec<u8>, Error> {
        let mut out = vec![0; self.deflater.zlib_compress_bound(samples.len())];
        let length = self.deflater.zlib_compress(samples, &mut out).map_err(damaged)?;
        out.truncate(length);
        Ok(out)
    }
}

fn damaged(reason: impl std::fmt::Display) -> pixels::Error {
    pixels::Error::damaged("tile", reason)
}

/// Each sample less its left neighbour's (TIFF 6.0, §14).
fn differences(tile: Raster) -> Vec<u8> {
    let (stride, mut samples) = (tile.stride(), tile.samples);
    match tile.channels {
        Channels::Gray => samples.chunks_exact_mut(stride).for_each(difference::<1>),
        _ => samples.chunks_exact_mut(stride).for_each(difference::<3>),
    }
    samples
}

fn difference<const N: usize>(row: &mut [u8]) {
    let mut left = [0; N];
    for pixel in row.chunks_exact_mut(N) {
        for n in 0..N {
            let sample = pixel[n];
            pixel[n] = sample.wrapping_sub(left[n]);
            left[n] = sample;
        }
    }
}

/// Parts a JPEG into its tables and the rest, both with their start and end markers; what says
/// how it would stand alone (JFIF) is left out.
fn split(jpeg: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let (mut tables, mut tile) = (vec![0xff, 0xd8], vec![0xff, 0xd8]);
    let mut at = 2;
    loop {
        let Some(&[0xff, marker, high, low]) = jpeg.get(at..at + 4) else {
            return Err(damaged("it has no scan").into());
        };
        let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
        let segment = jpeg.get(at..end).ok_or_else(|| damaged("a segment is cut off"))?;
        match marker {
            0xdb | 0xc4 => tables.extend_from_slice(segment),
            0xe0..=0xef | 0xfe => {}
            0xda => break,
            _ => tile.extend_from_slice(segment),
        }
        at = end;
    }
    tables.extend_from_slice(&[0xff, 0xd9]);
    tile.extend_from_slice(&jpeg[at..]);
    Ok((tables, tile))
}
