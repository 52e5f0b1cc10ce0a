//! Masters: the index of their levels and tiles, their rows in any format, and the writer of pyramids. Pure functions over
//! bytes at offsets.

mod checksum;
pub mod complete_jpeg;
mod gif;
mod header;
mod level;
mod png;
mod rows;
mod tiff;
mod untiled;
mod webp;
pub mod write;

use std::sync::Arc;

pub use level::{Codec, Fax, Format, Grid, Level, Photometric, Predictor, TileIndex, YCbCr};
pub use rows::{rows, rows_memory};
pub(crate) use tiff::decode_tile;

pub use crate::container::{PartialFile, Refused, SourceFormat, Stop};
use crate::iiif::Dimensions;
pub use crate::metadata::Orientation;
use crate::pixels::{Alpha, Depth, Model, Shape};

/// The index of a master: sizes and offsets, without pixels.
#[derive(Clone, Debug)]
pub struct Master {
    /// The size as stored, before the orientation is applied.
    pub dimensions: Dimensions,
    /// The orientation of the stored samples.
    pub orientation: Orientation,
    /// The embedded ICC profile.
    pub icc: Option<Arc<[u8]>>,
    /// The levels, largest first; empty for a master without usable tiles.
    pub levels: Vec<Level>,
    /// Whether it has tiles.
    pub kind: Kind,
    /// Whether this index is as it was written.
    pub integrity: Integrity,
}

/// Whether an index has the checksum that Tegl's pyramids state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// The file states none.
    Unknown,
    /// It has.
    Verified,
    /// It has not: it was damaged, or changed by another program.
    Differs,
}

/// How a master is decoded.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Decoded tile by tile.
    Tiled,
    /// Decoded row by row from the top, or as a whole.
    Untiled {
        /// The format of the file.
        format: SourceFormat,
        /// The file's length in bytes.
        bytes: u64,
        /// Why its tiles cannot be served one by one.
        reason: String,
        /// The shape stated by the header.
        shape: Shape,
        /// Bytes of memory that its decoder needs to read the full size row by row, according to the header; 0 for a
        /// TIFF, whose needs follow from `tiff`.
        memory: u64,
        /// The layout of a TIFF's page.
        tiff: Option<Arc<Level>>,
    },
}

/// Bytes of a file that are read first, from its start: they contain most headers, and the whole index of most
/// cloud-optimized TIFFs.
pub const FIRST_READ: u64 = 64 << 10;

/// Indexes page `page` of a file; the first page is 1.
///
/// # Errors
/// [`Stop::NeedBytes`] names the bytes to add before the next try; [`Stop::Refused`] says why the file cannot be a master
/// or has no such page.
pub fn index(file: &PartialFile, page: u32) -> Result<Master, Stop> {
    match SourceFormat::recognize(file.start()) {
        Some(SourceFormat::Tiff) => tiff::index(file, page),
        Some(format) if page == 1 => untiled::index(file, format),
        Some(_) => Err(Refused::NoPage { page, pages: 1 }.into()),
        None => Err(Refused::Unsupported(untiled::unsupported(file.start())).into()),
    }
}

impl Master {
    /// The size of the upright image.
    pub fn upright(&self) -> Dimensions {
        if self.orientation.swaps_sides() { self.dimensions.transposed() } else { self.dimensions }
    }

    /// The shape of its samples before color conversion.
    pub fn shape(&self) -> Shape {
        match (&self.kind, self.levels.first()) {
            (Kind::Untiled { shape, .. }, _) => *shape,
            (Kind::Tiled, Some(level)) => level.shape(),
            (Kind::Tiled, None) => {
                Shape { dimensions: self.dimensions, model: Model::Rgb, alpha: Alpha::None, depth: Depth::U8 }
            }
        }
    }

    /// The full size as a replacement for a smaller level at `1 / reduce`, with the factor by which the decoder may reduce it.
    pub fn larger_level(&self, level: usize, reduce: u32) -> Option<(usize, u32)> {
        let smaller = self.levels.get(level).filter(|_| level > 0)?;
        let ratio = self.dimensions.width / smaller.dimensions.width.max(1);
        let max = ratio.saturating_mul(reduce).clamp(1, 8);
        Some((0, 1 << max.ilog2()))
    }

    /// The approximate size of this index in memory, in bytes.
    pub fn weight(&self) -> usize {
        let tiff = match &self.kind {
            Kind::Untiled { tiff, .. } => tiff.as_deref(),
            Kind::Tiled => None,
        };
        let tiles: usize = self
            .levels
            .iter()
            .chain(tiff)
            .map(|level| level.tiles.len() * 16 + level.checksums.len() * 4 + 512)
            .sum();
        tiles + self.icc.as_ref().map_or(0, |icc| icc.len()) + 512
    }
}
