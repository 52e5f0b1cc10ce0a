//! Finds and reads the EXIF, XMP and IPTC metadata of masters, and writes XMP and IPTC into responses.

mod credit;
mod describe;
mod description;
mod embedded;
pub mod exif;
mod find;
mod iptc;
mod orientation;
mod photoshop;
mod recording;
mod xmp;

pub use credit::{Credit, clipped};
pub use description::{Description, Localized};
pub use embedded::EmbeddedMetadata;
pub use find::{Packets, find};
pub use orientation::Orientation;
pub(crate) use recording::Recording;

#[cfg(test)]
pub(crate) use xmp::tests::credit as sample_credit;
