//! Finds the tiles and strips of an image, and repairs the known errors of some writers' tags.
//!
//! The same errors are repaired as in libtiff, as far as the file allows: readers of a block still check that
//! it contains all of its pixels.

use super::lenient;
use crate::container::tiff::Directory;
use crate::container::tiff::tags::{
    ROWS_PER_STRIP, STRIP_LENGTHS, STRIP_OFFSETS, TILE_CHECKSUMS, TILE_LENGTHS, TILE_OFFSETS,
};
use crate::iiif::Dimensions;
use crate::master::level::{Codec, Level};
use crate::master::{PartialFile, Refused, Stop};

/// The most tiles or strips of an image, and also of all its levels together.
pub(super) const MAX_TILES: u64 = 4_000_000;

/// Sets the level's grid and tiles.
pub(super) fn find(file: &PartialFile, directory: &Directory, level: &mut Level) -> Result<(), Stop> {
    let (strips, tiles) = ((STRIP_OFFSETS, STRIP_LENGTHS), (TILE_OFFSETS, TILE_LENGTHS));
    let (own, other) = if level.in_strips { (strips, tiles) } else { (tiles, strips) };
    // Some writers use the tags of strips for tiles; libtiff takes either.
    let either = |own, other| if directory.has(own) { own } else { other };
    let (offsets, lengths) = (either(own.0, other.0), either(own.1, other.1));
    let planes = if level.separate { u64::from(level.samples) } else { 1 };
    if level.in_strips {
        let rows = rows_per_strip(file, directory, level, directory.count(offsets) / planes, lengths)?;
        level.grid.tile = Dimensions::new(level.dimensions.width, rows);
    }
    let count = level.grid.count() * planes;
    if count > MAX_TILES {
        return Err(Refused::damaged(format!("it claims {count} tiles")).into());
    }
    let offsets = array(file, directory, offsets, count)?;
    if (offsets.len() as u64) < count {
        let reason = format!("its index lists {} of {count} tiles", offsets.len());
        return Err(Refused::damaged(reason).into());
    }
    let mut lengths = lenient(array(file, directory, lengths, count), Vec::new())?;
    lengths.resize(offsets.len(), 0);
    level.tiles = offsets.into_iter().zip(lengths).collect();
    if directory.count(TILE_CHECKSUMS) == count {
        let checksums = lenient(array(file, directory, TILE_CHECKSUMS, count), Vec::new())?;
        level.checksums = checksums.into_iter().map(|checksum| checksum as u32).collect();
    }
    repair(level, file.size())?;
    if level.tiles.iter().all(|&(_, length)| length == 0) && level.tiles.iter().any(|tile| tile.0 > 0) {
        return Err(Refused::damaged("none of its tiles has a length").into());
    }
    Ok(())
}

/// The rows in each of `listed` strips. The tag is used if it agrees with their number. A single strip has all rows,
/// regardless of the tag. Otherwise the height follows from their number or, without compression, from their lengths.
fn rows_per_strip(
    file: &PartialFile,
    directory: &Directory,
    level: &Level,
    listed: u64,
    lengths: u16,
) -> Result<u32, Stop> {
    let height = u64::from(level.dimensions.height);
    let stated = lenient(directory.number(file, ROWS_PER_STRIP), None)?.unwrap_or(0).min(height);
    if listed <= 1 {
        return Ok(height as u32);
    }
    if (1..height).contains(&stated) {
        return Ok(stated as u32);
    }
    // The strip heights that are consistent with this number of strips.
    let (min, max) = (height.div_ceil(listed), (height - 1) / (listed - 1));
    if listed > height || min > max {
        return Ok(height as u32);
    }
    if min == max {
        return Ok(min as u32);
    }
    if level.codec == Codec::None {
        let first = lenient(directory.number(file, lengths), None)?.unwrap_or(0);
        let row = level.packed_bytes(level.dimensions.width, 1, level.samples_together());
        let rows = first / row.max(1);
        if level.ycbcr.is_none() && (min..=max).contains(&rows) && first == rows * row {
            return Ok(rows as u32);
        }
    }
    let reason = format!("it has {listed} strips and does not state their number of rows (RowsPerStrip)");
    Err(Refused::damaged(reason).into())
}

/// Infers lengths that are missing, 0 or beyond the end of the file: from the pixels if they are not compressed, else up
/// to the next tile. A tile whose offset and length are both 0 is not stored, and its samples are 0, as in GDAL.
fn repair(level: &mut Level, size: u64) -> Result<(), Stop> {
    let count = level.grid.count() as usize;
    let needs = |level: &Level, number: usize| {
        let row = (number % count) as u32 / level.grid.columns();
        let rows = level.grid.tile.height.min(level.dimensions.height - row * level.grid.tile.height);
        let bytes = |rows| level.packed_bytes(level.grid.tile.width, rows, level.samples_together());
        (bytes(rows), bytes(if level.in_strips { rows } else { level.grid.tile.height }))
    };
    let (raw, alone) = (level.codec == Codec::None, level.tiles.len() == 1);
    let mut sorted: Option<Vec<u64>> = None;
    for number in 0..level.tiles.len() {
        let (offset, length) = level.tiles[number];
        let is_sound = offset > 0 && length > 0 && length <= size.saturating_sub(offset);
        let (visible, full) = if raw { needs(level, number) } else { (1, u64::MAX) };
        if (is_sound && length >= visible) || (offset, length) == (0, 0) {
            level.tiles[number].1 = length.min(full);
            continue;
        }
        if offset == 0 || offset >= size {
            return Err(Refused::damaged("it ends before its tiles do").into());
        }
        let starts = sorted.get_or_insert_with(|| {
            let mut starts: Vec<u64> = level.tiles.iter().map(|tile| tile.0).collect();
            starts.sort_unstable();
            starts
        });
        let after = starts.partition_point(|&start| start <= offset);
        let shared = after >= 2 && starts[after - 2] == offset;
        let room = starts.get(after).copied().unwrap_or(size).min(size) - offset;
        level.tiles[number].1 = match raw {
            // If only one of many is too short, its pixels are lost: the bytes after it belong to others.
            true if room >= visible && (length == 0 || alone || length > room) => full.min(room),
            true => return Err(Refused::damaged("it ends before its pixels do").into()),
            // A tile that starts at the same offset as another is empty.
            false if length == 0 && shared => 0,
            false if length == 0 => room,
            false => length.min(size - offset),
        };
    }
    Ok(())
}

fn array(file: &PartialFile, directory: &Directory, tag: u16, count: u64) -> Result<Vec<u64>, Stop> {
    directory.numbers(file, tag, count).map_err(|stop| match stop {
        // The other array and the next directories are usually nearby.
        Stop::NeedBytes { range, .. } => {
            let likely = (count * 48 + (64 << 10)).min(file.size() - range.start);
            Stop::NeedBytes { range, likely }
        }
        other => other,
    })
}
