//! Counters of image warming.

use std::sync::atomic::AtomicU64;

/// Images requested for warming since the start, and the outcomes.
#[derive(Default)]
pub(crate) struct Warming {
    pub requested: AtomicU64,
    pub warmed: AtomicU64,
    pub failed: AtomicU64,
}
