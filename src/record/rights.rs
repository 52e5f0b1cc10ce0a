//! Rights statements in whatever shape a field gives them; one that cannot be read is kept, never dropped.

use serde_json::Value;

/// Fields of an object that hold the statement's address, then its words.
const FIELDS: [&str; 11] =
    ["id", "@id", "uri", "url", "href", "@value", "value", "label", "name", "title", "text"];

/// The statements of a value, one a line. What has no form known here comes as its JSON, so that a work whose
/// statement cannot be read is never taken for one without a statement. Nothing where the value is empty.
pub(in crate::record) fn statement(value: &Value) -> Option<String> {
    let mut found = Vec::new();
    collect(value, &mut found);
    joined(found)
}

/// Statements from several places as one: each once, one a line.
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
        Value::Object(fields) if fields.values().all(is_void) => {}
        Value::Object(fields) => {
            let named = FIELDS.iter().filter_map(|name| fields.get(*name)).find(|value| !is_void(value));
            // Of a statement in several languages one is enough.
            let languages = || fields.iter().all(|(_, value)| value.is_string() || value.is_array());
            let spoken = || {
                let wanted = ["en", "none", "@none"].iter().find_map(|language| fields.get(*language));
                wanted
                    .filter(|value| !is_void(value))
                    .or_else(|| fields.values().find(|value| !is_void(value)))
            };
            match named.or_else(|| languages().then(spoken).flatten()) {
                Some(value) => collect(value, found),
                None => found.push(value.to_string()),
            }
        }
        other => found.push(other.to_string()),
    }
}

fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(all) => all.iter().all(is_void),
        Value::Object(all) => all.values().all(is_void),
        _ => false,
    }
}

/// Whether a label is one of a statement of rights: `Rights`, `Copyright notice`, `Lizenz`, `Rettigheder`…
pub(in crate::record) fn is_label(label: &str) -> bool {
    const WORDS: [&str; 12] = [
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
    WORDS.iter().any(|word| label.contains(word))
}

/// Whether these words claim rights, whatever they are labelled with.
pub(in crate::record) fn claims(words: &str) -> bool {
    let words = words.to_lowercase();
    ["©", "copyright", "rightsstatements.org/", "all rights reserved", "alle rettigheder"]
        .iter()
        .any(|claim| words.contains(claim))
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
