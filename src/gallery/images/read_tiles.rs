//! Reads stored tiles, and checks that they are inside their file and start like a JPEG. Tiles from a remote store must also
//! have their checksum or, without one, be well-formed JPEGs: otherwise they are read again.

use std::ops::Range;

use bytes::Bytes;

use super::handle::ImageHandle;
use crate::gallery::Error;
use crate::iiif::Dimensions;
use crate::master::{Codec, TileIndex, complete_jpeg};
use crate::pixels::jpeg;
use crate::render::{Plan, Source};
use crate::store::{self, Checked};

/// A stored tile from a local file in the page cache.
pub(super) fn read_now(handle: &ImageHandle, plan: &Plan) -> Option<Bytes> {
    let Source::Stored { level, tile } = plan.source else { return None };
    let (range, head) = (tile_range(handle, level, tile)?, &handle.heads[level]);
    if !is_whole(handle, level, plan.size) {
        return None; // Cropping needs a render thread.
    }
    let _span = tracing::trace_span!(target: "tegl::trace", "read").entered();
    let read = handle.store.read_if_cached(&handle.key, &handle.version, range, head)?;
    let bytes = read.ok().filter(|bytes| is_sound(handle, bytes, head.len()))?;
    if !handle.store.is_local()
        && handle.master.levels[level].is_intact(tile, &bytes[head.len()..]) == Some(false)
    {
        return None; // It has to be read from the store.
    }
    if jpeg::stated_size(&bytes, head.len()) != Some(plan.size) {
        return None; // As above.
    }
    Some(complete_jpeg::consistent(bytes, head.len()))
}

/// The stored tile's bytes after its start marker.
pub(super) fn tile_range(handle: &ImageHandle, level: usize, tile: TileIndex) -> Option<Range<u64>> {
    let range = handle.master.levels[level].range(tile)?;
    (range.end - range.start > complete_jpeg::SOI_BYTES)
        .then(|| range.start + complete_jpeg::SOI_BYTES..range.end)
}

/// Reads a complete stored tile.
#[tracing::instrument(target = "tegl::trace", level = "trace", name = "read", skip_all)]
pub(super) async fn stored_tile(
    handle: &ImageHandle,
    level: usize,
    tile: TileIndex,
    range: Range<u64>,
) -> Result<Bytes, Error> {
    let head = &handle.heads[level];
    let passes = |bytes: &[u8]| passes(handle, level, tile, bytes);
    let read = handle.store.read_checked(&handle.key, &handle.version, range.clone(), head, &passes);
    let bytes = accepted(handle, level, tile, read.await?)?;
    if !is_sound(handle, &bytes, head.len()) {
        handle.store.discard(&handle.key, &handle.version, &range);
        return Err(Error::Damaged("a stored tile is not a JPEG".into()));
    }
    Ok(complete_jpeg::consistent(bytes, head.len()))
}

/// Whether bytes from a remote store may be those of a tile; those of a JPEG are without its start marker.
fn passes(handle: &ImageHandle, level: usize, tile: TileIndex, bytes: &[u8]) -> bool {
    let stored = &handle.master.levels[level];
    stored.is_intact(tile, bytes).unwrap_or_else(|| {
        stored.codec != Codec::Jpeg || !handle.has_regular_tiles() || jpeg::is_well_formed(bytes, 0)
    })
}

/// The bytes of a tile that was checked.
///
/// # Errors
/// Returns [`Error::Damaged`] if the store has bytes that differ from the tile's checksum.
fn accepted(handle: &ImageHandle, level: usize, tile: TileIndex, read: Checked) -> Result<Bytes, Error> {
    let stored = &handle.master.levels[level];
    if !read.is_sound {
        if !stored.checksums.is_empty() {
            let (TileIndex { column, row }, size) = (tile, stored.dimensions);
            let file = handle.key.as_str();
            return Err(Error::Damaged(format!(
                "in `{file}` the tile in column {column}, row {row} of the level of {size} pixels differs from its checksum"
            )));
        }
        handle.record_irregular_tile();
    }
    Ok(read.bytes)
}

