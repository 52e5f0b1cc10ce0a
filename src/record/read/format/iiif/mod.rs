//! Reads manifests of other servers (Presentation API 2 and 3) as records.

mod canvas;
mod collection;
mod drafts;
mod media;
mod open_annotation;
mod pages;
mod properties;
mod targets;
mod upgrade;

use std::collections::HashMap;

use serde_json::Value;
use url::Url;

pub use self::canvas::{image_name, painted_images};
use self::canvas::{images, part};
pub use self::collection::{SourceCollection, collections};
use self::media::media;
pub use self::media::{media_name, media_of, painted_media};
pub use self::pages::with_pages;
pub use self::targets::outside_targets;
pub use self::upgrade::{ResourceIds, resource_ids, upgraded};
use crate::record::read::value::json::{field, many};
use crate::record::read::value::language_map::language_map;
use crate::record::read::value::measure;
use crate::record::read::value::year::span;
use crate::record::rights::{claims, is_label, joined, statement};
use crate::record::{Creator, Fact, Production, Related, Text, Title, Work};

/// Converts a manifest to a work.
pub(in crate::record::read) fn work(manifest: &Value) -> Result<Work, String> {
    let kind = field(manifest, &["type", "@type"]).and_then(Value::as_str).unwrap_or("Manifest");
    if kind.ends_with("Collection") {
        return Err("this is a collection: read the manifests that it lists, each by its address".into());
    }
    let address = field(manifest, &["id", "@id"]).and_then(Value::as_str);
    let mut work = Work {
        titles: Some(language_map(&manifest["label"]))
            .filter(|text| !text.is_empty())
            .map(title)
            .into_iter()
            .collect(),
        description: language_map(field(manifest, &["summary", "description"]).unwrap_or(&Value::Null)),
        homepage: field(manifest, &["homepage", "related"]).and_then(uri_in),
        ..Work::default()
    };
    let statement = &manifest["requiredStatement"];
    work.credit_line = language_map(field(statement, &["value"]).unwrap_or(&manifest["attribution"]));
    for pair in many(manifest.get("metadata")) {
        metadata(&mut work, &language_map(&pair["label"]), language_map(&pair["value"]));
    }
    if work.object_number.is_empty() {
        work.object_number =
            address.and_then(number_in).ok_or("`id` is missing: a manifest needs its address")?;
    }
    work.related.extend(address.map(|id| Related {
        id: id.into(),
        kind: Some("manifest".into()),
        ..Related::default()
    }));
    let canvases = match manifest.get("items") {
        items @ Some(_) => many(items),
        None => many(many(manifest.get("sequences")).first().and_then(|sequence| sequence.get("canvases"))),
    };
    work.rights = rights(manifest, canvases);
    // The rights statement is not repeated in the metadata.
    let collect_statements = work.rights.clone();
    work.extra_metadata.retain(|fact| fact.value.best(&[]) != collect_statements.as_deref());
    let manifest = upgraded(manifest.clone());
    let canvases = many(manifest.get("items"));
    let mut files = HashMap::new();
    for (number, canvas) in (1..).zip(canvases) {
        images(canvas, number, &mut work.images, &mut files);
        media(canvas, number, &mut work.media_files);
    }
    work.canvases = Some(canvases.len().try_into().unwrap_or(u32::MAX));
    let ranges = many(manifest.get("structures"));
    work.parts = ranges.iter().filter_map(|range| part(range, &files, 1)).collect();
    Ok(work)
}

/// The rights statements of the manifest and of its canvases and images, all of which apply (Presentation API 3.0,
/// §3.1; 2.1, §3.3). If there are none: a required statement whose text claims rights, and metadata that is labelled
/// as rights.
fn rights(manifest: &Value, canvases: &[Value]) -> Option<String> {
    let mut found = Vec::new();
    let own = ["rights", "license"].iter().filter_map(|name| manifest.get(*name));
    found.extend(own.filter_map(statement));
    canvases.iter().for_each(|canvas| collect_statements(canvas, 0, &mut found));
    if let Some(collect_statements) = joined(found) {
        return Some(collect_statements);
    }
    let statements = [manifest.get("requiredStatement"), manifest.get("attribution")].into_iter().flatten();
    let required = statements.filter_map(|statement| {
        let label = language_map(&statement["label"]);
        let words = language_map(field(statement, &["value"]).unwrap_or(statement));
        let words = words.best(&[])?.to_owned();
        (label.iter().any(|(_, label)| is_label(label)) || claims(&words)).then_some(words)
    });
    let pairs = many(manifest.get("metadata")).iter().filter_map(|pair| {
        let is_rights = language_map(&pair["label"]).iter().any(|(_, label)| is_label(label));
        is_rights.then(|| language_map(&pair["value"]).best(&[]).map(str::to_owned)).flatten()
    });
    joined(required.chain(pairs))
}

