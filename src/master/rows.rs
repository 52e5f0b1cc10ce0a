//! Reads a master row by row, in any format.

use std::sync::Arc;

use super::tiff::TiffRows;
use super::{Kind, Master, SourceFormat};
use crate::iiif::{Dimensions, Rect};
use crate::pixels::decode::{self, jp2};
use crate::pixels::{Error, Raw, ReadAt, Rows, Shape, jpeg};

/// Bytes of memory that reading the full size row by row needs, according to the header.
pub fn rows_memory(master: &Master) -> u64 {
    match &master.kind {
        Kind::Tiled => master.levels.first().map_or(0, TiffRows::memory),
        Kind::Untiled { format: SourceFormat::Tiff, tiff: Some(level), .. } => TiffRows::memory(level),
        Kind::Untiled { memory, .. } => *memory,
    }
}

/// Opens the full size of `master` for reading by rows.
///
/// # Errors
///
/// If reading needs more than `memory` bytes, or the file is damaged.
pub fn rows(master: &Master, file: Arc<dyn ReadAt>, memory: u64) -> Result<Box<dyn Rows>, Error> {
    let area = master.dimensions.area();
    let unsupported = |needed: u64| {
        let (needed, memory) = (needed >> 20, memory >> 20);
        let reason = format!(
            "reading it needs {needed} MiB of memory, and {memory} MiB are allowed; smaller tiles or strips need less, \
             as with `vips tiffsave IN OUT.tif --tile --compression deflate`"
        );
        Err(Error::Unsupported(reason))
    };
    if rows_memory(master) > memory {
        return unsupported(rows_memory(master));
    }
    match &master.kind {
        Kind::Tiled => {
            let level = master.levels.first().ok_or_else(|| Error::damaged("TIFF", "it has no pixels"))?;
            Ok(Box::new(TiffRows::new(Arc::new(level.clone()), file)?))
        }
        Kind::Untiled { format: SourceFormat::Tiff, tiff: Some(level), .. } => {
            Ok(Box::new(TiffRows::new(level.clone(), file)?))
        }
        Kind::Untiled { format: SourceFormat::Tiff, tiff: None, .. } => {
            Err(Error::damaged("TIFF", "it has no pixels"))
        }
        Kind::Untiled { format: SourceFormat::Jpeg, .. } => Ok(Box::new(jpeg::rows(file, 1, memory)?)),
        Kind::Untiled { format: SourceFormat::Png, .. } => decode::png_rows(file, area),
        Kind::Untiled { format: SourceFormat::Webp, .. } => decode::webp_rows(file, area),
        Kind::Untiled { format: SourceFormat::Gif, .. } => decode::gif_rows(file, area),
        Kind::Untiled { format: SourceFormat::Jp2, .. } => Ok(Box::new(Jp2Rows::new(file, memory)?)),
    }
}

/// Reads JPEG 2000 in bands as high as its tiles, or as high as memory allows.
struct Jp2Rows {
    file: Arc<dyn ReadAt>,
    codestream: jp2::Codestream,
    header: jp2::Header,
    memory: u64,
    row: u32,
}

/// The most pixels of a band.
const MAX_BAND: u64 = 32 << 20;

impl Jp2Rows {
    fn new(file: Arc<dyn ReadAt>, memory: u64) -> Result<Self, Error> {
        let codestream = jp2::Codestream::open(&*file)?;
        let header = codestream.header();
        Ok(Self { file, codestream, header, memory, row: 0 })
    }

    /// The number of next rows that memory allows, and the memory that they need.
    fn affordable(&self) -> Result<(u32, u64), Error> {
        let Dimensions { width, height } = self.header.dimensions;
        let cost = |rows: u32| {
            let region = Rect { x: 0, y: self.row, width, height: rows };
            self.codestream.cost(&*self.file, region, 0).map(|cost| cost.bytes(1))
        };
        let band = (MAX_BAND / u64::from(width)).clamp(1, u64::from(u32::MAX)) as u32;
        let tile = self.header.tile.height.max(1);
        let mut rows = if tile <= band { tile } else { band }.min(height - self.row);
        loop {
            let needed = cost(rows)?;
            if needed <= self.memory || rows == 1 {
                return Ok((rows, needed));
            }
            rows /= 2;
        }
    }
}

impl Rows for Jp2Rows {
    fn shape(&self) -> Shape {
        let jp2::Header { dimensions, model, alpha, depth, .. } = self.header;
        Shape { dimensions, model, alpha, depth }
    }

    fn next(&mut self, _max: u32) -> Result<Option<Raw>, Error> {
        let Dimensions { width, height } = self.header.dimensions;
        if self.row >= height {
            return Ok(None);
        }
        let (rows, needed) = self.affordable()?;
        if needed > self.memory {
            let (needed, memory) = (needed >> 20, self.memory >> 20);
            return Err(Error::Unsupported(format!(
                "reading it needs {needed} MiB of memory, and {memory} MiB are allowed; tiles of at most 4096x4096 need \
                 less"
            )));
        }
        let region = Rect { x: 0, y: self.row, width, height: rows };
        let raw = self.codestream.decode(&*self.file, region, 0, u64::MAX, 1)?;
        self.row += rows;
        Ok(Some(raw))
    }
}
