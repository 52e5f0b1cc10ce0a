//! Reads and writes the directories of TIFF and BigTIFF (TIFF 6.0, §2).

mod read;
pub(crate) mod tags;
mod write;

pub(crate) use read::{Directory, Layout};
pub(crate) use write::{Field, Offsets, directory, directory_length, file, header, values_offset};
