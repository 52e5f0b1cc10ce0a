//! The cache of decoded tiles, which overlapping regions share.

use std::sync::Arc;

use moka::sync::Cache;

use super::handle::ImageHandle;
use crate::gallery::Error;
use crate::gallery::single_flight::Cancellation;
use crate::iiif::Dimensions;
use crate::master::{Level, TileIndex};
use crate::pixels::{Picture, Raster};
use crate::render::{self, Frame, Tile};

/// The image's number, the level, and the tile. For a JPEG 2000, the level is the logarithm of the reduction.
pub(super) type Key = (u64, usize, TileIndex);

/// Decoded tiles of small levels. Those of a large one would replace each other before they are requested again.
#[derive(Clone)]
pub(super) struct DecodedTiles {
    cache: Cache<Key, Arc<Picture>>,
    /// The most bytes of a level, decoded: two such levels fit.
    max_level: u64,
}

impl DecodedTiles {
    /// A cache of at most `bytes`.
    pub(super) fn new(bytes: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_: &Key, tile: &Arc<Picture>| (tile.bytes() + 256) as u32);
        Self { cache: cache.build(), max_level: bytes / 2 }
    }

    /// The frame's tiles that are cached; `None` for the others.
    pub(super) fn find(
        &self,
        handle: &ImageHandle,
        level: usize,
        frame: &Frame,
    ) -> Vec<Option<Arc<Picture>>> {
        let is_kept = self.keeps(&handle.master.levels[level], frame);
        let find = |&tile: &TileIndex| is_kept.then(|| self.get(&(handle.number, level, tile))).flatten();
        frame.tiles.iter().map(find).collect()
    }

    /// The same tiles; those that the cache keeps are decoded, unless the rendering is cancelled meanwhile.
    pub(super) fn decode(
        &self,
        handle: &ImageHandle,
        level: usize,
        frame: &Frame,
        tiles: Vec<Tile>,
        cancellation: &Cancellation,
    ) -> Vec<Tile> {
        let stored_level = &handle.master.levels[level];
        if !self.keeps(stored_level, frame) {
            return tiles;
        }
        let decode = |(&index, tile): (&TileIndex, Tile)| {
            let Tile::Stored(stored) = &tile else { return tile };
            if cancellation.is_cancelled() {
                return tile;
            }
            let Some(decoded) = render::decoded(stored_level, index, stored) else { return tile };
            let decoded = Arc::new(decoded);
            self.cache.insert((handle.number, level, index), decoded.clone());
            Tile::Decoded(decoded)
        };
        let is_any_new = tiles.iter().any(|tile| matches!(tile, Tile::Stored(_)));
        let tiles = frame.tiles.iter().zip(tiles).map(decode).collect();
        if is_any_new {
            self.evict();
        }
        tiles
    }

    /// The bytes of the frame's tiles, if they are decoded for the cache.
    pub(super) fn cost(&self, level: &Level, frame: &Frame) -> u64 {
        match self.keeps(level, frame) {
            true => frame.tiles.len() as u64 * level.grid.tile.area() * render::bytes_per_pixel(level),
            false => 0,
        }
    }

    fn keeps(&self, level: &Level, frame: &Frame) -> bool {
        frame.reduce == 1 && self.keeps_level(level.dimensions, render::bytes_per_pixel(level))
    }

    /// Whether tiles of a level of this size are kept.
    pub(super) fn keeps_level(&self, level: Dimensions, bytes_per_pixel: u64) -> bool {
        level.area().saturating_mul(bytes_per_pixel) <= self.max_level
    }

    /// A tile, if it is cached.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Picture>> {
        self.cache.get(key)
    }

    /// A tile, decoded by `decode` unless it is cached. If another rendering decodes it, its result is waited for.
    ///
    /// # Errors
    /// That of the rendering that decoded it, unless this was cancelled and the caller is not.
    pub(super) fn get_or_decode(
        &self,
        key: Key,
        cancellation: &Cancellation,
        decode: impl Fn() -> Result<Raster, Error>,
    ) -> Result<Arc<Picture>, Error> {
        loop {
            cancellation.check()?;
            match self.cache.try_get_with(key, || decode().map(Picture::Packed).map(Arc::new)) {
                Ok(tile) => {
                    self.evict();
                    return Ok(tile);
                }
                Err(error) if matches!(*error, Error::Abandoned) => {}
                Err(error) => return Err(Error::clone(&error)),
            }
        }
    }

    /// Frees what exceeds the capacity now, as tiles may be large.
    fn evict(&self) {
        self.cache.run_pending_tasks();
    }

    pub(super) fn bytes(&self) -> u64 {
        self.cache.weighted_size()
    }

    pub(super) fn forget(&self) {
        self.cache.invalidate_all();
    }
}
