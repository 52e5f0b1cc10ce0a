//! Pictures for the tests of this floor.

use crate::iiif::Dimensions;
use crate::pixels::{Channels, Raster};

/// A picture to draw on.
pub(super) struct Canvas(Raster);

impl Canvas {
    pub(super) fn plain(width: u32, height: u32, rgb: u32) -> Self {
        let mut canvas = Self(Raster::blank(Dimensions::new(width, height), Channels::Rgb));
        canvas.rectangle(0, 0, width, height, rgb);
        canvas
    }

    /// Random colors, the same for the same seed.
    pub(super) fn noise(width: u32, height: u32, seed: u64) -> Self {
        let mut canvas = Self::plain(width, height, 0);
        let mut state = seed;
        for sample in &mut canvas.0.samples {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *sample = (state >> 56) as u8;
        }
        canvas
    }

    pub(super) fn rectangle(&mut self, left: u32, top: u32, right: u32, bottom: u32, rgb: u32) {
        for y in top..bottom {
            for x in left..right {
                let at = 3 * (y * self.0.dimensions.width + x) as usize;
                self.0.samples[at..at + 3].copy_from_slice(&rgb.to_be_bytes()[1..]);
            }
        }
    }

    /// Adds noise of this amplitude to every sample.
    pub(super) fn roughen(&mut self, amplitude: i32, seed: u64) {
        let noise = Self::noise(self.0.dimensions.width, self.0.dimensions.height, seed);
        for (sample, noise) in self.0.samples.iter_mut().zip(noise.0.samples) {
            let offset = (i32::from(noise) - 128) * amplitude / 128;
            *sample = (i32::from(*sample) + offset).clamp(0, 255) as u8;
        }
    }

    pub(super) fn raster(&self) -> Raster {
        self.0.clone()
    }
}
