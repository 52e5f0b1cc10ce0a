//! Compresses a tile's samples.

use libdeflater::{CompressionLvl, Compressor};

use super::{Compression, Error, Recipe};
use crate::iiif::Dimensions;
use crate::metadata::EmbeddedMetadata;
use crate::pixels::{self, Channels, Raster, jpeg};

const DEFLATE_LEVEL: i32 = 4;
const ZSTD_LEVEL: i32 = 9;

/// Compresses tiles with the same parameters.
pub(super) struct Packer {
    compression: Compression,
    channels: Channels,
    side: u32,
    /// A JPEG of only tables (tag 347), with start and end markers; empty for other compressions.
    tables: Vec<u8>,
}

/// The compressors of one thread.
pub(super) struct Tools(Option<Compressor>);

impl Packer {
    pub(super) fn new(recipe: &Recipe) -> Result<Self, Error> {
        let Recipe { compression, channels, tile_side: side, .. } = *recipe;
        let tables = match compression {
            Compression::Jpeg { quality, subsampling } => {
                let blank = Raster::blank(Dimensions::new(16, 16), channels);
                split(&jpeg::encode(&blank, quality, subsampling, &EmbeddedMetadata::default())?)?.0
            }
            _ => Vec::new(),
        };
        Ok(Self { compression, channels, side, tables })
    }

    pub(super) fn tools(&self) -> Result<Tools, Error> {
        if self.compression != Compression::Deflate {
            return Ok(Tools(None));
        }
        let level = CompressionLvl::new(DEFLATE_LEVEL)
            .map_err(|_| Error::Recipe("the compression level does not exist".into()))?;
        Ok(Tools(Some(Compressor::new(level))))
    }

    /// The tables that all tiles share, if any.
    pub(super) fn tables(&self) -> Option<&[u8]> {
        (!self.tables.is_empty()).then_some(&self.tables[..])
    }

    /// Compresses a complete tile.
    pub(super) fn pack(&self, rows: &[&[u8]], tools: &mut Tools) -> Result<Vec<u8>, Error> {
        match self.compression {
            Compression::Jpeg { quality, subsampling } => {
                let layout = (Dimensions::new(self.side, self.side), self.channels);
                self.stripped(&jpeg::encode_rows(rows, layout, quality, subsampling)?)
            }
            Compression::Deflate => tools.deflate(&self.differences(rows)),
            Compression::Zstd => Ok(zstd::bulk::compress(&self.differences(rows), ZSTD_LEVEL)?),
        }
    }

    /// The samples of a tile; its left neighbor is subtracted from each (TIFF 6.0, §14).
    fn differences(&self, rows: &[&[u8]]) -> Vec<u8> {
        let mut samples = rows.concat();
        let rows = samples.chunks_exact_mut(self.side as usize * self.channels.count());
        match self.channels {
            Channels::Gray => rows.for_each(difference::<1>),
            Channels::Rgb => rows.for_each(difference::<3>),
            Channels::Rgba => rows.for_each(difference::<4>),
        }
        samples
    }

    /// Removes the shared tables from a JPEG.
    fn stripped(&self, jpeg: &[u8]) -> Result<Vec<u8>, Error> {
        let (tables, tile) = split(jpeg)?;
        if tables != self.tables {
            return Err(damaged("its tables differ from tile to tile").into());
        }
        Ok(tile)
    }
}

impl Tools {
    fn deflate(&mut self, samples: &[u8]) -> Result<Vec<u8>, Error> {
        let deflater = self.0.as_mut().ok_or_else(|| damaged("there is no Deflate compressor"))?;
        let mut out = vec![0; deflater.zlib_compress_bound(samples.len())];
        let length = deflater.zlib_compress(samples, &mut out).map_err(damaged)?;
        out.truncate(length);
        Ok(out)
    }
}

fn damaged(reason: impl std::fmt::Display) -> pixels::Error {
    pixels::Error::damaged("tile", reason)
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

/// Splits a JPEG into its tables and the rest, both with start and end markers; the JFIF segment is dropped.
fn split(jpeg: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let (mut tables, mut tile) = (vec![0xff, 0xd8], vec![0xff, 0xd8]);
    let mut at = 2;
    loop {
        let Some(&[0xff, marker, high, low]) = jpeg.get(at..at + 4) else {
            return Err(damaged("it has no scan").into());
        };
        let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
        let segment = jpeg.get(at..end).ok_or_else(|| damaged("a segment is truncated"))?;
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
