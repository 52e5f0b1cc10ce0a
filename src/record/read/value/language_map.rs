//! Texts of other servers' manifests.

use serde_json::Value;

use crate::record::Text;
use crate::record::read::value::json::many;

/// Reads a text in the form of either API version, and removes HTML.
pub(in crate::record::read) fn language_map(value: &Value) -> Text {
    let mut result = Text::default();
    for one in many(Some(value)) {
        match one {
            Value::String(text) => result.add("none", &plain_text(text)),
            Value::Number(number) => result.add("none", &number.to_string()),
            Value::Object(fields) => match fields.get("@value").and_then(Value::as_str) {
                Some(text) => {
                    let language = fields.get("@language").and_then(Value::as_str).unwrap_or("none");
                    result.add(language, &plain_text(text));
                }
                None => fields
                    .iter()
                    .filter(|(name, _)| *name == "@none" || !name.starts_with('@'))
                    .for_each(|(language, values)| {
                        // The name of `none` in drafts of version 3.
                        let language = if language == "@none" { "none" } else { language };
                        let values = many(Some(values)).iter().filter_map(Value::as_str);
                        values.for_each(|text| result.add(language, &plain_text(text)));
                    }),
            },
            _ => {}
        }
    }
    result
}

/// Removes the markup from HTML, which begins with `<` and ends with `>` (Presentation API 3.0, §4.5). Plain text is
/// unchanged.
fn plain_text(text: &str) -> String {
    let text = text.trim();
    if !(text.starts_with('<') && text.ends_with('>')) {
        return text.to_owned();
    }
    let bare = ammonia::Builder::empty().clean(text).to_string().replace("&nbsp;", " ");
    quick_xml::escape::unescape(&bare).map_or_else(|_| bare.clone(), |text| text.trim().to_owned())
}
