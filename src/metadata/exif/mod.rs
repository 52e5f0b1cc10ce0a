//! Reads EXIF blocks, which are TIFF structures (CIPA DC-008).

mod orientation;
mod read;

pub use orientation::{orientation, orientation_or_upright};
pub use read::read;

#[cfg(test)]
pub(crate) use orientation::tests;

/// Removes the `Exif` prefix that JPEG, and some writers of other formats, put before the TIFF structure.
pub fn without_prefix(block: &[u8]) -> &[u8] {
    block.strip_prefix(b"Exif\0\0").unwrap_or(block)
}
