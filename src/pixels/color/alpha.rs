//! Converts premultiplied colors to straight alpha.

use super::sample::Sample;
use crate::pixels::Alpha;

/// Expands 8-bit pixels of one or three `colors` and an alpha to RGBA with straight alpha; color values are not converted.
pub fn to_rgba(samples: &[u8], colors: usize, alpha: Alpha) -> Vec<u8> {
    let pixel = |pixel: &[u8]| {
        let alpha_value = pixel[colors];
        let color = |n: usize| match (alpha, alpha_value) {
            (Alpha::Associated, 1..) => (u32::from(pixel[n]) * 255 / u32::from(alpha_value)).min(255) as u8,
            _ => pixel[n],
        };
        [color(0), color(1 % colors), color(2 % colors), alpha_value]
    };
    samples.chunks_exact(colors + 1).flat_map(pixel).collect()
}

/// Divides the colors of every pixel of `count` samples by its alpha, the last sample.
pub(super) fn straighten<S: Sample>(samples: &mut [S], count: usize) {
    for pixel in samples.chunks_exact_mut(count) {
        let Some((alpha, colors)) = pixel.split_last_mut() else { return };
        let alpha = alpha.wide();
        if alpha == S::MAX {
            continue;
        }
        for color in colors {
            // At most 65535² + 32767: it fits.
            let straight = (color.wide() * S::MAX + alpha / 2).checked_div(alpha).unwrap_or(0);
            *color = S::of(straight.min(S::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_divided_by_their_alpha() {
        let mut samples = [10u8, 20, 0, 128, 7, 8, 9, 255, 3, 3, 3, 0, 99, 1, 1, 5];
        straighten(&mut samples, 4);
        assert_eq!(samples, [20, 40, 0, 128, 7, 8, 9, 255, 0, 0, 0, 0, 255, 51, 51, 5]);
        let mut samples = [65_535u16, 65_535, 300, 600];
        straighten(&mut samples, 2);
        assert_eq!(samples, [65_535, 65_535, 32_768, 600]);
    }

    #[test]
    fn no_alpha_overflows() {
        for alpha in [0u16, 1, 2, 65_534, 65_535] {
            straighten(&mut [u16::MAX, alpha], 2);
        }
    }
}
