//! Rotates by any angle, without cropping or scaling.

use super::by_blocks;
use super::quarter::quarter_turns;
use crate::iiif::Dimensions;
use crate::pixels::{Channels, Raster, tone};

/// The sum of the weights of four neighbors.
const WHOLE: u32 = 1 << 16;
/// One pixel in the fixed point of coordinates.
const ONE: f64 = (1u64 << 32) as f64;
/// The weight of an opaque pixel.
const OPAQUE: u32 = WHOLE * 255;

/// Rotates clockwise into the smallest box that contains the image (Image API 3.0, §4.3).
///
/// The corners are filled with `background`, over which alpha is flattened; without a background the raster becomes RGBA
/// with transparent corners. Quarter turns are not resampled.
pub fn rotate(raster: &Raster, degrees: f64, background: Option<[u8; 3]>) -> Raster {
    let quarters = degrees.rem_euclid(360.0) / 90.0;
    if quarters.fract() == 0.0 {
        return quarter_turns(raster, quarters as u8);
    }
    let target = match (background, raster.channels) {
        (None, _) => Channels::Rgba,
        (Some(_), Channels::Gray) => Channels::Gray,
        (Some(_), _) => Channels::Rgb,
    };
    let mut rotated = Raster::blank(rotated_dimensions(raster.dimensions, degrees), target);
    let background_color = background.unwrap_or_default();
    match (raster.channels, target) {
        (Channels::Gray, Channels::Rgba) => {
            fill::<1, 1, 4>(raster, &mut rotated, degrees, |[gray], alpha| clear([gray; 3], alpha));
        }
        (Channels::Gray, _) => {
            let background_color = [tone::luma(background_color)];
            fill::<1, 1, 1>(raster, &mut rotated, degrees, |gray, alpha| over(gray, alpha, background_color));
        }
        (Channels::Rgb, Channels::Rgba) => fill::<3, 3, 4>(raster, &mut rotated, degrees, clear),
        (Channels::Rgb, _) => {
            fill::<3, 3, 3>(raster, &mut rotated, degrees, |color, alpha| {
                over(color, alpha, background_color)
            });
        }
        (Channels::Rgba, Channels::Rgba) => fill::<4, 3, 4>(raster, &mut rotated, degrees, clear),
        (Channels::Rgba, _) => {
            fill::<4, 3, 3>(raster, &mut rotated, degrees, |color, alpha| {
                over(color, alpha, background_color)
            });
        }
    }
    rotated
}

/// The size of an image rotated by `degrees`.
pub fn rotated_dimensions(dimensions: Dimensions, degrees: f64) -> Dimensions {
    let [sine, cosine] = sine_cosine(degrees).map(f64::abs);
    let [width, height] = [dimensions.width, dimensions.height].map(f64::from);
    // A side that is an integer except for rounding errors must not grow by a pixel.
    let side = |length: f64| (length - 1e-6).ceil().max(1.0) as u32;
    Dimensions::new(side(width * cosine + height * sine), side(height * cosine + width * sine))
}

/// Sine and cosine, exact at quarter turns.
fn sine_cosine(degrees: f64) -> [f64; 2] {
    match degrees.rem_euclid(360.0) {
        0.0 => [0.0, 1.0],
        90.0 => [1.0, 0.0],
        180.0 => [0.0, -1.0],
        270.0 => [-1.0, 0.0],
        degrees => degrees.to_radians().sin_cos().into(),
    }
}

/// Samples `N` channels, `C` of them colors, for each of the target's pixels of `M` channels.
fn fill<const N: usize, const C: usize, const M: usize>(
    raster: &Raster,
    rotated: &mut Raster,
    degrees: f64,
    finish: impl Fn([u32; C], u32) -> [u8; M],
) {
    let [sine, cosine] = sine_cosine(degrees);
    let half = |side: u32| f64::from(side) / 2.0;
    let Dimensions { width, height } = rotated.dimensions;
    let [center_x, center_y] = [half(width) - 0.5, half(height) - 0.5];
    let source = Source::<N> {
        pixels: raster.samples.as_chunks().0,
        width: i64::from(raster.dimensions.width),
        height: i64::from(raster.dimensions.height),
    };
    // Inverse mapping: the source position of the target's first pixel.
    let x = half(raster.dimensions.width) - 0.5 - center_x * cosine - center_y * sine;
    let y = half(raster.dimensions.height) - 0.5 - center_y * cosine + center_x * sine;
    let [x, y, sine, cosine] = [x, y, sine, cosine].map(|value| (value * ONE).round() as i64);
    let target = rotated.samples.as_chunks_mut::<M>().0;
    by_blocks(width as usize, height as usize, |across, down| {
        let (across_steps, down_steps) = (across as i64, down as i64);
        let (color, alpha) = source.sample(
            x + across_steps * cosine + down_steps * sine,
            y + down_steps * cosine - across_steps * sine,
        );
        target[down * width as usize + across] = finish(color, alpha);
    });
}

struct Source<'a, const N: usize> {
    pixels: &'a [[u8; N]],
    width: i64,
    height: i64,
}

