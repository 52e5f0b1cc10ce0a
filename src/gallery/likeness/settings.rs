//! Settings of similar works.

use serde::{Deserialize, Serialize};

/// `[likeness]`: similar works, found by vectors in memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Memory for all vectors, in MiB; 0 for no similar works.
    pub memory_mib: u64,
    /// Whether `tegl tag` also makes vectors of details, and the server finds works by them.
    pub details: bool,
    /// The largest picture that may be sent to find works like it, in MiB; 0 for none.
    pub upload_mib: u64,
    /// The total size of the model files that are loaded to read what visitors send, in MiB; 0 for none.
    pub models_mib: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { memory_mib: 640, details: false, upload_mib: 16, models_mib: 256 }
    }
}
