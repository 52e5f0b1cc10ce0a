//! The part of a picture that is the work: without a plain background, a color target beside it, and a frame.
//!
//! - A *plain background* is a color that at least [`PLAIN_RING`] of the picture's outermost pixels share within
//!   [`EVEN`]: photographed cloth, paper, a scanner's lid. All pixels of that color that are connected with the edge are
//!   background; where they are most of the picture, as around the lines of a drawing, all pixels of that color are.
//!   A painted ground is rarely that even.
//! - A *color target* or a label is separate from the work on such a background: where one part is large, small and long
//!   parts beside it are not content.
//! - A *frame* is seen by a straight step along each of the four sides, equally far from the edge within a factor of two.
//!
//! Where nothing would remain, the whole picture is content.

use std::collections::VecDeque;

use super::Oklab;
use crate::iiif::Dimensions;

/// How many of the outermost pixels share the color of a plain background.
const PLAIN_RING: f32 = 0.8;
/// The largest distance from a plain background's median color on the ring.
const EVEN: f32 = 0.03;
/// The largest distance of background pixels elsewhere: shadows and noise.
const SHADED: f32 = 0.06;
/// With this share of the picture, the background is also within the work: paper between lines.
const MOSTLY: f32 = 0.5;
/// A part with this share of the picture is an object, beside which small parts are not content.
const OBJECT: f32 = 0.1;
/// Parts smaller than this share of the largest are not content beside an object…
const SMALL_PART: f32 = 0.25;
/// …nor those that are longer than wide by this factor.
const LONG_PART: f32 = 3.0;
/// A step between frame and picture.
const STEP: f32 = 0.05;
/// How much of a side shows the step.
const STEADY: f32 = 0.7;
/// The depths of a frame, as shares of the shorter side.
const FRAME: [f32; 2] = [0.015, 0.22];
/// A smaller content than this share of the picture is none.
const LEAST: f32 = 0.005;

/// Which pixels are content.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Content {
    /// One per pixel.
    mask: Vec<bool>,
    /// The plain background's color.
    pub background: Option<Oklab>,
    /// What was left out.
    pub left_out: Vec<Why>,
}

/// Why pixels are not content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Background,
    Target,
    Frame,
}

impl Content {
    /// Finds the content of a picture with these pixels, rows from the top.
    pub(crate) fn find(pixels: &[Oklab], size: Dimensions) -> Self {
        let grid = Grid { width: size.width as usize, height: size.height as usize, pixels };
        let mut found = Self { mask: vec![true; pixels.len()], background: None, left_out: Vec::new() };
        if let Some(color) = grid.plain_edge() {
            found.background = Some(color);
            found.leave_out(Why::Background, grid.without_background(color));
            let mask = grid.without_small_parts(&found.mask);
            found.leave_out(Why::Target, mask);
        }
        if let Some(mask) = grid.within_frame(&found.mask) {
            found.leave_out(Why::Frame, mask);
        }
        found
    }

    /// The pixels that are content.
    pub(crate) fn pixels(&self, pixels: &[Oklab]) -> Vec<Oklab> {
        pixels.iter().zip(&self.mask).filter(|(_, is)| **is).map(|(pixel, _)| *pixel).collect()
    }

    fn leave_out(&mut self, why: Why, mask: Vec<bool>) {
        let rest = mask.iter().filter(|is| **is).count();
        if rest as f32 > LEAST * mask.len() as f32 && mask != self.mask {
            self.mask = mask;
            self.left_out.push(why);
        }
    }
}

/// Pixels with their places.
struct Grid<'a> {
    width: usize,
    height: usize,
    pixels: &'a [Oklab],
}

/// A connected part of the content.
#[derive(Default)]
struct Part {
    members: Vec<usize>,
    /// Left, top, right and bottom, the last two inclusive.
    bounds: Option<[usize; 4]>,
}

