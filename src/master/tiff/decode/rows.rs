//! Reads a TIFF image row by row, with the memory of one row of tiles.

use std::io::Read;
use std::sync::Arc;

use super::unpack::unpack;
use super::{WHAT, coded, read, stream, ycbcr};
use crate::iiif::Dimensions;
use crate::master::{Codec, Level, TileIndex, YCbCr};
use crate::pixels::{Depth, Error, Raw, ReadAt, Rows, Samples, Shape};

/// The size in decompressed bytes above which strips are decompressed while they are read.
const MAX_BUFFERED: u64 = 16 << 20;
/// The largest stored tile or strip that is read, in bytes.
const MAX_STORED: u64 = 1 << 30;

/// Reads the rows of one image from the top.
pub(crate) struct TiffRows {
    level: Arc<Level>,
    file: Arc<dyn ReadAt>,
    /// The next row.
    row: u32,
    source: Source,
    /// Memory for rows of strips.
    spare: Vec<Vec<u8>>,
}

enum Source {
    /// A row of tiles or a strip, and the index of its next row.
    Block { rows: Option<Raw>, next: u32 },
    /// Strips that are decompressed while they are read, one for each plane.
    Streams(Vec<Box<dyn Read + Send>>),
}

impl TiffRows {
    /// Opens an image for reading.
    ///
    /// # Errors
    ///
    /// If the file is too short for the pixels that it claims.
    pub(crate) fn new(level: Arc<Level>, file: Arc<dyn ReadAt>) -> Result<Self, Error> {
        let ratio = match level.codec {
            Codec::None => 1,
            Codec::PackBits => 64,
            Codec::Deflate => 1032,
            Codec::Lzw => 2000,
            _ => u64::MAX,
        };
        let Dimensions { width, height } = level.dimensions;
        let count = level.tiles.len() as u64;
        let mut stored: Vec<u64> = level.tiles.iter().filter(|tile| tile.1 > 0).map(|tile| tile.0).collect();
        stored.sort_unstable();
        stored.dedup();
        let planes = if level.separate { u64::from(level.samples) } else { 1 };
        // Tiles that are not stored need no bytes, and tiles with the same pixels may share their bytes.
        let whole = level.packed_bytes(width, height, level.samples_together()) * planes / count.max(1)
            * stored.len() as u64;
        if whole / ratio > file.size() {
            return Err(Error::damaged(WHAT, "the file is too short for its pixels"));
        }
        Ok(Self { level, file, row: 0, source: Source::Block { rows: None, next: 0 }, spare: Vec::new() })
    }

    /// The most bytes of memory that reading needs.
    pub(crate) fn memory(level: &Level) -> u64 {
        let tile = level.grid.tile;
        let width = tile.width * level.grid.columns();
        let samples = u64::from(width) * u64::from(level.samples.max(level.shape().count() as u8));
        let bytes = |rows: u32, bits: u8| (samples * u64::from(bits)).div_ceil(8) * u64::from(rows);
        if streams(level) {
            return bytes(64, 16) + (4 << 20);
        }
        // A row of tiles, and one tile while it is decompressed and converted.
        let block = bytes(tile.height, level.bits.max(8));
        let one = block / u64::from(level.grid.columns().max(1));
        let stored = level.tiles.iter().map(|tile| tile.1).max().unwrap_or(0);
        let decoder = match level.codec {
            // The coefficients of several scans, and the stored bytes twice.
            Codec::Jpeg | Codec::OldJpeg => stored + (2 * one).min(2 * coded::MAX_SCANNED),
            Codec::Webp => 4 * tile.area(),
            _ => 0,
        };
        let row = if level.grid.columns() == 1 { 0 } else { block + block / 4 };
        row.saturating_add(3 * one).saturating_add(stored).saturating_add(decoder) + (4 << 20)
    }

    fn planes(&self) -> usize {
        if self.level.separate { usize::from(self.level.samples) } else { 1 }
    }

    /// The remaining rows of the block that contains `row`.
    fn remaining_rows(&self) -> u32 {
        let height = self.level.grid.tile.height;
        (height - self.row % height).min(self.level.dimensions.height - self.row)
    }

