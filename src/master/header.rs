//! The header of an untiled master, and the memory that its decoder needs.

use std::sync::Arc;

use super::{Orientation, Refused, Stop};
use crate::iiif::Dimensions;
use crate::pixels::Shape;

/// The most rows that a reader requests from a decoder at once.
const MAX_ROWS: u64 = 64;
/// Bytes of buffers and tables of any decoder, regardless of the image's size.
const MIN_DECODER_BYTES: u64 = 2 << 20;

/// The parsed header of a file.
pub(super) struct Header {
    pub shape: Shape,
    pub orientation: Orientation,
    pub icc: Option<Arc<[u8]>>,
    /// Bytes of memory that the decoder needs.
    pub memory: u64,
}

/// Bytes of memory of a decoder that keeps `kept` bytes in addition to the rows that it returns.
pub(super) fn decoder_memory(kept: u64, shape: Shape) -> u64 {
    let rows = shape.stride().saturating_mul(2 * MAX_ROWS.min(u64::from(shape.dimensions.height)));
    kept.saturating_add(rows).saturating_add(MIN_DECODER_BYTES)
}

/// Returns the dimensions, or refuses the file if its header is malformed or its dimensions are empty or too large.
pub(super) fn checked_dimensions(is_well_formed: bool, dimensions: Dimensions) -> Result<Dimensions, Stop> {
    let Dimensions { width, height } = dimensions;
    if is_well_formed && dimensions.area() > 0 && width < 1 << 24 && height < 1 << 24 {
        return Ok(dimensions);
    }
    Err(Refused::damaged("its header does not state a size").into())
}
