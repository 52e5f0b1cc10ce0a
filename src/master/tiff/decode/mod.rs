//! Decodes the samples of a TIFF image: single tiles, or rows from the top.

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

pub(crate) use rows::TiffRows;
pub(crate) use tile::decode_tile;

const WHAT: &str = "TIFF";
