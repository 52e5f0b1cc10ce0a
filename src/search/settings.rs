//! What an operator may set about finding works.

use serde::{Deserialize, Serialize};

/// `[search]`: the index that works are found by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The folder that the index lies in; empty for the usual cache folder of the system or the user, `none` for no
    /// index and no search.
    pub folder: String,
    /// Memory for works that are being laid down, in MiB; at least 32.
    pub memory_mib: usize,
    /// Memory for searches that have been made, in MiB; 0 keeps none.
    pub answers_mib: u64,
    /// Threads that search; 0 for one a processor core.
    pub threads: usize,
    /// More changes at once than this, and the index is made anew beside the one in use.
    pub rebuild_from: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { folder: String::new(), memory_mib: 64, answers_mib: 32, threads: 0, rebuild_from: 20_000 }
    }
}
