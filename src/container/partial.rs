//! A partially fetched file, and the bytes that a parser still needs.

use std::ops::Range;

use bytes::Bytes;

use super::Refused;

/// The parts of a master that have been fetched so far, by their offsets.
#[derive(Clone, Debug, Default)]
pub struct PartialFile {
    /// The length of the complete file in bytes.
    size: u64,
    parts: Vec<(u64, Bytes)>,
}

/// Why a parser stopped.
#[derive(Debug)]
pub enum Stop {
    /// These bytes are needed; `likely` bytes from the same start will probably be enough to finish.
    NeedBytes {
        /// Bytes that have to be read before the parser can continue.
        range: Range<u64>,
        /// The number of bytes from the range's start that are likely to be needed.
        likely: u64,
    },
    /// The file cannot be a master.
    Refused(Refused),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl PartialFile {
    /// A file of `size` bytes, whose first bytes are `start`.
    pub fn new(size: u64, start: Bytes) -> Self {
        Self { size, parts: vec![(0, start)] }
    }

    /// The length of the whole file in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds bytes that were read at `offset`.
    pub fn add(&mut self, offset: u64, bytes: Bytes) {
        self.parts.push((offset, bytes));
    }

    /// Returns the `length` bytes at `offset`.
    ///
    /// # Errors
    /// Returns [`Stop::NeedBytes`] if they have not been fetched yet, [`Stop::Refused`] if the file ends before them.
    pub fn get(&self, offset: u64, length: u64) -> Result<&[u8], Stop> {
        let end = offset.checked_add(length).filter(|&end| end <= self.size);
        let Some(end) = end else {
            return Err(Refused::damaged("it ends before the data that its index points to").into());
        };
        for (start, bytes) in &self.parts {
            if *start <= offset && end <= start + bytes.len() as u64 {
                let from = (offset - start) as usize;
                return Ok(&bytes[from..from + length as usize]);
            }
        }
        Err(Stop::NeedBytes { range: offset..end, likely: length })
    }

    /// The fetched bytes at the start of the file.
    pub fn start(&self) -> &[u8] {
        &self.parts[0].1
    }
}
