//! Converts works from other sources into items of SMK's API.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::field::family_and_given;
use super::images::Places;
use crate::record::{Creator, Measure, Production, Related, Tag, Text, Title, Work};

/// SMK's names for kinds of measures.
const KINDS: [(&str, &str); 8] = [
    ("height", "hojde"),
    ("width", "bredde"),
    ("depth", "dybde"),
    ("diameter", "diameter"),
    ("weight", "vaegt"),
    ("length", "laengde"),
    ("circumference", "omkreds"),
    ("duration", "varighed"),
];

/// Schemes of tags, and the fields that SMK's records have for them.
const TAGS: [(&str, &str); 5] = [
    ("subject", "content_subject"),
    ("person", "content_person"),
    ("place", "content_place"),
    ("motif", "content_motif"),
    ("colour", "colors"),
];

/// Fields that Tegl's model lacks. They are copied from the source if they have the type of SMK's field.
const COPIED: [(&str, Test); 4] = [
    ("acquisition_date", Value::is_string),
    ("acquisition_date_precision", Value::is_string),
    ("number_of_parts", Value::is_u64),
    ("on_display", Value::is_boolean),
];

type Test = fn(&Value) -> bool;

/// The fields of the work, without images and URIs; unknown fields are omitted.
pub(super) fn converted(work: &Work, tags: &[Tag], places: &Places, lang: &str) -> Map<String, Value> {
    let mut item = Map::new();
    let mut set = |name: &str, value: Value| {
        let is_empty = match &value {
            Value::Null => true,
            Value::Array(all) => all.is_empty(),
            _ => false,
        };
        if !is_empty {
            item.insert(name.to_owned(), value);
        }
    };
    set("id", json!(work.object_number));
    set("object_number", json!(work.object_number));
    set("created", json!(work.more.get("created").and_then(Value::as_str).and_then(time)));
    let modified = work.modified.as_deref().and_then(time);
    set("modified", json!(modified.or_else(|| places.modified.as_deref().and_then(time))));
    set("titles", work.titles.iter().flat_map(|title| titles(title, lang)).collect());
    set("artist", work.creators.iter().map(|creator| json!(creator.name)).collect());
    set("production", work.creators.iter().map(creator).collect());
    set("production_date", work.production.iter().filter_map(|made| production(made, lang)).collect());
    set("object_names", each(&work.object_type, lang).map(|name| json!({ "name": name })).collect());
    set("techniques", each(&work.techniques, lang).map(Value::from).collect());
    set("materials", each(&work.materials, lang).map(Value::from).collect());
    set("dimensions", work.dimensions.iter().filter_map(dimension).collect());
    set("inscriptions", each(&work.inscriptions, lang).map(|text| json!({ "content": text })).collect());
    set("labels", values(&work.description, lang).map(|text| json!({ "text": text })).collect());
    set("collection", each(&work.collections, lang).map(Value::from).collect());
    set("responsible_department", json!(work.department.best(&[lang])));
    set("credit_line", values(&work.credit_line, lang).map(Value::from).collect());
    set("current_location_name", json!(work.location.best(&[lang])));
    set("rights", json!(work.rights));
    set("public_domain", json!(work.public_domain));
    set("frontend_url", json!(work.homepage.as_ref().or(places.page.as_ref())));
    if !work.parts.is_empty() {
        set("number_of_parts", json!(work.parts.len()));
    }
    for (name, has_type) in COPIED {
        set(name, work.more.get(name).filter(|value| has_type(value)).cloned().unwrap_or_default());
    }
    let of_kind =
        |wanted: Option<&'static str>| work.related.iter().filter(move |other| kind(other) == wanted);
    set("part_of", of_kind(Some("part-of")).map(|other| json!(other.id)).collect());
    set("parts", of_kind(Some("part")).map(|other| json!(other.id)).collect());
    set("related_objects", of_kind(None).map(|other| related(other, lang)).collect());
    for (scheme, name) in TAGS {
        set(name, labels(tags, scheme, lang));
    }
    item
}

/// The values in the language that suits best.
fn values<'a>(text: &'a Text, lang: &str) -> impl Iterator<Item = &'a str> {
    let values = text.best_language(&[lang]).map_or(&[][..], |(_, values)| values);
    values.iter().map(String::as_str)
}

fn each<'a>(texts: &'a [Text], lang: &str) -> impl Iterator<Item = &'a str> {
    texts.iter().flat_map(move |text| values(text, lang))
}

