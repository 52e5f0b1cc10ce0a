//! A descriptor of color and composition, by which pictures can be compared without a model.
//!
//! Four parts, each of length 1, so that the product of two descriptors is the mean of their cosines, weighted by
//! [`WEIGHTS`]:
//! - *layout*: the mean color of each of 4 x 4 fields, in Oklab with [`CHROMA_WEIGHT`], less a medium gray;
//! - *colors*: the square roots of a histogram of the whole (Hellinger's distance): nine hues, gray being one of them, by
//!   five steps of lightness, pixels shared between neighboring bins;
//! - *form*: for each of the fields the directions of its edges in eight steps of 22.5 degrees (Dalal and Triggs 2005),
//!   weighted by the square root of the edges' strength above that of noise;
//! - *format*: an angle from 0 degrees, three times as high as wide or more, to 90 degrees, three times as wide as high.
//!
//! The picture is its content's rectangle, without frame and surroundings, reduced to about a hundred pixels a side.

use std::ops::Range;

use super::oklab::CHROMA_WEIGHT;
use super::{Content, Oklab, Picture};
use crate::iiif::Dimensions;

const FIELDS: usize = 4;
const LIGHTNESSES: usize = 5;
const HUES: usize = 8;
const DIRECTIONS: usize = 8;

/// Numbers of a descriptor.
pub(super) const LENGTH: usize =
    3 * FIELDS * FIELDS + LIGHTNESSES * (HUES + 1) + DIRECTIONS * FIELDS * FIELDS + 2;

/// The shares of layout, colors, form and format: form says most about what is shown, format least.
const WEIGHTS: [f32; 4] = [0.2, 0.2, 0.5, 0.1];
/// Pictures with more pixels are reduced: a composition is seen in few.
const ENOUGH: usize = 12_500;
/// Chroma below which a pixel is gray.
const GRAY: f32 = 0.03;
/// Weaker edges are noise.
const NOISE: f32 = 0.02;
/// Formats beyond this are alike.
const LONGEST: f32 = 3.0;

/// The parts of a descriptor that can be compared by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Layout and colors.
    Color,
    /// Form and format.
    Form,
}

impl Part {
    /// The numbers of this part, and the sum of their weights.
    fn place(self) -> (Range<usize>, f32) {
        let border = 3 * FIELDS * FIELDS + LIGHTNESSES * (HUES + 1);
        match self {
            Self::Color => (0..border, WEIGHTS[0] + WEIGHTS[1]),
            Self::Form => (border..LENGTH, WEIGHTS[2] + WEIGHTS[3]),
        }
    }

    /// How alike this part of two descriptors is: the cosine, 1 for equal ones.
    pub(crate) fn cosine(self, a: &[f32], b: &[f32]) -> f32 {
        let (place, weight) = self.place();
        match (a.get(place.clone()), b.get(place)) {
            (Some(a), Some(b)) => a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>() / weight,
            _ => 0.0,
        }
    }

    /// A descriptor without its other part, of length 1.
    pub(crate) fn alone(self, descriptor: &[f32]) -> Vec<f32> {
        let (place, weight) = self.place();
        let scale = weight.sqrt().recip();
        let kept = |(at, value): (usize, &f32)| if place.contains(&at) { value * scale } else { 0.0 };
        descriptor.iter().enumerate().map(kept).collect()
    }

    /// The cosine of this part, from that of a descriptor with one that has this part alone.
    pub(crate) fn of_cosine(self, cosine: f32) -> f32 {
        cosine / self.place().1.sqrt()
    }
}

/// The descriptor of a picture's content; its length is 1.
pub(crate) fn descriptor(picture: &Picture, content: &Content) -> Vec<f32> {
    let part = picture.part(content.bounds, ENOUGH);
    let (pixels, size) = (&part.pixels, part.size);
    let format = format(content.bounds.dimensions());
    let parts = [layout(pixels, size), colors(pixels), form(pixels, size), format];
    let weighted = |(part, weight): (Vec<f32>, f32)| {
        let scale = weight.sqrt();
        unit(part).into_iter().map(move |value| scale * value)
    };
    parts.into_iter().zip(WEIGHTS).flat_map(weighted).collect()
}

