//! Shared test support: a server, a client, masters, and stores that record requests or fail.

pub(crate) mod bombs;
pub(crate) mod browser;
pub(crate) mod command;
pub(crate) mod disk;
pub(crate) mod http;
pub(crate) mod masters;
pub(crate) mod museum;
pub(crate) mod nginx;
pub(crate) mod origin;
pub(crate) mod postgres;
pub(crate) mod proof;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod sqlite;
pub(crate) mod tiffs;
pub(crate) mod vips;
pub(crate) mod weed;
pub(crate) mod workspace;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) use proof::{fixture, not_proven, shared};

/// Collects the failures of a table of cases, so that one run reports all of them.
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
            let first: Vec<_> = self.0.iter().take(40).map(String::as_str).collect();
            panic!("{} checks failed:\n  {}", self.0.len(), first.join("\n  "));
        }
    }
}

/// Whether `holds` becomes true within `limit`.
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

/// Finds a program or folder that `what` needs: the path in the environment variable, or else the first existing path.
#[track_caller]
pub(crate) fn require(what: &str, variable: &str, paths: &[&str]) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let usual = paths.iter().map(|path| Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    let found = named.into_iter().chain(usual).find(|path| path.exists());
    if found.is_none() {
        not_proven(
            what,
            &format!("{variable} names no existing path, and there is no {}", paths.join(" or ")),
        );
    }
    found
}

/// A reproducible random number generator (xorshift).
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}
