//! Whole objects, compared with their entity tags: those of S3 and Google Cloud Storage are MD5 sums of objects that were
//! written in one request. So it is noticed if a byte of a master without tiles was changed on its way.
//!
//! No store states that its tags are MD5 sums, and those of encrypted objects are not, though they look the same. So a tag
//! that differs only has the object read again: equal bytes are what the store has, and the tag is something else.

use std::time::Instant;

use bytes::Bytes;
use md5::{Digest, Md5};
use parking_lot::Mutex;

use super::checked::{ATTEMPTS, differing};
use super::{Error, Key, Store, Version};

/// An MD5 sum.
pub(crate) type Sum = [u8; 16];

/// What is known about the entity tags of a store.
#[derive(Default)]
pub(super) struct Md5Tags(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Whether a tag was the MD5 sum of its object.
    matched: bool,
    /// Whether tags that look like MD5 sums are something else.
    is_other: bool,
    /// The last version that differed, and the sum of what was read.
    differed: Option<(Version, Sum)>,
}

impl Version {
    /// The MD5 sum of the object, if its entity tag may be that.
    fn md5(&self) -> Option<Sum> {
        let digits = self.etag.strip_prefix('"')?.strip_suffix('"')?;
        let is_hex = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
        Some(number.to_be_bytes())
    }
}

impl Store {
    /// Whether an object of this version can be compared with its entity tag: [`Store::check_md5`].
    pub(crate) fn has_md5(&self, version: &Version) -> bool {
        !self.is_local() && version.md5().is_some() && !self.0.md5.0.lock().is_other
    }

    /// Compares the MD5 sum of a whole object that was read with its entity tag.
    ///
    /// # Errors
    /// Returns [`Error::BadResponse`] if they differ, and the object was not read with the same sum before.
    pub(crate) fn check_md5(&self, key: &Key, version: &Version, sum: Sum) -> Result<(), Error> {
        let Some(expected) = version.md5().filter(|_| self.has_md5(version)) else { return Ok(()) };
        let mut known = self.0.md5.0.lock();
        if sum == expected {
            known.matched = true;
            return Ok(());
        }
        let differed = Some((version.clone(), sum));
        if known.differed == differed {
            known.is_other = !known.matched;
            if known.matched {
                let (store, key) = (self.describe(), key.as_str());
                tracing::warn!(store, key, "an object differs from its entity tag whenever it is read");
            }
            return Ok(());
        }
        known.differed = differed;
        // As long as no tag has matched, the tags may be something else.
        if known.matched {
            self.report_damaged(key, &(0..version.size));
        }
        Err(Error::bad_response("the bytes differ from the entity tag"))
    }

    /// Reads a whole object in pieces, past the disk cache.
    ///
    /// # Errors
    /// Returns the errors of [`Store::read`], and [`Error::BadResponse`] if every answer is damaged in another way.
    pub(crate) async fn read_whole(&self, key: &Key, version: &Version) -> Result<Vec<u8>, Error> {
        let store = self.without_ranges();
        let (began, deadline) = (Instant::now(), self.0.settings.deadline(version.size) * 2);
        for _ in 0..ATTEMPTS {
            let mut file = Vec::with_capacity(version.size as usize);
            let mut sum = self.has_md5(version).then(Md5::new);
            for start in (0..version.size).step_by(PIECE as usize) {
                let range = start..(start + PIECE).min(version.size);
                let piece: Bytes = store.read(key, version, range, &[]).await?;
                sum.iter_mut().for_each(|sum| sum.update(&piece));
                file.extend_from_slice(&piece);
            }
            let is_sound = sum.is_none_or(|sum| self.check_md5(key, version, sum.finalize().into()).is_ok());
            if is_sound {
                return Ok(file);
            }
            if began.elapsed() > deadline {
                break;
            }
        }
        Err(differing())
    }
}

/// Bytes of a whole object that are read at a time.
const PIECE: u64 = 8 << 20;
