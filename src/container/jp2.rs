//! Reads the boxes of JP2 and JPX files (ISO 15444-1, annex I.4).

use std::ops::Range;

/// The identifier of a `uuid` box with EXIF.
pub(crate) const EXIF: [u8; 16] = *b"JpgTiffExif->JP2";

/// A box without its content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JpxBox {
    pub name: [u8; 4],
    /// The range of the content; it extends beyond the file's end if the file is truncated.
    pub body: Range<u64>,
}

/// Parses the box at `at` of a file of `size` bytes; the next one starts at the end of its body. `read` reads eight bytes at an
/// offset. The inner error says what is wrong with the box.
pub(crate) fn box_at<E>(
    at: u64,
    size: u64,
    mut read: impl FnMut(u64) -> Result<[u8; 8], E>,
) -> Result<Result<JpxBox, &'static str>, E> {
    let [a, b, c, d, name @ ..] = read(at)?;
    let (header, end) = match u32::from_be_bytes([a, b, c, d]) {
        0 => (8, Some(size)),
        1 => (16, at.checked_add(u64::from_be_bytes(read(at + 8)?))),
        length => (8, at.checked_add(u64::from(length))),
    };
    let Some(end) = end else { return Ok(Err("a box is too long")) };
    if end < at + header {
        return Ok(Err("a box is shorter than its header"));
    }
    Ok(Ok(JpxBox { name, body: at + header..end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_have_short_long_and_open_lengths() {
        let check = |file: &[u8], expected: Result<Range<u64>, &'static str>| {
            let read = |at: u64| file[at as usize..][..8].try_into().map_err(|_| ());
            let found = box_at(0, file.len() as u64, read).unwrap();
            assert_eq!(found.map(|found| (found.name, found.body)), expected.map(|body| (*b"uuid", body)));
        };
        check(b"\0\0\0\x0cuuidbody", Ok(8..12));
        check(b"\0\0\0\x01uuid\0\0\0\0\0\0\0\x14body", Ok(16..20));
        check(b"\0\0\0\0uuidbody", Ok(8..12));
        check(b"\0\0\0\x20uuidbody", Ok(8..32));
        check(b"\0\0\0\x07uuidbody", Err("a box is shorter than its header"));
        check(b"\0\0\0\x01uuid\0\0\0\0\0\0\0\x0fbody", Err("a box is shorter than its header"));
    }
}
