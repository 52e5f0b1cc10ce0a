//! Citations as CSL-JSON, the input of Citation Style Language processors.

use serde_json::{Map, Value, json};

use super::Citation;
use super::line::line;
use super::name::Name;

/// A list with the item of a work.
pub(super) fn items(citation: &Citation) -> String {
    let mut item = Map::new();
    let mut add = |name: &str, value: Option<Value>| value.map(|value| item.insert(name.into(), value));
    let text = |text: &Option<String>| text.as_deref().map(|text| Value::from(line(text)));
    add("id", Some(Value::from(citation.page())));
    add("type", Some(Value::from("graphic")));
    add("title", Some(Value::from(line(&citation.title))));
    let authors: Vec<Value> = citation.creators.iter().map(author).collect();
    add("author", (!authors.is_empty()).then(|| Value::from(authors)));
    add("issued", issued(citation));
    add("medium", text(&citation.medium));
    add("dimensions", text(&citation.dimensions));
    add("archive", text(&citation.museum));
    add("archive_location", Some(Value::from(line(&citation.number))));
    add("note", citation.detail_note().map(Value::from));
    add("URL", Some(Value::from(citation.page())));
    add("language", Some(Value::from(citation.language.as_str())));
    let text = serde_json::to_string_pretty(&Value::from(vec![Value::Object(item)]));
    text.unwrap_or_default() + "\n"
}

fn author(name: &Name) -> Value {
    match name {
        Name::Person { family, given, .. } => json!({ "family": family, "given": given }),
        Name::Literal(name) => json!({ "literal": name }),
    }
}

/// The years as numbers, which processors can sort; without years the date as the record words it.
fn issued(citation: &Citation) -> Option<Value> {
    let (first, last) = citation.years;
    let (first, last) = (first.or(last), last.or(first));
    match (first, last) {
        // There is no year 0.
        (Some(first), Some(last)) if first != 0 && last != 0 => {
            let parts = if first == last { json!([[first]]) } else { json!([[first], [last]]) };
            let circa = citation.date.as_deref().is_some_and(is_approximate);
            let mut issued = json!({ "date-parts": parts });
            if circa {
                issued["circa"] = Value::from(true);
            }
            Some(issued)
        }
        _ => citation.date.as_deref().map(|date| json!({ "literal": line(date) })),
    }
}

/// Whether a dating says that it is approximate, in English or Danish.
fn is_approximate(date: &str) -> bool {
    let date = date.trim().to_lowercase();
    ["ca.", "ca ", "c.", "circa", "about", "omkring", "o. "].iter().any(|word| date.starts_with(word))
}
