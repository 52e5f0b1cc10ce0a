//! Downloads of original files, within their rights.

use std::ops::Range;
use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::ImageService;
use super::authorize::AuthorizedImage;
use super::renderer::Renderer;
use super::unsent::Unsent;
use crate::gallery::{Error, error_chain};
use crate::store::{Key, Store, Version};

/// A master that may be downloaded, in its current version.
#[derive(Clone)]
pub(crate) struct Original {
    store: Store,
    key: Key,
    version: Version,
    pub media_type: &'static str,
    digests: Digests,
    renderer: Arc<Renderer>,
    tasks: tokio::runtime::Handle,
}

/// Caches SHA-256 digests of originals, and limits how many are computed concurrently.
#[derive(Clone)]
pub(super) struct Digests {
    /// Base64 digests by location and version.
    known: Cache<(String, Version), Arc<str>>,
    workers: Arc<Semaphore>,
}

impl Default for Digests {
    fn default() -> Self {
        Self { known: Cache::new(10_000), workers: Arc::new(Semaphore::new(DIGESTERS)) }
    }
}

/// The number of bytes per read from a local store: small enough to be copied from the page cache without a blocking
/// thread, and to need no memory accounting.
const NEAR_PIECE: u64 = 64 << 10;
/// The number of bytes per read from a remote store, where each request has a cost.
const PIECE: u64 = 256 << 10;
/// The number of chunks prefetched from a remote store.
const AHEAD: usize = 2;
/// The number of chunks that may wait for the digest thread.
const BEHIND: usize = 16;
/// The maximum number of concurrent digests, because some hold a thread for as long as their client reads.
const DIGESTERS: usize = 2;
/// Local masters up to this many bytes are digested before they are first sent.
const DIGESTED_FIRST: u64 = 256 << 20;

impl ImageService {
    /// The master's file, if the rights allow downloading it.
    pub(crate) async fn original(&self, identifier: &str) -> Result<Original, Error> {
        let original = self.original_of(&self.open(identifier).await?).ok_or(Error::Forbidden)?;
        // A download is long, so it should not start with an outdated version.
        if original.store.head(&original.key).await? == original.version {
            return Ok(original);
        }
        self.forget(identifier);
        self.original_of(&self.open(identifier).await?).ok_or(Error::Forbidden)
    }

    /// The master's file for an opened image, if the rights allow downloading it.
    pub(crate) fn original_of(&self, granted: &AuthorizedImage) -> Option<Original> {
        let (store, key, version) = granted.origin();
        granted.grant.original.then(|| Original {
            store: store.without_ranges(),
            key: key.clone(),
            version: version.clone(),
            media_type: granted.master_type(),
            digests: self.digests.clone(),
            renderer: self.renderer.clone(),
            tasks: self.tasks.clone(),
        })
    }
}

impl Original {
    pub(crate) fn length(&self) -> u64 {
        self.version.size
    }

    /// The parts that identify this version of this master in its entity tag.
    pub(crate) fn name(&self) -> [&[u8]; 3] {
        [self.key.as_str().as_bytes(), self.version.etag.as_bytes(), b"original"]
    }

    /// The file's name in its folder.
    pub(crate) fn file_name(&self) -> &str {
        self.key.as_str().rsplit('/').next().unwrap_or_default()
    }

    /// Reserves memory for prefetched chunks of a remote store.
    pub(crate) async fn admit(&self) -> Result<Unsent, Error> {
        match self.store.is_local() {
            true => Ok(Unsent::default()),
            false => self.renderer.unsent_pieces(PIECE * (AHEAD as u64 + 1)).await,
        }
    }

    /// Streams a range of this version in chunks. The stream fails if the master is replaced meanwhile.
    pub(crate) fn pieces(&self, range: Range<u64>) -> impl Stream<Item = Result<Bytes, Error>> + use<> {
        let original = self.clone();
        // Local files are read faster than clients receive them.
        let (ahead, length) = if self.store.is_local() { (1, NEAR_PIECE) } else { (AHEAD, PIECE) };
        let starts = (range.start..range.end).step_by(length as usize);
        futures::stream::iter(starts)
            .map(move |start| {
                let original = original.clone();
                let piece = start..(start + length).min(range.end);
                async move { Ok(original.store.read(&original.key, &original.version, piece, &[]).await?) }
            })
            .buffered(ahead)
    }

    /// Streams all bytes. They are digested in parallel as long as this does not slow the download down; the digest is
    /// known after the last chunk.
    pub(crate) fn all(&self) -> impl Stream<Item = Result<Bytes, Error>> + use<> {
        let mut digester = match self.known_digest() {
            Some(_) => None,
            None => self.digester(),
        };
        self.pieces(0..self.length()).inspect(move |piece| {
            let taken = match (piece, &digester) {
                (Ok(piece), Some(digester)) => digester.try_send(piece.clone()).is_ok(),
                _ => false,
            };
            if !taken {
                digester = None;
            }
        })
    }

    /// A channel to a thread that digests all chunks in order, if a thread is free.
    fn digester(&self) -> Option<tokio::sync::mpsc::Sender<Bytes>> {
        let free = self.digests.workers.clone().try_acquire_owned().ok()?;
        let (sender, mut pieces) = tokio::sync::mpsc::channel::<Bytes>(BEHIND);
        let original = self.clone();
        self.tasks.spawn_blocking(move || {
            let (mut hash, mut length) = (Sha256::new(), 0);
            while let Some(piece) = pieces.blocking_recv() {
                length += piece.len() as u64;
                hash.update(&piece);
            }
            if length == original.length() {
                original.remember(hash);
            }
            drop(free);
        });
        Some(sender)
    }

    /// The SHA-256 digest of the file in base 64, if it is known or quickly computed.
    pub(crate) async fn digest(&self) -> Option<Arc<str>> {
        if let Some(known) = self.known_digest() {
            return Some(known);
        }
        if !self.store.is_local() || self.length() > DIGESTED_FIRST {
            return None;
        }
        let _free = self.digests.workers.try_acquire().ok()?;
        let mut hash = Sha256::new();
        let mut pieces = std::pin::pin!(self.pieces(0..self.length()));
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => hash.update(&piece),
                Err(error) => {
                    tracing::warn!(
                        master = self.key.as_str(),
                        error = error_chain(&error),
                        "cannot be digested"
                    );
                    return None;
                }
            }
            tokio::task::yield_now().await;
        }
        self.remember(hash);
        self.known_digest()
    }

    fn known_digest(&self) -> Option<Arc<str>> {
        self.digests.known.get(&(self.location(), self.version.clone()))
    }

    fn remember(&self, hash: Sha256) {
        let digest = base64::engine::general_purpose::STANDARD.encode(hash.finalize());
        self.digests.known.insert((self.location(), self.version.clone()), digest.into());
    }

    fn location(&self) -> String {
        format!("{}\0{}", self.store.describe(), self.key.as_str())
    }
}
