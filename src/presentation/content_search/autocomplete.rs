//! Completions of a query's terms, with the number of annotations for each.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Version;
use super::query::Query;
use crate::presentation::object::object;
use crate::presentation::{View, html};
use crate::record::fold;

/// Maximum number of completions.
const MAX_TERMS: usize = 100;

/// A tag's label with its language and the number of annotations that have it.
struct Term {
    value: String,
    language: Option<String>,
    total: u64,
}

/// The completions of a query (2.0, §5.2; 1.0, §4.2), in alphabetical order.
pub(crate) fn autocomplete(view: &View<'_>, query: &Query, version: Version) -> Value {
    let terms = terms(view, query);
    let work = &view.work.object_number;
    let id = query.address(&view.address.autocomplete(version.number(), work), 0);
    let search = |term: &Term| {
        let again = Query { q: term.value.clone(), motivation: query.motivation.clone(), ..Query::default() };
        again.address(&view.address.search(version.number(), work), 0)
    };
    let ignored = &query.ignored;
    match version {
        Version::V2 => {
            let items = terms.iter().map(|term| {
                let mut item = object! { "type": "Term", "value": term.value.as_str(), "total": term.total };
                if let Some(language) = &term.language {
                    item["language"] = Value::from(language.as_str());
                }
                item
            });
            let items: Vec<Value> = items.collect();
            let mut page =
                object! { "@context": version.context(), "id": id, "type": "TermPage", "items": items };
            if !ignored.is_empty() {
                page["ignored"] = Value::from(ignored.as_slice());
            }
            page
        }
        Version::V1 => {
            let listed = terms.iter().map(
                |term| object! { "match": term.value.as_str(), "url": search(term), "count": term.total },
            );
            let listed: Vec<Value> = listed.collect();
            let mut list = object! {
                "@context": version.context(), "@id": id, "@type": "search:TermList", "terms": listed,
            };
            if !ignored.is_empty() {
                list["ignored"] = Value::from(ignored.as_slice());
            }
            list
        }
    }
}

fn terms(view: &View<'_>, query: &Query) -> Vec<Term> {
    let typed = query.terms();
    if typed.is_empty() || !query.includes_tags() {
        return Vec::new();
    }
    let begins = |text: &str| {
        let words = fold::words(text);
        typed.iter().all(|typed| words.iter().any(|(_, word)| word.starts_with(typed.as_str())))
    };
    let mut found = BTreeMap::<(String, String), Term>::new();
    for (_, tag) in view.active_tags() {
        for (language, value) in tag.label.iter() {
            let value = html::plain_text(value);
            if !begins(&value) {
                continue;
            }
            let key = (fold::fold(&value), value.clone());
            let language = (language != "none").then(|| language.to_owned());
            found.entry(key).or_insert(Term { value, language, total: 0 }).total += 1;
        }
    }
    let found = found.into_values().filter(|term| term.total >= query.min);
    found.take(MAX_TERMS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::fixture::with_view;
    use crate::record::{Tag, Text};
    use serde_json::json;

    #[test]
    fn words_are_completed_in_order() {
        let tag = |scheme: &str, language: &str, word: &str| Tag::new(scheme, Text::of(language, word));
        let tags = [
            tag("motif", "da", "træ"),
            tag("motif", "en", "dog"),
            tag("motif", "en", "a Dutch dog"),
            tag("subject", "en", "dog"),
            tag("motif", "en", "door"),
        ];
        with_view(&tags, |view| {
            let complete = |query: &str, version| autocomplete(view, &Query::parse(query).unwrap(), version);
            let found = complete("q=do", Version::V2);
            let values: Vec<_> =
                found["items"].as_array().unwrap().iter().map(|item| &item["value"]).collect();
            assert_eq!(values, ["a Dutch dog", "dog", "door"]);
            assert_eq!(
                found["items"][1],
                json!({ "type": "Term", "value": "dog", "total": 2, "language": "en" })
            );
            assert_eq!(complete("q=do&min=2", Version::V2)["items"].as_array().unwrap().len(), 1);
            assert_eq!(complete("q=", Version::V2)["items"], json!([]));
            let first = complete("q=trae", Version::V1);
            assert_eq!(first["terms"][0]["match"], "træ");
            assert!(
                first["terms"][0]["url"].as_str().unwrap().ends_with("/search/1/KMS%201%2F%C3%A6?q=tr%C3%A6")
            );
        });
    }
}
