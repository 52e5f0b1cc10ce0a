//! Encodes samples as JPEG.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::{CStr, c_char};

use turbojpeg::{Compressor, Subsamp, YuvPlanesImage};

use super::splice::insert_metadata;
use crate::iiif::Dimensions;
use crate::metadata::EmbeddedMetadata;
use crate::pixels::{Channels, Error, Planar, Raster, Subsampling};

/// `tegl_encoder` of `encode.c`.
#[repr(C)]
struct Handle {
    _opaque: [u8; 0],
}

/// `tegl_encoder_request` of `encode.c`.
#[repr(C)]
struct Request {
    width: u32,
    height: u32,
    channels: u32,
    quality: u32,
    across: u32,
    down: u32,
}

unsafe extern "C" {
    fn tegl_encoder_new() -> *mut Handle;
    fn tegl_encoder_free(encoder: *mut Handle);
    fn tegl_encoder_encode(
        encoder: *mut Handle,
        rows: *const *const u8,
        wanted: *const Request,
        length: *mut usize,
    ) -> *const u8;
    fn tegl_encoder_fault(encoder: *const Handle) -> *const c_char;
}

/// An encoder of rows, which is used for one image after the other.
struct Encoder(*mut Handle);

thread_local! {
    /// Creating an encoder costs more than encoding a tile's header.
    static ENCODER: RefCell<Option<Encoder>> = const { RefCell::new(None) };
    /// The same, for planes.
    static COMPRESSOR: RefCell<Option<Compressor>> = const { RefCell::new(None) };
}

/// The longest side of a JPEG, in pixels.
const MAX_SIDE: u32 = 65_500;
/// The largest JPEG whose buffer is kept for the next one, in bytes.
const MAX_KEPT: usize = 1 << 20;

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
    let rows: Vec<&[u8]> = samples.chunks(pitch.max(1)).take(size.height as usize).collect();
    encode_rows(&rows, (size, channels), quality, subsampling)
}

/// Encodes rows of samples, without metadata; alpha is ignored. Rows may be longer than the image is wide.
///
/// # Errors
/// If the rows are too few or too short, or the image is too large for a JPEG.
pub fn encode_rows(
    rows: &[&[u8]],
    (size, channels): (Dimensions, Channels),
    quality: u8,
    subsampling: Subsampling,
) -> Result<Vec<u8>, Error> {
    check(size)?;
    let stride = size.width as usize * channels.count();
    if stride == 0
        || rows.is_empty()
        || rows.len() != size.height as usize
        || rows.iter().any(|row| row.len() < stride)
    {
        return Err(Error::damaged("image", "it has fewer samples than pixels"));
    }
    let (across, down) = match (channels, subsampling) {
        (Channels::Gray, _) | (_, Subsampling::Gray) => (0, 0),
        _ => (subsampling.across(), subsampling.down()),
    };
    let Dimensions { width, height } = size;
    let (channels, quality) = (channels.count() as u32, u32::from(quality));
    let request = Request { width, height, channels, quality, across, down };
    ENCODER.with_borrow_mut(|slot| {
        let encoder = match slot.take() {
            Some(encoder) => encoder,
            None => Encoder::new()?,
        };
        let encoded = encoder.encode(rows, &request);
        *slot = Some(encoder).filter(|_| encoded.as_ref().is_ok_and(|jpeg| jpeg.len() <= MAX_KEPT));
        encoded
    })
}

impl Encoder {
    fn new() -> Result<Self, Error> {
        // SAFETY: it has no preconditions.
        let encoder = unsafe { tegl_encoder_new() };
        if encoder.is_null() { Err(Error::damaged("JPEG encoder", "no memory")) } else { Ok(Self(encoder)) }
    }

