//! Texts as language maps (Presentation API 3.0, §4.2).

use serde_json::{Map, Value};

use super::html;
use super::object::object;
use crate::record::Text;

/// A text as a map of plain strings, as for `label`.
pub(super) fn label(text: &Text) -> Value {
    map(text, html::plain_text)
}

/// A text as a map of strings that may contain HTML: `summary`, and the values of `metadata` and `requiredStatement`.
/// Images are kept only below `base`, the URL of this server.
pub(super) fn value(text: &Text, base: &str) -> Value {
    map(text, |text| html::value(text, base))
}

/// A plain string without language.
pub(super) fn none(text: &str) -> Value {
    object! { "none": [html::plain_text(text)] }
}

fn map(text: &Text, convert: impl Fn(&str) -> String) -> Value {
    let mut map = Map::new();
    for (language, values) in text.languages() {
        let values = values.iter().map(|value| convert(value)).filter(|value| !value.is_empty());
        let known = map.entry(tag(language)).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(known) = known {
            known.extend(values.map(Value::String));
        }
    }
    map.retain(|_, values| values != &Value::Array(Vec::new()));
    Value::Object(map)
}

/// A language tag up to its first part with a digit, as in `es` for `es-419`: IIIF's own validator refuses digits.
fn tag(language: &str) -> String {
    let letters = language.split('-').take_while(|part| part.bytes().all(|b| b.is_ascii_alphabetic()));
    letters.collect::<Vec<_>>().join("-")
}

/// Whether a map has no values.
pub(super) fn is_empty(map: &Value) -> bool {
    map.as_object().is_none_or(Map::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_language_map_contains_lists_of_strings() {
        let mut text = Text::of("es-419", "uno");
        text.add("da", "<i>Blå</i> hest");
        text.add("es", "dos");
        assert_eq!(label(&text), json!({ "da": ["Blå hest"], "es": ["dos", "uno"] }));
        assert_eq!(value(&text, "https://museum.example")["da"], json!(["<span><i>Blå</i> hest</span>"]));
        assert!(is_empty(&label(&Text::plain("<script>x</script>"))));
    }
}
