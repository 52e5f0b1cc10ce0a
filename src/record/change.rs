//! A change of a work in the catalogue.

use serde::{Deserialize, Serialize};

/// One entry of the catalogue's append-only list of revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its number in the list, counted from 1 without gaps. Readers follow the list by it.
    pub revision: u64,
    /// The work's object number.
    pub object_number: String,
    /// What happened to it.
    pub kind: Kind,
    /// When it was committed, in milliseconds since 1970.
    pub at_ms: i64,
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The work is new, or was restored after it had been withdrawn.
    Create,
    /// Its record or its tags changed.
    Update,
    /// It was withdrawn.
    Delete,
}

/// Formats milliseconds since 1970 as an xsd:dateTime in UTC, as in `2026-11-23T05:40:00.123Z`.
pub fn timestamp(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_converted_to_utc() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(timestamp(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }
}
