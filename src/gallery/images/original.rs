//! Masters as they lie, to be taken home: as far as rights go.

use std::ops::Range;
use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::ImageService;
use super::authorized::AuthorizedImage;
use super::renderer::Renderer;
use super::unsent::Unsent;
use crate::gallery::{Error, error_chain};
use crate::store::{Key, Store, Version};

/// A master that may be downloaded, in the version that it has now.
#[derive(Clone)]
pub struct Original {
    store: Store,
    key: Key,
    version: Version,
    pub media_type: &'static str,
    digests: Digests,
    renderer: Arc<Renderer>,
    tasks: tokio::runtime::Handle,
}

/// SHA-256 digests of originals, and how many may be computed at the same time.
#[derive(Clone)]
pub struct Digests {
    /// In base 64, by place and version.
    known: Cache<(String, Version), Arc<str>>,
    workers: Arc<Semaphore>,
}

impl Default for Digests {
    fn default() -> Self {
        Self { known: Cache::new(10_000), workers: Arc::new(Semaphore::new(DIGESTERS)) }
    }
}

/// What is read at a time from a local store, in bytes: small enough to be copied from memory without a thread of its
/// own, and to be forgotten in the account of a connection.
const NEAR_PIECE: u64 = 64 << 10;
/// The same from a store that is far away, where each request has its price.
const PIECE: u64 = 256 << 10;
/// Pieces that are fetched ahead of the client from a store that is far away.
const AHEAD: usize = 2;
/// Pieces that may wait to be digested.
const BEHIND: usize = 16;
/// Masters that are digested at the same time: some have a thread for as long as their client reads.
const DIGESTERS: usize = 2;
/// Masters up to this many bytes are digested before they are sent for the first time, if they lie here.
const DIGESTED_FIRST: u64 = 256 << 20;

impl ImageService {
    /// The master's file itself, where the rights allow that.
    pub async fn original(&self, identifier: &str) -> Result<Original, Error> {
        let original = self.original_of(&self.open(identifier).await?).ok_or(Error::Forbidden)?;
        // A download is long: it had better not begin with a version that is gone.
        if original.store.head(&original.key).await? == original.version {
            return Ok(original);
        }
        self.forget(identifier);
        self.original_of(&self.open(identifier).await?).ok_or(Error::Forbidden)
    }

    /// The same of an image that has been opened.
    pub fn original_of(&self, granted: &AuthorizedImage) -> Option<Original> {
        let (store, key, version) = granted.origin();
        granted.grant.original.then(|| Original {
            store: store.clone(),
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
    pub fn length(&self) -> u64 {
        self.version.size
    }

    /// What tells this version from every other one of every other master.
    pub fn name(&self) -> [&[u8]; 3] {
        [self.key.as_str().as_bytes(), self.version.etag.as_bytes(), b"original"]
    }

    /// The file's name in its folder.
    pub fn file_name(&self) -> &str {
        self.key.as_str().rsplit('/').next().unwrap_or_default()
    }

    /// Memory for the pieces that wait to be sent, where they come from a store that is far away.
    pub async fn admit(&self) -> Result<Unsent, Error> {
        match self.store.is_local() {
            true => Ok(Unsent::default()),
            false => self.renderer.unsent_pieces(PIECE * (AHEAD as u64 + 1)).await,
        }
    }

    /// These bytes, piece by piece, of this version alone: where it is replaced meanwhile the stream breaks off.
    pub fn pieces(&self, range: Range<u64>) -> impl Stream<Item = Result<Bytes, Error>> + use<> {
        let original = self.clone();
        // What lies here comes faster than anybody takes it.
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

    /// All its bytes. They are digested beside, as long as that keeps nobody waiting: once the last has left, the
    /// digest is known.
    pub fn all(&self) -> impl Stream<Item = Result<Bytes, Error>> + use<> {
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

    /// A thread that digests the pieces it is sent, all of them in order; if one is free.
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

    /// The SHA-256 digest of the whole in base 64, where it is known or quickly had.
    pub async fn digest(&self) -> Option<Arc<str>> {
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
        self.digests.known.get(&(self.place(), self.version.clone()))
    }

    fn remember(&self, hash: Sha256) {
        let digest = base64::engine::general_purpose::STANDARD.encode(hash.finalize());
        self.digests.known.insert((self.place(), self.version.clone()), digest.into());
    }

    fn place(&self) -> String {
        format!("{}\0{}", self.store.describe(), self.key.as_str())
    }
}
