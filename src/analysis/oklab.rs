//! Colors in Oklab (Ottosson 2020), where distances are close to what is seen.

use std::ops::{Add, Mul};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A color in Oklab: lightness from 0 to 1, and the green–red and blue–yellow axes, about -0.4 to 0.4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Oklab {
    pub lightness: f32,
    pub a: f32,
    pub b: f32,
}

/// Differences of hue and chroma are seen more than Oklab's plain distance says (ΔEOK2 of CSS Color 4).
pub(super) const CHROMA_WEIGHT: f32 = 2.0;

/// The linear light of each 8-bit sRGB value (IEC 61966-2-1).
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|value| {
        let encoded = value as f32 / 255.0;
        if encoded <= 0.04045 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) }
    })
});

impl Oklab {
    /// Of an sRGB color as `0xrrggbb`.
    pub(crate) fn of(rgb: u32) -> Self {
        Self::of_bytes([(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8])
    }

    /// Of 8-bit sRGB samples.
    pub(crate) fn of_bytes([r, g, b]: [u8; 3]) -> Self {
        let linear = &*LINEAR;
        let [r, g, b] = [r, g, b].map(|value| linear[usize::from(value)]);
        let l = cube_root(0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b);
        let m = cube_root(0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b);
        let s = cube_root(0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b);
        Self {
            lightness: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        }
    }

    /// As sRGB, `0xrrggbb`, clipped to its gamut.
    pub(crate) fn rgb(self) -> u32 {
        let linear = moxcms::Oklab::new(self.lightness, self.a, self.b).to_linear_rgb();
        let encoded = |linear: f32| {
            let linear = linear.clamp(0.0, 1.0);
            let value =
                if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
            (255.0 * value).round() as u32
        };
        encoded(linear.r) << 16 | encoded(linear.g) << 8 | encoded(linear.b)
    }

    /// `#rrggbb`.
    pub(crate) fn hex(self) -> String {
        format!("#{:06x}", self.rgb())
    }

    /// The distance from gray.
    pub(crate) fn chroma(self) -> f32 {
        (self.a * self.a + self.b * self.b).sqrt()
    }

    /// The square of [`Oklab::distance`].
    pub(crate) fn distance_squared(self, other: Self) -> f32 {
        let square = |x: f32| x * x;
        square(self.lightness - other.lightness)
            + square(CHROMA_WEIGHT * (self.a - other.a))
            + square(CHROMA_WEIGHT * (self.b - other.b))
    }

    /// How different two colors look: 1 for black and white, 0.02 where a difference is just seen.
    pub(crate) fn distance(self, other: Self) -> f32 {
        self.distance_squared(other).sqrt()
    }

    /// The mean of colors with weights; `None` if these sum to 0.
    pub(crate) fn mean(colors: impl IntoIterator<Item = (Self, f32)>) -> Option<Self> {
        let (mut sum, mut total) = ([0.0f64; 3], 0.0f64);
        for (color, weight) in colors {
            let weight = f64::from(weight);
            total += weight;
            for (sum, part) in sum.iter_mut().zip([color.lightness, color.a, color.b]) {
                *sum += weight * f64::from(part);
            }
        }
        let [lightness, a, b] = sum.map(|sum| (sum / total) as f32);
        (total > 0.0).then_some(Self { lightness, a, b })
    }
}

/// The cube root of a number that is not negative, as exact as `f32` is, in a third of the library's time: an estimate by
/// a third of the exponent, and two of Halley's steps.
fn cube_root(x: f32) -> f32 {
    if x < f32::MIN_POSITIVE {
        return 0.0;
    }
    let step = |y: f32| {
        let cube = y * y * y;
        y * (cube + 2.0 * x) / (2.0 * cube + x)
    };
    step(step(f32::from_bits(x.to_bits() / 3 + 0x2a51_37a0)))
}

impl Add for Oklab {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { lightness: self.lightness + other.lightness, a: self.a + other.a, b: self.b + other.b }
    }
}

impl Mul<f32> for Oklab {
    type Output = Self;

    fn mul(self, factor: f32) -> Self {
        Self { lightness: self.lightness * factor, a: self.a * factor, b: self.b * factor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_survive_the_way_there_and_back() {
        for rgb in [0, 0xffffff, 0xff0000, 0x00ff00, 0x0000ff, 0x123456, 0xfedcba] {
            assert_eq!(Oklab::of(rgb).rgb(), rgb, "{rgb:06x}");
        }
        assert_eq!(Oklab::of(0x0a0b0c).hex(), "#0a0b0c");
        for rgb in (0..0x100_0000).step_by(997) {
            let [_, r, g, b] = u32::to_be_bytes(rgb);
            let linear = [r, g, b].map(|value| LINEAR[usize::from(value)]);
            let expected = moxcms::Oklab::from_linear_rgb(moxcms::Rgb::new(linear[0], linear[1], linear[2]));
            let expected = Oklab { lightness: expected.l, a: expected.a, b: expected.b };
            assert!(Oklab::of(rgb).distance(expected) < 1e-4, "{rgb:06x}");
        }
        // The paper's examples: white is at lightness 1 without chroma.
        let white = Oklab::of(0xffffff);
        assert!((white.lightness - 1.0).abs() < 0.001 && white.chroma() < 0.001);
    }
}
