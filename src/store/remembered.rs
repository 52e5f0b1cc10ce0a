//! What is kept of remote objects in the disk cache: their bytes by version and range, and the last known version with
//! the time when the store stated it.
//!
//! The version is what lets a server answer after a restart without a request: within the time that a master counts as
//! fresh (`masters.revalidate_s`), counted from when the store last stated it, whichever process asked. An older one is
//! revalidated exactly as if the server had not been restarted. If the store states another version, or that there is no
//! such object, the kept version is removed before anyone is told, so that it is not recalled.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::disk::{self, DiskCache, Kind, Lookup, Name};
use super::{Error, Key, Store, Version};

/// The disk cache of a store.
#[derive(Clone)]
pub(super) struct Remembered {
    disk: Arc<DiskCache>,
    /// A hash of the store's location.
    location: u64,
    /// The group of all its entries, instead of one for each object.
    group: Option<u64>,
    /// Whether ranges are kept.
    has_ranges: bool,
}

/// The start of an object from the disk cache.
pub(crate) struct Recalled {
    pub version: Version,
    pub bytes: Bytes,
    /// How long ago the store stated the version; the maximum if the clock was set back since.
    pub age: Duration,
}

impl Store {
    /// The same store, which keeps what it reads in the disk cache; unchanged if it is local.
    pub(crate) fn with_disk(self, disk: &Arc<DiskCache>) -> Self {
        if self.is_local() {
            return self;
        }
        let location = xxh3_64(self.location_prefix().as_bytes());
        Self(self.0, Some(Remembered { disk: disk.clone(), location, group: None, has_ranges: true }))
    }

    /// The same store, of which ranges are neither kept nor found in the disk cache: for long reads that are not repeated.
    pub(crate) fn without_ranges(&self) -> Self {
        let remembered = self.1.clone().map(|remembered| Remembered { has_ranges: false, ..remembered });
        Self(self.0.clone(), remembered)
    }

    /// The disk cache for ranges.
    pub(super) fn ranges(&self) -> Option<&Remembered> {
        self.1.as_ref().filter(|remembered| remembered.has_ranges)
    }

    /// The same store, whose entries are purged together with those of an object of any store.
    pub(crate) fn purged_with(&self, other: &Store, key: &Key) -> Self {
        let group = Some(other.group(key));
        let remembered = self.1.clone().map(|remembered| Remembered { group, ..remembered });
        Self(self.0.clone(), remembered)
    }

    /// The group of an object's entries.
    pub(crate) fn group(&self, key: &Key) -> u64 {
        match &self.1 {
            Some(remembered) => remembered.group(key),
            None => group(xxh3_64(self.location_prefix().as_bytes()), key),
        }
    }

    /// The start of the object from the disk cache, without a request, if its version is known there.
    pub(crate) async fn recall_start(&self, key: &Key, len: u64) -> Option<Recalled> {
        let remembered = self.1.as_ref()?;
        let (version, stated_ms) = remembered.version(key).await?;
        let name = remembered.range(key, &version, &(0..len.min(version.size)));
        let bytes = remembered.disk.get(Kind::Index, &name, &[]).await?;
        let age = now_ms().checked_sub(stated_ms).map_or(Duration::MAX, Duration::from_millis);
        Some(Recalled { version, bytes, age })
    }

    /// Removes these bytes from the disk cache, because they turned out to be damaged when they came.
    pub(crate) fn discard(&self, key: &Key, version: &Version, range: &Range<u64>) {
        if let Some(remembered) = &self.1 {
            remembered.disk.discard(&remembered.range(key, version, range));
        }
    }

    /// The same; afterwards they are not found any more.
    pub(crate) async fn discard_now(&self, key: &Key, version: &Version, range: &Range<u64>) {
        if let Some(remembered) = &self.1 {
            remembered.disk.remove(&remembered.range(key, version, range)).await;
        }
    }

