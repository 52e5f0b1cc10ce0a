//! Streams TIFF in uncompressed strips: the directory comes first, because all offsets are known in advance.

use super::{Channels, Dimensions, EmbeddedMetadata, Error, refused};
use crate::container::tiff::{Field, Offsets, file, tags};

/// The target size of a strip in bytes, rounded to whole rows.
const STRIP: u64 = 1 << 20;
/// The most bytes of samples and metadata in classic TIFF, whose offsets have 32 bits; longer files are BigTIFF.
const MAX_CLASSIC: u64 = 4_200_000_000;
/// The most bytes of samples; the offsets of their strips take some MiB.
const MAX_SAMPLE_BYTES: u64 = 1 << 40;
/// `ExtraSamples`: straight, not premultiplied alpha.
const STRAIGHT_ALPHA: u16 = 2;

/// A TIFF that is being streamed.
pub(super) struct Tif {
    /// Header and directory, until they are sent.
    head: Vec<u8>,
    length: u64,
}

impl Tif {
    pub(super) fn new(
        dimensions: Dimensions,
        channels: Channels,
        metadata: &EmbeddedMetadata,
    ) -> Result<Self, Error> {
        let samples = dimensions.area().checked_mul(channels.count() as u64);
        let Some(samples) = samples.filter(|samples| *samples <= MAX_SAMPLE_BYTES) else {
            return Err(refused("tif", "it is too large"));
        };
        let strips = Strips::of(dimensions, channels, samples);
        let fields = fields_of(metadata);
        let length: u64 = fields.iter().map(Field::length).sum();
        let offsets = if samples + length > MAX_CLASSIC { Offsets::Long } else { Offsets::Short };
        let head = head(dimensions, channels, &fields, &strips, offsets);
        let length = head.len() as u64 + samples;
        Ok(Self { head, length })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn push(&mut self, samples: &[u8]) -> Vec<u8> {
        let mut out = std::mem::take(&mut self.head);
        out.extend_from_slice(samples);
        out
    }
}

/// The division of samples into strips.
struct Strips {
    rows: u32,
    /// Bytes of each strip but the last.
    bytes: u64,
    /// Bytes of all strips.
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
    metadata: &[Field],
    strips: &Strips,
    offsets: Offsets,
) -> Vec<u8> {
    let head = |samples_at: u64| {
        let lengths = strips.starts().map(|start| strips.bytes.min(strips.samples - start));
        let starts = strips.starts().map(|start| samples_at + start);
        let black_is_zero_or_rgb = if channels == Channels::Gray { 1 } else { 2 };
        let mut fields = vec![
            Field::longs(tags::WIDTH, [dimensions.width]),
            Field::longs(tags::HEIGHT, [dimensions.height]),
            Field::shorts(tags::BITS, &[8; 4][..channels.count()]),
            Field::shorts(tags::COMPRESSION, &[1]),
            Field::shorts(tags::PHOTOMETRIC, &[black_is_zero_or_rgb]),
            Field::offsets(tags::STRIP_OFFSETS, starts, offsets),
            Field::shorts(tags::SAMPLES, &[channels.count() as u16]),
            Field::longs(tags::ROWS_PER_STRIP, [strips.rows]),
            Field::longs(tags::STRIP_LENGTHS, lengths.map(|length| length as u32)),
            Field::rationals(tags::X_RESOLUTION, [[1, 1]]),
            Field::rationals(tags::Y_RESOLUTION, [[1, 1]]),
            Field::shorts(tags::RESOLUTION_UNIT, &[1]),
        ];
        if channels == Channels::Rgba {
            fields.push(Field::shorts(tags::EXTRA_SAMPLES, &[STRAIGHT_ALPHA]));
        }
        fields.extend_from_slice(metadata);
        file(&fields, offsets)
    };
    // The head's length does not depend on the offsets.
    head(head(0).len() as u64)
}

/// The metadata's fields in ascending order of their tags.
fn fields_of(metadata: &EmbeddedMetadata) -> Vec<Field> {
    let xmp = metadata.xmp().map(|xmp| Field::bytes(tags::XMP, xmp));
    let iptc = metadata.iptc().map(|iptc| Field::long_bytes(tags::IPTC, iptc));
    let icc = metadata.icc.as_ref().map(|icc| Field::undefined(tags::ICC, icc.to_vec()));
    [xmp, iptc, icc].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tiff::decoder::{Decoder, DecodingResult};
    use tiff::tags::Tag;

    use super::super::super::samples::gradient;
    use super::super::samples::streamed;
    use super::super::stream;
    use super::*;
    use crate::iiif::Format;
    use crate::metadata::sample_credit as credit;
    use crate::pixels::Subsampling;

    fn read(file: Vec<u8>, offsets: Offsets) -> Vec<u8> {
        assert_eq!(file[2], if offsets == Offsets::Long { 43 } else { 42 });
        let mut decoder = Decoder::new(Cursor::new(file)).unwrap();
        let DecodingResult::U8(samples) = decoder.read_image().unwrap() else { panic!("not bytes") };
        samples
    }

    #[test]
    fn streamed_files_are_read_back() {
        for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
            for (width, height) in [(1, 1), (61, 43), (2000, 1300)] {
                let raster = gradient(width, height, channels);
                let metadata =
                    EmbeddedMetadata { credit: Some(credit()), ..EmbeddedMetadata::icc(b"a profile") };
                let begun = stream(Format::Tif, raster.dimensions, channels, &metadata, 0, Subsampling::S420);
                let begun = begun.unwrap();
                let length = begun.length().unwrap();
                let file = streamed(begun, &raster, &[7, 100]);
                assert_eq!(file.len() as u64, length);
                let mut decoder = Decoder::new(Cursor::new(&file)).unwrap();
                assert_eq!(decoder.get_tag_u8_vec(Tag::IccProfile).unwrap(), b"a profile");
                assert_eq!(decoder.get_tag_u8_vec(Tag::Unknown(700)).unwrap(), metadata.xmp().unwrap());
                assert!(read(file, Offsets::Short) == raster.samples);
            }
        }
    }

    #[test]
    fn a_big_file_is_laid_out_likewise() {
        let raster = gradient(1500, 1300, Channels::Rgb);
        let strips = Strips::of(raster.dimensions, raster.channels, raster.samples.len() as u64);
        let fields = fields_of(&EmbeddedMetadata::icc(b"a profile"));
        let mut file = head(raster.dimensions, raster.channels, &fields, &strips, Offsets::Long);
        file.extend_from_slice(&raster.samples);
        assert!(read(file, Offsets::Long) == raster.samples);
    }

    #[test]
    fn beyond_four_gigabytes_a_file_is_big() {
        for (side, magic) in [(37_000, 42), (38_000, 43)] {
            let mut tif =
                Tif::new(Dimensions::new(side, side), Channels::Rgb, &EmbeddedMetadata::default()).unwrap();
            assert!(tif.length() > u64::from(side).pow(2) * 3);
            let head = tif.push(&[]);
            assert_eq!(head[2], magic);
            assert!(head.len() < 70_000);
        }
        let max = Dimensions::new(u32::MAX, u32::MAX);
        assert!(Tif::new(max, Channels::Rgba, &EmbeddedMetadata::default()).is_err());
    }
}