    fn read_strips(&mut self, max: u32) -> Result<Raw, Error> {
        let level = self.level.clone();
        let (planes, height, width) = (self.planes(), level.grid.tile.height, level.dimensions.width);
        if self.row.is_multiple_of(height) {
            let strip = (self.row / height) as usize;
            let streams = (0..planes).map(|plane| {
                let (offset, length) = level.tiles[plane * level.grid.count() as usize + strip];
                if length == 0 {
                    return Ok(Box::new(std::io::repeat(0)) as Box<dyn Read + Send>);
                }
                let end = offset.checked_add(length).filter(|_| offset < self.file.size());
                let length =
                    end.ok_or_else(|| Error::damaged(WHAT, "it ends before its strips do"))? - offset;
                stream::decompressing(
                    &level,
                    self.file.clone(),
                    (offset, length.min(self.file.size() - offset)),
                )
            });
            self.source = Source::Streams(streams.collect::<Result<_, _>>()?);
        }
        let Source::Streams(streams) = &mut self.source else {
            return Err(Error::damaged(WHAT, "it has no strips"));
        };
        let height = self.level.grid.tile.height;
        let rows = (height - self.row % height).min(level.dimensions.height - self.row).min(max);
        let count = level.samples_together();
        let mut read = Vec::with_capacity(planes);
        for stream in streams {
            let mut bytes = self.spare.pop().unwrap_or_default();
            bytes.resize(level.packed_bytes(width, rows, count) as usize, 0);
            stream.read_exact(&mut bytes).map_err(|error| Error::damaged(WHAT, error))?;
            read.push(read::numbers(&level, bytes, width, count)?);
        }
        read::interpret(&level, Dimensions::new(width, rows), interleaved(read))
    }

    /// Decodes the row of tiles that starts at `row`.
    fn block(&self) -> Result<Raw, Error> {
        let (level, grid) = (&self.level, self.level.grid);
        let rows = self.remaining_rows();
        let dimensions = Dimensions::new(grid.image.width, rows);
        let row = self.row / grid.tile.height;
        if grid.columns() == 1 && grid.tile.width == grid.image.width {
            return self.tile(TileIndex { column: 0, row }).map(|tile| without_padding(tile, dimensions));
        }
        let shape = level.shape();
        let mut canvas = blank(Shape { dimensions, ..shape });
        for column in 0..grid.columns() {
            let tile = self.tile(TileIndex { column, row })?;
            place(&tile, &mut canvas, column * grid.tile.width)?;
        }
        Ok(canvas)
    }

    fn tile(&self, tile: TileIndex) -> Result<Raw, Error> {
        let (level, planes) = (&self.level, self.planes());
        let number = level.grid.number(tile);
        let visible = level.grid.rect(tile).dimensions();
        let height = if level.in_strips { visible.height } else { level.grid.tile.height };
        let dimensions = Dimensions::new(level.grid.tile.width, height);
        let (width, count) = (dimensions.width, level.samples_together());
        let read = (0..planes).map(|plane| {
            let stored = self.stored(plane * level.grid.count() as usize + number)?;
            match (level.codec, stored) {
                (Codec::Jpeg | Codec::OldJpeg | Codec::Webp, Some(stored)) => {
                    coded::samples(level, stored, dimensions, visible).map(Samples::U8)
                }
                (_, Some(stored)) => {
                    let bytes = unpack(level, &stored, visible.height)?;
                    match level.subsampled() {
                        Some(layout) => Ok(Samples::U8(ycbcr::rgb(layout, dimensions, &bytes))),
                        None => read::numbers(level, bytes, width, count),
                    }
                }
                // All its samples are 0 before they are interpreted.
                (_, None) if level.depth() == Depth::U8 && level.bits <= 8 => {
                    Ok(Samples::U8(vec![0; dimensions.area() as usize * count]))
                }
                (_, None) => Ok(Samples::U16(vec![0; dimensions.area() as usize * count])),
            }
        });
        let samples = match (&level.ycbcr, interleaved(read.collect::<Result<_, _>>()?)) {
            (Some(layout), Samples::U8(samples)) if level.subsampled().is_none() && level.has_raw_ycbcr() => {
                let own = YCbCr { across: 1, down: 1, ..*layout };
                Samples::U8(ycbcr::rgb(&own, dimensions, &samples))
            }
            (_, samples) => samples,
        };
        read::interpret(level, dimensions, samples)
    }

    fn stored(&self, number: usize) -> Result<Option<Vec<u8>>, Error> {
        let (offset, length) = self.level.tiles[number];
        if length == 0 {
            return Ok(None);
        }
        if offset.checked_add(length).is_none_or(|end| end > self.file.size()) || length > MAX_STORED {
            return Err(Error::damaged(WHAT, "it ends before its tiles do"));
        }
        let mut stored = vec![0; length as usize];
        self.file.read_at(offset, &mut stored).map_err(|error| Error::damaged(WHAT, error))?;
        Ok(Some(stored))
    }
}

/// Whether strips are decompressed while they are read.
fn streams(level: &Level) -> bool {
    let tile = level.grid.tile;
    let large = level.packed_bytes(tile.width, tile.height, level.samples_together()) > MAX_BUFFERED;
    let can = match level.codec {
        Codec::None | Codec::Fax(_) => true,
        Codec::Deflate | Codec::Lzw | Codec::PackBits | Codec::Zstd => large,
        Codec::Jpeg | Codec::OldJpeg | Codec::Webp => false,
    };
    level.in_strips && can && level.ycbcr.is_none()
}

impl Rows for TiffRows {
    fn shape(&self) -> Shape {
        self.level.shape()
    }

