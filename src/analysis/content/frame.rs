//! A frame: straight, the same all along, and equally wide on four sides.

use crate::analysis::{Oklab, Picture};
use crate::iiif::Rect;

/// The depths of a frame, as shares of the shorter side.
const DEPTHS: [f32; 2] = [0.015, 0.25];
/// Each side is seen as the means of so many parts, between its corners, so that grain and ornament do not count.
const PARTS: usize = 12;
/// Where a side begins and ends without its corners, as shares.
const CORNER: f32 = 0.2;
/// The contrast of a step…
const STEP: f32 = 0.05;
/// …and how many of the parts show it.
const STRAIGHT: f32 = 0.75;
/// A line within a frame differs less along its side: the median distance of its parts from their mean.
const SAME: f32 = 0.06;
/// How many of the lines of a side do.
const MOSTLY: f32 = 0.8;
/// The widest side is wider than the narrowest by no more than this factor.
const WIDTHS: usize = 2;

/// The picture within a frame, if `area` has one.
pub(super) fn inside(picture: &Picture, area: Rect) -> Option<Rect> {
    let sides = [Side::Upper, Side::Lower, Side::Left, Side::Right].map(|side| steps(picture, area, side));
    // Pictures have straight lines, too: the deepest step that all four sides have ends the frame.
    let deepest = sides.iter().map(|steps| steps.first().copied()).collect::<Option<Vec<_>>>()?;
    let widths = (1..=*deepest.iter().max()?).rev().find_map(|most| {
        let mut widths = [0; 4];
        for (width, steps) in widths.iter_mut().zip(&sides) {
            *width = *steps.iter().find(|&&step| step <= most && WIDTHS * step >= most)?;
        }
        Some(widths)
    })?;
    let [upper, lower, left, right] = widths.map(|width| width as u32);
    Some(Rect {
        x: area.x + left,
        y: area.y + upper,
        width: area.width.checked_sub(left + right).filter(|width| *width > 0)?,
        height: area.height.checked_sub(upper + lower).filter(|height| *height > 0)?,
    })
}

#[derive(Clone, Copy)]
enum Side {
    Upper,
    Lower,
    Left,
    Right,
}

impl Side {
    /// The pixel `along` a side and `deep` within.
    fn pixel(self, picture: &Picture, area: Rect, along: usize, deep: usize) -> Oklab {
        let (left, top) = (area.x as usize, area.y as usize);
        let (right, bottom) = (area.right() as usize - 1, area.bottom() as usize - 1);
        picture.pixels[match self {
            Self::Upper => picture.at(left + along, top + deep),
            Self::Lower => picture.at(left + along, bottom - deep),
            Self::Left => picture.at(left + deep, top + along),
            Self::Right => picture.at(right - deep, top + along),
        }]
    }

    /// Its length, in pixels.
    fn length(self, area: Rect) -> usize {
        match self {
            Self::Upper | Self::Lower => area.width as usize,
            Self::Left | Self::Right => area.height as usize,
        }
    }
}

/// The means of the parts of a line.
type Line = [Oklab; PARTS];

/// The depths of the steps with which a frame's side can end, the deepest first.
fn steps(picture: &Picture, area: Rect, side: Side) -> Vec<usize> {
    let shorter = area.width.min(area.height) as f32;
    let least = ((DEPTHS[0] * shorter).ceil() as usize).max(2);
    let most = (DEPTHS[1] * shorter) as usize;
    let lines: Option<Vec<Line>> = (0..=most).map(|deep| line(picture, area, side, deep)).collect();
    let Some(lines) = lines else { return Vec::new() };
    let same: Vec<bool> = lines.iter().map(is_same).collect();
    // Edges are soft in a reduced picture: the line two before is outside.
    let can_end = |deep: &usize| {
        let outside = same[..deep - 1].iter().filter(|same| **same).count();
        outside as f32 >= MOSTLY * (deep - 1) as f32 && is_step(&lines[deep - 2], &lines[*deep])
    };
    (least..=most).rev().filter(can_end).collect()
}

fn line(picture: &Picture, area: Rect, side: Side, deep: usize) -> Option<Line> {
    let length = side.length(area);
    let corner = (CORNER * length as f32) as usize;
    let middle = length.checked_sub(2 * corner).filter(|middle| *middle >= PARTS)?;
    let depth = match side {
        Side::Upper | Side::Lower => area.height,
        Side::Left | Side::Right => area.width,
    };
    if deep >= depth as usize {
        return None;
    }
    let mut means = [Oklab::default(); PARTS];
    for (part, mean) in means.iter_mut().enumerate() {
        let range = corner + part * middle / PARTS..corner + (part + 1) * middle / PARTS;
        let count = range.len() as f32;
        let sum = range.fold(Oklab::default(), |sum, along| sum + side.pixel(picture, area, along, deep));
        *mean = sum * (1.0 / count);
    }
    Some(means)
}

fn is_same(line: &Line) -> bool {
    let mean = line.iter().fold(Oklab::default(), |sum, part| sum + *part) * (1.0 / PARTS as f32);
    let mut distances = line.map(|part| part.distance(mean));
    distances.sort_unstable_by(f32::total_cmp);
    distances[PARTS / 2] <= SAME
}

fn is_step(outside: &Line, inside: &Line) -> bool {
    let steps = outside.iter().zip(inside).filter(|(one, other)| one.distance(**other) >= STEP).count();
    steps as f32 >= STRAIGHT * PARTS as f32
}
