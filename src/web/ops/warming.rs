//! How far the warming of images is.

use std::sync::atomic::AtomicU64;

/// Images that were to be warmed since the start, and what became of them.
#[derive(Default)]
pub struct Warming {
    pub asked: AtomicU64,
    pub warmed: AtomicU64,
    pub failed: AtomicU64,
}
