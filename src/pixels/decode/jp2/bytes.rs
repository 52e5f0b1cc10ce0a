//! Reads big-endian numbers from bytes, and bytes from a file.

use super::{Error, damaged};
use crate::pixels::ReadAt;

/// The number of bytes into which small reads are combined.
pub(super) const BLOCK: usize = 64 << 10;

/// The bytes that have not been parsed yet.
pub(super) struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| damaged("a field is truncated"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(|| damaged("a field is truncated"))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads a file in blocks, none of which reaches past `end`.
pub(super) struct Window<'a> {
    file: &'a dyn ReadAt,
    end: u64,
    block: Vec<u8>,
    /// The block's offset in the file.
    at: u64,
    size: usize,
}

impl<'a> Window<'a> {
    /// Creates a window that reads `size` bytes at a time.
    pub(super) fn new(file: &'a dyn ReadAt, end: u64, size: usize) -> Self {
        Self { file, end: end.min(file.size()), block: Vec::new(), at: 0, size }
    }

    /// Reads `size` bytes at a time from now on, up to `end`.
    pub(super) fn set_bounds(&mut self, size: usize, end: u64) {
        self.size = size;
        self.end = end.min(self.file.size());
    }

    /// Fills `into`, from the block if possible.
    pub(super) fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        let length = into.len() as u64;
        if offset.checked_add(length).is_none_or(|end| end > self.end) {
            return Err(damaged("it is truncated"));
        }
        let buffered =
            offset.checked_sub(self.at).and_then(|from| self.block.get(from as usize..)).unwrap_or_default();
        let (now, later) = into.split_at_mut(buffered.len().min(into.len()));
        now.copy_from_slice(&buffered[..now.len()]);
        let offset = offset + now.len() as u64;
        if later.len() >= self.size {
            return self.file.read_at(offset, later).map_err(damaged);
        }
        if !later.is_empty() {
            self.load(offset)?;
            later.copy_from_slice(&self.block[..later.len()]);
        }
        Ok(())
    }

    fn load(&mut self, offset: u64) -> Result<(), Error> {
        self.block.resize((self.size as u64).min(self.end - offset) as usize, 0);
        self.at = offset;
        let loaded = self.file.read_at(offset, &mut self.block).map_err(damaged);
        if loaded.is_err() {
            self.block.clear();
        }
        loaded
    }

    pub(super) fn array<const N: usize>(&mut self, offset: u64) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.read(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads `length` bytes; the caller limits the length.
    pub(super) fn bytes(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; length];
        self.read(offset, &mut bytes)?;
        Ok(bytes)
    }
}
