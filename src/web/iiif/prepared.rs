//! Image requests whose answers were in memory: they are not parsed, planned and headers each time.

use std::sync::Arc;

use foldhash::fast::RandomState;
use moka::sync::Cache;

use super::image::ImageHeaders;
use crate::gallery::Resolution;

/// The capacity of the cache, in bytes: some ten thousand requests.
const CAPACITY: u64 = 8 << 20;

/// What a request was resolved to, and the headers of its response.
pub(crate) struct Prepared {
    pub resolution: Resolution,
    pub headers: ImageHeaders,
}

/// Prepared requests by base URL and path.
pub(crate) struct PreparedRequests(Cache<String, Arc<Prepared>, RandomState>);

impl PreparedRequests {
    pub(crate) fn new() -> Self {
        // Both have the plan's fields and the cache's own beside their texts.
        let weigher = |key: &String, prepared: &Arc<Prepared>| {
            (2 * key.len() + prepared.headers.weight() + size_of::<Prepared>() + 256) as u32
        };
        let cache = Cache::builder().max_capacity(CAPACITY).weigher(weigher);
        Self(cache.build_with_hasher(RandomState::default()))
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<Prepared>> {
        self.0.get(key)
    }

    pub(crate) fn insert(&self, key: String, prepared: Arc<Prepared>) {
        self.0.insert(key, prepared);
    }
}
