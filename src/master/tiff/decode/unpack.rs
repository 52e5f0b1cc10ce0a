//! Decompresses tiles and strips.

use std::cell::RefCell;
use std::io::{self, Read};

use super::WHAT;
use super::fax::FaxRows;
use super::stream::Lzw;
use crate::iiif::Dimensions;
use crate::master::{Codec, Level};
use crate::pixels::Error;

thread_local! {
    static INFLATER: RefCell<libdeflater::Decompressor> = RefCell::new(libdeflater::Decompressor::new());
}

/// Decompresses a tile or strip; at least its first `visible` rows must exist. Excess bytes are ignored.
pub(super) fn unpack(level: &Level, stored: &[u8], visible: u32) -> Result<Vec<u8>, Error> {
    let Dimensions { width, height } = level.grid.tile;
    let bytes = |rows| level.packed_bytes(width, rows, level.samples_together()) as usize;
    let height = if level.in_strips { visible } else { height };
    let (mut out, min) = (vec![0; bytes(height)], bytes(visible));
    let reversed: Vec<u8>;
    let stored = if level.lowest_first {
        reversed = stored.iter().map(|byte| byte.reverse_bits()).collect();
        &reversed
    } else {
        stored
    };
    let (got, fault) = decompress(level, stored, &mut out);
    if got >= min {
        return Ok(out);
    }
    let short = || format!("it holds {got} bytes instead of {min}");
    Err(Error::damaged(WHAT, fault.map_or_else(short, |fault| fault.to_string())))
}

/// Decompresses into `out` as far as possible; returns the number of bytes, and the error that stopped it, if any.
fn decompress(level: &Level, stored: &[u8], out: &mut [u8]) -> (usize, Option<io::Error>) {
    match level.codec {
        Codec::None => {
            let got = stored.len().min(out.len());
            out[..got].copy_from_slice(&stored[..got]);
            (got, None)
        }
        Codec::Deflate => match INFLATER.with_borrow_mut(|inflater| inflater.zlib_decompress(stored, out)) {
            Ok(got) => (got, None),
            // It may contain more rows than expected, or be truncated after the expected rows.
            Err(_) => fill_from(flate2::bufread::ZlibDecoder::new(stored), out),
        },
        Codec::Zstd => match zstd::bulk::decompress_to_buffer(stored, out) {
            Ok(got) => (got, None),
            Err(_) => match zstd::stream::read::Decoder::with_buffer(stored) {
                Ok(reader) => fill_from(reader, out),
                Err(error) => (0, Some(error)),
            },
        },
        Codec::Lzw => fill_from(Lzw::new(stored), out),
        Codec::PackBits => (pack_bits(stored, out), None),
        Codec::Fax(kind) => match FaxRows::new(stored, kind, level.grid.tile.width) {
            Ok(reader) => fill_from(reader, out),
            Err(error) => (0, Some(error)),
        },
        Codec::Jpeg | Codec::OldJpeg | Codec::Webp => (0, None),
    }
}

fn fill_from(mut reader: impl Read, out: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut got = 0;
    while got < out.len() {
        match reader.read(&mut out[got..]) {
            Ok(0) => break,
            Ok(read) => got += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (got, Some(error)),
        }
    }
    (got, None)
}

/// PackBits (TIFF 6.0, §9): a length byte, then that many bytes, or one byte to repeat.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bits_are_unpacked() {
        // The example in the specification.
        let packed =
            [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let mut out = [0; 24];
        assert_eq!(pack_bits(&packed, &mut out), 24);
        assert_eq!(out[..6], [0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a]);
        assert_eq!(out[10..14], [0x80, 0x00, 0x2a, 0x22]);
    }
}
