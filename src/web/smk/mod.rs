//! A facade of the open API of Statens Museum for Kunst, for programs that are written for it.

mod answer;
mod converted;
mod field;
mod filter;
mod images;
mod item;
mod person;
mod query;
mod range;
mod search;
mod serializer;

use serde_json::{Map, Value, json};

pub(super) use answer::answer;
pub(super) use field::{Flag, Known, Measure, names};
pub(super) use filter::{Condition, Filter};
pub(super) use images::{Place, Places};
pub(super) use item::{item, select_fields};
pub(super) use person::person;
pub(super) use query::{Number, SmkQuery};
pub(super) use range::Range;

/// The body of `/art/search` and `/art`.
///
/// A facet is a flat list of alternating values and numbers of works, `["Ancher, Anna", 12, …]`. Ranges are not
/// counted, but their field is present.
pub(super) fn envelope(
    offset: u32,
    rows: u32,
    found: u64,
    items: Vec<Map<String, Value>>,
    facets: Vec<(String, Vec<(String, u64)>)>,
) -> Value {
    let flat = |values: Vec<(String, u64)>| -> Value {
        values.into_iter().flat_map(|(value, count)| [Value::from(value), Value::from(count)]).collect()
    };
    let facets: Map<_, _> = facets.into_iter().map(|(name, values)| (name, flat(values))).collect();
    json!({
        "offset": offset,
        "rows": rows,
        "found": found,
        "items": items,
        "facets": facets,
        "facets_ranges": {},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facets_are_flat_lists() {
        let item = Map::from_iter([("object_number".to_owned(), json!("KMS1"))]);
        let creators = vec![("Abildgaard, Nicolai".to_owned(), 12), ("Ancher, Anna".to_owned(), 3)];
        let facets = vec![("creator".to_owned(), creators), ("rights".to_owned(), Vec::new())];
        assert_eq!(
            envelope(10, 1, 80_132, vec![item], facets),
            json!({"offset": 10, "rows": 1, "found": 80_132, "items": [{"object_number": "KMS1"}],
                "facets": {"creator": ["Abildgaard, Nicolai", 12, "Ancher, Anna", 3], "rights": []},
                "facets_ranges": {}})
        );
    }

    #[test]
    fn an_answer_of_nothing_has_all_its_parts() {
        assert_eq!(
            envelope(0, 10, 0, Vec::new(), Vec::new()),
            json!({"offset": 0, "rows": 10, "found": 0, "items": [], "facets": {}, "facets_ranges": {}})
        );
    }
}