/// A title in the language that suits best, and in the others as its translations.
fn titles(title: &Title, lang: &str) -> Vec<Value> {
    let own = title.text.best_language(&[lang]).map(|(language, _)| language);
    let (mut value, mut translated) = (Vec::new(), Vec::new());
    for (language, text) in title.text.iter() {
        let is_own = Some(language) == own;
        let (text, language) = (Some(text.to_owned()), locale(language).map(str::to_owned));
        if is_own {
            let kind = title.kind.as_deref().map(str::to_uppercase);
            value.push(object([("title", text), ("language", language), ("type", kind)]));
        } else {
            translated.push(object([("translation", text), ("language", language)]));
        }
    }
    value.append(&mut translated);
    value
}

/// A language as SMK writes it.
fn locale(language: &str) -> Option<&str> {
    match language {
        "none" => None,
        "da" => Some("da-DK"),
        "en" => Some("en-US"),
        other => Some(other),
    }
}

fn creator(creator: &Creator) -> Value {
    let sorted = creator.sort_name.as_deref().unwrap_or(&creator.name);
    let parts = family_and_given(sorted);
    object([
        ("creator", Some(sorted.to_owned())),
        ("creator_forename", parts.map(|(_, given)| given.to_owned())),
        ("creator_surname", parts.map(|(family, _)| family.to_owned())),
        ("creator_date_of_birth", creator.birth.map(|year| day(year, "01-01"))),
        ("creator_date_of_death", creator.death.map(|year| day(year, "01-01"))),
        ("creator_nationality", creator.nationality.clone()),
        ("creator_gender", creator.gender.clone()),
        ("creator_role", creator.role.clone()),
        ("creator_lref", creator.id.clone()),
    ])
}

fn production(made: &Production, lang: &str) -> Option<Value> {
    let (first, last) = (made.earliest.or(made.latest), made.latest.or(made.earliest));
    let value = object([
        ("start", first.map(|year| day(year, "01-01"))),
        ("end", last.map(|year| day(year, "12-31"))),
        ("period", made.text.best(&[lang]).map(str::to_owned)),
    ]);
    Some(value).filter(|value| *value != json!({}))
}

fn dimension(measure: &Measure) -> Option<Value> {
    let kind = measure.kind.as_deref();
    let smk_kind = KINDS.iter().find(|(ours, _)| Some(*ours) == kind).map(|(_, theirs)| *theirs);
    let value = measure.value.map(|value| value.to_string());
    let shown = value.is_some() || measure.text.is_some();
    let value = object([
        ("notes", measure.text.clone()),
        ("part", measure.part.clone()),
        ("type", smk_kind.or(kind).map(str::to_owned)),
        ("unit", measure.unit.clone()),
        ("value", value),
    ]);
    shown.then_some(value)
}

/// The kinds of related works that have fields of their own.
fn kind(related: &Related) -> Option<&str> {
    related.kind.as_deref().filter(|kind| matches!(*kind, "part-of" | "part"))
}

fn related(other: &Related, lang: &str) -> Value {
    object([
        ("reference", Some(other.id.clone())),
        ("relation", other.kind.clone()),
        ("notes", other.label.best(&[lang]).map(str::to_owned)),
    ])
}

/// The labels of a scheme's tags, each once; of colours those that programs can paint with.
fn labels(tags: &[Tag], scheme: &str, lang: &str) -> Value {
    let mut labels: Vec<&str> = Vec::new();
    let value = tags.iter().filter(|tag| tag.is_active() && tag.scheme == scheme);
    for label in value.filter_map(|tag| tag.color.as_deref().or_else(|| tag.label.best(&[lang]))) {
        if (scheme != "colour" || label.starts_with('#')) && !labels.contains(&label) {
            labels.push(label);
        }
    }
    json!(labels)
}

/// What is known of these fields.
fn object<const N: usize>(fields: [(&str, Option<String>); N]) -> Value {
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    Value::Object(known.collect())
}

/// A year as SMK's records write one: its first or last day.
pub(super) fn day(year: i32, day: &str) -> String {
    let sign = if year < 0 { "-" } else { "" };
    format!("{sign}{:04}-{day}T00:00:00.000Z", year.unsigned_abs())
}

