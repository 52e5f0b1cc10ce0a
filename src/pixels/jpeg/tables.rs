//! Checks whether a JPEG contains all tables that it needs (ITU-T T.81, B.2.4).

use crate::container::jpeg::{START_OF_SCAN, segments};

/// Whether the JPEG is a single scan of Huffman codes, with all of its tables before it.
///
/// A decompressor keeps the tables of the previous JPEG and uses them if the next one has none, so other JPEGs need a new
/// decompressor.
pub(super) fn are_complete(jpeg: &[u8]) -> bool {
    let Ok(Ok(found)) = segments(jpeg) else { return false };
    let (mut quantization, mut huffman) = ([false; 16], [false; 256]);
    let mut needed: &[u8] = &[];
    for segment in found {
        match segment.marker {
            0xdb => mark(&mut quantization, segment.body, |body| {
                (usize::from(body[0] & 15), 65 + usize::from(body[0] >> 4) * 64)
            }),
            0xc4 => mark(&mut huffman, segment.body, |body| {
                let codes = body.get(1..17).unwrap_or_default().iter().map(|&count| usize::from(count));
                (usize::from(body[0]), 17 + codes.sum::<usize>())
            }),
            // Baseline and extended: eight bytes, then three for each component.
            0xc0 | 0xc1 => needed = segment.body.get(6..).unwrap_or_default(),
            START_OF_SCAN => {
                let scan = segment.body.get(1..).unwrap_or_default();
                let count = needed.len() / 3;
                return count > 0
                    && segment.body.first().is_some_and(|&together| usize::from(together) == count)
                    && needed.chunks_exact(3).all(|component| quantization[usize::from(component[2] & 15)])
                    && scan.chunks_exact(2).take(count).all(|component| {
                        let (dc, ac) = (component[1] >> 4, component[1] & 15);
                        huffman[usize::from(dc)] && huffman[usize::from(ac | 0x10)]
                    });
            }
            _ => {}
        }
    }
    false
}

/// Marks the tables of a segment; `one` gives the number and length of each.
fn mark(tables: &mut [bool], mut body: &[u8], one: impl Fn(&[u8]) -> (usize, usize)) {
    while !body.is_empty() {
        let (number, length) = one(body);
        let Some(rest) = body.get(length..) else { return };
        if let Some(table) = tables.get_mut(number) {
            *table = true;
        }
        body = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iiif::Dimensions;
    use crate::metadata::EmbeddedMetadata;
    use crate::pixels::jpeg::{decode, encode};
    use crate::pixels::{Channels, Raster, Subsampling};

    fn jpeg(quality: u8) -> Vec<u8> {
        let mut raster = Raster::blank(Dimensions::new(64, 48), Channels::Rgb);
        raster.samples.iter_mut().enumerate().for_each(|(at, sample)| *sample = (at * 7 % 251) as u8);
        encode(&raster, quality, Subsampling::S444, &EmbeddedMetadata::default()).unwrap()
    }

    /// The file without the segments `left_out`.
    fn without(jpeg: &[u8], left_out: u8) -> Vec<u8> {
        let mut rest = jpeg.to_vec();
        while let Some(at) = rest.windows(2).position(|pair| pair == [0xff, left_out]) {
            let length = usize::from(u16::from_be_bytes([rest[at + 2], rest[at + 3]]));
            rest.drain(at..at + 2 + length);
        }
        rest
    }

    #[test]
    fn tables_of_one_jpeg_are_not_those_of_the_next() {
        let sound = jpeg(90);
        assert!(are_complete(&sound));
        let decoded = |jpeg: &[u8]| decode(jpeg, 1, 1 << 20).map(|picture| picture.into_packed().samples);
        let expected = decoded(&sound).unwrap();
        for before in [jpeg(20), jpeg(100)] {
            decoded(&before).unwrap();
            let file = without(&sound, 0xdb);
            assert!(!are_complete(&file) && decoded(&file).is_err());
            decoded(&before).unwrap();
            // Missing Huffman tables mean the standard's (K.3).
            let file = without(&sound, 0xc4);
            assert!(!are_complete(&file) && decoded(&file).is_ok_and(|found| found == expected));
        }
    }
}
