//! One page of a TIFF with the smaller copies of it that are its levels.

use std::sync::Arc;

use super::blocks::MAX_TILES;
use super::image::{dimensions, level};
use super::{Role, lenient, sure};
use crate::container::tiff::tags::{
    DESCRIPTION, ICC, ORIENTATION, STRIP_OFFSETS, SUB_IFDS, TILE_OFFSETS, TILE_WIDTH,
};
use crate::container::tiff::{Directory, Layout};
use crate::iiif::Dimensions;
use crate::master::level::Level;
use crate::master::{Kind, Master, Orientation, PartialFile, SourceFormat, Stop};

const MAX_ICC: u64 = 4 << 20;
const MAX_SUB_IFDS: u64 = 64;
/// All smaller levels have at most so many times the tiles of the full size: tiles of levels may be smaller.
const MAX_SHARE: u64 = 8;
/// Tiles that cost nothing.
const FREE_TILES: u64 = 1 << 16;
/// No sound pyramid has more.
const MAX_LEVELS: usize = 64;

pub struct Pyramid {
    full: Dimensions,
    /// The full size at the head.
    levels: Vec<Level>,
    /// Why the full size cannot be cut into tiles, if it cannot.
    uncut: Option<String>,
    orientation: Orientation,
    icc: Option<Arc<[u8]>>,
    /// Whether a level has said that it is one.
    has_reduced_flag: bool,
    description: Vec<u8>,
    /// Tiles that directories claim to have.
    claimed: u64,
}

/// What the directory after those that have been read is to the page.
pub enum Next {
    Level,
    /// Neither a level nor the next page.
    Other,
    End,
}

impl Pyramid {
    pub fn open(held: &PartialFile, layout: Layout, directory: &Directory) -> Result<Self, Stop> {
        let level = level(held, layout, directory)?;
        // A broken profile is no profile.
        let icc = lenient(directory.bytes(held, ICC, MAX_ICC), None)?;
        let orientation = lenient(directory.number(held, ORIENTATION), None)?.unwrap_or(1);
        let mut pyramid = Self {
            full: level.dimensions,
            uncut: level.uncut(),
            levels: vec![level],
            orientation: Orientation::new(orientation),
            icc: icc.filter(|icc| icc.len() > 128).map(Arc::from),
            has_reduced_flag: false,
            description: Vec::new(),
            claimed: 0,
        };
        if pyramid.uncut.is_some() {
            return Ok(pyramid);
        }
        if directory.has(DESCRIPTION) && directory.next != 0 {
            pyramid.description = description(held, directory)?;
        }
        for offset in lenient(directory.numbers(held, SUB_IFDS, MAX_SUB_IFDS), Vec::new())? {
            match Directory::read(held, layout, offset) {
                Ok(directory) if offset != 0 && Role::of(held, &directory)? != Role::Mask => {
                    pyramid.add(held, layout, &directory)?
                }
                Ok(_) | Err(Stop::Refused(_)) => {}
                Err(missing) => return Err(sure(missing, held)),
            }
        }
        Ok(pyramid)
    }

    /// What a directory that follows is. Some writers leave the flag of reduced images out, so a halved, tiled page
    /// right after the last counts as a level; slide scanners put levels of other factors and pictures in strips between.
    pub fn next(&mut self, held: &PartialFile, directory: &Directory, role: Role) -> Result<Next, Stop> {
        if self.uncut.is_some() {
            return Ok(Next::End); // Levels of another kind than the full size's would be of no use.
        }
        if role == Role::Reduced {
            self.has_reduced_flag = true;
            return Ok(Next::Level);
        }
        let Some(last) = self.levels.last() else { return Ok(Next::End) };
        let next = lenient(dimensions(held, directory), last.dimensions)?;
        let halved = |from: u32, to: u32| to == from / 2 || to == from.div_ceil(2);
        let smaller = next.width < last.dimensions.width && next.height <= last.dimensions.height;
        let half = halved(last.dimensions.width, next.width) && halved(last.dimensions.height, next.height);
        let tiled = directory.has(TILE_WIDTH);
        if tiled && smaller && half && !self.has_reduced_flag {
            return Ok(Next::Level);
        }
        Ok(match self.description.starts_with(b"Aperio") {
            true if tiled && smaller => Next::Level,
            true => Next::Other,
            false => Next::End,
        })
    }

    /// Adds an image if it is a smaller copy of the full size that can be read; others are passed over.
    pub fn add(&mut self, held: &PartialFile, layout: Layout, directory: &Directory) -> Result<(), Stop> {
        // Directories may share their arrays of tiles, so that a small file could claim very many.
        let claimed = directory.count(TILE_OFFSETS).max(directory.count(STRIP_OFFSETS));
        self.claimed = self.claimed.saturating_add(claimed);
        let most = self.levels.first().map_or(0, |full| full.tiles.len() as u64) * MAX_SHARE + FREE_TILES;
        if self.claimed > most.min(2 * MAX_TILES) || self.levels.len() >= MAX_LEVELS {
            return Ok(());
        }
        let level = match level(held, layout, directory) {
            Ok(level) => level,
            Err(Stop::Refused(_)) => return Ok(()),
            Err(missing) => return Err(missing),
        };
        let full = self.levels[0].shape();
        let alike = crate::pixels::Shape { dimensions: self.full, ..level.shape() } == full;
        if alike
            && level.uncut().is_none()
            && level.reduces(self.full)
            && !self.shows_another(held, directory)?
        {
            self.levels.push(level);
        }
        Ok(())
    }

    /// Whether the image is one of the slide's label or of all of it, which scanners keep beside the levels.
    fn shows_another(&self, held: &PartialFile, directory: &Directory) -> Result<bool, Stop> {
        if !directory.has(DESCRIPTION) {
            return Ok(false);
        }
        let description = description(held, directory)?.to_ascii_lowercase();
        let mut lines = description.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        Ok(lines.any(|line| line.starts_with(b"label") || line.starts_with(b"macro")))
    }

    pub fn finish(mut self, held: &PartialFile) -> Master {
        self.levels.sort_by_key(|level| std::cmp::Reverse(level.dimensions.area()));
        self.levels.dedup_by_key(|level| level.dimensions);
        let kind = match self.uncut {
            None => Kind::Tiled,
            Some(reason) => {
                let tiff = self.levels.remove(0);
                let (shape, bytes) = (tiff.shape(), held.size());
                Kind::Untiled {
                    format: SourceFormat::Tiff,
                    bytes,
                    reason,
                    shape,
                    memory: 0,
                    tiff: Some(Arc::new(tiff)),
                }
            }
        };
        let Self { full, orientation, icc, levels, .. } = self;
        Master { dimensions: full, orientation, icc, levels, kind }
    }
}

/// The beginning of what an image says of itself.
fn description(held: &PartialFile, directory: &Directory) -> Result<Vec<u8>, Stop> {
    const MAX: u64 = 256;
    lenient(directory.text(held, DESCRIPTION, MAX).map(<[u8]>::to_vec), Vec::new())
}
