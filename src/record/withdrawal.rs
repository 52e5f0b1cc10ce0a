//! A record's own statement that its work is withdrawn.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Says that the work of a record is withdrawn: `true`, a reason, or `{"reason": …}` in the field `withdrawn`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WithdrawnFlag {
    /// Why, in words for the public.
    pub reason: Option<String>,
}

const EXPECTED: &str = "write `true`, or {\"reason\": \"…\"}";

impl WithdrawnFlag {
    /// The flag of a cell of a table.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        Self::of(&Value::from(text)).ok().flatten()
    }

    /// The flag of a value; `None` if the value says that the work is not withdrawn.
    fn of(value: &Value) -> Result<Option<Self>, String> {
        let reason = match value {
            Value::Null => return Ok(None),
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            Value::Object(fields) => match fields.get("reason") {
                None | Some(Value::Null) => None,
                Some(Value::String(reason)) => Some(reason.as_str()),
                Some(other) => return Err(format!("`withdrawn.reason` is `{other}`: write a string")),
            },
            Value::Array(_) => return Err(format!("`withdrawn` is `{value}`: {EXPECTED}")),
            other => match (super::read::truth(other), other) {
                (Some(false), _) => return Ok(None),
                (Some(true), _) => None,
                (None, Value::String(reason)) => Some(reason.as_str()),
                (None, other) => {
                    return Err(format!("`withdrawn` is `{other}`: {EXPECTED}"));
                }
            },
        };
        // A reason that may not be shown leaves the work withdrawn.
        let reason = reason.and_then(|reason| withdrawal_reason(reason.trim()).ok());
        Ok(Some(Self { reason }))
    }
}

/// The most characters of a reason.
const MAX_REASON: usize = 1000;

/// Checks the reason of a withdrawal, which is public.
///
/// # Errors
/// Returns what is wrong, as the end of a sentence that begins with the name of the parameter.
pub fn withdrawal_reason(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("contains control characters: remove them".into());
    }
    if text.chars().count() > MAX_REASON {
        return Err(format!("is longer than {MAX_REASON} characters"));
    }
    let text = text.trim();
    if text.is_empty() {
        return Err("is empty: give a reason, or leave it out".into());
    }
    Ok(text.to_owned())
}

/// Reads the field `withdrawn` of a record.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WithdrawnFlag>, D::Error> {
    WithdrawnFlag::of(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

impl Serialize for WithdrawnFlag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.reason {
            None => serializer.serialize_bool(true),
            Some(reason) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("reason", reason)?;
                map.end()
            }
        }
    }
}

impl JsonSchema for WithdrawnFlag {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Withdrawn".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["boolean", "object"],
            "properties": { "reason": { "type": "string" } },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::Work;

    #[test]
    fn records_state_that_their_works_are_withdrawn() {
        let flag = |value: Value| {
            let work: Result<Work, _> =
                serde_json::from_value(json!({ "object_number": "1", "withdrawn": value }));
            work.map(|work| work.withdrawn.map(|flag| flag.reason.unwrap_or_default()))
        };
        for (value, expected) in [
            (json!(true), Some("")),
            (json!("yes"), Some("")),
            (json!({}), Some("")),
            (json!({ "reason": " Returned to its owner " }), Some("Returned to its owner")),
            (json!("Returned to its owner"), Some("Returned to its owner")),
            (json!(false), None),
            (json!("no"), None),
            (json!(null), None),
            (json!(""), None),
        ] {
            assert_eq!(flag(value.clone()).unwrap().as_deref(), expected, "{value}");
        }
        for value in [json!(7), json!([]), json!({ "reason": 1 })] {
            assert!(flag(value.clone()).is_err(), "{value}");
        }
        let flagged = json!({ "object_number": "1", "withdrawn": { "reason": "a" } });
        let work: Work = serde_json::from_value(flagged.clone()).unwrap();
        assert_eq!(json!(work), flagged);
    }
}
