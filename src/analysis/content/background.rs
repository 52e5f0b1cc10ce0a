//! A plain background: what the edge of a picture looks like, and which pixels look like it.

use super::parts::neighbors;
use crate::analysis::{Oklab, Picture};
use crate::iiif::Rect;

/// Each side's color is known at so many places, and between them in proportion.
const PLACES: usize = 8;
/// The largest distance of pixels of the edge from the side's color there.
const EVEN: f32 = 0.03;
/// How much of a side is that even…
const PLAIN_SIDE: f32 = 0.9;
/// …and how much of the whole edge: a color target may be at one side.
const PLAIN_EDGE: f32 = 0.75;
/// The largest difference of lightness along the edge of a backdrop, and of chroma.
const GRADIENT: [f32; 2] = [0.2, 0.04];
/// Backdrops, paper and passe-partouts have less chroma; gold ground and skies more.
const MAX_CHROMA: f32 = 0.075;
/// The largest distance from the background of pixels that are background wherever they are.
const LIKE: f32 = 0.06;
/// From one pixel to the next, backdrops change less, …
const SMOOTH: f32 = 0.02;
/// …and in all, by shadows and lamps, less than this in lightness and chroma.
const SHADED: [f32; 2] = [0.15, 0.03];
/// With this share of the picture, the background is also within the work: paper between lines.
const MOSTLY: f32 = 0.5;
/// An outline's contrast…
const OUTLINE: f32 = 0.1;
/// …and how much of the outline has it; before a dark ground nearly all, as painters let figures melt into it.
const OUTLINED: f32 = 0.6;
const OUTLINED_IN_THE_DARK: f32 = 0.85;
const DARK: f32 = 0.3;
/// Paper is at least that light, and pixels of its color are that share of the picture.
const PAPER: [f32; 2] = [0.6, 0.6];

/// A plain background around a part of a picture.
pub(super) struct Background {
    area: Rect,
    /// The colors of the upper, lower, left and right side at the middles of equal parts.
    sides: [[Oklab; PLACES]; 4],
    pub color: Oklab,
}

/// How much of a distance dark colors may have: the noise of photographs is amplified there, as Oklab has no toe.
fn tolerance(lightness: f32) -> f32 {
    1.0 + 5.0 * (0.3 - lightness).max(0.0)
}

/// Whether chroma and hue are alike, whatever the lightness is.
fn chroma_distance(one: Oklab, other: Oklab) -> f32 {
    (one.a - other.a).hypot(one.b - other.b)
}

impl Background {
    /// The background that surrounds everything in `area`, if it is plain.
    pub(super) fn around(picture: &Picture, area: Rect) -> Option<Self> {
        if area.width.min(area.height) < PLACES as u32 {
            return None;
        }
        let edges = edges(picture, area);
        let all: Vec<Oklab> = edges.concat();
        let color = median(&all)?;
        if color.chroma() > MAX_CHROMA {
            return None;
        }
        let is_of_it = |place: Oklab| {
            (place.lightness - color.lightness).abs() <= GRADIENT[0]
                && chroma_distance(place, color) <= GRADIENT[1]
        };
        let sides = edges.each_ref().map(|edge| {
            std::array::from_fn(|n| {
                let part = &edge[n * edge.len() / PLACES..(n + 1) * edge.len() / PLACES];
                median(part).filter(|place| is_of_it(*place)).unwrap_or(color)
            })
        });
        let even = |(edge, side): (&Vec<Oklab>, &[Oklab; PLACES])| {
            let is_even = |(n, pixel): (usize, &Oklab)| {
                let expected = between(side, (n as f32 + 0.5) / edge.len() as f32);
                pixel.distance(expected) <= EVEN * tolerance(expected.lightness)
            };
            edge.iter().enumerate().filter(|pixel| is_even(*pixel)).count()
        };
        let evens: Vec<usize> = edges.iter().zip(&sides).map(even).collect();
        let plain =
            edges.iter().zip(&evens).filter(|(edge, even)| **even as f32 >= PLAIN_SIDE * edge.len() as f32);
        let enough = evens.iter().sum::<usize>() as f32 >= PLAIN_EDGE * all.len() as f32;
        (plain.count() >= 3 && enough).then_some(Self { area, sides, color })
    }

    /// What is expected of the background at a place: the four sides, the nearer the more.
    fn expected(&self, x: u32, y: u32) -> Oklab {
        let Rect { width, height, .. } = self.area;
        let (x, y) = (x - self.area.x, y - self.area.y);
        let across = (x as f32 + 0.5) / width as f32;
        let down = (y as f32 + 0.5) / height as f32;
        let weighted = [
            (between(&self.sides[0], across), y),
            (between(&self.sides[1], across), height - 1 - y),
            (between(&self.sides[2], down), x),
            (between(&self.sides[3], down), width - 1 - x),
        ];
        let mut sum = Oklab::default();
        let mut total = 0.0;
        for (color, away) in weighted {
            let weight = 1.0 / (away as f32 + 1.0);
            sum = sum + color * weight;
            total += weight;
        }
        sum * (1.0 / total)
    }