/// Collects the rights statements of a canvas and of the images on it.
fn collect_statements(value: &Value, depth: usize, found: &mut Vec<String>) {
    const INNER: [&str; 8] = ["items", "images", "body", "resource", "item", "default", "source", "service"];
    const MAX_DEPTH: usize = 12;
    for one in many(Some(value)).iter().filter(|one| one.is_object() && depth < MAX_DEPTH) {
        let own = ["rights", "license"].iter().filter_map(|name| one.get(*name));
        found.extend(own.filter_map(statement));
        INNER
            .iter()
            .filter_map(|name| one.get(*name))
            .for_each(|inner| collect_statements(inner, depth + 1, found));
    }
}

fn title(text: Text) -> Title {
    Title { text, kind: None }
}

fn uri_in(value: &Value) -> Option<String> {
    many(Some(value))
        .iter()
        .find_map(|one| one.as_str().or_else(|| field(one, &["id", "@id"]).and_then(Value::as_str)))
        .map(str::to_owned)
}

/// The object number in a manifest's URI: its parameter `id`, otherwise the last segment of its path that is not a
/// file name.
fn number_in(address: &str) -> Option<String> {
    let Ok(url) = Url::parse(address) else { return Some(address.to_owned()) };
    if let Some((_, id)) = url.query_pairs().find(|(key, value)| key == "id" && !value.is_empty()) {
        return Some(id.into_owned());
    }
    let mut parts = url.path().split('/').map(|part| part.strip_suffix(".json").unwrap_or(part));
    let own = parts.rfind(|part| !part.is_empty() && !matches!(*part, "manifest" | "v2" | "v3" | "index"))?;
    Some(percent_encoding::percent_decode_str(own).decode_utf8_lossy().into_owned())
}

/// Reads a metadata pair into the field that its label names; other pairs are kept as they are.
fn metadata(work: &mut Work, label: &Text, value: Text) {
    let Some(first) = value.best(&[]).map(str::to_owned) else { return };
    let labels = label.iter().map(|(_, label)| label.trim_end_matches(':').to_lowercase());
    let known = labels.filter_map(|label| field_of_label(&label)).next();
    let each = || value.iter().map(|(language, one)| Text::of(language, one));
    match known {
        Some("object_number") if work.object_number.is_empty() => work.object_number = first,
        Some("creators") => {
            let names = value.iter().map(|(_, name)| Creator { name: name.to_owned(), ..Creator::default() });
            work.creators.extend(names);
        }
        Some("production") => {
            let (earliest, latest) = span(&first);
            work.production.push(Production { text: value, earliest, latest });
        }
        Some("object_type") => work.object_type.push(value),
        Some("techniques") => work.techniques.push(value),
        Some("materials") => work.materials.push(value),
        Some("dimensions") => work
            .dimensions
            .extend(each().flat_map(|text| measure::measures(text.best(&[]).unwrap_or_default()))),
        Some("collections") => work.collections.push(value),
        Some("department") => work.department.merge(&value),
        Some("credit_line") => work.credit_line.merge(&value),
        Some("location") => work.location.merge(&value),
        Some("description") => work.description.merge(&value),
        Some("inscriptions") => work.inscriptions.push(value),
        _ => keep(work, label, &value),
    }
}

/// Keeps a pair; pairs with the same label are merged.
fn keep(work: &mut Work, label: &Text, value: &Text) {
    let label = if label.is_empty() { &Text::of("en", "Metadata") } else { label };
    match work.extra_metadata.iter_mut().find(|fact| fact.label == *label) {
        Some(fact) => fact.value.merge(value),
        None => work.extra_metadata.push(Fact { label: label.clone(), value: value.clone() }),
    }
}

