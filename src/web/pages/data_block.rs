//! Data in pages: JSON that scripts or search engines read, and that no browser runs.

use maud::{Markup, PreEscaped, html};
use serde_json::Value;

/// A `script` element of a media type that is not a script's. Its text cannot end the element or begin a comment, because
/// every `<`, `>` and `&` is written as an escape of JSON.
pub(super) fn data_block(media_type: &str, id: Option<&str>, data: &Value) -> Markup {
    html! { script type=(media_type) id=[id] { (PreEscaped(escaped(&data.to_string()))) } }
}

fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_ends_the_element(text in "[<>&/!a-z\\-\u{2028}\"\\\\]{0,30}") {
            let data = Value::from(vec![text.as_str(), "</script><script>alert(1)</script>", "<!--<script>"]);
            let block = data_block("application/ld+json", None, &data).into_string();
            let json = block.strip_prefix("<script type=\"application/ld+json\">").unwrap();
            let json = json.strip_suffix("</script>").unwrap();
            prop_assert!(!json.contains(['<', '>', '&']));
            prop_assert_eq!(serde_json::from_str::<Value>(json).unwrap(), data);
        }
    }
}
