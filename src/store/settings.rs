//! How sources are read and written.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How local folders and remote stores are read and written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether links below a local source may be absolute or lead into `link_roots`; without it only
    /// links that stay below the source count.
    pub follow_symlinks: bool,
    /// Folders outside a local source that its links may lead into (with `follow_symlinks`).
    pub link_roots: Vec<PathBuf>,
    /// Local files kept open.
    pub open_files: u64,
    /// How long a remote store may be silent: before it answers, and between two pieces of an answer.
    pub timeout_ms: u64,
    /// How long a connection to a remote store may take.
    pub connect_timeout_ms: u64,
    /// How long one read may take in all, retries included; large reads get more by `slowest_kib_per_s`.
    pub deadline_ms: u64,
    /// The slowest stream of a large read that is borne.
    pub slowest_kib_per_s: u64,
    /// How long a remote store may take to answer a write, the way of its bytes included; they travel in parts.
    pub write_timeout_ms: u64,
    /// How often a failed request to a remote store is repeated, at most.
    pub retries: usize,
    /// Requests that may be under way to one remote store at the same time; others wait for their turn.
    pub concurrent_reads: usize,
    /// Ranges of one master that lie closer than this are read in one request.
    pub coalesce_gap_kib: u64,
    /// Requests that one reading of several ranges may have under way.
    pub parallel_reads: usize,
    /// The key that a remote store is asked for to find out whether it can be read. It need not exist, except in stores
    /// that answer 403 for what does not exist and that do not list what they hold.
    pub probe: String,
    /// Whether a cloud machine's own identity (its metadata service) may be asked for credentials.
    pub instance_credentials: bool,
}

/// The slowest stream of a large write that is borne.
const SLOWEST_WRITE_KIB_PER_S: u64 = 256;

impl Default for Settings {
    fn default() -> Self {
        Settings {
            follow_symlinks: false,
            link_roots: Vec::new(),
            open_files: 512,
            timeout_ms: 2000,
            connect_timeout_ms: 1000,
            deadline_ms: 5000,
            slowest_kib_per_s: 8192,
            write_timeout_ms: 60_000,
            retries: 1,
            concurrent_reads: 64,
            coalesce_gap_kib: 16,
            parallel_reads: 8,
            probe: "tegl-health-probe".into(),
            instance_credentials: false,
        }
    }
}

impl Settings {
    /// How long a read of so many bytes may take in all.
    pub(super) fn deadline(&self, bytes: u64) -> Duration {
        let streaming_ms = (bytes / 1024).saturating_mul(1000) / self.slowest_kib_per_s.max(1);
        Duration::from_millis(self.deadline_ms.saturating_add(streaming_ms))
    }

    /// How long a write of so many bytes may take in all: nobody looks at it while it waits.
    pub(super) fn write_deadline(&self, bytes: u64) -> Duration {
        let streaming_ms = (bytes / 1024).saturating_mul(1000) / SLOWEST_WRITE_KIB_PER_S;
        let attempts = u64::try_from(self.retries).unwrap_or(u64::MAX).saturating_add(1);
        Duration::from_millis(self.write_timeout_ms.saturating_mul(attempts).saturating_add(streaming_ms))
    }

    /// The same settings for requests that write: one that brings a part of a file is long on its way.
    pub(super) fn for_writing(&self) -> Settings {
        Settings { timeout_ms: self.write_timeout_ms.max(self.timeout_ms), ..self.clone() }
    }
}
