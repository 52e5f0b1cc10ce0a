//! One level of a TIFF pyramid: its tiles and their encoding.

use std::sync::Arc;

use crate::iiif::{Dimensions, Rect};
use crate::pixels::{Alpha, Channels, Depth, Model, Shape};

/// The largest side of a tile that is served alone: larger tiles cost too much to decode for each request.
const MAX_TILE_SIDE: u32 = 2048;

/// How a level is divided into tiles. Tiles at the right and bottom edges are stored with padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    /// The size of the level in pixels.
    pub image: Dimensions,
    /// The size of a tile in pixels.
    pub tile: Dimensions,
}

/// A tile's column and row, from the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileIndex {
    /// From the left, from 0.
    pub column: u32,
    /// From the top, from 0.
    pub row: u32,
}

impl Grid {
    /// The number of columns of tiles.
    pub const fn columns(self) -> u32 {
        self.image.width.div_ceil(self.tile.width)
    }

    /// The number of rows of tiles.
    pub const fn rows(self) -> u32 {
        self.image.height.div_ceil(self.tile.height)
    }

    /// The number of tiles of one plane.
    pub const fn count(self) -> u64 {
        self.columns() as u64 * self.rows() as u64
    }

    /// The tile's index in the level's list.
    pub const fn number(self, tile: TileIndex) -> usize {
        tile.row as usize * self.columns() as usize + tile.column as usize
    }

    /// The rectangle of the level that the tile covers, without its padding.
    pub fn rect(self, tile: TileIndex) -> Rect {
        let (x, y) = (tile.column * self.tile.width, tile.row * self.tile.height);
        let width = self.tile.width.min(self.image.width - x);
        let height = self.tile.height.min(self.image.height - y);
        Rect { x, y, width, height }
    }

    /// The tiles that intersect `rect`, row by row.
    pub fn covering(self, rect: Rect) -> impl Iterator<Item = TileIndex> {
        let columns = rect.x / self.tile.width..=(rect.right() - 1) / self.tile.width;
        let rows = rect.y / self.tile.height..=(rect.bottom() - 1) / self.tile.height;
        rows.flat_map(move |row| columns.clone().map(move |column| TileIndex { column, row }))
    }
}

/// How a tile is compressed (TIFF tag 259).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Uncompressed (TIFF compression 1).
    None,
    /// LZW (5).
    Lzw,
    /// JPEG (7), and JPEG files.
    Jpeg,
    /// Deflate (8 and 32946).
    Deflate,
    /// PackBits (32773).
    PackBits,
    /// Zstandard (50000).
    Zstd,
    /// WebP (50001).
    Webp,
    /// CCITT Group 3 or 4 (2, 3, 4 and 32771).
    Fax(Fax),
    /// "Old" JPEG of TIFF 6.0 (§22): without headers, whose contents are in tags.
    OldJpeg,
}

/// CCITT compression of black and white (ITU-T T.4 and T.6; TIFF 6.0, §10 and §11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fax {
    /// Runs without end-of-line codes; each row begins at a new unit of this many bytes.
    Runs {
        /// 1 (compression 2) or 2 (compression 32771, CCITT RLE with word alignment).
        unit: u8,
    },
    /// T.4: rows are separated by end-of-line codes and may be coded as changes from the previous row.
    Group3 {
        /// Whether rows are coded relative to the row before (T4Options, bit 0).
        two_dimensional: bool,
    },
    /// T.6: every row is coded as changes from the previous row.
    Group4,
}

/// The number format of samples (TIFF tag 339).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Unsigned integers.
    Unsigned,
    /// Signed integers; the lowest value is black.
    Signed,
    /// Floating point numbers: 0.0 is black, 1.0 is white.
    Float,
}

/// The meaning of samples (TIFF tag 262).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Photometric {
    /// Gray; 0 is white (PhotometricInterpretation 0).
    WhiteIsZero,
    /// Gray; 0 is black (1).
    BlackIsZero,
    /// RGB (2).
    Rgb,
    /// Palette (3): all red values, then all green, then all blue, each with the full range of 16 bits.
    Palette(Arc<[u16]>),
    /// CMYK (5).
    Cmyk,
    /// YCbCr (6).
    YCbCr,
    /// CIE L*a*b* with signed a* and b* (8).
    CieLab,
    /// ICC L*a*b* with offset a* and b* (9, TIFF tech note 4).
    IccLab,
}

