//! Collects a level's rows until they fill a row of tiles, and halves them for the next level.
//!
//! Rows arrive in the stored orientation, but tiles follow the grid of the upright image. Where uprighting reverses
//! rows or columns, the incomplete block comes first.

use std::borrow::Cow;

use super::halve::halve;
use crate::iiif::Dimensions;
use crate::master::{Orientation, TileIndex};
use crate::pixels::{Channels, Raster, rotate};

/// A row of tiles that is filled from the top.
pub(super) struct Band {
    /// In the stored orientation.
    dimensions: Dimensions,
    channels: Channels,
    side: u32,
    direction: Direction,
    /// Rows of the current block so far.
    samples: Vec<u8>,
    /// How many of them were halved.
    halved: u32,
    /// Rows of the blocks before the current one.
    done: u32,
}

/// The directions of stored rows and columns in the upright image.
#[derive(Clone, Copy, Debug)]
struct Direction {
    orientation: Orientation,
    columns_reversed: bool,
    rows_reversed: bool,
}

impl Direction {
    fn of(orientation: Orientation) -> Self {
        let (mirrored, turns) = orientation.to_upright();
        let columns_reversed = mirrored != (turns >= 2);
        let rows_reversed = matches!(turns, 1 | 2);
        Self { orientation, columns_reversed, rows_reversed }
    }
}

/// The length of block `n` along a side of `length` that is divided into blocks of `side`.
fn block(n: u32, length: u32, side: u32, is_reversed: bool) -> u32 {
    let rest = length - (length.div_ceil(side) - 1) * side;
    let last = length.div_ceil(side) - 1;
    if n == if is_reversed { 0 } else { last } { rest } else { side }
}

impl Band {
    pub(super) fn new(
        dimensions: Dimensions,
        orientation: Orientation,
        channels: Channels,
        side: u32,
    ) -> Self {
        let stride = dimensions.width as usize * channels.count();
        let samples = Vec::with_capacity(stride * side.min(dimensions.height) as usize);
        let direction = Direction::of(orientation);
        Self { dimensions, channels, side, direction, samples, halved: 0, done: 0 }
    }

    /// Takes rows until the block is full, and appends them at half their size to `halved`; returns the number of bytes
    /// taken.
    pub(super) fn add(&mut self, rows: &[u8], halved: &mut Vec<u8>) -> usize {
        let room = self.block_rows() as usize * self.stride() - self.samples.len();
        let taken = room.min(rows.len());
        // Two at a time, so that they are halved while they are in the processor's cache.
        for rows in rows[..taken].chunks(2 * self.stride()) {
            self.samples.extend_from_slice(rows);
            self.halve(halved);
        }
        taken
    }

    /// Halves the rows that are complete pairs. In a block of an odd number of rows the first is alone if rows are reversed,
    /// else the last.
    fn halve(&mut self, halved: &mut Vec<u8>) {
        let stride = self.stride();
        let halve = match self.channels {
            Channels::Gray => halve::<1>,
            Channels::Rgb => halve::<3>,
            Channels::Rgba => halve::<4>,
        };
        let block = self.block_rows();
        let alone = if self.direction.rows_reversed { 0 } else { block - 1 };
        let row = |n: u32| &self.samples[n as usize * stride..][..stride];
        while self.halved < block {
            let count = if block % 2 == 1 && self.halved == alone { 1 } else { 2 };
            if self.halved + count > self.filled() {
                break;
            }
            let start = halved.len();
            halved.resize(start + self.dimensions.width.div_ceil(2) as usize * self.channels.count(), 0);
            let pair = [row(self.halved), row(self.halved + count - 1)];
            halve(pair, self.direction.columns_reversed, &mut halved[start..]);
            self.halved += count;
        }
    }

    pub(super) fn rows_missing(&self) -> u32 {
        self.dimensions.height - self.done - self.filled()
    }

    /// Whether the block's tiles can be cut.
    pub(super) fn is_full(&self) -> bool {
        !self.samples.is_empty() && self.filled() == self.block_rows()
    }

    pub(super) fn clear(&mut self) {
        self.done += self.filled();
        self.halved = 0;
        self.samples.clear();
    }

    pub(super) fn columns(&self) -> u32 {
        self.dimensions.width.div_ceil(self.side)
    }

    fn rows(&self) -> u32 {
        self.dimensions.height.div_ceil(self.side)
    }

    /// Rows of the current block so far.
    fn filled(&self) -> u32 {
        (self.samples.len() / self.stride()) as u32
    }

    fn stride(&self) -> usize {
        self.dimensions.width as usize * self.channels.count()
    }

    /// The index of the current block, from the top.
    fn number(&self) -> u32 {
        self.done.div_ceil(self.side)
    }

    fn block_rows(&self) -> u32 {
        if self.done == self.dimensions.height {
            return 0;
        }
        block(self.number(), self.dimensions.height, self.side, self.direction.rows_reversed)
    }

    /// The index in the upright image of the tile in column `n` of the full block.
    pub(super) fn tile_index(&self, n: u32) -> TileIndex {
        let flip = |at: u32, count: u32, is_reversed: bool| if is_reversed { count - 1 - at } else { at };
        let column = flip(n, self.columns(), self.direction.columns_reversed);
        let row = flip(self.number(), self.rows(), self.direction.rows_reversed);
        match self.direction.orientation.swaps_sides() {
            true => TileIndex { column: row, row: column },
            false => TileIndex { column, row },
        }
    }

    /// The samples of the upright tile in column `n` of the full block, and the bytes from row to row. The last pixel is
    /// repeated beyond the image's edge.
    pub(super) fn tile(&self, n: u32) -> (Cow<'_, [u8]>, usize) {
        let (count, side, direction) = (self.channels.count(), self.side, self.direction);
        let width = |n| block(n, self.dimensions.width, side, direction.columns_reversed);
        // Of all blocks only the first or the last is narrower.
        let from = (n * side).saturating_sub(side - width(0)) as usize * count;
        let dimensions = Dimensions::new(width(n), self.block_rows());
        if dimensions == Dimensions::new(side, side) && direction.orientation.is_upright() {
            return (Cow::Borrowed(&self.samples[from..]), self.stride());
        }
        let row = dimensions.width as usize * count;
        let rows = self.samples.chunks_exact(self.stride()).map(|stored| &stored[from..from + row]);
        let stored =
            Raster { dimensions, channels: self.channels, samples: rows.collect::<Vec<_>>().concat() };
        let tile = padded(rotate::upright(stored, direction.orientation), side as usize);
        (Cow::Owned(tile.samples), side as usize * count)
    }
}

fn padded(tile: Raster, side: usize) -> Raster {
    let (count, width) = (tile.channels.count(), tile.dimensions.width as usize);
    let whole = Dimensions::new(side as u32, side as u32);
    if tile.dimensions == whole {
        return tile;
    }
    let mut samples = Vec::with_capacity(side * side * count);
    for row in tile.samples.chunks_exact(width * count) {
        samples.extend_from_slice(row);
        for _ in width..side {
            samples.extend_from_within(samples.len() - count..);
        }
    }
    while samples.len() < side * side * count {
        samples.extend_from_within(samples.len() - side * count..);
    }
    Raster { dimensions: whole, channels: tile.channels, samples }
}
