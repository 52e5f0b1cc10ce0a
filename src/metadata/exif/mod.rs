//! EXIF blocks: a TIFF structure of their own (CIPA DC-008).

mod orientation;
mod read;

pub use orientation::{orientation, orientation_or_upright};
pub use read::read;

#[cfg(test)]
pub(crate) use orientation::tests;

/// The TIFF structure without the name that JPEG, and some writers of other formats, put before it.
pub fn unnamed(block: &[u8]) -> &[u8] {
    block.strip_prefix(b"Exif\0\0").unwrap_or(block)
}
