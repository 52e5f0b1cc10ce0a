//! Decodes the tiles that a region needs, several at the same time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{panic, thread};

use parking_lot::Mutex;

use super::bytes::{BLOCK, Window};
use super::compose::Plane;
use super::markers::{Area, Component};
use super::packet_selection::Wanted;
use super::tile_codestream::Piece;
use super::{Codestream, Error, codec};
use crate::pixels::ReadAt;

/// Into how many runs of tiles each thread's share is divided, as tiles take different times.
const RUNS: usize = 8;
/// The most bytes of a tile that is read again as a whole if its packets' lengths turn out to be wrong.
const MAX_REPEATED: u64 = 64 << 20;

/// The memory that decoding a region needs.
pub struct Cost {
    /// Bytes, however many threads decode it.
    pub(super) shared: u64,
    /// Bytes for each tile that is decoded at the same time.
    pub(super) tile: u64,
    pub(super) tiles: usize,
}

impl Cost {
    /// Bytes of memory for this many threads.
    pub fn bytes(&self, threads: usize) -> u64 {
        self.tile.saturating_mul(tiles_at_once(self.tiles, threads) as u64).saturating_add(self.shared)
    }
}

/// How many tiles are decoded at the same time: so many that each thread has several. They share the other threads.
fn tiles_at_once(tiles: usize, threads: usize) -> usize {
    threads.min(tiles / 2).max(1)
}

impl Codestream {
    /// Decodes the components that are returned.
    pub(super) fn planes(
        &self,
        file: &dyn ReadAt,
        area: Area,
        reduce: u32,
        (limit, threads): (u64, usize),
    ) -> Result<Vec<Option<Plane>>, Error> {
        let main = &self.main;
        let is_used = |index: usize| self.layout.channels.iter().any(|channel| channel.component == index);
        let plane = |(index, component): (usize, &Component)| {
            is_used(index).then(|| Plane::new(component, area.stepped(component.step).reduced(reduce)))
        };
        let planes: Vec<Option<Plane>> = main.components.iter().enumerate().map(plane).collect();
        let planes = Mutex::new(planes);
        let tiles: Vec<([u32; 2], Wanted)> = self.intersected_tiles(area, reduce).collect();
        let at_once = tiles_at_once(tiles.len(), threads);
        // Neighbouring tiles are often read from one block.
        let runs: Vec<_> = tiles.chunks(tiles.len().div_ceil(RUNS * at_once).max(1)).collect();
        let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let decode_runs = || {
            let window = &mut Window::new(file, main.body.end, BLOCK);
            while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                for &(place, wanted) in *run {
                    if has_failed.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    let threads = threads / at_once;
                    let decoded =
                        self.decode_tile((file, window), (place, wanted), (limit, threads), &planes);
                    decoded.inspect_err(|_| has_failed.store(true, Ordering::Relaxed))?;
                }
            }
            Ok(())
        };
        thread::scope(|scope| {
            let other = |_| thread::Builder::new().name("jp2".into()).spawn_scoped(scope, decode_runs).ok();
            let others: Vec<_> = (1..at_once).filter_map(other).collect();
            let done = decode_runs();
            let join = |other: thread::ScopedJoinHandle<'_, _>| {
                other.join().unwrap_or_else(|reason| panic::resume_unwind(reason))
            };
            others.into_iter().map(join).fold(done, Result::and)
        })?;
        Ok(planes.into_inner())
    }

    /// Decodes a part of a tile into the planes, on at most `threads` threads.
    fn decode_tile(
        &self,
        (file, window): (&dyn ReadAt, &mut Window<'_>),
        (place, wanted): ([u32; 2], Wanted),
        (limit, threads): (u64, usize),
        planes: &Mutex<Vec<Option<Plane>>>,
    ) -> Result<(), Error> {
        let decode = |pieces: &[Piece], part: Wanted, window: &mut Window<'_>| {
            self.affordable(part.area.reduced(part.reduce), limit)?;
            codec::decode(window, pieces, part, threads, |decoded| {
                let mut planes = planes.lock();
                let plane = planes.get_mut(decoded.component).and_then(Option::as_mut);
                plane.map_or(Ok(()), |plane| plane.put(&decoded))
            })
        };
        let (pieces, part) = self.tile(file, window, place, wanted, true)?;
        let error = match decode(&pieces, part, window) {
            Err(error @ Error::Damaged { .. }) => error,
            done => return done,
        };
        // The lengths of packets may be wrong although they add up, so the complete tile is tried.
        match self.tile(file, window, place, wanted, false)? {
            (whole, _) if whole == pieces => Err(error),
            (whole, _) if whole.iter().map(Piece::len).sum::<u64>() > MAX_REPEATED => Err(error),
            (whole, part) => decode(&whole, part, window),
        }
    }
}
