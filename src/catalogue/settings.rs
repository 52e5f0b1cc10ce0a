//! The settings of the catalogue.

use serde::{Deserialize, Serialize};

/// `[catalogue]`: the database of works, tags and revisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A SQLite file, or `postgres://USER@HOST/DATABASE`, which several servers may share. If empty, a file in the data
    /// folder; `none` for no catalogue.
    pub url: String,
    /// Database connections. Each to a SQLite file keeps up to 16 MiB of its pages in memory.
    pub connections: u32,
    /// How long a query may wait for a connection, in milliseconds.
    pub timeout_ms: u64,
    /// How long images are shown by their last known rights while the database does not respond, in seconds.
    pub stale_rights_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { url: String::new(), connections: 8, timeout_ms: 3000, stale_rights_s: 3600 }
    }
}
