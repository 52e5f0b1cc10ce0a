//! Reads all rows of an image into memory.

use super::{Depth, Error, Raw, Rows, Samples};

/// Reads all rows of an image of at most `limit` pixels.
///
/// # Errors
/// If the file is damaged or too large.
pub fn read_rows(mut rows: Box<dyn Rows>, limit: u64) -> Result<Raw, Error> {
    let shape = rows.shape();
    let pixels = shape.dimensions.area();
    if pixels > limit {
        return Err(Error::TooLarge { pixels, limit });
    }
    let room = pixels as usize * shape.count();
    let (mut narrow, mut wide) = (Vec::new(), Vec::new());
    match shape.depth {
        Depth::U8 => narrow.reserve_exact(room),
        Depth::U16 => wide.reserve_exact(room),
    }
    while let Some(raw) = rows.next(256)? {
        match raw.samples {
            Samples::U8(samples) => narrow.extend_from_slice(&samples),
            Samples::U16(samples) => wide.extend_from_slice(&samples),
        }
    }
    let samples = match shape.depth {
        Depth::U8 => Samples::U8(narrow),
        Depth::U16 => Samples::U16(wide),
    };
    if samples.len() != room {
        return Err(Error::damaged("image", "it has fewer rows than its header states"));
    }
    Ok(Raw { dimensions: shape.dimensions, model: shape.model, alpha: shape.alpha, samples })
}
