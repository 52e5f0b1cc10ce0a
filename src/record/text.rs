//! Texts in several languages.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::language::LanguageTag;

/// The key for values without a language or in an unknown one (Presentation API 3.0, §4.8).
pub const NONE: &str = "none";

/// The number of values that a new one is compared with, which bounds the time for very long lists.
const MAX_COMPARED: usize = 100;

/// Values by language (BCP 47, or `none`), sorted by language; within a language in the record's order.
///
/// Read from a string (`"Blå"`), a list (`["a", "b"]`) or a map (`{"da": "Blå", "en": ["Blue"]}`).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(BTreeMap<String, Vec<String>>);

impl Text {
    /// A text of unknown language; empty if it is only white space.
    pub fn plain(text: &str) -> Self {
        Self::of(NONE, text)
    }

    /// A text in one language. If the language is not a BCP 47 tag, it counts as unknown.
    pub fn of(language: &str, text: &str) -> Self {
        let mut result = Self::default();
        result.add(language, text);
        result
    }

    /// Adds a trimmed value, unless it equals one of the last hundred.
    pub fn add(&mut self, language: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let language = LanguageTag::parse(language).map_or(NONE, |_| language);
        let values = self.0.entry(language.to_owned()).or_default();
        if !values.iter().rev().take(MAX_COMPARED).any(|known| known == text) {
            values.push(text.to_owned());
        }
    }

    /// Adds all values of another text.
    pub fn merge(&mut self, other: &Self) {
        for (language, value) in other.iter() {
            self.add(language, value);
        }
    }

    /// Whether there is no value in any language.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over all values with their languages.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(language, values)| {
            values.iter().map(move |value| (language.as_str(), value.as_str()))
        })
    }

    /// Iterates over the languages with their values.
    pub fn languages(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(language, values)| (language.as_str(), values.as_slice()))
    }

    /// The first value in the first available of these languages, then English, none, and any other.
    pub fn best<'a>(&'a self, languages: &[&str]) -> Option<&'a str> {
        self.best_language(languages)?.1.first().map(String::as_str)
    }

    /// The first available of these languages, then English, none, and any other, with its values.
    pub fn best_language<'a>(&'a self, languages: &[&str]) -> Option<(&'a str, &'a [String])> {
        let preferred = languages.iter().copied().chain(["en", NONE]);
        let mut found = preferred.filter_map(|wanted| {
            let of = |key: &str| key == wanted || key.split('-').next() == Some(wanted);
            self.0.iter().find(|(key, values)| of(key) && !values.is_empty())
        });
        let found = found.next().or_else(|| self.0.iter().find(|(_, values)| !values.is_empty()));
        found.map(|(language, values)| (language.as_str(), values.as_slice()))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        from_value(&value).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{value}` is not a text: write \"text\", [\"text\"] or {{\"en\": \"text\"}}"
            ))
        })
    }
}

fn from_value(value: &Value) -> Option<Text> {
    let mut text = Text::default();
    match value {
        Value::Null => {}
        Value::Object(languages) => by_language(&mut text, languages)?,
        other => add_all(&mut text, NONE, other)?,
    }
    Some(text)
}

fn by_language(text: &mut Text, languages: &Map<String, Value>) -> Option<()> {
    languages.iter().try_for_each(|(language, values)| {
        LanguageTag::parse(language)?;
        add_all(text, language, values)
    })
}

fn add_all(text: &mut Text, language: &str, values: &Value) -> Option<()> {
    match values {
        Value::Null => Some(()),
        Value::String(one) => {
            text.add(language, one);
            Some(())
        }
        Value::Number(one) => {
            text.add(language, &one.to_string());
            Some(())
        }
        Value::Array(all) => all.iter().try_for_each(|one| match one {
            Value::Array(_) => None,
            one => add_all(text, language, one),
        }),
        _ => None,
    }
}

/// Describes the forms that a text is read from, and the narrower form in which it is published.
impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        if generator.contract().is_serialize() {
            return json_schema!({
                "anyOf": [
                    { "type": "string" },
                    { "type": "array", "items": { "type": "string" } },
                    { "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } },
                ],
            });
        }
        json_schema!({
            "description": "A text: a string, a list of strings, or strings by language (BCP 47, or `none`).",
            "anyOf": [
                { "type": ["string", "number", "null"] },
                { "type": "array", "items": { "type": ["string", "number", "null"] } },
                {
                    "type": "object",
                    "propertyNames": { "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$" },
                    "additionalProperties": {
                        "anyOf": [
                            { "type": ["string", "number", "null"] },
                            { "type": "array", "items": { "type": ["string", "number", "null"] } }
                        ]
                    }
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use schemars::generate::SchemaSettings;

    use super::*;

    #[track_caller]
    fn read(json: &str) -> Option<String> {
        serde_json::from_str::<Text>(json).ok().map(|text| serde_json::to_string(&text).unwrap())
    }

    #[test]
    fn the_schema_of_records_accepts_more_than_is_published() {
        let generator = SchemaSettings::draft2020_12().into_generator();
        let published = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let first = |mut generator: SchemaGenerator| {
            Text::json_schema(&mut generator).to_value()["anyOf"][0]["type"].clone()
        };
        assert_eq!(first(generator), serde_json::json!(["string", "number", "null"]));
        assert_eq!(first(published), serde_json::json!("string"));
    }

    #[test]
    fn strings_lists_and_maps_are_texts() {
        assert_eq!(read(r#""Blå""#).unwrap(), r#"{"none":["Blå"]}"#);
        assert_eq!(read(r#"["a"," b ","a",""]"#).unwrap(), r#"{"none":["a","b"]}"#);
        assert_eq!(read(r#"{"en":["Blue"],"da-DK":"Blå"}"#).unwrap(), r#"{"da-DK":["Blå"],"en":["Blue"]}"#);
        assert_eq!(read("null").unwrap(), "{}");
        for bad in [r#"{"not a language":"x"}"#, r#"[["x"]]"#, "true", r#"{"en":{"x":1}}"#] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_best_language_is_the_requested_one_then_english() {
        let mut text = Text::of("da-DK", "Blå");
        assert_eq!(text.best(&[]), Some("Blå"));
        text.add("en", "Blue");
        assert_eq!(text.best(&[]), Some("Blue"));
        assert_eq!(text.best(&["da"]), Some("Blå"));
        assert_eq!(text.best(&["fr"]), Some("Blue"));
        assert_eq!(Text::default().best(&["da"]), None);
        assert_eq!(Text::of("no such tag", "x").iter().next(), Some((NONE, "x")));
    }
}
