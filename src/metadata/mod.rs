//! Metadata embedded in image files: EXIF, XMP and IPTC, found in masters, read, and written into responses.

mod credit;
mod describe;
mod description;
mod embedded;
pub mod exif;
mod find;
mod iptc;
mod orientation;
mod photoshop;
mod xmp;

pub use credit::{Credit, clipped};
pub use description::{Description, Localized};
pub use embedded::EmbeddedMetadata;
pub use find::{Packets, find};
pub use orientation::Orientation;

#[cfg(test)]
pub(crate) use xmp::tests::credit as sample_credit;
