//! What happened to a work, and when.

use serde::{Deserialize, Serialize};

/// One entry of the catalogue's append-only list of revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its place in the list, counted from 1 without gaps; what a reader follows.
    pub revision: u64,
    pub object_number: String,
    pub kind: Kind,
    /// When it was committed, in milliseconds since 1970.
    pub at_ms: i64,
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The work is new, or is there again.
    Create,
    Update,
    Delete,
}
