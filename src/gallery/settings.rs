//! What an operator may set about serving.

use serde::{Deserialize, Serialize};

/// `[masters]`: which masters are served, and how far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Masters {
    /// How long a remote master counts as unchanged before the store is asked again, in seconds.
    /// Local ones are looked at every two seconds.
    pub revalidate_s: u64,
    /// The largest answer in pixels (`maxArea`).
    pub max_area: u64,
    /// The longest side of an answer in pixels (`maxWidth`, `maxHeight`).
    pub max_side: u32,
    /// The largest master that is decoded as a whole because it has no tiles, in megapixels.
    pub whole_megapixels: u64,
    /// The longest file that is read as a whole, in MiB.
    pub whole_mib: u64,
}

impl Default for Masters {
    fn default() -> Self {
        Self {
            revalidate_s: 60,
            max_area: 50_000_000,
            max_side: 32_768,
            whole_megapixels: 64,
            whole_mib: 512,
        }
    }
}

/// `[cache]`: memory for what may be asked again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Finished answers, in MiB; 0 keeps none.
    pub answers_mib: u64,
    /// Masters' indexes: where their tiles lie, in MiB.
    pub indexes_mib: u64,
    /// Masters that have no tiles, decoded, in MiB.
    pub decoded_mib: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self { answers_mib: 128, indexes_mib: 64, decoded_mib: 256 }
    }
}

/// `[work]`: how much is rendered at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Work {
    /// Threads that decode and encode; 0 for one a processor core.
    pub threads: usize,
    /// Memory for all renderings together, in MiB.
    pub memory_mib: u64,
    /// How long a rendering waits for its turn before it is refused, in milliseconds.
    pub queue_ms: u64,
    /// Renderings of at least this many MiB take turns on half of the threads.
    pub large_mib: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self { threads: 0, memory_mib: 512, queue_ms: 3000, large_mib: 32 }
    }
}
