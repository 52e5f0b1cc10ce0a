//! Decodes, scales, rotates, color-converts and encodes samples. Pure functions.

mod callback;
pub mod color;
mod copy;
pub mod decode;
pub mod encode;
pub mod file_cursor;
pub mod jpeg;
mod picture;
mod planar;
mod planar_rgb;
mod raster;
mod raw;
mod read_rows;
pub mod rotate;
pub mod scale;
mod shrunk_rows;
pub mod tone;
mod transpose;

pub use file_cursor::FileCursor;
pub use picture::Picture;
pub use planar::{Planar, Plane, Position, Subsampling};
pub use planar_rgb::planar_to_raster;
pub use raster::{Channels, Raster};
pub use raw::{Alpha, Depth, Model, Raw, ReadAt, Rows, Samples, Shape};
pub use read_rows::read_rows;
pub use shrunk_rows::ShrunkRows;

/// Why samples could not be decoded or encoded.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The file is damaged.
    #[error("damaged {what}: {reason}")]
    Damaged {
        /// What is damaged, as in `JPEG`.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is valid but not supported; the text names what works.
    #[error("{0}")]
    Unsupported(String),
    /// The image is larger than the given limit, in pixels.
    #[error("{pixels} pixels exceed the limit of {limit}")]
    TooLarge {
        /// The number of pixels of the image.
        pixels: u64,
        /// The largest number of pixels that is allowed.
        limit: u64,
    },
}

impl Error {
    /// An error about a damaged file.
    pub fn damaged(what: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Damaged { what, reason: reason.to_string() }
    }
}
