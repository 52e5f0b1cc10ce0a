//! Claims in a bucket: small objects that are created if absent, renewed by conditional updates, and taken over when they
//! are not renewed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::reader::Remote;
use super::writer::RemoteWriter;
use crate::store::{Error, Key, Version, runtime};

/// How often a claim is renewed, and how long after its last change others may take it over. Others measure the time
/// from when they first saw this version, so that clocks of machines need not agree.
#[derive(Clone, Copy)]
pub(in crate::store) struct Times {
    pub renewal: Duration,
    pub expiry: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { renewal: Duration::from_secs(4), expiry: Duration::from_secs(15) }
    }
}

/// One who wants a claim, and what it has seen of another's.
pub(in crate::store) struct RemoteClaimant {
    writer: Arc<RemoteWriter>,
    reader: Arc<Remote>,
    key: Key,
    /// The first bytes of own claims; no two claimants have the same.
    token: String,
    seen: Option<(Version, Instant)>,
    times: Times,
}

/// A claim, renewed until it is dropped, and then removed.
pub(in crate::store) struct RemoteClaim {
    dropped: oneshot::Sender<()>,
    removed: oneshot::Receiver<()>,
}

impl RemoteClaimant {
    pub(in crate::store) fn new(
        writer: Arc<RemoteWriter>,
        reader: Arc<Remote>,
        key: Key,
        times: Times,
    ) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        // Processes on several machines may have the same number.
        let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), (process, number));
        let token = format!("{random:016x} {process} {number} ");
        Self { writer, reader, key, token, seen: None, times }
    }

    /// Takes the claim unless another has it.
    pub(in crate::store) async fn take(&mut self) -> Result<Option<RemoteClaim>, Error> {
        self.writer.create(&self.key, self.content(0)).await?;
        // A creation whose answer was lost is repeated and then refused, so what is there decides.
        let (version, found) = match self.reader.read_start(&self.key, 1024).await {
            Err(Error::NotFound) => return Ok(None),
            read => read?,
        };
        if found.starts_with(self.token.as_bytes()) {
            return Ok(Some(self.held(version)));
        }
        match &self.seen {
            Some((seen, since)) if *seen == version => {
                if since.elapsed() < self.times.expiry {
                    return Ok(None);
                }
            }
            _ => {
                self.seen = Some((version, Instant::now()));
                return Ok(None);
            }
        }
        self.seen = None;
        let taken_over = self.writer.replace(&self.key, &version, self.content(1)).await?;
        Ok(taken_over.map(|version| self.held(version)))
    }

    /// The bytes of a claim. Stores may derive versions from bytes alone, so each renewal has other ones.
    fn content(&self, renewal: u64) -> Bytes {
        format!("{}{renewal}\n", self.token).into()
    }

    fn held(&self, mut version: Version) -> RemoteClaim {
        let (dropped, mut is_dropped) = oneshot::channel::<()>();
        let (is_removed, removed) = oneshot::channel();
        let (writer, reader, key) = (self.writer.clone(), self.reader.clone(), self.key.clone());
        let (token, renewal) = (self.token.clone(), self.times.renewal);
        runtime::spawn_detached(async move {
            for number in 2.. {
                tokio::select! {
                    _ = &mut is_dropped => break,
                    () = tokio::time::sleep(renewal) => {}
                }
                match writer.replace(&key, &version, format!("{token}{number}\n").into()).await {
                    Ok(Some(renewed)) => version = renewed,
                    // Another one has taken it over; or the answer was lost, and the next read shows the own bytes.
                    Ok(None) => match reader.read_start(&key, 1024).await {
                        Ok((found, bytes)) if bytes.starts_with(token.as_bytes()) => version = found,
                        Ok(_) | Err(Error::NotFound) => {
                            tracing::info!(claim = key.as_str(), "another process has taken over");
                            return;
                        }
                        Err(_) => {}
                    },
                    Err(error) => tracing::debug!(claim = key.as_str(), %error, "a claim was not renewed"),
                }
            }
            match reader.read_start(&key, 1024).await {
                Ok((_, bytes)) if bytes.starts_with(token.as_bytes()) => {
                    if let Err(error) = writer.remove(&key).await {
                        tracing::debug!(claim = key.as_str(), %error, "a claim remains until it is taken over");
                    }
                }
                _ => {}
            }
            let _nobody_waits = is_removed.send(());
        });
        RemoteClaim { dropped, removed }
    }
}

impl RemoteClaim {
    /// Removes the claim, and waits until that is done.
    pub(in crate::store) async fn release(self) {
        let Self { dropped, removed } = self;
        drop(dropped);
        let _ended = removed.await;
    }
}