impl Grid<'_> {
    /// The outermost pixels.
    fn ring(&self) -> Vec<usize> {
        let (width, height) = (self.width, self.height);
        let is_outer = |at: &usize| {
            let (x, y) = (at % width, at / width);
            x == 0 || y == 0 || x == width - 1 || y == height - 1
        };
        (0..self.pixels.len()).filter(is_outer).collect()
    }

    /// The color of a plain edge.
    fn plain_edge(&self) -> Option<Oklab> {
        let ring = self.ring();
        let median = |part: &dyn Fn(&Oklab) -> f32| {
            let mut values: Vec<f32> = ring.iter().map(|&at| part(&self.pixels[at])).collect();
            values.sort_unstable_by(f32::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let color = Oklab {
            lightness: median(&|pixel| pixel.lightness)?,
            a: median(&|pixel| pixel.a)?,
            b: median(&|pixel| pixel.b)?,
        };
        let even = ring.iter().filter(|&&at| self.pixels[at].distance(color) <= EVEN).count();
        (even as f32 >= PLAIN_RING * ring.len() as f32).then_some(color)
    }

    fn without_background(&self, color: Oklab) -> Vec<bool> {
        let is_like = |at: usize| self.pixels[at].distance(color) <= SHADED;
        let mut content = vec![true; self.pixels.len()];
        let mut queue: VecDeque<usize> = self.ring().into_iter().filter(|&at| is_like(at)).collect();
        for &at in &queue {
            content[at] = false;
        }
        while let Some(at) = queue.pop_front() {
            for next in self.neighbors(at) {
                if content[next] && is_like(next) {
                    content[next] = false;
                    queue.push_back(next);
                }
            }
        }
        let outside = content.iter().filter(|is| !**is).count();
        if outside as f32 > MOSTLY * content.len() as f32 {
            for (at, is) in content.iter_mut().enumerate() {
                *is &= !is_like(at);
            }
        }
        content
    }

    /// Beside an object, only parts of about its size and shape.
    fn without_small_parts(&self, mask: &[bool]) -> Vec<bool> {
        let parts = self.parts(mask);
        let largest = parts.iter().map(|part| part.members.len()).max().unwrap_or(0);
        if (largest as f32) < OBJECT * mask.len() as f32 {
            return mask.to_vec();
        }
        let mut kept = vec![false; mask.len()];
        for part in parts {
            let is_small = (part.members.len() as f32) < SMALL_PART * largest as f32;
            let is_beside = part.members.len() < largest && (is_small || part.is_long());
            if !is_beside {
                for at in part.members {
                    kept[at] = true;
                }
            }
        }
        kept
    }

    fn parts(&self, mask: &[bool]) -> Vec<Part> {
        let mut unseen = mask.to_vec();
        let mut parts = Vec::new();
        for start in 0..mask.len() {
            if !unseen[start] {
                continue;
            }
            unseen[start] = false;
            let mut part = Part::default();
            let mut queue = VecDeque::from([start]);
            while let Some(at) = queue.pop_front() {
                part.add(at, self.width);
                for next in self.neighbors(at) {
                    if unseen[next] {
                        unseen[next] = false;
                        queue.push_back(next);
                    }
                }
            }
            parts.push(part);
        }
        parts
    }

    /// The pixels left, right, above and below.
    fn neighbors(&self, at: usize) -> impl Iterator<Item = usize> + use<> {
        let (x, width, all) = (at % self.width, self.width, self.pixels.len());
        let left = (x > 0).then(|| at - 1);
        let right = (x + 1 < width).then(|| at + 1);
        let above = at.checked_sub(width);
        let below = (at + width < all).then(|| at + width);
        [left, right, above, below].into_iter().flatten()
    }

    /// The content within a frame, if there is one.
    fn within_frame(&self, mask: &[bool]) -> Option<Vec<bool>> {
        let mut all = Part::default();
        for (at, _) in mask.iter().enumerate().filter(|(_, is)| **is) {
            all.add(at, self.width);
        }
        let [left, top, right, bottom] = all.bounds?;
        let (width, height) = (right - left + 1, bottom - top + 1);
        let shorter = width.min(height) as f32;
        let depths = ((FRAME[0] * shorter).ceil() as usize).max(2)..=(FRAME[1] * shorter) as usize;
        // Pixel `along` a side, `deep` from it.
        let sides: [(usize, &dyn Fn(usize, usize) -> usize); 4] = [
            (width, &|along, deep| (top + deep) * self.width + left + along),
            (width, &|along, deep| (bottom - deep) * self.width + left + along),
            (height, &|along, deep| (top + along) * self.width + left + deep),
            (height, &|along, deep| (top + along) * self.width + right - deep),
        ];
        let mut steps = [0; 4];
        for (step, (length, place)) in steps.iter_mut().zip(sides) {
            *step = depths.clone().rev().find(|&deep| self.is_step(length, deep, place))?;
        }
        let (least, most) = (*steps.iter().min()?, *steps.iter().max()?);
        if most > 2 * least {
            return None;
        }
        let [above, below, before, behind] = steps;
        let is_inside = |at: usize| {
            let (x, y) = (at % self.width, at / self.width);
            (left + before..=right - behind).contains(&x) && (top + above..=bottom - below).contains(&y)
        };
        Some(mask.iter().enumerate().map(|(at, is)| *is && is_inside(at)).collect())
    }

    /// Whether the color changes at this depth nearly everywhere along a side, but for its corners.
    fn is_step(&self, length: usize, deep: usize, place: &dyn Fn(usize, usize) -> usize) -> bool {
        let along = length / 5..length - length / 5;
        let total = along.len();
        let changes = along
            .filter(|&along| {
                let inside = self.pixels[place(along, deep)];
                // Edges are soft in a reduced picture: the pixel two before is outside.
                let outside = self.pixels[place(along, deep.saturating_sub(2))];
                inside.distance(outside) >= STEP
            })
            .count();
        total > 0 && changes as f32 >= STEADY * total as f32
    }
}

impl Part {
    fn add(&mut self, at: usize, width: usize) {
        self.members.push(at);
        let (x, y) = (at % width, at / width);
        let [left, top, right, bottom] = self.bounds.unwrap_or([x, y, x, y]);
        self.bounds = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
    }

    fn is_long(&self) -> bool {
        self.bounds.is_some_and(|[left, top, right, bottom]| {
            let (width, height) = ((right - left + 1) as f32, (bottom - top + 1) as f32);
            width.max(height) >= LONG_PART * width.min(height)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::oklab;
    use super::super::testing::Canvas;
    use super::*;

    fn find(canvas: &Canvas) -> (Content, Vec<Oklab>) {
        let raster = canvas.raster();
        let pixels = oklab::pixels(&raster);
        let content = Content::find(&pixels, raster.dimensions);
        let inside = content.pixels(&pixels);
        (content, inside)
    }

    #[test]
    fn a_frame_is_left_out() {
        let mut canvas = Canvas::plain(256, 200, 0xb08d3c);
        canvas.rectangle(24, 24, 232, 176, 0x2a52a0);
        canvas.roughen(12, 3);
        let (content, inside) = find(&canvas);
        assert!(content.left_out.contains(&Why::Frame), "{:?}", content.left_out);
        let gold = inside.iter().filter(|pixel| pixel.b > 0.0).count();
        assert!(gold * 50 < inside.len(), "{gold} of {}", inside.len());
    }

    #[test]
    fn a_horizon_is_no_frame() {
        let mut canvas = Canvas::plain(256, 200, 0x9fb6d0);
        canvas.rectangle(0, 160, 256, 200, 0x4c6b3f);
        canvas.roughen(40, 5);
        let (content, inside) = find(&canvas);
        assert_eq!(content.left_out, []);
        assert_eq!(inside.len(), 256 * 200);
    }

    #[test]
    fn the_paper_of_a_drawing_is_background() {
        let mut canvas = Canvas::plain(200, 256, 0xe9e0cc);
        for n in 0..10 {
            canvas.rectangle(20, 20 + 20 * n, 180, 22 + 20 * n, 0x30231a);
        }
        canvas.rectangle(30, 20, 32, 240, 0x30231a);
        canvas.rectangle(170, 20, 172, 240, 0x30231a);
        let (content, inside) = find(&canvas);
        assert_eq!(content.left_out, [Why::Background]);
        assert!(inside.iter().all(|pixel| pixel.lightness < 0.4));
    }

    #[test]
    fn a_color_target_beside_the_work_is_left_out() {
        let mut canvas = Canvas::plain(256, 200, 0x202020);
        canvas.rectangle(30, 20, 226, 160, 0x8a6b3f);
        for (n, patch) in [0xff0000, 0x00ff00, 0x0000ff, 0xffffff].into_iter().enumerate() {
            canvas.rectangle(60 + 20 * n as u32, 175, 80 + 20 * n as u32, 190, patch);
        }
        let (content, inside) = find(&canvas);
        assert_eq!(content.left_out, [Why::Background, Why::Target]);
        assert_eq!(inside.len(), 196 * 140);
    }
}
