//! Texts of a manifest as language maps, and drawings of its selectors.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

use crate::presentation::language_map;
use crate::record::Text;

/// A map of plain texts.
pub(super) fn plain(value: &Value) -> Value {
    language_map::label(&text(value))
}

/// A map of texts that may contain HTML. Pictures of other servers are left out.
pub(super) fn html(value: &Value) -> Value {
    language_map::value(&text(value), "")
}

fn text(value: &Value) -> Text {
    let mut text = Text::default();
    let mut add = |language: &str, values: &Value| match values {
        Value::String(one) => text.add(language, one),
        Value::Number(one) => text.add(language, &one.to_string()),
        Value::Array(all) => all.iter().filter_map(Value::as_str).for_each(|one| text.add(language, one)),
        _ => {}
    };
    match value {
        Value::Object(languages) => languages.iter().for_each(|(language, values)| add(language, values)),
        other => add("none", other),
    }
    text
}

/// Whether a drawing consists of shapes only: no script, link, style sheet, picture or foreign content.
pub(super) fn is_plain_svg(svg: &str) -> bool {
    const SHAPES: [&str; 11] =
        ["svg", "g", "path", "rect", "circle", "ellipse", "line", "polygon", "polyline", "title", "desc"];
    let is_shape = |start: &BytesStart<'_>| {
        let name = start.local_name();
        let name = String::from_utf8_lossy(name.as_ref()).into_owned();
        SHAPES.contains(&name.as_str())
            && start.attributes().all(|attribute| {
                attribute.is_ok_and(|attribute| {
                    let key = String::from_utf8_lossy(attribute.key.as_ref()).to_ascii_lowercase();
                    let value = String::from_utf8_lossy(&attribute.value).to_ascii_lowercase();
                    let loads = ["url(", "javascript:", "data:", "@import", "expression("];
                    !key.starts_with("on")
                        && !key.ends_with("href")
                        && !loads.iter().any(|word| value.contains(word))
                })
            })
    };
    let mut reader = Reader::from_str(svg);
    let mut shapes = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) if is_shape(&start) => shapes += 1,
            Ok(Event::End(_) | Event::Text(_)) => {}
            Ok(Event::Eof) => return shapes > 0,
            _ => return false,
        }
    }
}
