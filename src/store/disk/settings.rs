//! The settings of the disk cache.

use serde::{Deserialize, Serialize};

/// `[cache.disk]`: a second tier behind memory, on a local disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiskSettings {
    /// The folder; if empty, one in `$CACHE_DIRECTORY` where that is set; `none` for no disk cache.
    pub folder: String,
    /// The space that it may take, in GiB.
    pub gib: f64,
    /// The number of files that it may have.
    pub files: u64,
}

impl Default for DiskSettings {
    fn default() -> Self {
        Self { folder: String::new(), gib: 10.0, files: 500_000 }
    }
}

impl DiskSettings {
    /// The space that it may take, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        (self.gib * f64::from(1 << 30)) as u64
    }
}
