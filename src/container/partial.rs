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

    /// Returns the `length` bytes at `offset`, in one or several pieces.
    ///
    /// # Errors
    /// Returns the same errors as [`PartialFile::get`]; only bytes that are missing are named.
    pub fn pieces(&self, offset: u64, length: u64) -> Result<Vec<&[u8]>, Stop> {
        let end = offset.checked_add(length).filter(|&end| end <= self.size);
        let end = end.ok_or_else(|| Refused::damaged("it ends before its index does"))?;
        let (mut at, mut found) = (offset, Vec::new());
        while at < end {
            let rest = |(start, bytes): &(u64, Bytes)| start + bytes.len() as u64;
            let covering = self.parts.iter().filter(|part| part.0 <= at && at < rest(part));
            let Some(part) = covering.max_by_key(|part| rest(part)) else {
                let starts = self.parts.iter().map(|part| part.0);
                let next = starts.filter(|&start| start > at).min().unwrap_or(end).min(end);
                return Err(Stop::NeedBytes { range: at..next, likely: next - at });
            };
            let until = rest(part).min(end);
            found.push(&part.1[(at - part.0) as usize..(until - part.0) as usize]);
            at = until;
        }
        Ok(found)
    }

    /// The fetched bytes at the start of the file.
    pub fn start(&self) -> &[u8] {
        &self.parts[0].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_several_parts_are_joined_and_only_gaps_are_requested() {
        let bytes: Vec<u8> = (0..100).collect();
        let part = |range: Range<usize>| Bytes::copy_from_slice(&bytes[range]);
        let mut file = PartialFile::new(100, part(0..30));
        file.add(60, part(60..80));
        file.add(20, part(20..40));
        let joined = |file: &PartialFile, range: Range<u64>| {
            file.pieces(range.start, range.end - range.start).map(|pieces| pieces.concat())
        };
        assert_eq!(joined(&file, 5..38).unwrap(), bytes[5..38]);
        assert!(joined(&file, 7..7).unwrap().is_empty());
        let missing = |range| match joined(&file, range) {
            Err(Stop::NeedBytes { range, likely }) => (range, likely),
            other => panic!("{other:?}"),
        };
        assert_eq!(missing(0..100), (40..60, 20));
        assert_eq!(missing(35..50), (40..50, 10));
        assert_eq!(missing(70..100), (80..100, 20));
        assert!(matches!(joined(&file, 90..101), Err(Stop::Refused(_))));
        file.add(40, part(40..60));
        assert_eq!(joined(&file, 0..80).unwrap(), bytes[..80]);
    }
}
