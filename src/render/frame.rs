//! Computes the tiles that a rendering reads and the memory that it needs.

use super::{Plan, Source};
use crate::iiif::{Dimensions, Rect};
use crate::master::{Codec, Level, Master, TileIndex};
use crate::pixels::scale::Window;

/// The part of a level that a rendering decodes, and the window in it that is scaled.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The tiles that intersect the region, row by row.
    pub tiles: Vec<TileIndex>,
    /// The top left pixel of the canvas, in pixels of the level.
    pub origin: (u32, u32),
    /// The size of the decoded pixels, after reduction by the decoder.
    pub canvas: Dimensions,
    /// The part of the decoded samples that becomes the image.
    pub window: Window,
    /// The size to scale to, in the stored orientation.
    pub size: Dimensions,
    /// The factor by which the decoder reduces the level, a power of two.
    pub reduce: u32,
}

/// The side of the largest block that JPEG codes at a time, with chroma at half size (an MCU, ITU-T T.81, A.2).
const BLOCK: u32 = 16;

impl Frame {
    /// The frame of a tiled master.
    pub fn of_tiles(plan: &Plan, master: &Master, level: &Level, reduce: u32) -> Self {
        Self::of_whole_tiles(plan, master, level, reduce).trimmed()
    }

    /// The same with a canvas that has room for all pixels of its tiles.
    pub(super) fn of_whole_tiles(plan: &Plan, master: &Master, level: &Level, reduce: u32) -> Self {
        let region = master.orientation.stored(plan.region, master.dimensions);
        let scaled = scaled(region, master.dimensions, level.dimensions);
        let cover = cover(scaled, level.dimensions);
        let grid = level.grid;
        let tiles: Vec<_> = grid.covering(cover).collect();
        let origin =
            (cover.x / grid.tile.width * grid.tile.width, cover.y / grid.tile.height * grid.tile.height);
        let end = |length: u32, tile: u32, limit: u32| (length.div_ceil(tile) * tile).min(limit);
        let right = end(cover.right(), grid.tile.width, level.dimensions.width);
        let bottom = end(cover.bottom(), grid.tile.height, level.dimensions.height);
        // A fraction of a pixel at the edge would be averaged with padding.
        let cut = |length: u32| (length / reduce).max(1);
        let canvas = Dimensions::new(cut(right - origin.0), cut(bottom - origin.1));
        let window = shrunk(scaled, origin, reduce);
        Self { tiles, origin, canvas, window, size: stored_size(plan, master), reduce }
    }

    /// The same frame, whose canvas has only the pixels that the image depends on: those of the window and of the kernel
    /// around it, from a multiple of [`BLOCK`] on.
    pub(super) fn trimmed(self) -> Self {
        let Window { x, y, width, height } = self.window;
        let span = |start: f64, length: f64, to: u32, canvas: u32| {
            // The kernel reaches three pixels of the image beyond the window; chroma may have half the resolution.
            let margin = 2.0 * (3.0 * (length / f64::from(to)).max(1.0) + 2.0);
            let first = (start - margin).max(0.0) as u32 / BLOCK * BLOCK;
            let end = (start + length + margin).ceil() as u32;
            // A header may claim so large an image that rounding up overflows.
            let end = end.checked_next_multiple_of(BLOCK).map_or(canvas, |end| end.min(canvas));
            (first, end - first)
        };
        let (left, across) = span(x, width, self.size.width, self.canvas.width);
        let (top, down) = span(y, height, self.size.height, self.canvas.height);
        Self {
            origin: (self.origin.0 + left * self.reduce, self.origin.1 + top * self.reduce),
            canvas: Dimensions::new(across, down),
            window: Window { x: x - f64::from(left), y: y - f64::from(top), width, height },
            ..self
        }
    }

    /// The frame of a master that was decoded completely, at `1 / reduce`.
    pub fn of_whole(plan: &Plan, master: &Master, decoded: Dimensions, reduce: u32) -> Self {
        let region = master.orientation.stored(plan.region, master.dimensions);
        let window = scaled(region, master.dimensions, decoded);
        Self {
            tiles: Vec::new(),
            origin: (0, 0),
            canvas: decoded,
            window,
            size: stored_size(plan, master),
            reduce,
        }
    }

