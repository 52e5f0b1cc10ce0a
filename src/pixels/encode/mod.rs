//! Encodes rasters, with one module per format; JPEG is in `pixels::jpeg`.

mod avif;
mod gif;
mod jp2;
pub(super) mod memory;
mod pdf;
mod png;
mod stream;
mod tiff;
mod webp;

pub use avif::avif;
pub use gif::gif;
pub use jp2::jp2;
pub use pdf::pdf;
pub use png::png;
pub use stream::{Stream, stream};
pub use tiff::tif;
pub use webp::webp;

use super::Error;
use crate::metadata::EmbeddedMetadata;

/// The error for a valid raster that an encoder refuses.
fn refused(format: &'static str, reason: impl std::fmt::Display) -> Error {
    Error::Unsupported(format!("`{format}` could not be written: {reason}; `jpg` or `png` may work"))
}

/// Refuses images that are larger than the format allows; the error states the limits.
fn check_size(
    format: &'static str,
    dimensions: crate::iiif::Dimensions,
    side: u32,
    pixels: u64,
) -> Result<(), Error> {
    if dimensions.width <= side && dimensions.height <= side && dimensions.area() <= pixels {
        return Ok(());
    }
    let megapixels = pixels / 1_000_000;
    Err(Error::Unsupported(format!(
        "{dimensions} pixels are too many for `{format}`, whose limits are {side} per side and {megapixels} million in total; \
         request a smaller size, or `jpg` or `png`"
    )))
}

#[cfg(test)]
mod samples {
    use crate::iiif::Dimensions;
    use crate::pixels::{Channels, Raster};

    /// A smooth image, so that lossy encoders are close to it; alpha is smooth too.
    pub(super) fn gradient(width: u32, height: u32, channels: Channels) -> Raster {
        let mut raster = Raster::blank(Dimensions::new(width, height), channels);
        let samples = raster.samples.chunks_exact_mut(channels.count());
        for (pixel, at) in samples.zip(0u32..) {
            let (x, y) = (at % width, at / width);
            let values = [x * 255 / width, y * 255 / height, 128, 255 - x * 200 / width];
            for (sample, value) in pixel.iter_mut().zip(values) {
                *sample = value as u8;
            }
        }
        raster
    }

    /// Reads an 8-bit PNG and its profile.
    pub(super) fn read_png(file: &[u8]) -> (Raster, Option<Vec<u8>>) {
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut samples = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut samples).unwrap();
        let info = reader.info();
        let channels = match info.color_type {
            ::png::ColorType::Grayscale => Channels::Gray,
            ::png::ColorType::Rgb => Channels::Rgb,
            _ => Channels::Rgba,
        };
        let dimensions = Dimensions::new(info.width, info.height);
        (Raster { dimensions, channels, samples }, info.icc_profile.as_deref().map(<[u8]>::to_vec))
    }

    /// The largest difference between two rasters' samples.
    pub(super) fn distance(one: &[u8], other: &[u8]) -> u8 {
        assert_eq!(one.len(), other.len());
        one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap_or(0)
    }
}
