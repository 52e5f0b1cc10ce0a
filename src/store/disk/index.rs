//! Which entries there are, and which of them are evicted.

use std::hash::RandomState;

use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::entry::Name;
use super::{DiskSettings, Unusable};

/// The blocks in which disks give space away, in bytes.
const BLOCK: u64 = 4096;
/// A usual size of entries, from which the index estimates how many it will have.
const USUAL: u64 = 20_000;

/// The entries with their weights. What is requested often is kept longest.
pub(super) struct Index {
    entries: Cache<Name, u64, Weights, RandomState, Evictions>,
    /// The weight of the smallest file.
    least: u64,
}

#[derive(Clone)]
struct Weights;

#[derive(Clone)]
struct Evictions;

impl Weighter<Name, u64> for Weights {
    fn weight(&self, _: &Name, weight: &u64) -> u64 {
        *weight
    }
}

impl Lifecycle<Name, u64> for Evictions {
    type RequestState = Vec<Name>;

    fn begin_request(&self) -> Self::RequestState {
        Vec::new()
    }

    fn on_evict(&self, evicted: &mut Self::RequestState, name: Name, _: u64) {
        evicted.push(name);
    }
}

impl Index {
    pub(super) fn new(settings: &DiskSettings) -> Result<Self, Unusable> {
        let bytes = settings.bytes();
        let options = OptionsBuilder::new()
            // The bounds of several shards would be lower than those of the settings.
            .shards(1)
            .estimated_items_capacity(settings.files.min(bytes / USUAL + 1) as usize)
            .weight_capacity(bytes)
            .build()
            .map_err(|error| Unusable::Misconfigured(error.to_string()))?;
        let entries = Cache::with_options(options, Weights, RandomState::new(), Evictions);
        Ok(Self { entries, least: bytes / settings.files.max(1) })
    }

    /// Whether there is such an entry; counts as a request for it.
    pub(super) fn request(&self, name: &Name) -> bool {
        self.entries.get(name).is_some()
    }

    /// Whether there is such an entry.
    pub(super) fn contains(&self, name: &Name) -> bool {
        self.entries.contains_key(name)
    }

    /// Adds a file of this size, and returns what has to leave for it.
    pub(super) fn insert(&self, name: Name, size: u64) -> Vec<Name> {
        let weight = size.max(1).next_multiple_of(BLOCK).max(self.least);
        let mut evicted = self.entries.insert_with_lifecycle(name, weight);
        // The earlier weight of the same name is also reported.
        evicted.retain(|evicted| *evicted != name || !self.contains(&name));
        evicted
    }

    pub(super) fn remove(&self, name: &Name) {
        self.entries.remove(name);
    }

    /// The bytes and the number of the entries.
    pub(super) fn size(&self) -> (u64, usize) {
        (self.entries.weight(), self.entries.len())
    }
}
