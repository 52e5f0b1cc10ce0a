//! What an operator may set about the catalogue.

use serde::{Deserialize, Serialize};

/// `[catalogue]`: where works, tags and revisions are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A file (SQLite) or `postgres://USER@HOST/DATABASE`, which several servers may share. Empty for the usual data
    /// folder of the system or the user; `none` for no catalogue.
    pub url: String,
    /// Connections at one time.
    pub connections: u32,
    /// How long a question waits for a connection before it is given up, in milliseconds.
    pub timeout_ms: u64,
    /// How long images are shown by the rights known last while the database does not answer, in seconds.
    pub stale_rights_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { url: String::new(), connections: 8, timeout_ms: 3000, stale_rights_s: 3600 }
    }
}
