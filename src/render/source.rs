//! A master's rows from the top, whatever its format.

use std::sync::Arc;

use super::odd_tiff;
use super::sheet::SheetRows;
use crate::iiif::{Dimensions, Rect};
use crate::master::{Codec, Kind, Level, Master, Photometric, Whole};
use crate::pixels::decode::{self, InMemory, jp2};
use crate::pixels::{Error, InOrder, Raw, ReadAt, Rows, Shape, jpeg};

/// Opens the full size of `master`. What its format forbids to be read row by row is decoded whole, if it has
/// at most `whole` pixels.
pub fn rows(master: &Master, file: Arc<dyn ReadAt>, page: u32, whole: u64) -> Result<Box<dyn Rows>, Error> {
    match &master.kind {
        Kind::Tiled => {
            let level = master.levels.first().ok_or_else(|| Error::damaged("TIFF", "it has no pixels"))?;
            Ok(Box::new(SheetRows::new(Arc::new(level.clone()), file)?))
        }
        Kind::Whole { codec: Whole::Tiff, sheet, .. } => match sheet {
            Some(level) if !is_odd(level) => Ok(Box::new(SheetRows::new(level.clone(), file)?)),
            _ => {
                let raw = odd_tiff::decode(InOrder::new(file), page, whole)?;
                Ok(Box::new(InMemory::new(raw)))
            }
        },
        Kind::Whole { codec: Whole::Jpeg, .. } => Ok(Box::new(jpeg::rows(file, 1, whole)?)),
        Kind::Whole { codec: Whole::Png, .. } => decode::png_rows(file, whole),
        Kind::Whole { codec: Whole::Webp, .. } => decode::webp_rows(file, whole),
        Kind::Whole { codec: Whole::Gif, .. } => decode::gif_rows(file, whole),
        Kind::Whole { codec: Whole::Jp2, .. } => Ok(Box::new(Jp2Rows::new(file)?)),
    }
}

/// Left to a library that decodes a page as a whole.
fn is_odd(level: &Level) -> bool {
    let subsampled = level.photometric == Photometric::YCbCr && level.codec != Codec::Jpeg;
    matches!(level.codec, Codec::Foreign(_)) || subsampled
}

/// A JPEG 2000 in bands as high as its tiles.
struct Jp2Rows {
    file: Arc<dyn ReadAt>,
    codestream: jp2::Codestream,
    header: jp2::Header,
    row: u32,
}

/// Pixels that are decoded at one time.
const BAND: u64 = 32 << 20;

impl Jp2Rows {
    fn new(file: Arc<dyn ReadAt>) -> Result<Self, Error> {
        let codestream = jp2::Codestream::open(&*file)?;
        let header = codestream.header();
        Ok(Self { file, codestream, header, row: 0 })
    }
}

impl Rows for Jp2Rows {
    fn shape(&self) -> Shape {
        let jp2::Header { dimensions, model, alpha, depth, .. } = self.header;
        Shape { dimensions, model, alpha, depth }
    }

    fn next(&mut self, _most: u32) -> Result<Option<Raw>, Error> {
        let Dimensions { width, height } = self.header.dimensions;
        if self.row >= height {
            return Ok(None);
        }
        let affordable = (BAND / u64::from(width)).clamp(1, u64::from(u32::MAX)) as u32;
        let tile = self.header.tile.height.max(1);
        let rows = if tile <= affordable { tile } else { affordable }.min(height - self.row);
        let region = Rect { x: 0, y: self.row, width, height: rows };
        let raw = self.codestream.decode(&*self.file, region, 0, u64::MAX)?;
        self.row += rows;
        Ok(Some(raw))
    }
}
