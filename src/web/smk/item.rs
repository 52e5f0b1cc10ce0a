//! A record as in SMK's API, with the URIs of this server.

use serde_json::{Map, Value, json};

use super::converted::converted;
use super::images::{Places, Shown, is_high_quality, matched, show, unmatched};
use crate::record::{SourceImages, Tag, Work};

/// Fields of SMK's records that other records do not have.
const SMK: [&str; 12] = [
    "object_names",
    "production_date",
    "responsible_department",
    "has_image",
    "image_iiif_id",
    "image_native",
    "image_thumbnail",
    "iiif_manifest",
    "number_of_parts",
    "acquisition_date_precision",
    "current_location_name",
    "content_description",
];

/// Fields of Tegl's own form, of Tate's records and of manifests that SMK's records do not have.
const OTHERS: [&str; 6] = ["creators", "object_type", "images", "department", "acno", "@context"];

/// A work as an item of a response: SMK's own record if there is one, else converted from the work.
///
/// Image fields describe the images that rights allow here; without any, they are omitted.
pub(crate) fn item(
    work: &Work,
    tags: &[Tag],
    source: Option<&Value>,
    places: &Places,
    lang: Option<&str>,
) -> Map<String, Value> {
    let own_record = source.and_then(of_smk);
    let mut item = own_record.map_or_else(|| converted(work, tags, places, lang.unwrap_or("da")), Map::clone);
    let Shown { main, is_records, others } = match own_record {
        Some(record) => matched(record, work, places),
        None => unmatched(places),
    };
    if places.is_limited && own_record.is_some() {
        SourceImages::of(work).remove_from_fields(&mut item);
    }
    item.insert("iiif_manifest".into(), json!(places.manifest));
    item.insert("object_url".into(), json!(places.record));
    item.insert("has_image".into(), json!(main.is_some()));
    if !is_records {
        item.retain(|name, _| !name.starts_with("image_"));
    }
    if let Some(place) = main {
        show(&mut item, "image_", place);
        item.entry("image_hq").or_insert_with(|| json!(is_high_quality(place)));
    }
    // Older records lack fields that programs read today.
    if let Some(page) = &places.page {
        item.entry("frontend_url").or_insert_with(|| json!(page));
    }
    if !work.creators.is_empty() {
        let names = || work.creators.iter().map(|creator| json!(creator.name)).collect();
        item.entry("artist").or_insert_with(names);
    }
    item.remove("alternative_images");
    if !others.is_empty() {
        item.insert("alternative_images".into(), Value::Array(others));
    }
    item
}

/// Reduces an item to these fields; an empty list means all.
pub(crate) fn select_fields(mut item: Map<String, Value>, fields: &[String]) -> Map<String, Value> {
    if !fields.is_empty() {
        item.retain(|name, _| fields.contains(name));
    }
    item
}

