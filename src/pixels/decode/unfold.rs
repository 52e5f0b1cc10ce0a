//! Checks whether a PNG has as many pixels as its header claims, by decompressing without decoding.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;

use super::Error;
use crate::pixels::ReadAt;

/// Files that decompress to more than this multiple of their size are suspicious.
const RATIO: u64 = 100;
/// Smaller images, in bytes, are decoded just as quickly.
const LARGE: u64 = 64 << 20;

/// Refuses a file whose pixels have fewer than `bytes` bytes. Only files that claim extreme compression are checked:
/// decompressing is several times faster than decoding, scaling and compressing again.
pub(super) fn check<F: ReadAt + ?Sized>(file: &F, bytes: u64) -> Result<(), Error> {
    if bytes < LARGE || bytes / RATIO < file.size() {
        return Ok(());
    }
    let mut pixels = ZlibDecoder::new(io::BufReader::new(Pixels { file, at: 8, left: 0 })).take(bytes);
    // Other damage is found, with its reason, when the file is decoded.
    match io::copy(&mut pixels, &mut io::sink()) {
        Ok(unfolded) if unfolded < bytes => {
            Err(Error::damaged("PNG", format_args!("its pixels end after {unfolded} of {bytes} bytes")))
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(Error::damaged("PNG", "its pixels end too early"))
        }
        _ => Ok(()),
    }
}

/// The contents of the IDAT chunks, one after the other (PNG, third edition, §11.2.3).
struct Pixels<'a, F: ?Sized> {
    file: &'a F,
    at: u64,
    /// Remaining bytes of the chunk.
    left: u64,
}

impl<F: ReadAt + ?Sized> Read for Pixels<'_, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            let mut head = [0; 8];
            if self.at + 8 > self.file.size() {
                return Ok(0);
            }
            self.file.read_at(self.at, &mut head)?;
            let [a, b, c, d, ref name @ ..] = head;
            let length = u64::from(u32::from_be_bytes([a, b, c, d]));
            match name {
                b"IDAT" => (self.at, self.left) = (self.at + 8, length),
                b"IEND" => return Ok(0),
                _ => self.at += 12 + length,
            }
            if self.left == 0 && name == b"IDAT" {
                self.at += 4;
            }
        }
        let room = self.left.min(self.file.size().saturating_sub(self.at)).min(into.len() as u64) as usize;
        self.file.read_at(self.at, &mut into[..room])?;
        self.at += room as u64;
        self.left -= room as u64;
        if room == 0 {
            return Ok(0);
        }
        if self.left == 0 {
            self.at += 4; // Its checksum.
        }
        Ok(room)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bytes::Bytes;

    use super::*;

    /// Chunks as found by a reader that ignores checksums.
    fn file(rows: u64, cut: usize) -> Bytes {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        let zeros = vec![0; 1 << 20];
        (0..rows).for_each(|_| packed.write_all(&zeros).unwrap());
        let packed = packed.finish().unwrap();
        let chunk = |name: &[u8; 4], body: &[u8]| {
            [&(body.len() as u32).to_be_bytes()[..], name, body, b"none"].concat()
        };
        let (first, second) = packed[..packed.len() - cut].split_at(1000);
        let pixels = [first, b"", second].map(|part| chunk(b"IDAT", part)).concat();
        [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"tIME", b"abc"), &pixels, &chunk(b"IEND", b"")].concat().into()
    }

    #[test]
    fn pixels_that_end_early_are_found_out() {
        let bytes = 66 << 20;
        assert!(check(&file(66, 0), bytes).is_ok());
        assert!(check(&file(67, 0), bytes).is_ok());
        for short in [file(65, 0), file(66, 2000)] {
            assert!(matches!(check(&short, bytes), Err(Error::Damaged { .. })));
        }
        assert!(check(&file(65, 0), 60 << 20).is_ok());
        assert!(check(&Bytes::from(vec![0; 1 << 20]), bytes).is_ok(), "it has bytes enough");
    }
}
