//! Decodes JPEG to samples, at full size or at a half, a quarter or an eighth.

use std::cell::RefCell;

use turbojpeg::{
    Colorspace, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp, YuvImage,
};

use super::header::header;
use super::rows::{self, Inks};
use super::tables;
use super::window::{self, MAX_TILE};
use crate::iiif::Dimensions;
use crate::pixels::{
    Channels, Error, Model, Picture, Planar, Position, Raster, Raw, Samples, Subsampling, scale,
};

thread_local! {
    static DECOMPRESSOR: RefCell<Option<Decompressor>> = const { RefCell::new(None) };
    /// A tile's planes before they are copied to the canvas.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The most scans of a progressive JPEG; about ten are common.
const MAX_SCANS: u32 = 500;
/// The most pixels of all scans: every scan visits all coefficients, regardless of its size in bytes.
const MAX_SCANNED: u64 = 1 << 31;
const MIN_SCAN_LIMIT: u64 = 50;

/// Decodes a complete JPEG at `1 / reduce` of its size (`reduce` is 1, 2, 4 or 8), if the result has at most `limit`
/// pixels. A progressive JPEG may not exceed the limit at full size either, because its coefficients are kept in memory.
///
/// TurboJPEG treats all warnings alike and keeps only the text of the first; if there is one, [`rows::raw`] decides.
///
/// # Errors
/// If the JPEG is damaged, not supported or too large.
pub fn decode(jpeg: &[u8], reduce: u32, limit: u64) -> Result<Picture, Error> {
    match decode_sound(jpeg, reduce, limit) {
        Err(Error::Damaged { .. }) => decode_tolerant(jpeg, reduce, limit).map(Picture::Packed),
        decoded => decoded,
    }
}

/// Decodes a JPEG that [`decode_sound`] refuses, if its warnings do not affect the image.
fn decode_tolerant(jpeg: &[u8], reduce: u32, limit: u64) -> Result<Raster, Error> {
    let Raw { dimensions, model, samples, .. } = rows::raw(jpeg, reduce, limit, Inks::Inverted)?;
    let (channels, samples) = match (model, samples) {
        (Model::Gray, Samples::U8(samples)) => (Channels::Gray, samples),
        (Model::Rgb, Samples::U8(samples)) => (Channels::Rgb, samples),
        (Model::Cmyk | Model::Lab, _) => return Err(cmyk_unsupported()),
        (_, Samples::U16(_)) => {
            return Err(Error::Unsupported(
                "JPEG samples of more than 8 bits are not supported here; 8 bits are".into(),
            ));
        }
    };
    let raster = Raster { dimensions, channels, samples };
    Ok(match header(jpeg) {
        // A lossless JPEG is decoded at full size.
        Ok(Ok(header)) if reduce > 1 && header.dimensions == dimensions => shrunk(raster, reduce),
        _ => raster,
    })
}

fn shrunk(raster: Raster, factor: u32) -> Raster {
    let channels = raster.channels;
    let (samples, dimensions) = scale::shrink(&raster.samples, raster.dimensions, channels.count(), factor);
    Raster { dimensions, channels, samples }
}

fn decode_sound(jpeg: &[u8], reduce: u32, limit: u64) -> Result<Picture, Error> {
    with_decompressor(jpeg, reduce, |decompressor, header, size| {
        if size.area() > limit {
            return Err(Error::TooLarge { pixels: size.area(), limit });
        }
        let pixels = header.width as u64 * header.height as u64;
        if pixels > limit && (header.is_progressive || scans(jpeg, 2) > 1) {
            return Err(Error::TooLarge { pixels, limit });
        }
        match layout(header) {
            Some(subsampling) => {
                let mut planar = Planar::blank(size, subsampling);
                decode_planes(decompressor, jpeg, header, size, &mut planar, ((0, 0), (0, 0)))?;
                Ok(Picture::Planar(planar))
            }
            None => packed(decompressor, jpeg, header, size).map(Picture::Packed),
        }
    })
}

/// Decodes a JPEG of four components without color conversion, if it has at most `limit` pixels. It must not have an
/// Adobe marker.
///
/// # Errors
/// If the JPEG is damaged, too large, or has another number of components.
pub fn decode_four(jpeg: &[u8], limit: u64) -> Result<(Dimensions, Vec<u8>), Error> {
    let raw = rows::raw(jpeg, 1, limit, Inks::Plain)?;
    match (raw.model, raw.samples) {
        (Model::Cmyk, Samples::U8(samples)) => Ok((raw.dimensions, samples)),
        _ => Err(Error::damaged("JPEG", "it does not have four components of 8 bits")),
    }
}

/// Counts the scans of a JPEG, up to `max`; coded samples never contain a marker's two bytes in succession.
pub fn scans(jpeg: &[u8], max: usize) -> usize {
    jpeg.windows(2).filter(|pair| *pair == [0xff, 0xda]).take(max).count()
}

/// Decodes a tile at `1 / reduce`: its pixel `from`, with what is right of it and below it, goes to `to` on the canvas;
/// pixels outside the canvas are dropped. Returns `false` if the tile's subsampling differs from the canvas's, if it lacks
/// some of the pixels `visible`, or if it needs [`decode`].
///
/// # Errors
/// If the JPEG is damaged.
pub fn decode_into(
    jpeg: &[u8],
    reduce: u32,
    canvas: &mut Planar,
    (from, to): (Position, Position),
    visible: Dimensions,
) -> Result<bool, Error> {
    if reduce == 1 && window::decode(jpeg, canvas, (from, to), visible) {
        return Ok(true);
    }
    let decoded = with_decompressor(jpeg, reduce, |decompressor, header, size| {
        if header.width < visible.width as usize || header.height < visible.height as usize {
            return Ok(false);
        }
        let stored = header.width as u64 * header.height as u64;
        if layout(header) != Some(canvas.subsampling) || stored > MAX_TILE {
            return Ok(false);
        }
        decode_planes(decompressor, jpeg, header, size, canvas, (from, to))?;
        Ok(true)
    });
    match decoded {
        Err(Error::Damaged { .. }) => Ok(false),
        decoded => decoded,
    }
}

fn decode_planes(
    decompressor: &mut Decompressor,
    jpeg: &[u8],
    header: &DecompressHeader,
    size: Dimensions,
    canvas: &mut Planar,
    places: (Position, Position),
) -> Result<(), Error> {
    let subsampling = canvas.subsampling;
    SCRATCH.with_borrow_mut(|scratch| {
        let (width, height) = (size.width as usize, size.height as usize);
        let length = turbojpeg::yuv_pixels_len(width, 1, height, header.subsamp)
            .map_err(|error| Error::damaged("JPEG", error))?;
        if scratch.len() < length {
            scratch.resize(length, 0);
        }
        let output =
            YuvImage { pixels: &mut scratch[..length], width, align: 1, height, subsamp: header.subsamp };
        decompressor.decompress_to_yuv(jpeg, output).map_err(|error| Error::damaged("JPEG", error))?;
        let mut start = 0;
        for (n, plane) in canvas.planes.iter_mut().enumerate() {
            let stored = subsampling.padded_plane(n, size);
            let samples = &scratch[start..start + stored.area() as usize];
            plane.copy_from(
                (samples, stored.width),
                subsampling.plane(n, size),
                subsampling.places(n, places),
            );
            start += stored.area() as usize;
        }
        if length > 32 << 20 {
            *scratch = Vec::new(); // Do not keep the buffer of a whole master: tiles need far less.
        }
        Ok(())
    })
}

fn packed(
    decompressor: &mut Decompressor,
    jpeg: &[u8],
    header: &DecompressHeader,
    size: Dimensions,
) -> Result<Raster, Error> {
    let (channels, format) = match header.colorspace {
        Colorspace::Gray => (Channels::Gray, PixelFormat::GRAY),
        Colorspace::CMYK | Colorspace::YCCK => {
            return Err(cmyk_unsupported());
        }
        _ => (Channels::Rgb, PixelFormat::RGB),
    };
    let mut raster = Raster::blank(size, channels);
    let pitch = raster.stride();
    let output = Image {
        pixels: raster.samples.as_mut_slice(),
        width: size.width as usize,
        pitch,
        height: size.height as usize,
        format,
    };
    decompressor.decompress(jpeg, output).map_err(|error| Error::damaged("JPEG", error))?;
    Ok(raster)
}

fn cmyk_unsupported() -> Error {
    Error::Unsupported(
        "CMYK JPEGs are not supported here; convert them to sRGB, as with `vips icc_transform`".into(),
    )
}

/// The subsampling of the planes that this JPEG decodes to; `None` if it must be decoded to packed samples.
pub fn planes(jpeg: &[u8]) -> Option<Subsampling> {
    with_decompressor(jpeg, 1, |_, header, _| Ok(layout(header))).ok().flatten()
}

/// The subsampling of a JPEG; `None` if it is not supported for planes.
fn layout(header: &DecompressHeader) -> Option<Subsampling> {
    match (header.colorspace, header.subsamp) {
        (Colorspace::Gray, _) | (Colorspace::YCbCr, Subsamp::Gray) => Some(Subsampling::Gray),
        (Colorspace::YCbCr, Subsamp::None) => Some(Subsampling::S444),
        (Colorspace::YCbCr, Subsamp::Sub2x1) => Some(Subsampling::S422),
        (Colorspace::YCbCr, Subsamp::Sub1x2) => Some(Subsampling::S440),
        (Colorspace::YCbCr, Subsamp::Sub2x2) => Some(Subsampling::S420),
        _ => None,
    }
}

/// The most scans that an image may have.
pub(super) fn max_scans(pixels: u64) -> u32 {
    (MAX_SCANNED / pixels.max(1)).clamp(MIN_SCAN_LIMIT, MAX_SCANS.into()) as u32
}

fn with_decompressor<T>(
    jpeg: &[u8],
    reduce: u32,
    work: impl FnOnce(&mut Decompressor, &DecompressHeader, Dimensions) -> Result<T, Error>,
) -> Result<T, Error> {
    let damaged = |error: turbojpeg::Error| Error::damaged("JPEG", error);
    DECOMPRESSOR.with_borrow_mut(|slot| {
        let mut decompressor = match slot.take().filter(|_| tables::are_complete(jpeg)) {
            Some(decompressor) => decompressor,
            None => Decompressor::new().map_err(damaged)?,
        };
        let header = decompressor.read_header(jpeg).map_err(damaged)?;
        let pixels = header.width as u64 * header.height as u64;
        decompressor.set_scan_limit(max_scans(pixels)).map_err(damaged)?;
        if header.is_lossless {
            return Err(Error::damaged("JPEG", "a lossless JPEG has no planes and no fractions of its size"));
        }
        let scale = ScalingFactor::new(1, reduce as usize);
        decompressor.set_scaling_factor(scale).map_err(damaged)?;
        let size = Dimensions::new(scale.scale(header.width) as u32, scale.scale(header.height) as u32);
        let done = work(&mut decompressor, &header, size);
        if done.is_ok() {
            *slot = Some(decompressor); // A new one is created after an error.
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::EmbeddedMetadata;

    fn jpeg(side: u32) -> Vec<u8> {
        let raster = Raster::blank(Dimensions::new(side, side), Channels::Rgb);
        crate::pixels::jpeg::encode(&raster, 80, Subsampling::S420, &EmbeddedMetadata::default()).unwrap()
    }

    #[test]
    fn a_tile_that_claims_to_be_enormous_is_not_decoded() {
        let mut tile = jpeg(16);
        let mut canvas = Planar::blank(Dimensions::new(16, 16), Subsampling::S420);
        assert!(decode_into(&tile, 8, &mut canvas, ((0, 0), (0, 0)), Dimensions::new(16, 16)).unwrap());
        let frame = tile.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        tile[frame + 5..frame + 9].copy_from_slice(&[0xff, 0, 0xff, 0]);
        assert!(!decode_into(&tile, 8, &mut canvas, ((0, 0), (0, 0)), Dimensions::new(16, 16)).unwrap());
    }

    #[test]
    fn the_larger_a_picture_the_fewer_scans_it_may_have() {
        for (pixels, scans) in [(0, 500), (1 << 20, 500), (1 << 24, 128), (1 << 26, 50), (1 << 32, 50)] {
            assert_eq!(max_scans(pixels), scans, "{pixels}");
        }
    }

    #[test]
    fn reduction_does_not_allow_larger_progressive_jpegs() {
        let mut transform = turbojpeg::Transform::default();
        transform.progressive = true;
        let (baseline, progressive) = (jpeg(64), turbojpeg::transform(&transform, &jpeg(64)).unwrap());
        assert_eq!(decode(&baseline, 8, 64).unwrap().dimensions(), Dimensions::new(8, 8));
        assert!(matches!(decode(&progressive, 8, 64), Err(Error::TooLarge { pixels: 4096, limit: 64 })));
        assert_eq!(decode(&progressive, 8, 4096).unwrap().dimensions(), Dimensions::new(8, 8));
    }
}
