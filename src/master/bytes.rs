//! The parts of a file that are at hand, and what is missing.

use std::ops::Range;

use bytes::Bytes;

/// Bytes of a master at their offsets: what has been fetched of it so far.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// The whole master's length in bytes.
    size: u64,
    parts: Vec<(u64, Bytes)>,
}

/// Why a parser stopped.
#[derive(Debug)]
pub enum Stop {
    /// These bytes are needed; with `likely` bytes from the same start, no more will be.
    Missing { range: Range<u64>, likely: u64 },
    /// What was read cannot be a master.
    Refused(super::Refused),
}

impl From<super::Refused> for Stop {
    fn from(refused: super::Refused) -> Self {
        Self::Refused(refused)
    }
}

impl Held {
    pub fn new(size: u64, start: Bytes) -> Self {
        Self { size, parts: vec![(0, start)] }
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn add(&mut self, offset: u64, bytes: Bytes) {
        self.parts.push((offset, bytes));
    }

    /// The `length` bytes at `offset`; [`Stop::Missing`] where they have yet to be fetched,
    /// a refusal where the file ends before.
    pub fn get(&self, offset: u64, length: u64) -> Result<&[u8], Stop> {
        let end = offset.checked_add(length).filter(|&end| end <= self.size);
        let Some(end) = end else {
            return Err(super::Refused::damaged("it ends before what its index points at").into());
        };
        for (start, bytes) in &self.parts {
            if *start <= offset && end <= start + bytes.len() as u64 {
                let from = (offset - start) as usize;
                return Ok(&bytes[from..from + length as usize]);
            }
        }
        Err(Stop::Missing { range: offset..end, likely: length })
    }

    /// The bytes from the file's start that are at hand.
    pub fn start(&self) -> &[u8] {
        &self.parts[0].1
    }
}
