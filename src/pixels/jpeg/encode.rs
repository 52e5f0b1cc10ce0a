//! Encodes samples as JPEG.

use std::borrow::Cow;
use std::cell::RefCell;

use turbojpeg::{Compressor, Image, PixelFormat, Subsamp, YuvPlanesImage};

use super::splice::insert_metadata;
use crate::iiif::Dimensions;
use crate::metadata::EmbeddedMetadata;
use crate::pixels::{Channels, Error, Planar, Raster, Subsampling};

thread_local! {
    /// Creating a compressor costs more than encoding a tile's header.
    static COMPRESSOR: RefCell<Option<Compressor>> = const { RefCell::new(None) };
}

/// The longest side of a JPEG, in pixels.
const MAX_SIDE: u32 = 65_500;

/// Encodes packed samples, whose alpha must have been flattened.
///
/// # Errors
/// If the raster is too large for a JPEG.
pub fn encode(
    raster: &Raster,
    quality: u8,
    subsampling: Subsampling,
    metadata: &EmbeddedMetadata,
) -> Result<Vec<u8>, Error> {
    let layout = (raster.dimensions, raster.channels);
    let jpeg = encode_strided(&raster.samples, raster.stride(), layout, quality, subsampling)?;
    Ok(with_metadata(jpeg, metadata))
}

/// Encodes samples whose rows are `pitch` bytes apart, without metadata; alpha is ignored.
///
/// # Errors
/// If the raster is too large for a JPEG.
pub fn encode_strided(
    samples: &[u8],
    pitch: usize,
    (size, channels): (Dimensions, Channels),
    quality: u8,
    subsampling: Subsampling,
) -> Result<Vec<u8>, Error> {
    let (format, subsampling) = match channels {
        Channels::Gray => (PixelFormat::GRAY, Subsampling::Gray),
        Channels::Rgb => (PixelFormat::RGB, subsampling),
        Channels::Rgba => (PixelFormat::RGBX, subsampling),
    };
    encode_packed(samples, size, (pitch, format), quality, subsampling)
}

fn encode_packed(
    pixels: &[u8],
    size: Dimensions,
    (pitch, format): (usize, PixelFormat),
    quality: u8,
    subsampling: Subsampling,
) -> Result<Vec<u8>, Error> {
    check(size)?;
    let image = Image { pixels, width: size.width as usize, pitch, height: size.height as usize, format };
    with_compressor(|compressor| {
        compressor.set_quality(i32::from(quality))?;
        compressor.set_subsamp(subsamp(subsampling))?;
        compressor.compress_to_vec(image)
    })
}

/// Encodes planes without conversion to RGB.
///
/// # Errors
/// If the image is too large for a JPEG.
pub fn encode_planar(image: &Planar, quality: u8, metadata: &EmbeddedMetadata) -> Result<Vec<u8>, Error> {
    check(image.dimensions)?;
    let Some(luma) = image.planes.first() else { return Err(Error::damaged("image", "it has no planes")) };
    if image.subsampling == Subsampling::Gray {
        let layout = (luma.dimensions.width as usize, PixelFormat::GRAY);
        let jpeg = encode_packed(&luma.samples, image.dimensions, layout, quality, Subsampling::Gray)?;
        return Ok(with_metadata(jpeg, metadata));
    }
    let whole = image.subsampling.padded_plane(0, image.dimensions);
    let luma = if luma.dimensions == whole { Cow::Borrowed(luma) } else { Cow::Owned(luma.padded(whole)) };
    let plane = |n: usize| image.planes.get(n).map_or(&[][..], |plane| plane.samples.as_slice());
    let stride = |n: usize| image.planes.get(n).map_or(0, |plane| plane.dimensions.width as usize);
    let planes = YuvPlanesImage {
        y_plane: luma.samples.as_slice(),
        u_plane: plane(1),
        v_plane: plane(2),
        width: image.dimensions.width as usize,
        height: image.dimensions.height as usize,
        y_stride: whole.width as usize,
        u_stride: stride(1),
        v_stride: stride(2),
        subsamp: subsamp(image.subsampling),
    };
    let jpeg = with_compressor(|compressor| {
        compressor.set_quality(i32::from(quality))?;
        compressor.compress_yuv_planes_to_vec(&planes)
    })?;
    Ok(with_metadata(jpeg, metadata))
}

fn with_metadata(jpeg: Vec<u8>, metadata: &EmbeddedMetadata) -> Vec<u8> {
    if *metadata == EmbeddedMetadata::default() { jpeg } else { insert_metadata(&jpeg, metadata) }
}

/// Refuses images that exceed JPEG's limits.
///
/// # Errors
/// If a side is longer than 65,500 pixels.
pub fn check(size: Dimensions) -> Result<(), Error> {
    if size.width > MAX_SIDE || size.height > MAX_SIDE {
        let reason = format!("a JPEG has at most {MAX_SIDE} pixels per side; `png` and `tif` allow more");
        return Err(Error::Unsupported(reason));
    }
    Ok(())
}

pub(super) fn subsamp(subsampling: Subsampling) -> Subsamp {
    match subsampling {
        Subsampling::Gray => Subsamp::Gray,
        Subsampling::S444 => Subsamp::None,
        Subsampling::S422 => Subsamp::Sub2x1,
        Subsampling::S440 => Subsamp::Sub1x2,
        Subsampling::S420 => Subsamp::Sub2x2,
    }
}

fn with_compressor<T>(work: impl FnOnce(&mut Compressor) -> turbojpeg::Result<T>) -> Result<T, Error> {
    COMPRESSOR.with_borrow_mut(|slot| {
        let mut compressor = match slot.take() {
            Some(compressor) => compressor,
            None => Compressor::new().map_err(|error| Error::damaged("JPEG encoder", error))?,
        };
        let result = work(&mut compressor).map_err(|error| Error::damaged("JPEG encoder", error));
        *slot = Some(compressor);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::jpeg;
    use proptest::prelude::*;

    const LAYOUTS: [Subsampling; 5] =
        [Subsampling::Gray, Subsampling::S444, Subsampling::S422, Subsampling::S440, Subsampling::S420];

    proptest! {
        #[test]
        fn planes_of_any_size_survive_both_ways(width in 1..40u32, height in 1..40u32, layout in 0..5usize, reduce in 0..4u32) {
            let (dimensions, subsampling) = (Dimensions::new(width, height), LAYOUTS[layout]);
            let mut image = Planar::blank(dimensions, subsampling);
            for (n, sample) in image.planes[0].samples.iter_mut().enumerate() {
                *sample = 60 + (n as u32 % width + n as u32 / width) as u8;
            }
            let jpeg = encode_planar(&image, 98, &EmbeddedMetadata::default()).unwrap();
            let decoded = jpeg::decode(&jpeg, 1 << reduce, u64::MAX).unwrap();
            prop_assert_eq!(decoded.dimensions(), dimensions.reduced(1 << reduce));
            if reduce == 0 {
                let crate::pixels::Picture::Planar(decoded) = decoded else { panic!() };
                for (a, b) in decoded.planes[0].samples.iter().zip(&image.planes[0].samples) {
                    prop_assert!(a.abs_diff(*b) < 8);
                }
            }
        }
    }
}
