//! Decodes files to rows of samples, within limits; JPEG is in `pixels::jpeg`.

mod gif;
pub mod jp2;
mod png;
mod unfold;
mod webp;

pub use gif::gif_rows;
pub use png::png_rows;
pub use webp::{webp, webp_is_sound};

use std::sync::Arc;

use super::{Alpha, Channels, Error, Model, Raster, Raw, ReadAt, Rows, Samples, Shape, file_cursor};
use crate::iiif::Dimensions;

/// The largest profile that is read, in bytes.
const PROFILE_BYTES: usize = 4 << 20;

/// Rows of an image that has been decoded completely.
pub struct InMemory {
    raw: Raw,
    done: u32,
}

impl InMemory {
    /// Rows that are all in memory.
    pub fn new(raw: Raw) -> Self {
        Self { raw, done: 0 }
    }
}

impl Rows for InMemory {
    fn shape(&self) -> Shape {
        self.raw.shape()
    }

    fn next(&mut self, max: u32) -> Result<Option<Raw>, Error> {
        let shape = self.raw.shape();
        let Some(dimensions) = shape.next_rows(self.done, max) else { return Ok(None) };
        let row = dimensions.width as usize * shape.count();
        let range = self.done as usize * row..(self.done + dimensions.height) as usize * row;
        let samples = match &self.raw.samples {
            Samples::U8(samples) => Samples::U8(samples[range].to_vec()),
            Samples::U16(samples) => Samples::U16(samples[range].to_vec()),
        };
        self.done += dimensions.height;
        Ok(Some(Raw { dimensions, model: shape.model, alpha: shape.alpha, samples }))
    }
}

/// Decodes a complete WebP of at most `limit` pixels.
///
/// # Errors
/// If the file is damaged or too large.
pub fn webp_rows(file: Arc<dyn ReadAt>, limit: u64) -> Result<Box<dyn Rows>, Error> {
    let bytes = file_cursor::read_all(&*file, limit.saturating_mul(4))
        .map_err(|error| Error::damaged("WebP", error))?;
    let raster = webp(&bytes, limit)?;
    let alpha = if raster.channels == Channels::Rgba { Alpha::Straight } else { Alpha::None };
    let model = if raster.channels == Channels::Gray { Model::Gray } else { Model::Rgb };
    let samples = Samples::U8(raster.samples);
    Ok(Box::new(InMemory::new(Raw { dimensions: raster.dimensions, model, alpha, samples })))
}

#[cfg(test)]
pub(in crate::pixels) mod difficult {
    use std::fs;
    use std::sync::Arc;

    use super::png_rows;
    use crate::pixels::{Raw, read_rows};
    use crate::proof::{fixture, shared};

    /// A difficult file of our own, or of other programs' test suites where they are at hand.
    pub(crate) fn file(name: &str) -> Option<Vec<u8>> {
        let own = fixture("images").join(name);
        let found = if own.exists() {
            Some(own)
        } else {
            shared("files of other programs' test suites", &format!("torture/{name}"))
        };
        found.map(|path| fs::read(path).unwrap())
    }

    /// The expected image of one of our own files.
    pub(crate) fn expected(name: &str) -> Raw {
        let png = fs::read(fixture("expected").join(format!("{name}.png"))).unwrap();
        read_rows(png_rows(Arc::new(bytes::Bytes::from(png)), 1 << 24).unwrap(), 1 << 24).unwrap()
    }
}
