//! A bounded cache of open files, which are closed on eviction.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use parking_lot::RwLock;

use crate::store::Key;

/// The number of shards, which reduce contention between threads that read different files.
const SHARDS: usize = 16;
/// The time after which an idle file is closed: a deleted file occupies disk space while it is open.
const IDLE: Duration = Duration::from_secs(300);

/// Open files by key. A general cache drops evicted entries late, and file descriptors are too scarce for that.
pub(in crate::store) struct Files<F> {
    shards: [RwLock<HashMap<Key, Entry<F>>>; SHARDS],
    capacity: usize,
    hasher: RandomState,
    opened: Instant,
}

struct Entry<F> {
    file: Arc<F>,
    /// The time of the last use, in milliseconds since the source was opened.
    used: AtomicU64,
}

impl<F> Files<F> {
    pub(in crate::store) fn new(capacity: u64) -> Files<F> {
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX).div_ceil(SHARDS).max(1);
        Files { shards: Default::default(), capacity, hasher: RandomState::new(), opened: Instant::now() }
    }

    pub(in crate::store) fn get(&self, key: &Key) -> Option<Arc<F>> {
        let shard = self.shard(key).read();
        let entry = shard.get(key)?;
        entry.used.store(self.now(), Relaxed);
        Some(entry.file.clone())
    }

    pub(in crate::store) fn insert(&self, key: Key, file: Arc<F>) {
        let now = self.now();
        let mut shard = self.shard(&key).write();
        shard.retain(|_, entry| now.saturating_sub(entry.used.load(Relaxed)) < IDLE.as_millis() as u64);
        if shard.len() >= self.capacity && !shard.contains_key(&key) {
            let oldest =
                shard.iter().min_by_key(|(_, entry)| entry.used.load(Relaxed)).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| shard.remove(&oldest));
        }
        shard.insert(key, Entry { file, used: AtomicU64::new(now) });
    }

    pub(in crate::store) fn remove(&self, key: &Key) {
        self.shard(key).write().remove(key);
    }

    pub(in crate::store) fn clear(&self) {
        for shard in &self.shards {
            shard.write().clear();
        }
    }

    fn shard(&self, key: &Key) -> &RwLock<HashMap<Key, Entry<F>>> {
        &self.shards[self.hasher.hash_one(key) as usize % SHARDS]
    }

    fn now(&self) -> u64 {
        self.opened.elapsed().as_millis() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_files_than_the_capacity_are_open() {
        let files = Files::new(32);
        let all: Vec<Arc<u32>> = (0..1000).map(Arc::new).collect();
        for (index, file) in all.iter().enumerate() {
            let key = Key::parse(&index.to_string()).unwrap();
            files.insert(key.clone(), file.clone());
            assert_eq!(files.get(&key).as_deref(), Some(&**file));
        }
        let held = all.iter().filter(|file| Arc::strong_count(file) > 1).count();
        assert!((16..=32).contains(&held), "{held}");
        files.clear();
        assert!(all.iter().all(|file| Arc::strong_count(file) == 1));
    }
}
