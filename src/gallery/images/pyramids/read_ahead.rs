//! Blocking access to a master's bytes for decoders, with read-ahead for remote stores.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::OnceLock;

use bytes::Bytes;
use md5::{Digest, Md5};
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
    /// The MD5 sum of the pieces that were read in order, and their number; `None` if it is of no use.
    sum: Option<Mutex<(Md5, u64)>>,
    /// The store's first error; decoders cannot distinguish it from a truncated file.
    failed: OnceLock<Error>,
}

#[derive(Default)]
struct Pieces {
    kept: VecDeque<(u64, Bytes)>,
    coming: VecDeque<(u64, JoinHandle<Result<Bytes, Error>>)>,
    /// All that were read.
    read: BTreeSet<u64>,
    last: u64,
}

impl ReadAhead {
    /// Bytes that reading a remote master takes, at most.
    pub(crate) const MEMORY: u64 = KEPT + (8 << 20);

    /// For a reader that reads the file from start to end.
    pub(crate) fn sequential(master: Arc<ImageHandle>, tasks: Handle) -> Self {
        let store = master.store.without_ranges();
        let sum = store.has_md5(&master.version).then(Mutex::default);
        let (pieces, failed) = (Mutex::default(), OnceLock::new());
        Self { master, store, tasks, piece: 4 << 20, pieces, sum, failed }
    }

    /// For a reader of small ranges in any order.
    pub(crate) fn random_access(master: Arc<ImageHandle>, tasks: Handle) -> Self {
        let store = master.store.clone();
        let (pieces, failed) = (Mutex::default(), OnceLock::new());
        Self { master, store, tasks, piece: 128 << 10, pieces, sum: None, failed }
    }

    fn fetch(&self, piece: u64) -> JoinHandle<Result<Bytes, Error>> {
        let (master, store) = (self.master.clone(), self.store.clone());
        let range = self.range(piece);
        self.tasks.spawn(async move { store.read(&master.key, &master.version, range, &[]).await })
    }

    /// A decoder's result, or the store's error if it failed meanwhile: a decoder reports that as a damaged file. If the
    /// whole file was read in order, it is also compared with its entity tag.
    pub(crate) fn checked<T, E: Into<gallery::Error>>(
        &self,
        made: Result<T, E>,
    ) -> Result<T, gallery::Error> {
        match self.failed.get().cloned() {
            // The store was read from before, so this is a failure of the store, not of the master.
            Some(error @ Error::Unsupported(_)) => Err(gallery::Error::Store(error)),
            Some(error) => Err(error.into()),
            None => {
                self.check_sum()?;
                let made = made.map_err(Into::into);
                if matches!(made, Err(gallery::Error::Damaged(_))) {
                    self.discard();
                }
                made
            }
        }
    }

    /// Compares the file with its entity tag, unless it was not read in order up to its last pieces.
    fn check_sum(&self) -> Result<(), Error> {
        let (Some(sum), pieces) = (&self.sum, self.master.version.size.div_ceil(self.piece)) else {
            return Ok(());
        };
        // Decoders do not read what follows the image.
        let read = sum.lock().1;
        if read == 0 || pieces - read > AHEAD {
            return Ok(());
        }
        for piece in read..pieces {
            self.piece(piece)?;
        }
        let sum = sum.lock().0.clone().finalize().into();
        let checked = self.store.check_md5(&self.master.key, &self.master.version, sum);
        // Its failure is one of this reader: another one has to read the same bytes before they count as the store's.
        checked.inspect_err(|error| drop(self.failed.set(error.clone())))
    }

    /// Removes what was read from the disk cache: it may have been damaged on its way.
    fn discard(&self) {
        let (master, pieces) = (&self.master, self.pieces.lock());
        pieces
            .read
            .iter()
            .for_each(|&piece| self.store.discard(&master.key, &master.version, &self.range(piece)));
    }

    fn range(&self, piece: u64) -> Range<u64> {
        piece * self.piece..((piece + 1) * self.piece).min(self.master.version.size)
    }

    /// Adds a piece to the sum, if it is the next one.
    fn add(&self, piece: u64, bytes: &Bytes) {
        if let Some(sum) = &self.sum {
            let (sum, next) = &mut *sum.lock();
            if *next == piece {
                sum.update(bytes);
                *next += 1;
            }
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
            self.add(piece, bytes);
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
        pieces.read.insert(piece);
        self.add(piece, &bytes);
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
