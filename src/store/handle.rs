//! An opened store that reads exact ranges of exact versions.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;

use super::backend::{Backend, Reader};
use super::open::{self, Access};
use super::remembered::Remembered;
use super::{Counts, Error, Key, OpenError, Settings, Version, runtime};

/// An opened store; cheap to clone.
#[derive(Clone)]
pub struct Store(pub(super) Arc<Backend>, pub(super) Option<Remembered>);

/// A page of the keys below a source, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPage {
    /// The keys, with the sizes of their objects in bytes.
    pub keys: Vec<(String, u64)>,
    /// Whether more keys follow the last one.
    pub more: bool,
    /// Files and folders between these keys that cannot be read; paths of folders end in `/`.
    pub unreadable: Vec<Unreadable>,
}

/// A file or folder that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The path below the source; the path of a folder ends in `/`.
    pub path: String,
    /// Why it cannot be read.
    pub reason: &'static str,
}

impl Store {
    /// Opens a folder, a single file, or `s3://bucket/prefix`, `az://container/prefix`, `gs://bucket/prefix`,
    /// `http(s)://host/prefix`; credentials and endpoints come from the usual environment variables.
    ///
    /// # Errors
    /// Returns an error if the location is not of a known form, or the settings do not suffice to open it.
    pub fn open(location: &str, settings: &Settings) -> Result<Store, OpenError> {
        open::open(location, settings, Access::Read).map(|inner| Store(Arc::new(inner), None))
    }

    /// The location, without credentials.
    pub fn describe(&self) -> String {
        self.0.location.clone()
    }

    /// Whether the source is a local folder or file.
    pub fn is_local(&self) -> bool {
        matches!(self.0.reader, Reader::Local(_))
    }

    /// Whether the source counts as unreachable. Most requests to it then fail immediately.
    pub fn is_failing(&self) -> bool {
        match &self.0.reader {
            Reader::Local(_) => false,
            Reader::Remote(remote) => remote.is_failing(),
        }
    }

    /// Returns the current version of the object.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if there is no such object, and other errors if the store does not respond.
    pub async fn head(&self, key: &Key) -> Result<Version, Error> {
        self.0.counters.head();
        let deadline = self.0.settings.deadline(0);
        match self.0.reader.with(key) {
            (Reader::Local(local), key) => runtime::block(deadline, move || local.head(&key)).await,
            (Reader::Remote(remote), owned) => {
                let head = runtime::run(deadline, async move { remote.head(&owned).await }).await;
                self.remember(key, head, |version| version).await
            }
        }
    }

    /// Reads the first `len` bytes, or fewer if the object is shorter, with their version, in one request.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if there is no such object, and other errors if the store does not respond.
    pub async fn read_start(&self, key: &Key, len: u64) -> Result<(Version, Bytes), Error> {
        let deadline = self.0.settings.deadline(len);
        let (version, bytes) = match self.0.reader.with(key) {
            (Reader::Local(local), key) => {
                runtime::block(deadline, move || local.read_start(&key, len)).await?
            }
            (Reader::Remote(remote), owned) => {
                let read = runtime::run(deadline, async move { remote.read_start(&owned, len).await }).await;
                self.remember(key, read, |(version, _)| version).await?
            }
        };
        if let Some(remembered) = self.ranges() {
            remembered.put(key, &version, &(0..bytes.len() as u64), &bytes);
        }
        self.0.counters.range(bytes.len() as u64);
        Ok((version, bytes))
    }

    /// Reads exactly this range of exactly this version, appended to `prefix` in one allocation.
    ///
    /// # Errors
    /// Returns [`Error::Changed`] or [`Error::NotFound`] if the object was replaced or removed, [`Error::Short`] if
    /// the range extends beyond its end, and other errors if the store does not respond.
    pub async fn read(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
    ) -> Result<Bytes, Error> {
        if let Some(result) = self.read_if_cached(key, version, range.clone(), prefix) {
            return result;
        }
        within(version, &range)?;
        if let Some(remembered) = self.ranges()
            && let Some(bytes) = remembered.get(key, version, &range, prefix).await
        {
            return Ok(bytes);
        }
        let len = range.end - range.start;
        let (deadline, owned, start) = (self.0.settings.deadline(len), version.clone(), prefix.to_vec());
        let bytes = match self.0.reader.with(key) {
            (Reader::Local(local), key) => {
                let read = move || local.read(&key, &owned, &[range], &start);
                runtime::block(deadline, read).await?.pop().unwrap_or_default()
            }
            (Reader::Remote(remote), name) => {
                let wanted = range.clone();
                let read = async move { remote.read(&name, &owned, wanted, &start).await };
                let bytes = self.unless_changed(key, runtime::run(deadline, read).await).await?;
                if let Some(remembered) = self.ranges() {
                    remembered.put(key, version, &range, &bytes[prefix.len()..]);
                }
                bytes
            }
        };
        self.0.counters.range(len);
        Ok(bytes)
    }

