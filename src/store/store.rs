//! One opened source: reads exact ranges of exact versions from wherever it lies.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::backend::{Inner, Place};
use super::open::{self, Access};
use super::{Counts, Error, Key, OpenError, Settings, Version, runtime};

/// An opened source of masters; cheap to clone.
#[derive(Clone)]
pub struct Store(pub(super) Arc<Inner>);

/// Some of the keys below a source, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPage {
    /// Keys and the sizes of their objects in bytes.
    pub keys: Vec<(String, u64)>,
    /// Whether keys follow behind the last one.
    pub more: bool,
    /// What lies among these keys and cannot be read: files, and folders with a slash at the end.
    pub unreadable: Vec<Unreadable>,
}

/// A file or folder that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its path below the source; a folder's ends in `/`.
    pub path: String,
    pub reason: &'static str,
}

impl Store {
    /// Opens a folder, a single file, or `s3://bucket/prefix`, `az://container/prefix`, `gs://bucket/prefix`,
    /// `http(s)://host/prefix`; credentials and endpoints come from the stores' usual environment variables.
    pub fn open(location: &str, settings: &Settings) -> Result<Store, OpenError> {
        open::open(location, settings, Access::Read).map(|inner| Store(Arc::new(inner)))
    }

    /// Where the source lies, without credentials.
    pub fn describe(&self) -> String {
        self.0.shown.clone()
    }

    /// Whether the source is a folder or a file of this machine.
    pub fn is_local(&self) -> bool {
        matches!(self.0.place, Place::Local(_))
    }

    /// Whether it has not answered lately: most requests to it fail at once then.
    pub fn is_failing(&self) -> bool {
        match &self.0.place {
            Place::Local(_) => false,
            Place::Remote(remote) => remote.is_failing(),
        }
    }

    /// The version that lies under the key now.
    pub async fn head(&self, key: &Key) -> Result<Version, Error> {
        self.0.counters.head();
        let deadline = self.0.settings.deadline(0);
        match self.0.place.with(key) {
            (Place::Local(local), key) => runtime::block(deadline, move || local.head(&key)).await,
            (Place::Remote(remote), key) => {
                runtime::run(deadline, async move { remote.head(&key).await }).await
            }
        }
    }

    /// The first `len` bytes (fewer when the object is shorter) and the version they belong to, in one request.
    pub async fn read_start(&self, key: &Key, len: u64) -> Result<(Version, Bytes), Error> {
        let deadline = self.0.settings.deadline(len);
        let (version, bytes) = match self.0.place.with(key) {
            (Place::Local(local), key) => {
                runtime::block(deadline, move || local.read_start(&key, len)).await?
            }
            (Place::Remote(remote), key) => {
                runtime::run(deadline, async move { remote.read_start(&key, len).await }).await?
            }
        };
        self.0.counters.range(bytes.len() as u64);
        Ok((version, bytes))
    }

    /// Exactly this range of exactly this version, with `prefix` put before it in the same allocation.
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
        let len = range.end - range.start;
        let (deadline, version, prefix) = (self.0.settings.deadline(len), version.clone(), prefix.to_vec());
        let bytes = match self.0.place.with(key) {
            (Place::Local(local), key) => {
                let read = move || local.read(&key, &version, &[range], &prefix);
                runtime::block(deadline, read).await?.pop().unwrap_or_default()
            }
            (Place::Remote(remote), key) => {
                let read = async move { remote.read(&key, &version, range, &prefix).await };
                runtime::run(deadline, read).await?
            }
        };
        self.0.counters.range(len);
        Ok(bytes)
    }

    /// Fills `into` with a local file's bytes from `offset` on, on a thread that may wait; `None` for a remote
    /// store.
    pub fn read_at(
        &self,
        key: &Key,
        version: &Version,
        offset: u64,
        into: &mut [u8],
    ) -> Option<Result<(), Error>> {
        let (Place::Local(local), key) = self.0.place.with(key) else { return None };
        if let Err(outside) = within(version, &(offset..offset.saturating_add(into.len() as u64))) {
            return Some(Err(outside));
        }
        self.0.counters.range(into.len() as u64);
        Some(local.read_at(&key, version, offset, into))
    }

    /// The same as [`Store::read`] without a wait: `None` where the bytes are not in memory already, as those of a remote store,
    /// of a file not opened by [`Store::start`] yet, or of a part of it that nobody has read lately.
    pub fn read_if_cached(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
    ) -> Option<Result<Bytes, Error>> {
        let Place::Local(local) = &self.0.place else { return None };
        if let Err(outside) = within(version, &range) {
            return Some(Err(outside));
        }
        let len = range.end - range.start;
        let result = local.read_if_cached(key, version, range, prefix)?;
        self.0.counters.range(len);
        Some(result)
    }

    /// Several ranges of one version, each as [`Store::read`] would give it; neighbours travel together.
    pub async fn read_many(
        &self,
        key: &Key,
        version: &Version,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, Error> {
        for range in ranges {
            within(version, range)?;
        }
        let total = ranges.iter().map(|range| range.end - range.start).sum();
        let (deadline, version, ranges) = (self.0.settings.deadline(total), version.clone(), ranges.to_vec());
        match self.0.place.with(key) {
            (Place::Local(local), key) => {
                let now = ranges.iter().map(|range| self.read_if_cached(&key, &version, range.clone(), &[]));
                if let Some(all) = now.collect::<Option<Result<Vec<Bytes>, Error>>>() {
                    return all;
                }
                let bytes =
                    runtime::block(deadline, move || local.read(&key, &version, &ranges, &[])).await?;
                bytes.iter().for_each(|bytes| self.0.counters.range(bytes.len() as u64));
                Ok(bytes)
            }
            (Place::Remote(remote), key) => {
                let read = async move { remote.read_many(&key, &version, &ranges).await };
                let (bytes, asked) = runtime::run(deadline, read).await?;
                asked.iter().for_each(|&len| self.0.counters.range(len));
                Ok(bytes)
            }
        }
    }

    /// The first `limit` keys behind `after`, hidden files left out, in the store's order: by bytes, except in some
    /// S3-compatible stores, which sort folder by folder.
    pub async fn list(&self, after: Option<&str>, limit: usize) -> Result<KeyPage, Error> {
        self.0.counters.list();
        let deadline = self.0.settings.deadline(0) * 4;
        let after = after.map(str::to_owned);
        let wanted = limit.saturating_add(1);
        let (mut keys, mut unreadable) = match &self.0.place {
            Place::Local(local) => {
                let local = local.clone();
                runtime::block(deadline, move || local.list(after.as_deref(), wanted)).await?
            }
            Place::Remote(remote) => {
                let remote = remote.clone();
                let list = async move { remote.list(after.as_deref(), wanted).await };
                (runtime::run(deadline, list).await?, Vec::new())
            }
        };
        let more = keys.len() > limit;
        keys.truncate(limit);
        if let Some((last, _)) = keys.last().filter(|_| more) {
            // Those after it belong to the next page.
            unreadable.retain(|one| one.path < *last);
        }
        Ok(KeyPage { keys, more, unreadable })
    }

    /// What was asked of this source since it was opened.
    pub fn counts(&self) -> Counts {
        self.0.counters.so_far()
    }
}

/// A range that goes past the object's end can never be read whole.
fn within(version: &Version, range: &Range<u64>) -> Result<(), Error> {
    match range.start <= range.end && range.end <= version.size {
        true => Ok(()),
        false => {
            let asked = range.end.saturating_sub(range.start);
            Err(Error::Short { asked, got: asked.min(version.size.saturating_sub(range.start)) })
        }
    }
}
