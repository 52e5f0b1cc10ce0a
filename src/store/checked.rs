//! Reads ranges whose bytes the caller can check, so that what a remote store damages on the way is neither used nor kept.
//!
//! Damaged answers are requested again, past the disk cache. Two equal answers are what the store has: then it is the object
//! that is damaged, or of another form than its reader expects. Local files are not checked.
//!
//! Stores state checksums of whole objects, which help only where a whole object is read: `remote/digest.rs` and
//! `md5_tags.rs`.

use std::ops::Range;
use std::time::Instant;

use bytes::Bytes;

use super::{Error, Key, Store, Version};

/// The most times that a range is requested because its bytes were damaged.
pub(super) const ATTEMPTS: usize = 4;

/// Bytes that were checked.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub bytes: Bytes,
    /// Whether they passed the check. Otherwise the store gave the same bytes twice.
    pub is_sound: bool,
}

impl Checked {
    fn sound(bytes: Bytes) -> Self {
        Self { bytes, is_sound: true }
    }
}

impl Store {
    /// Reads like [`Store::read`], and checks what comes from a remote store, without the prefix.
    ///
    /// # Errors
    /// Returns the errors of [`Store::read`], and [`Error::BadResponse`] if every answer is damaged in another way.
    pub(crate) async fn read_checked(
        &self,
        key: &Key,
        version: &Version,
        range: Range<u64>,
        prefix: &[u8],
        is_sound: &(dyn Fn(&[u8]) -> bool + Sync),
    ) -> Result<Checked, Error> {
        if self.is_local() {
            return self.read(key, version, range, prefix).await.map(Checked::sound);
        }
        if let Some(remembered) = self.ranges()
            && let Some(bytes) = remembered.get(key, version, &range, prefix).await
        {
            if is_sound(&bytes[prefix.len()..]) {
                return Ok(Checked::sound(bytes));
            }
            self.discard(key, version, &range);
        }
        let checked = self.read_until_sound(key, version, &range, prefix, None, is_sound).await?;
        if checked.is_sound {
            self.keep(key, version, &range, &checked.bytes[prefix.len()..]);
        }
        Ok(checked)
    }

    /// Reads several ranges like [`Store::read_many`], and checks what comes from a remote store: `is_sound` gets the place
    /// of a range and its bytes.
    ///
    /// # Errors
    /// Returns the same errors as [`Store::read_checked`].
    pub(crate) async fn read_many_checked(
        &self,
        key: &Key,
        version: &Version,
        ranges: &[Range<u64>],
        is_sound: &(dyn Fn(usize, &[u8]) -> bool + Sync),
    ) -> Result<Vec<Checked>, Error> {
        if self.is_local() {
            let read = self.read_many(key, version, ranges).await?;
            return Ok(read.into_iter().map(Checked::sound).collect());
        }
        let kept =
            ranges.iter().map(|range| async move { self.ranges()?.get(key, version, range, &[]).await });
        let mut found: Vec<Option<Checked>> = Vec::with_capacity(ranges.len());
        for (n, kept) in futures::future::join_all(kept).await.into_iter().enumerate() {
            let is_damaged = kept.as_ref().is_some_and(|bytes| !is_sound(n, bytes));
            if is_damaged {
                self.discard(key, version, &ranges[n]);
            }
            found.push(kept.filter(|_| !is_damaged).map(Checked::sound));
        }
        let places: Vec<usize> = (0..ranges.len()).filter(|&n| found[n].is_none()).collect();
        if !places.is_empty() {
            let missing: Vec<Range<u64>> = places.iter().map(|&n| ranges[n].clone()).collect();
            // Ranges of one request may be damaged together, but each has its own check.
            let read = self.without_ranges().read_many(key, version, &missing).await?;
            for (&n, bytes) in places.iter().zip(read) {
                let check = |bytes: &[u8]| is_sound(n, bytes);
                let checked =
                    self.read_until_sound(key, version, &ranges[n], &[], Some(bytes), check).await?;
                if checked.is_sound {
                    self.keep(key, version, &ranges[n], &checked.bytes);
                }
                found[n] = Some(checked);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// Reads a range from the store until it passes the check, or two answers are equal. `first` is what came already.
    async fn read_until_sound(
        &self,
        key: &Key,
        version: &Version,
        range: &Range<u64>,
        prefix: &[u8],
        mut first: Option<Bytes>,
        is_sound: impl Fn(&[u8]) -> bool,
    ) -> Result<Checked, Error> {
        let (began, deadline) = (Instant::now(), self.0.settings.deadline(range.end - range.start));
        let store = self.without_ranges();
        let mut damaged: Vec<Bytes> = Vec::new();
        while damaged.len() < ATTEMPTS && began.elapsed() < deadline {
            let bytes = match first.take() {
                Some(bytes) => bytes,
                None => store.read(key, version, range.clone(), prefix).await?,
            };
            if is_sound(&bytes[prefix.len()..]) {
                return Ok(Checked::sound(bytes));
            }
            if damaged.contains(&bytes) {
                return Ok(Checked { bytes, is_sound: false });
            }
            self.report_damaged(key, range);
            damaged.push(bytes);
        }
        Err(differing())
    }

    /// Counts a damaged answer, and logs the first.
    pub(crate) fn report_damaged(&self, key: &Key, range: &Range<u64>) {
        self.0.counters.damaged(key.as_str(), range);
    }

    /// Keeps bytes in the disk cache that have been checked.
    pub(crate) fn keep(&self, key: &Key, version: &Version, range: &Range<u64>, bytes: &[u8]) {
        if let Some(remembered) = self.ranges() {
            remembered.put(key, version, range, bytes);
        }
    }
}

/// Every answer was damaged, each in another way.
pub(crate) fn differing() -> Error {
    Error::bad_response("the store sends damaged bytes, other ones each time")
}
