//! The checksums in Tegl's pyramids, in private tags that other readers ignore.
//!
//! | tag | type | values |
//! |---|---|---|
//! | 65290 | LONG | in each directory, one per tile: the CRC-32 of the tile's bytes as they are stored |
//! | 65291 | LONG | in the first directory: a signature, the length of the index in bytes, the CRC-32 of the index |
//!
//! CRC-32 is that of PNG and gzip (ISO 3309, ITU-T V.42). The index is everything before the first tile: the header, all
//! directories and their values. Its checksum is computed with four zeros in its own place.
//!
//! What another program changes in a file (a description, say) also changes the index, whose checksum is then wrong though
//! nothing is damaged. So it is compared to notice answers of a store that were damaged on the way, and proves damage only
//! in files that nobody but Tegl writes. The checksums of tiles hold as long as the tiles are not changed.
//!
//! Other masters have no checksums. What is noticed of their damage are ranges of a wrong length, TIFF directories that
//! contradict themselves, and JPEG tiles whose markers do not fit together; a changed byte among coded samples is not.

use flate2::Crc;

use super::complete_jpeg::SOI_BYTES;
use super::level::{Codec, Level};
use super::{Integrity, Stop};
use crate::container::PartialFile;
use crate::container::tiff::Directory;
use crate::container::tiff::tags::INDEX_CHECKSUM;

/// The first value of tag 65291: `Tegl` in a little-endian file.
pub(super) const SIGNATURE: u32 = u32::from_le_bytes(*b"Tegl");
/// The offset of an index's checksum within the values of tag 65291.
pub(super) const IN_VALUES: u64 = 8;
/// A JPEG's start marker, which is not read with a tile.
const START_OF_IMAGE: [u8; SOI_BYTES as usize] = [0xff, 0xd8];

/// The CRC-32 of these pieces, one after another.
pub(super) fn crc32<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> u32 {
    let mut crc = Crc::new();
    pieces.into_iter().for_each(|piece| crc.update(piece));
    crc.sum()
}

/// What the first directory states about the index.
pub(super) struct IndexChecksum {
    length: u64,
    crc: u32,
    /// The offset of the checksum in the file.
    at: u64,
}

impl IndexChecksum {
    /// Reads tag 65291; `None` if the directory does not have it, or one with another meaning.
    pub(super) fn read(file: &PartialFile, directory: &Directory) -> Result<Option<Self>, Stop> {
        let Some(at) = directory.offset(INDEX_CHECKSUM).filter(|_| directory.count(INDEX_CHECKSUM) == 3)
        else {
            return Ok(None);
        };
        let values = match directory.numbers(file, INDEX_CHECKSUM, 3) {
            Err(Stop::Refused(_)) => return Ok(None),
            values => values?,
        };
        match values[..] {
            [signature, length, crc] if signature == u64::from(SIGNATURE) => {
                Ok(Some(Self { length, crc: crc as u32, at: at + IN_VALUES }))
            }
            _ => Ok(None),
        }
    }

    /// Whether the bytes before the first tile of these levels have this checksum.
    fn holds(&self, file: &PartialFile, levels: &[Level]) -> Result<bool, Stop> {
        let offsets = levels.iter().flat_map(|level| &level.tiles).map(|tile| tile.0);
        // Levels that are not used may have earlier tiles.
        if offsets.min().is_none_or(|first| first < self.length) || self.length < self.at + 4 {
            return Ok(false);
        }
        let mut pieces = file.pieces(0, self.at)?;
        pieces.push(&[0; 4]);
        pieces.extend(file.pieces(self.at + 4, self.length - self.at - 4)?);
        Ok(crc32(pieces) == self.crc)
    }
}

/// Whether the index with these levels is as it was written.
pub(super) fn integrity(
    file: &PartialFile,
    index: Option<&IndexChecksum>,
    levels: &[Level],
) -> Result<Integrity, Stop> {
    match index {
        Some(index) if index.holds(file, levels)? => Ok(Integrity::Verified),
        // Both tags are written, so one of them was lost.
        None if levels.iter().all(|level| level.checksums.is_empty()) => Ok(Integrity::Unknown),
        _ => Ok(Integrity::Differs),
    }
}

impl Level {
    /// Whether these are the bytes of a tile as they were written, without its start marker if it is a JPEG; `None` if the
    /// tile has no checksum.
    pub fn is_intact(&self, tile: super::TileIndex, bytes: &[u8]) -> Option<bool> {
        let expected = *self.checksums.get(self.grid.number(tile))?;
        let start: &[u8] = if self.codec == Codec::Jpeg { &START_OF_IMAGE } else { &[] };
        Some(crc32([start, bytes]) == expected)
    }
}
