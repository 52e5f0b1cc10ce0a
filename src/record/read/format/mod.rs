//! Formats that are read without a mapping, one file or folder each.

pub(in crate::record::read) mod detect;
pub(in crate::record::read) mod iiif;
pub(in crate::record::read) mod lines;
mod names;
pub(in crate::record::read) mod smk;
pub(in crate::record::read) mod tate;

pub use names::RecordFormat;
pub use smk::{FIELDS as SMK_FIELDS, SmkField};