impl<const N: usize> Source<'_, N> {
    /// Interpolates the four nearest pixels: colors times alpha, and alpha; outside, alpha is 0.
    fn sample<const C: usize>(&self, x: i64, y: i64) -> ([u32; C], u32) {
        let (left, top) = (x >> 32, y >> 32);
        let [part_x, part_y] = [x, y].map(|place| (place >> 24 & 0xff) as u32);
        let mut sum = ([0; C], 0);
        if left < -1 || top < -1 || left >= self.width || top >= self.height {
            return sum;
        }
        self.add(&mut sum, left, top, (256 - part_x) * (256 - part_y));
        self.add(&mut sum, left + 1, top, part_x * (256 - part_y));
        self.add(&mut sum, left, top + 1, (256 - part_x) * part_y);
        self.add(&mut sum, left + 1, top + 1, part_x * part_y);
        sum
    }

    fn add<const C: usize>(&self, (color, alpha): &mut ([u32; C], u32), x: i64, y: i64, weight: u32) {
        if x < 0 || y < 0 || x >= self.width || y >= self.height {
            return;
        }
        let pixel = &self.pixels[(y * self.width + x) as usize];
        // At most 65536 * 255 * 255 in total, which fits into 32 bits.
        let weight = if N == 4 { weight * u32::from(pixel[N - 1]) } else { weight * 255 };
        *alpha += weight;
        for (sum, &sample) in color.iter_mut().zip(pixel) {
            *sum += weight * u32::from(sample);
        }
    }
}

/// A pixel with straight alpha.
fn clear(color: [u32; 3], alpha: u32) -> [u8; 4] {
    let [red, green, blue] =
        color.map(|sum| (sum.saturating_add(alpha / 2)).checked_div(alpha).unwrap_or(0) as u8);
    [red, green, blue, ((alpha + WHOLE / 2) / WHOLE) as u8]
}

/// An opaque pixel over a background.
fn over<const C: usize>(mut color: [u32; C], alpha: u32, background_color: [u8; C]) -> [u8; C] {
    for (sum, background_color) in color.iter_mut().zip(background_color) {
        *sum = (*sum + (OPAQUE - alpha) * u32::from(background_color) + OPAQUE / 2) / OPAQUE;
    }
    color.map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(width: u32, height: u32, pixel: &[u8]) -> Raster {
        let channels = [Channels::Gray, Channels::Gray, Channels::Rgb, Channels::Rgba][pixel.len() - 1];
        let dimensions = Dimensions::new(width, height);
        Raster { dimensions, channels, samples: pixel.repeat(dimensions.area() as usize) }
    }

    #[track_caller]
    fn check(width: u32, height: u32, degrees: f64, expected: (u32, u32)) {
        let expected = Dimensions::new(expected.0, expected.1);
        assert_eq!(rotated_dimensions(Dimensions::new(width, height), degrees), expected);
    }

    #[test]
    fn the_box_is_tight() {
        check(300, 200, 0.0, (300, 200));
        check(300, 200, 90.0, (200, 300));
        check(300, 200, 180.0, (300, 200));
        check(300, 200, 360.0, (300, 200));
        check(300, 200, 22.5, (354, 300));
        check(100, 100, 45.0, (142, 142));
        check(1, 1, 45.0, (2, 2));
        // 3-4-5: integer sides stay integers.
        check(100, 50, f64::atan2(3.0, 4.0).to_degrees(), (110, 100));
    }

    #[test]
    fn corners_are_clear_or_take_the_ground() {
        for pixel in [&[50][..], &[50, 60, 70], &[50, 60, 70, 255]] {
            let raster = filled(40, 30, pixel);
            let clear = rotate(&raster, 30.0, None);
            assert_eq!(clear.channels, Channels::Rgba);
            assert_eq!(clear.samples[3], 0);
            let background_color = rotate(&raster, 30.0, Some([255; 3]));
            assert_eq!(background_color.channels.count(), pixel.len().min(3));
            assert_eq!(background_color.samples[0], 255);
            let middle = background_color.samples.len() / background_color.channels.count() / 2
                + background_color.dimensions.width as usize / 2;
            assert_eq!(background_color.samples[middle * background_color.channels.count()], 50);
        }
    }

    #[test]
    fn edges_keep_their_color_on_any_background() {
        let rotated = rotate(&filled(40, 30, &[200, 100, 50, 255]), 30.0, None);
        let visible = rotated.samples.chunks_exact(4).filter(|pixel| pixel[3] > 0);
        assert!(visible.clone().any(|pixel| pixel[3] < 255));
        assert!(visible.into_iter().all(|pixel| pixel[..3] == [200, 100, 50]));
    }

    #[test]
    fn a_turn_is_clockwise() {
        // A dot at the top left is at the top after an eighth of a turn.
        let mut raster = filled(101, 101, &[0]);
        (0..10).for_each(|at| raster.samples[at % 3 + at / 3 * 101] = 255);
        let rotated = rotate(&raster, 45.0, Some([0; 3]));
        let brightest = rotated.samples.iter().zip(0..).max_by_key(|(sample, _)| **sample).unwrap().1;
        assert!((brightest % rotated.dimensions.width).abs_diff(rotated.dimensions.width / 2) < 4);
        assert!(brightest / rotated.dimensions.width < 8);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(width in 1..90u32, height in 1..90u32, degrees in 0.0..360.0f64) {
            let rotated = rotate(&filled(width, height, &[0]), degrees, None);
            let covered: u64 = rotated.samples.iter().skip(3).step_by(4).map(|&alpha| u64::from(alpha)).sum();
            let area = u64::from(width * height) * 255;
            // Interpolation extends half a pixel over the edge of the box, where it is clipped.
            let rim = u64::from(width + height) * 255 / 2;
            prop_assert!(covered.abs_diff(area) <= area / 50 + rim, "{covered} of {area}");
        }
    }
}
