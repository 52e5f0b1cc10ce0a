//! Files → rows of samples, within limits; JPEG has a floor of its own.

mod gif;
pub mod jp2;
mod png;
mod unfold;
mod webp;

pub use gif::gif_rows;
pub use png::png_rows;
pub use webp::{webp, webp_is_sound};

use std::sync::Arc;

use super::{Alpha, Channels, Error, Model, Raster, Raw, ReadAt, Rows, Samples, Shape, in_order};
use crate::iiif::Dimensions;

/// A profile beyond this is left where it is.
const PROFILE_BYTES: usize = 4 << 20;

/// Rows that are all there already.
pub struct InMemory {
    raw: Raw,
    done: u32,
}

impl InMemory {
    pub fn new(raw: Raw) -> Self {
        Self { raw, done: 0 }
    }
}

impl Rows for InMemory {
    fn shape(&self) -> Shape {
        self.raw.shape()
    }

    fn next(&mut self, most: u32) -> Result<Option<Raw>, Error> {
        let shape = self.raw.shape();
        let Some(dimensions) = shape.next_rows(self.done, most) else { return Ok(None) };
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

/// Reads a WebP of at most `limit` pixels as a whole.
pub fn webp_rows(file: Arc<dyn ReadAt>, limit: u64) -> Result<Box<dyn Rows>, Error> {
    let bytes =
        in_order::whole(&*file, limit.saturating_mul(4)).map_err(|error| Error::damaged("WebP", error))?;
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
    use crate::pixels::{Raw, gathered};
    use crate::proof::{fixture, shared};

    /// A difficult file of our own, or of other programs' test suites where they are at hand.
    pub fn file(name: &str) -> Option<Vec<u8>> {
        let own = fixture("images").join(name);
        let found = if own.exists() {
            Some(own)
        } else {
            shared("files of other programs' test suites", &format!("torture/{name}"))
        };
        found.map(|path| fs::read(path).unwrap())
    }

    /// What a file of our own has to look like.
    pub fn expected(name: &str) -> Raw {
        let png = fs::read(fixture("expected").join(format!("{name}.png"))).unwrap();
        gathered(png_rows(Arc::new(bytes::Bytes::from(png)), 1 << 24).unwrap(), 1 << 24).unwrap()
    }
}
