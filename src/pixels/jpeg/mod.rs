//! Decodes and encodes JPEG with libjpeg-turbo, and edits JPEGs without decoding them.

mod crop;
mod decode;
mod encode;
mod header;
mod rows;
mod splice;
mod structure;
mod tables;
#[cfg(test)]
mod tests;
mod window;

pub use crop::crop;
pub use decode::{decode, decode_four, decode_into, planes, scans};
pub use encode::{check, encode, encode_planar, encode_rows, encode_strided};
pub use header::{Header, header};
pub use rows::{Inks, JpegRows, raw, rows};
pub use splice::{
    Color, END_OF_IMAGE, Scan, contradicts_head, frame, has_end_marker, head, hide_app_segments,
    insert_metadata, reconcile, scan, scan_start, stated_size,
};
pub use structure::is_well_formed;
