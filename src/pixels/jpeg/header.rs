//! A JPEG's markers up to its frame header, without decoding (ITU-T T.81, annex B).

use crate::iiif::Dimensions;
use crate::pixels::Error;

/// What a JPEG says of itself before its first scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub dimensions: Dimensions,
    pub components: u8,
    pub bits: u8,
    /// EXIF's orientation, 1 to 8; 1 where it is missing or illegal.
    pub orientation: u8,
    /// Put together from its APP2 chunks.
    pub icc: Option<Vec<u8>>,
}

/// No profile of use is larger.
const MOST_ICC: usize = 4 << 20;

/// Reads the header from the file's start; `Ok(Err(length))` where at least `length` bytes are
/// needed to reach the frame.
pub fn header(start: &[u8]) -> Result<Result<Header, usize>, Error> {
    let damaged = |reason: &str| Error::damaged("JPEG", reason);
    if !start.starts_with(&[0xff, 0xd8]) {
        return Err(damaged("it does not begin with a JPEG's start marker"));
    }
    let (mut at, mut orientation, mut chunks) = (2, 1, Vec::<(u8, &[u8])>::new());
    loop {
        let Some(&[fill, marker]) = start.get(at..at + 2) else { return Ok(Err(at + 4096)) };
        if fill != 0xff {
            return Err(damaged("a marker is missing"));
        }
        match marker {
            0xff => {
                at += 1;
                continue;
            }
            0x01 | 0xd0..=0xd7 => {
                at += 2;
                continue;
            }
            0xd9 | 0xda => return Err(damaged("it has no frame header before its scan")),
            _ => {}
        }
        let Some(&[high, low]) = start.get(at + 2..at + 4) else { return Ok(Err(at + 4096)) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return Err(damaged("a segment is shorter than its own length"));
        }
        let Some(body) = start.get(at + 4..at + 2 + length) else { return Ok(Err(at + 2 + length + 4096)) };
        match marker {
            0xe1 if body.starts_with(b"Exif\0\0") => orientation = exif_orientation(&body[6..]),
            0xe2 if body.starts_with(b"ICC_PROFILE\0") && body.len() > 14 => {
                chunks.push((body[12], &body[14..]))
            }
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let [bits, h1, h0, w1, w0, components, ..] = *body else {
                    return Err(damaged("its frame header is cut short"));
                };
                let dimensions =
                    Dimensions::new(u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
                if dimensions.area() == 0 {
                    return Err(damaged("a side is 0 pixels long"));
                }
                let icc = joined(chunks);
                return Ok(Ok(Header { dimensions, components, bits, orientation, icc }));
            }
            _ => {}
        }
        at += 2 + length;
    }
}

fn joined(mut chunks: Vec<(u8, &[u8])>) -> Option<Vec<u8>> {
    chunks.sort_by_key(|(number, _)| *number);
    let icc = chunks.iter().flat_map(|(_, part)| part.iter().copied()).take(MOST_ICC + 1).collect::<Vec<_>>();
    (icc.len() > 128 && icc.len() <= MOST_ICC).then_some(icc)
}

/// EXIF's orientation, 1 to 8; 1 where it is missing or illegal. A block may begin with its own name.
pub fn exif_orientation(exif: &[u8]) -> u8 {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let read = exif::Reader::new().read_raw(tiff.to_vec());
    let Ok(exif) = read else { return 1 };
    let field = exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY);
    match field.and_then(|field| field.value.get_uint(0)) {
        Some(orientation @ 1..=8) => orientation as u8,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMALL: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 17, 8, 0, 100, 0, 200, 3, 1, 0x22, 0, 2, 0x11, 1,
        3, 0x11, 1,
    ];

    #[test]
    fn the_frame_says_the_size() {
        let header = header(SMALL).unwrap().unwrap();
        assert_eq!(
            (header.dimensions, header.components, header.orientation),
            (Dimensions::new(200, 100), 3, 1)
        );
    }

    #[test]
    fn a_header_cut_short_asks_for_more() {
        for length in 2..SMALL.len() - 1 {
            assert!(matches!(header(&SMALL[..length]), Ok(Err(more)) if more > length), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = header(&bytes);
            bytes.splice(0..0, [0xff, 0xd8, 0xff]);
            let _ = header(&bytes);
        }
    }
}
