//! Works in Linked Art 1.0, the profile of CIDOC CRM for art (<https://linked.art/api/1.0/endpoint/physical_object/>).
//!
//! | field | property |
//! |---|---|
//! | the work's page | `id` |
//! | `titles` | `identified_by` `Name`, the first one a primary name |
//! | `object_number` | `identified_by` `Identifier`, an accession number |
//! | `object_type` | `classified_as`, beside *works of art* |
//! | `creators` | `produced_by` `carried_out_by`, with the authority's URI; the role is a part of the production |
//! | `production` | `produced_by` `timespan`, the text and the years |
//! | `techniques` | `produced_by` `technique` |
//! | `materials` | `made_of` |
//! | `dimensions` | `dimension`, with AAT's units and kinds; others as a dimensions statement |
//! | `tags` with a concept's URI | `shows` a `VisualItem` `about` them; others `about` types without URI |
//! | `description`, `inscriptions`, `credit_line` | `referred_to_by`, classified by AAT |
//! | `collections`, `department` | `member_of` |
//! | the museum | `current_owner` |
//! | `rights`, `public_domain` | `subject_to` |
//! | images | `representation`, `digitally_available_via` the IIIF service |
//! | manifest, `homepage` | `subject_of` |

use serde_json::{Map, Value, json};

use super::exchange::year;
use super::{CanvasImage, View, http_uri, plain_text, rights};
use crate::iiif::Version;
use crate::record::{Creator, Measure, NONE, Text, Work};

/// The context of these documents, which is also the profile that clients ask for.
pub(crate) const CONTEXT: &str = "https://linked.art/ns/v1/linked-art.json";

/// The work as a `HumanMadeObject`.
pub(crate) fn human_made_object(view: &View<'_>) -> Value {
    let (work, languages) = (view.work, view.publisher.preferred_languages());
    let mut object = Map::new();
    let mut add = |name: &str, value: Vec<Value>| {
        if !value.is_empty() {
            object.insert(name.into(), value.into());
        }
    };
    add("identified_by", identified_by(view));
    let works_of_art = aat("300133025", "Type", "Works of Art");
    let types = work.object_type.iter().filter_map(|text| named("Type", text, &languages));
    add("classified_as", std::iter::once(works_of_art).chain(types).collect());
    add("made_of", work.materials.iter().filter_map(|text| named("Material", text, &languages)).collect());
    add("dimension", work.dimensions.iter().filter_map(dimension).collect());
    let sets = work.collections.iter().chain([&work.department]);
    add("member_of", sets.filter_map(|text| named("Set", text, &languages)).collect());
    add("referred_to_by", statements(view));
    add("shows", shows(view, &languages));
    add("representation", view.images.iter().map(|image| representation(view, image)).collect());
    add("subject_of", subject_of(view));
    add("subject_to", rights_of(view, &languages));
    let museum = named("Group", &view.publisher.name, &languages).map(|mut museum| {
        if let (Some(uri), Value::Object(fields)) = (http_uri(&view.publisher.homepage), &mut museum) {
            fields.insert("id".into(), uri.into());
        }
        museum
    });
    add("current_owner", museum.into_iter().collect());
    if let Some(made) = production(view, &languages) {
        object.insert("produced_by".into(), made);
    }
    let label = work.label().best(&languages).map(plain_text).unwrap_or_default();
    let head = [
        ("@context", CONTEXT.to_owned()),
        ("id", view.address.work_page(&work.object_number)),
        ("type", "HumanMadeObject".to_owned()),
        ("_label", label),
    ];
    head.into_iter().for_each(|(name, value)| {
        object.insert(name.into(), value.into());
    });
    Value::Object(object)
}

