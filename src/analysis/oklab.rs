//! Colors in Oklab (Ottosson 2020), where distances are close to what is seen.

use std::sync::LazyLock;

use moxcms::Rgb;
use serde::{Deserialize, Serialize};

use crate::pixels::{Channels, Raster};

/// A color in Oklab: lightness from 0 to 1, and the green–red and blue–yellow axes, about -0.4 to 0.4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Oklab {
    pub lightness: f32,
    pub a: f32,
    pub b: f32,
}

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
        let lab = moxcms::Oklab::from_linear_rgb(Rgb::new(
            linear[usize::from(r)],
            linear[usize::from(g)],
            linear[usize::from(b)],
        ));
        Self { lightness: lab.l, a: lab.a, b: lab.b }
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
        self.a.hypot(self.b)
    }

    /// The square of the Euclidean distance.
    pub(crate) fn distance_squared(self, other: Self) -> f32 {
        let square = |x: f32| x * x;
        square(self.lightness - other.lightness) + square(self.a - other.a) + square(self.b - other.b)
    }

    /// The Euclidean distance: about 1 from black to white, and 0.02 where a difference is just seen.
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

/// A raster's pixels from the top; transparent ones are laid over white, as they are on a page.
pub(super) fn pixels(raster: &Raster) -> Vec<Oklab> {
    let color = |pixel: &[u8]| match raster.channels {
        Channels::Gray => Oklab::of_bytes([pixel[0]; 3]),
        Channels::Rgb => Oklab::of_bytes([pixel[0], pixel[1], pixel[2]]),
        Channels::Rgba => {
            let over_white = |value: u8| {
                let alpha = u32::from(pixel[3]);
                ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
            };
            Oklab::of_bytes([over_white(pixel[0]), over_white(pixel[1]), over_white(pixel[2])])
        }
    };
    raster.samples.chunks_exact(raster.channels.count()).map(color).collect()
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
        // The paper's examples: white is at lightness 1 without chroma.
        let white = Oklab::of(0xffffff);
        assert!((white.lightness - 1.0).abs() < 0.001 && white.chroma() < 0.001);
    }
}
