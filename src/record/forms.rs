//! The forms in which records may write the fields of a work.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Text, Title};

// Comments for documentation would be in the JSON Schema.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "OneOrMany")]
pub(super) enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

/// The JSON forms of a title.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "it describes what `Title` is read from")]
#[schemars(rename = "TitleOrText")]
pub(super) enum TitleOrText {
    Title(Title),
    Text(Text),
}

/// Reads a list, or a single value as a list of one.
pub(super) fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(match Option::<OneOrMany<T>>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(OneOrMany::One(one)) => vec![one],
        Some(OneOrMany::Many(many)) => many,
    })
}

/// Reads a rights statement of any form: a record whose rights are written differently must not count as one without
/// rights.
pub(super) fn rights<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.contains('\n') && !text.trim().is_empty() => Some(text),
        other => super::rights::statement(&other),
    })
}

/// Reads whether a work is in the public domain; an empty text says nothing.
pub(super) fn public_domain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match &value {
        Value::Null => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        other => super::read::truth(other)
            .map(Some)
            .ok_or_else(|| serde::de::Error::custom(format!("`{value}` is neither true nor false"))),
    }
}

impl<'de> Deserialize<'de> for Title {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            text: Text,
            kind: Option<String>,
        }
        let value = Value::deserialize(deserializer)?;
        let has_text = value.as_object().is_some_and(|fields| fields.contains_key("text"));
        let read = if has_text {
            serde_json::from_value(value).map(|Fields { text, kind }| Self { text, kind })
        } else {
            serde_json::from_value(value).map(|text| Self { text, kind: None })
        };
        read.map_err(serde::de::Error::custom)
    }
}
