//! A picture as it is analysed: a small one in Oklab.

use super::Oklab;
use crate::iiif::{Dimensions, Rect};
use crate::pixels::{Channels, Raster};

/// About how many pixels are analysed: more give the same colors.
const ENOUGH: u64 = 256 * 256;

/// Pixels in Oklab, rows from the top.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub size: Dimensions,
    pub pixels: Vec<Oklab>,
    /// Which pixels are opaque, if some are not.
    pub opaque: Option<Vec<bool>>,
}

/// The sums of samples that become one pixel; colors are weighted by alpha.
#[derive(Clone, Copy, Default)]
struct Block {
    color: [u32; 3],
    alpha: u32,
    count: u32,
}

impl Picture {
    /// A raster, reduced by a whole number to about [`ENOUGH`] pixels. Transparent pixels are laid over white, as they
    /// are on a page.
    pub(crate) fn of(raster: &Raster) -> Self {
        let area = raster.dimensions.area();
        let factor = (1..).find(|factor| area <= ENOUGH * factor * factor).unwrap_or(1) as usize;
        let size = raster.dimensions.reduced(factor as u32);
        let mut pixels = Vec::with_capacity(size.area() as usize);
        let mut opaque = Vec::new();
        let mut row = vec![Block::default(); size.width as usize];
        for rows in raster.samples.chunks(raster.stride().max(1) * factor) {
            row.fill(Block::default());
            for samples in rows.chunks_exact(raster.stride().max(1)) {
                match raster.channels {
                    Channels::Gray => add(&mut row, samples, factor, |&[gray]: &[u8; 1]| ([gray; 3], 1)),
                    Channels::Rgb => add(&mut row, samples, factor, |rgb: &[u8; 3]| (*rgb, 1)),
                    Channels::Rgba => add(&mut row, samples, factor, |&[r, g, b, a]| ([r, g, b], a.into())),
                }
            }
            let full = if raster.channels == Channels::Rgba { 255 } else { 1 };
            pixels.extend(row.iter().map(|block| block.color(full)));
            if raster.channels == Channels::Rgba {
                opaque.extend(row.iter().map(Block::is_opaque));
            }
        }
        let opaque = Some(opaque).filter(|opaque| opaque.contains(&false));
        Self { size, pixels, opaque }
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

fn add<const N: usize>(
    row: &mut [Block],
    samples: &[u8],
    factor: usize,
    read: impl Fn(&[u8; N]) -> ([u8; 3], u32),
) {
    for (block, samples) in row.iter_mut().zip(samples.chunks(N * factor)) {
        for pixel in samples.as_chunks::<N>().0 {
            let (color, alpha) = read(pixel);
            for (sum, sample) in block.color.iter_mut().zip(color) {
                *sum += u32::from(sample) * alpha;
            }
            block.alpha += alpha;
            block.count += 1;
        }
    }
}

impl Block {
    /// Its mean, where `full` is the alpha of an opaque pixel.
    fn color(&self, full: u32) -> Oklab {
        let all = (full * self.count).max(1);
        let over_white = |sum: u32| ((sum + 255 * (all - self.alpha) + all / 2) / all) as u8;
        Oklab::of_bytes(self.color.map(over_white))
    }

    fn is_opaque(&self) -> bool {
        2 * self.alpha >= 255 * self.count
    }
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
