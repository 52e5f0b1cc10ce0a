//! YCbCr samples as JPEG stores them: one plane per component, chroma often at half size.

use std::cell::RefCell;

use super::copy::copy;
use crate::iiif::Dimensions;

/// A pixel's column and row, from the top left.
pub type Position = (u32, u32);

/// One component's samples, rows from the top without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plane {
    /// The size of the plane in pixels.
    pub dimensions: Dimensions,
    /// One byte per sample, rows from the top without padding.
    pub samples: Vec<u8>,
}

/// Chroma subsampling: luma pixels per chroma sample, horizontally and vertically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subsampling {
    /// No chroma planes.
    Gray,
    /// Full resolution of chroma.
    S444,
    /// Half the columns.
    S422,
    /// Half the rows.
    S440,
    /// Half the columns and half the rows.
    S420,
}

impl Subsampling {
    /// Luma columns per chroma column.
    pub const fn across(self) -> u32 {
        if matches!(self, Self::S422 | Self::S420) { 2 } else { 1 }
    }

    /// Luma rows per chroma row.
    pub const fn down(self) -> u32 {
        if matches!(self, Self::S440 | Self::S420) { 2 } else { 1 }
    }

    /// 1 for gray, otherwise 3.
    pub const fn planes(self) -> usize {
        if matches!(self, Self::Gray) { 1 } else { 3 }
    }

    /// The size of plane `n` of an image of `dimensions`; 0 is luma.
    pub const fn plane(self, n: usize, dimensions: Dimensions) -> Dimensions {
        if n == 0 {
            return dimensions;
        }
        Dimensions::new(dimensions.width.div_ceil(self.across()), dimensions.height.div_ceil(self.down()))
    }

    /// The size of plane `n` in libjpeg-turbo's layout, in which luma is padded to whole chroma samples.
    pub const fn padded_plane(self, n: usize, dimensions: Dimensions) -> Dimensions {
        let color = Dimensions::new(
            dimensions.width.div_ceil(self.across()),
            dimensions.height.div_ceil(self.down()),
        );
        if n == 0 { Dimensions::new(color.width * self.across(), color.height * self.down()) } else { color }
    }

    /// The samples of plane `n` that belong to these two pixels, whose columns and rows must be multiples of the
    /// subsampling.
    pub(super) const fn places(self, n: usize, (from, to): (Position, Position)) -> (Position, Position) {
        if n == 0 {
            return (from, to);
        }
        let (across, down) = (self.across(), self.down());
        ((from.0 / across, from.1 / down), (to.0 / across, to.1 / down))
    }

    /// Bytes of an image of `dimensions`.
    pub fn bytes(self, dimensions: Dimensions) -> u64 {
        (0..self.planes()).map(|n| self.plane(n, dimensions).area()).sum()
    }
}

/// An image in planes: luma, and two of chroma unless it is gray.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planar {
    /// The size of the image in pixels; chroma planes may be smaller.
    pub dimensions: Dimensions,
    /// How chroma planes are reduced.
    pub subsampling: Subsampling,
    /// Y alone, or Y, Cb and Cr.
    pub planes: Vec<Plane>,
}

impl Plane {
    /// A plane whose samples are all `value`.
    pub fn blank(dimensions: Dimensions, value: u8) -> Self {
        Self { dimensions, samples: vec![value; dimensions.area() as usize] }
    }

    /// Copies samples, in rows of `stride` of which an image of `size` is used, from its pixel `from` to `to`; what does not
    /// fit is dropped.
    pub(super) fn copy_from(
        &mut self,
        (samples, stride): (&[u8], u32),
        size: Dimensions,
        places: (Position, Position),
    ) {
        copy((samples, stride as usize, size), (&mut self.samples, self.dimensions), 1, places);
    }
}

impl Plane {
    /// The plane with its last column and row repeated up to `dimensions`.
    pub fn padded(&self, dimensions: Dimensions) -> Self {
        let width = self.dimensions.width as usize;
        let missing = (dimensions.width - self.dimensions.width) as usize;
        let mut samples = Vec::with_capacity(dimensions.area() as usize);
        for row in self.samples.chunks_exact(width) {
            samples.extend_from_slice(row);
            samples.extend(std::iter::repeat_n(row[width - 1], missing));
        }
        for _ in self.dimensions.height..dimensions.height {
            samples.extend_from_within(samples.len() - dimensions.width as usize..);
        }
        Self { dimensions, samples }
    }
}

thread_local! {
    /// Planes of earlier images for reuse: fresh memory costs more than copying the pixels into it.
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// The largest plane that is kept, in bytes; each thread keeps up to three.
const MAX_KEPT: usize = 8 << 20;

impl Planar {
    /// An image that will be overwritten: its contents are unspecified until then.
    pub fn with_unspecified_samples(dimensions: Dimensions, subsampling: Subsampling) -> Self {
        let plane = |n| {
            let dimensions = subsampling.plane(n, dimensions);
            let mut samples = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
            samples.resize(dimensions.area() as usize, 0);
            Plane { dimensions, samples }
        };
        Self { dimensions, subsampling, planes: (0..subsampling.planes()).map(plane).collect() }
    }

    /// Copies an image of the same subsampling from its pixel `from` to `to`; what does not fit is dropped.
    pub fn copy_from(&mut self, image: &Self, places: (Position, Position)) {
        for (n, (plane, copied)) in self.planes.iter_mut().zip(&image.planes).enumerate() {
            let samples = (copied.samples.as_slice(), copied.dimensions.width);
            plane.copy_from(samples, copied.dimensions, self.subsampling.places(n, places));
        }
    }

    /// Makes the planes available to the next image of this thread.
    pub fn recycle(self) {
        SPARE.with_borrow_mut(|spare| {
            // The largest comes last, because the next image takes its luma plane from there.
            for plane in self.planes.into_iter().rev() {
                if spare.len() < 3 && plane.samples.capacity() <= MAX_KEPT {
                    spare.push(plane.samples);
                }
            }
        });
    }

    /// A black image.
    pub fn blank(dimensions: Dimensions, subsampling: Subsampling) -> Self {
        let plane = |n| Plane::blank(subsampling.plane(n, dimensions), if n == 0 { 0 } else { 128 });
        Self { dimensions, subsampling, planes: (0..subsampling.planes()).map(plane).collect() }
    }

    /// The bytes of all samples.
    pub fn bytes(&self) -> u64 {
        self.planes.iter().map(|plane| plane.samples.len() as u64).sum()
    }

    /// The same image without chroma.
    pub fn into_gray(mut self) -> Self {
        self.planes.truncate(1);
        Self { subsampling: Subsampling::Gray, ..self }
    }
}