fn identified_by(view: &View<'_>) -> Vec<Value> {
    let mut names = Vec::new();
    for (at, title) in view.work.titles.iter().enumerate() {
        for (language, value) in title.text.iter() {
            let mut name = content("Name", language, value);
            if at == 0 {
                name["classified_as"] = json!([aat("300404670", "Type", "Primary Name")]);
            }
            names.push(name);
        }
    }
    names.push(json!({ "type": "Identifier", "content": view.work.object_number,
        "classified_as": [aat("300312355", "Type", "Accession Number")] }));
    names
}

fn production(view: &View<'_>, languages: &[&str]) -> Option<Value> {
    let work = view.work;
    let mut made = json!({ "type": "Production" });
    let creators: Vec<&Creator> =
        work.creators.iter().filter(|creator| !creator.name.trim().is_empty()).collect();
    if creators.iter().all(|creator| creator.role.is_none()) && !creators.is_empty() {
        made["carried_out_by"] = creators.into_iter().map(actor).collect();
    } else if !creators.is_empty() {
        made["part"] = creators.into_iter().map(part).collect();
    }
    if let Some(span) = time_span(work, languages) {
        made["timespan"] = span;
    }
    let techniques: Vec<Value> =
        work.techniques.iter().filter_map(|text| named("Type", text, languages)).collect();
    if !techniques.is_empty() {
        made["technique"] = techniques.into();
    }
    made.as_object().is_some_and(|fields| fields.len() > 1).then_some(made)
}

/// What one person did, by their role.
fn part(creator: &Creator) -> Value {
    let mut part = json!({ "type": "Production", "carried_out_by": [actor(creator)] });
    if let Some(role) = &creator.role {
        part["classified_as"] = json!([{ "type": "Type", "_label": role }]);
    }
    part
}

fn actor(creator: &Creator) -> Value {
    let mut actor = json!({ "type": "Person", "_label": creator.name });
    if let Some(uri) = creator.id.as_deref().and_then(http_uri) {
        actor["id"] = uri.into();
    }
    actor
}

fn time_span(work: &Work, languages: &[&str]) -> Option<Value> {
    let texts: Vec<Value> = work
        .production
        .iter()
        .filter_map(|made| made.text.best(languages))
        .map(|text| json!({ "type": "Name", "content": plain_text(text) }))
        .collect();
    let (earliest, latest) = work.years();
    if texts.is_empty() && earliest.is_none() {
        return None;
    }
    let mut span = json!({ "type": "TimeSpan" });
    if !texts.is_empty() {
        span["identified_by"] = texts.into();
    }
    if let Some(first) = earliest {
        span["begin_of_the_begin"] = format!("{}-01-01T00:00:00Z", year(first)).into();
    }
    if let Some(last) = latest {
        span["end_of_the_end"] = format!("{}-12-31T23:59:59Z", year(last)).into();
    }
    Some(span)
}

/// A measure whose kind and unit AAT has.
fn dimension(measure: &Measure) -> Option<Value> {
    let kind = match measure.kind.as_deref()?.to_ascii_lowercase().as_str() {
        "height" => aat("300055644", "Type", "Height"),
        "width" => aat("300055647", "Type", "Width"),
        "depth" => aat("300072633", "Type", "Depth"),
        "diameter" => aat("300055624", "Type", "Diameter"),
        "weight" => aat("300056240", "Type", "Weight"),
        _ => return None,
    };
    let unit = match measure.unit.as_deref()?.trim() {
        "mm" => aat("300379097", "MeasurementUnit", "millimeters"),
        "cm" => aat("300379098", "MeasurementUnit", "centimeters"),
        "m" => aat("300379099", "MeasurementUnit", "meters"),
        "in" => aat("300379100", "MeasurementUnit", "inches"),
        "g" => aat("300379225", "MeasurementUnit", "grams"),
        "kg" => aat("300379226", "MeasurementUnit", "kilograms"),
        _ => return None,
    };
    let value = measure.value.filter(|value| value.is_finite())?;
    let mut dimension = json!({ "type": "Dimension", "classified_as": [kind], "value": value, "unit": unit });
    if let Some(part) = &measure.part {
        dimension["_label"] = part.as_str().into();
    }
    Some(dimension)
}

