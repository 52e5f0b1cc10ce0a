//! A decoded image, in planes or packed.

use std::borrow::Cow;

use super::{Planar, Plane, Raster, planar_to_raster, scale};
use crate::iiif::Dimensions;

/// A decoded image: in planes if it was a YCbCr or gray JPEG, else packed.
#[derive(Clone, Debug)]
pub enum Picture {
    /// Planes of YCbCr or gray, as in a JPEG.
    Planar(Planar),
    /// Interleaved samples.
    Packed(Raster),
}

impl Picture {
    /// The size of the image in pixels.
    pub fn dimensions(&self) -> Dimensions {
        match self {
            Self::Planar(planar) => planar.dimensions,
            Self::Packed(raster) => raster.dimensions,
        }
    }

    /// The bytes of the samples.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Planar(planar) => planar.bytes(),
            Self::Packed(raster) => raster.samples.len() as u64,
        }
    }

    /// Converts planes to interleaved samples.
    pub fn into_packed(self) -> Raster {
        match self {
            Self::Planar(planar) => planar_to_raster(&planar),
            Self::Packed(raster) => raster,
        }
    }

    /// The interleaved samples; planes are converted.
    pub fn packed(&self) -> Cow<'_, Raster> {
        match self {
            Self::Planar(planar) => Cow::Owned(planar_to_raster(planar)),
            Self::Packed(raster) => Cow::Borrowed(raster),
        }
    }

    /// Makes the memory available to the next image of this thread.
    pub fn recycle(self) {
        if let Self::Planar(planar) = self {
            planar.recycle();
        }
    }

    /// The image at half its size; each pixel is the mean of four.
    pub fn halved(&self) -> Self {
        match self {
            Self::Packed(raster) => {
                let channels = raster.channels;
                let (samples, dimensions) =
                    scale::shrink(&raster.samples, raster.dimensions, channels.count(), 2);
                Self::Packed(Raster { dimensions, channels, samples })
            }
            Self::Planar(planar) => {
                let halve = |plane: &Plane| {
                    let (samples, dimensions) = scale::shrink(&plane.samples, plane.dimensions, 1, 2);
                    Plane { dimensions, samples }
                };
                Self::Planar(Planar {
                    dimensions: planar.dimensions.reduced(2),
                    subsampling: planar.subsampling,
                    planes: planar.planes.iter().map(halve).collect(),
                })
            }
        }
    }
}
