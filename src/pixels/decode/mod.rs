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

use super::{Alpha, Channels, Depth, Error, Model, Raster, Raw, ReadAt, Rows, Samples, Shape, in_order};
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
        let Dimensions { width, height } = self.raw.dimensions;
        let rows = most.max(1).min(height - self.done);
        if rows == 0 {
            return Ok(None);
        }
        let row = width as usize * self.raw.shape().count();
        let range = self.done as usize * row..(self.done + rows) as usize * row;
        let samples = match &self.raw.samples {
            Samples::U8(samples) => Samples::U8(samples[range].to_vec()),
            Samples::U16(samples) => Samples::U16(samples[range].to_vec()),
        };
        self.done += rows;
        let Raw { model, alpha, .. } = self.raw;
        Ok(Some(Raw { dimensions: Dimensions::new(width, rows), model, alpha, samples }))
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

/// All rows, if they have at most `limit` pixels.
pub fn gathered(mut rows: Box<dyn Rows>, limit: u64) -> Result<Raw, Error> {
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
        return Err(Error::damaged("image", "it has fewer rows than it says"));
    }
    Ok(Raw { dimensions: shape.dimensions, model: shape.model, alpha: shape.alpha, samples })
}

#[cfg(test)]
pub(in crate::pixels) mod difficult {
    use std::fs;
    use std::sync::Arc;

    use super::{Raw, gathered, png_rows};
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
