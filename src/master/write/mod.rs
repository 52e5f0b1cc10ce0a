//! Writes a pyramid as a tiled BigTIFF from rows, in the memory of a few rows of tiles.
//!
//! The file starts with its complete index, followed by the tiles of the smallest level first, so that one short read
//! fetches the index and the tiles of an overview. Tiles are upright, whatever the master's orientation is. Index and tiles
//! have checksums in private tags (`master::checksum`).

mod band;
mod halve;
mod layout;
mod tile;

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::iiif::Dimensions;
use crate::pixels::{self, Channels, Subsampling};

use super::{Grid, Orientation, checksum};
use band::Band;
use tile::Packer;

/// How tiles are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// JPEG of YCbCr or gray; all tiles share their tables.
    Jpeg {
        /// libjpeg's quality, 1 to 100.
        quality: u8,
        /// 4:4:4 or 4:2:0; ignored for gray.
        subsampling: Subsampling,
    },
    /// Deflate, lossless.
    Deflate,
    /// Zstandard, lossless.
    Zstd,
}

/// Where the directories of reduced levels are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduced {
    /// In the file's chain of directories, flagged as reduced.
    Pages,
    /// As SubIFDs of the full size's directory (tag 330).
    SubIfds,
}

/// The parameters of a pyramid.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The size in the stored orientation.
    pub dimensions: Dimensions,
    /// The orientation of the rows.
    pub orientation: Orientation,
    /// The channels; alpha requires lossless compression.
    pub channels: Channels,
    /// The side of a tile in pixels, a multiple of 16.
    pub tile_side: u32,
    /// How tiles are compressed.
    pub compression: Compression,
    /// Where the directories of the reduced levels are listed.
    pub reduced: Reduced,
    /// The ICC profile to embed.
    pub icc: Option<Vec<u8>>,
    /// The number of threads that compress tiles.
    pub threads: usize,
}

impl Recipe {
    /// The size of the written image.
    pub fn upright(&self) -> Dimensions {
        if self.orientation.swaps_sides() { self.dimensions.transposed() } else { self.dimensions }
    }

    /// The most bytes of memory that writing needs, without the index.
    pub fn memory(&self) -> u64 {
        let row = u64::from(self.dimensions.width) * self.channels.count() as u64;
        let side = u64::from(self.tile_side);
        row * side * 3 + self.threads as u64 * side * side * 16 + (8 << 20)
    }
}

