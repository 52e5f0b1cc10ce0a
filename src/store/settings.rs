//! What an operator may set about stores.

use serde::{Deserialize, Serialize};

/// `[store]`: how masters are reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long one request to a remote store may take, in milliseconds.
    pub timeout_ms: u64,
    /// How long a read may take with all its retries, in milliseconds.
    pub deadline_ms: u64,
    /// How many ranges of one read are fetched at once.
    pub parallel: usize,
    /// Ranges nearer to each other than this are fetched as one, in KiB.
    pub coalesce_kib: u64,
    /// How many local masters are kept open.
    pub open_files: u64,
    /// Whether symbolic links may lead out of a source's folder.
    pub follow_symlinks: bool,
    /// Whether credentials are asked from the cloud machine's own metadata service.
    pub instance_credentials: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout_ms: 2000,
            deadline_ms: 5000,
            parallel: 8,
            coalesce_kib: 16,
            open_files: 1024,
            follow_symlinks: false,
            instance_credentials: false,
        }
    }
}
