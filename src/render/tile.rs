//! One stored tile to packed 8-bit samples, whatever its compression.

use std::cell::RefCell;

use crate::master::{Codec, Level, Photometric, Sample};
use crate::pixels::{Channels, Error, Raster, decode, jpeg};

thread_local! {
    static INFLATER: RefCell<libdeflater::Decompressor> = RefCell::new(libdeflater::Decompressor::new());
}

const WHAT: &str = "tile";

/// Decodes a tile of `level`: as large as the level's tiles, padding included.
pub fn decode_tile(level: &Level, stored: &[u8]) -> Result<Raster, Error> {
    match level.codec {
        Codec::Jpeg => {
            let raster = jpeg::decode(stored, 1, level.grid.tile.area() * 4)?.into_packed();
            sized(level, raster)
        }
        Codec::Webp => sized(level, decode::webp(stored, level.grid.tile.area())?.raster),
        codec => {
            let samples = unpack(codec, stored, expected(level))?;
            Ok(interpret(level, samples))
        }
    }
}

fn sized(level: &Level, raster: Raster) -> Result<Raster, Error> {
    if raster.dimensions == level.grid.tile {
        return Ok(raster);
    }
    Err(Error::damaged(WHAT, format!("it is {} pixels instead of {}", raster.dimensions, level.grid.tile)))
}

/// Bytes that a tile has when it is unpacked.
fn expected(level: &Level) -> usize {
    let each = if level.sample == Sample::U16 { 2 } else { 1 };
    level.grid.tile.area() as usize * usize::from(level.samples) * each
}

fn unpack(codec: Codec, stored: &[u8], length: usize) -> Result<Vec<u8>, Error> {
    let mut out = vec![0; length];
    let got = match codec {
        Codec::None => {
            let got = stored.len().min(length);
            out[..got].copy_from_slice(&stored[..got]);
            got
        }
        Codec::Deflate => INFLATER
            .with_borrow_mut(|inflater| inflater.zlib_decompress(stored, &mut out))
            .map_err(|error| Error::damaged(WHAT, error))?,
        Codec::Zstd => {
            zstd::bulk::decompress_to_buffer(stored, &mut out).map_err(|error| Error::damaged(WHAT, error))?
        }
        Codec::Lzw => lzw(stored, &mut out)?,
        Codec::PackBits => pack_bits(stored, &mut out),
        Codec::Jpeg | Codec::Webp => 0,
    };
    if got == length {
        return Ok(out);
    }
    Err(Error::damaged(WHAT, format!("it holds {got} bytes instead of {length}")))
}

fn lzw(stored: &[u8], out: &mut [u8]) -> Result<usize, Error> {
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    let (mut read, mut written) = (0, 0);
    while written < out.len() {
        let step = decoder.decode_bytes(&stored[read..], &mut out[written..]);
        let status = step.status.map_err(|error| Error::damaged(WHAT, error))?;
        read += step.consumed_in;
        written += step.consumed_out;
        let stuck = step.consumed_in == 0 && step.consumed_out == 0;
        if stuck || matches!(status, weezl::LzwStatus::Done) {
            break;
        }
    }
    Ok(written)
}

/// TIFF 6.0, §9: a length byte, then that many bytes, or one byte repeated.
fn pack_bits(stored: &[u8], out: &mut [u8]) -> usize {
    let (mut at, mut written) = (0, 0);
    while let Some(&code) = stored.get(at).filter(|_| written < out.len()) {
        let room = out.len() - written;
        match code as i8 {
            -128 => at += 1,
            run @ ..=-1 => {
                let Some(&value) = stored.get(at + 1) else { break };
                let count = (1 - isize::from(run)) as usize;
                let count = count.min(room);
                out[written..written + count].fill(value);
                written += count;
                at += 2;
            }
            literal => {
                let count = (literal as usize + 1).min(room).min(stored.len() - at - 1);
                out[written..written + count].copy_from_slice(&stored[at + 1..at + 1 + count]);
                written += count;
                at += 2 + literal as usize;
            }
        }
    }
    written
}

/// Differences undone, 16 bits made 8, and what the samples mean applied.
fn interpret(level: &Level, bytes: Vec<u8>) -> Raster {
    let count = usize::from(level.samples);
    let row = level.grid.tile.width as usize * count;
    let samples = match level.sample {
        Sample::U8 => {
            let mut samples = bytes;
            if level.predictor {
                for row in samples.chunks_exact_mut(row) {
                    for n in count..row.len() {
                        row[n] = row[n].wrapping_add(row[n - count]);
                    }
                }
            }
            samples
        }
        Sample::U16 => {
            let read = |pair: &[u8]| {
                let pair = [pair[0], pair[1]];
                if level.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
            };
            let mut wide: Vec<u16> = bytes.chunks_exact(2).map(read).collect();
            if level.predictor {
                for row in wide.chunks_exact_mut(row) {
                    for n in count..row.len() {
                        row[n] = row[n].wrapping_add(row[n - count]);
                    }
                }
            }
            wide.into_iter().map(|sample| ((u32::from(sample) + 128) / 257) as u8).collect()
        }
    };
    meaning(level, samples)
}

fn meaning(level: &Level, mut samples: Vec<u8>) -> Raster {
    let count = usize::from(level.samples);
    let dimensions = level.grid.tile;
    if level.photometric == Photometric::WhiteIsZero {
        for pixel in samples.chunks_exact_mut(count) {
            pixel[0] = 255 - pixel[0];
        }
    }
    let gray = level.photometric != Photometric::Rgb;
    let colors = if gray { 1 } else { 3 };
    let channels = level.channels();
    let alpha = channels == Channels::Rgba;
    if count == channels.count() && !(alpha && level.associated_alpha) {
        return Raster { dimensions, channels, samples };
    }
    let mut out = Vec::with_capacity(dimensions.area() as usize * channels.count());
    for pixel in samples.chunks_exact(count) {
        let opacity = if alpha { pixel[colors] } else { 255 };
        let color = |n: usize| match (level.associated_alpha && alpha, opacity) {
            (true, 1..) => (u32::from(pixel[n]) * 255 / u32::from(opacity)).min(255) as u8,
            _ => pixel[n],
        };
        match channels {
            Channels::Gray => out.push(pixel[0]),
            Channels::Rgb => out.extend_from_slice(&pixel[..3]),
            Channels::Rgba if gray => out.extend_from_slice(&[color(0), color(0), color(0), opacity]),
            Channels::Rgba => out.extend_from_slice(&[color(0), color(1), color(2), opacity]),
        }
    }
    Raster { dimensions, channels, samples: out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn packed_bits_are_unpacked() {
        // The specification's own example.
        let packed =
            [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let mut out = [0; 24];
        assert_eq!(pack_bits(&packed, &mut out), 24);
        assert_eq!(out[..6], [0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a]);
        assert_eq!(out[10..14], [0x80, 0x00, 0x2a, 0x22]);
    }

    proptest! {
        #[test]
        fn any_bytes_unpack_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for codec in [Codec::None, Codec::Lzw, Codec::Deflate, Codec::PackBits, Codec::Zstd] {
                let _ = unpack(codec, &bytes, 64);
            }
        }
    }
}
