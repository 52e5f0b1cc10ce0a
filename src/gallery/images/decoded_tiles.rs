//! The cache of decoded tiles, which overlapping regions share.

use std::sync::Arc;

use moka::sync::Cache;

use super::handle::ImageHandle;
use crate::gallery::single_flight::Cancellation;
use crate::master::{Codec, Level, TileIndex};
use crate::pixels::Planar;
use crate::render::{self, Frame, Tile};

/// The image's number, the level, and the tile.
type Key = (u64, usize, TileIndex);

/// Decoded JPEG tiles of small levels. Those of a large one would replace each other before they are requested again.
#[derive(Clone)]
pub(super) struct DecodedTiles {
    cache: Cache<Key, Arc<Planar>>,
    /// The most bytes of a level, decoded: two such levels fit.
    max_level: u64,
}

impl DecodedTiles {
    /// A cache of at most `bytes`.
    pub(super) fn new(bytes: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_: &Key, tile: &Arc<Planar>| (tile.bytes() + 256) as u32);
        Self { cache: cache.build(), max_level: bytes / 2 }
    }

    /// The frame's tiles that are cached; `None` for the others.
    pub(super) fn find(&self, handle: &ImageHandle, level: usize, frame: &Frame) -> Vec<Option<Arc<Planar>>> {
        let is_kept = self.keeps(&handle.master.levels[level], frame);
        let find =
            |&tile: &TileIndex| is_kept.then(|| self.cache.get(&(handle.number, level, tile))).flatten();
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
            let Tile::Stored(jpeg) = &tile else { return tile };
            if cancellation.is_cancelled() {
                return tile;
            }
            let Some(decoded) = render::decoded(stored_level, index, jpeg) else { return tile };
            let decoded = Arc::new(decoded);
            self.cache.insert((handle.number, level, index), decoded.clone());
            Tile::Decoded(decoded)
        };
        frame.tiles.iter().zip(tiles).map(decode).collect()
    }

    /// The bytes of the frame's tiles, if they are decoded for the cache.
    pub(super) fn cost(&self, level: &Level, frame: &Frame) -> u64 {
        match self.keeps(level, frame) {
            true => frame.tiles.len() as u64 * level.grid.tile.area() * render::bytes_per_pixel(level),
            false => 0,
        }
    }

    fn keeps(&self, level: &Level, frame: &Frame) -> bool {
        let decoded = level.dimensions.area().saturating_mul(render::bytes_per_pixel(level));
        frame.reduce == 1 && level.codec == Codec::Jpeg && decoded <= self.max_level
    }

    pub(super) fn bytes(&self) -> u64 {
        self.cache.weighted_size()
    }

    pub(super) fn forget(&self) {
        self.cache.invalidate_all();
    }
}
