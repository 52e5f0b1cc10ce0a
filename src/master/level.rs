//! One level of a pyramid: its tiles and how they are coded.

use std::sync::Arc;

use crate::iiif::{Dimensions, Rect};
use crate::pixels::{Alpha, Channels, Depth, Model, Shape};

/// A larger tile costs a viewer's one too much.
const LARGEST_TILE: u32 = 2048;

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
    Fax(Fax),
    /// JPEG as TIFF 6.0 (§22) had it: without headers, which tags stand for.
    OldJpeg,
}

/// CCITT's compressions of black and white (ITU-T T.4 and T.6; TIFF 6.0, §10 and §11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fax {
    /// Runs without marks between rows, each of which begins with a new unit of this many bytes.
    Runs { unit: u8 },
    /// T.4: marks between rows; rows may be coded as changes of the row before.
    Group3 { two_dimensional: bool },
    /// T.6: every row as changes of the row before.
    Group4,
}

/// How a sample's bits are read (TIFF tag 339).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Unsigned,
    Signed,
    /// 0.0 is black, 1.0 is white.
    Float,
}

/// What the samples mean (TIFF tag 262).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Photometric {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    /// Red, green, blue, each over the whole of 16 bits: first all reds.
    Palette(Arc<[u16]>),
    Cmyk,
    YCbCr,
    /// a* and b* are signed.
    CieLab,
    /// a* and b* are offset (TIFF tech note 4).
    IccLab,
}

/// What was taken from samples before they were compressed (TIFF 6.0, §14; tech note 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Predictor {
    None,
    /// Their left neighbors.
    Horizontal,
    /// Their left neighbors, byte by byte, after the bytes of equal weight were put together.
    Float,
}

/// How YCbCr samples outside JPEG are laid out and what colors they are (TIFF 6.0, §21).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YCbCr {
    /// Pixels that share one pair of color samples, across and down: 1, 2 or 4.
    pub across: u32,
    pub down: u32,
    /// The shares of red, green and blue in luma.
    pub luma: [f32; 3],
    /// The codes of black and white for luma, and of no and full color for Cb and Cr.
    pub reference: [f32; 6],
}

/// One image of a TIFF, in tiles or in strips, which are tiles as wide as the image.
#[derive(Clone, Debug)]
pub struct Level {
    pub dimensions: Dimensions,
    pub grid: Grid,
    pub codec: Codec,
    /// Of a sample, 1 to 64.
    pub bits: u8,
    pub format: Format,
    pub photometric: Photometric,
    /// Samples a pixel, extra ones included.
    pub samples: u8,
    pub alpha: Alpha,
    pub predictor: Predictor,
    pub big_endian: bool,
    /// Whether the bits of each stored byte are in reverse order (tag 266); JPEG and WebP have an order of their own.
    pub lowest_first: bool,
    /// For YCbCr samples that no JPEG decoder converts.
    pub ycbcr: Option<YCbCr>,
    /// Whether each sample has tiles of its own, one after the other.
    pub separate: bool,
    /// The last row's tiles are as short as the image, as strips are.
    pub in_strips: bool,
    /// The JPEG tables that all tiles share (tag 347).
    pub tables: Option<Arc<[u8]>>,
    /// Offset and length in bytes of each tile, row by row; length 0 for a tile that is not stored.
    pub tiles: Vec<(u64, u64)>,
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

    /// What the color samples mean once they are read.
    pub fn model(&self) -> Model {
        match self.photometric {
            Photometric::WhiteIsZero | Photometric::BlackIsZero => Model::Gray,
            Photometric::Rgb | Photometric::Palette(_) | Photometric::YCbCr => Model::Rgb,
            Photometric::Cmyk => Model::Cmyk,
            Photometric::CieLab | Photometric::IccLab => Model::Lab,
        }
    }

    /// Samples become bytes where they are none wider.
    pub fn depth(&self) -> Depth {
        match (&self.photometric, self.bits) {
            (Photometric::Palette(_), _) | (_, ..=8) => Depth::U8,
            _ => Depth::U16,
        }
    }

    /// What all of it is once it is read.
    pub fn shape(&self) -> Shape {
        Shape { dimensions: self.dimensions, model: self.model(), alpha: self.alpha, depth: self.depth() }
    }