    fn next(&mut self, max: u32) -> Result<Option<Raw>, Error> {
        if self.row >= self.level.dimensions.height {
            return Ok(None);
        }
        let rows = if streams(&self.level) {
            self.read_strips(max.max(1))?
        } else {
            if self.row.is_multiple_of(self.level.grid.tile.height) {
                self.source = Source::Block { rows: Some(self.block()?), next: 0 };
            }
            let Source::Block { rows: block, next } = &mut self.source else {
                return Err(Error::damaged(WHAT, "it has no tiles"));
            };
            take_rows(block, next, max.max(1))?
        };
        self.row += rows.dimensions.height;
        Ok(Some(rows))
    }

    fn recycle(&mut self, samples: Vec<u8>) {
        if matches!(self.source, Source::Streams(_)) {
            self.spare.push(samples);
        }
    }
}

/// Takes at most `max` rows of the block; a whole block is returned without a copy.
fn take_rows(block: &mut Option<Raw>, next: &mut u32, max: u32) -> Result<Raw, Error> {
    let left = block.as_ref().map_or(0, |block| block.dimensions.height - *next);
    if *next == 0
        && left <= max
        && let Some(all) = block.take()
    {
        return Ok(all);
    }
    let Some(all) = block else {
        return Err(Error::damaged(WHAT, "it has fewer rows than its header states"));
    };
    let rows = left.min(max);
    let row = all.dimensions.width as usize * all.shape().count();
    let range = *next as usize * row..(*next + rows) as usize * row;
    let samples = match &all.samples {
        Samples::U8(samples) => Samples::U8(samples[range].to_vec()),
        Samples::U16(samples) => Samples::U16(samples[range].to_vec()),
    };
    *next += rows;
    Ok(Raw { dimensions: Dimensions::new(all.dimensions.width, rows), samples, ..*all })
}

fn blank(shape: Shape) -> Raw {
    let Shape { dimensions, model, alpha, depth } = shape;
    let count = dimensions.area() as usize * shape.count();
    let samples = match depth {
        Depth::U8 => Samples::U8(vec![0; count]),
        Depth::U16 => Samples::U16(vec![0; count]),
    };
    Raw { dimensions, model, alpha, samples }
}

/// Drops rows below the image.
fn without_padding(mut tile: Raw, dimensions: Dimensions) -> Raw {
    let length = dimensions.area() as usize * tile.shape().count();
    match &mut tile.samples {
        Samples::U8(samples) => samples.truncate(length),
        Samples::U16(samples) => samples.truncate(length),
    }
    tile.dimensions = dimensions;
    tile
}

fn place(tile: &Raw, canvas: &mut Raw, x: u32) -> Result<(), Error> {
    if (tile.model, tile.alpha) != (canvas.model, canvas.alpha) {
        return Err(Error::damaged(WHAT, "a tile's channels differ from those of its directory"));
    }
    let count = canvas.shape().count();
    let (from, to) = (tile.dimensions.width as usize * count, canvas.dimensions.width as usize * count);
    let (start, width) = (x as usize * count, from.min(to - x as usize * count));
    match (&tile.samples, &mut canvas.samples) {
        (Samples::U8(tile), Samples::U8(canvas)) => copy(tile, canvas, (from, to), start, width),
        (Samples::U16(tile), Samples::U16(canvas)) => copy(tile, canvas, (from, to), start, width),
        _ => return Err(Error::damaged(WHAT, "a tile's samples are wider than those of its directory")),
    }
    Ok(())
}

fn copy<T: Copy>(tile: &[T], canvas: &mut [T], (from, to): (usize, usize), start: usize, width: usize) {
    for (source, target) in tile.chunks_exact(from).zip(canvas.chunks_exact_mut(to)) {
        target[start..start + width].copy_from_slice(&source[..width]);
    }
}

/// Interleaves planes.
fn interleaved(mut planes: Vec<Samples>) -> Samples {
    if planes.len() == 1
        && let Some(samples) = planes.pop()
    {
        return samples;
    }
    fn interleave<T: Copy + Default>(planes: &[&[T]]) -> Vec<T> {
        let length = planes.iter().map(|plane| plane.len()).min().unwrap_or(0);
        let mut out = vec![T::default(); length * planes.len()];
        for (n, plane) in planes.iter().enumerate() {
            out.iter_mut().skip(n).step_by(planes.len()).zip(*plane).for_each(|(out, sample)| *out = *sample);
        }
        out
    }
    let narrow: Vec<&[u8]> = planes
        .iter()
        .filter_map(|plane| if let Samples::U8(plane) = plane { Some(&plane[..]) } else { None })
        .collect();
    let wide: Vec<&[u16]> = planes
        .iter()
        .filter_map(|plane| if let Samples::U16(plane) = plane { Some(&plane[..]) } else { None })
        .collect();
    if wide.is_empty() { Samples::U8(interleave(&narrow)) } else { Samples::U16(interleave(&wide)) }
}
