//! TIFF and BigTIFF: tags, and the directories that hold them, read and written (TIFF 6.0, §2).

mod read;
pub mod tags;
mod write;

pub use read::{Directory, Layout};
pub use write::{Field, Offsets, directory, directory_length, file, header};
