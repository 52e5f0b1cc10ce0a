//! Samples to JPEG.

use std::cell::RefCell;

use turbojpeg::{Compressor, Image, PixelFormat, Subsamp, YuvPlanesImage};

use super::splice::insert_icc;
use crate::pixels::{Channels, Error, Planar, Raster, Subsampling};

thread_local! {
    /// Making a compressor costs more than a tile's header.
    static COMPRESSOR: RefCell<Option<Compressor>> = const { RefCell::new(None) };
}

/// JPEG's own limit of a side.
const MOST_SIDE: u32 = 65_500;

/// Encodes packed samples; alpha must have been flattened before.
pub fn encode(
    raster: &Raster,
    quality: u8,
    subsampling: Subsampling,
    icc: Option<&[u8]>,
) -> Result<Vec<u8>, Error> {
    check(raster.dimensions.width, raster.dimensions.height)?;
    let (format, subsampling) = match raster.channels {
        Channels::Gray => (PixelFormat::GRAY, Subsampling::Gray),
        Channels::Rgb => (PixelFormat::RGB, subsampling),
        Channels::Rgba => (PixelFormat::RGBX, subsampling),
    };
    let image = Image {
        pixels: raster.samples.as_slice(),
        width: raster.dimensions.width as usize,
        pitch: raster.stride(),
        height: raster.dimensions.height as usize,
        format,
    };
    let jpeg = with_compressor(|compressor| {
        compressor.set_quality(i32::from(quality))?;
        compressor.set_subsamp(subsamp(subsampling))?;
        compressor.compress_to_vec(image)
    })?;
    Ok(with_icc(jpeg, icc))
}

/// Encodes planes as they are, without a turn through RGB.
pub fn encode_planar(image: &Planar, quality: u8, icc: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    check(image.dimensions.width, image.dimensions.height)?;
    let plane = |n: usize| image.planes.get(n).map_or(&[][..], |plane| plane.samples.as_slice());
    let stride = |n: usize| image.planes.get(n).map_or(0, |plane| plane.dimensions.width as usize);
    let planes = YuvPlanesImage {
        y_plane: plane(0),
        u_plane: plane(1),
        v_plane: plane(2),
        width: image.dimensions.width as usize,
        height: image.dimensions.height as usize,
        y_stride: stride(0),
        u_stride: stride(1),
        v_stride: stride(2),
        subsamp: subsamp(image.subsampling),
    };
    let jpeg = with_compressor(|compressor| {
        compressor.set_quality(i32::from(quality))?;
        compressor.compress_yuv_planes_to_vec(&planes)
    })?;
    Ok(with_icc(jpeg, icc))
}

fn with_icc(jpeg: Vec<u8>, icc: Option<&[u8]>) -> Vec<u8> {
    match icc {
        Some(icc) => insert_icc(&jpeg, icc),
        None => jpeg,
    }
}

fn check(width: u32, height: u32) -> Result<(), Error> {
    if width > MOST_SIDE || height > MOST_SIDE {
        let reason = format!("a JPEG has at most {MOST_SIDE} pixels a side; `png` and `tif` have more");
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
        let made = work(&mut compressor).map_err(|error| Error::damaged("JPEG encoder", error));
        *slot = Some(compressor);
        made
    })
}
