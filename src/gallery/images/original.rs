//! Original files of images, and files of sound and video, within their rights.

use std::ops::Range;
use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::ImageService;
use super::authorize::AuthorizedImage;
use super::renderer::Renderer;
use super::unsent::Unsent;
use crate::gallery::sources::Location;
use crate::gallery::{Error, error_chain};
use crate::record::media_type;
use crate::store::{self, Key, Store, Version};

/// A file that may be downloaded, in its current version: a master, or sound or video.
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

    /// A file of sound or video of a work, if the rights allow downloading it.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if no work has it, or it is none of sound or video; [`Error::Gone`] if all works that
    /// have it are withdrawn; and [`Error::Forbidden`] if the rights of one of them do not allow downloads.
    pub(crate) async fn media(&self, identifier: &str) -> Result<Original, Error> {
        let media_type = media_type(identifier).ok_or(Error::NotFound)?;
        let catalogue = self.catalogue.get().ok_or(Error::NotFound)?;
        let (store, key, version) = self.media_file(identifier).await?;
        let names = self.sources.names_of(&store, &key).await?;
        // A file that no record names is not published.
        let grant = catalogue.grant(&names).await?.ok_or(Error::NotFound)?;
        if !grant.original {
            return Err(Error::Forbidden);
        }
        let store = store.without_ranges();
        let (digests, renderer, tasks) = (self.digests.clone(), self.renderer.clone(), self.tasks.clone());
        Ok(Original { store, key, version, media_type, digests, renderer, tasks })
    }

    /// The current version of a file of sound or video, without a check of its rights, for jobs.
    pub(in crate::gallery) async fn media_file(
        &self,
        identifier: &str,
    ) -> Result<(Store, Key, Version), Error> {
        let Location { stores, key, page: 1 } = self.sources.locate(identifier)? else {
            return Err(Error::NotFound);
        };
        let mut failed = Error::NotFound;
        for store in stores {
            match store.head(&key).await {
                Ok(version) => return Ok((store, key, version)),
                Err(store::Error::NotFound) => {}
                Err(error) => failed = error.into(),
            }
        }
        Err(failed)
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

    /// Streams a range of this version in chunks. The stream fails if the master is replaced meanwhile. From a store that
    /// responds to ranges with the whole file, the file is read up to the end of the range.
    pub(crate) fn pieces(&self, range: Range<u64>) -> impl Stream<Item = Result<Bytes, Error>> + use<> {
        let original = self.clone();
        // Local files are read faster than clients receive them.
        let (ahead, length) = if self.store.is_local() { (1, NEAR_PIECE) } else { (AHEAD, PIECE) };
        let starts = (range.start..range.end).step_by(length as usize);
        let (whole, wanted) = (self.clone(), range.clone());
        let pieces = futures::stream::iter(starts)
            .map(move |start| {
                let original = original.clone();
                let piece = start..(start + length).min(range.end);
                async move { original.store.read(&original.key, &original.version, piece, &[]).await }
            })
            .buffered(ahead);
        let known =
            move |(first, rest): (Option<Result<Bytes, store::Error>>, BoxStream<'static, _>)| match first {
                Some(Err(store::Error::WithoutRanges)) => {
                    whole.store.stream(&whole.key, &whole.version, wanted.clone()).boxed()
                }
                first => futures::stream::iter(first).chain(rest).boxed(),
            };
        futures::stream::once(pieces.boxed().into_future()).flat_map(known).map_err(Error::from)
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