/// The fields of a record that own_record from SMK.
fn of_smk(source: &Value) -> Option<&Map<String, Value>> {
    let record = source.as_object()?;
    let has = |name: &str| record.contains_key(name);
    let has_first = |list: &str, name: &str| !source[list][0][name].is_null();
    let known = SMK.iter().any(|name| has(name))
        || has_first("titles", "title")
        || has_first("titles", "translation")
        || has_first("production", "creator")
        || has_first("techniques", "technique");
    let other = OTHERS.iter().any(|name| has(name));
    (known && !other && (has("object_number") || has("id"))).then_some(record)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::images::Place;
    use super::*;
    use crate::record::Image;
    use crate::record::read::{RecordFormat, read};

    /// A record of every shape that SMK's fields have, and its work.
    fn sample() -> (Value, Work) {
        let iiif = "https://iip.smk.dk/iiif/jp2";
        worked(json!({
            "id": "1180038434_object", "object_number": "KMS1", "object_url": "https://api.smk.dk/api/v1/art/?x",
            "titles": [{"title": "Titanernes fald", "language": "da-DK", "type": "MUSEUM"}],
            "techniques": [{"technique": "Olie på lærred"}], "frame_notes": ["Bagklædning: false"],
            "enrichment_url": "https://enrichment.api.smk.dk/api/enrichment/KMS1", "has_image": true,
            "iiif_manifest": "https://api.smk.dk/api/v1/iiif/manifest/?id=kms1", "image_cropped": true,
            "image_iiif_id": format!("{iiif}/KMS1.tif.jp2"), "image_width": 7151, "image_height": 5543,
            "image_orientation": "landscape", "image_mime_type": "image/tiff",
            "alternative_images": [
                {"iiif_id": format!("{iiif}/a.tif.jp2"), "width": 3, "orientation": "portrait", "mime_type": "image/tiff"},
                {"caption": "no file"},
                "b.tif"],
        }))
    }

    fn worked(record: Value) -> (Value, Work) {
        let bytes = record.to_string().into_bytes();
        let mut read = read(std::io::Cursor::new(bytes), None, None, Default::default()).unwrap();
        (record, read.next().unwrap().unwrap().work)
    }

    fn place(file: &str) -> Place {
        Place {
            file: file.to_owned(),
            service: format!("https://tegl.example/iiif/2/{file}"),
            ..Place::default()
        }
    }

    fn places(files: &[&str]) -> Places {
        Places {
            manifest: "https://tegl.example/presentation/2/KMS1/manifest".to_owned(),
            record: "https://tegl.example/api/smk/v1/art/?object_number=KMS1".to_owned(),
            modified: Some("2026-11-23T09:00:00.123Z".to_owned()),
            is_limited: false,
            page: None,
            images: files.iter().map(|file| place(file)).collect(),
        }
    }

    /// The work with its images under the names of masters.
    fn named(work: &Work, files: &[&str]) -> Work {
        let image = |file: &&str| Image { file: (*file).to_owned(), matched: true, ..Image::default() };
        Work { images: files.iter().map(image).collect(), ..work.clone() }
    }

    fn rendered(work: &Work, source: Option<&Value>, places: &Places) -> Value {
        Value::Object(item(work, &work.tags, source, places, None))
    }

    #[test]
    fn a_record_of_smk_is_returned_with_this_servers_urls() {
        let (record, work) = sample();
        let files = ["smk:KMS1.tif", "smk:a.tif", "smk:b.tif"];
        let mut places = places(&files);
        places.images[0] = Place {
            width: Some(5543),
            height: Some(7151),
            bytes: Some(99),
            media_type: Some("image/jp2".to_owned()),
            is_whole: true,
            ..place(files[0])
        };
        let item = rendered(&named(&work, &files), Some(&record), &places);
        let service = "https://tegl.example/iiif/2/smk:KMS1.tif";
        for (name, expected) in [
            ("iiif_manifest", json!(places.manifest)),
            ("object_url", json!(places.record)),
            ("image_iiif_id", json!(service)),
            ("image_iiif_info", json!(format!("{service}/info.json"))),
            ("image_thumbnail", json!(format!("{service}/full/!1024,/0/default.jpg"))),
            ("image_native", json!(format!("{service}/full/full/0/native.jpg"))),
            ("image_width", json!(5543)),
            ("image_height", json!(7151)),
            ("image_orientation", json!("portrait")),
            ("image_size", json!(99)),
            ("image_mime_type", json!("image/jp2")),
        ] {
            assert_eq!(item[name], expected, "{name}");
        }
        for name in
            ["id", "titles", "techniques", "frame_notes", "enrichment_url", "has_image", "image_cropped"]
        {
            assert_eq!(item[name], record[name], "{name}");
        }
        let others = item["alternative_images"].as_array().unwrap();
        assert_eq!(others.len(), 2);
        assert_eq!(others[0]["iiif_id"], "https://tegl.example/iiif/2/smk:a.tif");
        assert_eq!((&others[0]["width"], &others[0]["orientation"]), (&json!(3), &json!("portrait")));
        assert_eq!(others[1], "https://tegl.example/iiif/2/smk:b.tif");
    }

    #[test]
    fn limited_images_have_the_size_that_is_served() {
        let (record, work) = sample();
        let work = named(&work, &["smk:KMS1.tif", "smk:a.tif", "smk:b.tif"]);
        let mut places = places(&["smk:KMS1.tif"]);
        let service = "https://tegl.example/iiif/2/smk:KMS1.tif";
        for (limited, thumbnail) in
            [(Some(400), "full/!400,400/0/default.jpg"), (Some(2000), "full/!1024,/0/default.jpg")]
        {
            places.images[0].limited = limited;
            let item = rendered(&work, Some(&record), &places);
            assert_eq!(item["image_native"], format!("{service}/full/max/0/default.jpg"));
            assert_eq!(item["image_thumbnail"], format!("{service}/{thumbnail}"));
        }
    }

    #[test]
    fn older_records_get_the_fields_of_newer_ones() {
        let (mut record, mut work) = sample();
        let mut places = places(&["smk:KMS1.tif"]);
        places.page = Some("https://tegl.example/works/KMS1".into());
        (places.images[0].width, places.images[0].height) = (Some(3000), Some(100));
        work.creators = vec![serde_json::from_value(json!({"name": "Anna Ancher"})).unwrap()];
        let work = named(&work, &["smk:KMS1.tif", "smk:a.tif", "smk:b.tif"]);
        let item = rendered(&work, Some(&record), &places);
        assert_eq!(item["frontend_url"], json!(places.page));
        assert_eq!((&item["artist"], &item["image_hq"]), (&json!(["Anna Ancher"]), &json!(true)));
        record["frontend_url"] = json!("https://open.smk.dk/artwork/image/KMS1");
        record["artist"] = json!(["A. Ancher"]);
        record["image_hq"] = json!(false);
        let item = rendered(&work, Some(&record), &places);
        for name in ["frontend_url", "artist", "image_hq"] {
            assert_eq!(item[name], record[name], "{name}");
        }
    }

    #[test]
    fn forbidden_images_are_omitted() {
        let (record, work) = sample();
        let work = named(&work, &["smk:KMS1.tif", "smk:a.tif", "smk:b.tif"]);
        let item = rendered(&work, Some(&record), &places(&["smk:b.tif"]));
        assert_eq!(item["image_iiif_id"], "https://tegl.example/iiif/2/smk:b.tif");
        assert_eq!(item.get("alternative_images"), None, "it stands in for the main image");
        assert_eq!(item.get("image_width"), None, "the width of another image");
        let item = rendered(&work, Some(&record), &places(&[]));
        assert_eq!(item["has_image"], false);
        let left: Vec<_> = item.as_object().unwrap().keys().filter(|name| name.contains("image")).collect();
        assert_eq!(left, ["has_image"], "{item}");
        assert!(!item.to_string().contains("iip.smk.dk"));
    }

    #[test]
    fn masters_unknown_to_the_record_replace_its_image_fields() {
        let (record, work) = sample();
        let item = rendered(&named(&work, &["x.tif", "y.tif"]), Some(&record), &places(&["x.tif", "y.tif"]));
        assert_eq!(item["image_iiif_id"], "https://tegl.example/iiif/2/x.tif");
        assert_eq!(
            item["alternative_images"][0]["native"],
            "https://tegl.example/iiif/2/y.tif/full/max/0/default.jpg"
        );
    }

    #[test]
    fn only_records_of_smk_are_returned_unchanged() {
        for (record, expected) in [
            (json!({"object_number": "1", "object_names": []}), true),
            (json!({"id": 1, "titles": [{"title": "a"}]}), true),
            (json!({"id": 1, "titles": "a"}), false),
            (json!({"object_number": "1", "titles": "a", "production": {"text": "1850"}}), false),
            (json!({"object_number": "1", "creators": [], "has_image": true}), false),
            (json!({"acno": "N00530", "id": 1, "has_image": true}), false),
            (json!({"object_names": []}), false),
            (json!("KMS1"), false),
        ] {
            assert_eq!(of_smk(&record).is_some(), expected, "{record}");
        }
    }

    #[test]
    fn fields_can_be_chosen() {
        let (record, work) = sample();
        let item = item(&work, &[], Some(&record), &places(&[]), None);
        let selected =
            select_fields(item.clone(), &["titles".to_owned(), "id".to_owned(), "unknown".to_owned()]);
        assert_eq!(selected.keys().collect::<Vec<_>>(), ["id", "titles"]);
        assert_eq!(select_fields(item.clone(), &[]), item);
    }

    /// Twelve records in the museum's shape, and the twelve that it published where they are at hand.
    fn published() -> Vec<Vec<(Value, Work)>> {
        use crate::proof::{fixture, shared};
        let theirs = shared("records as SMK publishes them", "smk/records.ndjson");
        let files = std::iter::once(fixture("smk/records.ndjson")).chain(theirs);
        files.map(|file| recorded(&file)).collect()
    }

    fn recorded(file: &std::path::Path) -> Vec<(Value, Work)> {
        let file = std::fs::File::open(file).unwrap();
        let entries = read(file, Some(RecordFormat::Smk), None, Default::default()).unwrap();
        let both = entries.map(|entry| {
            let entry = entry.unwrap();
            (serde_json::from_str(&entry.original.unwrap()).unwrap(), entry.work)
        });
        both.collect()
    }

    #[test]
    fn published_records_are_returned_except_for_their_urls() {
        published().into_iter().for_each(come_back_but_for_their_addresses);
    }

    fn come_back_but_for_their_addresses(records: Vec<(Value, Work)>) {
        assert_eq!(records.len(), 12);
        let addresses = ["iiif_manifest", "object_url", "iiif_id", "iiif_info", "thumbnail", "native"];
        let is_address = |name: &str| addresses.contains(&name.strip_prefix("image_").unwrap_or(name));
        for (mut record, work) in records {
            let files: Vec<_> = (0..work.images.len()).map(|at| format!("smk:{at}.tif")).collect();
            let files: Vec<_> = files.iter().map(String::as_str).collect();
            let work = named(&work, &files);
            let mut item = rendered(&work, Some(&record), &places(&files));
            let all = item.to_string();
            assert!(!all.contains("//iip") && !all.contains("//api.smk.dk"), "{all}");
            for object in [&mut record, &mut item] {
                let fields = object.as_object_mut().unwrap();
                fields
                    .retain(|name, _| !is_address(name) && !["artist", "image_hq"].contains(&name.as_str()));
                for other in
                    fields.get_mut("alternative_images").and_then(Value::as_array_mut).into_iter().flatten()
                {
                    other.as_object_mut().unwrap().retain(|name, _| !is_address(name));
                }
            }
            assert_eq!(item, record);
        }
    }

    /// The paths of values in a record, and their types.
    fn types(value: &Value, path: &str, found: &mut BTreeMap<String, BTreeSet<&'static str>>) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "truth",
            Value::Number(_) => "number",
            Value::String(_) => "text",
            Value::Array(all) => {
                all.iter().for_each(|one| types(one, &format!("{path}[]"), found));
                "list"
            }
            Value::Object(all) => {
                all.iter().for_each(|(name, one)| types(one, &format!("{path}.{name}"), found));
                "object"
            }
        };
        found.entry(path.to_owned()).or_default().insert(kind);
    }

    #[test]
    fn converted_items_have_the_types_of_published_ones() {
        published().iter().for_each(|records| have_the_types_of(records));
    }

    fn have_the_types_of(records: &[(Value, Work)]) {
        let mut known = BTreeMap::new();
        records.iter().for_each(|(record, _)| types(record, "", &mut known));
        // Newer records also have makers' names given name first, and list materials like techniques.
        let newer = json!({"artist": ["Anna Ancher"], "image_hq": true, "materials": ["olie"], "credit_line": ["Gave"]});
        types(&newer, "", &mut known);
        for (record, work) in records {
            let files: Vec<_> = work.images.iter().map(|image| image.file.as_str()).collect();
            let mut places = places(&files);
            places.images.iter_mut().for_each(|place| (place.width, place.height) = (Some(3), Some(2)));
            let item = rendered(work, None, &places);
            let mut found = BTreeMap::new();
            types(&item, "", &mut found);
            for (path, kinds) in found {
                let expected = known.get(&path).unwrap_or_else(|| panic!("{path} is no field of {known:?}"));
                assert!(kinds.is_subset(expected), "{path}: {kinds:?}, not {expected:?}");
            }
            for name in ["object_number", "modified", "has_image", "rights", "public_domain", "object_names"]
            {
                assert_eq!(item[name], record[name], "{name}");
            }
            for name in ["creator", "creator_nationality", "creator_lref"] {
                let creators = |item: &Value| -> Vec<Value> {
                    item["production"].as_array().unwrap().iter().map(|made| made[name].clone()).collect()
                };
                let own_record = creators(record).into_iter();
                let own_record: Vec<_> = own_record
                    .map(|one| one.as_str().map_or(Value::Null, |text| json!(text.trim())))
                    .collect();
                assert_eq!(creators(&item), own_record, "{name}");
            }
            let measures = |item: &Value| item["dimensions"].as_array().cloned();
            assert_eq!(measures(&item), measures(record));
        }
    }
}