/// Texts about the work.
fn statements(view: &View<'_>) -> Vec<Value> {
    let work = view.work;
    let mut found = Vec::new();
    let mut add = |text: &Text, number: &str, label: &str| {
        for (language, value) in text.iter() {
            let mut statement = content("LinguisticObject", language, value);
            let mut kind = aat(number, "Type", label);
            kind["classified_as"] = json!([aat("300418049", "Type", "Brief Text")]);
            statement["classified_as"] = json!([kind]);
            found.push(statement);
        }
    };
    add(&work.description, "300435416", "Description");
    work.inscriptions.iter().for_each(|text| add(text, "300435414", "Inscription"));
    add(&work.credit_line, "300026687", "Credit Line");
    let unknown = work.dimensions.iter().filter(|measure| dimension(measure).is_none());
    for text in unknown.filter_map(|measure| measure.text.as_deref()) {
        add(&Text::plain(text), "300435430", "Dimensions Statement");
    }
    found
}

/// What the picture shows, by its tags.
fn shows(view: &View<'_>, languages: &[&str]) -> Vec<Value> {
    let about = view.active_tags().into_iter().filter_map(|(_, tag)| {
        let mut concept = named("Type", &tag.label, languages)?;
        if let Some(uri) = tag.concept.as_deref().and_then(http_uri) {
            concept["id"] = uri.into();
        }
        Some(concept)
    });
    let about: Vec<Value> = about.collect();
    if about.is_empty() { Vec::new() } else { vec![json!({ "type": "VisualItem", "about": about })] }
}

fn representation(view: &View<'_>, image: &CanvasImage) -> Value {
    let service = view.address.image(Version::V3, &image.identifier);
    let shown = image.largest_within(2000);
    json!({ "type": "VisualItem", "digitally_shown_by": [{
        "type": "DigitalObject",
        "classified_as": [aat("300215302", "Type", "Digital Image")],
        "format": "image/jpeg",
        "access_point": [{ "id": format!("{service}/full/{shown}/0/default.jpg"), "type": "DigitalObject" }],
        "digitally_available_via": [{
            "type": "DigitalService",
            "access_point": [{ "id": service, "type": "DigitalObject" }],
            "conforms_to": [{ "id": "http://iiif.io/api/image", "type": "InformationObject" }],
        }],
    }] })
}

/// The manifest, and the museum's own page.
fn subject_of(view: &View<'_>) -> Vec<Value> {
    let manifest = json!({ "type": "LinguisticObject", "digitally_carried_by": [{
        "type": "DigitalObject",
        "format": "application/ld+json;profile=\"http://iiif.io/api/presentation/3/context.json\"",
        "access_point": [{ "id": view.address.manifest(Version::V3, &view.work.object_number), "type": "DigitalObject" }],
        "conforms_to": [{ "id": "http://iiif.io/api/presentation/", "type": "InformationObject" }],
    }] });
    let homepage = view.work.homepage.as_deref().and_then(http_uri).map(|uri| {
        json!({ "type": "LinguisticObject", "digitally_carried_by": [{
            "type": "DigitalObject", "format": "text/html",
            "classified_as": [aat("300264578", "Type", "Web Page")],
            "access_point": [{ "id": uri, "type": "DigitalObject" }],
        }] })
    });
    std::iter::once(manifest).chain(homepage).collect()
}

