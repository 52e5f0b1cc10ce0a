//! Collects a level's rows until they fill a row of tiles, and halves them for the next level.
//!
//! Rows arrive in the stored orientation, but tiles follow the grid of the upright image. Where uprighting reverses
//! rows or columns, the incomplete block comes first.

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
        Self { dimensions, channels, side, direction: Direction::of(orientation), samples, done: 0 }
    }

    /// Takes rows until the block is full; returns the number of bytes taken.
    pub(super) fn add(&mut self, rows: &[u8]) -> usize {
        let room = self.block_rows() as usize * self.stride() - self.samples.len();
        let taken = room.min(rows.len());
        self.samples.extend_from_slice(&rows[..taken]);
        taken
    }

    pub(super) fn rows_missing(&self) -> u32 {
        self.dimensions.height - self.done - (self.samples.len() / self.stride()) as u32
    }

    /// Whether the block's tiles can be cut.
    pub(super) fn is_full(&self) -> bool {
        !self.samples.is_empty() && self.samples.len() == self.block_rows() as usize * self.stride()
    }

    pub(super) fn clear(&mut self) {
        self.done += (self.samples.len() / self.stride()) as u32;
        self.samples.clear();
    }

    pub(super) fn columns(&self) -> u32 {
        self.dimensions.width.div_ceil(self.side)
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

    /// The full block, scaled to half its size.
    pub(super) fn halved(&self) -> Vec<u8> {
        let rows: Vec<&[u8]> = self.samples.chunks_exact(self.stride()).collect();
        let is_odd = rows.len() % 2 == 1;
        let (first, pairs) = rows.split_at(usize::from(is_odd && self.direction.rows_reversed));
        let count = self.channels.count();
        let stride = self.dimensions.width.div_ceil(2) as usize * count;
        let mut out = vec![0; rows.len().div_ceil(2) * stride];
        let pairs = first
            .iter()
            .map(|row| [*row, *row])
            .chain(pairs.chunks(2).map(|pair| [pair[0], pair[pair.len() - 1]]));
        let halve = match self.channels {
            Channels::Gray => halve::<1>,
            Channels::Rgb => halve::<3>,
            Channels::Rgba => halve::<4>,
        };
        for (out, pair) in out.chunks_exact_mut(stride).zip(pairs) {
            halve(pair, self.direction.columns_reversed, out);
        }
        out
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

    /// The samples of the complete tile in column `n`, in place, and the bytes from row to row; `None` if the tile needs
    /// padding or rotation first.
    pub(super) fn in_place(&self, n: u32) -> Option<(&[u8], usize)> {
        let from = (n * self.side) as usize * self.channels.count();
        let whole = self.block_rows() == self.side && (n + 1) * self.side <= self.dimensions.width;
        (whole && self.direction.orientation.is_upright()).then(|| (&self.samples[from..], self.stride()))
    }

    /// The upright tile of column `n`; the last pixel is repeated beyond the image's edge.
    pub(super) fn tile(&self, n: u32) -> Raster {
        let (count, side) = (self.channels.count(), self.side as usize);
        let lengths = |n| block(n, self.dimensions.width, self.side, self.direction.columns_reversed);
        let from = (0..n).map(lengths).sum::<u32>() as usize * count;
        let (width, height) = (lengths(n), self.block_rows());
        let mut samples = Vec::with_capacity(side * side * count);
        for row in self.samples.chunks_exact(self.stride()) {
            samples.extend_from_slice(&row[from..from + width as usize * count]);
        }
        let dimensions = Dimensions::new(width, height);
        padded(
            rotate::upright(
                Raster { dimensions, channels: self.channels, samples },
                self.direction.orientation,
            ),
            side,
        )
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

/// The rounded mean of each two by two pixels, or of those that exist: an odd column is the first if columns are
/// reversed, else the last.
fn halve<const N: usize>([first, second]: [&[u8]; 2], is_reversed: bool, out: &mut [u8]) {
    let odd = first.len() / N % 2 == 1;
    let single = |at: usize, out: &mut [u8]| {
        for n in 0..N {
            out[n] = (u16::from(first[at + n]) + u16::from(second[at + n])).div_ceil(2) as u8;
        }
    };
    let (mut from, mut to) = (0, 0);
    if odd && is_reversed {
        single(0, &mut out[..N]);
        (from, to) = (N, N);
    } else if odd {
        let last = out.len() - N;
        single(first.len() - N, &mut out[last..]);
    }
    // A single row is added twice, which does not change the mean.
    let pairs = first[from..].chunks_exact(2 * N).zip(second[from..].chunks_exact(2 * N));
    for (mean, (a, b)) in out[to..].chunks_exact_mut(N).zip(pairs) {
        for n in 0..N {
            let sum = u16::from(a[n]) + u16::from(a[n + N]) + u16::from(b[n]) + u16::from(b[n + N]);
            mean[n] = ((sum + 2) >> 2) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_averages_existing_pixels() {
        let check = |rows: [&[u8]; 2], is_reversed, expected: &[u8]| {
            let mut out = vec![0; expected.len()];
            halve::<1>(rows, is_reversed, &mut out);
            assert_eq!(out, expected);
        };
        check([&[1, 2, 9], &[3, 4, 4]], false, &[3, 7]);
        check([&[9, 1, 2], &[4, 3, 4]], true, &[7, 3]);
        check([&[1, 2, 9], &[1, 2, 9]], false, &[2, 9]);
        let mut out = [0; 3];
        halve::<3>([&[0, 10, 20, 2, 20, 40]; 2], false, &mut out);
        assert_eq!(out, [1, 15, 30]);
    }
}
