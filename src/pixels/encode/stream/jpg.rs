//! Streams JPEG band by band: each is encoded as a JPEG, and their scans are joined by restart markers.
//!
//! After a restart marker, decoders reset prediction as at the start of a scan (ITU-T T.81, §E.1.4). Bands that are whole
//! restart intervals therefore give the same pixels as a single scan.

use super::{Channels, Dimensions, EmbeddedMetadata, Error, Subsampling};
use crate::pixels::jpeg::{self, Scan};

/// The rows of a band: whole blocks (MCUs) in every subsampling, and at the longest side still fewer
/// of them than an interval's limit of 65,535.
const BAND: u32 = 64;

/// A JPEG that is being streamed.
pub(super) struct Jpg {
    dimensions: Dimensions,
    channels: Channels,
    quality: u8,
    subsampling: Subsampling,
    metadata: EmbeddedMetadata,
    /// Rows that do not yet fill a band.
    pending: Vec<u8>,
    /// The number of bands written.
    bands: u32,
    /// The tables before the first band's scan; the other bands must have the same.
    tables: Vec<u8>,
}

impl Jpg {
    pub(super) fn new(
        dimensions: Dimensions,
        channels: Channels,
        metadata: &EmbeddedMetadata,
        quality: u8,
        subsampling: Subsampling,
    ) -> Result<Self, Error> {
        jpeg::check(dimensions)?;
        let subsampling = if channels == Channels::Gray { Subsampling::Gray } else { subsampling };
        let (pending, tables, metadata) = (Vec::new(), Vec::new(), metadata.clone());
        Ok(Self { dimensions, channels, quality, subsampling, metadata, pending, bands: 0, tables })
    }