    /// The frame of a part of a master that is decoded at `1 / reduce` without levels.
    pub fn of_region(plan: &Plan, master: &Master, reduce: u32) -> Self {
        let region = master.orientation.stored(plan.region, master.dimensions);
        let decoded = master.dimensions.reduced(reduce);
        let window = scaled(region, master.dimensions, decoded);
        let cover = cover(window, decoded);
        let window = shrunk(window, (cover.x, cover.y), 1);
        let (canvas, size) = (cover.dimensions(), stored_size(plan, master));
        Self { tiles: Vec::new(), origin: (cover.x, cover.y), canvas, window, size, reduce }
    }

    /// The rectangle of the decoded pixels, in pixels of the full stored image.
    pub fn source(&self, full: Dimensions) -> Rect {
        let (x, y) = (self.origin.0 * self.reduce, self.origin.1 * self.reduce);
        let width = (self.canvas.width * self.reduce).min(full.width - x);
        Rect { x, y, width, height: (self.canvas.height * self.reduce).min(full.height - y) }
    }

    /// The peak memory of the rendering in bytes: canvas, scaled image, and intermediate copies until it is encoded.
    pub fn cost(&self, bytes_per_pixel: u64) -> u64 {
        // One plane at a time is scaled in one direction, and transposed.
        let scaled = |side: u32, other: u32| u64::from(side) * u64::from(other);
        let between =
            scaled(self.size.width, self.canvas.height).max(scaled(self.canvas.width, self.size.height));
        (self.canvas.area() + between + 2 * self.size.area()) * bytes_per_pixel + (64 << 10)
    }
}

/// Bytes of a decoded pixel of this level.
pub fn bytes_per_pixel(level: &Level) -> u64 {
    if level.codec == Codec::Jpeg { 3 } else { u64::from(level.samples.clamp(1, 4)) }
}

/// The size in the stored orientation.
fn stored_size(plan: &Plan, master: &Master) -> Dimensions {
    if master.orientation.swaps_sides() { plan.size.transposed() } else { plan.size }
}

/// Converts a rectangle of the full image to pixels of a level. If the level has an integer factor, a pixel of the level
/// covers that number of pixels, even if the last one is incomplete.
fn scaled(region: Rect, full: Dimensions, level: Dimensions) -> Window {
    let ratio = |full: u32, level: u32| {
        let factor = (f64::from(full) / f64::from(level)).round();
        let whole = f64::from(full) / factor;
        let rounded = whole.floor() == f64::from(level) || whole.ceil() == f64::from(level);
        if rounded { factor } else { f64::from(full) / f64::from(level) }
    };
    let (across, down) = (ratio(full.width, level.width), ratio(full.height, level.height));
    Window {
        x: f64::from(region.x) / across,
        y: f64::from(region.y) / down,
        width: f64::from(region.width) / across,
        height: f64::from(region.height) / down,
    }
}

/// The pixels that a window intersects.
fn cover(window: Window, level: Dimensions) -> Rect {
    let span = |start: f64, length: f64, limit: u32| {
        let first = (start.floor() as u32).min(limit - 1);
        let last = ((start + length - 1e-6).ceil() as u32).clamp(first + 1, limit);
        (first, last - first)
    };
    let (x, width) = span(window.x, window.width, level.width);
    let (y, height) = span(window.y, window.height, level.height);
    Rect { x, y, width, height }
}

fn shrunk(window: Window, origin: (u32, u32), reduce: u32) -> Window {
    let reduce = f64::from(reduce);
    Window {
        x: (window.x - f64::from(origin.0)) / reduce,
        y: (window.y - f64::from(origin.1)) / reduce,
        width: window.width / reduce,
        height: window.height / reduce,
    }
}

impl Plan {
    /// The level and reduction of a rendering; `None` for a stored tile.
    pub fn rendering(&self) -> Option<(usize, u32)> {
        match self.source {
            Source::Rendered { level, reduce } => Some((level, reduce)),
            Source::Stored { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_covers_the_pixels_that_it_intersects() {
        let window = Window { x: 10.5, y: 0.0, width: 4.0, height: 3.0 };
        let rect = cover(window, Dimensions::new(100, 100));
        assert_eq!(rect, Rect { x: 10, y: 0, width: 5, height: 3 });
        let beyond = Window { x: 99.6, y: 0.0, width: 3.0, height: 1.0 };
        assert_eq!(cover(beyond, Dimensions::new(100, 100)).right(), 100);
    }

    #[test]
    fn a_pixel_of_a_level_covers_an_integer_number_of_full_pixels() {
        let region = Rect { x: 64, y: 64, width: 64, height: 64 };
        let window = scaled(region, Dimensions::new(1001, 999), Dimensions::new(62, 62));
        assert_eq!((window.x, window.width), (4.0, 4.0));
    }
}
