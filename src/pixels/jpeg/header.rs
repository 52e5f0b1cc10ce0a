//! Reads a JPEG's header up to its first scan, without decoding (ITU-T T.81, annex B).

use crate::container::jpeg::{Segment, segments};
use crate::iiif::Dimensions;
use crate::metadata::exif;
use crate::pixels::Error;

/// The parsed header of a JPEG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The size of the image in pixels.
    pub dimensions: Dimensions,
    /// The number of components: 1, 3 or 4.
    pub components: u8,
    /// Bits of a sample: 8 or 12, or 2 to 16 if it is lossless.
    pub bits: u8,
    /// EXIF's orientation, 1 to 8; 1 if it is missing or illegal.
    pub orientation: u8,
    /// The ICC profile, assembled from APP2 segments.
    pub icc: Option<Vec<u8>>,
    /// Bytes of the coefficients that a decoder keeps until the last scan; 0 if there is a single scan.
    pub coefficient_bytes: u64,
}

/// The largest profile that is read, in bytes.
const MAX_ICC: usize = 4 << 20;
/// libjpeg's longest side, in pixels.
const MAX_SIDE: u32 = 65_500;

/// Reads the header from the start of a file; `Ok(Err(length))` means that at least `length` bytes are needed to reach the
/// first scan.
///
/// # Errors
/// If the file is damaged, or of a kind that the decoder does not support.
pub fn header(start: &[u8]) -> Result<Result<Header, usize>, Error> {
    let found = match segments(start).map_err(damaged)? {
        Ok(found) => found,
        Err(length) => return Ok(Err(length)),
    };
    let mut frame = None;
    for segment in &found {
        match segment.marker {
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf if frame.is_some() => return Err(damaged("it has two frame headers")),
            0xc0..=0xcf => frame = Some(Frame::read(segment)?),
            0xde => return Err(unsupported("it is hierarchical")),
            0xf7 => return Err(unsupported("it is JPEG-LS")),
            0x02..=0xbf | 0xdf | 0xf0..=0xfd => {
                return Err(unsupported(format_args!("marker 0x{:02x} is reserved", segment.marker)));
            }
            _ => {}
        }
    }
    let Frame { dimensions, bits, components, is_lossless, is_progressive, all_bytes } =
        frame.ok_or_else(|| damaged("it has no frame header before its scan"))?;
    let in_scan = found.last().and_then(|scan| scan.body.first());
    let is_one_scan = !is_progressive && in_scan.is_none_or(|&count| count >= components);
    let coefficient_bytes = if is_one_scan { 0 } else { all_bytes };
    if is_lossless && components == 3 && is_luma_and_chroma(&found) {
        return Err(unsupported("it is lossless, but not RGB"));
    }
    let (orientation, icc) = (orientation(&found), icc(&found));
    Ok(Ok(Header { dimensions, components, bits, orientation, icc, coefficient_bytes }))
}

struct Frame {
    dimensions: Dimensions,
    bits: u8,
    components: u8,
    is_lossless: bool,
    is_progressive: bool,
    /// Bytes of the coefficients of all components.
    all_bytes: u64,
}

