//! TIFF in uncompressed strips: the directory comes first, for all offsets are known ahead.

use super::super::ifd::{Field, Layout, write};
use super::{Channels, Dimensions, Error, Notes, refused};

/// Bytes of a strip, as far as whole rows allow.
const STRIP: u64 = 1 << 20;
/// With samples and notes of this many bytes, all offsets have 32 bits; a longer file is a BigTIFF.
const CLASSIC: u64 = 4_200_000_000;
/// Bytes of samples; their strips' offsets take some MiB.
const MOST: u64 = 1 << 40;
/// `ExtraSamples`: straight, not premultiplied alpha.
const STRAIGHT_ALPHA: u16 = 2;

/// A TIFF in the making.
pub struct Tif {
    /// Header and directory, until they are sent.
    head: Vec<u8>,
    length: u64,
}

impl Tif {
    pub fn new(dimensions: Dimensions, channels: Channels, notes: &Notes) -> Result<Self, Error> {
        let samples = dimensions.area().checked_mul(channels.count() as u64);
        let Some(samples) = samples.filter(|samples| *samples <= MOST) else {
            return Err(refused("tif", "it is too large"));
        };
        let strips = Strips::of(dimensions, channels, samples);
        let said = said(notes);
        let notes: u64 = said.iter().map(Field::length).sum();
        let layout = if samples + notes > CLASSIC { Layout::Big } else { Layout::Classic };
        let head = head(dimensions, channels, &said, &strips, layout);
        let length = head.len() as u64 + samples;
        Ok(Self { head, length })
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    pub fn push(&mut self, samples: &[u8]) -> Vec<u8> {
        let mut out = std::mem::take(&mut self.head);
        out.extend_from_slice(samples);
        out
    }
}

/// How samples are cut into strips.
struct Strips {
    rows: u32,
    /// Bytes of each but the last.
    bytes: u64,
    /// Bytes of all.
    samples: u64,
}

impl Strips {
    fn of(dimensions: Dimensions, channels: Channels, samples: u64) -> Self {
        let stride = u64::from(dimensions.width) * channels.count() as u64;
        let rows = (STRIP / stride).clamp(1, u64::from(dimensions.height));
        Self { rows: rows as u32, bytes: rows * stride, samples }
    }

    fn starts(&self) -> impl Iterator<Item = u64> {
        (0..self.samples).step_by(self.bytes as usize)
    }
}

/// The file up to its samples (TIFF 6.0, §8).
fn head(
    dimensions: Dimensions,
    channels: Channels,
    said: &[Field],
    strips: &Strips,
    layout: Layout,
) -> Vec<u8> {
    let head = |samples_at: u64| {
        let lengths = strips.starts().map(|start| strips.bytes.min(strips.samples - start));
        let offsets = strips.starts().map(|start| samples_at + start);
        let black_is_zero_or_rgb = if channels == Channels::Gray { 1 } else { 2 };
        let mut fields = vec![
            Field::longs(256, [dimensions.width]),
            Field::longs(257, [dimensions.height]),
            Field::shorts(258, &[8; 4][..channels.count()]),
            Field::shorts(259, &[1]),
            Field::shorts(262, &[black_is_zero_or_rgb]),
            Field::offsets(273, offsets, layout),
            Field::shorts(277, &[channels.count() as u16]),
            Field::longs(278, [strips.rows]),
            Field::longs(279, lengths.map(|length| length as u32)),
            Field::rational(282, 1, 1),
            Field::rational(283, 1, 1),
            Field::shorts(296, &[1]),
        ];
        if channels == Channels::Rgba {
            fields.push(Field::shorts(338, &[STRAIGHT_ALPHA]));
        }
        fields.extend_from_slice(said);
        write(&fields, layout)
    };
    // The offsets' values do not change the head's length.
    head(head(0).len() as u64)
}

/// The notes' fields in ascending order.
fn said(notes: &Notes) -> Vec<Field> {
    let xmp = notes.xmp().map(|xmp| Field::bytes(700, xmp));
    let iptc = notes.iptc().map(|iptc| Field::long_bytes(33723, iptc));
    let icc = notes.icc.as_ref().map(|icc| Field::undefined(34675, icc.to_vec()));
    [xmp, iptc, icc].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tiff::decoder::{Decoder, DecodingResult};
    use tiff::tags::Tag;

    use super::super::super::credit::tests::credit;
    use super::super::super::samples::gradient;
    use super::super::samples::streamed;
    use super::super::stream;
    use super::*;
    use crate::iiif::Format;
    use crate::pixels::Subsampling;

    fn read(file: Vec<u8>, layout: Layout) -> Vec<u8> {
        assert_eq!(file[2], if layout == Layout::Big { 43 } else { 42 });
        let mut decoder = Decoder::new(Cursor::new(file)).unwrap();
        let DecodingResult::U8(samples) = decoder.read_image().unwrap() else { panic!("not bytes") };
        samples
    }

    #[test]
    fn what_is_streamed_is_read_back() {
        for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
            for (width, height) in [(1, 1), (61, 43), (2000, 1300)] {
                let raster = gradient(width, height, channels);
                let notes = Notes { credit: Some(credit()), ..Notes::icc(b"a profile") };
                let begun = stream(Format::Tif, raster.dimensions, channels, &notes, 0, Subsampling::S420);
                let begun = begun.unwrap();
                let length = begun.length().unwrap();
                let file = streamed(begun, &raster, &[7, 100]);
                assert_eq!(file.len() as u64, length);
                let mut decoder = Decoder::new(Cursor::new(&file)).unwrap();
                assert_eq!(decoder.get_tag_u8_vec(Tag::IccProfile).unwrap(), b"a profile");
                assert_eq!(decoder.get_tag_u8_vec(Tag::Unknown(700)).unwrap(), notes.xmp().unwrap());
                assert!(read(file, Layout::Classic) == raster.samples);
            }
        }
    }

    #[test]
    fn a_big_file_is_laid_out_likewise() {
        let raster = gradient(1500, 1300, Channels::Rgb);
        let strips = Strips::of(raster.dimensions, raster.channels, raster.samples.len() as u64);
        let said = said(&Notes::icc(b"a profile"));
        let mut file = head(raster.dimensions, raster.channels, &said, &strips, Layout::Big);
        file.extend_from_slice(&raster.samples);
        assert!(read(file, Layout::Big) == raster.samples);
    }

    #[test]
    fn beyond_four_gigabytes_a_file_is_big() {
        for (side, magic) in [(37_000, 42), (38_000, 43)] {
            let mut tif = Tif::new(Dimensions::new(side, side), Channels::Rgb, &Notes::default()).unwrap();
            assert!(tif.length() > u64::from(side).pow(2) * 3);
            let head = tif.push(&[]);
            assert_eq!(head[2], magic);
            assert!(head.len() < 70_000);
        }
        let most = Dimensions::new(u32::MAX, u32::MAX);
        assert!(Tif::new(most, Channels::Rgba, &Notes::default()).is_err());
    }
}