    /// Removes the object's version from the disk cache.
    pub(super) async fn forget_version(&self, key: &Key) {
        if let Some(remembered) = &self.1 {
            remembered.disk.remove(&remembered.version_name(key)).await;
        }
    }

    /// Forgets the version that the disk cache knows if the store reports that it has been replaced or removed.
    pub(super) async fn unless_changed<T>(&self, key: &Key, read: Result<T, Error>) -> Result<T, Error> {
        if matches!(read, Err(Error::Changed | Error::NotFound)) {
            self.forget_version(key).await;
        }
        read
    }

    /// Keeps what the store stated about an object.
    pub(super) async fn remember<T>(
        &self,
        key: &Key,
        stated: Result<T, Error>,
        version: impl Fn(&T) -> &Version,
    ) -> Result<T, Error> {
        if let (Some(remembered), Ok(answer)) = (&self.1, &stated) {
            remembered.confirm(key, version(answer)).await;
        }
        self.unless_changed(key, stated).await
    }
}

impl Remembered {
    fn group(&self, key: &Key) -> u64 {
        self.group.unwrap_or_else(|| group(self.location, key))
    }

    fn name(&self, key: &Key, parts: [&[u8]; 4]) -> Name {
        let location = self.location.to_le_bytes();
        let [kind, etag, size, range] = parts;
        disk::name(self.group(key), &[&location, key.as_str().as_bytes(), kind, etag, size, range])
    }

    fn range(&self, key: &Key, version: &Version, range: &Range<u64>) -> Name {
        let size = version.size.to_le_bytes();
        let range = [range.start.to_le_bytes(), range.end.to_le_bytes()];
        self.name(key, [b"range", version.etag.as_bytes(), &size, range.as_flattened()])
    }

    fn version_name(&self, key: &Key) -> Name {
        self.name(key, [b"version", b"", b"", b""])
    }

    /// The bytes of a range, appended to `prefix`, if no disk has to be waited for.
    pub(super) fn get_now(
        &self,
        key: &Key,
        version: &Version,
        range: &Range<u64>,
        prefix: &[u8],
    ) -> Option<Bytes> {
        match self.disk.get_now(Kind::Tile, &self.range(key, version, range), prefix) {
            Lookup::Found(bytes) => Some(bytes),
            Lookup::Missing | Lookup::Cold => None,
        }
    }

    pub(super) async fn get(
        &self,
        key: &Key,
        version: &Version,
        range: &Range<u64>,
        prefix: &[u8],
    ) -> Option<Bytes> {
        self.disk.get(Kind::Tile, &self.range(key, version, range), prefix).await
    }

    pub(super) fn put(&self, key: &Key, version: &Version, range: &Range<u64>, bytes: &[u8]) {
        self.disk.put(&self.range(key, version, range), bytes);
    }

    /// Keeps the version that the store has just stated. Another one is removed first.
    async fn confirm(&self, key: &Key, version: &Version) {
        let name = self.version_name(key);
        if self.version(key).await.is_some_and(|(known, _)| known != *version) {
            self.disk.remove(&name).await;
        }
        let (now, size) = (now_ms().to_le_bytes(), version.size.to_le_bytes());
        self.disk.put(&name, &[&now, &size, version.etag.as_bytes()].concat());
    }

    /// The last known version, and when the store stated it, in milliseconds since 1970.
    async fn version(&self, key: &Key) -> Option<(Version, u64)> {
        let bytes = self.disk.get(Kind::Version, &self.version_name(key), &[]).await?;
        let (stated_ms, rest) = bytes.split_first_chunk()?;
        let (size, etag) = rest.split_first_chunk()?;
        let etag = std::str::from_utf8(etag).ok()?.into();
        Some((Version { etag, size: u64::from_le_bytes(*size) }, u64::from_le_bytes(*stated_ms)))
    }
}

fn group(location: u64, key: &Key) -> u64 {
    xxh3_64_with_seed(key.as_str().as_bytes(), location)
}

fn now_ms() -> u64 {
    UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as u64)
}