    /// What a decoded pixel has: extra samples are left out, but for one of opacity.
    pub fn channels(&self) -> Channels {
        match (self.model(), self.alpha) {
            (Model::Gray, Alpha::None) => Channels::Gray,
            (_, Alpha::None) => Channels::Rgb,
            _ => Channels::Rgba,
        }
    }

    /// Why no tile of it can be rendered by itself, if none can.
    pub fn uncut(&self) -> Option<String> {
        let Dimensions { width, height } = self.grid.tile;
        match &self.photometric {
            _ if self.in_strips => Some("its pixels lie in strips, not in tiles".into()),
            _ if width.max(height) > LARGEST_TILE || width.min(height) < 16 => Some(format!(
                "its tiles are {width} x {height} pixels; 16 to {LARGEST_TILE} a side can be cut"
            )),
            _ if matches!(self.codec, Codec::Fax(_)) => Some("it is compressed as fax is".into()),
            _ if self.codec == Codec::OldJpeg => Some("its JPEG tiles are of the old kind".into()),
            // As a picture of its own, such a JPEG would mean something else to a viewer.
            _ if self.codec == Codec::Jpeg && usize::from(self.samples) != self.model().count() => {
                Some(format!("its JPEG tiles have {} components", self.samples))
            }
            Photometric::WhiteIsZero if self.codec == Codec::Jpeg => {
                Some("its JPEG tiles are negatives: 0 is white".into())
            }
            _ if self.separate => Some("its colors lie in separate planes".into()),
            _ if self.bits != 8 => {
                Some(format!("its samples have {} bits, which viewers cannot show", self.bits))
            }
            _ if self.format != Format::Unsigned => Some("its samples are not unsigned whole numbers".into()),
            Photometric::Cmyk => Some("its colors are inks (CMYK)".into()),
            Photometric::CieLab | Photometric::IccLab => Some("its colors are L*a*b*".into()),
            Photometric::Palette(_) => Some("its colors are a palette's".into()),
            Photometric::YCbCr if self.codec != Codec::Jpeg => {
                Some("it has YCbCr samples outside JPEG".into())
            }
            _ => None,
        }
    }

    /// Bytes that `rows` rows of `width` pixels with `samples` samples take before compression; each row is filled up
    /// to a byte, and subsampled color to whole blocks.
    pub fn packed_bytes(&self, width: u32, rows: u32, samples: usize) -> u64 {
        match self.subsampled() {
            Some(&YCbCr { across, down, .. }) => {
                let blocks = u64::from(width.div_ceil(across)) * u64::from(rows.div_ceil(down));
                blocks * u64::from(across * down + 2)
            }
            None => (u64::from(width) * samples as u64 * u64::from(self.bits)).div_ceil(8) * u64::from(rows),
        }
    }

    /// How blocks of pixels share color samples, outside JPEG.
    pub fn subsampled(&self) -> Option<&YCbCr> {
        let blocks = |ycbcr: &&YCbCr| ycbcr.across * ycbcr.down > 1 && !self.separate;
        self.ycbcr.as_ref().filter(|_| !matches!(self.codec, Codec::Jpeg | Codec::OldJpeg)).filter(blocks)
    }

    /// Whether YCbCr samples come from its tiles as they are, and all of a pixel's are its own.
    pub fn has_raw_ycbcr(&self) -> bool {
        // A stream of the old kind is converted by its decoder.
        let is_stream = |tables: &Arc<[u8]>| tables.starts_with(&[0xff, 0xd8]);
        self.ycbcr.is_some()
            && (self.codec != Codec::OldJpeg || self.tables.as_ref().is_some_and(|tables| !is_stream(tables)))
    }

    /// Samples that one tile has of each pixel: one where each sample has tiles of its own.
    pub fn samples_together(&self) -> usize {
        if self.separate { 1 } else { usize::from(self.samples) }
    }

    /// Where the tile lies in the file; `None` if it is not stored.
    pub fn range(&self, tile: TileIndex) -> Option<std::ops::Range<u64>> {
        let (offset, length) = *self.tiles.get(self.grid.number(tile))?;
        (length > 0).then(|| offset..offset.saturating_add(length))
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