/// The prediction that was subtracted from samples before compression (TIFF 6.0, §14; tech note 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Predictor {
    /// Samples are stored as they are (Predictor 1).
    None,
    /// The left neighbor.
    Horizontal,
    /// The left neighbor, byte by byte, after bytes of equal significance were grouped.
    Float,
}

/// The layout and the colors of YCbCr samples outside JPEG (TIFF 6.0, §21).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YCbCr {
    /// Luma columns per chroma column: 1, 2 or 4.
    pub across: u32,
    /// Luma rows per chroma row: 1, 2 or 4.
    pub down: u32,
    /// The weights of red, green and blue in luma.
    pub luma: [f32; 3],
    /// The codes of black and white for luma, and of zero and full chroma for Cb and Cr (ReferenceBlackWhite).
    pub reference: [f32; 6],
}

/// One image of a TIFF, in tiles or in strips, which are tiles as wide as the image.
#[derive(Clone, Debug)]
pub struct Level {
    /// The size of the level in pixels, as stored.
    pub dimensions: Dimensions,
    /// How it is divided into tiles.
    pub grid: Grid,
    /// How tiles are compressed.
    pub codec: Codec,
    /// Bits of a sample, 1 to 64.
    pub bits: u8,
    /// The number format of samples.
    pub format: Format,
    /// What the samples mean.
    pub photometric: Photometric,
    /// Samples per pixel, including extra samples.
    pub samples: u8,
    /// What the alpha samples mean, if there are any.
    pub alpha: Alpha,
    /// How samples were transformed before compression.
    pub predictor: Predictor,
    /// Whether numbers of 16 and more bits have their most significant byte first.
    pub big_endian: bool,
    /// Whether the bits of each stored byte are reversed (tag 266); this does not apply to JPEG and WebP.
    pub lowest_first: bool,
    /// The layout of YCbCr samples that are not converted by a JPEG decoder.
    pub ycbcr: Option<YCbCr>,
    /// Whether samples are in separate planes, each with its own tiles (PlanarConfiguration 2).
    pub separate: bool,
    /// Whether the image is in strips, the last of which ends with the image.
    pub in_strips: bool,
    /// The JPEG tables shared by all tiles (tag 347).
    pub tables: Option<Arc<[u8]>>,
    /// Offset and length of each tile in bytes, row by row; the length is 0 for tiles that are not stored.
    pub tiles: Vec<(u64, u64)>,
    /// The checksums of the tiles, if the file states them (private tag 65290); otherwise empty.
    pub checksums: Vec<u32>,
}

impl Level {
    /// The integer factor by which this level is smaller than `full`, if there is one.
    ///
    /// Writers round odd sides up or down; in either case, a pixel of the level covers `factor` pixels of the full image.
    pub fn factor(&self, full: Dimensions) -> Option<u32> {
        let factor = (f64::from(full.width) / f64::from(self.dimensions.width)).round() as u32;
        let candidates = [factor, factor + 1, factor.saturating_sub(1)];
        candidates.into_iter().filter(|&f| f > 0).find(|&f| {
            let fits = |long: u32, short: u32| short == long.div_ceil(f) || short == (long / f).max(1);
            fits(full.width, self.dimensions.width) && fits(full.height, self.dimensions.height)
        })
    }

    /// Whether this level is smaller than an image of size `full` and has about the same aspect ratio.
    pub fn reduces(&self, full: Dimensions) -> bool {
        let across = f64::from(full.width) / f64::from(self.dimensions.width);
        let down = f64::from(full.height) / f64::from(self.dimensions.height);
        let tolerance = 1.0 + 1.5 / f64::from(self.dimensions.width.min(self.dimensions.height));
        across > 1.0 && down >= 1.0 && across / down < tolerance * 1.01 && down / across < tolerance * 1.01
    }

    /// The color model of samples after decoding.
    pub fn model(&self) -> Model {
        match self.photometric {
            Photometric::WhiteIsZero | Photometric::BlackIsZero => Model::Gray,
            Photometric::Rgb | Photometric::Palette(_) | Photometric::YCbCr => Model::Rgb,
            Photometric::Cmyk => Model::Cmyk,
            Photometric::CieLab | Photometric::IccLab => Model::Lab,
        }
    }

