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
        let (slot, fingerprint) = self.place(key);
        slot.swap(fingerprint, Relaxed) == fingerprint
    }

    /// Whether a key is remembered.
    pub(super) fn contains(&self, key: &impl Hash) -> bool {
        let (slot, fingerprint) = self.place(key);
        slot.load(Relaxed) == fingerprint
    }

    /// A key's slot and fingerprint. Empty slots are 0.
    fn place(&self, key: &impl Hash) -> (&AtomicU32, u32) {
        let hash = self.hasher.hash_one(key);
        (&self.slots[hash as usize % SLOTS], (hash >> 32) as u32 | 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_remembered() {
        let keys = RecentKeys::new();
        assert!(!keys.insert(&("a", 1)));
        assert!(keys.contains(&("a", 1)) && !keys.contains(&("a", 2)));
        assert!(keys.insert(&("a", 1)));
        assert!(!keys.insert(&("a", 2)));
    }
}
