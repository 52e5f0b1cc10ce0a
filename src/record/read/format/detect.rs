//! Detects the format of a record.

use serde_json::Value;

use super::names::RecordFormat;
use super::smk::FIELDS;
use crate::record::read::value::json::field;

/// The error for a record of unknown format.
pub(in crate::record::read) const UNKNOWN: &str = "the record has no `object_number`, and its format is unknown: name it (`lines`, \
    `smk`, `tate`, `iiif`), or give a mapping that says which fields mean what";

/// The format of a record, if it is known.
pub(in crate::record::read) fn form(record: &Value) -> Option<RecordFormat> {
    let fields = record.as_object()?;
    let has = |name: &str| fields.contains_key(name);
    if is_presentation(record) {
        return Some(RecordFormat::Manifest);
    }
    if has("acno") {
        return Some(RecordFormat::Tate);
    }
    if (has("object_number") || has("id"))
        && (FIELDS.iter().any(|field| field.is_distinctive && has(field.name)) || is_smk(record))
    {
        return Some(RecordFormat::Smk);
    }
    has("object_number").then_some(RecordFormat::Lines)
}

/// Why a record does not match the expected format, if it does not. Read in the wrong format it would become a work
/// without a title.
pub(in crate::record::read) fn mismatch(record: &Value, expected: RecordFormat) -> Option<String> {
    let found = form(record);
    let fields = record.as_object()?;
    let has = |names: &[&str]| names.iter().any(|name| fields.contains_key(*name));
    let fits = match expected {
        RecordFormat::Smk => has(&["object_number"]) || found == Some(RecordFormat::Smk),
        RecordFormat::Tate => {
            has(&["acno"]) || found.is_none() && has(&["dateText", "medium", "creditLine", "contributors"])
        }
        RecordFormat::Manifest => found == Some(RecordFormat::Manifest) || has(&["sequences", "items"]),
        RecordFormat::Lines | RecordFormat::Csv => true,
    };
    match found {
        _ if fits => None,
        Some(found) => Some(format!("the record is not in the format `{expected}`: it looks like `{found}`")),
        None => Some(format!("the record is not in the format `{expected}`: it has none of its fields")),
    }
}

fn is_presentation(record: &Value) -> bool {
    let context = match &record["@context"] {
        Value::Array(all) => {
            all.iter().filter_map(Value::as_str).any(|one| one.contains("iiif.io/api/presentation"))
        }
        one => one.as_str().is_some_and(|one| one.contains("iiif.io/api/presentation")),
    };
    let kind = record["type"].as_str().or(record["@type"].as_str());
    context || matches!(kind, Some("Manifest" | "Collection" | "sc:Manifest" | "sc:Collection"))
}

/// Whether its lists hold the fields of SMK's lists.
fn is_smk(record: &Value) -> bool {
    field(&record["titles"], &["title", "translation"]).is_some()
        || field(&record["production"], &["creator", "creator_lref"]).is_some()
        || field(&record["techniques"], &["technique"]).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_that_does_not_match_is_reported() {
        for (record, form, expected) in [
            (json!({"acno": "A00001", "id": 1035}), RecordFormat::Smk, Some("it looks like `tate`")),
            (json!({"acno": "A00001", "id": 1035}), RecordFormat::Manifest, Some("it looks like `tate`")),
            (json!({"id": 1035, "title": "x"}), RecordFormat::Tate, Some("none of its fields")),
            (json!({"object_number": "1", "titles": null}), RecordFormat::Smk, None),
            (json!({"id": "1", "object_names": []}), RecordFormat::Smk, None),
            (json!({"acno": "A00001"}), RecordFormat::Tate, None),
            (json!({"id": "x", "items": []}), RecordFormat::Manifest, None),
        ] {
            let reason = mismatch(&record, form);
            let fits = reason.is_none() == expected.is_none();
            assert!(
                fits && reason.is_none_or(|reason| reason.contains(expected.unwrap_or_default())),
                "{record} {form}"
            );
        }
    }

    #[test]
    fn the_form_of_a_record_is_detected() {
        for (record, expected) in [
            (json!({"object_number": "1", "titles": "a"}), Some(RecordFormat::Lines)),
            (json!({"object_number": "1", "titles": [{"title": "a"}]}), Some(RecordFormat::Smk)),
            (json!({"object_number": "1", "has_image": false}), Some(RecordFormat::Smk)),
            (json!({"id": "1_object", "object_names": []}), Some(RecordFormat::Smk)),
            (json!({"acno": "A00001", "id": 1}), Some(RecordFormat::Tate)),
            (
                json!({"@context": "http://iiif.io/api/presentation/3/context.json"}),
                Some(RecordFormat::Manifest),
            ),
            (json!({"@type": "sc:Manifest"}), Some(RecordFormat::Manifest)),
            (json!({"id": 1, "title": "a"}), None),
            (json!([]), None),
        ] {
            assert_eq!(form(&record), expected, "{record}");
        }
    }
}
