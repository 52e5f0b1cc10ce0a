//! Tegl's own record format, with precise errors.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::record::Work;
use crate::record::read::record::malformed;

/// The fields of a work, each with how its value is written.
pub(in crate::record::read) const FIELDS: [(&str, &str); 26] = [
    ("object_number", "the number as text, as in `\"KMS1\"`"),
    ("titles", TEXTS),
    ("creators", "a list of objects with a `name`, as in `[{\"name\": \"Anna Ancher\", \"birth\": 1859}]`"),
    (
        "production",
        "an object, as in `{\"text\": \"c. 1850\", \"earliest\": 1845, \"latest\": 1855}`, or a list of them",
    ),
    ("object_type", TEXTS),
    ("techniques", TEXTS),
    ("materials", TEXTS),
    ("dimensions", "a list of objects, as in `[{\"kind\": \"height\", \"value\": 94.5, \"unit\": \"cm\"}]`"),
    ("inscriptions", TEXTS),
    ("description", TEXT),
    ("collections", TEXTS),
    ("department", TEXT),
    ("credit_line", TEXT),
    ("location", TEXT),
    ("rights", "the URI of a licence or statement as text"),
    ("public_domain", "`true` or `false`"),
    ("homepage", "a URI as text"),
    ("related", "a list of objects with an `id`, as in `[{\"id\": \"KMS2\", \"kind\": \"study-for\"}]`"),
    ("tags", "a list of objects, as in `[{\"scheme\": \"motif\", \"label\": {\"en\": \"dog\"}}]`"),
    (
        "extra_metadata",
        "a list of objects, as in `[{\"label\": {\"en\": \"Provenance\"}, \"value\": \"Bought in 1850\"}]`",
    ),
    ("images", "a list of objects with a `file`, as in `[{\"file\": \"a.tif\", \"role\": \"recto\"}]`"),
    ("media_files", "a list of objects with a `file`, as in `[{\"file\": \"a.mp3\", \"duration\": 182.5}]`"),
    ("canvases", "an integer from 0"),
    ("parts", "a list of objects, as in `[{\"label\": \"Page 1\", \"images\": [\"a.tif\"]}]`"),
    ("modified", "a date as text"),
    ("withdrawn", "`true`, or an object with the reason, as in `{\"reason\": \"Returned to its owner\"}`"),
];

const TEXT: &str = "`\"text\"`, `[\"text\"]` or `{\"en\": \"text\"}`";
const TEXTS: &str = "`\"text\"`, `{\"en\": \"text\"}`, or a list of such";

/// The maximum number of fields of one object that are tested one by one to find the wrong one.
const MAX_TESTED: usize = 64;

/// Parses a record as a work.
pub(in crate::record::read) fn work(text: &str) -> Result<Work, String> {
    serde_json::from_str(text).map_err(|error| match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) => {
            first_error(fields).unwrap_or_else(|| format!("the record is not a work: {error}"))
        }
        Ok(_) => "a record must be an object: write `{\"object_number\": …}`".to_owned(),
        Err(_) => malformed(1, &error).reason,
    })
}

/// The error for the first wrong field, with how to write it.
fn first_error(fields: Map<String, Value>) -> Option<String> {
    if fields.get("object_number").is_none_or(Value::is_null) {
        return Some("`object_number` is missing: a record needs the museum's object number".into());
    }
    fields.into_iter().find_map(|(name, value)| {
        let error = error_of(&name, &value)?;
        let written = FIELDS.iter().find(|(known, _)| *known == name).map_or("", |(_, written)| written);
        let (path, error) = error_in_list(&name, &value).unwrap_or((name, error));
        let hint = if written.is_empty() { String::new() } else { format!("; write {written}") };
        Some(format!("`{path}`: {}{hint}", simplified(&error)))
    })
}

/// The error for this value of this field, if it is wrong.
fn error_of(name: &str, value: &Value) -> Option<String> {
    let number = if name == "object_number" { value.clone() } else { json!("1") };
    let mut record = Map::from_iter([("object_number".to_owned(), number)]);
    record.insert(name.to_owned(), value.clone());
    Work::deserialize(Value::Object(record)).err().map(|error| error.to_string())
}

/// The path of the wrong element of a list, and of its wrong field, with the error.
fn error_in_list(name: &str, value: &Value) -> Option<(String, String)> {
    let (index, wrong, error) = value
        .as_array()?
        .iter()
        .enumerate()
        .find_map(|(place, one)| error_of(name, &json!([one])).map(|error| (place, one, error)))?;
    let path = format!("{name}[{index}]");
    let fields = wrong.as_object().filter(|fields| fields.len() <= MAX_TESTED).into_iter().flatten();
    let key = fields.map(|(key, _)| key).find(|&key| {
        let mut rest = wrong.clone();
        rest.as_object_mut().is_some_and(|fields| fields.remove(key).is_some())
            && error_of(name, &json!([rest])).is_none()
    });
    Some((key.map_or(path.clone(), |key| format!("{path}.{key}")), error))
}

/// The error without details that only a programmer understands.
fn simplified(error: &str) -> &str {
    if error.contains("untagged enum") { "neither one value nor a list of them" } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &[&str]) {
        let reason = work(json).unwrap_err();
        assert!(expected.iter().all(|word| reason.contains(word)), "{json}: {reason}");
    }

    #[test]
    fn errors_name_the_fault_and_what_works() {
        check(r#"{"titles":"x"}"#, &["`object_number` is missing"]);
        check(r#"{"object_number":7}"#, &["`object_number`", "integer `7`", "`\"KMS1\"`"]);
        check(r#"{"object_number":"1","titles":true}"#, &["`titles`", "a list of such"]);
        check(
            r#"{"object_number":"1","creators":[{"name":"A"},{"name":"B","birth":"1850"}]}"#,
            &["`creators[1].birth`", "string \"1850\""],
        );
        check(r#"{"object_number":"1","creators":"A"}"#, &["`creators`", "a list of objects with a `name`"]);
        check(
            r#"{"object_number":"1","images":[{"role":"recto"}]}"#,
            &["`images[0]`", "missing field `file`"],
        );
        check(r#"{"object_number":"1","public_domain":"maybe"}"#, &["`public_domain`", "`true` or `false`"]);
        check(
            r#"{"object_number":"1","tags":[{"scheme":"motif","label":"dog","region":"1,2"}]}"#,
            &["`tags[0].region`", "x,y,width,height"],
        );
        check("{\"object_number\":", &["not JSON"]);
        check("[]", &["an object"]);
    }

    #[test]
    fn every_field_of_a_work_is_described() {
        let schema = crate::record::read::schema();
        for name in schema["properties"].as_object().unwrap().keys() {
            assert!(FIELDS.iter().any(|(known, _)| known == name), "{name}");
        }
    }
}
