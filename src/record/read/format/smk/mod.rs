//! Reads records of Statens Museum for Kunst, in all versions of its fields.

mod fields;

use serde_json::Value;

pub use self::fields::{FIELDS, SmkField};
use self::fields::{Reading, read_as};

use crate::record::read::value::image::image;
use crate::record::read::value::json::{field, is_public_domain, many, number, text_in, text_of, texts};
use crate::record::read::value::measure;
use crate::record::read::value::year::{last_year, span, year};
use crate::record::rights::statement;
use crate::record::{Creator, Image, Measure, Production, Related, Role, Tag, Text, Title, Work};

const SOURCE: &str = "import:smk";

/// Converts a record to a work. Fails only if the record has no number.
pub(in crate::record::read) fn work(record: &Value) -> Result<Work, String> {
    let number = text_in(record, &["object_number", "id"]);
    let number =
        number.ok_or("`object_number` is missing, and `id` too: a record needs one of them")?.into_owned();
    let all = |name: &str, keys: &[&str]| texts(record.get(name), keys);
    let joined = |fields: &[(&str, &str)]| {
        let mut text = Text::default();
        fields.iter().flat_map(|(name, key)| all(name, &[key])).for_each(|value| text.merge(&value));
        text
    };
    let one = |names: &[&str]| text_in(record, names).map(|text| Text::plain(&text)).unwrap_or_default();
    let link = |names: &[&str]| text_in(record, names).map(|text| text.into_owned());
    Ok(Work {
        object_number: number,
        titles: titles(record),
        creators: many(record.get("production")).iter().filter_map(creator).collect(),
        production: many(record.get("production_date")).iter().filter_map(production).collect(),
        object_type: all("object_names", &["name"]),
        techniques: all("techniques", &["technique", "name"]),
        materials: all("materials", &["material", "name"]),
        dimensions: many(record.get("dimensions")).iter().flat_map(measures).collect(),
        inscriptions: many(record.get("inscriptions")).iter().filter_map(inscription).collect(),
        description: joined(&[("labels", "text"), ("content_description", "description")]),
        collections: all("collection", &["name"]),
        department: one(&["responsible_department"]),
        credit_line: joined(&[("credit_line", "credit_line")]),
        location: one(&["current_location_name", "current_location"]),
        rights: record.get("rights").and_then(statement),
        public_domain: field(record, &["public_domain"]).map(is_public_domain),
        homepage: link(&["frontend_url"]),
        related: related(record),
        tags: tags(record),
        images: images(record),
        modified: link(&["modified"]),
        more: read_as(Reading::Kept)
            .filter_map(|field| Some((field.name.to_owned(), record.get(field.name)?.clone())))
            .collect(),
        ..Work::default()
    })
}

/// The titles; a translation is added to the title before it.
fn titles(record: &Value) -> Vec<Title> {
    let mut titles: Vec<Title> = Vec::new();
    for value in many(record.get("titles")) {
        let language = field(value, &["language"]).and_then(Value::as_str).unwrap_or_default();
        let kind = text_in(value, &["type"]).map(|kind| kind.to_lowercase());
        if let Some(title) = text_of(value, &["title", "text"]) {
            titles.push(Title { text: Text::of(language, &title), kind });
        }
        if let Some(translation) = text_in(value, &["translation"]) {
            let language = if text_in(value, &["title"]).is_some() { "" } else { language };
            match titles.last_mut() {
                Some(title) => title.text.add(language, &translation),
                None => titles.push(Title { text: Text::of(language, &translation), kind: None }),
            }
        }
    }
    titles
}

fn creator(record: &Value) -> Option<Creator> {
    let sorted = text_of(record, &["creator", "name"]).map(|name| name.into_owned());
    let (first, last) = (text_in(record, &["creator_forename"]), text_in(record, &["creator_surname"]));
    let name = match (&first, &last, &sorted) {
        (Some(first), Some(last), _) => format!("{first} {last}"),
        (.., Some(sorted)) => display_name(sorted),
        _ => first.or(last)?.into_owned(),
    };
    let text = |names: &[&str]| text_in(record, names).map(|text| text.into_owned());
    Some(Creator {
        sort_name: sorted.filter(|sorted| *sorted != name),
        name,
        role: text(&["creator_role", "creator_qualifier", "role"]),
        birth: field(record, &["creator_date_of_birth"]).and_then(year),
        death: field(record, &["creator_date_of_death"]).and_then(year),
        nationality: text(&["creator_nationality"]),
        gender: text(&["creator_gender"]),
        id: text(&["creator_lref", "creator_id"]),
    })
}

