//! Reads stored tiles, and checks that they are inside their file and start like a JPEG.

use std::ops::Range;

use bytes::Bytes;

use super::handle::ImageHandle;
use crate::gallery::Error;
use crate::iiif::Dimensions;
use crate::master::{Codec, TileIndex, complete_jpeg};
use crate::pixels::jpeg;
use crate::render::{Frame, Plan, Source};
use crate::store;

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
    range: Range<u64>,
) -> Result<Bytes, Error> {
    let head = &handle.heads[level];
    let bytes = handle.store.read(&handle.key, &handle.version, range.clone(), head).await?;
    if !is_sound(handle, &bytes, head.len()) {
        handle.store.discard(&handle.key, &handle.version, &range);
        return Err(Error::Damaged("a stored tile is not a JPEG".into()));
    }
    Ok(complete_jpeg::consistent(bytes, head.len()))
}

/// Whether a tile starts like a JPEG; tiles of Tegl's pyramids must also be complete.
fn is_sound(handle: &ImageHandle, tile: &[u8], head: usize) -> bool {
    complete_jpeg::is_sound(tile, head) && (handle.pyramid_of.is_none() || jpeg::has_end_marker(tile))
}

/// The compressed size of the frame's tiles in bytes.
pub(super) fn stored_bytes(handle: &ImageHandle, level: usize, frame: &Frame) -> Result<u64, Error> {
    let ranges = frame.tiles.iter().filter_map(|&tile| handle.master.levels[level].range(tile));
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

/// The frame's compressed tiles; JPEG tiles with their headers.
#[tracing::instrument(target = "tegl::trace", level = "trace", name = "read", skip_all)]
pub(super) async fn tiles(
    handle: &ImageHandle,
    level: usize,
    frame: &Frame,
) -> Result<Vec<Option<Bytes>>, Error> {
    let stored = &handle.master.levels[level];
    let jpeg = stored.codec == Codec::Jpeg;
    let range = |&tile: &TileIndex| if jpeg { tile_range(handle, level, tile) } else { stored.range(tile) };
    let stored_ranges: Vec<_> = frame.tiles.iter().map(range).collect();
    let head = if jpeg { handle.heads[level].as_ref() } else { &[] };
    let ranges: Vec<_> = stored_ranges.iter().flatten().cloned().collect();
    ranges.iter().try_for_each(|range| within_file(handle, range))?;
    let now =
        |range: &Range<u64>| handle.store.read_if_cached(&handle.key, &handle.version, range.clone(), head);
    let read = match ranges.iter().map(now).collect::<Option<Result<Vec<Bytes>, store::Error>>>() {
        Some(read) => read?,
        None => {
            let read = handle.store.read_many(&handle.key, &handle.version, &ranges).await?;
            read.iter().map(|tile| Bytes::from([head, tile].concat())).collect()
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