    pub(super) fn push(&mut self, mut samples: &[u8]) -> Result<Vec<u8>, Error> {
        let (mut out, band) = (Vec::new(), self.stride() * BAND as usize);
        if !self.pending.is_empty() {
            let missing = (band - self.pending.len()).min(samples.len());
            self.pending.extend_from_slice(&samples[..missing]);
            samples = &samples[missing..];
            if self.pending.len() == band {
                let mut pending = std::mem::take(&mut self.pending);
                self.encode(&pending, &mut out)?;
                pending.clear();
                self.pending = pending;
            }
        }
        let bands = samples.chunks_exact(band);
        self.pending.extend_from_slice(bands.remainder());
        for band in bands {
            self.encode(band, &mut out)?;
        }
        Ok(out)
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>, Error> {
        let (mut out, pending) = (Vec::new(), std::mem::take(&mut self.pending));
        if !pending.is_empty() {
            self.encode(&pending, &mut out)?;
        }
        out.extend_from_slice(&[0xff, 0xd9]);
        Ok(out)
    }

    fn stride(&self) -> usize {
        self.dimensions.width as usize * self.channels.count()
    }

    /// Adds a band's scan: the first after the header, the others after a restart marker.
    fn encode(&mut self, samples: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let height = (samples.len() / self.stride()) as u32;
        let size = Dimensions::new(self.dimensions.width, height);
        let pitch = size.width as usize * self.channels.count();
        let band =
            jpeg::encode_strided(samples, pitch, (size, self.channels), self.quality, self.subsampling)?;
        let Scan { head, scan } = jpeg::scan(&band, self.dimensions.height, self.interval())?;
        if self.bands == 0 {
            out.extend_from_slice(&jpeg::insert_metadata(&head, &self.metadata));
            self.tables = head;
        } else if head == self.tables {
            out.extend_from_slice(&[0xff, 0xd0 + ((self.bands - 1) % 8) as u8]);
        } else {
            return Err(Error::damaged("JPEG encoder", "its tables differ from band to band"));
        }
        out.extend_from_slice(scan);
        self.bands += 1;
        Ok(())
    }

    /// Blocks in a band; `None` if there is only one band.
    fn interval(&self) -> Option<u16> {
        let across = self.dimensions.width.div_ceil(8 * self.subsampling.across());
        let blocks = across * (BAND / (8 * self.subsampling.down()));
        (self.dimensions.height > BAND).then_some(blocks as u16)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::streamed;
    use super::super::stream;
    use super::*;
    use crate::iiif::Format;
    use crate::pixels::{Picture, Planar, Raster};

    fn busy(width: u32, height: u32, channels: Channels) -> Raster {
        let mut raster = Raster::blank(Dimensions::new(width, height), channels);
        for (n, sample) in raster.samples.iter_mut().enumerate() {
            *sample = ((n * 7) ^ (n / 191) ^ (n / 7919)) as u8;
        }
        raster
    }

    fn begin(raster: &Raster, metadata: &EmbeddedMetadata, layout: Subsampling) -> super::super::Stream {
        stream(Format::Jpg, raster.dimensions, raster.channels, metadata, 85, layout).unwrap()
    }

    fn decoded(file: &[u8]) -> Planar {
        let Picture::Planar(planes) = jpeg::decode(file, 1, u64::MAX).unwrap() else { panic!("packed") };
        planes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn bands_decode_like_a_single_scan(
            width in 1..90u32, height in 1..700u32, heights in proptest::collection::vec(1..150u32, 1..5),
            gray: bool, full: bool,
        ) {
            let layout = if full { Subsampling::S444 } else { Subsampling::S420 };
            let raster = busy(width, height, if gray { Channels::Gray } else { Channels::Rgb });
            let file = streamed(begin(&raster, &EmbeddedMetadata::default(), layout), &raster, &heights);
            let whole = jpeg::encode(&raster, 85, layout, &EmbeddedMetadata::default()).unwrap();
            prop_assert!(decoded(&file) == decoded(&whole));
            if height <= BAND {
                prop_assert_eq!(file, whole);
            }
        }
    }

    #[test]
    fn strict_readers_find_nothing_amiss() {
        for (layout, channels) in [
            (Subsampling::S420, Channels::Rgb),
            (Subsampling::S444, Channels::Rgba),
            (Subsampling::Gray, Channels::Gray),
        ] {
            let raster = busy(203, 1100, channels);
            let file = streamed(begin(&raster, &EmbeddedMetadata::default(), layout), &raster, &[100]);
            let mut strict = turbojpeg::Decompressor::new().unwrap();
            let header = strict.read_header(&file).unwrap();
            assert_eq!((header.width, header.height), (203, 1100));
            let mut pixels = vec![0; 203 * 1100 * 3];
            let image = turbojpeg::Image {
                pixels: &mut pixels[..],
                width: 203,
                pitch: 203 * 3,
                height: 1100,
                format: turbojpeg::PixelFormat::RGB,
            };
            strict.decompress(&file, image).unwrap();
        }
    }

    #[test]
    fn the_longest_row_of_blocks_fits_an_interval() {
        for subsampling in [Subsampling::Gray, Subsampling::S444, Subsampling::S420, Subsampling::S440] {
            let across = 65_500u32.div_ceil(8 * subsampling.across());
            assert!(across * (BAND / (8 * subsampling.down())) <= u32::from(u16::MAX));
        }
    }

    #[test]
    fn the_profile_stands_before_the_frame() {
        let (raster, icc) = (busy(40, 130, Channels::Rgb), vec![7; 70_000]);
        let file = streamed(begin(&raster, &EmbeddedMetadata::icc(&icc), Subsampling::S420), &raster, &[130]);
        let header = jpeg::header(&file).unwrap().unwrap();
        assert_eq!((header.icc, header.dimensions), (Some(icc), raster.dimensions));
    }

    #[test]
    fn a_side_too_long_is_refused_before_a_row_is_made() {
        let size = Dimensions::new(10, 65_501);
        let refused =
            stream(Format::Jpg, size, Channels::Rgb, &EmbeddedMetadata::default(), 85, Subsampling::S420);
        assert!(matches!(refused, Err(Error::Unsupported(_))));
    }
}