/// Converts `Ancher, Anna` to `Anna Ancher`. Names without a comma, or with several, are unchanged.
pub(in crate::record::read) fn display_name(sorted: &str) -> String {
    match sorted.split_once(',').map(|(last, first)| (last.trim(), first.trim())) {
        Some((last, first)) if !last.is_empty() && !first.is_empty() && !first.contains(',') => {
            format!("{first} {last}")
        }
        _ => sorted.trim().to_owned(),
    }
}

fn production(record: &Value) -> Option<Production> {
    let text = text_of(record, &["period", "text"]).unwrap_or_default();
    let (first, last) = span(&text);
    let earliest = field(record, &["start"]).and_then(year);
    let latest = field(record, &["end"]).and_then(last_year);
    let has_years = earliest.is_some() || latest.is_some();
    let (earliest, latest) = if has_years { (earliest, latest) } else { (first, last) };
    let found = Production { text: Text::plain(&text), earliest, latest };
    (found != Production::default()).then_some(found)
}

fn measures(value: &Value) -> Vec<Measure> {
    if let Some(text) = value.as_str() {
        return measure::measures(text);
    }
    let text = |name: &str| text_in(value, &[name]).map(|text| text.into_owned());
    let found = Measure {
        part: text("part"),
        kind: text("type").map(|kind| measure::kind(&kind)),
        value: field(value, &["value"]).and_then(number).filter(|value| value.is_finite()),
        unit: text("unit"),
        text: text("notes"),
    };
    let has_content = found.value.is_some() || found.text.is_some();
    if has_content { vec![found] } else { Vec::new() }
}

fn inscription(value: &Value) -> Option<Text> {
    let content = text_of(value, &["content", "text"])?;
    let place: Vec<_> = ["position", "method"].iter().filter_map(|name| text_in(value, &[name])).collect();
    let place = if place.is_empty() { String::new() } else { format!(" ({})", place.join(", ")) };
    Some(Text::plain(&format!("{content}{place}")))
}

fn related(record: &Value) -> Vec<Related> {
    let keys = ["reference", "object_number", "related_object", "id", "url"];
    let fields = [("part_of", "part-of"), ("parts", "part"), ("related_objects", "related")];
    let each = |(name, kind): (&str, &'static str)| {
        many(record.get(name)).iter().map(move |one| (one, kind)).collect::<Vec<_>>()
    };
    let found = fields.into_iter().flat_map(each).filter_map(|(one, kind)| {
        let id = text_of(one, &keys)?.into_owned();
        let label =
            text_in(one, &["name", "title", "notes"]).map(|text| Text::plain(&text)).unwrap_or_default();
        let kind =
            text_in(one, &["relation", "type"]).map_or_else(|| kind.to_owned(), |text| text.into_owned());
        Some(Related { id, label, kind: Some(kind) })
    });
    found.collect()
}

fn tags(record: &Value) -> Vec<Tag> {
    let names = ["name", "title", "subject", "person", "place", "text", "value", "color", "hex"];
    let mut known = std::collections::HashSet::new();
    let mut tags = Vec::new();
    for field in read_as(Reading::Tags) {
        let scheme = field.facet.unwrap_or_default();
        for value in many(record.get(field.name)) {
            let Some(name) = text_of(value, &names) else { continue };
            if known.insert((scheme, name.to_string())) {
                let concept = text_in(value, &["uri", "concept"]).filter(|uri| uri.starts_with("http"));
                let concept = concept.map(|uri| uri.into_owned());
                tags.push(Tag { source: SOURCE.to_owned(), concept, ..Tag::new(scheme, Text::plain(&name)) });
            }
        }
    }
    tags
}

