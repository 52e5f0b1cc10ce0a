//! AVIF at the encoder's fastest.

use ravif::{BitDepth, Encoder, MatrixCoefficients, PixelRange};

use super::{Error, fit, refused};
use crate::pixels::{Channels, Raster};

const QUALITY: f32 = 70.0;
const SPEED: u8 = 10;
const SIDE: u32 = 65_535;
/// The encoder holds some twenty bytes for each pixel and makes five million a second.
const PIXELS: u64 = 32_000_000;

/// Writes an AVIF that keeps alpha; its samples are taken to be sRGB, for it can hold no profile.
pub fn avif(raster: &Raster) -> Result<Vec<u8>, Error> {
    fit("avif", raster.dimensions, SIDE, PIXELS)?;
    let encoder = Encoder::new()
        .with_quality(QUALITY)
        .with_alpha_quality(QUALITY)
        .with_speed(SPEED)
        .with_bit_depth(BitDepth::Eight)
        .with_num_threads(Some(1));
    let pixels = raster.samples.chunks_exact(raster.channels.count());
    let planes = pixels.clone().map(|pixel| match pixel {
        [gray] => [*gray, 128, 128],
        [red, green, blue, ..] => ycbcr(*red, *green, *blue),
        _ => [0; 3],
    });
    let alpha = (raster.channels == Channels::Rgba).then(|| pixels.map(|pixel| pixel[3]));
    let [width, height] = [raster.dimensions.width, raster.dimensions.height].map(|side| side as usize);
    encoder
        .encode_raw_planes_8_bit(width, height, planes, alpha, PixelRange::Full, MatrixCoefficients::BT601)
        .map(|encoded| encoded.avif_file)
        .map_err(|error| refused("avif", error))
}

/// JPEG's own transform (Rec. 601, full range) in 16.16 fixed point.
fn ycbcr(red: u8, green: u8, blue: u8) -> [u8; 3] {
    let [red, green, blue] = [red, green, blue].map(i32::from);
    let luma = 19_595 * red + 38_470 * green + 7_471 * blue;
    let blueness = -11_058 * red - 21_710 * green + 32_768 * blue;
    let redness = 32_768 * red - 27_439 * green - 5_329 * blue;
    [luma, blueness + (128 << 16), redness + (128 << 16)]
        .map(|value| ((value + (1 << 15)) >> 16).clamp(0, 255) as u8)
}

#[cfg(test)]
mod tests {
    use super::super::samples::gradient;
    use super::*;
    use crate::iiif::Dimensions;

    #[test]
    fn each_kind_of_raster_becomes_a_file() {
        for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
            let file = avif(&gradient(65, 47, channels)).unwrap();
            assert_eq!(&file[4..12], b"ftypavif");
        }
    }

    #[test]
    fn a_pixel_is_enough() {
        assert!(avif(&gradient(1, 1, Channels::Rgb)).is_ok());
    }

    #[test]
    fn colours_turn_as_in_jpeg() {
        assert_eq!(ycbcr(255, 255, 255), [255, 128, 128]);
        assert_eq!(ycbcr(0, 0, 0), [0, 128, 128]);
        assert_eq!(ycbcr(255, 0, 0), [76, 85, 255]);
        assert_eq!(ycbcr(0, 0, 255), [29, 255, 107]);
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let raster = Raster::blank(Dimensions::new(8000, 4001), Channels::Gray);
        assert!(matches!(avif(&raster), Err(Error::Unsupported(_))));
    }
}
