//! The part of a picture that is the work: without a plain background, a color target beside it, and a frame.
//!
//! - A *plain background* surrounds the work: the picture's edge has one color, or a gradient of a photographer's backdrop,
//!   and is nearly gray or the color of paper. A more colorful ground is the artist's: sky, gold ground.
//!   What is on it is a sheet or a painting, if its outermost lines are straight, and otherwise an object. A painted ground
//!   is told from a backdrop by the outline: painted figures melt into it somewhere.
//! - A *color target*, a ruler or a label is a small or long part beside the work on such a background.
//! - A *frame* is the same along each of its four sides, and ends with a straight step equally far from the edge.
//!
//! They are taken off from the outside: a framed painting on a wall is without wall, then without frame, then without
//! passe-partout. Where nothing would remain, the whole picture is content.

mod background;
mod frame;
mod parts;

use super::{Oklab, Picture};
use crate::iiif::Rect;
use background::Background;
use parts::Part;

/// A smaller content than this share of the picture is none.
const LEAST: f32 = 0.005;
/// Wall, frame, passe-partout and sheet are the most that can surround a picture.
const LAYERS: usize = 4;

/// Which pixels are content.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Content {
    /// All content is within.
    pub bounds: Rect,
    /// One per pixel of the picture, if not all within the bounds are content.
    mask: Option<Vec<bool>>,
    /// The outermost plain background's color.
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
    /// Finds the content of a picture.
    pub(crate) fn find(picture: &Picture) -> Self {
        let all = Rect::all(picture.size);
        let mut found = Self { bounds: all, mask: None, background: None, left_out: Vec::new() };
        if let Some(opaque) = &picture.opaque {
            found.keep(picture, opaque.clone(), Why::Background);
            return found;
        }
        for _ in 0..LAYERS {
            if !found.leave_out_background(picture) && !found.leave_out_frame(picture) {
                break;
            }
        }
        found
    }

    /// The pixels that are content.
    pub(crate) fn pixels(&self, picture: &Picture) -> Vec<Oklab> {
        let mut inside = Vec::with_capacity(self.bounds.dimensions().area() as usize);
        for y in self.bounds.y..self.bounds.bottom() {
            let row = picture.at(0, y as usize);
            let columns = row + self.bounds.x as usize..row + self.bounds.right() as usize;
            match &self.mask {
                None => inside.extend_from_slice(&picture.pixels[columns]),
                Some(mask) => inside.extend(columns.filter(|&at| mask[at]).map(|at| picture.pixels[at])),
            }
        }
        inside
    }

    /// Whether there was a background that left a smaller rectangle, in which to look further.
    fn leave_out_background(&mut self, picture: &Picture) -> bool {
        let Some(background) = Background::around(picture, self.bounds) else { return false };
        let content = background.content(picture);
        let parts = parts::find(picture.size, self.bounds, &content);
        let (kept, dropped) = parts::without_targets(parts, self.bounds);
        let mut mask = vec![false; content.len()];
        kept.iter().flat_map(|part| &part.members).for_each(|&at| mask[at as usize] = true);
        let work = Part::of(picture.size, &mask);
        if work.bounds != self.bounds && work.is_rectangle(picture.size, &mask) {
            self.background.get_or_insert(background.color);
            self.shrink(inset(work.bounds, 1), Why::Background);
            self.note_targets(dropped);
            return true;
        }
        if !background.is_outlined(picture, &content) && !background.is_paper(picture) {
            return false;
        }
        if self.keep(picture, mask, Why::Background) {
            self.background.get_or_insert(background.color);
            self.note_targets(dropped);
        }
        false
    }

    fn leave_out_frame(&mut self, picture: &Picture) -> bool {
        if self.mask.is_some() {
            return false;
        }
        let Some(inside) = frame::inside(picture, self.bounds) else { return false };
        self.shrink(inside, Why::Frame);
        true
    }

    fn note_targets(&mut self, dropped: bool) {
        if dropped && !self.left_out.contains(&Why::Target) {
            self.left_out.push(Why::Target);
        }
    }

    fn shrink(&mut self, bounds: Rect, why: Why) {
        self.bounds = bounds;
        if !self.left_out.contains(&why) {
            self.left_out.push(why);
        }
    }

    /// Keeps these pixels, if they are enough and not all.
    fn keep(&mut self, picture: &Picture, mask: Vec<bool>, why: Why) -> bool {
        let part = Part::of(picture.size, &mask);
        let is_enough = part.members.len() as f32 > LEAST * mask.len() as f32;
        let all = self.bounds.dimensions().area() as usize;
        if is_enough && part.members.len() < all {
            self.shrink(part.bounds, why);
            self.mask = Some(mask);
            return true;
        }
        false
    }
}