/// The main image and the alternative images, each by the URI that identifies its master best.
fn images(record: &Value) -> Vec<Image> {
    let main = ["image_iiif_id", "image_native", "image_hq", "image_thumbnail"];
    let other = ["iiif_id", "native", "image_iiif_id", "image_native", "thumbnail", "url"];
    let main = text_in(record, &main).map(|file| image(file.into_owned()));
    let others = many(record.get("alternative_images")).iter().filter_map(|one| {
        let label =
            text_in(one, &["caption", "label", "title"]).map(|text| Text::plain(&text)).unwrap_or_default();
        let file = one.as_object().and_then(|_| text_in(one, &other)).or_else(|| text_of(one, &[]))?;
        Some(Image { label, role: Role::Other("alternative".into()), ..image(file.into_owned()) })
    });
    main.into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(record: Value) -> Work {
        work(&record).unwrap()
    }

    #[test]
    fn every_shape_of_a_field_is_read() {
        for techniques in
            [json!("olie"), json!(["olie"]), json!([{"technique": "olie"}]), json!({"technique": "olie"})]
        {
            let work =
                read(json!({"object_number": "KKS2020-3/16", "techniques": techniques, "titles": null}));
            assert_eq!(work.techniques, [Text::plain("olie")]);
        }
        assert_eq!(read(json!({"id": 7, "object_number": null})).object_number, "7");
        assert!(work(&json!({"titles": "x"})).is_err());
        assert!(work(&json!([1])).is_err());
    }

    #[test]
    fn a_translation_joins_its_title() {
        let work = read(json!({"id": "1", "titles": [
            {"title": "Titanernes fald", "language": "da-DK", "type": "MUSEUM"},
            {"language": "en-US", "translation": "The Fall of the Titans"}]}));
        assert_eq!(work.titles.len(), 1);
        assert_eq!(work.titles[0].text.best(&["en"]), Some("The Fall of the Titans"));
        assert_eq!(work.titles[0].kind.as_deref(), Some("museum"));
    }

    #[test]
    fn creators_are_shown_by_given_name_and_sorted_by_family_name() {
        let work = read(json!({"id": "1", "production": [{"creator": "Velde, Willem I van de",
            "creator_date_of_birth": "1611-01-01T00:00:00.000Z", "creator_qualifier": "efter"}, "Ubekendt"],
            "production_date": [{"start": "0950-01-01T00:00:00Z", "period": "ca. 950"}, {"period": "1850-55"}]}));
        assert_eq!(work.creators[0].name, "Willem I van de Velde");
        assert_eq!(work.creators[0].sort_name.as_deref(), Some("Velde, Willem I van de"));
        assert_eq!((work.creators[0].birth, work.creators[0].role.as_deref()), (Some(1611), Some("efter")));
        assert_eq!((work.creators[1].name.as_str(), work.creators[1].sort_name.clone()), ("Ubekendt", None));
        assert_eq!(work.years(), (Some(950), Some(1855)));
    }

    #[test]
    fn colours_subjects_and_images_are_kept_with_their_source() {
        let work = read(json!({"id": "1", "colors": ["#1d1d1d", "#1d1d1d"], "suggested_bg_color": "#ffffff",
            "content_person": {"name": "Petzl, Joseph"}, "image_iiif_id": "https://iip.smk.dk/iiif/jp2/KMS1.tif.jp2",
            "image_native": "https://x/native.jpg", "alternative_images": ["b.tif", {"native": "c.tif"}, 1],
            "part_of": "KKSgb6775", "related_objects": [{"notes": "783,2"}],
            "dimensions": [{"part": "bladmaal", "type": "hojde", "unit": "mm", "value": "94,5"}]}));
        assert_eq!(
            work.tags.iter().map(|tag| tag.scheme.as_str()).collect::<Vec<_>>(),
            ["colour", "colour", "person"]
        );
        assert!(work.tags.iter().all(|tag| tag.source == "import:smk"));
        let files: Vec<_> = work.images.iter().map(|image| image.file.as_str()).collect();
        assert_eq!(files, ["https://iip.smk.dk/iiif/jp2/KMS1.tif.jp2", "b.tif", "c.tif", "1"]);
        assert_eq!((work.related.len(), work.dimensions[0].kind.as_deref()), (1, Some("height")));
        assert_eq!(
            (work.dimensions[0].part.as_deref(), work.dimensions[0].value),
            (Some("bladmaal"), Some(94.5))
        );
    }
}
