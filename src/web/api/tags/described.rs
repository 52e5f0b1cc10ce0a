//! Schemas of the fields of request bodies, from the limits that validation applies.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::limits::{INVISIBLE, MAX_LABEL, MAX_REVISION, RECORD_SCHEMES};
use crate::presentation::{ALL_WORKS, SEARCH_SCHEME};

pub(super) const SCHEME: &str = "^[a-z][a-z0-9-]{0,63}$";
pub(super) const CONCEPT: &str = "^https?://[a-z]+(\\.[a-z]+)+(/[A-Za-z0-9._~/-]*)?$";
pub(super) const SOURCE: &str = "^(curator|model:[A-Za-z0-9._/-]{1,64}(@[A-Za-z0-9._/-]{1,64})?)$";
pub(super) const REGION: &str = "^(xywh=)?[0-9]{1,6},[0-9]{1,6},[1-9][0-9]{0,5},[1-9][0-9]{0,5}$";

/// Schemes of the record, and names of other collections.
pub(super) fn reserved() -> Vec<&'static str> {
    RECORD_SCHEMES.into_iter().chain([ALL_WORKS, SEARCH_SCHEME]).collect()
}

/// A text, or texts by language.
pub(super) fn label(_: &mut SchemaGenerator) -> Schema {
    let text = json_schema!({"type": "string", "minLength": 1, "maxLength": MAX_LABEL, "pattern": visible()});
    json_schema!({"anyOf": [text, {
        "type": "object", "minProperties": 1, "maxProperties": 20,
        "propertyNames": {"pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$"}, "additionalProperties": text,
    }]})
}

/// A whole number, which JSON may write as `7.0`.
pub(super) fn revision(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["integer", "null"], "minimum": 0, "maximum": MAX_REVISION})
}

/// The number of a cluster, which JSON may write as `7.0`.
pub(super) fn cluster(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["integer", "null"], "minimum": 0, "maximum": u32::MAX})
}

/// The pattern of notes: no control characters, no invisible characters.
pub(super) fn note() -> String {
    format!("^[^{}]*$", hidden())
}

/// The pattern of labels: no control characters, no invisible characters, no markup.
fn visible() -> String {
    let invisible = hidden();
    format!("^[^\\s{invisible}<&][^{invisible}<&]*$")
}

/// Invisible characters, as part of a character class.
fn hidden() -> String {
    let ranges = INVISIBLE.iter().map(|(from, to)| format!("\\u{:04x}-\\u{:04x}", *from as u32, *to as u32));
    format!("\\u0000-\\u001f\\u007f-\\u009f{}", ranges.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_of_characters_in_order() {
        let pattern = visible();
        assert!(pattern.starts_with("^[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad-\\u00ad"), "{pattern}");
    }
}
