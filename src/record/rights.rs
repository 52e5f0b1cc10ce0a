//! Reads rights statements of any form. Unreadable statements are kept, never dropped.

use serde_json::Value;

/// Fields of an object that hold the statement, its URI first.
const FIELDS: [&str; 11] =
    ["id", "@id", "uri", "url", "href", "@value", "value", "label", "name", "title", "text"];

/// The statements of a value, one per line. A value of unknown form is kept as JSON, so that a work with an unreadable
/// statement never counts as one without a statement. `None` if the value is empty.
pub(in crate::record) fn statement(value: &Value) -> Option<String> {
    let mut found = Vec::new();
    collect(value, &mut found);
    joined(found)
}

/// Joins statements from several fields, one per line, without duplicates.
pub(in crate::record) fn joined(statements: impl IntoIterator<Item = String>) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for statement in statements {
        for line in statement.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if !lines.iter().any(|known| known == line) {
                lines.push(line.to_owned());
            }
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::String(text) => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| collect(one, found)),
        Value::Object(fields) if fields.values().all(is_empty) => {}
        Value::Object(fields) => {
            let named = FIELDS.iter().filter_map(|name| fields.get(*name)).find(|value| !is_empty(value));
            // One language of a statement is enough.
            let languages = || fields.iter().all(|(_, value)| value.is_string() || value.is_array());
            let any_language = || {
                let preferred = ["en", "none", "@none"].iter().find_map(|language| fields.get(*language));
                preferred
                    .filter(|value| !is_empty(value))
                    .or_else(|| fields.values().find(|value| !is_empty(value)))
            };
            match named.or_else(|| languages().then(any_language).flatten()) {
                Some(value) => collect(value, found),
                None => found.push(value.to_string()),
            }
        }
        other => found.push(other.to_string()),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(all) => all.iter().all(is_empty),
        Value::Object(all) => all.values().all(is_empty),
        _ => false,
    }
}

/// Whether a label is that of a rights statement: `Rights`, `Copyright notice`, `Lizenz`, `Rettigheder`…
pub(in crate::record) fn is_label(label: &str) -> bool {
    const STEMS: [&str; 12] = [
        "right",
        "licen",
        "copyright",
        "lizenz",
        "rettighed",
        "ophavsret",
        "droits",
        "derechos",
        "diritti",
        "urheberrecht",
        "nutzungs",
        "terms of use",
    ];
    let label = label.to_lowercase();
    STEMS.iter().any(|word| label.contains(word))
}

/// Whether a text claims rights, whatever its label.
pub(in crate::record) fn claims(text: &str) -> bool {
    let text = text.to_lowercase();
    ["©", "copyright", "rightsstatements.org/", "all rights reserved", "alle rettigheder"]
        .iter()
        .any(|claim| text.contains(claim))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rights_statement_is_read_in_any_shape_and_never_lost() {
        const IN_COPYRIGHT: &str = "http://rightsstatements.org/vocab/InC/1.0/";
        for value in [
            json!(IN_COPYRIGHT),
            json!([IN_COPYRIGHT]),
            json!(["", null, IN_COPYRIGHT]),
            json!({"id": IN_COPYRIGHT}),
            json!({"@id": IN_COPYRIGHT, "label": "In copyright"}),
            json!([{"@id": IN_COPYRIGHT}]),
            json!({"en": [IN_COPYRIGHT], "da": ["Beskyttet"]}),
            json!({"@value": IN_COPYRIGHT, "@language": "en"}),
            json!({"label": {"en": [IN_COPYRIGHT]}}),
        ] {
            assert_eq!(statement(&value).as_deref(), Some(IN_COPYRIGHT), "{value}");
        }
        for (value, expected) in [
            (json!(7), "7"),
            (json!(false), "false"),
            (json!({"code": 7}), r#"{"code":7}"#),
            (json!(["CC0", "InC", "CC0"]), "CC0\nInC"),
            (json!({"da": "Beskyttet"}), "Beskyttet"),
        ] {
            assert_eq!(statement(&value).as_deref(), Some(expected), "{value}");
        }
        for empty in [json!(null), json!(" "), json!([]), json!({}), json!([{}]), json!({"en": []})] {
            assert_eq!(statement(&empty), None, "{empty}");
        }
    }
}
