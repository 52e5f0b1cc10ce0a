//! Connected parts of the content, and which of them are beside the work.

use crate::iiif::{Dimensions, Rect};

/// A part with this share of the picture is an object, beside which small parts are not content.
const OBJECT: f32 = 0.1;
/// Parts smaller than this share of the largest are not content beside an object…
const SMALL: f32 = 0.25;
/// …nor those that are longer than wide by this factor.
const LONG: u32 = 3;
/// Dropped parts with this share of the work are more than dust.
const SEEN: f32 = 0.002;
/// How much of each outermost line of a rectangle is content: a fifth of a round object's is, and a painting on black may
/// be black itself.
const STRAIGHT: f32 = 0.5;

/// A connected part.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub members: Vec<u32>,
    pub bounds: Rect,
}

impl Part {
    /// All pixels of a mask.
    pub(super) fn of(size: Dimensions, mask: &[bool]) -> Self {
        let members: Vec<u32> = (0..mask.len() as u32).filter(|&at| mask[at as usize]).collect();
        let bounds = bounds(size, &members);
        Self { members, bounds }
    }

    fn is_long(&self) -> bool {
        let Rect { width, height, .. } = self.bounds;
        width.max(height) >= LONG * width.min(height)
    }

    /// Whether its outermost lines are straight: a sheet or a painting.
    pub(super) fn is_rectangle(&self, size: Dimensions, content: &[bool]) -> bool {
        let Rect { x, y, width, height } = self.bounds;
        if width < 5 || height < 5 {
            return false;
        }
        let share = |count: usize, of: u32| count as f32 / of as f32;
        let is_content = |x: u32, y: u32| content[(y * size.width + x) as usize];
        // The outermost line may be half a pixel of the work; the third is within it if its edge is straight.
        let line = |y: u32| share((x..x + width).filter(|&x| is_content(x, y)).count(), width);
        let column = |x: u32| share((y..y + height).filter(|&y| is_content(x, y)).count(), height);
        [line(y + 2), line(y + height - 3), column(x + 2), column(x + width - 3)]
            .into_iter()
            .all(|share| share >= STRAIGHT)
    }
}

/// The smallest rectangle around pixels; all of it if there are none.
fn bounds(size: Dimensions, members: &[u32]) -> Rect {
    let (mut left, mut right) = (u32::MAX, 0);
    for at in members {
        let x = at % size.width;
        left = left.min(x);
        right = right.max(x);
    }
    let rows = members.iter().min().zip(members.iter().max());
    let Some((top, bottom)) = rows.map(|(first, last)| (first / size.width, last / size.width)) else {
        return Rect::all(size);
    };
    Rect { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}

/// The connected parts of the content within `area`, the largest first.
pub(super) fn find(size: Dimensions, area: Rect, content: &[bool]) -> Vec<Part> {
    let mut unseen = content.to_vec();
    let mut parts = Vec::new();
    for y in area.y..area.bottom() {
        for x in area.x..area.right() {
            let start = y * size.width + x;
            if !unseen[start as usize] {
                continue;
            }
            unseen[start as usize] = false;
            let mut members = vec![start];
            let mut done = 0;
            while done < members.len() {
                for next in neighbors(size, area, members[done]) {
                    if std::mem::take(&mut unseen[next as usize]) {
                        members.push(next);
                    }
                }
                done += 1;
            }
            let bounds = bounds(size, &members);
            parts.push(Part { members, bounds });
        }
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.members.len()));
    parts
}

/// The pixels left, right, above and below, within `area`.
pub(super) fn neighbors(size: Dimensions, area: Rect, at: u32) -> impl Iterator<Item = u32> {
    let (x, y) = (at % size.width, at / size.width);
    let left = (x > area.x).then(|| at - 1);
    let right = (x + 1 < area.right()).then(|| at + 1);
    let above = (y > area.y).then(|| at - size.width);
    let below = (y + 1 < area.bottom()).then(|| at + size.width);
    [left, right, above, below].into_iter().flatten()
}

/// Beside an object, only parts of about its size and shape are kept; says whether others were seen.
pub(super) fn without_targets(parts: Vec<Part>, area: Rect) -> (Vec<Part>, bool) {
    let largest = parts.first().map_or(0, |part| part.members.len()) as f32;
    if largest < OBJECT * area.dimensions().area() as f32 {
        return (parts, false);
    }
    let (kept, dropped): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| {
        let size = part.members.len() as f32;
        size >= largest || size >= SMALL * largest && !part.is_long()
    });
    let seen = dropped.iter().any(|part| part.members.len() as f32 >= SEEN * largest);
    (kept, seen)
}