/// Why a pyramid could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The recipe cannot be written as a pyramid; the text says why.
    #[error("a pyramid cannot be written: {0}")]
    Recipe(String),
    /// Samples could not be decoded or compressed.
    #[error(transparent)]
    Pixels(#[from] pixels::Error),
    /// The spool or the output could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes a pyramid.
///
/// Compressed tiles are kept in the spool (a file, or memory for small images) until all are complete.
pub struct Writer<S> {
    recipe: Recipe,
    /// The levels, largest first.
    levels: Vec<Level>,
    packer: Packer,
    spool: S,
    spooled: u64,
}

struct Level {
    band: Band,
    /// The grid of the upright image.
    grid: Grid,
    tiles: Vec<Spooled>,
    /// Memory for rows of this level.
    spare: Vec<Vec<u8>>,
}

/// A compressed tile in the spool.
#[derive(Clone, Copy, Default)]
struct Spooled {
    offset: u64,
    length: u32,
    checksum: u32,
}

impl Spooled {
    fn end(&self) -> u64 {
        self.offset + u64::from(self.length)
    }
}

impl<S: Read + Write + Seek> Writer<S> {
    /// Creates a writer that stores compressed tiles in `spool` until the file is finished.
    ///
    /// # Errors
    /// [`Error::Recipe`] if the recipe cannot be written, [`Error::Pixels`] if the encoder cannot be set up.
    pub fn new(recipe: Recipe, spool: S) -> Result<Self, Error> {
        check(&recipe)?;
        let side = recipe.tile_side;
        let level = |&upright: &Dimensions| {
            let stored = if recipe.orientation.swaps_sides() { upright.transposed() } else { upright };
            let grid = Grid { image: upright, tile: Dimensions::new(side, side) };
            Level {
                band: Band::new(stored, recipe.orientation, recipe.channels, side),
                grid,
                tiles: vec![Spooled::default(); grid.count() as usize],
                spare: Vec::new(),
            }
        };
        let levels = levels(recipe.upright(), side).iter().map(level).collect();
        Ok(Self { levels, packer: Packer::new(&recipe)?, recipe, spool, spooled: 0 })
    }

    /// Adds the next rows from the top; `samples` contains whole rows, and is kept until their tiles are compressed. Returns what
    /// is not needed any more, so that its memory can be used again.
    ///
    /// # Errors
    /// If there are too many rows, samples cannot be compressed, or the spool fails.
    pub fn push(&mut self, samples: Vec<u8>) -> Result<Vec<Vec<u8>>, Error> {
        let stride = self.recipe.dimensions.width as usize * self.recipe.channels.count();
        let rows = samples.len() / stride;
        let missing = self.levels[0].band.rows_missing();
        if !samples.len().is_multiple_of(stride) || rows as u64 > u64::from(missing) {
            return Err(Error::Recipe("the rows do not fit the image".into()));
        }
        self.add(0, samples)
    }

    /// Adds rows to level `n`, and at half their size to the next level; each full block is cut into tiles. Returns samples that
    /// are not needed any more.
    fn add(&mut self, n: usize, rows: Vec<u8>) -> Result<Vec<Vec<u8>>, Error> {
        let (mut rows, mut from, mut unneeded) = (Arc::new(rows), 0, Vec::new());
        while from < rows.len() {
            // What remains for the next block does not keep much larger memory. The copy takes the place of the original, so that
            // as many are returned as were added.
            if rows.len() - from < from {
                (rows, from) = (Arc::new(rows[from..].to_vec()), 0);
            }
            let mut halved = self.levels.get_mut(n + 1).and_then(|next| next.spare.pop()).unwrap_or_default();
            from += self.levels[n].band.add(&rows, from, &mut halved);
            if self.levels[n].band.is_full() {
                self.pack(n)?;
                unneeded.extend(self.levels[n].band.clear());
            }
            if n + 1 < self.levels.len() {
                let spare = self.add(n + 1, halved)?;
                self.levels[n + 1].spare.extend(spare);
            }
        }
        unneeded.extend(Arc::into_inner(rows));
        Ok(unneeded)
    }

    /// Compresses the tiles of level `n`'s block into the spool on all threads.
    fn pack(&mut self, n: usize) -> Result<(), Error> {
        let (level, packer) = (&mut self.levels[n], &self.packer);
        let (band, columns, next) = (&level.band, level.band.columns(), AtomicU32::new(0));
        let work = || {
            let (mut packed, mut own, mut tools) = (Vec::new(), Vec::new(), packer.tools()?);
            loop {
                let column = next.fetch_add(1, Ordering::Relaxed);
                if column >= columns {
                    return Ok::<_, Error>(packed);
                }
                let tile = packer.pack(&band.tile(column, &mut own), &mut tools)?;
                packed.push((column, checksum::crc32([&tile[..]]), tile));
            }
        };
        let threads = self.recipe.threads.clamp(1, columns as usize);
        let panicked = |_| Error::Pixels(pixels::Error::damaged("tile", "its compression panicked"));
        let mut packed = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut packed = work()?;
            for other in others {
                packed.extend(other.join().map_err(panicked)??);
            }
            Ok::<_, Error>(packed)
        })?;
        packed.sort_unstable_by_key(|(column, ..)| *column);
        for (column, checksum, tile) in packed {
            self.spool.write_all(&tile)?;
            let number = level.grid.number(level.band.tile_index(column));
            level.tiles[number] = Spooled { offset: self.spooled, length: tile.len() as u32, checksum };
            self.spooled += tile.len() as u64;
        }
        Ok(())
    }

    /// Writes the file after all rows have been added; returns its length.
    ///
    /// # Errors
    /// If rows are missing, or the spool or `out` fails.
    pub fn finish(mut self, out: &mut impl Write) -> Result<u64, Error> {
        let missing = self.levels[0].band.rows_missing();
        if missing > 0 {
            return Err(Error::Recipe(format!("{missing} rows are missing")));
        }
        let of_tiles = |value: fn(&Spooled) -> u32| -> Vec<Vec<u32>> {
            self.levels.iter().map(|level| level.tiles.iter().map(value).collect()).collect()
        };
        let (lengths, checksums) = (of_tiles(|tile| tile.length), of_tiles(|tile| tile.checksum));
        let (head, mut written) = layout::head(&self.recipe, self.packer.tables(), &lengths, &checksums);
        out.write_all(&head)?;
        written += head.len() as u64;
        for level in self.levels.iter().rev() {
            for run in level.tiles.chunk_by(|one, next| one.end() == next.offset) {
                let length = run.iter().map(|tile| u64::from(tile.length)).sum();
                self.spool.seek(SeekFrom::Start(run[0].offset))?;
                // From file to file the system copies.
                if io::copy(&mut Read::take(&mut self.spool, length), out)? < length {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                }
            }
        }
        Ok(written)
    }
}

fn check(recipe: &Recipe) -> Result<(), Error> {
    let Dimensions { width, height } = recipe.dimensions;
    let refuse = |reason: &str| Err(Error::Recipe(reason.into()));
    if recipe.channels == Channels::Rgba && matches!(recipe.compression, Compression::Jpeg { .. }) {
        return refuse("JPEG cannot store alpha; use a lossless compression");
    }
    if !recipe.tile_side.is_multiple_of(16) || !(16..=8192).contains(&recipe.tile_side) {
        return refuse("a tile's side must be a multiple of 16 up to 8192");
    }
    if !(1..=1 << 24).contains(&width) || !(1..=1 << 24).contains(&height) {
        return refuse("a side must be 1 to 16777216 pixels long");
    }
    Ok(())
}

/// The sizes of the levels: each is half of the previous one, rounded up; the last fits into a tile.
pub fn levels(full: Dimensions, side: u32) -> Vec<Dimensions> {
    let mut levels = vec![full];
    let mut last = full;
    while last.width > side || last.height > side {
        last = last.reduced(2);
        levels.push(last);
    }
    levels
}

#[cfg(test)]
mod tests;
