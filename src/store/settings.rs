//! The settings of stores.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How local folders and remote stores are read and written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether links below a local source may be absolute or lead into `link_roots`. Otherwise only links that stay
    /// below the source are followed.
    pub follow_symlinks: bool,
    /// Folders outside a local source that its links may lead into (with `follow_symlinks`).
    pub link_roots: Vec<PathBuf>,
    /// The maximum number of local files kept open.
    pub open_files: u64,
    /// The timeout for a remote store: until a response begins, and between two pieces of it.
    pub timeout_ms: u64,
    /// The timeout for connecting to a remote store.
    pub connect_timeout_ms: u64,
    /// The deadline of one read including retries; large reads get more time, by `slowest_kib_per_s`.
    pub deadline_ms: u64,
    /// The slowest accepted rate of a large read.
    pub slowest_kib_per_s: u64,
    /// The timeout for the response to a write, including the upload of one part.
    pub write_timeout_ms: u64,
    /// The maximum number of retries of a failed request to a remote store.
    pub retries: usize,
    /// The maximum number of concurrent requests to one remote store; others wait.
    pub concurrent_reads: usize,
    /// Ranges of one master with smaller gaps between them are read in one request.
    pub coalesce_gap_kib: u64,
    /// The maximum number of concurrent requests for one read of several ranges.
    pub parallel_reads: usize,
    /// The key used to probe whether a remote store can be read. It need not exist, except in stores that respond with
    /// 403 for missing objects and do not list their objects.
    pub probe: String,
    /// Whether credentials may come from the metadata service of a cloud machine.
    pub instance_credentials: bool,
}

/// The slowest accepted rate of a large write.
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
            retries: 3,
            concurrent_reads: 64,
            coalesce_gap_kib: 16,
            parallel_reads: 8,
            probe: "tegl-health-probe".into(),
            instance_credentials: false,
        }
    }
}

impl Settings {
    /// The deadline for reading this many bytes.
    pub(super) fn deadline(&self, bytes: u64) -> Duration {
        let streaming_ms = (bytes / 1024).saturating_mul(1000) / self.slowest_kib_per_s.max(1);
        Duration::from_millis(self.deadline_ms.saturating_add(streaming_ms))
    }

    /// The deadline for writing this many bytes; longer, because no viewer waits for it.
    pub(super) fn write_deadline(&self, bytes: u64) -> Duration {
        let streaming_ms = (bytes / 1024).saturating_mul(1000) / SLOWEST_WRITE_KIB_PER_S;
        let attempts = u64::try_from(self.retries).unwrap_or(u64::MAX).saturating_add(1);
        Duration::from_millis(self.write_timeout_ms.saturating_mul(attempts).saturating_add(streaming_ms))
    }

    /// The same settings with timeouts for writing, because uploading a part takes long.
    pub(super) fn for_writing(&self) -> Settings {
        Settings { timeout_ms: self.write_timeout_ms.max(self.timeout_ms), ..self.clone() }
    }
}
