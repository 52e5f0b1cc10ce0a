//! Reads stored tiles ahead of viewers: who requests a tile next to one that was requested lately will request its neighbours.
//! They are read together, in few ranges, so that a view over a store with latency does not wait for each row of its tiles.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use moka::sync::Cache;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::handle::ImageHandle;
use super::read_tiles::{is_sound, stored_bytes, tiles};
use super::recent_keys::RecentKeys;
use crate::gallery::Error;
use crate::gallery::single_flight::SingleFlight;
use crate::iiif::Rect;
use crate::master::{Grid, TileIndex};
use crate::store;

/// The side of the square of tiles that are read together, in pixels of their level.
const SQUARE: u32 = 1024;
/// The most tiles along its side.
const MAX_ACROSS: u32 = 8;
/// The most bytes that are read together.
const MAX_BYTES: u64 = 1 << 20;
/// The most squares that are read at the same time; tiles of others are read one by one.
const READS: usize = 16;
/// The most bytes of tiles that wait for their requests.
const MAX_KEPT: u64 = 16 << 20;
/// How long they wait.
const WAIT: Duration = Duration::from_secs(30);
/// How long nothing is read ahead of an image after that has failed.
const PAUSE: Duration = Duration::from_secs(10);
/// The most images that are paused.
const MAX_PAUSED: u64 = 10_000;

/// The image's number, the level, and the tile, or the first tile of a square.
type Key = (u64, usize, TileIndex);

/// Tiles of remote stores that are read before they are requested.
pub(super) struct TilesAhead {
    /// What was requested lately.
    requested: RecentKeys,
    reading: SingleFlight<Key, Arc<HashMap<TileIndex, Bytes>>>,
    reads: Semaphore,
    waiting: Cache<Key, Bytes>,
    /// The numbers of images of which tiles could not be read lately.
    paused: Cache<u64, ()>,
    capacity: u64,
}

impl TilesAhead {
    /// Keeps tiles in a part of the `memory` for responses, in bytes; without any, nothing is read ahead.
    pub(super) fn new(memory: u64, tasks: Handle) -> Self {
        let capacity = Self::share(memory);
        let waiting = Cache::builder()
            .max_capacity(capacity)
            .time_to_live(WAIT)
            .weigher(|_: &Key, bytes: &Bytes| (bytes.len() + 256) as u32);
        Self {
            requested: RecentKeys::new(),
            reading: SingleFlight::new(tasks),
            reads: Semaphore::new(READS),
            waiting: waiting.build(),
            paused: Cache::builder().max_capacity(MAX_PAUSED).time_to_live(PAUSE).build(),
            capacity,
        }
    }

    /// The part of the memory for responses that tiles ahead take, in bytes.
    pub(super) fn share(memory: u64) -> u64 {
        (memory / 8).min(MAX_KEPT)
    }

    /// The bytes of a requested tile, if it was read ahead or is read together with its neighbours now.
    ///
    /// # Errors
    /// Returns the errors of the store. Damage is not reported, as it may be a neighbour's.
    pub(super) async fn tile(
        self: &Arc<Self>,
        handle: &Arc<ImageHandle>,
        level: usize,
        tile: TileIndex,
    ) -> Result<Option<Bytes>, Error> {
        if handle.store.is_local() || self.capacity == 0 {
            return Ok(None);
        }
        let number = handle.number;
        let key = |tile| (number, level, tile);
        if let Some(bytes) = self.waiting.remove(&key(tile)) {
            self.requested.insert(&key(tile));
            return Ok(Some(bytes));
        }
        let grid = handle.master.levels[level].grid;
        let is_next = neighbours(grid, tile).any(|next| self.requested.contains(&key(next)));
        self.requested.insert(&key(tile));
        if !is_next || self.paused.contains_key(&number) {
            return Ok(None);
        }
        let square = square(grid, tile);
        let Some(&first) = square.first().filter(|_| square.len() > 1) else {
            return Ok(None);
        };
        let (ahead, handle) = (self.clone(), handle.clone());
        let read = move |_| async move { ahead.read(&handle, level, tile, square).await.map(Arc::new) };
        match self.reading.join(key(first), read).await {
            Ok(read) => {
                self.waiting.invalidate(&key(tile));
                Ok(read.get(&tile).cloned())
            }
            Err(error) => {
                self.paused.insert(number, ());
                let may_be_of_a_neighbour =
                    matches!(error, Error::Damaged(_) | Error::Store(store::Error::BadResponse(_)));
                if may_be_of_a_neighbour { Ok(None) } else { Err(error) }
            }
        }
    }

