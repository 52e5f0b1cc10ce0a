//! Reads the index of a master: one range of its start and, where that is not all of it, the rest.
//!
//! What comes from a remote store may have been damaged on the way. An index that contradicts its checksum, or that cannot
//! be read, is read once more, past the disk cache: the store has it so if the bytes are the same again.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use xxhash_rust::xxh3::Xxh3;

use crate::gallery::Error;
use crate::master::{self, FIRST_READ, Integrity, Master, PartialFile, Refused, Stop};
use crate::store::{self, Key, Recalled, Store, Version};

/// Where the version and the start of a master come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// From the disk cache, if it knows them, otherwise from the store.
    Recalled,
    /// From the store.
    Read,
}

/// An index that was read.
pub(super) struct ReadIndex {
    pub master: Master,
    pub version: Version,
    /// How long ago the store stated the version, if the disk cache knew it.
    pub age: Option<Duration>,
    pub bytes: IndexBytes,
}

/// The bytes that an index was read from.
pub(crate) struct IndexBytes {
    ranges: Vec<Range<u64>>,
    hash: u64,
}

/// Maximum number of reads of an index; valid ones need fewer.
const MAX_READS: usize = 512;
/// Maximum size of an index in bytes; valid ones are smaller.
const MAX_INDEX_BYTES: u64 = 128 << 20;
/// Indexes of more bytes than this are read one at a time.
const LARGE_INDEX: u64 = 4 << 20;
static LARGE_INDEXES: Semaphore = Semaphore::const_new(1);
/// The most times that an index is read because it was damaged.
const ATTEMPTS: usize = 4;

/// One reading of an index.
struct Attempt {
    master: Result<Master, Refused>,
    version: Version,
    age: Option<Duration>,
    parts: Vec<(u64, Bytes)>,
}

impl ReadIndex {
    /// Reads the index of a page. With [`Start::Recalled`] the disk cache may know the version and the bytes; the version may
    /// then be outdated.
    ///
    /// # Errors
    /// Returns the errors of the store, [`Error::Unsupported`] and [`Error::Damaged`] for a file that cannot be a master.
    pub(super) async fn read(store: &Store, key: &Key, page: u32, start: Start) -> Result<Self, Error> {
        let mut attempt = Attempt::read(store, key, page, start).await?;
        let mut hashes = Vec::new();
        while !attempt.is_sound() && !store.is_local() {
            let hash = attempt.hash();
            if hashes.contains(&hash) {
                break;
            }
            hashes.push(hash);
            attempt.discard(store, key);
            if hashes.len() >= ATTEMPTS {
                return Err(store::differing().into());
            }
            attempt = Attempt::read(&store.without_ranges(), key, page, Start::Read).await?;
            match hashes.contains(&attempt.hash()) {
                true => attempt.keep(store, key),
                false => {
                    store.report_damaged(key, &(0..FIRST_READ.min(attempt.version.size)));
                    if attempt.is_sound() {
                        attempt.keep(store, key);
                    }
                }
            }
        }
        attempt.finish()
    }
}

impl IndexBytes {
    /// Whether the store has other bytes now, for this version or another. What the disk cache has of them is removed then.
    pub(super) async fn are_outdated(
        &self,
        store: &Store,
        key: &Key,
        version: &Version,
        page: u32,
    ) -> Result<bool, Error> {
        let attempt = Attempt::read(&store.without_ranges(), key, page, Start::Read).await?;
        if attempt.hash() == self.hash {
            return Ok(false);
        }
        // Before the image is opened again.
        for range in &self.ranges {
            store.discard_now(key, version, range).await;
        }
        Ok(true)
    }
}

impl Attempt {
    async fn read(store: &Store, key: &Key, page: u32, start: Start) -> Result<Self, Error> {
        let recalled = match start {
            Start::Recalled => store.recall_start(key, FIRST_READ).await,
            Start::Read => None,
        };
        let (version, start, age) = match recalled {
            Some(Recalled { version, bytes, age }) => (version, bytes, Some(age)),
            None => match store.read_start(key, FIRST_READ).await {
                // A symbolic link to a target outside its folder counts as missing.
                Err(store::Error::Forbidden) if store.is_local() => return Err(Error::NotFound),
                read => {
                    let (version, start) = read?;
                    (version, start, None)
                }
            },
        };
        let mut parts = vec![(0, start.clone())];
        let mut file = PartialFile::new(version.size, start);
        let (mut reads, mut fetched, mut turn) = (1, 0, None);
        let master = loop {
            match master::index(&file, page) {
                Ok(master) => break Ok(master),
                Err(Stop::Refused(refused)) => break Err(refused),
                Err(Stop::NeedBytes { range, likely }) => {
                    let end = range.end.max(range.start.saturating_add(likely)).min(version.size);
                    fetched += end - range.start;
                    if reads >= MAX_READS || fetched > MAX_INDEX_BYTES {
                        break Err(Refused::damaged("its index is larger than that of any valid file"));
                    }
                    if fetched > LARGE_INDEX && turn.is_none() {
                        let acquired = LARGE_INDEXES.acquire().await;
                        turn = Some(acquired.map_err(|closed| Error::Fault(closed.to_string()))?);
                    }
                    let bytes = store.read(key, &version, range.start..end, &[]).await?;
                    parts.push((range.start, bytes.clone()));
                    file.add(range.start, bytes);
                    reads += 1;
                }
            }
        };
        Ok(Self { master, version, age, parts })
    }

    /// Whether nothing speaks against the bytes.
    fn is_sound(&self) -> bool {
        self.master.as_ref().is_ok_and(|master| master.integrity != Integrity::Differs)
    }

    fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.parts.iter().map(|(start, bytes)| *start..start + bytes.len() as u64)
    }

    /// A hash of what was read.
    fn hash(&self) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(self.version.etag.as_bytes());
        for (start, bytes) in &self.parts {
            hash.update(&start.to_le_bytes());
            hash.update(bytes);
        }
        hash.digest()
    }

    /// Removes what was read from the disk cache.
    fn discard(&self, store: &Store, key: &Key) {
        self.ranges().for_each(|range| store.discard(key, &self.version, &range));
    }

    /// Keeps what was read in the disk cache.
    fn keep(&self, store: &Store, key: &Key) {
        for (range, (_, bytes)) in self.ranges().zip(&self.parts) {
            store.keep(key, &self.version, &range, bytes);
        }
    }

    fn finish(self) -> Result<ReadIndex, Error> {
        let bytes = IndexBytes { ranges: self.ranges().collect(), hash: self.hash() };
        Ok(ReadIndex { master: self.master?, version: self.version, age: self.age, bytes })
    }
}
