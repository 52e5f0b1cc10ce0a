//! Assembles a page of a TIFF and its smaller copies into a pyramid.

use std::sync::Arc;

use super::blocks::MAX_TILES;
use super::image::{dimensions, level};
use super::{Role, lenient, widened};
use crate::container::tiff::tags::{
    DESCRIPTION, ICC, ORIENTATION, STRIP_OFFSETS, SUB_IFDS, TILE_OFFSETS, TILE_WIDTH,
};
use crate::container::tiff::{Directory, Layout};
use crate::iiif::Dimensions;
use crate::master::checksum::{self, IndexChecksum};
use crate::master::level::Level;
use crate::master::{Kind, Master, Orientation, PartialFile, SourceFormat, Stop};

const MAX_ICC: u64 = 4 << 20;
const MAX_SUB_IFDS: u64 = 64;
/// The most tiles of all smaller levels together, as a multiple of the full size's: their tiles may be smaller.
const MAX_TILE_RATIO: u64 = 8;
/// The number of tiles that smaller levels may always have.
const MIN_TILE_LIMIT: u64 = 1 << 16;
/// The most levels of a pyramid.
const MAX_LEVELS: usize = 64;

pub(super) struct Pyramid {
    full: Dimensions,
    /// The levels, the full size first.
    levels: Vec<Level>,
    /// Why the full size's tiles cannot be served one by one, if they cannot.
    untiled_because: Option<String>,
    orientation: Orientation,
    icc: Option<Arc<[u8]>>,
    /// Whether a level was flagged as reduced.
    has_reduced_flag: bool,
    description: Vec<u8>,
    /// The number of tiles that directories claim.
    claimed: u64,
    /// What the file's first directory states about the index.
    pub(super) checksum: Option<IndexChecksum>,
}

/// The relation of the next directory to the page.
pub(super) enum Next {
    Level,
    /// Neither a level nor the next page.
    Other,
    End,
}

impl Pyramid {
    pub(super) fn open(file: &PartialFile, layout: Layout, directory: &Directory) -> Result<Self, Stop> {
        let level = level(file, layout, directory)?;
        // A damaged profile is ignored.
        let icc = lenient(directory.bytes(file, ICC, MAX_ICC), None)?;
        let orientation = lenient(directory.number(file, ORIENTATION), None)?.unwrap_or(1);
        let mut pyramid = Self {
            full: level.dimensions,
            untiled_because: level.untiled_because(),
            levels: vec![level],
            orientation: Orientation::new(orientation),
            icc: icc.filter(|icc| icc.len() > 128).map(Arc::from),
            has_reduced_flag: false,
            description: Vec::new(),
            claimed: 0,
            checksum: None,
        };
        if pyramid.untiled_because.is_some() {
            return Ok(pyramid);
        }
        if directory.has(DESCRIPTION) && directory.next != 0 {
            pyramid.description = description(file, directory)?;
        }
        for offset in lenient(directory.numbers(file, SUB_IFDS, MAX_SUB_IFDS), Vec::new())? {
            match Directory::read(file, layout, offset) {
                Ok(directory) if offset != 0 && Role::of(file, &directory)? != Role::Mask => {
                    pyramid.add(file, layout, &directory)?
                }
                Ok(_) | Err(Stop::Refused(_)) => {}
                Err(missing) => return Err(widened(missing, file)),
            }
        }
        Ok(pyramid)
    }

    /// Classifies the next directory. Some writers omit the flag of reduced images, so a halved, tiled page right after the
    /// last counts as a level. Slide scanners put levels with other factors and images in strips in between.
    pub(super) fn next(
        &mut self,
        file: &PartialFile,
        directory: &Directory,
        role: Role,
    ) -> Result<Next, Stop> {
        if self.untiled_because.is_some() {
            return Ok(Next::End); // Levels are not used if the full size has no usable tiles.
        }
        if role == Role::Reduced {
            self.has_reduced_flag = true;
            return Ok(Next::Level);
        }
        let Some(last) = self.levels.last() else { return Ok(Next::End) };
        let next = lenient(dimensions(file, directory), last.dimensions)?;
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

    /// Adds an image if it is a smaller copy of the full size in a supported format; others are skipped.
    pub(super) fn add(
        &mut self,
        file: &PartialFile,
        layout: Layout,
        directory: &Directory,
    ) -> Result<(), Stop> {
        // Directories may share their arrays of tiles, so a small file could claim very many.
        let claimed = directory.count(TILE_OFFSETS).max(directory.count(STRIP_OFFSETS));
        self.claimed = self.claimed.saturating_add(claimed);
        let max =
            self.levels.first().map_or(0, |full| full.tiles.len() as u64) * MAX_TILE_RATIO + MIN_TILE_LIMIT;
        if self.claimed > max.min(2 * MAX_TILES) || self.levels.len() >= MAX_LEVELS {
            return Ok(());
        }
        let level = match level(file, layout, directory) {
            Ok(level) => level,
            Err(Stop::Refused(_)) => return Ok(()),
            Err(missing) => return Err(missing),
        };
        let full = self.levels[0].shape();
        let same_format = crate::pixels::Shape { dimensions: self.full, ..level.shape() } == full;
        if same_format
            && level.untiled_because().is_none()
            && level.reduces(self.full)
            && !self.is_label_or_macro(file, directory)?
        {
            self.levels.push(level);
        }
        Ok(())
    }

    /// Whether the image shows the slide's label or the whole slide, which scanners store next to the levels.
    fn is_label_or_macro(&self, file: &PartialFile, directory: &Directory) -> Result<bool, Stop> {
        if !directory.has(DESCRIPTION) {
            return Ok(false);
        }
        let description = description(file, directory)?.to_ascii_lowercase();
        let mut lines = description.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        Ok(lines.any(|line| line.starts_with(b"label") || line.starts_with(b"macro")))
    }

    pub(super) fn finish(mut self, file: &PartialFile) -> Result<Master, Stop> {
        let integrity = checksum::integrity(file, self.checksum.as_ref(), &self.levels)?;
        self.levels.sort_by_key(|level| std::cmp::Reverse(level.dimensions.area()));
        self.levels.dedup_by_key(|level| level.dimensions);
        let kind = match self.untiled_because {
            None => Kind::Tiled,
            Some(reason) => {
                let tiff = self.levels.remove(0);
                let (shape, bytes) = (tiff.shape(), file.size());
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
        Ok(Master { dimensions: full, orientation, icc, levels, kind, integrity })
    }
}

/// The beginning of an image's description.
fn description(file: &PartialFile, directory: &Directory) -> Result<Vec<u8>, Stop> {
    const MAX: u64 = 256;
    lenient(directory.text(file, DESCRIPTION, MAX).map(<[u8]>::to_vec), Vec::new())
}
