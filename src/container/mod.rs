//! The structure of image files, without their pixels: TIFF directories, JPEG segments, PNG and WebP chunks, JP2
//! boxes, and the parts of a file that have been fetched so far.

mod format;
pub(crate) mod jp2;
pub(crate) mod jpeg;
mod partial;
pub(crate) mod png;
pub(crate) mod riff;
pub(crate) mod tiff;

pub use format::SourceFormat;
pub use partial::{PartialFile, Stop};

/// The most chunks that are read before the pixels; real files have far fewer.
pub(crate) const MAX_CHUNKS: usize = 256;
/// The largest profile or EXIF block that is read, in bytes.
pub(crate) const MAX_PROFILE: u64 = 4 << 20;

/// Why a file cannot be a master, as a message for its owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The file contradicts its format; the text says where.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The file is valid, but not supported; the text says what works.
    #[error("{0}")]
    Unsupported(String),
    /// The file has fewer pages.
    #[error("page {page} does not exist: the file has {pages}")]
    NoPage {
        /// The requested page, from 1.
        page: u32,
        /// The number of pages in the file.
        pages: u32,
    },
}

impl Refused {
    /// A refusal of a damaged file.
    pub fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }
}
