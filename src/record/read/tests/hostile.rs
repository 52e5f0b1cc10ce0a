//! Records that mean harm, or nothing.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{all, gzip};
use crate::metadata::Packets;
use crate::record::Work;
use crate::record::read::*;

#[test]
fn truncated_and_oversized_documents_are_reported() {
    let lines = "{\"object_number\":\"1\",\"x\":\"abcdefgh\"}\n".repeat(100_000);
    let mut packed = gzip(lines.as_bytes());
    packed.truncate(packed.len() / 2);
    let found = all(packed, None, None);
    assert!(found.len() > 10_000);
    assert!(found.last().unwrap().as_ref().unwrap_err().reason.contains("reading failed"));
    let deep = "[".repeat(100_000);
    assert!(all(deep, None, None).iter().all(Result::is_err));
    let large = format!("{{\"object_number\":\"{}\"}}\n{{\"object_number\":\"2\"}}", "x".repeat(20 << 20));
    let found = all(large, None, None);
    assert!(found[0].is_err() && found[1].is_ok());
}

#[test]
fn values_without_end_are_read_in_time() {
    let many: Vec<String> = (0..200_000).map(|n| n.to_string()).collect();
    let tags: Vec<Value> = many.iter().map(|label| json!({"scheme": "motif", "label": label})).collect();
    let begun = Instant::now();
    for (record, setting) in [
        (json!({"id": "1", "has_image": true, "labels": many, "colors": many}), "records.list"),
        (json!({"object_number": "1", "tags": tags}), "records.list"),
        (
            json!({"object_number": "1", "more": many[..90_000].chunks(9000).collect::<Vec<_>>(), "x": many[..9000]}),
            "",
        ),
        (json!({"object_number": "1", "more": many.chunks(9000).collect::<Vec<_>>()}), "records.values"),
        (json!({"acno": "1", "subjects": {"children": many[..9000]}}), ""),
        (json!({"object_number": "1", "description": "x".repeat(2 << 20)}), "records.text_kib"),
    ] {
        let found = all(format!("{record}\n{{\"object_number\":\"2\"}}"), None, None);
        let reason = found[0].as_ref().err().map(|bad| bad.reason.as_str()).unwrap_or_default();
        assert!(reason.contains(setting) && reason.is_empty() == setting.is_empty(), "{setting}: {reason}");
        assert!(found[1].is_ok(), "{setting}: the rest goes on");
    }
    assert!(begun.elapsed().as_secs() < 20);
    let table = format!("object_number,creators\n1,{}\n2,a\n", "a|".repeat(500_000));
    let found = all(table, None, None);
    assert!(found[0].as_ref().unwrap_err().reason.contains("more than 10000 values") && found[1].is_ok());
}

/// Counts what is taken of an input.
struct Counted<R>(R, Arc<AtomicU64>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.0.read(into)?;
        self.1.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

/// This text again and again.
struct Endless(&'static [u8], usize);

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Self(text, place) = self;
        for byte in into.iter_mut() {
            *byte = text[*place];
            *place = (*place + 1) % text.len();
        }
        Ok(into.len())
    }
}

#[test]
fn a_document_without_records_is_abandoned_early() {
    let limits = Limits { bytes: 64 << 10, ..Limits::default() };
    let record = "{\"object_number\":\"1\"}";
    for (start, endless, form) in [
        ("", "\n", None),
        ("", " \r\n", Some(RecordFormat::Lines)),
        (&format!("{record}\n"), "\n", None),
        (&format!("[{record},"), " ", None),
        ("[", "1,", None),
        ("[", "\"a\",", None),
        ("", "null\n", Some(RecordFormat::Lines)),
        (&format!("{{\"items\":[{record}],\"found\":1,\"x\":"), "[1,", None),
        (&format!("{record}\n{{\"x\":\""), "x", None),
        (&format!("[{record},{{\"x\":["), "1,", None),
        ("object_number\n1\n", "\n", None),
        ("object_number\n1\n", "\r\n\r\n", Some(RecordFormat::Csv)),
        ("object_number\n1\n2", "2", None),
        ("object_number\n1\n2,\"", "2", None),
        ("\u{0}", "\u{0}", None),
        ("", "\n", Some(RecordFormat::Csv)),
    ] {
        let taken = Arc::new(AtomicU64::new(0));
        let input = Cursor::new(start.to_owned()).chain(Endless(endless.as_bytes(), 0));
        let input = Counted(input, Arc::clone(&taken));
        let reason = match read(input, form, None, limits) {
            Ok(found) => found.last().unwrap().unwrap_err().reason,
            Err(error) => error.to_string(),
        };
        assert!(taken.load(Ordering::Relaxed) < 2 << 20, "{start:?} {endless:?}");
        let is_explained = ["the rest is unread", "reading stops"].iter().any(|words| reason.contains(words));
        assert!(is_explained, "{start:?} {endless:?}: {reason}");
    }
}

#[test]
fn a_document_is_as_large_as_it_unpacks() {
    let line = b"{\"object_number\":\"1\"}\n";
    let lines = line.repeat(50_000);
    let table = [b"object_number\n", &b"1\n".repeat(600_000)[..]].concat();
    for bytes in [&lines, &table] {
        for packed in [false, true] {
            for (source, fits) in [(bytes.len() as u64, true), (bytes.len() as u64 - 1, false)] {
                let input = if packed { gzip(bytes) } else { bytes.clone() };
                let limits = Limits { source, ..Limits::default() };
                let found: Vec<_> = read(Cursor::new(input), None, None, limits).unwrap().collect();
                assert!(found.len() > 40_000);
                match found.last().unwrap() {
                    Ok(_) => assert!(fits),
                    Err(bad) => assert!(!fits && bad.reason.contains("records.source_mib"), "{}", bad.reason),
                }
            }
        }
    }
}

