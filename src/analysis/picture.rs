//! A picture as it is analysed: a small one in Oklab.

use super::Oklab;
use crate::iiif::{Dimensions, Rect};
use crate::pixels::{Channels, Raster, scale};

/// The most pixels that are analysed: more give the same colors.
const ENOUGH: u64 = 257 * 257;

/// Pixels in Oklab, rows from the top.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub size: Dimensions,
    pub pixels: Vec<Oklab>,
    /// Which pixels are opaque, if some are not.
    pub opaque: Option<Vec<bool>>,
}

impl Picture {
    /// A raster, reduced by a whole number to at most [`ENOUGH`] pixels. Transparent pixels are laid over white, as they
    /// are on a page.
    pub(crate) fn of(raster: &Raster) -> Self {
        let (all, channels) = (raster.dimensions, raster.channels.count());
        let factor =
            (1..=all.width.max(all.height)).find(|&factor| all.reduced(factor).area() <= ENOUGH).unwrap_or(1);
        let shrunk = |samples: &[u8], channels: usize| scale::shrink(samples, all, channels, factor);
        let color = |pixel: &[u8]| match *pixel {
            [r, g, b] => Oklab::of_bytes([r, g, b]),
            _ => Oklab::of_bytes([pixel[0]; 3]),
        };
        if raster.channels != Channels::Rgba {
            let (samples, size) = shrunk(&raster.samples, channels);
            let pixels = samples.chunks_exact(channels).map(color).collect();
            return Self { size, pixels, opaque: None };
        }
        let (samples, size) = shrunk(&over_white(&raster.samples), 3);
        let alpha: Vec<u8> = raster.samples.chunks_exact(channels).map(|pixel| pixel[3]).collect();
        let opaque: Vec<bool> = shrunk(&alpha, 1).0.into_iter().map(|alpha| alpha >= 128).collect();
        let pixels = samples.chunks_exact(3).map(color).collect();
        Self { size, pixels, opaque: Some(opaque).filter(|opaque| opaque.contains(&false)) }
    }

    /// The place of a pixel.
    pub(super) fn at(&self, x: usize, y: usize) -> usize {
        y * self.size.width as usize + x
    }

    /// A part of it, halved so long as it has more than `enough` pixels.
    pub(super) fn part(&self, part: Rect, enough: usize) -> Self {
        let (left, width) = (part.x as usize, part.width as usize);
        let rows = (part.y..part.y + part.height).map(|y| self.at(left, y as usize));
        let pixels = rows.flat_map(|start| self.pixels[start..start + width].iter().copied()).collect();
        let mut found = Self { size: Dimensions::new(part.width, part.height), pixels, opaque: None };
        while found.pixels.len() > enough && found.size.width > 1 && found.size.height > 1 {
            found = found.halved();
        }
        found
    }

    /// Means of 2 x 2 pixels; an odd last row or column is dropped.
    fn halved(&self) -> Self {
        let size = Dimensions::new(self.size.width / 2, self.size.height / 2);
        let mut pixels = Vec::with_capacity(size.area() as usize);
        for y in 0..size.height as usize {
            let upper = self.pixels[self.at(0, 2 * y)..].chunks_exact(2);
            let lower = self.pixels[self.at(0, 2 * y + 1)..].chunks_exact(2);
            let mean = |(a, b): (&[Oklab], &[Oklab])| (a[0] + a[1] + b[0] + b[1]) * 0.25;
            pixels.extend(upper.zip(lower).take(size.width as usize).map(mean));
        }
        Self { size, pixels, opaque: None }
    }
}

/// RGBA as RGB.
fn over_white(samples: &[u8]) -> Vec<u8> {
    let over = |pixel: &[u8]| {
        let alpha = u32::from(pixel[3]);
        let mixed = |value: u8| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        [mixed(pixel[0]), mixed(pixel[1]), mixed(pixel[2])]
    };
    samples.chunks_exact(4).flat_map(over).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Canvas;
    use super::*;

    #[test]
    fn large_pictures_are_reduced_and_keep_their_colors() {
        for (size, reduced) in [((512, 384), (256, 192)), ((2000, 250), (667, 84)), ((1, 1), (1, 1))] {
            let mut canvas = Canvas::plain(size.0, size.1, 0x2a52a0);
            canvas.rectangle(0, 0, size.0, size.1 / 2, 0xe3c030);
            let picture = Picture::of(&canvas.raster());
            assert_eq!(picture.size, Dimensions::new(reduced.0, reduced.1));
            assert_eq!(picture.pixels.len() as u64, picture.size.area());
            assert_eq!(picture.pixels.last().unwrap().hex(), "#2a52a0");
        }
    }

    #[test]
    fn transparent_pixels_are_white_and_known() {
        let mut raster = Raster::blank(Dimensions::new(2, 1), Channels::Rgba);
        raster.samples.copy_from_slice(&[0, 0, 0, 0, 192, 50, 43, 255]);
        let picture = Picture::of(&raster);
        assert_eq!(picture.opaque, Some(vec![false, true]));
        assert_eq!(picture.pixels.iter().map(|pixel| pixel.rgb()).collect::<Vec<_>>(), [0xffffff, 0xc0322b]);
    }

    #[test]
    fn a_part_is_halved_until_it_is_small_enough() {
        let mut canvas = Canvas::plain(100, 80, 0);
        canvas.rectangle(20, 20, 80, 60, 0xc0322b);
        let part = Picture::of(&canvas.raster()).part(Rect { x: 20, y: 20, width: 60, height: 40 }, 700);
        assert_eq!(part.size, Dimensions::new(30, 20));
        assert!(part.pixels.iter().all(|pixel| pixel.rgb() == 0xc0322b));
    }
}
