//! Reads the orientation from an EXIF block, even if the rest of the block is damaged (CIPA DC-008, §4.6.2; TIFF 6.0,
//! §2).

use std::ops::RangeInclusive;

const ORIENTATION: u16 = 0x0112;
const LEGAL: RangeInclusive<u32> = 1..=8;

/// The orientation in the first directory of a TIFF structure, 1 to 8; `None` if it is missing or illegal.
///
/// Only the entries of that directory are read, so that wrong pointers elsewhere, truncated directories and thumbnails with an
/// orientation of their own do not matter.
pub fn orientation(tiff: &[u8]) -> Option<u8> {
    let big_endian = match tiff.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let short =
        |bytes: [u8; 2]| if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
    let long =
        |bytes: [u8; 4]| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    let directory = tiff.get(long(array(tiff, 4)?) as usize..)?;
    let entries = directory.get(2..)?.as_chunks::<12>().0;
    let count = usize::from(short(array(directory, 0)?));
    entries.iter().take(count).find_map(|entry| {
        // Entries without a value are skipped; the first of several is used.
        if short(array(entry, 0)?) != ORIENTATION || array(entry, 4) == Some([0; 4]) {
            return None;
        }
        let value = match short(array(entry, 2)?) {
            // BYTE, SHORT and LONG, the signed ones, and UNDEFINED.
            1 | 6 | 7 => u32::from(entry[8]),
            3 | 8 => u32::from(short(array(entry, 8)?)),
            4 | 9 => long(array(entry, 8)?),
            // RATIONAL, whose value is outside the entry.
            5 | 10 => {
                let at = long(array(entry, 8)?) as usize;
                long(array(tiff, at)?).checked_div(long(array(tiff, at.checked_add(4)?)?))?
            }
            _ => return None,
        };
        LEGAL.contains(&value).then_some(value as u8)
    })
}

/// The orientation in a block with or without the `Exif` prefix; 1 if it is missing or illegal.
pub fn orientation_or_upright(block: &[u8]) -> u8 {
    orientation(super::without_prefix(block)).unwrap_or(1)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A block whose first directory has these entries of tag, type, count and value.
    pub(crate) fn block(big_endian: bool, entries: &[(u16, u16, u32, [u8; 4])], next: u32) -> Vec<u8> {
        let short = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let long = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut block = if big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        block.extend(long(8));
        block.extend(short(entries.len() as u16));
        for (tag, kind, count, value) in entries {
            block.extend([short(*tag), short(*kind)].concat());
            block.extend(long(*count));
            block.extend(value);
        }
        block.extend(long(next));
        block
    }

    /// A little-endian block with only an orientation, and this pointer to the next directory.
    pub(crate) fn block_with(orientation: u8, next: u32) -> Vec<u8> {
        block(false, &[(ORIENTATION, 3, 1, [orientation, 0, 0, 0])], next)
    }

    const MAKE: (u16, u16, u32, [u8; 4]) = (0x010f, 2, 4, *b"Tegl");

    #[track_caller]
    fn check(block: &[u8], expected: Option<u8>) {
        assert_eq!(orientation(block), expected);
        assert_eq!(orientation(super::super::without_prefix(&[b"Exif\0\0", block].concat())), expected);
        for length in 0..block.len() {
            orientation(&block[..length]);
        }
    }

    #[test]
    fn an_orientation_of_any_integer_type_is_read() {
        for (kind, little, big) in [
            (1, [6, 0, 0, 0], [6, 0, 0, 0]),
            (7, [6, 0, 0, 0], [6, 0, 0, 0]),
            (3, [6, 0, 0, 0], [0, 6, 0, 0]),
            (4, [6, 0, 0, 0], [0, 0, 0, 6]),
            (8, [6, 0, 0, 0], [0, 6, 0, 0]),
        ] {
            check(&block(false, &[MAKE, (ORIENTATION, kind, 1, little)], 0), Some(6));
            check(&block(true, &[MAKE, (ORIENTATION, kind, 1, big)], 0), Some(6));
        }
        check(&block(false, &[(ORIENTATION, 2, 1, *b"6\0\0\0")], 0), None);
        check(&block(false, &[(ORIENTATION, 3, 0, [6, 0, 0, 0])], 0), None);
        for (above, below, expected) in [(6u32, 1u32, Some(6)), (16, 2, Some(8)), (6, 0, None)] {
            let pointing = block(false, &[(ORIENTATION, 5, 1, [26, 0, 0, 0])], 0);
            check(&[pointing, above.to_le_bytes().to_vec(), below.to_le_bytes().to_vec()].concat(), expected);
        }
    }

    #[test]
    fn damage_elsewhere_does_not_matter() {
        let entry = (ORIENTATION, 3, 1, [6, 0, 0, 0]);
        check(&block_with(6, 99_999), Some(6));
        check(&block(false, &[(ORIENTATION, 3, 0x0100_0000, [6, 0, 0, 0])], 0), Some(6));
        // A pointer beyond the end, and tags out of order.
        check(&block(false, &[(0x8769, 4, 1, [0xff; 4]), entry, (0x0100, 9999, 1, [0; 4])], 0), Some(6));
        // More entries than there are.
        let mut cut = block(false, &[MAKE, entry], 0);
        cut[8] = 200;
        check(&cut, Some(6));
        // A directory after other data.
        let far = [b"II*\0", &14u32.to_le_bytes()[..], b"cruft.", &block_with(8, 0)[8..]].concat();
        check(&far, Some(8));
    }

    #[test]
    fn illegal_orientations_are_ignored() {
        for illegal in [0, 9, 255] {
            check(&block_with(illegal, 0), None);
            let second = (ORIENTATION, 3, 1, [3, 0, 0, 0]);
            check(&block(false, &[(ORIENTATION, 3, 1, [illegal, 0, 0, 0]), second], 0), Some(3));
        }
        // The first of two that are legal.
        let both = [(ORIENTATION, 3, 1, [8, 0, 0, 0]), (ORIENTATION, 3, 1, [3, 0, 0, 0])];
        check(&block(false, &both, 0), Some(8));
    }

    #[test]
    fn a_block_that_is_not_tiff_has_no_orientation() {
        let six = block_with(6, 0);
        for start in [b"II\0\0", b"II+\0", b"XX*\0", b"MM*\0"] {
            check(&[start, &six[4..]].concat(), None);
        }
        check(&[b"Exif\0\0", &six[..]].concat(), None);
        check(&[b"Exif\0 ", &six[..]].concat(), None);
    }

    #[test]
    fn the_orientation_of_a_thumbnail_is_ignored() {
        let mut both = block(false, &[MAKE], 26);
        assert_eq!(both.len(), 26);
        both.extend(&block_with(6, 0)[8..]);
        check(&both, None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            orientation(&bytes);
            orientation(&[b"II*\0\x08\0\0\0", &bytes[..]].concat());
        }
    }
}
