//! One level's rows until they make a row of tiles, and their halving into the level below.

use crate::iiif::Dimensions;
use crate::pixels::{Channels, Raster};

/// A row of tiles that is filling up from the top.
pub struct Band {
    dimensions: Dimensions,
    channels: Channels,
    side: u32,
    /// Rows without padding.
    samples: Vec<u8>,
    /// Rows that have arrived since the image's top.
    arrived: u32,
}

impl Band {
    pub fn new(dimensions: Dimensions, channels: Channels, side: u32) -> Self {
        let stride = dimensions.width as usize * channels.count();
        let samples = Vec::with_capacity(stride * side.min(dimensions.height) as usize);
        Self { dimensions, channels, side, samples, arrived: 0 }
    }

    pub fn add(&mut self, row: &[u8]) {
        self.samples.extend_from_slice(row);
        self.arrived += 1;
    }

    pub fn rows_missing(&self) -> u32 {
        self.dimensions.height - self.arrived
    }

    /// Whether the tiles can be cut: the band is complete, or the image has ended.
    pub fn is_full(&self) -> bool {
        !self.samples.is_empty() && (self.arrived.is_multiple_of(self.side) || self.rows_missing() == 0)
    }

    pub fn clear(&mut self) {
        self.samples.clear();
    }

    pub fn columns(&self) -> u32 {
        self.dimensions.width.div_ceil(self.side)
    }

    fn stride(&self) -> usize {
        self.dimensions.width as usize * self.channels.count()
    }

    /// The last two rows at half their size, where the latest is a second one; at the image's
    /// end, the last row alone.
    pub fn halved(&self) -> Option<Vec<u8>> {
        let stride = self.stride();
        let rows: Vec<&[u8]> = match (self.arrived % 2, self.rows_missing()) {
            (0, _) => self.samples[self.samples.len() - 2 * stride..].chunks_exact(stride).collect(),
            (_, 0) => vec![&self.samples[self.samples.len() - stride..]],
            _ => return None,
        };
        Some(match self.channels.count() {
            1 => halve::<1>(&rows),
            _ => halve::<3>(&rows),
        })
    }

    /// The tile in `column`; beyond the image's edge the last pixel is repeated.
    pub fn tile(&self, column: u32) -> Raster {
        let (count, side) = (self.channels.count(), self.side as usize);
        let from = column as usize * side * count;
        let width = (self.stride() - from).min(side * count);
        let mut samples = Vec::with_capacity(side * side * count);
        for row in self.samples.chunks_exact(self.stride()) {
            samples.extend_from_slice(&row[from..from + width]);
            for _ in width / count..side {
                samples.extend_from_within(samples.len() - count..);
            }
        }
        while samples.len() < side * side * count {
            samples.extend_from_within(samples.len() - side * count..);
        }
        Raster { dimensions: Dimensions::new(self.side, self.side), channels: self.channels, samples }
    }
}

/// The mean, rounded, of each two by two pixels, or of those that are there.
fn halve<const N: usize>(rows: &[&[u8]]) -> Vec<u8> {
    let pixels = rows[0].len() / N;
    let mut out = vec![0; pixels.div_ceil(2) * N];
    let (first, second) = (rows[0], rows[rows.len() - 1]);
    // Where one row is there, adding it twice leaves the mean as it is.
    let pairs = first.chunks_exact(2 * N).zip(second.chunks_exact(2 * N));
    for (mean, (a, b)) in out.chunks_exact_mut(N).zip(pairs) {
        for n in 0..N {
            let sum = u16::from(a[n]) + u16::from(a[n + N]) + u16::from(b[n]) + u16::from(b[n + N]);
            mean[n] = ((sum + 2) / 4) as u8;
        }
    }
    if pixels % 2 == 1 {
        let (last, from) = (out.len() - N, (pixels - 1) * N);
        for n in 0..N {
            let sum = u16::from(first[from + n]) + u16::from(second[from + n]);
            out[last + n] = sum.div_ceil(2) as u8;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_averages_what_is_there() {
        assert_eq!(halve::<1>(&[&[1, 2, 9], &[3, 4, 4]]), [3, 7]);
        assert_eq!(halve::<1>(&[&[1, 2, 9]]), [2, 9]);
        assert_eq!(halve::<3>(&[&[0, 10, 20, 2, 20, 40]]), [1, 15, 30]);
    }
}
