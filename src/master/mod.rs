//! One opened master: its levels and tiles, whatever its format; pure over bytes at offsets.

mod gif;
mod header;
mod level;
mod png;
mod rows;
pub mod stored;
mod tiff;
mod untiled;
mod webp;
pub mod write;

use std::sync::Arc;

pub use level::{Codec, Fax, Format, Grid, Level, Photometric, Predictor, TileIndex, YCbCr};
pub use rows::{rows, rows_memory};
pub use tiff::decode_tile;

pub use crate::container::{PartialFile, Refused, SourceFormat, Stop};
use crate::iiif::Dimensions;
pub use crate::metadata::Orientation;
use crate::pixels::{Alpha, Depth, Model, Shape};

/// What serving needs to know of a master: sizes and offsets, no pixels.
#[derive(Clone, Debug)]
pub struct Master {
    /// As stored, before the orientation is applied.
    pub dimensions: Dimensions,
    pub orientation: Orientation,
    pub icc: Option<Arc<[u8]>>,
    /// Largest first, the full size at the head; empty for a master that cannot be cut.
    pub levels: Vec<Level>,
    pub kind: Kind,
}

/// How pixels are got out of a master.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Tile by tile.
    Tiled,
    /// Only by decoding all of it.
    Untiled {
        format: SourceFormat,
        /// The file's length.
        bytes: u64,
        /// Why it cannot be cut.
        reason: String,
        /// As the header says.
        shape: Shape,
        /// Bytes of memory that its decoder takes to read the full size row by row, as the header tells; of a TIFF,
        /// `tiff` tells.
        memory: u64,
        /// How a TIFF's page lies in it.
        tiff: Option<Arc<Level>>,
    },
}

/// How much of a file's start is read first: most headers, and the whole index of most
/// cloud-optimized TIFFs, lie within.
pub const FIRST_READ: u64 = 64 << 10;

/// Finds the master that page `page` of the file is, as far as `held` tells.
///
/// [`Stop::NeedBytes`] names the bytes to add before asking again.
pub fn index(held: &PartialFile, page: u32) -> Result<Master, Stop> {
    match SourceFormat::recognize(held.start()) {
        Some(SourceFormat::Tiff) => tiff::index(held, page),
        Some(format) if page == 1 => untiled::index(held, format),
        Some(_) => Err(Refused::NoPage { page, pages: 1 }.into()),
        None => Err(Refused::Unsupported(untiled::unknown(held.start())).into()),
    }
}

impl Master {
    /// Upright: the sides exchanged where the orientation asks for a quarter turn.
    pub fn upright(&self) -> Dimensions {
        if self.orientation.swaps_sides() { self.dimensions.transposed() } else { self.dimensions }
    }

    /// What its samples are before they are converted.
    pub fn shape(&self) -> Shape {
        match (&self.kind, self.levels.first()) {
            (Kind::Untiled { shape, .. }, _) => *shape,
            (Kind::Tiled, Some(level)) => level.shape(),
            (Kind::Tiled, None) => {
                Shape { dimensions: self.dimensions, model: Model::Rgb, alpha: Alpha::None, depth: Depth::U8 }
            }
        }
    }

    /// The full size in place of a smaller level at `1 / reduce`: how far it can be shrunk to show the same.
    pub fn larger_level(&self, level: usize, reduce: u32) -> Option<(usize, u32)> {
        let smaller = self.levels.get(level).filter(|_| level > 0)?;
        let ratio = self.dimensions.width / smaller.dimensions.width.max(1);
        let most = ratio.saturating_mul(reduce).clamp(1, 8);
        Some((0, 1 << most.ilog2()))
    }

    /// About how many bytes of memory this index takes.
    pub fn weight(&self) -> usize {
        let tiff = match &self.kind {
            Kind::Untiled { tiff, .. } => tiff.as_deref(),
            Kind::Tiled => None,
        };
        let tiles: usize = self.levels.iter().chain(tiff).map(|level| level.tiles.len() * 16 + 512).sum();
        tiles + self.icc.as_ref().map_or(0, |icc| icc.len()) + 512
    }
}
