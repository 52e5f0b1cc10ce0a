//! Collects a level's rows until they fill a row of tiles, and halves them for the next level.
//!
//! Rows arrive in the stored orientation, but tiles follow the grid of the upright image. Where uprighting reverses
//! rows or columns, the incomplete block comes first.

use std::sync::Arc;

use super::halve::halve;
use crate::iiif::Dimensions;
use crate::master::{Orientation, TileIndex};
use crate::pixels::{Channels, Raster, rotate};

/// Rows of samples as they arrived; those that end one block and begin the next are in both.
pub(super) type Rows = Arc<Vec<u8>>;

/// A row of tiles that is filled from the top.
pub(super) struct Band {
    /// In the stored orientation.
    dimensions: Dimensions,
    channels: Channels,
    side: u32,
    direction: Direction,
    /// Rows of the current block so far: where each begins, in which samples.
    filled: Vec<(Rows, usize)>,
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
        let filled = Vec::with_capacity(side.min(dimensions.height) as usize);
        let direction = Direction::of(orientation);
        Self { dimensions, channels, side, direction, filled, halved: 0, done: 0 }
    }

    /// Takes rows from byte `from` on until the block is full, and replaces what is in `halved` with them at half their size;
    /// returns the number of bytes taken.
    pub(super) fn add(&mut self, rows: &Rows, from: usize, halved: &mut Vec<u8>) -> usize {
        let stride = self.stride();
        let room = (self.block_rows() - self.filled()) as usize;
        let taken = room.min((rows.len() - from) / stride);
        self.filled.extend((0..taken).map(|n| (rows.clone(), from + n * stride)));
        self.halve(halved);
        taken * stride
    }

    /// Halves the rows that are complete pairs. In a block of an odd number of rows the first is alone if rows are reversed,
    /// else the last.
    fn halve(&mut self, halved: &mut Vec<u8>) {
        let halve = match self.channels {
            Channels::Gray => halve::<1>,
            Channels::Rgb => halve::<3>,
            Channels::Rgba => halve::<4>,
        };
        let block = self.block_rows();
        let alone = if self.direction.rows_reversed { 0 } else { block - 1 };
        let stride = self.dimensions.width.div_ceil(2) as usize * self.channels.count();
        let most = (self.filled() - self.halved).div_ceil(2) as usize * stride;
        halved.reserve(most.saturating_sub(halved.len()));
        let mut length = 0;
        while self.halved < block {
            let count = if block % 2 == 1 && self.halved == alone { 1 } else { 2 };
            if self.halved + count > self.filled() {
                break;
            }
            let end = length + stride;
            // What was there before is overwritten, so that only new memory is filled with zeros.
            if halved.len() < end {
                halved.resize(end, 0);
            }
            let pair = [self.row(self.halved), self.row(self.halved + count - 1)];
            halve(pair, self.direction.columns_reversed, &mut halved[length..end]);
            self.halved += count;
            length = end;
        }
        halved.truncate(length);
    }

    pub(super) fn rows_missing(&self) -> u32 {
        self.dimensions.height - self.done - self.filled()
    }

    /// Whether the block's tiles can be cut.
    pub(super) fn is_full(&self) -> bool {
        !self.filled.is_empty() && self.filled() == self.block_rows()
    }

    /// Begins the next block; returns the samples that nothing else needs.
    pub(super) fn clear(&mut self) -> impl Iterator<Item = Vec<u8>> {
        self.done += self.filled();
        self.halved = 0;
        self.filled.drain(..).filter_map(|(rows, _)| Arc::into_inner(rows))
    }

    pub(super) fn columns(&self) -> u32 {
        self.dimensions.width.div_ceil(self.side)
    }

    fn rows(&self) -> u32 {
        self.dimensions.height.div_ceil(self.side)
    }

    /// Rows of the current block so far.
    fn filled(&self) -> u32 {
        self.filled.len() as u32
    }

    /// Row `n` of the current block.
    fn row(&self, n: u32) -> &[u8] {
        let (rows, from) = &self.filled[n as usize];
        &rows[*from..][..self.stride()]
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

    /// The rows of the upright tile in column `n` of the full block. The last pixel is repeated beyond the image's edge. Rows
    /// that differ from the stored ones are in `own`.
    pub(super) fn tile<'a>(&'a self, n: u32, own: &'a mut Vec<u8>) -> Vec<&'a [u8]> {
        let (count, side, direction) = (self.channels.count(), self.side, self.direction);
        let width = |n| block(n, self.dimensions.width, side, direction.columns_reversed);
        // Of all blocks only the first or the last is narrower.
        let from = (n * side).saturating_sub(side - width(0)) as usize * count;
        let dimensions = Dimensions::new(width(n), self.block_rows());
        let row = dimensions.width as usize * count;
        let stored: Vec<&[u8]> = (0..dimensions.height).map(|n| &self.row(n)[from..from + row]).collect();
        if dimensions == Dimensions::new(side, side) && direction.orientation.is_upright() {
            return stored;
        }
        let stored = Raster { dimensions, channels: self.channels, samples: stored.concat() };
        *own = padded(rotate::upright(stored, direction.orientation), side as usize).samples;
        own.chunks_exact(side as usize * count).collect()
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
