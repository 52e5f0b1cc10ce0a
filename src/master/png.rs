//! Reads a PNG's header: size, profile, EXIF orientation (PNG, third edition, §11).

use std::sync::Arc;

use super::header::{Header, checked_dimensions, decoder_memory};
use super::{Orientation, PartialFile, Refused, Stop};
use crate::container::MAX_PROFILE;
use crate::container::png::{chunks_after_pixels, chunks_before_pixels, inflated, raw_kind, raw_profile};
use crate::iiif::Dimensions;
use crate::metadata::exif;
use crate::pixels::{Alpha, Depth, Model, Shape};

/// The largest ratio of Deflate (RFC 1951: two bits for 258 bytes, and a little more).
const MAX_RATIO: u64 = 1032;
/// The most texts of one kind that are decompressed: if the first is damaged, a later one may work.
const MAX_TEXTS: usize = 4;

/// Reads IHDR, which comes first (§11.2.1), the profile, which comes before the pixels, and EXIF before or after them.
pub(super) fn header(file: &PartialFile) -> Result<Header, Stop> {
    let header = file.get(0, 29)?;
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let dimensions = checked_dimensions(&header[12..16] == b"IHDR", Dimensions::new(number(16), number(20)))?;
    let (depth, color, is_interlaced) = (header[24], header[25], header[28] != 0);
    check_length(file, dimensions, depth, color)?;
    let mut shape = Shape {
        dimensions,
        model: if color & 2 == 0 { Model::Gray } else { Model::Rgb },
        alpha: if color & 4 == 0 { Alpha::None } else { Alpha::Straight },
        depth: if depth == 16 { Depth::U16 } else { Depth::U8 },
    };
    let (mut search, mut icc, mut palette) = (Search::default(), None, color != 3);
    let pixels = chunks_before_pixels(file, |name, body| match name {
        // The first of several counts: each costs memory and time to decompress.
        b"iCCP" => _ = icc.get_or_insert_with(|| profile(body)),
        b"tRNS" => shape.alpha = Alpha::Straight,
        b"PLTE" => palette = true,
        _ => search.visit(name, body),
    })?;
    if !pixels || !palette {
        return Err(Refused::damaged("it has no pixels, or no palette").into());
    }
    if search.found.is_none() {
        chunks_after_pixels(file, |name, body| search.visit(name, body))?;
    }
    let orientation =
        search.found.map_or(Orientation::UPRIGHT, |(_, number)| Orientation::new(number.into()));
    let icc = icc.flatten();
    let all = shape.stride().saturating_mul(dimensions.height.into());
    let memory = decoder_memory(if is_interlaced { all } else { 0 }, shape);
    Ok(Header { shape, orientation, icc, memory })
}

/// Refuses a file that is too short for its pixels at the best possible compression.
fn check_length(file: &PartialFile, dimensions: Dimensions, depth: u8, color: u8) -> Result<(), Stop> {
    let samples: u64 = match color {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };
    let bits = samples * u64::from(depth.min(16)) * u64::from(dimensions.width);
    let bytes = (bits.div_ceil(8)).saturating_mul(dimensions.height.into());
    if bytes / MAX_RATIO > file.size() {
        return Err(Refused::damaged("it is too short for its pixels").into());
    }
    Ok(())
}

/// Searches for the orientation in EXIF's own chunk or in a text. The first one counts, but EXIF's own chunk takes
/// precedence over texts.
#[derive(Default)]
struct Search {
    /// Whether it is from EXIF's own chunk, and the orientation.
    found: Option<(bool, u8)>,
    /// Texts that were decompressed.
    texts: usize,
}

impl Search {
    fn visit(&mut self, name: &[u8; 4], body: &[u8]) {
        if name == b"eXIf" {
            if self.found.is_none_or(|(own, _)| !own) {
                let orientation = exif::orientation(exif::without_prefix(body));
                self.found = orientation.map(|orientation| (true, orientation)).or(self.found);
            }
        } else if self.found.is_none() && self.texts < MAX_TEXTS && raw_kind(body) == Some(b"exif") {
            self.texts += 1;
            let block = raw_profile(name, body).map(|(_, block)| block).unwrap_or_default();
            self.found =
                exif::orientation(exif::without_prefix(&block)).map(|orientation| (false, orientation));
        }
    }
}

