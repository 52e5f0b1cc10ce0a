//! The samples of one image of a TIFF: by tile, or row by row.

mod coded;
mod fax;
mod read;
mod rows;
mod stream;
#[cfg(test)]
mod tests;
mod tile;
mod unpack;
mod ycbcr;

pub use rows::TiffRows;
pub use tile::decode_tile;

const WHAT: &str = "TIFF";