fn format(size: Dimensions) -> Vec<f32> {
    let ratio = (size.width as f32 / size.height as f32).ln() / LONGEST.ln();
    let (sin, cos) = ((ratio.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4).sin_cos();
    vec![cos, sin]
}

/// The field of a pixel.
fn field(at: usize, size: Dimensions) -> usize {
    let (width, height) = (size.width as usize, size.height as usize);
    let (x, y) = (at % width, at / width);
    (y * FIELDS / height) * FIELDS + x * FIELDS / width
}

fn layout(pixels: &[Oklab], size: Dimensions) -> Vec<f32> {
    let mut sums = [([0.0f32; 3], 0.0f32); FIELDS * FIELDS];
    for (at, pixel) in pixels.iter().enumerate() {
        let (sum, count) = &mut sums[field(at, size)];
        for (sum, part) in
            sum.iter_mut().zip([pixel.lightness - 0.5, CHROMA_WEIGHT * pixel.a, CHROMA_WEIGHT * pixel.b])
        {
            *sum += part;
        }
        *count += 1.0;
    }
    sums.iter().flat_map(|(sum, count)| sum.map(|sum| sum / count.max(1.0))).collect()
}

fn colors(pixels: &[Oklab]) -> Vec<f32> {
    let mut bins = [0.0f32; LIGHTNESSES * (HUES + 1)];
    for pixel in pixels {
        let lightness =
            (pixel.lightness.clamp(0.0, 1.0) * (LIGHTNESSES - 1) as f32).min(LIGHTNESSES as f32 - 1.001);
        let hue =
            pixel.b.atan2(pixel.a).rem_euclid(std::f32::consts::TAU) / std::f32::consts::TAU * HUES as f32;
        let colorful = (pixel.chroma() / GRAY - 0.5).clamp(0.0, 1.0);
        for (step, share) in
            [(lightness as usize, 1.0 - lightness.fract()), (lightness as usize + 1, lightness.fract())]
        {
            let row = &mut bins[step * (HUES + 1)..][..HUES + 1];
            row[HUES] += share * (1.0 - colorful);
            row[hue as usize % HUES] += share * colorful * (1.0 - hue.fract());
            row[(hue as usize + 1) % HUES] += share * colorful * hue.fract();
        }
    }
    bins.iter().map(|bin| (bin / pixels.len().max(1) as f32).sqrt()).collect()
}

fn form(pixels: &[Oklab], size: Dimensions) -> Vec<f32> {
    let (width, height) = (size.width as usize, size.height as usize);
    let mut bins = [0.0f32; DIRECTIONS * FIELDS * FIELDS];
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let at = y * width + x;
            let lightness = |at: usize| pixels[at].lightness;
            let across = lightness(at + 1) - lightness(at - 1);
            let down = lightness(at + width) - lightness(at - width);
            let strength = ((across * across + down * down).sqrt() - NOISE).max(0.0).sqrt();
            if strength == 0.0 {
                continue;
            }
            let direction = down.atan2(across).rem_euclid(std::f32::consts::PI) / std::f32::consts::PI
                * DIRECTIONS as f32;
            let row = &mut bins[DIRECTIONS * field(at, size)..][..DIRECTIONS];
            row[direction as usize % DIRECTIONS] += strength * (1.0 - direction.fract());
            row[(direction as usize + 1) % DIRECTIONS] += strength * direction.fract();
        }
    }
    bins.to_vec()
}

/// With a length of 1; even where it has none.
fn unit(mut values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    let (count, flat) = (values.len() as f32, length < 1e-6);
    values.iter_mut().for_each(|value| *value = if flat { count.sqrt().recip() } else { *value / length });
    values
}

#[cfg(test)]
mod tests {
    use super::super::testing::Canvas;
    use super::*;

    fn of(canvas: &Canvas) -> Vec<f32> {
        let picture = Picture::of(&canvas.raster());
        descriptor(&picture, &Content::find(&picture))
    }

    fn product(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    fn landscape(sky: u32, land: u32) -> Canvas {
        let mut canvas = Canvas::plain(200, 150, sky);
        canvas.rectangle(0, 90, 200, 150, land);
        canvas.rectangle(140, 40, 150, 90, 0x30281c);
        canvas
    }

    #[test]
    fn descriptors_have_length_one() {
        for canvas in [Canvas::plain(1, 1, 0), Canvas::plain(3, 200, 0xffffff), Canvas::noise(100, 80, 1)] {
            let found = of(&canvas);
            assert_eq!(found.len(), LENGTH);
            assert!((product(&found, &found) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn alike_in_color_and_composition_is_near() {
        let first = of(&landscape(0x9fb6d0, 0x4c6b3f));
        let alike = of(&landscape(0xa8bccc, 0x55703f));
        let mut other = Canvas::plain(150, 200, 0x201510);
        other.rectangle(50, 30, 100, 100, 0xd9a68a);
        let other = of(&other);
        assert!(product(&first, &alike) > 0.95);
        assert!(product(&first, &alike) > product(&first, &other) + 0.3);
    }

    #[test]
    fn parts_are_compared_by_themselves() {
        let first = of(&landscape(0x9fb6d0, 0x4c6b3f));
        let same_form = of(&landscape(0xd09fa8, 0x3f4c6b));
        for part in [Part::Color, Part::Form] {
            assert!((part.cosine(&first, &first) - 1.0).abs() < 1e-4);
            let alone = part.alone(&first);
            assert!((product(&alone, &alone) - 1.0).abs() < 1e-4);
            let found = part.of_cosine(product(&alone, &same_form));
            assert!((found - part.cosine(&first, &same_form)).abs() < 1e-4);
        }
        assert!(Part::Form.cosine(&first, &same_form) > Part::Color.cosine(&first, &same_form) + 0.1);
    }

    #[test]
    fn size_and_noise_hardly_matter() {
        let large = of(&landscape(0x9fb6d0, 0x4c6b3f));
        let mut rough = landscape(0x9fb6d0, 0x4c6b3f);
        rough.roughen(6, 9);
        assert!(product(&large, &of(&rough)) > 0.85);
    }
}
