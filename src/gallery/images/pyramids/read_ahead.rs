//! Blocking access to a master's bytes for decoders, with read-ahead for remote stores.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::OnceLock;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::gallery;
use crate::gallery::images::handle::ImageHandle;
use crate::pixels::ReadAt;
use crate::store::{Error, Store};

/// Bytes of a remote master that are cached.
const KEPT: u64 = 24 << 20;
/// Pieces that are prefetched for a sequential reader.
const AHEAD: u64 = 2;

/// Reads a master in any order, on threads that may block.
pub(crate) struct ReadAhead {
    master: Arc<ImageHandle>,
    store: Store,
    tasks: Handle,
    /// Bytes per request to a remote store.
    piece: u64,
    pieces: Mutex<Pieces>,
    /// The store's first error; decoders cannot distinguish it from a truncated file.
    failed: OnceLock<Error>,
}

#[derive(Default)]
struct Pieces {
    kept: VecDeque<(u64, Bytes)>,
    coming: VecDeque<(u64, JoinHandle<Result<Bytes, Error>>)>,
    last: u64,
}

impl ReadAhead {
    /// Bytes that reading a remote master takes, at most.
    pub(crate) const MEMORY: u64 = KEPT + (8 << 20);

    /// For a reader that reads the file from start to end.
    pub(crate) fn sequential(master: Arc<ImageHandle>, tasks: Handle) -> Self {
        let store = master.store.without_ranges();
        Self { master, store, tasks, piece: 4 << 20, pieces: Mutex::default(), failed: OnceLock::new() }
    }

    /// For a reader of small ranges in any order.
    pub(crate) fn random_access(master: Arc<ImageHandle>, tasks: Handle) -> Self {
        let store = master.store.clone();
        Self { master, store, tasks, piece: 128 << 10, pieces: Mutex::default(), failed: OnceLock::new() }
    }

    fn fetch(&self, piece: u64) -> JoinHandle<Result<Bytes, Error>> {
        let (master, store) = (self.master.clone(), self.store.clone());
        let range = piece * self.piece..((piece + 1) * self.piece).min(master.version.size);
        self.tasks.spawn(async move { store.read(&master.key, &master.version, range, &[]).await })
    }

    /// A decoder's result, or the store's error if it failed meanwhile: a decoder reports that as a damaged file.
    pub(crate) fn checked<T, E: Into<gallery::Error>>(
        &self,
        made: Result<T, E>,
    ) -> Result<T, gallery::Error> {
        match self.failed.get().cloned() {
            // The store was read from before, so this is a failure of the store, not of the master.
            Some(error @ Error::Unsupported(_)) => Err(gallery::Error::Store(error)),
            Some(error) => Err(error.into()),
            None => made.map_err(Into::into),
        }
    }

    /// Records the first failure.
    fn fail(&self, error: Error) -> io::Error {
        let copy = io::Error::other(error.clone());
        let _earlier = self.failed.set(error);
        copy
    }

    fn piece(&self, piece: u64) -> Result<Bytes, Error> {
        let mut pieces = self.pieces.lock();
        if let Some((_, bytes)) = pieces.kept.iter().find(|(kept, _)| *kept == piece) {
            return Ok(bytes.clone());
        }
        let forward = piece == pieces.last + 1 || piece == 0;
        pieces.last = piece;
        let coming = pieces.coming.iter().position(|(coming, _)| *coming == piece);
        let fetching = match coming.and_then(|at| pieces.coming.remove(at)) {
            Some((_, fetching)) => fetching,
            None => self.fetch(piece),
        };
        if forward {
            pieces.coming.retain(|(coming, _)| (piece..=piece + AHEAD).contains(coming));
            for next in piece + 1..=piece + AHEAD {
                let there = pieces.coming.iter().any(|(coming, _)| *coming == next);
                if !there && next * self.piece < self.master.version.size {
                    let fetching = self.fetch(next);
                    pieces.coming.push_back((next, fetching));
                }
            }
        }
        let bytes = self.tasks.block_on(fetching).map_err(Error::unavailable)??;
        if pieces.kept.len() as u64 >= KEPT / self.piece {
            pieces.kept.pop_front();
        }
        pieces.kept.push_back((piece, bytes.clone()));
        Ok(bytes)
    }
}

impl ReadAt for ReadAhead {
    fn size(&self) -> u64 {
        self.master.version.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        // Decoders may continue after a failure; they must not wait for the store each time.
        if let Some(error) = self.failed.get() {
            return Err(io::Error::other(error.clone()));
        }
        let master = &self.master;
        if let Some(read) = master.store.read_at(&master.key, &master.version, offset, into) {
            return read.map_err(|error| self.fail(error));
        }
        let mut at = offset;
        let mut rest = into;
        while !rest.is_empty() {
            let bytes = self.piece(at / self.piece).map_err(|error| self.fail(error))?;
            let from = (at % self.piece) as usize;
            let found = bytes.get(from..).filter(|found| !found.is_empty());
            let found = found.ok_or(io::ErrorKind::UnexpectedEof)?;
            let length = found.len().min(rest.len());
            rest[..length].copy_from_slice(&found[..length]);
            rest = &mut rest[length..];
            at += length as u64;
        }
        Ok(())
    }
}