/// A time, or the start of a day, to the second in UTC; `None` for anything else.
fn time(text: &str) -> Option<String> {
    let at = text.parse::<Timestamp>().ok();
    let day = || text.parse::<Date>().ok().map(|day| format!("{day}T00:00:00Z"));
    at.map(|at| format!("{at:.0}")).or_else(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(record: Value, lang: &str) -> Value {
        let work: Work = serde_json::from_value(record).unwrap();
        let tags = work.tags.clone();
        Value::Object(converted(&work, &tags, &Places::default(), lang))
    }

    #[test]
    fn the_shortest_work_is_a_number() {
        assert_eq!(
            build(json!({"object_number": "N00530"}), "da"),
            json!({"id": "N00530", "object_number": "N00530"})
        );
    }

    #[test]
    fn the_requested_language_comes_first() {
        let record = json!({"object_number": "1", "titles": [
            {"text": {"da": "Titanernes fald", "en": "The Fall of the Titans"}, "kind": "museum"}, "Other"],
            "techniques": {"da": ["olie", "lak"], "en": "oil"}, "description": {"da": "Mænd", "en": "Men"}});
        let danish = build(record.clone(), "da");
        assert_eq!(
            danish["titles"],
            json!([{"title": "Titanernes fald", "language": "da-DK", "type": "MUSEUM"},
                {"translation": "The Fall of the Titans", "language": "en-US"}, {"title": "Other"}])
        );
        assert_eq!(danish["techniques"], json!(["olie", "lak"]));
        let english = build(record, "en");
        assert_eq!(english["titles"][0]["title"], "The Fall of the Titans");
        assert_eq!(english["titles"][1]["translation"], "Titanernes fald");
        assert_eq!(
            (&english["techniques"], &english["labels"]),
            (&json!(["oil"]), &json!([{"text": "Men"}]))
        );
    }

    #[test]
    fn makers_and_years_are_written_as_smk_does() {
        let item = build(
            json!({"object_number": "1", "creators": [{"name": "Anna Ancher", "sort_name": "Ancher, Anna",
                    "birth": 1859, "death": 1935, "nationality": "dansk"}, {"name": "Ubekendt", "role": "efter"}],
                "production": [{"text": "ca. 1890", "earliest": 1888}, {"text": {"da": "udateret"}},
                    {"earliest": -300, "latest": 50}]}),
            "da",
        );
        assert_eq!(item["artist"], json!(["Anna Ancher", "Ubekendt"]));
        assert_eq!(
            item["production"],
            json!([{"creator": "Ancher, Anna", "creator_forename": "Anna", "creator_surname": "Ancher",
                "creator_date_of_birth": "1859-01-01T00:00:00.000Z",
                "creator_date_of_death": "1935-01-01T00:00:00.000Z", "creator_nationality": "dansk"},
                {"creator": "Ubekendt", "creator_role": "efter"}])
        );
        assert_eq!(
            item["production_date"],
            json!([{"start": "1888-01-01T00:00:00.000Z", "end": "1888-12-31T00:00:00.000Z", "period": "ca. 1890"},
                {"period": "udateret"},
                {"start": "-0300-01-01T00:00:00.000Z", "end": "0050-12-31T00:00:00.000Z"}])
        );
    }

    #[test]
    fn measures_tags_and_relations_have_their_fields() {
        let item = build(
            json!({"object_number": "1",
                "dimensions": [{"part": "netto", "kind": "height", "value": 94.5, "unit": "mm"}, {"kind": "width"},
                    {"kind": "sokkel", "text": "variable"}],
                "tags": [{"scheme": "subject", "label": "dog"}, {"scheme": "subject", "label": "cat", "status": "rejected"},
                    {"scheme": "colour", "label": "#1d1d1d"}, {"scheme": "colour", "label": "red"},
                    {"scheme": "subject", "label": {"en": "dog"}}],
                "related": [{"id": "2", "kind": "part-of"}, {"id": "3", "kind": "copy-after", "label": "x"}],
                "parts": [{"label": "a"}, {"label": "b"}], "modified": "2019-08-12T11:21:24.5+02:00",
                "created": "2019-08-12", "on_display": "yes", "acquisition_date": "1887-01-01"}),
            "da",
        );
        assert_eq!(
            item["dimensions"],
            json!([{"part": "netto", "type": "hojde", "unit": "mm", "value": "94.5"},
                {"notes": "variable", "type": "sokkel"}])
        );
        assert_eq!((&item["content_subject"], &item["colors"]), (&json!(["dog"]), &json!(["#1d1d1d"])));
        assert_eq!((&item["part_of"], &item["number_of_parts"]), (&json!(["2"]), &json!(2)));
        assert_eq!(
            item["related_objects"],
            json!([{"reference": "3", "relation": "copy-after", "notes": "x"}])
        );
        assert_eq!(
            (&item["modified"], &item["created"]),
            (&json!("2019-08-12T09:21:24Z"), &json!("2019-08-12T00:00:00Z"))
        );
        assert_eq!((&item["on_display"], &item["acquisition_date"]), (&Value::Null, &json!("1887-01-01")));
    }
}
