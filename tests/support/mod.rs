//! What the tests share: a server, a client, masters, and stores that count or fail.

pub(crate) mod bombs;
pub(crate) mod command;
pub(crate) mod disk;
pub(crate) mod http;
pub(crate) mod masters;
pub(crate) mod museum;
pub(crate) mod origin;
pub(crate) mod postgres;
pub(crate) mod proof;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod tiffs;
pub(crate) mod vips;
pub(crate) mod weed;
pub(crate) mod workspace;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) use proof::{fixture, not_proven, shared};

/// Failures of a table, gathered so that one run shows all of them.
#[derive(Default)]
pub(crate) struct Failures(Vec<String>);

impl Failures {
    pub(crate) fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }
}

impl Drop for Failures {
    fn drop(&mut self) {
        if !self.0.is_empty() && !std::thread::panicking() {
            let shown: Vec<_> = self.0.iter().take(40).map(String::as_str).collect();
            panic!("{} do not hold:\n  {}", self.0.len(), shown.join("\n  "));
        }
    }
}

/// Whether `holds` comes true within `limit`.
pub(crate) fn eventually(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// A program or folder that `what` needs: where the variable says, else the first of these places that exists.
#[track_caller]
pub(crate) fn require(what: &str, variable: &str, places: &[&str]) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let usual = places.iter().map(|place| Path::new(env!("CARGO_MANIFEST_DIR")).join(place));
    let found = named.into_iter().chain(usual).find(|place| place.exists());
    if found.is_none() {
        not_proven(what, &format!("{variable} names nothing, and there is no {}", places.join(" or ")));
    }
    found
}

/// A reproducible series of numbers (xorshift).
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}
