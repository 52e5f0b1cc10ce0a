//! Packed 8-bit samples.

use super::Position;
use super::copy::copy;
use crate::iiif::Dimensions;

/// The samples of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One sample: 0 is black.
    Gray = 1,
    /// Red, green and blue.
    Rgb = 3,
    /// Alpha is straight, not premultiplied.
    Rgba = 4,
}

impl Channels {
    /// Samples per pixel.
    pub const fn count(self) -> usize {
        self as usize
    }
}

/// Interleaved 8-bit samples, rows from the top without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    /// The size of the raster in pixels.
    pub dimensions: Dimensions,
    /// The samples of a pixel.
    pub channels: Channels,
    /// `width * height * channels` bytes.
    pub samples: Vec<u8>,
}

impl Raster {
    /// A raster whose samples are all 0.
    pub fn blank(dimensions: Dimensions, channels: Channels) -> Self {
        let samples = vec![0; dimensions.area() as usize * channels.count()];
        Self { dimensions, channels, samples }
    }

    /// Copies a raster of the same channels from its pixel `from` to `to`; what does not fit is dropped.
    pub fn copy_from(&mut self, raster: &Self, places: (Position, Position)) {
        let from = (raster.samples.as_slice(), raster.stride(), raster.dimensions);
        copy(from, (&mut self.samples, self.dimensions), self.channels.count(), places);
    }

    /// Bytes per row.
    pub const fn stride(&self) -> usize {
        self.dimensions.width as usize * self.channels.count()
    }
}