    /// Which pixels of the area are not background.
    pub(super) fn content(&self, picture: &Picture) -> Vec<bool> {
        let mut content = vec![false; picture.pixels.len()];
        let mut like = vec![false; picture.pixels.len()];
        let mut count = 0;
        for (x, y) in places(self.area) {
            let at = picture.at(x as usize, y as usize);
            let expected = self.expected(x, y);
            content[at] = true;
            like[at] = picture.pixels[at].distance(expected) <= LIKE * tolerance(expected.lightness);
            count += usize::from(like[at]);
        }
        self.fill(picture, &like, &mut content);
        if count as f32 > MOSTLY * self.area.dimensions().area() as f32 {
            for (is, like) in content.iter_mut().zip(like) {
                *is &= !like;
            }
        }
        content
    }

    /// Takes away what is connected with the edge.
    fn fill(&self, picture: &Picture, like: &[bool], content: &mut [bool]) {
        let width = picture.size.width;
        let is_outer = |(x, y): &(u32, u32)| {
            *x == self.area.x
                || *y == self.area.y
                || x + 1 == self.area.right()
                || y + 1 == self.area.bottom()
        };
        let outer = places(self.area).filter(is_outer).map(|(x, y)| y * width + x);
        let mut queue: Vec<u32> = outer.filter(|&at| like[at as usize]).collect();
        queue.iter().for_each(|&at| content[at as usize] = false);
        while let Some(at) = queue.pop() {
            let own = picture.pixels[at as usize];
            for next in neighbors(picture.size, self.area, at) {
                let place = next as usize;
                if !content[place] {
                    continue;
                }
                let pixel = picture.pixels[place];
                let is_shaded = || {
                    let expected = self.expected(next % width, next / width);
                    pixel.distance(own) <= SMOOTH * tolerance(own.lightness)
                        && (pixel.lightness - expected.lightness).abs() <= SHADED[0]
                        && chroma_distance(pixel, expected) <= SHADED[1]
                };
                if like[place] || is_shaded() {
                    content[place] = false;
                    queue.push(next);
                }
            }
        }
    }

    /// Whether there is contrast nearly everywhere around the content.
    pub(super) fn is_outlined(&self, picture: &Picture, content: &[bool]) -> bool {
        let (mut sharp, mut all) = (0u32, 0u32);
        let Rect { x: left, y: top, .. } = self.area;
        for (x, y) in places(self.area) {
            if !content[picture.at(x as usize, y as usize)] {
                continue;
            }
            let steps: [(i64, i64); 4] = [(1, 0), (-1, 0), (0, 1), (0, -1)];
            for (right, down) in steps {
                let pixel = |by: i64| {
                    let (x, y) = (i64::from(x) + by * right, i64::from(y) + by * down);
                    let is_inside = (i64::from(left)..i64::from(self.area.right())).contains(&x)
                        && (i64::from(top)..i64::from(self.area.bottom())).contains(&y);
                    is_inside.then(|| picture.at(x as usize, y as usize))
                };
                let Some(outside) = pixel(1).filter(|&at| !content[at]) else { continue };
                let beyond = picture.pixels[pixel(2).filter(|&at| !content[at]).unwrap_or(outside)];
                let within = [pixel(0), pixel(-1)].into_iter().flatten();
                let contrast = within.map(|at| picture.pixels[at].distance(beyond)).fold(0.0, f32::max);
                sharp += u32::from(contrast >= OUTLINE * tolerance(beyond.lightness));
                all += 1;
            }
        }
        let enough = if self.color.lightness < DARK { OUTLINED_IN_THE_DARK } else { OUTLINED };
        sharp as f32 >= enough * all as f32
    }

    /// Whether it is light and most of the picture, so that pale lines on it are the work.
    pub(super) fn is_paper(&self, picture: &Picture) -> bool {
        let like = places(self.area)
            .filter(|&(x, y)| {
                picture.pixels[picture.at(x as usize, y as usize)].distance(self.expected(x, y)) <= LIKE
            })
            .count();
        self.color.lightness >= PAPER[0] && like as f32 >= PAPER[1] * self.area.dimensions().area() as f32
    }
}

/// All columns and rows.
fn places(area: Rect) -> impl Iterator<Item = (u32, u32)> {
    (area.y..area.bottom()).flat_map(move |y| (area.x..area.right()).map(move |x| (x, y)))
}

/// The outermost pixels: upper, lower, left and right.
fn edges(picture: &Picture, area: Rect) -> [Vec<Oklab>; 4] {
    let pixel = |x: u32, y: u32| picture.pixels[picture.at(x as usize, y as usize)];
    let line = |y: u32| (area.x..area.right()).map(|x| pixel(x, y)).collect();
    let column = |x: u32| (area.y..area.bottom()).map(|y| pixel(x, y)).collect();
    [line(area.y), line(area.bottom() - 1), column(area.x), column(area.right() - 1)]
}

/// The color at a place, from 0 to 1, along a side.
fn between(side: &[Oklab; PLACES], place: f32) -> Oklab {
    let place = (place * PLACES as f32 - 0.5).clamp(0.0, (PLACES - 1) as f32);
    let before = (place as usize).min(PLACES - 2);
    let part = place - before as f32;
    side[before] * (1.0 - part) + side[before + 1] * part
}

/// The median of each of the three numbers.
fn median(colors: &[Oklab]) -> Option<Oklab> {
    let middle = |part: &dyn Fn(&Oklab) -> f32| {
        let mut values: Vec<f32> = colors.iter().map(part).collect();
        let middle = values.len() / 2;
        (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f32::total_cmp).1)
    };
    Some(Oklab {
        lightness: middle(&|color| color.lightness)?,
        a: middle(&|color| color.a)?,
        b: middle(&|color| color.b)?,
    })
}
