//! IPTC data sets, read and written (Information Interchange Model 4.2).

mod read;
mod write;

pub use read::read;
pub use write::write;
