//! People in SMK's API, derived from the creators of works.

use serde_json::{Map, Value, json};

use super::converted::day;
use super::field::family_and_given;
use crate::record::{Creator, slug};
use crate::search::WorksWithValue;

/// The identifier of a person: the source's, or else the slug of the name.
pub(super) fn id(creator: &Creator) -> String {
    creator.id.clone().unwrap_or_else(|| slug(&creator.name))
}

/// A creator as an item of `/person`; unknown fields are omitted.
pub(crate) fn person(creator: &Creator, holders: WorksWithValue) -> Map<String, Value> {
    let sorted = creator.sort_name.as_deref().unwrap_or(&creator.name);
    let mut item = Map::new();
    let mut set = |name: &str, value: Value| item.insert(name.to_owned(), value);
    set("id", json!(id(creator)));
    set("name", json!(sorted));
    if let Some((family, given)) = family_and_given(sorted) {
        set("forename", json!(given));
        set("surname", json!(family));
    }
    set("artist", json!([creator.name]));
    set("name_type", json!(["MAKER"]));
    for (name, value) in [("nationality", &creator.nationality), ("gender", &creator.gender)] {
        if let Some(value) = value {
            set(name, json!([value]));
        }
    }
    for (name, year) in [("birth", creator.birth), ("death", creator.death)] {
        if let Some(year) = year {
            set(&format!("{name}_date_start"), json!([day(year, "01-01")]));
            set(&format!("{name}_date_end"), json!([day(year, "12-31")]));
            set(&format!("{name}_date_prec"), json!([year.to_string()]));
        }
    }
    set("has_image", json!(holders.has_image));
    set("works", json!(holders.object_numbers));
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_the_fields_that_programs_read() {
        let creator: Creator = serde_json::from_value(json!({
            "name": "Anna Ancher", "sort_name": "Ancher, Anna", "birth": 1859, "death": 1935, "nationality": "dansk",
            "gender": "FEMALE", "id": "11_person"}))
        .unwrap();
        let holders =
            WorksWithValue { object_numbers: vec!["KMS1".into()], has_image: true, examples: Vec::new() };
        assert_eq!(
            Value::Object(person(&creator, holders)),
            json!({
                "id": "11_person", "name": "Ancher, Anna", "forename": "Anna", "surname": "Ancher", "artist": ["Anna Ancher"],
                "name_type": ["MAKER"], "nationality": ["dansk"], "gender": ["FEMALE"],
                "birth_date_start": ["1859-01-01T00:00:00.000Z"], "birth_date_end": ["1859-12-31T00:00:00.000Z"],
                "birth_date_prec": ["1859"], "death_date_start": ["1935-01-01T00:00:00.000Z"],
                "death_date_end": ["1935-12-31T00:00:00.000Z"], "death_date_prec": ["1935"], "has_image": true,
                "works": ["KMS1"],
            })
        );
        let unknown: Creator = serde_json::from_value(json!({"name": "Ubekendt"})).unwrap();
        let person_json = person(&unknown, WorksWithValue::default());
        assert_eq!((&person_json["id"], &person_json["name"]), (&json!("ubekendt"), &json!("Ubekendt")));
        assert!(!person_json.contains_key("birth_date_start") && person_json["works"].is_array());
    }
}
