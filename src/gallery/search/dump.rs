//! Dumps of the whole index, generated while they are sent, on search threads, with a limit on concurrent dumps.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use futures::stream::try_unfold;
use tokio::sync::OwnedSemaphorePermit;

use super::SearchService;
use crate::gallery::{Error, error_chain};
use crate::search::{self, Snapshot};

/// The time that a client may stall.
const STALLED: Duration = Duration::from_secs(60);

/// A dump that is being generated.
pub(crate) trait Dump: Send + Sized + 'static {
    /// Equal for dumps with equal bytes.
    fn key(&self) -> String;

    /// Generates the next works.
    fn write(&mut self) -> Result<(), search::Error>;

    /// Whether a piece is full, or all that is needed has been generated.
    fn is_ready(&self) -> bool;

    /// The next piece; `None` at the end.
    fn piece(&mut self) -> Option<Bytes>;

    /// The length in bytes of what has been generated, and whether the dump is complete.
    fn length(&self) -> (u64, bool);
}

impl SearchService {
    /// The bytes of a dump, generated while they are sent. No thread blocks on a client.
    ///
    /// # Errors
    /// Returns [`Error::Busy`] if too many dumps are in progress.
    pub(crate) fn stream_dump<D: Dump>(
        self: &Arc<Self>,
        mut dump: D,
    ) -> Result<impl Stream<Item = Result<Bytes, io::Error>> + use<D>, Error> {
        let permit = self.dump_permit()?;
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        let service = self.clone();
        self.tasks.spawn(async move {
            loop {
                dump = match service.advance(dump).await {
                    Ok(advanced) => advanced,
                    Err(error) => {
                        tracing::error!(error = error_chain(&error), "a dump was aborted");
                        return;
                    }
                };
                let piece = dump.piece();
                let is_whole = piece.is_none();
                if is_whole && let (length, true) = dump.length() {
                    service.dump_lengths.insert(dump.key(), length);
                }
                // A stalled client is disconnected and can resume later.
                let sent = tokio::time::timeout(STALLED, sender.send(piece)).await;
                if is_whole || !matches!(sent, Ok(Ok(()))) {
                    return drop(permit);
                }
            }
        });
        Ok(try_unfold(receiver, |mut receiver| async move {
            match receiver.recv().await {
                Some(Some(piece)) => Ok(Some((piece, receiver))),
                Some(None) => Ok(None),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            }
        }))
    }

    /// The length of a dump in bytes, if it has been generated before.
    pub(crate) fn known_dump_length(&self, key: &str) -> Option<u64> {
        self.dump_lengths.get(key)
    }

    /// Generates a dump to measure its length in bytes.
    ///
    /// # Errors
    /// Returns [`Error::Busy`] if too many dumps are in progress, and other errors if the index cannot be read.
    pub(crate) async fn measure_dump(&self, dump: impl Dump) -> Result<u64, Error> {
        let _permit = self.dump_permit()?;
        let dump = self.advance(dump).await?;
        let (length, _) = dump.length();
        self.dump_lengths.insert(dump.key(), length);
        Ok(length)
    }

    /// Keeps a snapshot for clients that resume a dump of it.
    pub(crate) fn hold(&self, snapshot: &Arc<Snapshot>) {
        self.held.insert(snapshot.state(), snapshot.clone());
    }

    /// The current snapshot or a kept one, whichever matches.
    pub(crate) fn held(&self, matches: impl Fn(u64) -> bool) -> Option<Arc<Snapshot>> {
        let current = self.snapshot().ok().filter(|snapshot| matches(snapshot.state()));
        current.or_else(|| {
            let state = self.held.iter().map(|(state, _)| *state).find(|state| matches(*state))?;
            self.held.get(&state).filter(|held| self.may_be_shown(held))
        })
    }

    /// Acquires a permit to send a dump; fails if too many are in progress.
    fn dump_permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.dumps.clone().try_acquire_owned().map_err(|_| Error::Busy { retry_after_s: 30 })
    }

    /// Generates works until a chunk is ready.
    async fn advance<D: Dump>(&self, mut dump: D) -> Result<D, Error> {
        while !dump.is_ready() {
            dump = self
                .run_step(move || {
                    dump.write()?;
                    Ok(dump)
                })
                .await?;
        }
        Ok(dump)
    }
}
