//! Numbers about how a picture looks as a whole.

use serde::{Deserialize, Serialize};

use super::Oklab;

/// Visual measures; works can be filtered and sorted by them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measures {
    /// The mean lightness, 0 (black) to 100 (white).
    pub brightness: f32,
    /// The standard deviation of the lightness, 0 (even) to 50 (half black, half white).
    pub contrast: f32,
    /// The mean chroma, 0 (gray) to 100 (the most colorful sRGB color everywhere).
    pub saturation: f32,
    /// -100 (all blue) to 100 (all orange): the mean along the axis from 250 to 70 degrees of hue, relative to the
    /// chroma; 0 for gray.
    pub temperature: f32,
    /// The Shannon entropy of the lightness in 64 steps, 0 (one tone) to 6 bits.
    pub entropy: f32,
}

/// The largest chroma in sRGB: that of its magenta.
const MAX_CHROMA: f32 = 0.323;
/// The hue that is felt as warmest, in degrees.
const WARMEST: f32 = 70.0;
/// Chroma below which a picture has no temperature.
const GRAY: f32 = 0.01;

impl Measures {
    /// Of these pixels; all 0 if there are none.
    pub(crate) fn of(pixels: &[Oklab]) -> Self {
        if pixels.is_empty() {
            return Self::default();
        }
        let mean = |value: &dyn Fn(&Oklab) -> f32| {
            (pixels.iter().map(|pixel| f64::from(value(pixel))).sum::<f64>() / pixels.len() as f64) as f32
        };
        let brightness = mean(&|pixel| pixel.lightness);
        let variance = mean(&|pixel| (pixel.lightness - brightness).powi(2));
        let chroma = mean(&|pixel| pixel.chroma());
        let (sin, cos) = WARMEST.to_radians().sin_cos();
        let warmth = mean(&|pixel| pixel.a * cos + pixel.b * sin);
        let mut steps = [0u32; 64];
        for pixel in pixels {
            steps[((pixel.lightness * 64.0) as usize).min(63)] += 1;
        }
        let shares =
            steps.iter().filter(|count| **count > 0).map(|count| *count as f32 / pixels.len() as f32);
        let round = |value: f32| (value * 100.0).round() / 100.0;
        Self {
            brightness: round(100.0 * brightness),
            contrast: round(100.0 * variance.max(0.0).sqrt()),
            saturation: round(100.0 * chroma / MAX_CHROMA),
            temperature: round(100.0 * warmth / chroma.max(GRAY)),
            entropy: round(shares.map(|share| -share * share.log2()).sum()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_have_their_documented_ranges() {
        let of = |colors: &[u32]| Measures::of(&colors.iter().map(|&rgb| Oklab::of(rgb)).collect::<Vec<_>>());
        let white = of(&[0xffffff]);
        assert_eq!((white.brightness, white.contrast, white.entropy), (100.0, 0.0, 0.0));
        let both = of(&[0xffffff, 0]);
        assert_eq!((both.brightness, both.contrast, both.entropy), (50.0, 50.0, 1.0));
        assert!(of(&[0xff8000]).temperature > 90.0);
        assert!(of(&[0x0060ff]).temperature < -70.0);
        assert!(of(&[0x808080]).temperature.abs() < 1.0);
        assert!((99.0..=100.5).contains(&of(&[0xff00ff]).saturation));
        assert_eq!(of(&[]), Measures::default());
    }
}
