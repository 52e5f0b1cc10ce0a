//! Decompresses large strips while they are read.

use std::io::{self, Read};
use std::sync::Arc;

use super::WHAT;
use super::fax::FaxRows;
use crate::master::{Codec, Level};
use crate::pixels::{Error, ReadAt};

/// Opens a reader of the decompressed bytes of the strip with this offset and length.
pub(super) fn decompressing(
    level: &Level,
    file: Arc<dyn ReadAt>,
    range: (u64, u64),
) -> Result<Box<dyn Read + Send>, Error> {
    let section = FileSection { file, at: range.0, end: range.0 + range.1, reversed: level.lowest_first };
    let packed = io::BufReader::with_capacity(256 << 10, section);
    Ok(match level.codec {
        Codec::None => Box::new(packed),
        Codec::Deflate => Box::new(flate2::bufread::ZlibDecoder::new(packed)),
        Codec::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(packed).map_err(|error| Error::damaged(WHAT, error))?),
        Codec::Lzw => Box::new(Lzw::new(packed)),
        Codec::Fax(kind) => Box::new(FaxRows::new(packed, kind, level.grid.tile.width).map_err(|error| Error::damaged(WHAT, error))?),
        Codec::PackBits => Box::new(PackBits { packed, run: Run::None }),
        _ => return Err(Error::Unsupported("strips of this size and compression are not supported; write the image in tiles, as with `vips tiffsave --tile`".into())),
    })
}

/// Reads a part of a file.
struct FileSection {
    file: Arc<dyn ReadAt>,
    at: u64,
    end: u64,
    /// Whether the bits of each byte are reversed.
    reversed: bool,
}

impl Read for FileSection {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = (self.end - self.at).min(into.len() as u64) as usize;
        self.file.read_at(self.at, &mut into[..length])?;
        self.at += length as u64;
        if self.reversed {
            into[..length].iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        Ok(length)
    }
}

/// LZW (TIFF 6.0, §13), including the variant of early libtiff: codes with the lowest bit first, which grow one code
/// later.
pub(super) struct Lzw<R> {
    packed: R,
    decoder: Option<weezl::decode::Decoder>,
}

impl<R> Lzw<R> {
    pub(super) fn new(packed: R) -> Self {
        Self { packed, decoder: None }
    }
}

/// Both variants start with the code that clears the table: 256 in nine bits.
fn lzw_decoder(start: &[u8]) -> weezl::decode::Decoder {
    match start {
        [0, second, ..] if second & 1 == 1 => weezl::decode::Decoder::new(weezl::BitOrder::Lsb, 8),
        _ => weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8),
    }
}

impl<R: io::BufRead> Read for Lzw<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let packed = self.packed.fill_buf()?;
            let empty = packed.is_empty();
            let decoder = self.decoder.get_or_insert_with(|| lzw_decoder(packed));
            let step = decoder.decode_bytes(packed, into);
            self.packed.consume(step.consumed_in);
            match step.status {
                Err(error) => return Err(io::Error::other(error)),
                _ if step.consumed_out > 0 || empty => return Ok(step.consumed_out),
                Ok(weezl::LzwStatus::Done) => return Ok(0),
                Ok(_) => {}
            }
        }
    }
}

/// PackBits (TIFF 6.0, §9).
struct PackBits<R> {
    packed: R,
    run: Run,
}

enum Run {
    None,
    Copy(usize),
    Repeat(u8, usize),
}

impl<R: io::BufRead> Read for PackBits<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.run {
                Run::Copy(left) if left > 0 => {
                    let length = left.min(into.len());
                    self.packed.read_exact(&mut into[..length])?;
                    self.run = Run::Copy(left - length);
                    return Ok(length);
                }
                Run::Repeat(value, left) if left > 0 => {
                    let length = left.min(into.len());
                    into[..length].fill(value);
                    self.run = Run::Repeat(value, left - length);
                    return Ok(length);
                }
                _ => {}
            }
            let mut byte = [0];
            if self.packed.read(&mut byte)? == 0 {
                return Ok(0);
            }
            self.run = match byte[0] as i8 {
                -128 => Run::None,
                count @ ..=-1 => {
                    self.packed.read_exact(&mut byte)?;
                    Run::Repeat(byte[0], 1 + usize::from(count.unsigned_abs()))
                }
                count => Run::Copy(count as usize + 1),
            };
        }
    }
}