/// Without so many pixels at each side, if anything remains.
fn inset(bounds: Rect, by: u32) -> Rect {
    if bounds.width <= 2 * by || bounds.height <= 2 * by {
        return bounds;
    }
    Rect { x: bounds.x + by, y: bounds.y + by, width: bounds.width - 2 * by, height: bounds.height - 2 * by }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Canvas;
    use super::*;
    use crate::iiif::Dimensions;
    use crate::pixels::{Channels, Raster};

    fn find(canvas: &Canvas) -> (Content, Vec<Oklab>) {
        let picture = Picture::of(&canvas.raster());
        let content = Content::find(&picture);
        let inside = content.pixels(&picture);
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
    fn a_gradient_behind_an_object_is_background() {
        // A photographer's gray backdrop, lighter in the middle, with a vase before it.
        let mut canvas = Canvas::plain(256, 256, 0);
        for ring in 0..128 {
            let gray = 0x78 + ring / 4;
            canvas.rectangle(ring, ring, 256 - ring, 256 - ring, gray * 0x01_01_01);
        }
        canvas.roughen(3, 11);
        canvas.rectangle(108, 60, 148, 100, 0x1d3f8a);
        canvas.rectangle(70, 100, 186, 210, 0x2a52a0);
        let (content, inside) = find(&canvas);
        assert_eq!(content.left_out, [Why::Background]);
        assert_eq!(inside.len(), 40 * 40 + 116 * 110);
    }

    #[test]
    fn gold_ground_is_content() {
        let mut canvas = Canvas::plain(200, 256, 0xc9a24b);
        canvas.roughen(6, 2);
        canvas.rectangle(60, 60, 140, 256, 0x5a2230);
        let (content, inside) = find(&canvas);
        assert_eq!((content.left_out.as_slice(), inside.len()), ([].as_slice(), 200 * 256));
    }

    #[test]
    fn a_figure_that_melts_into_a_dark_ground_is_painted() {
        let mut canvas = Canvas::plain(200, 256, 0x14110f);
        // From the light face to the dark dress in small steps.
        for n in 0..60 {
            let shade = 0x12 + n * 3;
            let rgb = (shade << 16) | ((shade * 3 / 4) << 8) | (shade / 2);
            canvas.rectangle(40 + n, 50 + n, 160 - n, 200 - n, rgb);
        }
        canvas.roughen(3, 4);
        assert_eq!(find(&canvas).0.left_out, []);
    }

    #[test]
    fn transparent_pixels_are_background() {
        let mut raster = Raster::blank(Dimensions::new(10, 10), Channels::Rgba);
        for pixel in raster.samples.chunks_exact_mut(4).take(30) {
            pixel.copy_from_slice(&[0, 0, 0, 255]);
        }
        let picture = Picture::of(&raster);
        let content = Content::find(&picture);
        assert_eq!(content.pixels(&picture).len(), 30);
        assert_eq!(content.bounds, Rect { x: 0, y: 0, width: 10, height: 3 });
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
        // Without the outermost line, which is often mixed with the background.
        assert_eq!(inside.len(), 194 * 138);
    }
}