    /// Reads the tiles of a square that were not requested lately, and keeps them.
    async fn read(
        &self,
        handle: &ImageHandle,
        level: usize,
        requested: TileIndex,
        square: Vec<TileIndex>,
    ) -> Result<HashMap<TileIndex, Bytes>, Error> {
        let Ok(_permit) = self.reads.try_acquire() else {
            return Ok(HashMap::new());
        };
        let key = |tile| (handle.number, level, tile);
        let is_wanted = |tile: &TileIndex| *tile == requested || !self.requested.contains(&key(*tile));
        let wanted: Vec<TileIndex> = square.into_iter().filter(is_wanted).collect();
        if stored_bytes(handle, level, &wanted)? > MAX_BYTES {
            return Ok(HashMap::new());
        }
        let read = tiles(handle, level, &wanted).await?;
        let head = handle.heads[level].len();
        let sound = |(tile, bytes): (TileIndex, Option<Bytes>)| {
            bytes.filter(|bytes| is_sound(handle, bytes, head)).map(|bytes| (tile, bytes))
        };
        let read: HashMap<TileIndex, Bytes> = wanted.into_iter().zip(read).filter_map(sound).collect();
        for (&tile, bytes) in read.iter().filter(|(tile, _)| **tile != requested) {
            self.waiting.insert(key(tile), bytes.clone());
        }
        Ok(read)
    }

    /// Drops the tiles that wait for their requests.
    pub(super) fn forget(&self) {
        self.waiting.invalidate_all();
    }

    /// The bytes of tiles that wait for their requests.
    pub(super) fn bytes(&self) -> u64 {
        self.waiting.weighted_size()
    }
}

/// The tiles around a tile.
fn neighbours(grid: Grid, tile: TileIndex) -> impl Iterator<Item = TileIndex> {
    let Rect { x, y, width, height } = grid.rect(tile);
    let (left, top) = (x.saturating_sub(1), y.saturating_sub(1));
    let (right, bottom) = ((x + width).saturating_add(1), (y + height).saturating_add(1));
    let around = Rect {
        x: left,
        y: top,
        width: right.min(grid.image.width) - left,
        height: bottom.min(grid.image.height) - top,
    };
    grid.covering(around).filter(move |next| *next != tile)
}

/// The tiles of the square of [`SQUARE`] pixels that contains a tile, row by row.
fn square(grid: Grid, tile: TileIndex) -> Vec<TileIndex> {
    let side = |at: u32, tile: u32, image: u32| {
        let length = tile * (SQUARE / tile).clamp(1, MAX_ACROSS);
        let first = at * tile / length * length;
        (first, length.min(image - first))
    };
    let (x, width) = side(tile.column, grid.tile.width, grid.image.width);
    let (y, height) = side(tile.row, grid.tile.height, grid.image.height);
    grid.covering(Rect { x, y, width, height }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iiif::Dimensions;

    fn grid(side: u32) -> Grid {
        Grid { image: Dimensions::new(2600, 1100), tile: Dimensions::new(side, side) }
    }

    fn at(column: u32, row: u32) -> TileIndex {
        TileIndex { column, row }
    }

    #[test]
    fn a_square_ends_with_its_level() {
        assert_eq!(square(grid(512), at(1, 1)), [at(0, 0), at(1, 0), at(0, 1), at(1, 1)]);
        assert_eq!(square(grid(512), at(5, 2)), [at(4, 2), at(5, 2)]);
        assert_eq!(square(grid(256), at(10, 4)), [at(8, 4), at(9, 4), at(10, 4)]);
        assert_eq!(square(grid(2048), at(1, 0)), [at(1, 0)]);
        assert_eq!(square(grid(16), at(9, 9)).len(), 64);
    }

    #[test]
    fn neighbours_are_on_the_level() {
        assert_eq!(neighbours(grid(512), at(0, 0)).count(), 3);
        assert_eq!(neighbours(grid(512), at(2, 1)).count(), 8);
        assert_eq!(neighbours(grid(2048), at(0, 0)).collect::<Vec<_>>(), [at(1, 0)]);
    }
}