    /// The caller has compared the rows with the request.
    fn encode(&self, rows: &[&[u8]], request: &Request) -> Result<Vec<u8>, Error> {
        let rows: Vec<*const u8> = rows.iter().map(|row| row.as_ptr()).collect();
        let mut length = 0;
        // SAFETY: there are as many rows as requested, each of at least the requested samples, and they are only read; the
        // result is null or `length` bytes, which stay until the encoder is used again.
        unsafe {
            let jpeg = tegl_encoder_encode(self.0, rows.as_ptr(), request, &mut length);
            if jpeg.is_null() {
                let fault = CStr::from_ptr(tegl_encoder_fault(self.0)).to_string_lossy();
                return Err(Error::damaged("JPEG encoder", fault));
            }
            Ok(std::slice::from_raw_parts(jpeg, length).to_vec())
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the encoder was made by `new`, and is freed only once.
        unsafe { tegl_encoder_free(self.0) }
    }
}

/// Encodes planes without conversion to RGB.
///
/// # Errors
/// If the image is too large for a JPEG.
pub fn encode_planar(image: &Planar, quality: u8, metadata: &EmbeddedMetadata) -> Result<Vec<u8>, Error> {
    check(image.dimensions)?;
    let Some(luma) = image.planes.first() else { return Err(Error::damaged("image", "it has no planes")) };
    if image.subsampling == Subsampling::Gray {
        let (pitch, layout) = (luma.dimensions.width as usize, (image.dimensions, Channels::Gray));
        let jpeg = encode_strided(&luma.samples, pitch, layout, quality, Subsampling::Gray)?;
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
    use turbojpeg::{Image, PixelFormat};

    const LAYOUTS: [Subsampling; 5] =
        [Subsampling::Gray, Subsampling::S444, Subsampling::S422, Subsampling::S440, Subsampling::S420];

    /// What libjpeg-turbo's simpler interface makes of the same samples.
    fn expected(raster: &Raster, quality: u8, subsampling: Subsampling) -> Vec<u8> {
        let Dimensions { width, height } = raster.dimensions;
        let format = match raster.channels {
            Channels::Gray => PixelFormat::GRAY,
            Channels::Rgb => PixelFormat::RGB,
            Channels::Rgba => PixelFormat::RGBX,
        };
        let (width, height, pitch) = (width as usize, height as usize, raster.stride());
        let image = Image { pixels: &raster.samples[..], width, pitch, height, format };
        let mut compressor = Compressor::new().unwrap();
        compressor.set_quality(i32::from(quality)).unwrap();
        let gray = raster.channels == Channels::Gray;
        compressor.set_subsamp(subsamp(if gray { Subsampling::Gray } else { subsampling })).unwrap();
        compressor.compress_to_vec(image).unwrap()
    }

    proptest! {
        #[test]
        fn rows_are_encoded_as_by_libjpeg_turbo(
            width in 1..70u32,
            height in 1..70u32,
            layout in 0..5usize,
            quality in 1..=100u8,
            channels in prop::sample::select(vec![Channels::Gray, Channels::Rgb, Channels::Rgba]),
            beside in 0..9usize,
            seed: u32,
        ) {
            let mut raster = Raster::blank(Dimensions::new(width, height), channels);
            for (sample, n) in raster.samples.iter_mut().zip(0u32..) {
                *sample = ((n ^ seed).wrapping_mul(2_654_435_761) >> 24) as u8;
            }
            let expected = expected(&raster, quality, LAYOUTS[layout]);
            let wider: Vec<Vec<u8>> =
                raster.samples.chunks(raster.stride()).map(|row| [row, &vec![7; beside]].concat()).collect();
            let rows: Vec<&[u8]> = wider.iter().map(Vec::as_slice).collect();
            let layouts = (raster.dimensions, channels);
            prop_assert!(encode_rows(&rows, layouts, quality, LAYOUTS[layout]).unwrap() == expected);
            prop_assert!(encode_rows(&rows[1..], layouts, quality, LAYOUTS[layout]).is_err());
            let short: Vec<&[u8]> = rows.iter().map(|row| &row[..raster.stride() - 1]).collect();
            prop_assert!(encode_rows(&short, layouts, quality, LAYOUTS[layout]).is_err());
        }
    }

    /// More bytes than samples, so that the buffer grows more than once, and is not kept.
    #[test]
    fn noise_of_the_best_quality_fits() {
        let mut raster = Raster::blank(Dimensions::new(1500, 900), Channels::Rgb);
        for (sample, n) in raster.samples.iter_mut().zip(0u32..) {
            *sample = (n.wrapping_mul(2_654_435_761) >> 24) as u8;
        }
        for quality in [100, 20, 100] {
            let jpeg = encode(&raster, quality, Subsampling::S444, &EmbeddedMetadata::default()).unwrap();
            assert!(jpeg == expected(&raster, quality, Subsampling::S444));
        }
    }

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
