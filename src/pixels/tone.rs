//! Converts to gray, bitonal and opaque (Image API 3.0, §4.4).

use super::{Channels, Raster};

/// The darkest gray that becomes white in bitonal images.
const WHITE: u8 = 128;

/// Replaces every pixel by its luma; with alpha, the result has four channels.
pub fn gray(mut raster: Raster) -> Raster {
    match raster.channels {
        Channels::Gray => {}
        Channels::Rgb => {
            raster.samples = raster.samples.as_chunks().0.iter().map(|&pixel| luma(pixel)).collect();
            raster.channels = Channels::Gray;
        }
        Channels::Rgba => {
            for [red, green, blue, _] in raster.samples.as_chunks_mut().0 {
                let gray = luma([*red, *green, *blue]);
                (*red, *green, *blue) = (gray, gray, gray);
            }
        }
    }
    raster
}

/// Converts to black or white by a threshold, so that adjacent tiles match; alpha is flattened over white.
pub fn bitonal(raster: Raster) -> Raster {
    let mut raster = gray(flatten(raster, [u8::MAX; 3]));
    for sample in &mut raster.samples {
        *sample = if *sample < WHITE { 0 } else { u8::MAX };
    }
    raster
}

/// Flattens alpha over a background; images without alpha are unchanged.
pub fn flatten(mut raster: Raster, background: [u8; 3]) -> Raster {
    if raster.channels == Channels::Rgba {
        let opaque = raster.samples.as_chunks().0.iter().map(|pixel| over(*pixel, background));
        raster.samples = opaque.collect::<Vec<_>>().into_flattened();
        raster.channels = Channels::Rgb;
    }
    raster
}

/// The luma of JPEG (Rec. 601), rounded.
pub fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    // The factors sum to 65536, so that white stays white.
    ((19_595 * red + 38_470 * green + 7_471 * blue + 32_768) >> 16) as u8
}

fn over([red, green, blue, alpha]: [u8; 4], background: [u8; 3]) -> [u8; 3] {
    let alpha = u32::from(alpha);
    let mix = |sample: u8, ground: u8| {
        ((u32::from(sample) * alpha + u32::from(ground) * (255 - alpha) + 127) / 255) as u8
    };
    [mix(red, background[0]), mix(green, background[1]), mix(blue, background[2])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iiif::Dimensions;

    fn row(channels: Channels, samples: &[u8]) -> Raster {
        let dimensions = Dimensions::new((samples.len() / channels.count()) as u32, 1);
        Raster { dimensions, channels, samples: samples.to_vec() }
    }

    #[test]
    fn gray_is_luma() {
        let colors = [255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 7, 7, 7];
        assert_eq!(gray(row(Channels::Rgb, &colors)), row(Channels::Gray, &[255, 76, 150, 29, 7]));
        assert_eq!(gray(row(Channels::Rgba, &[255, 0, 0, 9])), row(Channels::Rgba, &[76, 76, 76, 9]));
        assert_eq!(gray(row(Channels::Gray, &[3])), row(Channels::Gray, &[3]));
    }

    #[test]
    fn bitonal_is_black_or_white() {
        assert_eq!(bitonal(row(Channels::Gray, &[0, 127, 128, 255])), row(Channels::Gray, &[0, 0, 255, 255]));
        assert_eq!(bitonal(row(Channels::Rgb, &[255, 0, 0])), row(Channels::Gray, &[0]));
        assert_eq!(bitonal(row(Channels::Rgba, &[0, 0, 0, 0, 0, 0, 0, 255])), row(Channels::Gray, &[255, 0]));
    }

    #[test]
    fn alpha_is_flattened_over_a_background() {
        let pixels = [10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 128];
        let flat = row(Channels::Rgb, &[10, 20, 30, 255, 255, 255, 127, 127, 127]);
        assert_eq!(flatten(row(Channels::Rgba, &pixels), [255; 3]), flat);
        assert_eq!(flatten(flat.clone(), [0; 3]), flat);
    }
}