/// The profile in an iCCP chunk: a name, a zero, the compression method, and the compressed profile (§11.3.2.3).
fn profile(chunk: &[u8]) -> Option<Arc<[u8]>> {
    let name = chunk.iter().take(80).position(|&byte| byte == 0)?;
    let icc = inflated(chunk.get(name + 2..)?, MAX_PROFILE)?;
    (icc.len() > 128).then(|| icc.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::container::png::tests::{chunk, raw};
    use crate::metadata::exif::tests::block_with;

    fn file(before: &[Vec<u8>], pixels: &[u8], after: &[Vec<u8>]) -> PartialFile {
        let size = chunk(b"IHDR", &[0, 0, 0, 20, 0, 0, 0, 10, 8, 2, 0, 0, 0]);
        let file = [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            size,
            before.concat(),
            chunk(b"IDAT", pixels),
            after.concat(),
            chunk(b"IEND", b""),
        ]
        .concat();
        PartialFile::new(file.len() as u64, file.into())
    }

    #[track_caller]
    fn check(before: &[Vec<u8>], after: &[Vec<u8>], expected: u8) {
        let found = header(&file(before, b"pixels", after)).unwrap();
        assert_eq!(found.orientation.number(), expected);
    }

    #[test]
    fn exif_is_found_wherever_it_is() {
        let (six, named) = (block_with(6, 0), [b"Exif\0\0", &block_with(6, 77)[..]].concat());
        check(&[], &[], 1);
        check(&[chunk(b"eXIf", &six)], &[], 6);
        check(&[chunk(b"eXIf", &named)], &[], 6);
        check(&[], &[chunk(b"eXIf", &six)], 6);
        for deflated in [false, true] {
            check(&[raw("exif", &named, deflated)], &[], 6);
            check(&[], &[raw("exif", &named, deflated)], 6);
            check(&[], &[raw("APP1", &named, deflated)], 1);
            check(&[raw("iptc", &six, deflated)], &[], 1);
            check(&[raw("exif", &block_with(3, 0), deflated), chunk(b"eXIf", &six)], &[], 6);
        }
        let mut damaged = chunk(b"eXIf", &six);
        *damaged.last_mut().unwrap() ^= 1;
        check(&[damaged], &[], 1);
        check(
            &[chunk(b"eXIf", &six), chunk(b"eXIf", &block_with(3, 0))],
            &[chunk(b"eXIf", &block_with(8, 0))],
            6,
        );
    }

    #[test]
    fn pixels_that_look_like_a_chunk_are_ignored() {
        let mut false_one = chunk(b"eXIf", &block_with(6, 0));
        *false_one.last_mut().unwrap() ^= 1;
        assert_eq!(header(&file(&[], &false_one, &[])).unwrap().orientation.number(), 1);
    }

    #[test]
    fn chunks_that_decompress_to_too_much_are_skipped() {
        let deflated = |bytes: usize| {
            let mut packed = flate2::write::ZlibEncoder::new(b"x\0\0".to_vec(), flate2::Compression::fast());
            packed.write_all(&vec![0; bytes]).unwrap();
            packed.finish().unwrap()
        };
        let max = MAX_PROFILE as usize;
        assert_eq!(profile(&deflated(max)).map(|icc| icc.len()), Some(max));
        assert_eq!(profile(&deflated(max + 1)), None);
        // The first of several profiles counts, even if it is unusable.
        let two = [chunk(b"iCCP", &deflated(max + 1)), chunk(b"iCCP", &deflated(1000))];
        assert_eq!(header(&file(&two, b"", &[])).unwrap().icc, None);
        let broken = raw("exif", b"no block", true);
        let texts = |broken: &[Vec<u8>]| [broken, &[raw("exif", &block_with(6, 0), true)]].concat();
        check(&texts(&vec![broken.clone(); MAX_TEXTS - 1]), &[], 6);
        check(&texts(&vec![broken; MAX_TEXTS]), &[], 1);
    }

    #[test]
    fn a_file_that_is_too_short_for_its_pixels_is_refused() {
        let size = |side: u16| {
            let [high, low] = side.to_be_bytes();
            let size = chunk(b"IHDR", &[0, 0, high, low, 0, 0, high, low, 1, 0, 0, 0, 0]);
            let file = [&b"\x89PNG\r\n\x1a\n"[..], &size, &chunk(b"IDAT", &[0; 1000])].concat();
            header(&PartialFile::new(file.len() as u64, file.into()))
                .map(|found| found.shape.dimensions.width)
        };
        assert!(size(2800).is_ok());
        assert!(size(4000).is_err());
    }

    #[test]
    fn a_file_without_pixels_or_their_palette_is_refused() {
        let size = |color: u8| chunk(b"IHDR", &[0, 0, 0, 20, 0, 0, 0, 10, 8, color, 0, 0, 0]);
        let (palette, pixels, end) = (chunk(b"PLTE", &[0; 3]), chunk(b"IDAT", b""), chunk(b"IEND", b""));
        for (chunks, read) in [
            (vec![size(2), pixels.clone(), end.clone()], true),
            (vec![size(2), end.clone()], false),
            (vec![size(2)], false),
            (vec![size(3), palette, pixels.clone(), end.clone()], true),
            (vec![size(3), pixels, end], false),
        ] {
            let file = [&b"\x89PNG\r\n\x1a\n"[..], &chunks.concat()].concat();
            assert_eq!(header(&PartialFile::new(file.len() as u64, file.into())).is_ok(), read);
        }
    }

    #[test]
    fn palettes_are_found_after_any_amount_of_text() {
        let text = chunk(b"tEXt", &vec![b'x'; 3 << 20]);
        let size = chunk(b"IHDR", &[0, 0, 0, 20, 0, 0, 0, 10, 8, 3, 0, 0, 0]);
        let (palette, pixels) = (chunk(b"PLTE", &[0; 768]), chunk(b"IDAT", b""));
        let file = [b"\x89PNG\r\n\x1a\n".to_vec(), size, text.repeat(4), palette, pixels].concat();
        assert!(header(&PartialFile::new(file.len() as u64, file.into())).is_ok());
    }

    #[test]
    fn broken_chunks_before_the_pixels_are_skipped() {
        let found =
            header(&file(&[chunk(b"iCCP", b"name\0\0broken"), chunk(b"zTXt", b"")], b"", &[])).unwrap();
        assert_eq!((found.icc, found.shape.dimensions), (None, Dimensions::new(20, 10)));
    }
}