impl Frame {
    /// Reads a frame header (§B.2.2).
    fn read(segment: &Segment<'_>) -> Result<Self, Error> {
        let [bits, h1, h0, w1, w0, components, ref sampling @ ..] = *segment.body else {
            return Err(damaged("its frame header is truncated"));
        };
        let is_lossless = match segment.marker {
            0xc0..=0xc2 | 0xc9 | 0xca => false,
            0xc3 => true,
            0xcb => return Err(unsupported("it is lossless with arithmetic coding")),
            _ => return Err(unsupported("it is hierarchical")),
        };
        let dimensions =
            Dimensions::new(u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
        if dimensions.width == 0 {
            return Err(damaged("a side is 0 pixels long"));
        }
        if dimensions.height == 0 {
            return Err(unsupported("its height is stated after its first scan (DNL)"));
        }
        if dimensions.width.max(dimensions.height) > MAX_SIDE {
            return Err(unsupported(format_args!("a side is longer than {MAX_SIDE} pixels")));
        }
        if !matches!(components, 1 | 3 | 4) {
            return Err(unsupported(format_args!(
                "it has {components} components; 1, 3 and 4 are supported"
            )));
        }
        if !if is_lossless { (2..=16).contains(&bits) } else { matches!(bits, 8 | 12) } {
            return Err(unsupported(format_args!("its samples have {bits} bits; 8 and 12 are supported")));
        }
        if sampling.len() != usize::from(components) * 3 {
            return Err(damaged("the length of its frame header does not match its components"));
        }
        check_sampling(sampling.as_chunks().0)?;
        let all_bytes = coefficient_bytes(dimensions, sampling.as_chunks().0);
        let is_progressive = matches!(segment.marker, 0xc2 | 0xca);
        Ok(Self { dimensions, bits, components, is_lossless, is_progressive, all_bytes })
    }
}

/// The bytes of all coefficients: two for each sample of whole blocks (§A.2.4).
fn coefficient_bytes(dimensions: Dimensions, components: &[[u8; 3]]) -> u64 {
    let side = |length: u32, factor: fn(u8) -> u32, sampling: u8| {
        let max = components.iter().map(|[_, sampling, _]| factor(*sampling)).max().unwrap_or(1);
        u64::from((length * factor(sampling)).div_ceil(max).div_ceil(8)) * 8
    };
    let component = |&[_, sampling, _]: &[u8; 3]| {
        let across = side(dimensions.width, |sampling| u32::from(sampling >> 4), sampling);
        across * side(dimensions.height, |sampling| u32::from(sampling & 15), sampling)
    };
    components.iter().map(component).sum::<u64>() * 2
}

/// Refuses sampling factors that libjpeg cannot upsample: they must be 1 to 4, each a divisor of the largest (§A.1.1).
fn check_sampling(components: &[[u8; 3]]) -> Result<(), Error> {
    for factor in [|sampling: u8| sampling >> 4, |sampling: u8| sampling & 15] {
        let factors = || components.iter().map(|[_, sampling, _]| factor(*sampling));
        if !factors().all(|factor| (1..=4).contains(&factor)) {
            return Err(damaged("a component's sampling factor is not 1 to 4"));
        }
        let max = factors().max().unwrap_or(1);
        if !factors().all(|factor| max.is_multiple_of(factor)) {
            return Err(unsupported("a component is sampled at a fraction that is not 1/2, 1/3 or 1/4"));
        }
    }
    Ok(())
}

/// Whether the three components of a lossless JPEG are YCbCr, by its JFIF or Adobe marker.
fn is_luma_and_chroma(segments: &[Segment<'_>]) -> bool {
    let jfif = segments.iter().any(|segment| segment.marker == 0xe0 && segment.body.starts_with(b"JFIF\0"));
    let transform = |segment: &Segment<'_>| match segment.body {
        [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..] if segment.marker == 0xee => {
            Some(*transform)
        }
        _ => None,
    };
    jfif || segments.iter().filter_map(transform).next_back().is_some_and(|transform| transform != 0)
}

/// The orientation in the first EXIF block; a block that does not fit into its segment continues in the next.
fn orientation(segments: &[Segment<'_>]) -> u8 {
    let blocks: Vec<&[u8]> = segments.iter().filter_map(Segment::exif).collect();
    exif::orientation(&blocks.concat()).unwrap_or(1)
}

/// Joins the profile's chunks in the order of their numbers; the first of two equal numbers is used (ICC.1:2022, annex B.4).
fn icc(segments: &[Segment<'_>]) -> Option<Vec<u8>> {
    let chunk = |segment: &Segment<'_>| match segment.body.strip_prefix(b"ICC_PROFILE\0")? {
        [number, _, part @ ..] if segment.marker == 0xe2 => Some((*number, part.to_vec())),
        _ => None,
    };
    let mut chunks: Vec<_> = segments.iter().filter_map(chunk).collect();
    chunks.sort_by_key(|(number, _)| *number);
    chunks.dedup_by_key(|(number, _)| *number);
    let icc: Vec<u8> = chunks.into_iter().flat_map(|(_, part)| part).take(MAX_ICC + 1).collect();
    (icc.len() > 128 && icc.len() <= MAX_ICC).then_some(icc)
}

fn damaged(reason: &str) -> Error {
    Error::damaged("JPEG", reason)
}

fn unsupported(reason: impl std::fmt::Display) -> Error {
    Error::Unsupported(format!(
        "this kind of JPEG is not supported: {reason}; write it as a baseline JPEG or as TIFF"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::exif::tests::block_with;
    use proptest::prelude::*;

    const FRAME: &[u8] = &[8, 0, 100, 0, 200, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];

    fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
        [&[0xff, marker][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat()
    }

    fn file(segments: &[Vec<u8>]) -> Vec<u8> {
        [&b"\xff\xd8"[..], &segments.concat(), &segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0])].concat()
    }

    fn exif(block: &[u8]) -> Vec<u8> {
        segment(0xe1, &[b"Exif\0\0", block].concat())
    }

    #[track_caller]
    fn check(segments: &[Vec<u8>], orientation: u8) {
        let file = file(segments);
        let header = header(&file).unwrap().unwrap();
        let expected = (Dimensions::new(200, 100), 3, 8, orientation);
        assert_eq!((header.dimensions, header.components, header.bits, header.orientation), expected);
    }

    #[test]
    fn the_first_orientation_is_used_wherever_it_is() {
        let (frame, six) = (segment(0xc0, FRAME), block_with(6, 0));
        let jfif = segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
        let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation='3'/>");
        check(std::slice::from_ref(&frame), 1);
        check(&[exif(&six), frame.clone()], 6);
        check(&[jfif, xmp.clone(), exif(&six), frame.clone()], 6);
        check(&[frame.clone(), exif(&six)], 6);
        check(&[exif(&block_with(6, 99_999)), frame.clone()], 6);
        // A second segment: another block, the rest of the first, or garbage.
        check(&[exif(&six), exif(&block_with(3, 0)), frame.clone()], 6);
        check(&[exif(&six), exif(b""), exif(b"garbage"), frame.clone()], 6);
        check(&[exif(b"II*\0"), exif(&six[4..]), frame.clone()], 6);
        // Only the first block counts, as in other readers.
        check(&[exif(&block_with(9, 0)), exif(&six), frame.clone()], 1);
        check(&[exif(b"broken"), exif(&six), frame.clone()], 1);
        check(&[segment(0xe1, &[b"Exif\0 ", &six[..]].concat()), frame.clone()], 1);
        // The orientation in XMP does not count; browsers ignore it too.
        check(&[xmp, frame], 1);
    }

    #[test]
    fn a_truncated_header_needs_more_bytes() {
        let file = file(&[segment(0xe0, b"ab"), segment(0xc0, FRAME)]);
        for length in 2..file.len() {
            assert!(matches!(header(&file[..length]), Ok(Err(more)) if more > length), "{length}");
        }
    }

    #[test]
    fn unsupported_jpegs_are_refused_with_a_reason() {
        let changed = |changes: &[(usize, u8)]| {
            let mut frame = FRAME.to_vec();
            changes.iter().for_each(|&(at, value)| frame[at] = value);
            frame
        };
        let two = [&changed(&[(5, 2)])[..12]].concat();
        let five = [&changed(&[(5, 5)])[..], &[4, 0x11, 1, 5, 0x11, 1]].concat();
        for (marker, frame, reason) in [
            (0xc5, FRAME.to_vec(), "hierarchical"),
            (0xcb, FRAME.to_vec(), "arithmetic"),
            (0xf7, FRAME.to_vec(), "JPEG-LS"),
            (0xc0, changed(&[(0, 16)]), "16 bits"),
            (0xc3, changed(&[(0, 17)]), "17 bits"),
            (0xc0, changed(&[(1, 0), (2, 0)]), "DNL"),
            (0xc0, changed(&[(3, 0xff), (4, 0xff)]), "65500"),
            (0xc0, changed(&[(7, 0x31), (10, 0x21)]), "fraction"),
            (0xc0, two, "2 components"),
            (0xc0, five, "5 components"),
        ] {
            let refused = header(&file(&[segment(marker, &frame)])).unwrap_err();
            assert!(matches!(refused, Error::Unsupported(_)), "{refused}");
            assert!(refused.to_string().contains(reason), "{refused}");
        }
        for frame in
            [changed(&[(3, 0), (4, 0)]), changed(&[(7, 0)]), changed(&[(7, 0x52)]), FRAME[..14].to_vec()]
        {
            assert!(matches!(header(&file(&[segment(0xc0, &frame)])), Err(Error::Damaged { .. })));
        }
        assert!(header(&file(&[])).is_err());
        assert!(header(&file(&[segment(0xc0, FRAME), segment(0xc0, FRAME)])).is_err());
    }

    #[test]
    fn twelve_bits_and_lossless_coding_are_read() {
        let wide = [&[12], &FRAME[1..]].concat();
        assert_eq!(header(&file(&[segment(0xc1, &wide)])).unwrap().unwrap().bits, 12);
        let adobe = |transform| segment(0xee, &[b"Adobe\0\x64\0\0\0\0", &[transform][..]].concat());
        let lossless = |more: Vec<u8>| header(&file(&[more, segment(0xc3, FRAME)]));
        assert!(lossless(adobe(0)).unwrap().is_ok());
        assert!(lossless(segment(0xfe, b"")).unwrap().is_ok());
        assert!(lossless(adobe(1)).is_err());
        assert!(lossless(segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")).is_err());
    }

    #[test]
    fn coefficients_of_several_scans_count() {
        let bytes = |frame: u8, scan: &[u8]| {
            let file = [&b"\xff\xd8"[..], &segment(frame, FRAME), &segment(0xda, scan)].concat();
            header(&file).unwrap().unwrap().coefficient_bytes
        };
        let (all, one) = ([3, 1, 0, 2, 0, 3, 0, 0, 63, 0], [1, 1, 0, 0, 63, 0]);
        // Whole blocks of 8 by 8: 200 by 104 of luma, 104 by 56 each of chroma.
        let whole = 2 * (200 * 104 + 2 * 104 * 56);
        assert_eq!([bytes(0xc0, &all), bytes(0xc0, &one), bytes(0xc2, &all)], [0, whole, whole]);
    }

    #[test]
    fn a_profile_is_assembled_from_its_chunks() {
        let chunk = |number: u8, byte: u8| {
            segment(0xe2, &[b"ICC_PROFILE\0", &[number, 2][..], &[byte; 100]].concat())
        };
        let icc = |segments: &[Vec<u8>]| header(&file(segments)).unwrap().unwrap().icc;
        let expected = Some([[1; 100], [2; 100]].concat());
        let frame = segment(0xc0, FRAME);
        assert_eq!(icc(&[chunk(2, 2), chunk(1, 1), frame.clone()]), expected);
        assert_eq!(icc(&[chunk(1, 1), chunk(1, 3), frame.clone(), chunk(2, 2)]), expected);
        assert_eq!(icc(&[chunk(1, 1), frame]), None);
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