    /// The depth of samples after decoding: 8 bits if they are not wider.
    pub fn depth(&self) -> Depth {
        match (&self.photometric, self.bits) {
            (Photometric::Palette(_), _) | (_, ..=8) => Depth::U8,
            _ => Depth::U16,
        }
    }

    /// The shape of the image after decoding.
    pub fn shape(&self) -> Shape {
        Shape { dimensions: self.dimensions, model: self.model(), alpha: self.alpha, depth: self.depth() }
    }

    /// The channels of decoded pixels: extra samples other than alpha are dropped.
    pub fn channels(&self) -> Channels {
        match (self.model(), self.alpha) {
            (Model::Gray, Alpha::None) => Channels::Gray,
            (_, Alpha::None) => Channels::Rgb,
            _ => Channels::Rgba,
        }
    }

    /// Why tiles cannot be rendered one by one; `None` if they can.
    pub fn untiled_because(&self) -> Option<String> {
        let Dimensions { width, height } = self.grid.tile;
        match &self.photometric {
            _ if self.in_strips => Some("its pixels are in strips, not in tiles".into()),
            _ if width.max(height) > MAX_TILE_SIDE || width.min(height) < 16 => Some(format!(
                "its tiles are {width} x {height} pixels; 16 to {MAX_TILE_SIDE} a side can be served one by one"
            )),
            _ if matches!(self.codec, Codec::Fax(_)) => Some("it is compressed as fax".into()),
            _ if self.codec == Codec::OldJpeg => Some("its tiles are old-style JPEG".into()),
            // A viewer would interpret such a JPEG differently when it is served alone.
            _ if self.codec == Codec::Jpeg && usize::from(self.samples) != self.model().count() => {
                Some(format!("its JPEG tiles have {} components", self.samples))
            }
            Photometric::WhiteIsZero if self.codec == Codec::Jpeg => {
                Some("its JPEG tiles are negatives: 0 is white".into())
            }
            _ if self.separate => Some("its colors are in separate planes".into()),
            _ if self.bits != 8 => {
                Some(format!("its samples have {} bits, which viewers cannot show", self.bits))
            }
            _ if self.format != Format::Unsigned => Some("its samples are not unsigned integers".into()),
            Photometric::Cmyk => Some("its colors are CMYK".into()),
            Photometric::CieLab | Photometric::IccLab => Some("its colors are L*a*b*".into()),
            Photometric::Palette(_) => Some("its colors are in a palette".into()),
            Photometric::YCbCr if self.codec != Codec::Jpeg => {
                Some("it has YCbCr samples outside JPEG".into())
            }
            _ => None,
        }
    }

    /// Uncompressed bytes of `rows` rows of `width` pixels with `samples` samples; each row is padded to a byte, and
    /// subsampled chroma to whole blocks.
    pub fn packed_bytes(&self, width: u32, rows: u32, samples: usize) -> u64 {
        match self.subsampled() {
            Some(&YCbCr { across, down, .. }) => {
                let blocks = u64::from(width.div_ceil(across)) * u64::from(rows.div_ceil(down));
                blocks * u64::from(across * down + 2)
            }
            None => (u64::from(width) * samples as u64 * u64::from(self.bits)).div_ceil(8) * u64::from(rows),
        }
    }

    /// How blocks of pixels share chroma samples outside JPEG.
    pub fn subsampled(&self) -> Option<&YCbCr> {
        let blocks = |ycbcr: &&YCbCr| ycbcr.across * ycbcr.down > 1 && !self.separate;
        self.ycbcr.as_ref().filter(|_| !matches!(self.codec, Codec::Jpeg | Codec::OldJpeg)).filter(blocks)
    }

    /// Whether tiles decode to YCbCr samples without subsampling.
    pub fn has_raw_ycbcr(&self) -> bool {
        // An old-style stream is converted by its decoder.
        let is_stream = |tables: &Arc<[u8]>| tables.starts_with(&[0xff, 0xd8]);
        self.ycbcr.is_some()
            && (self.codec != Codec::OldJpeg || self.tables.as_ref().is_some_and(|tables| !is_stream(tables)))
    }

    /// Samples per pixel in one tile: one if samples are in separate planes.
    pub fn samples_together(&self) -> usize {
        if self.separate { 1 } else { usize::from(self.samples) }
    }

    /// The byte range of the tile; `None` if it is not stored.
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
