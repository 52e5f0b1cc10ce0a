//! JPEG both ways through libjpeg-turbo, and what can be done to a JPEG without decoding it.

mod crop;
mod decode;
mod encode;
mod header;
mod rows;
mod segments;
mod splice;
mod tables;
#[cfg(test)]
mod tests;

pub use crop::crop;
pub use decode::{decode, decode_four, decode_into, planes, scans};
pub use encode::{check, encode, encode_lying, encode_planar};
pub use header::{Header, exif_block, exif_orientation, header};
pub use rows::{Inks, JpegRows, raw, rows};
pub use segments::{Segment, segments};
pub use splice::{
    Color, END, Scan, contradicts, frame, head, insert_notes, is_ended, scan, scan_start, settle, silence,
};
