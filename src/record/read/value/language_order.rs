//! The order in which a document lists the languages of its texts.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::record::{LanguageTag, NONE};

/// Languages in the order of their first appearance in a JSON document. Maps are sorted by their keys wherever they are
/// kept, so the order of languages is kept beside them and applied when a document is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LanguageOrder(Vec<String>);

impl LanguageOrder {
    /// The languages of the language maps (Presentation API 3.0, §4.2) and strings with a language (2.1, §2.3) in a document;
    /// none if it is not JSON.
    pub fn of(document: &str) -> Self {
        let mut order = Self::default();
        let mut reader = serde_json::Deserializer::from_str(document);
        match (Languages { order: &mut order }).deserialize(&mut reader) {
            Ok(_) => order,
            Err(_) => Self::default(),
        }
    }

    /// Writes a document with languages in this order, and other languages after them.
    pub fn write(&self, document: &Value) -> String {
        let written = serde_json::to_string(&Ordered { value: document, order: self });
        written.unwrap_or_else(|_| document.to_string())
    }

    fn add(&mut self, language: &str) {
        let language = LanguageTag::parse(language).map_or(NONE, |_| language);
        if !self.0.iter().any(|known| known == language) {
            self.0.push(language.to_owned());
        }
    }

    /// The position of a language. Documents have languages without subtags that contain digits.
    fn position(&self, language: &str) -> usize {
        let is_of = |known: &&String| {
            known.strip_prefix(language).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let exact = self.0.iter().position(|known| known == language);
        exact.or_else(|| self.0.iter().position(|known| is_of(&known))).unwrap_or(usize::MAX)
    }
}

/// Whether a field may be a language.
fn is_language(key: &str) -> bool {
    matches!(key, NONE | "@none") || LanguageTag::parse(key).is_some_and(LanguageTag::has_iso_code)
}

/// What a value is, as far as it tells a language map.
enum Kind {
    Text(String),
    Texts,
    Other,
}

/// Collects the languages of a value.
struct Languages<'a> {
    order: &'a mut LanguageOrder,
}

impl<'de> DeserializeSeed<'de> for Languages<'_> {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Languages<'_> {
    type Value = Kind;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Kind, E> {
        Ok(Kind::Text(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kind, A::Error> {
        let mut are_texts = true;
        while let Some(kind) = list.next_element_seed(Languages { order: self.order })? {
            are_texts &= matches!(kind, Kind::Text(_));
        }
        Ok(if are_texts { Kind::Texts } else { Kind::Other })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let (mut languages, mut is_language_map) = (Vec::new(), true);
        while let Some(key) = map.next_key::<String>()? {
            match map.next_value_seed(Languages { order: self.order })? {
                Kind::Text(language) if key == "@language" => self.order.add(&language),
                Kind::Texts if is_language(&key) => languages.push(key),
                _ => is_language_map = false,
            }
        }
        languages.iter().filter(|_| is_language_map).for_each(|language| self.order.add(language));
        Ok(Kind::Other)
    }
}

/// A value whose languages are in an order.
struct Ordered<'a> {
    value: &'a Value,
    order: &'a LanguageOrder,
}

impl Ordered<'_> {
    fn position_of(&self, string: &Value) -> usize {
        self.order.position(string["@language"].as_str().unwrap_or(NONE))
    }
}

fn is_language_map(map: &Map<String, Value>) -> bool {
    let are_texts = |value: &Value| value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    map.iter().all(|(key, value)| is_language(key) && are_texts(value))
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let order = self.order;
        match self.value {
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                if self.value.as_object().is_some_and(is_language_map) {
                    fields.sort_by_key(|(language, _)| order.position(language));
                }
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    map.serialize_entry(key, &Ordered { value, order })?;
                }
                map.end()
            }
            Value::Array(all) => {
                let mut all: Vec<&Value> = all.iter().collect();
                if all.iter().any(|one| one.get("@language").is_some()) {
                    all.sort_by_key(|one| self.position_of(one));
                }
                let mut list = serializer.serialize_seq(Some(all.len()))?;
                for value in all {
                    list.serialize_element(&Ordered { value, order })?;
                }
                list.end()
            }
            other => other.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn languages_are_written_in_the_order_of_the_document() {
        let source = r#"{"id": ["x"], "label": {"sv": ["a"], "es-419": ["b"], "en": ["c"]}, "title": {"tt": 1},
            "metadata": [{"label": {"en": ["d"], "da": ["e"]}, "value": {"@none": ["f"]}}]}"#;
        let order = LanguageOrder::of(source);
        assert_eq!(order.0, ["sv", "es-419", "en", "da", "none"]);
        let document = json!({"label": {"da": ["e"], "en": ["c"], "es": ["b"], "fi": ["g"], "sv": ["a"]}, "da": 1, "a": {"en": "x", "sv": "y"}});
        let expected = r#"{"a":{"en":"x","sv":"y"},"da":1,"label":{"sv":["a"],"es":["b"],"en":["c"],"da":["e"],"fi":["g"]}}"#;
        assert_eq!(order.write(&document), expected);
        assert_eq!(LanguageOrder::default().write(&document), document.to_string());
    }

    #[test]
    fn strings_with_languages_have_an_order_too() {
        let source =
            r#"{"label": [{"@value": "a", "@language": "sv"}, {"@value": "b", "@language": "da"}, "c"]}"#;
        let document =
            json!({"label": [{"@language": "da", "@value": "b"}, {"@language": "sv", "@value": "a"}]});
        let written = LanguageOrder::of(source).write(&document);
        assert!(written.find("sv") < written.find("da"), "{written}");
        assert_eq!(LanguageOrder::of("{"), LanguageOrder::default());
    }
}