fn rights_of(view: &View<'_>, languages: &[&str]) -> Vec<Value> {
    let statements = view.work.rights.iter().flat_map(|rights| rights.lines());
    let one = |statement: &str| match rights::normalize(statement) {
        Some(uri) => {
            let name = view.publisher.rights_name(&uri);
            let label = name.as_ref().and_then(|name| name.best(languages)).unwrap_or(&uri).to_owned();
            json!({ "type": "Right", "classified_as": [{ "id": uri, "type": "Type", "_label": label }] })
        }
        None => json!({ "type": "Right", "_label": plain_text(statement) }),
    };
    let mut found: Vec<Value> = statements.map(one).collect();
    if found.is_empty() && view.work.public_domain == Some(true) {
        found.push(one("http://creativecommons.org/publicdomain/mark/1.0/"));
    }
    found
}

/// A text with its language.
fn content(kind: &str, language: &str, value: &str) -> Value {
    let mut text = json!({ "type": kind, "content": plain_text(value) });
    if language != NONE {
        text["language"] = json!([{ "type": "Language", "_label": language }]);
    }
    text
}

/// A resource of which only the name is known.
fn named(kind: &str, text: &Text, languages: &[&str]) -> Option<Value> {
    let label = text.best(languages).map(plain_text).filter(|label| !label.trim().is_empty())?;
    Some(json!({ "type": kind, "_label": label }))
}

/// A term of the Art & Architecture Thesaurus.
fn aat(number: &str, kind: &str, label: &str) -> Value {
    json!({ "id": format!("http://vocab.getty.edu/aat/{number}"), "type": kind, "_label": label })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::fixture::with_view;
    use crate::record::Tag;

    #[test]
    fn a_work_has_its_properties() {
        let mut tag = Tag::new("motif", Text::of("en", "Titans"));
        tag.concept = Some("http://iconclass.org/91B".into());
        with_view(&[tag], |view| {
            let object = human_made_object(view);
            assert_eq!((&object["@context"], &object["type"]), (&json!(CONTEXT), &json!("HumanMadeObject")));
            assert_eq!(object["id"], view.address.work_page(&view.work.object_number));
            assert_eq!(object["_label"], "The fall of the Titans");
            let made = &object["produced_by"];
            assert_eq!(made["timespan"]["begin_of_the_begin"], "1588-01-01T00:00:00Z");
            assert_eq!(made["timespan"]["end_of_the_end"], "1590-12-31T23:59:59Z");
            assert_eq!(made["part"][0]["carried_out_by"][0]["_label"], "Cornelis Cornelisz. van Haarlem");
            assert_eq!(made["technique"][0]["_label"], "oil on canvas");
            assert_eq!(object["made_of"][0], json!({ "type": "Material", "_label": "canvas" }));
            assert_eq!(object["dimension"][1]["value"], 307.5);
            assert_eq!(object["dimension"][1]["unit"]["id"], "http://vocab.getty.edu/aat/300379098");
            assert_eq!(object["shows"][0]["about"][0]["id"], "http://iconclass.org/91B");
            let right = &object["subject_to"][0]["classified_as"][0]["id"];
            assert_eq!(right, "http://creativecommons.org/publicdomain/zero/1.0/");
            let service = &object["representation"][0]["digitally_shown_by"][0]["digitally_available_via"][0];
            assert_eq!(service["access_point"][0]["id"], "https://host/p/iiif/3/kms%2Fback.tif");
            let texts = object["referred_to_by"].as_array().unwrap();
            let credit =
                texts.iter().find(|text| text["classified_as"][0]["_label"] == "Credit Line").unwrap();
            assert_eq!(credit["content"], "Gift of nobody");
            assert!(!object.to_string().contains("javascript"));
        });
    }

    #[test]
    fn empty_fields_have_no_properties() {
        with_view(&[], |view| {
            let work = crate::record::Work { object_number: "K1".into(), ..Default::default() };
            let object = human_made_object(&View { work: &work, images: &[], ..*view });
            let names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
            let expected =
                ["@context", "_label", "classified_as", "id", "identified_by", "subject_of", "type"];
            assert_eq!(names.iter().copied().collect::<std::collections::BTreeSet<_>>(), expected.into());
        });
    }
}