#[test]
fn a_table_with_a_damaged_end_is_reported() {
    let mut packed = gzip(b"object_number\n1\n2\n");
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    let found = all(packed, None, None);
    assert!(found.last().unwrap().as_ref().unwrap_err().reason.contains("reading failed"), "{found:?}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9–./: x-]{0,14}(mm|s|erne|-tallet)?".prop_map(Value::from),
        "(https?://[a-z]{1,4}/)?[<>a-zA-Z?=&/]{0,9}".prop_map(Value::from),
    ];
    let names = "(id|@id|title|name|items|body|type|label|value|children|service|start|[a-z]{1,3})";
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(names, inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn whole(form: RecordFormat) -> Value {
    match form {
        RecordFormat::Smk => {
            json!({"object_number": "1", "id": "2", "titles": [{"title": "a", "language": "da-DK"}],
            "production": [{"creator": "A, B", "creator_date_of_birth": "1743-09-11"}], "techniques": [{"technique": "a"}],
            "production_date": [{"start": "1798", "end": "1801", "period": "Ca. 1800"}], "colors": ["#fff"],
            "dimensions": [{"notes": "1 x 2 mm", "type": "hojde", "value": "94"}], "part_of": ["KMS2"], "labels": [{"text": "x"}],
            "inscriptions": [{"content": "x"}], "image_iiif_id": "a", "alternative_images": [{"iiif_id": "b"}],
            "has_image": true, "rights": "x", "public_domain": true, "content_person": ["x"], "related_objects": [{"id": "x"}]})
        }
        RecordFormat::Tate => {
            json!({"acno": "1", "id": 1, "title": "a", "foreignTitle": "b", "contributors": [{"fc": "a", "mda": "a, b",
            "date": "1762–1787"}], "dateText": "1850s", "dateRange": {"startYear": 1850}, "dimensions": "a: 1 x 2 mm",
            "groupTitle": "x", "catalogueGroup": {"id": 1}, "movements": [{"id": 1, "name": "x", "era": {"name": "y"}}],
            "subjects": {"children": [{"id": 1, "name": "a", "children": [{"id": 2, "name": "b"}]}]}})
        }
        _ => {
            json!({"type": "Manifest", "id": "https://a.org/1", "label": {"en": ["a"]}, "summary": "<p>x</p>",
            "metadata": [{"label": "Date", "value": "1850"}, {"label": "Dimensions", "value": "1 x 2 mm"}],
            "requiredStatement": {"value": "x"}, "homepage": [{"id": "x"}], "sequences": [{"canvases": [{"@id": "c"}]}],
            "items": [{"id": "c1", "items": [{"items": [{"body": {"id": "i", "service": [{"id": "s"}]}}]}]}],
            "structures": [{"label": "x", "items": [{"id": "c1"}]}], "rights": "x", "provider": []})
        }
    }
}

/// Puts a value somewhere into a record: at its outermost fields or deeper.
fn graft(value: &mut Value, place: &mut usize, new: &Value) {
    if *place == 0 {
        *value = new.clone();
    }
    *place = place.wrapping_sub(1);
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| graft(one, place, new)),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, one)| graft(one, place, new)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wrong_types_anywhere_are_no_panic(
        form in prop::sample::select(vec![RecordFormat::Smk, RecordFormat::Tate, RecordFormat::Manifest]),
        grafts in prop::collection::vec((1usize..60, any_json()), 1..5),
    ) {
        let mut record = whole(form);
        for (place, new) in &grafts {
            graft(&mut record, &mut place.clone(), new);
        }
        for found in all(record.to_string(), Some(form), None) {
            match found {
                Ok(entry) => {
                    let json = serde_json::to_string(&entry.work).unwrap();
                    prop_assert_eq!(serde_json::from_str::<Work>(&json).unwrap(), entry.work);
                }
                // What has no number is the only error.
                Err(bad) => prop_assert!(bad.reason.contains("missing") || bad.reason.contains("control")
                    || bad.reason.contains("collection") || bad.reason.contains("object"), "{}", bad.reason),
            }
        }
    }

    #[test]
    fn any_json_by_any_mapping_is_no_panic(record in any_json()) {
        let mapping = "object_number='id'\ntitles='title'\ncreators.birth='start'\ndimensions='value'\ntags.a='children.name'\n\
            production='start'\nimages='items.id'\nimages.role='type'".replace("images=", "images.file=");
        all(json!([record]).to_string(), None, Some(&mapping));
    }

    #[test]
    fn any_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), json in r#"[\[\]{}",:a-z0-9\\ \n]{0,60}"#) {
        for form in [None, Some(RecordFormat::Lines), Some(RecordFormat::Csv), Some(RecordFormat::Smk)] {
            for bytes in [&bytes[..], json.as_bytes(), &gzip(&bytes)[..]] {
                if let Ok(found) = read(Cursor::new(bytes.to_vec()), form, None, Limits::default()) {
                    prop_assert!(found.count() < 1000);
                }
            }
        }
        let packets = |bytes: &[u8]| {
            let packet = || Some(bytes.to_vec());
            Packets { xmp: packet(), iptc: packet(), exif: packet() }
        };
        embedded::from_master("a", &packets(&bytes));
        embedded::from_master("a", &packets(json.as_bytes()));
    }
}
