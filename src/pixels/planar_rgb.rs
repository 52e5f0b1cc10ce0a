//! Converts YCbCr planes to packed RGB (JFIF: ITU-R BT.601, full range).

use super::{Channels, Planar, Raster};

/// Converts an image to packed samples; subsampled chroma is replicated.
pub fn planar_to_raster(image: &Planar) -> Raster {
    let [luma, color @ ..] = image.planes.as_slice() else {
        return Raster::blank(image.dimensions, Channels::Gray);
    };
    let [cb, cr] = color else {
        return Raster {
            dimensions: image.dimensions,
            channels: Channels::Gray,
            samples: luma.samples.clone(),
        };
    };
    let (across, down) = (image.subsampling.across() as usize, image.subsampling.down() as usize);
    let width = image.dimensions.width as usize;
    let stride = cb.dimensions.width as usize;
    let mut raster = Raster::blank(image.dimensions, Channels::Rgb);
    let rows = raster.samples.chunks_exact_mut(width * 3).zip(luma.samples.chunks_exact(width));
    for (y, (out, luma)) in rows.enumerate() {
        let row = y / down * stride;
        let (cb, cr) = (&cb.samples[row..row + stride], &cr.samples[row..row + stride]);
        for (x, (pixel, &luma)) in out.chunks_exact_mut(3).zip(luma).enumerate() {
            pixel.copy_from_slice(&rgb(luma, cb[x / across], cr[x / across]));
        }
    }
    raster
}

/// Converts a pixel in fixed point with 16 fractional bits, as libjpeg does.
fn rgb(luma: u8, cb: u8, cr: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (luma, cb, cr) = (i32::from(luma), i32::from(cb) - 128, i32::from(cr) - 128);
    let clamp = |value: i32| value.clamp(0, 255) as u8;
    [
        clamp(luma + ((91_881 * cr + HALF) >> 16)),
        clamp(luma + ((-22_554 * cb - 46_802 * cr + HALF) >> 16)),
        clamp(luma + ((116_130 * cb + HALF) >> 16)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primaries_are_converted() {
        for (ycc, expected) in [
            ((255, 128, 128), [255, 255, 255]),
            ((0, 128, 128), [0, 0, 0]),
            ((76, 85, 255), [254, 0, 0]),
            ((150, 44, 21), [0, 255, 1]),
            ((29, 255, 107), [0, 0, 254]),
        ] {
            assert_eq!(rgb(ycc.0, ycc.1, ycc.2), expected);
        }
    }
}