    /// Streams a range of exactly this version of a remote object that is read from its beginning, for stores that fail with
    /// [`Error::WithoutRanges`]. A local object has no pieces.
    pub fn stream(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + use<> {
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        if let (Reader::Remote(remote), key) = self.0.reader.with(key) {
            let version = version.clone();
            self.0.counters.range(range.end);
            runtime::spawn_detached(async move {
                if let Err(error) = remote.send_part(&key, &version, range, &sender).await {
                    let _receiver_left = sender.send(Err(error)).await;
                }
            });
        }
        futures::stream::unfold(
            receiver,
            |mut receiver| async move { Some((receiver.recv().await?, receiver)) },
        )
    }

    /// Fills `into` with the bytes of a local file from `offset`, blocking; `None` for a remote store.
    pub fn read_at(
        &self,
        key: &Key,
        version: &Version,
        offset: u64,
        into: &mut [u8],
    ) -> Option<Result<(), Error>> {
        let (Reader::Local(local), key) = self.0.reader.with(key) else { return None };
        if let Err(outside) = within(version, &(offset..offset.saturating_add(into.len() as u64))) {
            return Some(Err(outside));
        }
        self.0.counters.range(into.len() as u64);
        Some(local.read_at(&key, version, offset, into))
    }

    /// Reads like [`Store::read`] without waiting. `None` if the bytes are not in the page cache, for example those of
    /// a remote store that the disk cache does not have, or of a file that [`Store::read_start`] has not opened.
    pub fn read_if_cached(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
    ) -> Option<Result<Bytes, Error>> {
        if let Err(outside) = within(version, &range) {
            return Some(Err(outside));
        }
        let Reader::Local(local) = &self.0.reader else {
            return self.ranges()?.get_now(key, version, &range, prefix).map(Ok);
        };
        let len = range.end - range.start;
        let result = local.read_if_cached(key, version, range, prefix)?;
        self.0.counters.range(len);
        Some(result)
    }

    /// Reads several ranges of one version, each as [`Store::read`] does; nearby ranges are read in one request.
    ///
    /// # Errors
    /// Returns the same errors as [`Store::read`].
    pub async fn read_many(
        &self,
        key: &Key,
        version: &Version,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, Error> {
        for range in ranges {
            within(version, range)?;
        }
        if let Some(remembered) = self.ranges() {
            return self.read_missing(remembered, key, version, ranges).await;
        }
        self.read_all(key, version, ranges).await
    }

    /// Reads several ranges from the store.
    async fn read_all(
        &self,
        key: &Key,
        version: &Version,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, Error> {
        let total = ranges.iter().map(|range| range.end - range.start).sum();
        let (deadline, version, ranges) = (self.0.settings.deadline(total), version.clone(), ranges.to_vec());
        match self.0.reader.with(key) {
            (Reader::Local(local), key) => {
                let now = ranges.iter().map(|range| self.read_if_cached(&key, &version, range.clone(), &[]));
                if let Some(all) = now.collect::<Option<Result<Vec<Bytes>, Error>>>() {
                    return all;
                }
                let bytes =
                    runtime::block(deadline, move || local.read(&key, &version, &ranges, &[])).await?;
                bytes.iter().for_each(|bytes| self.0.counters.range(bytes.len() as u64));
                Ok(bytes)
            }
            (Reader::Remote(remote), owned) => {
                let read = async move { remote.read_many(&owned, &version, &ranges).await };
                let read = runtime::run(deadline, read).await;
                let (bytes, requested) = self.unless_changed(key, read).await?;
                requested.iter().for_each(|&len| self.0.counters.range(len));
                Ok(bytes)
            }
        }
    }

    /// Reads several ranges: from the disk cache, and those that it does not have from the store.
    async fn read_missing(
        &self,
        remembered: &Remembered,
        key: &Key,
        version: &Version,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, Error> {
        let found = ranges.iter().map(|range| remembered.get(key, version, range, &[]));
        let found = futures::future::join_all(found).await;
        let missing = ranges.iter().zip(&found).filter(|(_, found)| found.is_none());
        let missing: Vec<Range<u64>> = missing.map(|(range, _)| range.clone()).collect();
        if missing.is_empty() {
            return Ok(found.into_iter().flatten().collect());
        }
        let read = self.read_all(key, version, &missing).await?;
        for (range, bytes) in missing.iter().zip(&read) {
            remembered.put(key, version, range, bytes);
        }
        let mut read = read.into_iter();
        Ok(found.into_iter().filter_map(|found| found.or_else(|| read.next())).collect())
    }

    /// Lists the first `limit` keys after `after` without hidden files, in the store's order: by bytes, except in some
    /// S3-compatible stores, which sort folder by folder.
    ///
    /// # Errors
    /// Returns an error if the store cannot be listed.
    pub async fn list(&self, after: Option<&str>, limit: usize) -> Result<KeyPage, Error> {
        self.0.counters.list();
        let deadline = self.0.settings.deadline(0) * 4;
        let after = after.map(str::to_owned);
        let wanted = limit.saturating_add(1);
        let (mut keys, mut unreadable) = match &self.0.reader {
            Reader::Local(local) => {
                let local = local.clone();
                runtime::block(deadline, move || local.list(after.as_deref(), wanted)).await?
            }
            Reader::Remote(remote) => {
                let remote = remote.clone();
                let list = async move { remote.list(after.as_deref(), wanted).await };
                (runtime::run(deadline, list).await?, Vec::new())
            }
        };
        let more = keys.len() > limit;
        keys.truncate(limit);
        if let Some((last, _)) = keys.last().filter(|_| more) {
            // Entries after the last key belong to the next page.
            unreadable.retain(|one| one.path < *last);
        }
        Ok(KeyPage { keys, more, unreadable })
    }

    /// The number of requests since the store was opened.
    pub fn counts(&self) -> Counts {
        self.0.counters.snapshot()
    }
}

/// Checks that a range ends within the object.
fn within(version: &Version, range: &Range<u64>) -> Result<(), Error> {
    match range.start <= range.end && range.end <= version.size {
        true => Ok(()),
        false => {
            let requested = range.end.saturating_sub(range.start);
            Err(Error::Short { requested, got: requested.min(version.size.saturating_sub(range.start)) })
        }
    }
}
