//! Remembers which keys were seen lately, in little memory.

use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use foldhash::fast::RandomState;

/// How many keys are remembered at most; 256 KiB.
const SLOTS: usize = 1 << 16;

/// A table of fingerprints. A key that was not seen is taken for one that was in one of two billion cases; one that was
/// seen is forgotten when another takes its slot.
pub(super) struct RecentKeys {
    slots: Box<[AtomicU32]>,
    hasher: RandomState,
}

impl RecentKeys {
    pub(super) fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| AtomicU32::new(0)).collect(), hasher: RandomState::default() }
    }

    /// Remembers a key; returns whether it was remembered already.
    pub(super) fn insert(&self, key: &impl Hash) -> bool {
        let hash = self.hasher.hash_one(key);
        // Empty slots are 0.
        let fingerprint = (hash >> 32) as u32 | 1;
        self.slots[hash as usize % SLOTS].swap(fingerprint, Relaxed) == fingerprint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_remembered() {
        let keys = RecentKeys::new();
        assert!(!keys.insert(&("a", 1)));
        assert!(keys.insert(&("a", 1)));
        assert!(!keys.insert(&("a", 2)));
    }
}