/// Whether a tile starts like a JPEG; tiles of Tegl's pyramids must also be complete.
pub(super) fn is_sound(handle: &ImageHandle, tile: &[u8], head: usize) -> bool {
    complete_jpeg::is_sound(tile, head) && (handle.pyramid_of.is_none() || jpeg::has_end_marker(tile))
}

/// The compressed size of tiles in bytes.
///
/// # Errors
/// Fails with [`Error::Damaged`] if a tile is beyond the end of the file.
pub(super) fn stored_bytes(handle: &ImageHandle, level: usize, tiles: &[TileIndex]) -> Result<u64, Error> {
    let ranges = tiles.iter().filter_map(|&tile| handle.master.levels[level].range(tile));
    let mut bytes = 0u64;
    for range in ranges {
        within_file(handle, &range)?;
        bytes = bytes.saturating_add(range.end - range.start);
    }
    Ok(bytes)
}

/// Fails with [`Error::Damaged`] if a tile is beyond the end of the file.
pub(super) fn within_file(handle: &ImageHandle, range: &Range<u64>) -> Result<(), Error> {
    if range.end <= handle.version.size {
        return Ok(());
    }
    Err(Error::Damaged("the file is truncated: a tile is beyond its end".into()))
}

/// Whether a tile of this size needs no cropping.
pub(super) fn is_whole(handle: &ImageHandle, level: usize, size: Dimensions) -> bool {
    handle.master.levels[level].grid.tile == size
}

/// These tiles as they are stored; JPEG tiles with their headers.
#[tracing::instrument(target = "tegl::trace", level = "trace", name = "read", skip_all)]
pub(super) async fn tiles(
    handle: &ImageHandle,
    level: usize,
    wanted: &[TileIndex],
) -> Result<Vec<Option<Bytes>>, Error> {
    let stored = &handle.master.levels[level];
    let jpeg = stored.codec == Codec::Jpeg;
    let range = |&tile: &TileIndex| if jpeg { tile_range(handle, level, tile) } else { stored.range(tile) };
    let stored_ranges: Vec<_> = wanted.iter().map(range).collect();
    let head = if jpeg { handle.heads[level].as_ref() } else { &[] };
    let stored_tiles = || {
        let both = wanted.iter().zip(&stored_ranges);
        both.filter_map(|(&tile, range)| Some((tile, range.clone()?)))
    };
    let ranges: Vec<_> = stored_tiles().map(|(_, range)| range).collect();
    ranges.iter().try_for_each(|range| within_file(handle, range))?;
    let now = |(tile, range): (TileIndex, Range<u64>)| {
        let read = handle.store.read_if_cached(&handle.key, &handle.version, range, head)?;
        // What is in the page cache of a remote store is from its disk cache.
        let is_damaged = !handle.store.is_local()
            && read.as_ref().is_ok_and(|bytes| stored.is_intact(tile, &bytes[head.len()..]) == Some(false));
        (!is_damaged).then_some(read)
    };
    let read = match stored_tiles().map(now).collect::<Option<Result<Vec<Bytes>, store::Error>>>() {
        Some(read) => read?,
        None => {
            let places: Vec<TileIndex> = stored_tiles().map(|(tile, _)| tile).collect();
            let passes = |n: usize, bytes: &[u8]| passes(handle, level, places[n], bytes);
            let read = handle.store.read_many_checked(&handle.key, &handle.version, &ranges, &passes).await?;
            let accepted = places.iter().zip(read).map(|(&tile, read)| accepted(handle, level, tile, read));
            let tile = |tile: Result<Bytes, Error>| Ok::<_, Error>(Bytes::from([head, &tile?].concat()));
            accepted.map(tile).collect::<Result<_, Error>>()?
        }
    };
    if jpeg && handle.pyramid_of.is_some() && !read.iter().all(|tile| is_sound(handle, tile, head.len())) {
        ranges.iter().for_each(|range| handle.store.discard(&handle.key, &handle.version, range));
        return Err(Error::Damaged("a stored tile is not a JPEG".into()));
    }
    let mut read =
        read.into_iter().map(|tile| if jpeg { complete_jpeg::consistent(tile, head.len()) } else { tile });
    Ok(stored_ranges.into_iter().map(|range| range.and_then(|_| read.next())).collect())
}
