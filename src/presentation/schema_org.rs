//! Works in the vocabulary of schema.org, for search engines.

use serde_json::{Map, Value, json};

use super::{CanvasImage, View, http_uri, plain_text, rights};
use crate::iiif::Version;
use crate::record::{Creator, Measure, Status, Text};

/// Longer descriptions are cut, in characters.
const MAX_DESCRIPTION: usize = 5000;
/// Keywords in all.
const MAX_KEYWORDS: usize = 50;

/// The work as a `VisualArtwork` in JSON-LD, with its first image if that may be shown.
pub(crate) fn visual_artwork(view: &View<'_>, image: Option<&CanvasImage>) -> Value {
    let (work, languages) = (view.work, view.publisher.preferred_languages());
    let best = |text: &Text| text.best(&languages).map(plain_text).filter(|text| !text.trim().is_empty());
    let all = |texts: &[Text]| -> Option<Value> {
        let texts: Vec<String> = texts.iter().filter_map(best).collect();
        (!texts.is_empty()).then(|| Value::from(texts))
    };
    let page = view.address.work_page(&work.object_number);
    let mut artwork = Map::new();
    let mut add = |name: &str, value: Option<Value>| value.map(|value| artwork.insert(name.into(), value));
    add("@context", Some(Value::from("https://schema.org")));
    add("@type", Some(Value::from("VisualArtwork")));
    add("@id", Some(Value::from(page.as_str())));
    add("url", Some(Value::from(page.as_str())));
    add("name", Some(Value::from(work.label().best(&languages).unwrap_or(&work.object_number))));
    add("identifier", Some(Value::from(work.object_number.as_str())));
    let creators: Vec<Value> = work.creators.iter().filter_map(person).collect();
    add("creator", (!creators.is_empty()).then(|| Value::from(creators)));
    add(
        "dateCreated",
        date(work.years())
            .or_else(|| work.production.first().and_then(|made| best(&made.text)))
            .map(Value::from),
    );
    add("artform", all(&work.object_type));
    let mediums: Vec<Text> = work.techniques.iter().chain(&work.materials).cloned().collect();
    add("artMedium", all(&mediums));
    for side in ["height", "width", "depth"] {
        add(side, length(&work.dimensions, side));
    }
    add(
        "description",
        best(&work.description)
            .map(|text| Value::from(text.chars().take(MAX_DESCRIPTION).collect::<String>())),
    );
    add("keywords", keywords(view, &languages));
    add("creditText", best(&work.credit_line).map(Value::from));
    add("license", licence(view).map(Value::from));
    add("sameAs", work.homepage.as_deref().and_then(http_uri).map(Value::from));
    add(
        "provider",
        best(&view.publisher.name).map(
            |name| json!({ "@type": "Museum", "name": name, "url": http_uri(&view.publisher.homepage) }),
        ),
    );
    add(
        "subjectOf",
        Some(json!({
            "@type": "DigitalDocument", "encodingFormat": "application/ld+json;profile=\"http://iiif.io/api/presentation/3/context.json\"",
            "url": view.address.manifest(Version::V3, &work.object_number),
        })),
    );
    add("image", image.map(|image| image_object(view, image, &best(&work.credit_line))));
    add("associatedMedia", Some(view.media_objects()).filter(|all| !all.is_empty()).map(Value::from));
    Value::Object(artwork)
}

fn person(creator: &Creator) -> Option<Value> {
    let name = creator.name.trim();
    let mut person = json!({ "@type": "Person", "name": name });
    let year = |year: i32| (year > 0).then(|| Value::from(format!("{year:04}")));
    for (field, value) in [
        ("birthDate", creator.birth.and_then(year)),
        ("deathDate", creator.death.and_then(year)),
        ("sameAs", creator.id.as_deref().and_then(http_uri).map(Value::from)),
    ] {
        if let Some(value) = value {
            person[field] = value;
        }
    }
    (!name.is_empty()).then_some(person)
}

