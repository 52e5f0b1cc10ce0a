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
    /// The columns of the current block, from the left. Each has its rows one after another, as its encoder reads them.
    columns: Vec<Column>,
    /// Rows of the current block so far.
    rows: u32,
    /// A row that is halved with the next one.
    waiting: Vec<u8>,
    /// Rows of the blocks before the current one.
    done: u32,
}

/// A tile that is filled from the top.
struct Column {
    /// In pixels.
    width: u32,
    samples: Vec<u8>,
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
        let direction = Direction::of(orientation);
        let column = |n| {
            let width = block(n, dimensions.width, side, direction.columns_reversed);
            let rows = side.min(dimensions.height) as usize;
            Column { width, samples: Vec::with_capacity(width as usize * channels.count() * rows) }
        };
        let columns = (0..dimensions.width.div_ceil(side)).map(column).collect();
        Self { dimensions, channels, side, direction, columns, rows: 0, waiting: Vec::new(), done: 0 }
    }

    /// Takes rows until the block is full, and appends them at half their size to `halved`; returns the number of bytes
    /// taken.
    pub(super) fn add(&mut self, rows: &[u8], halved: &mut Vec<u8>) -> usize {
        let stride = self.stride();
        let room = (self.block_rows() - self.rows) as usize * stride;
        let rows = &rows[..room.min(rows.len())];
        let mut from = 0;
        for column in &mut self.columns {
            let to = from + column.width as usize * self.channels.count();
            rows.chunks_exact(stride).for_each(|row| column.samples.extend_from_slice(&row[from..to]));
            from = to;
        }
        let is_first = self.rows == 0;
        self.rows += (rows.len() / stride) as u32;
        self.halve(rows, is_first, halved);
        rows.len()
    }

    /// Halves rows of the block, beginning with its first or not. Where their number is odd, the first is alone if rows are
    /// reversed, else the last.
    fn halve(&mut self, rows: &[u8], is_first: bool, halved: &mut Vec<u8>) {
        let stride = self.stride();
        let is_odd = self.block_rows() % 2 == 1;
        let alone = if is_first && is_odd && self.direction.rows_reversed { stride } else { 0 };
        let (first, mut rows) = rows.split_at(alone.min(rows.len()));
        if !first.is_empty() {
            self.halve_pair([first, first], halved);
        }
        if !self.waiting.is_empty()
            && let Some((row, rest)) = rows.split_at_checked(stride)
        {
            let mut waiting = std::mem::take(&mut self.waiting);
            self.halve_pair([&waiting, row], halved);
            waiting.clear();
            (self.waiting, rows) = (waiting, rest);
        }
        let pairs = rows.chunks_exact(2 * stride);
        let last = pairs.remainder();
        pairs.map(|pair| pair.split_at(stride)).for_each(|(a, b)| self.halve_pair([a, b], halved));
        match self.is_full() {
            _ if last.is_empty() => {}
            true => self.halve_pair([last, last], halved),
            false => self.waiting.extend_from_slice(last),
        }
    }

    fn halve_pair(&self, pair: [&[u8]; 2], halved: &mut Vec<u8>) {
        let start = halved.len();
        halved.resize(start + self.dimensions.width.div_ceil(2) as usize * self.channels.count(), 0);
        let halve = match self.channels {
            Channels::Gray => halve::<1>,
            Channels::Rgb => halve::<3>,
            Channels::Rgba => halve::<4>,
        };
        halve(pair, self.direction.columns_reversed, &mut halved[start..]);
    }

    pub(super) fn rows_missing(&self) -> u32 {
        self.dimensions.height - self.done - self.rows
    }

    /// Whether the block's tiles can be cut.
    pub(super) fn is_full(&self) -> bool {
        self.rows > 0 && self.rows == self.block_rows()
    }

    pub(super) fn clear(&mut self) {
        self.done += self.rows;
        self.rows = 0;
        self.columns.iter_mut().for_each(|column| column.samples.clear());
    }

    pub(super) fn columns(&self) -> u32 {
        self.columns.len() as u32
    }

    fn rows(&self) -> u32 {
        self.dimensions.height.div_ceil(self.side)
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

    /// The samples of the upright tile of column `n` of the full block; the last pixel is repeated beyond the image's edge.
    pub(super) fn tile(&self, n: u32) -> Cow<'_, [u8]> {
        let Column { width, samples } = &self.columns[n as usize];
        let dimensions = Dimensions::new(*width, self.block_rows());
        let (whole, orientation) = (Dimensions::new(self.side, self.side), self.direction.orientation);
        if dimensions == whole && orientation.is_upright() {
            return Cow::Borrowed(samples);
        }
        let stored = Raster { dimensions, channels: self.channels, samples: samples.clone() };
        Cow::Owned(padded(rotate::upright(stored, orientation), self.side as usize).samples)
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
