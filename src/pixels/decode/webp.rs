//! Decodes WebP, or the first frame of an animation, to RGB or RGBA.

use std::borrow::Cow;

use webp::{BitstreamFeatures, Decoder};

use super::{Channels, Dimensions, Error, Raster};

const WHAT: &str = "WebP";
/// The largest side of a still image, which has 14 bits; only a canvas can be larger.
const SIDE: u32 = 16_383;

/// Decodes a WebP of at most `limit_pixels` pixels, or the first frame of an animation, always with alpha.
///
/// # Errors
/// If the file is damaged or too large.
pub fn webp(bytes: &[u8], limit_pixels: u64) -> Result<Raster, Error> {
    let dimensions = header(bytes)?;
    if dimensions.area() > limit_pixels {
        return Err(Error::TooLarge { pixels: dimensions.area(), limit: limit_pixels });
    }
    let raster = match chunks(bytes).find(|(name, _)| *name == b"ANMF") {
        Some((_, frame)) => first_frame(frame, dimensions)?,
        None => still(bytes)?,
    };
    Ok(raster)
}

/// Whether the decoder accepts the file as WebP; needs everything before the samples.
pub fn webp_is_sound(bytes: &[u8]) -> bool {
    header(bytes).is_ok()
}

/// Reads a WebP's header; the first few KiB suffice.
fn header(bytes: &[u8]) -> Result<Dimensions, Error> {
    let features = BitstreamFeatures::new(bytes).ok_or_else(|| Error::damaged(WHAT, "no sound header"))?;
    let dimensions = Dimensions::new(features.width(), features.height());
    let moves = features.has_animation();
    if dimensions.area() == 0 || !moves && dimensions.width.max(dimensions.height) > SIDE {
        return Err(Error::damaged(WHAT, format_args!("a size of {dimensions}")));
    }
    Ok(dimensions)
}

/// The chunks of a RIFF file, up to the first that is truncated.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (name, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let payload = after.get(..length)?;
        rest = after.get(length + length % 2..).unwrap_or_default();
        Some((name, payload))
    })
}

/// Decodes a still image whose size is known to be within the limit.
fn still(bytes: &[u8]) -> Result<Raster, Error> {
    let image = Decoder::new(bytes).decode().ok_or_else(|| Error::damaged(WHAT, "its picture is broken"))?;
    let channels = if image.is_alpha() { Channels::Rgba } else { Channels::Rgb };
    let dimensions = Dimensions::new(image.width(), image.height());
    Ok(Raster { dimensions, channels, samples: image.to_vec() })
}

/// The canvas after the first frame, transparent outside the frame (RFC 9649, §2.7.1.1).
fn first_frame(frame: &[u8], canvas: Dimensions) -> Result<Raster, Error> {
    let short = || Error::damaged(WHAT, "its first frame is cut");
    let (place, picture) = frame.split_at_checked(16).ok_or_else(short)?;
    let [x, y, width, height] =
        [0, 3, 6, 9].map(|at| u32::from_le_bytes([place[at], place[at + 1], place[at + 2], 0]));
    let (x, y, size) = (2 * x, 2 * y, Dimensions::new(width + 1, height + 1));
    if x + size.width > canvas.width || y + size.height > canvas.height {
        return Err(Error::damaged(WHAT, "its first frame leaves the canvas"));
    }
    let file = as_still(picture, &place[6..12]);
    if header(&file)? != size {
        return Err(Error::damaged(WHAT, "its first frame has two sizes"));
    }
    let picture = still(&file)?;
    let mut raster = Raster::blank(canvas, Channels::Rgba);
    let (stride, channels) = (raster.stride(), picture.channels.count());
    let rows = raster.samples.chunks_exact_mut(stride).skip(y as usize);
    for (row, source) in rows.zip(picture.samples.chunks_exact(picture.stride())) {
        let row = row[x as usize * 4..].chunks_exact_mut(4);
        for (pixel, source) in row.zip(source.chunks_exact(channels)) {
            pixel[3] = u8::MAX;
            pixel[..channels].copy_from_slice(source);
        }
    }
    Ok(raster)
}

