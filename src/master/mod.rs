//! One opened master: its levels and tiles, whatever its format; pure over bytes at offsets.

mod bytes;
mod gif;
mod header;
mod ifd;
mod level;
mod orientation;
mod png;
pub mod stored;
mod tiff;
mod webp;
mod whole;
mod words;
pub mod write;

use std::sync::Arc;

pub use bytes::{Held, Stop};
pub use level::{Codec, Fax, Format, Grid, Level, Photometric, Predictor, TileIndex, YCbCr};
pub use orientation::Orientation;
pub use whole::Whole;
pub use words::{Words, words};

use crate::iiif::Dimensions;
use crate::pixels::{Alpha, Depth, Model, Shape};

/// Why a file cannot be a master, in words for those who keep it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the file is damaged: {0}")]
    Damaged(String),
    #[error("{0}")]
    Unsupported(String),
    #[error("page {page} does not exist: the file has {pages}")]
    NoPage { page: u32, pages: u32 },
}

impl Refused {
    pub fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }
}

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
    Whole {
        codec: Whole,
        /// The file's length.
        bytes: u64,
        /// Why it cannot be cut.
        reason: String,
        /// As the header says.
        shape: Shape,
        /// Bytes of memory that its decoder takes to read the full size row by row, as the header tells; of a TIFF,
        /// `sheet` tells.
        memory: u64,
        /// How a TIFF's page lies in it.
        sheet: Option<Arc<Level>>,
    },
}

/// How much of a file's start is read first: most headers, and the whole index of most
/// cloud-optimized TIFFs, lie within.
pub const FIRST_READ: u64 = 64 << 10;

/// Finds the master that page `page` of the file is, as far as `held` tells.
///
/// [`Stop::Missing`] names the bytes to add before asking again.
pub fn index(held: &Held, page: u32) -> Result<Master, Stop> {
    match Whole::recognize(held.start()) {
        Some(Whole::Tiff) => tiff::index(held, page),
        Some(codec) if page == 1 => whole::index(held, codec),
        Some(_) => Err(Refused::NoPage { page, pages: 1 }.into()),
        None => Err(Refused::Unsupported(whole::unknown(held.start())).into()),
    }
}

impl Master {
    /// Upright: the sides exchanged where the orientation asks for a quarter turn.
    pub fn upright(&self) -> Dimensions {
        if self.orientation.swaps() { self.dimensions.turned() } else { self.dimensions }
    }

    /// What its samples are before they are converted.
    pub fn shape(&self) -> Shape {
        match (&self.kind, self.levels.first()) {
            (Kind::Whole { shape, .. }, _) => *shape,
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
        let sheet = match &self.kind {
            Kind::Whole { sheet, .. } => sheet.as_deref(),
            Kind::Tiled => None,
        };
        let tiles: usize = self.levels.iter().chain(sheet).map(|level| level.tiles.len() * 16 + 512).sum();
        tiles + self.icc.as_ref().map_or(0, |icc| icc.len()) + 512
    }
}
