//! Texts of foreign manifests.

use serde_json::Value;

use crate::record::Text;
use crate::record::read::value::json::many;

/// A text in either version's form, without its HTML.
pub(in crate::record::read) fn language_map(value: &Value) -> Text {
    let mut text = Text::default();
    for one in many(Some(value)) {
        match one {
            Value::String(words) => text.add("none", &plain(words)),
            Value::Number(number) => text.add("none", &number.to_string()),
            Value::Object(fields) => match fields.get("@value").and_then(Value::as_str) {
                Some(words) => {
                    let language = fields.get("@language").and_then(Value::as_str).unwrap_or("none");
                    text.add(language, &plain(words));
                }
                None => {
                    fields.iter().filter(|(name, _)| !name.starts_with('@')).for_each(|(language, values)| {
                        let words = many(Some(values)).iter().filter_map(Value::as_str);
                        words.for_each(|words| text.add(language, &plain(words)));
                    })
                }
            },
            _ => {}
        }
    }
    text
}

/// The words of HTML, which begins with `<` and ends with `>` (Presentation API 3.0, §4.5); others as they are.
fn plain(words: &str) -> String {
    let words = words.trim();
    if !(words.starts_with('<') && words.ends_with('>')) {
        return words.to_owned();
    }
    let bare = ammonia::Builder::empty().clean(words).to_string().replace("&nbsp;", " ");
    quick_xml::escape::unescape(&bare).map_or_else(|_| bare.clone(), |text| text.trim().to_owned())
}