/// A frame's chunks as a complete file; alpha requires the extended header.
fn as_still(picture: &[u8], size: &[u8]) -> Vec<u8> {
    let extended: Cow<'_, [u8]> = if picture.starts_with(b"ALPH") {
        let flags = [0x10, 0, 0, 0];
        [b"VP8X\x0a\0\0\0".as_slice(), &flags, size].concat().into()
    } else {
        Cow::Borrowed(&[])
    };
    let length = (4 + extended.len() + picture.len()) as u32;
    [b"RIFF", length.to_le_bytes().as_slice(), b"WEBP", &extended, picture].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::EmbeddedMetadata;
    use crate::pixels::encode;

    fn filled(width: u32, height: u32, pixel: &[u8]) -> Raster {
        let channels = if pixel.len() == 4 { Channels::Rgba } else { Channels::Rgb };
        let mut raster = Raster::blank(Dimensions::new(width, height), channels);
        raster.samples = pixel.repeat((width * height) as usize);
        raster
    }

    /// A canvas of 30 x 20 with one frame at 8, 4.
    fn moving(frame: &Raster) -> Vec<u8> {
        let still = encode::webp(frame, &EmbeddedMetadata::default()).unwrap();
        let picture = if &still[12..16] == b"VP8X" { &still[30..] } else { &still[12..] };
        let sides = [frame.dimensions.width - 1, frame.dimensions.height - 1].map(u32::to_le_bytes);
        let place = [&[4, 0, 0, 2, 0, 0], &sides[0][..3], &sides[1][..3], &[0; 4]].concat();
        let length = (place.len() + picture.len()) as u32;
        let frame = [b"ANMF", length.to_le_bytes().as_slice(), &place, picture].concat();
        let canvas = b"VP8X\x0a\0\0\0\x02\0\0\0\x1d\0\0\x13\0\0ANIM\x06\0\0\0\0\0\0\0\0\0";
        let length = (4 + canvas.len() + frame.len()) as u32;
        [b"RIFF", length.to_le_bytes().as_slice(), b"WEBP", canvas, &frame].concat()
    }

    #[test]
    fn the_first_frame_lies_in_its_canvas() {
        for pixel in [&[200, 100, 50][..], &[200, 100, 50, 90]] {
            let bytes = moving(&filled(10, 6, pixel));
            let raster = webp(&bytes, 600).unwrap();
            assert_eq!(header(&bytes[..64]).unwrap(), raster.dimensions);
            let alpha = |x: usize, y: usize| raster.samples[(y * 30 + x) * 4 + 3];
            assert_eq!([alpha(7, 4), alpha(8, 3), alpha(18, 9), alpha(17, 10)], [0; 4]);
            let opacity = *pixel.get(3).unwrap_or(&255);
            assert_eq!([alpha(8, 4), alpha(17, 9)], [opacity; 2]);
        }
    }

    #[test]
    fn a_frame_outside_its_canvas_is_an_error() {
        assert!(webp(&moving(&filled(23, 6, &[0; 3])), 600).is_err());
    }

    #[test]
    fn the_limit_is_checked_first() {
        let bytes = encode::webp(&filled(30, 30, &[9, 9, 9]), &EmbeddedMetadata::default()).unwrap();
        assert!(matches!(webp(&bytes, 899), Err(Error::TooLarge { pixels: 900, limit: 899 })));
        assert!(webp(&bytes, 900).is_ok());
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error() {
        for bytes in [
            moving(&filled(10, 6, &[9, 8, 7, 6])),
            encode::webp(&filled(40, 40, &[9, 9, 9]), &EmbeddedMetadata::default()).unwrap(),
        ] {
            for end in 0..bytes.len() - 2 {
                assert!(webp(&bytes[..end], 10_000).is_err(), "{end} of {}", bytes.len());
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn damage_never_panics(at in 0..400usize, value: u8, also in 0..100usize, other: u8) {
            for mut bytes in [moving(&filled(10, 6, &[9, 8, 7, 6])), encode::webp(&filled(40, 40, &[9; 3]), &EmbeddedMetadata::icc(b"icc")).unwrap()] {
                let length = bytes.len();
                bytes[at % length] = value;
                bytes[also % length] = other;
                let _ = (header(&bytes), webp(&bytes, 1 << 20));
            }
        }
    }
}
