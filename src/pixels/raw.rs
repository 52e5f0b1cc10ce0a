//! Samples as stored in a master, before color conversion.

use super::Error;
use crate::iiif::Dimensions;

/// The color model of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// 0 is black.
    Gray,
    /// Red, green and blue.
    Rgb,
    /// 0 is no ink.
    Cmyk,
    /// CIE L*a*b* (D50) as ICC.1:2010 (§6.3.4.2) encodes it: L* from 0 to 100 over the full range, a* and b* with an
    /// offset of 128 of 255.
    Lab,
}

/// Whether alpha follows a pixel's colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alpha {
    /// All pixels are opaque.
    None,
    /// Colors are independent of alpha.
    Straight,
    /// Colors are multiplied by alpha.
    Associated,
}

/// The width of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// 8 bits.
    U8,
    /// 16 bits.
    U16,
}

/// The size and the sample format of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// The size of the image in pixels.
    pub dimensions: Dimensions,
    /// What the color samples mean.
    pub model: Model,
    /// What the alpha samples mean, if there are any.
    pub alpha: Alpha,
    /// Bits per sample.
    pub depth: Depth,
}

/// Samples of full range: 0 to 255, or 0 to 65535.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Samples {
    /// From 0 to 255.
    U8(Vec<u8>),
    /// From 0 to 65535, in native byte order.
    U16(Vec<u16>),
}

/// Interleaved samples, rows from the top without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// The size of the image in pixels.
    pub dimensions: Dimensions,
    /// What the color samples mean.
    pub model: Model,
    /// What the alpha samples mean, if there are any.
    pub alpha: Alpha,
    /// `width * height * (model.count() + 1 with alpha)` samples.
    pub samples: Samples,
}

/// An image that is decoded row by row from the top, in memory that does not grow with its height.
pub trait Rows: Send {
    /// The size and the samples of the whole image.
    fn shape(&self) -> Shape;

    /// The next rows, from one to `max`; `None` after the last.
    ///
    /// # Errors
    /// If the file is damaged.
    fn next(&mut self, max: u32) -> Result<Option<Raw>, Error>;

    /// Takes memory that the caller does not need any more, for later rows.
    fn recycle(&mut self, _samples: Vec<u8>) {}
}

/// A file that is read at offsets.
pub trait ReadAt: Send + Sync {
    /// The file's length.
    fn size(&self) -> u64;

    /// Fills `into` with the bytes at `offset`.
    ///
    /// # Errors
    /// If the file cannot be read, or ends too early.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()>;
}

impl Model {
    /// Color samples per pixel.
    pub const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb | Self::Lab => 3,
            Self::Cmyk => 4,
        }
    }
}

impl Shape {
    /// Samples per pixel.
    pub const fn count(&self) -> usize {
        self.model.count() + matches!(self.alpha, Alpha::Straight | Alpha::Associated) as usize
    }

    /// Bytes per row.
    pub const fn stride(&self) -> u64 {
        let width = match self.depth {
            Depth::U8 => 1,
            Depth::U16 => 2,
        };
        self.dimensions.width as u64 * self.count() as u64 * width
    }

    /// The dimensions of at most `max` rows after the first `done`; `None` after the last.
    pub fn next_rows(&self, done: u32, max: u32) -> Option<Dimensions> {
        let rows = max.max(1).min(self.dimensions.height - done);
        (rows > 0).then(|| Dimensions::new(self.dimensions.width, rows))
    }
}

impl Samples {
    /// The number of samples.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(samples) => samples.len(),
            Self::U16(samples) => samples.len(),
        }
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bits per sample.
    pub const fn depth(&self) -> Depth {
        match self {
            Self::U8(_) => Depth::U8,
            Self::U16(_) => Depth::U16,
        }
    }
}

impl Raw {
    /// The size and the meaning of the samples.
    pub const fn shape(&self) -> Shape {
        let Self { dimensions, model, alpha, samples } = self;
        Shape { dimensions: *dimensions, model: *model, alpha: *alpha, depth: samples.depth() }
    }
}

impl ReadAt for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        let found = usize::try_from(offset).ok().and_then(|from| self.get(from..)?.get(..into.len()));
        into.copy_from_slice(found.ok_or(std::io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
