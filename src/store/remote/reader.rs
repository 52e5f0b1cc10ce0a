//! Reads objects of remote stores: exact ranges of exact versions, with every response checked.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::client::{HttpError, HttpErrorKind};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore};
use tokio::sync::mpsc::Sender;

use super::coalesce::{CoalescedRange, coalesce};
use super::connect::{Refusal, find};
use super::digest::Digests;
use super::limiter::Limiter;
use super::response;
use super::retry::{Clients, Retries};
use crate::store::counts::Counters;
use crate::store::fault::{Fault, Problem};
use crate::store::local::Listed;
use crate::store::{Error, Key, Settings, Version};

/// The maximum length of one request; longer reads are split and read in parallel.
const PART: u64 = 8 << 20;
/// The maximum number of keys of a store that lists all keys at once, unsorted.
const MAX_LISTED: usize = 1_000_000;

/// How a store lists its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Listing {
    /// In its own order, starting after any key.
    Paged,
    /// All at once, in any order.
    Whole,
}

/// A bucket, or a part of one.
pub(in crate::store) struct Remote {
    clients: Clients,
    listing: Listing,
    /// Empty, or ends in `/`.
    prefix: String,
    gap: u64,
    parallel: usize,
    limiter: Limiter,
    retries: Retries,
    counters: Arc<Counters>,
}

impl Remote {
    pub(in crate::store) fn new(
        clients: Clients,
        listing: Listing,
        prefix: String,
        settings: &Settings,
        counters: Arc<Counters>,
    ) -> Remote {
        let gap = settings.coalesce_gap_kib.saturating_mul(1024);
        let limiter = Limiter::new(settings, counters.clone());
        let (parallel, retries) = (settings.parallel_reads.max(1), Retries::new(settings));
        Remote { clients, listing, prefix, gap, parallel, limiter, retries, counters }
    }

