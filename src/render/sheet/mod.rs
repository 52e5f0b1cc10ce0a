//! The samples of one image of a TIFF: by tile, or row by row.

mod read;
mod rows;
mod stream;
mod tile;
mod unpack;

pub use rows::SheetRows;
pub use tile::decode_tile;

const WHAT: &str = "TIFF";

/// Bytes that `rows` rows of `width` pixels take when they are unpacked, each row filled up to a byte.
fn unpacked(width: u32, rows: u32, samples: usize, bits: u8) -> u64 {
    (u64::from(width) * samples as u64 * u64::from(bits)).div_ceil(8) * u64::from(rows)
}