/// A year, or an interval of years (ISO 8601).
fn date((first, last): (Option<i32>, Option<i32>)) -> Option<String> {
    let (first, last) = (first.or(last)?, last.or(first)?);
    (first > 0 && last > 0).then(|| match first == last {
        true => format!("{first:04}"),
        false => format!("{first:04}/{last:04}"),
    })
}

/// The first measure of this kind whose unit has a code (UN/CEFACT).
fn length(measures: &[Measure], kind: &str) -> Option<Value> {
    measures.iter().find_map(|measure| {
        let is_kind = measure.kind.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(kind));
        let value = measure.value.filter(|value| value.is_finite() && is_kind)?;
        let code = match measure.unit.as_deref()?.trim() {
            "mm" => "MMT",
            "cm" => "CMT",
            "m" => "MTR",
            "in" => "INH",
            _ => return None,
        };
        Some(json!({ "@type": "QuantitativeValue", "value": value, "unitCode": code }))
    })
}

/// The labels of tags that people have given or accepted.
fn keywords(view: &View<'_>, languages: &[&str]) -> Option<Value> {
    let accepted = view.active_tags().into_iter().filter(|(_, tag)| tag.status == Status::Accepted);
    let mut labels: Vec<String> =
        accepted.filter_map(|(_, tag)| tag.label.best(languages).map(str::to_owned)).collect();
    labels.dedup();
    labels.truncate(MAX_KEYWORDS);
    (!labels.is_empty()).then(|| Value::from(labels))
}

/// The URI of the licence or rights statement.
fn licence(view: &View<'_>) -> Option<String> {
    let mut statements = view.work.rights.iter().flat_map(|rights| rights.lines());
    statements.find_map(rights::normalize)
}

fn image_object(view: &View<'_>, image: &CanvasImage, credit: &Option<String>) -> Value {
    let service = view.address.image(Version::V3, &image.identifier);
    let (shown, small) = (image.largest_within(2000), image.largest_within(400));
    let mut object = json!({
        "@type": "ImageObject",
        "contentUrl": format!("{service}/full/{shown}/0/default.jpg"),
        "thumbnailUrl": format!("{service}/full/{small}/0/default.jpg"),
        "width": { "@type": "QuantitativeValue", "value": shown.width, "unitCode": "E37" },
        "height": { "@type": "QuantitativeValue", "value": shown.height, "unitCode": "E37" },
        "acquireLicensePage": view.address.work_page(&view.work.object_number),
    });
    if let Some(licence) = licence(view) {
        object["license"] = Value::from(licence);
    }
    if let Some(credit) = credit {
        object["creditText"] = Value::from(credit.as_str());
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::fixture::with_view;

    #[test]
    fn a_work_is_described_with_its_image() {
        with_view(&[], |view| {
            let artwork = visual_artwork(view, view.images.first());
            assert_eq!(
                (&artwork["@type"], &artwork["@context"]),
                (&json!("VisualArtwork"), &json!("https://schema.org"))
            );
            assert_eq!(artwork["url"], view.address.work_page(&view.work.object_number));
            assert_eq!(artwork["image"]["@type"], "ImageObject");
            let address = artwork["image"]["contentUrl"].as_str().unwrap_or_default();
            assert!(address.starts_with("https://host/p/iiif/3/kms%2Fback.tif/full/"), "{address}");
            assert!(visual_artwork(view, None).get("image").is_none());
        });
    }

    #[test]
    fn lengths_have_codes_of_units() {
        let measures: Vec<Measure> = serde_json::from_str(
            r#"[{"kind":"Height","value":65.5,"unit":"cm"},{"kind":"width","value":3,"unit":"ells"}]"#,
        )
        .unwrap();
        let height = json!({ "@type": "QuantitativeValue", "value": 65.5, "unitCode": "CMT" });
        assert_eq!(length(&measures, "height"), Some(height));
        assert_eq!(length(&measures, "width"), None);
        assert_eq!(date((Some(850), None)).as_deref(), Some("0850"));
        assert_eq!(date((Some(-50), Some(20))), None);
    }
}