    pub(in crate::store) async fn head(&self, key: &Key) -> Result<Version, Error> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        let path = self.path(key)?;
        self.request_with_retry(key, || async {
            let result = self.store(0).get_opts(&path, options.clone()).await.map_err(failed)?;
            Ok(version_of(&result.meta))
        })
        .await
    }

    /// Whether the store counts as unreachable, so that callers should not wait for it.
    pub(in crate::store) fn is_failing(&self) -> bool {
        self.limiter.is_open()
    }

    /// The client for a response of this length in bytes.
    fn store(&self, length: u64) -> &dyn ObjectStore {
        self.clients.choose(length, self.is_failing())
    }

    async fn request_with_retry<T, F>(&self, key: &Key, request: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.retries.run(|| self.is_failing(), || self.limiter.pass(key.as_str(), request())).await
    }

    pub(in crate::store) async fn read_start(&self, key: &Key, len: u64) -> Result<(Version, Bytes), Error> {
        let options = GetOptions { range: Some(GetRange::Bounded(0..len.max(1))), ..GetOptions::default() };
        let path = self.path(key)?;
        let start = || async {
            match self.store(len).get_opts(&path, options.clone()).await {
                Ok(result) => Ok(Ok(self.version_and_start(key, result, len).await?)),
                Err(error) if find(&error) == Some(&Refusal::OutOfRange) => Ok(Err(failed(error))),
                Err(error) => Err(failed(error)),
            }
        };
        match self.request_with_retry(key, start).await? {
            Ok(start) => Ok(start),
            // An empty object has no first byte.
            Err(out_of_range) => match self.head(key).await? {
                version if version.size == 0 => Ok((version, Bytes::new())),
                _ => Err(out_of_range),
            },
        }
    }

    pub(in crate::store) async fn read(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
    ) -> Result<Bytes, Error> {
        let len = range.end - range.start;
        if len <= 2 * PART {
            return self.read_part(key, version, range, prefix).await;
        }
        let parts = (range.start..range.end)
            .step_by(PART as usize)
            .map(|start| self.read_part(key, version, start..range.end.min(start + PART), &[]));
        let mut whole = BytesMut::with_capacity(prefix.len() + len as usize);
        whole.extend_from_slice(prefix);
        let mut parts = stream::iter(parts).buffered(self.parallel);
        while let Some(part) = parts.try_next().await? {
            whole.extend_from_slice(&part);
        }
        Ok(whole.freeze())
    }

    /// Reads the ranges; also returns the lengths of the coalesced ranges that were requested.
    pub(in crate::store) async fn read_many(
        &self,
        key: &Key,
        version: &Version,
        ranges: &[Range<u64>],
    ) -> Result<(Vec<Bytes>, Vec<u64>), Error> {
        let requested = coalesce(ranges, self.gap);
        let lengths = requested.iter().map(|one| one.range.end - one.range.start).collect();
        let reads = requested.into_iter().map(|CoalescedRange { range, wanted }| async move {
            let _permit = self.limiter.one_of_several().await?;
            let bytes = self.read(key, version, range.clone(), &[]).await?;
            Ok::<_, Error>((range.start, wanted, bytes))
        });
        let mut all = vec![Bytes::new(); ranges.len()];
        let mut answers = stream::iter(reads).buffer_unordered(self.parallel);
        while let Some((start, wanted, bytes)) = answers.try_next().await? {
            for index in wanted {
                let wanted = &ranges[index];
                all[index] = bytes.slice((wanted.start - start) as usize..(wanted.end - start) as usize);
            }
        }
        drop(answers);
        Ok((all, lengths))
    }

    pub(in crate::store) async fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Listed>, Error> {
        self.limiter.pass("", self.list_now(after, limit)).await
    }

    async fn list_now(&self, after: Option<&str>, limit: usize) -> Result<Vec<Listed>, Error> {
        let prefix = Some(self.prefix.trim_end_matches('/')).filter(|prefix| !prefix.is_empty());
        let prefix = prefix.map(Path::parse).transpose().map_err(|_| Error::NotFound)?;
        let after = after.map(Key::parse).transpose()?;
        let client = self.store(u64::MAX);
        let found = match &after {
            Some(after) if self.listing != Listing::Whole => {
                let after = Path::parse(self.full(after)).map_err(|_| Error::NotFound)?;
                client.list_with_offset(prefix.as_ref(), &after)
            }
            _ => client.list(prefix.as_ref()),
        };
        let after = after.as_ref().map(Key::as_str).unwrap_or_default();
        let found = found.map_err(failed).try_filter_map(async |object| Ok(self.listed(&object, after)));
        match self.listing {
            Listing::Whole => {
                let mut all: Vec<Listed> = found.take(MAX_LISTED).try_collect().await?;
                all.sort_unstable();
                all.truncate(limit);
                Ok(all)
            }
            _ => found.take(limit).try_collect().await,
        }
    }

    /// The object's key, if it is a valid key and not hidden.
    fn listed(&self, object: &ObjectMeta, after: &str) -> Option<Listed> {
        let name = object.location.as_ref().strip_prefix(&self.prefix)?;
        let is_hidden = name.split('/').any(|segment| segment.starts_with('.'));
        // Not all stores that list by pages sort by bytes, so their order is kept.
        let follows = self.listing == Listing::Paged || name > after;
        // Some tools represent folders by empty objects.
        let is_read = object.size > 0 && follows && !is_hidden && Key::parse(name).is_ok();
        is_read.then(|| (name.to_owned(), object.size))
    }

    async fn read_part(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
    ) -> Result<Bytes, Error> {
        if range.is_empty() {
            return Ok(Bytes::copy_from_slice(prefix));
        }
        let requested = range.end - range.start;
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: version.is_strong().then(|| version.etag.to_string()),
            ..GetOptions::default()
        };
        let path = self.path(key)?;
        let read = || async {
            let result = self.store(requested).get_opts(&path, options.clone()).await;
            let result = result.map_err(|error| match find(&error) {
                // The known version is long enough, so this is another version.
                Some(Refusal::OutOfRange) => Error::Changed,
                _ => failed(error),
            })?;
            // Some stores ignore `If-Match`.
            if version_of(&result.meta) != *version {
                return Err(Error::Changed);
            }
            self.collect_exactly(key, result, requested, prefix).await
        };
        self.request_with_retry(key, read).await
    }

    /// Reads the object from its beginning, and sends the bytes of the range, until the receiver is dropped.
    pub(in crate::store) async fn send_part(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        sender: &Sender<Result<Bytes, Error>>,
    ) -> Result<(), Error> {
        let path = self.path(key)?;
        let open = || async {
            let result =
                self.store(range.end).get_opts(&path, GetOptions::default()).await.map_err(failed)?;
            let is_same = version_of(&result.meta) == *version;
            if is_same { Ok(result) } else { Err(Error::Changed) }
        };
        let mut chunks = self.request_with_retry(key, open).await?.into_stream();
        let mut at = 0;
        while at < range.end {
            let chunk = tokio::select! {
                chunk = chunks.try_next() => chunk.map_err(interrupted)?,
                () = sender.closed() => return Ok(()),
            };
            let Some(chunk) = chunk else {
                let requested = range.end - range.start;
                return Err(Error::Short { requested, got: at.saturating_sub(range.start) });
            };
            let end = at + chunk.len() as u64;
            let wanted = range.start.clamp(at, end) - at..range.end.clamp(at, end) - at;
            at = end;
            if !wanted.is_empty()
                && sender.send(Ok(chunk.slice(wanted.start as usize..wanted.end as usize))).await.is_err()
            {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The version and the first bytes of the object.
    async fn version_and_start(
        &self,
        key: &Key,
        result: GetResult,
        len: u64,
    ) -> Result<(Version, Bytes), Error> {
        let (version, requested) = (version_of(&result.meta), result.range.end);
        // A store that sends fewer bytes than exist has not completed the response.
        let wanted = len.max(1).min(version.size);
        if requested < wanted {
            return Err(Error::Short { requested: wanted, got: requested });
        }
        let bytes = self.collect_exactly(key, result, requested, &[]).await?;
        Ok((version, bytes.slice(..len.min(requested) as usize)))
    }

    /// The bytes of a response: exactly as many as requested, with the checksum that the store states, if it does.
    async fn collect_exactly(
        &self,
        key: &Key,
        result: GetResult,
        requested: u64,
        prefix: &[u8],
    ) -> Result<Bytes, Error> {
        let (range, is_whole) = (result.range.clone(), result.range == (0..result.meta.size));
        let digests = result.extensions.get::<Digests>().cloned();
        let bytes = collect(result, requested, prefix).await?;
        if digests.is_some_and(|digests| !digests.hold(&bytes[prefix.len()..], is_whole)) {
            self.counters.damaged(key.as_str(), &range);
            return Err(Error::bad_response("the bytes differ from the checksum that the store states"));
        }
        Ok(bytes)
    }

    fn full(&self, key: &Key) -> String {
        format!("{}{}", self.prefix, key.as_str())
    }

    pub(in crate::store) fn path(&self, key: &Key) -> Result<Path, Error> {
        Path::parse(self.full(key)).map_err(|_| Error::NotFound)
    }
}

/// The bytes of a response: exactly as many as requested.
async fn collect(result: GetResult, requested: u64, prefix: &[u8]) -> Result<Bytes, Error> {
    let mut chunks = result.into_stream();
    let mut bytes = Bytes::new();
    let mut several = BytesMut::new();
    let mut got = 0;
    while let Some(chunk) = chunks.try_next().await.map_err(interrupted)? {
        got += chunk.len() as u64;
        if got > requested {
            return Err(Error::bad_response("the store sent more bytes than requested"));
        }
        if got == requested && several.is_empty() && prefix.is_empty() {
            bytes = chunk;
            continue;
        }
        if several.is_empty() {
            several.reserve(prefix.len() + requested as usize);
            several.extend_from_slice(prefix);
        }
        several.extend_from_slice(&chunk);
    }
    match got == requested {
        true if several.is_empty() => Ok(bytes),
        true => Ok(several.freeze()),
        false => Err(Error::Short { requested, got }),
    }
}

/// The store's entity tag; otherwise the modification time and the size, as many web servers send no other validator.
pub(super) fn version_of(meta: &ObjectMeta) -> Version {
    let etag = match &meta.e_tag {
        Some(etag) => etag.as_str().into(),
        None => format!("W/\"{:x}-{:x}\"", meta.last_modified.timestamp(), meta.size).into(),
    };
    Version { etag, size: meta.size }
}

/// Why a response was interrupted.
fn interrupted(error: object_store::Error) -> Error {
    match failed(error) {
        Error::Unavailable(cause) => Error::BadResponse(cause),
        other => other,
    }
}

pub(in crate::store) fn failed(error: object_store::Error) -> Error {
    if let Some(fault) = find::<Fault>(&error) {
        return Error::Refused(Arc::new(fault.clone()));
    }
    match find(&error) {
        Some(Refusal::Folder) => return Error::NotFound,
        Some(Refusal::Whole) => return Error::WithoutRanges,
        Some(page @ Refusal::Page) => return Error::bad_response(page),
        Some(refusal) => return Error::Unsupported(refusal.to_string()),
        None => {}
    }
    if find::<HttpError>(&error).is_some_and(|error| error.kind() == HttpErrorKind::Timeout) {
        return Error::TimedOut;
    }
    match error {
        object_store::Error::NotFound { .. } | object_store::Error::InvalidPath { .. } => Error::NotFound,
        object_store::Error::Precondition { .. } => Error::Changed,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            Error::Refused(Arc::new(Fault::new(Problem::Denied, "")))
        }
        object_store::Error::NotSupported { .. } | object_store::Error::NotImplemented { .. } => {
            Error::Unsupported("the store lacks a needed feature".to_owned())
        }
        other => {
            tracing::debug!(error = %other, "the store failed");
            match response::transport(&other).or_else(|| response::status(&other)) {
                Some(fault) => Error::Unavailable(Arc::new(fault)),
                None if find::<HttpError>(&other).is_some() => Error::unavailable(other),
                None => Error::bad_response(other),
            }
        }
    }
}
