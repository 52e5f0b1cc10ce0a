//! A cursor over a file that is read at offsets, for readers that need `Read` and `Seek`.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use bytes::Bytes;

use super::ReadAt;

/// A file with a position.
pub struct FileCursor {
    file: Arc<dyn ReadAt>,
    at: u64,
}

impl FileCursor {
    /// A cursor at the beginning of the file.
    pub fn new(file: Arc<dyn ReadAt>) -> Self {
        Self { file, at: 0 }
    }
}

impl Read for FileCursor {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.file.size().saturating_sub(self.at).min(into.len() as u64) as usize;
        self.file.read_at(self.at, &mut into[..length])?;
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for FileCursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.file.size().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl ReadAt for Bytes {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self[..].read_at(offset, into)
    }
}

/// Reads a complete file of at most `max` bytes.
///
/// # Errors
/// If it is longer, or cannot be read.
pub fn read_all(file: &dyn ReadAt, max: u64) -> io::Result<Vec<u8>> {
    if file.size() > max {
        return Err(io::Error::other(format!("it has more than {} MiB", max >> 20)));
    }
    let mut bytes = vec![0; file.size() as usize];
    file.read_at(0, &mut bytes)?;
    Ok(bytes)
}
