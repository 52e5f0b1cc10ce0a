//! A tile's or strip's bytes out of their compression.

use std::cell::RefCell;

use super::WHAT;
use crate::master::Codec;
use crate::pixels::Error;

thread_local! {
    static INFLATER: RefCell<libdeflater::Decompressor> = RefCell::new(libdeflater::Decompressor::new());
}

/// Unpacks exactly `length` bytes.
pub fn unpack(codec: Codec, stored: &[u8], length: usize) -> Result<Vec<u8>, Error> {
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
        Codec::Jpeg | Codec::Webp | Codec::Foreign(_) => 0,
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
