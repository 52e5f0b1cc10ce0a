//! Reads and writes IPTC data sets (Information Interchange Model 4.2).

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;
