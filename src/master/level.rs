//! One level of a pyramid: its tiles and how they are coded.

use std::sync::Arc;

use crate::iiif::{Dimensions, Rect};
use crate::pixels::Channels;

/// How a level's pixels are divided. Tiles at the right and bottom edge are stored full-sized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    pub image: Dimensions,
    pub tile: Dimensions,
}

/// A tile's place: column and row, from the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileIndex {
    pub column: u32,
    pub row: u32,
}

impl Grid {
    pub const fn columns(self) -> u32 {
        self.image.width.div_ceil(self.tile.width)
    }

    pub const fn rows(self) -> u32 {
        self.image.height.div_ceil(self.tile.height)
    }

    pub const fn count(self) -> u64 {
        self.columns() as u64 * self.rows() as u64
    }

    /// The tile's place in the level's list.
    pub const fn number(self, tile: TileIndex) -> usize {
        tile.row as usize * self.columns() as usize + tile.column as usize
    }

    /// The pixels of the level that the tile shows, without its padding.
    pub fn rect(self, tile: TileIndex) -> Rect {
        let (x, y) = (tile.column * self.tile.width, tile.row * self.tile.height);
        let width = self.tile.width.min(self.image.width - x);
        let height = self.tile.height.min(self.image.height - y);
        Rect { x, y, width, height }
    }

    /// The tiles that touch `rect`, row by row.
    pub fn covering(self, rect: Rect) -> impl Iterator<Item = TileIndex> {
        let columns = rect.x / self.tile.width..=(rect.right() - 1) / self.tile.width;
        let rows = rect.y / self.tile.height..=(rect.bottom() - 1) / self.tile.height;
        rows.flat_map(move |row| columns.clone().map(move |column| TileIndex { column, row }))
    }
}

/// How a tile is compressed (TIFF tag 259).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    None,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
    Zstd,
    Webp,
}

/// The width of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sample {
    U8,
    U16,
}

/// What the samples mean (TIFF tag 262).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Photometric {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    YCbCr,
}

/// A level that can be cut into tiles.
#[derive(Clone, Debug)]
pub struct Level {
    pub dimensions: Dimensions,
    pub grid: Grid,
    pub codec: Codec,
    pub sample: Sample,
    pub photometric: Photometric,
    /// Samples a pixel, extra ones included.
    pub samples: u8,
    pub has_alpha: bool,
    pub associated_alpha: bool,
    /// Whether samples are stored as differences from their left neighbours (TIFF 6.0, §14).
    pub predictor: bool,
    pub big_endian: bool,
    /// The JPEG tables that all tiles share (tag 347).
    pub tables: Option<Arc<[u8]>>,
    /// Offset and length in bytes of each tile, row by row; length 0 for a tile that is not stored.
    pub tiles: Vec<(u64, u32)>,
}

impl Level {
    /// The whole-number factor by which this level is smaller than `full`, if it is one.
    ///
    /// Writers round odd sides up or down; either way a level's pixel covers `factor` of the
    /// full image's.
    pub fn factor(&self, full: Dimensions) -> Option<u32> {
        let factor = (f64::from(full.width) / f64::from(self.dimensions.width)).round() as u32;
        let narrow = [factor, factor + 1, factor.saturating_sub(1)];
        narrow.into_iter().filter(|&f| f > 0).find(|&f| {
            let fits = |long: u32, short: u32| short == long.div_ceil(f) || short == (long / f).max(1);
            fits(full.width, self.dimensions.width) && fits(full.height, self.dimensions.height)
        })
    }

    /// Whether this is a smaller copy of an image of size `full`, of about the same shape.
    pub fn reduces(&self, full: Dimensions) -> bool {
        let across = f64::from(full.width) / f64::from(self.dimensions.width);
        let down = f64::from(full.height) / f64::from(self.dimensions.height);
        let slack = 1.0 + 1.5 / f64::from(self.dimensions.width.min(self.dimensions.height));
        across > 1.0 && down >= 1.0 && across / down < slack * 1.01 && down / across < slack * 1.01
    }

    /// What a decoded pixel has: extra samples are left out, but for one of opacity.
    pub fn channels(&self) -> Channels {
        let gray = matches!(self.photometric, Photometric::WhiteIsZero | Photometric::BlackIsZero);
        let colors = if gray { 1 } else { 3 };
        match (gray, self.has_alpha && self.samples > colors && self.codec != Codec::Jpeg) {
            (_, true) => Channels::Rgba,
            (true, false) => Channels::Gray,
            (false, false) => Channels::Rgb,
        }
    }

    /// Where the tile lies in the file; `None` if it is not stored.
    pub fn range(&self, tile: TileIndex) -> Option<std::ops::Range<u64>> {
        let (offset, length) = *self.tiles.get(self.grid.number(tile))?;
        (length > 0).then(|| offset..offset.saturating_add(u64::from(length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tiles_cover_a_level_exactly_once(width in 1..3000u32, height in 1..3000u32, side in 1..40u32) {
            let image = Dimensions::new(width, height);
            let grid = Grid { image, tile: Dimensions::new(side * 16, side * 16) };
            let tiles: Vec<_> = grid.covering(Rect::all(image)).collect();
            prop_assert_eq!(tiles.len() as u64, grid.count());
            let area: u64 = tiles.iter().map(|&tile| grid.rect(tile).dimensions().area()).sum();
            prop_assert_eq!(area, image.area());
            prop_assert!(tiles.iter().enumerate().all(|(n, &tile)| grid.number(tile) == n));
        }
    }
}
