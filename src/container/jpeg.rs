//! Finds a JPEG's marker segments up to its first scan, as libjpeg does (ITU-T T.81, annex B).

/// A marker segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub marker: u8,
    pub body: &'a [u8],
}

impl<'a> Segment<'a> {
    /// The part of an EXIF block in this segment, if it contains one.
    pub(crate) fn exif(&self) -> Option<&'a [u8]> {
        self.body.strip_prefix(b"Exif\0\0").filter(|_| self.marker == 0xe1)
    }
}

pub(crate) const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

/// Parses the segments at the start of a file up to the header of the first scan. `Ok(Err(length))` means that at
/// least `length` bytes are needed to reach it.
///
/// Stray bytes between segments are skipped, and an application segment or comment whose stated length is too small
/// counts as empty: every common decoder reads such files.
///
/// # Errors
///
/// The reason why the file is damaged.
pub(crate) fn segments(start: &[u8]) -> Result<Result<Vec<Segment<'_>>, usize>, &'static str> {
    const MORE: usize = 4096;
    if !start.starts_with(&[0xff, 0xd8]) {
        return Err("it does not begin with a JPEG start marker");
    }
    let (mut at, mut found) = (2, Vec::new());
    loop {
        let Some((marker, end)) = next_marker(start, at) else {
            return Ok(Err(start.len().max(at) + MORE));
        };
        at = end;
        match marker {
            // TEM and restart markers have no length.
            0x01 | 0xd0..=0xd7 => continue,
            0xd8 => return Err("it has a second start marker before its first scan"),
            END_OF_IMAGE => return Err("it ends before its first scan"),
            _ => {}
        }
        let Some(&[high, low]) = start.get(at..at + 2) else { return Ok(Err(at + MORE)) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 && !matches!(marker, 0xe0..=0xef | 0xfe) {
            return Err("a segment is shorter than its length field");
        }
        let end = at + length.max(2);
        let Some(body) = start.get(at + 2..end) else { return Ok(Err(end + MORE)) };
        found.push(Segment { marker, body });
        if marker == START_OF_SCAN {
            return Ok(Ok(found));
        }
        at = end;
    }
}

/// The number of bytes of a file of `size` bytes to read if its first `known` bytes end before the first scan, and at least `needed` are
/// needed: twice as many each time, because all of them are read and parsed again.
pub(crate) fn next_length(known: u64, needed: usize, size: u64, max: u64) -> u64 {
    const AHEAD: u64 = 64 << 10;
    (needed as u64 + AHEAD).max(known.saturating_mul(2).min(max)).min(size)
}

/// The next marker from `at` on, and where it ends; fill bytes and stuffed zeros are skipped.
fn next_marker(start: &[u8], at: usize) -> Option<(u8, usize)> {
    let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff);
    let found = at + start.get(at..)?.windows(2).position(is_marker)?;
    Some((start[found + 1], found + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(between: &[u8], expected: &[(u8, &[u8])]) {
        let file = [b"\xff\xd8", between, b"\xff\xda\0\x02"].concat();
        let expected: Vec<_> = expected.iter().map(|&(marker, body)| Segment { marker, body }).collect();
        let found = segments(&file).unwrap().unwrap();
        assert_eq!(found[..found.len() - 1], expected);
        for length in 2..file.len() {
            assert!(matches!(segments(&file[..length]), Ok(Err(more)) if more > length), "{length}");
        }
    }

    #[test]
    fn segments_are_found_as_libjpeg_finds_them() {
        check(b"\xff\xe0\0\x04ab", &[(0xe0, b"ab")]);
        check(b"\xff\xff\xff\xe0\0\x04ab\xff\xd3\xff\x01", &[(0xe0, b"ab")]);
        check(b"\xff\xe0\0\x04abstray\xff\0bytes\xff\xfe\0\x03c", &[(0xe0, b"ab"), (0xfe, b"c")]);
        check(b"\xff\xe1\0\x01\xff\xe2\0\0\xff\xfe\0\x03c", &[(0xe1, b""), (0xe2, b""), (0xfe, b"c")]);
    }

    #[test]
    fn a_long_header_is_read_in_few_parts() {
        // Fill bytes need one more byte each time, segments their length.
        for step in [1, 65_537] {
            let (mut known, mut parts, mut bytes) = (64 << 10, 0, 0);
            while known < 24 << 20 {
                known = next_length(known, known as usize + step, 1 << 30, 32 << 20);
                (parts, bytes) = (parts + 1, bytes + known);
            }
            assert!(parts <= 10 && bytes <= 64 << 20, "{parts} parts, {bytes} bytes");
        }
        assert_eq!(next_length(64 << 10, 70_000, 100_000, 32 << 20), 100_000);
        assert_eq!(next_length(32 << 20, 33 << 20, 1 << 30, 32 << 20), (33 << 20) + (64 << 10));
    }

    #[test]
    fn what_libjpeg_refuses_is_refused() {
        for file in [&b"GIF89a"[..], b"\xff\xd8\xff\xd8", b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xdb\0\x01"] {
            assert!(segments(file).is_err());
        }
    }
}