/// The field that a label in English or Danish names.
fn field_of_label(label: &str) -> Option<&'static str> {
    Some(match label {
        "accession number" | "object number" | "inventory number" | "inventarnummer" | "inventarnr." => {
            "object_number"
        }
        "creator" | "artist" | "author" | "maker" | "kunstner" | "ophav" => "creators",
        "date" | "date created" | "production date" | "dated" | "datering" | "år" => "production",
        "type" | "object type" | "classification" | "værktype" | "objekttype" => "object_type",
        "technique" | "techniques" | "medium" | "teknik" => "techniques",
        "material" | "materials" | "materiale" => "materials",
        "dimensions" | "physical dimensions" | "mål" | "dimensioner" => "dimensions",
        "collection" | "samling" => "collections",
        "department" | "afdeling" => "department",
        "credit line" | "credit" | "kreditlinje" => "credit_line",
        "location" | "placering" => "location",
        "description" | "beskrivelse" => "description",
        "inscription" | "inscriptions" | "påskrift" => "inscriptions",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::Role;

    #[test]
    fn a_manifest_of_version_3_is_a_work() {
        let canvas = |id: &str, label: &str, body: Value| {
            json!({"id": id, "type": "Canvas", "label": {"en": [label]}, "items": [{"type": "AnnotationPage",
                "items": [{"type": "Annotation", "motivation": "painting", "body": body}]}]})
        };
        let service = |id: &str| json!({"id": format!("{id}/full/max/0/default.jpg"), "type": "Image", "service": [{"id": id}]});
        let manifest = json!({"@context": "http://iiif.io/api/presentation/3/context.json", "type": "Manifest",
            "id": "https://a.org/iiif/B%20207/manifest.json", "label": {"da": ["Blå"], "en": ["Blue"]},
            "summary": {"en": ["<p>Sea &amp; <b>sky</b></p>"]}, "rights": "http://creativecommons.org/publicdomain/zero/1.0/",
            "requiredStatement": {"label": {"en": ["Attribution"]}, "value": {"en": ["A museum"]}},
            "homepage": [{"id": "https://a.org/207", "type": "Text"}],
            "metadata": [{"label": {"en": ["Artist"]}, "value": {"none": ["Anna Ancher"]}},
                {"label": {"en": ["Date"]}, "value": {"none": ["1890-95"]}},
                {"label": {"en": ["Provenance"]}, "value": {"en": ["Found"]}}],
            "items": [canvas("c1", "Front", service("https://i.org/1")), canvas("c2", "X-ray, verso", json!({"type": "Choice",
                "items": [service("https://i.org/2"), service("https://i.org/3")]}))],
            "structures": [{"type": "Range", "label": {"en": ["All"]}, "items": [{"type": "Range", "label": {"en": ["One"]},
                "items": [{"id": "c1", "type": "Canvas"}]}]}]});
        let work = work(&manifest).unwrap();
        assert_eq!(work.object_number, "B 207");
        assert_eq!(work.label().best(&["da"]), Some("Blå"));
        assert_eq!(work.description.best(&[]), Some("Sea & sky"));
        assert_eq!((work.creators[0].name.as_str(), work.years()), ("Anna Ancher", (Some(1890), Some(1895))));
        let fact = Fact { label: Text::of("en", "Provenance"), value: Text::of("en", "Found") };
        assert_eq!(work.extra_metadata, [fact]);
        assert_eq!(
            work.images.iter().map(|image| image.file.as_str()).collect::<Vec<_>>(),
            ["https://i.org/1", "https://i.org/2", "https://i.org/3"]
        );
        assert_eq!((&work.images[1].role, work.images[1].view.as_deref()), (&Role::Verso, Some("c2")));
        assert_eq!(work.parts[0].parts[0].images, ["https://i.org/1"]);
    }

    #[test]
    fn a_manifest_of_version_2_is_a_work() {
        let manifest = json!({"@id": "https://api.smk.dk/api/v1/iiif/manifest/?id=kms1", "@type": "sc:Manifest",
            "label": "Titanernes fald", "description": [{"@value": "Fald", "@language": "da"}], "attribution": "SMK",
            "license": "https://creativecommons.org/publicdomain/zero/1.0/", "metadata": [{"label": "Kunstner", "value": "Cornelis"}],
            "sequences": [{"canvases": [{"@id": "c1", "label": "1", "images": [{"resource": {"@id": "https://i.org/1.jpg",
                "service": {"@id": "https://i.org/1"}}}]}]}],
            "structures": [{"@id": "r", "label": "Side", "canvases": ["c1#xywh=0,0,1,1"]}]});
        let work = work(&manifest).unwrap();
        assert_eq!(
            (work.object_number.as_str(), work.creators.len(), work.credit_line.best(&[])),
            ("kms1", 1, Some("SMK"))
        );
        assert_eq!((work.images[0].file.as_str(), work.parts[0].images.len()), ("https://i.org/1", 1));
        assert_eq!(work.description, Text::of("da", "Fald"));
    }

    #[test]
    fn collections_and_nameless_manifests_are_refused() {
        assert!(super::work(&json!({"type": "Collection", "id": "a"})).is_err());
        assert!(super::work(&json!({"type": "Manifest"})).is_err());
    }
}
