//! Writes a pyramid as a tiled BigTIFF while its rows arrive, in memory of one row of tiles.
//!
//! The file begins with its whole index; the tiles follow, the smallest level's first, so that
//! one short read fetches the index together with what an overview needs.

mod band;
mod directory;
mod layout;
mod tile;

use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::iiif::Dimensions;
use crate::pixels::{self, Channels};

use band::Band;
use tile::Packer;

/// How tiles are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// YCbCr with colour at half the size, or grey; tables are shared by all tiles.
    Jpeg {
        quality: u8,
    },
    /// Lossless, as all that follow.
    Deflate,
    Zstd,
}

/// Where the directories of reduced levels hang.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduced {
    /// In the file's chain of pages, marked as reduced.
    Pages,
    /// Below the full size's directory (tag 330).
    SubIfds,
}

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub dimensions: Dimensions,
    /// Grey or RGB.
    pub channels: Channels,
    /// A multiple of 16.
    pub tile_side: u32,
    pub compression: Compression,
    pub reduced: Reduced,
    pub icc: Option<Vec<u8>>,
}

/// Why a pyramid could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a pyramid cannot be written: {0}")]
    Recipe(String),
    #[error(transparent)]
    Pixels(#[from] pixels::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A pyramid that is being written.
///
/// Compressed tiles wait in the spool (a file, or memory for small images) until all are there.
pub struct Writer<S> {
    recipe: Recipe,
    /// Largest first.
    bands: Vec<Band>,
    packer: Packer,
    spool: S,
    spooled: u64,
    /// Per level, each tile's place in the spool: offset and length.
    places: Vec<Vec<(u64, u32)>>,
}

impl<S: Read + Write + Seek> Writer<S> {
    pub fn new(recipe: Recipe, spool: S) -> Result<Self, Error> {
        check(&recipe)?;
        let levels = levels(recipe.dimensions, recipe.tile_side);
        let band = |&dimensions: &Dimensions| Band::new(dimensions, recipe.channels, recipe.tile_side);
        Ok(Self {
            bands: levels.iter().map(band).collect(),
            packer: Packer::new(&recipe)?,
            places: vec![Vec::new(); levels.len()],
            recipe,
            spool,
            spooled: 0,
        })
    }

    /// Takes the next rows from the top; `samples` holds whole rows.
    pub fn push(&mut self, samples: &[u8]) -> Result<(), Error> {
        let stride = self.recipe.dimensions.width as usize * self.recipe.channels.count();
        let rows = samples.len() / stride;
        if !samples.len().is_multiple_of(stride) || rows as u64 > u64::from(self.bands[0].rows_missing()) {
            return Err(Error::Recipe("the rows do not fit the image".into()));
        }
        samples.chunks_exact(stride).try_for_each(|row| self.push_row(row))
    }

    /// Puts a row into the full size, and each pair of rows, halved, into the level below.
    fn push_row(&mut self, row: &[u8]) -> Result<(), Error> {
        let mut halved = None;
        for n in 0..self.bands.len() {
            self.bands[n].add(halved.as_deref().unwrap_or(row));
            halved = self.bands[n].halved();
            if self.bands[n].is_full() {
                self.pack(n)?;
            }
            if halved.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Compresses the tiles of level `n`'s band into the spool.
    fn pack(&mut self, n: usize) -> Result<(), Error> {
        for column in 0..self.bands[n].columns() {
            let tile = self.packer.pack(self.bands[n].tile(column))?;
            self.spool.write_all(&tile)?;
            self.places[n].push((self.spooled, tile.len() as u32));
            self.spooled += tile.len() as u64;
        }
        self.bands[n].clear();
        Ok(())
    }

    /// Writes the file, once all rows are there; returns its length.
    pub fn finish(mut self, out: &mut impl Write) -> Result<u64, Error> {
        let missing = self.bands[0].rows_missing();
        if missing > 0 {
            return Err(Error::Recipe(format!("{missing} rows are missing")));
        }
        let lengths: Vec<Vec<u32>> =
            self.places.iter().map(|level| level.iter().map(|place| place.1).collect()).collect();
        let (head, mut written) = layout::head(&self.recipe, self.packer.tables(), &lengths);
        out.write_all(&head)?;
        written += head.len() as u64;
        let mut tile = Vec::new();
        for &(offset, length) in self.places.iter().rev().flatten() {
            tile.resize(length as usize, 0);
            self.spool.seek(SeekFrom::Start(offset))?;
            self.spool.read_exact(&mut tile)?;
            out.write_all(&tile)?;
        }
        Ok(written)
    }
}

fn check(recipe: &Recipe) -> Result<(), Error> {
    let Dimensions { width, height } = recipe.dimensions;
    let refuse = |reason: &str| Err(Error::Recipe(reason.into()));
    if recipe.channels == Channels::Rgba {
        return refuse("it has alpha; flatten it first");
    }
    if !recipe.tile_side.is_multiple_of(16) || !(16..=8192).contains(&recipe.tile_side) {
        return refuse("a tile's side is a multiple of 16 up to 8192");
    }
    if !(1..=1 << 24).contains(&width) || !(1..=1 << 24).contains(&height) {
        return refuse("a side is 1 to 16777216 pixels long");
    }
    Ok(())
}

/// The levels' sizes, each half of the one before and rounded up, to the first that fits a tile.
fn levels(full: Dimensions, side: u32) -> Vec<Dimensions> {
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
