use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn all(bytes: impl Into<Vec<u8>>, form: Option<Form>, mapping: Option<&str>) -> Vec<Result<Entry, Bad>> {
    let mapping = mapping.map(|text| text.parse().unwrap());
    read(Cursor::new(bytes.into()), form, mapping).unwrap().collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A file of the shared collections, if they are here.
fn shared(name: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared"));
    let file = std::env::var_os("TEGL_SHARED").map_or_else(beside, PathBuf::from).join("data").join(name);
    if !file.exists() {
        eprintln!("SKIPPED: there is no {}; set TEGL_SHARED to the folder that holds `data`", file.display());
        return None;
    }
    Some(file)
}

#[test]
fn every_form_has_a_name() {
    for form in [Form::Lines, Form::Smk, Form::Tate, Form::Csv, Form::Manifest] {
        assert_eq!(form.to_string().parse(), Ok(form));
    }
    assert!("xml".parse::<Form>().unwrap_err().contains("`iiif`"));
}

#[test]
fn forms_are_told_from_the_bytes() {
    let own = r#"{"object_number":"1","titles":"Blå"}"#;
    let smk = r#"{"object_number":"2","titles":[{"title":"Blå"}]}"#;
    let page = format!(r#"{{"offset":0,"rows":1,"found":1,"items":[{smk}]}}"#);
    for (text, number) in [
        (own.to_owned(), "1"),
        (format!("\u{feff}{own}\n"), "1"),
        (format!("[{own}]"), "1"),
        (smk.to_owned(), "2"),
        (page, "2"),
        (r#"{"acno":"3"}"#.to_owned(), "3"),
        ("object_number;titles\n4;Blå".to_owned(), "4"),
        (r#"{"type":"Manifest","id":"https://a.org/5/manifest"}"#.to_owned(), "5"),
    ] {
        for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
            let found = all(bytes, None, None).remove(0).unwrap();
            assert_eq!(found.work.object_number, number, "{text}");
            assert_eq!(found.original.is_none(), number == "1");
        }
    }
    assert!(all("", None, None).is_empty());
}

#[test]
fn the_original_is_the_text_as_it_was() {
    let text = "{\n \"acno\": \"A1\",\n \"width\": 1.50,  \"unknown\": [1]\n}";
    let found = all(format!("[{text}]"), None, None).remove(0).unwrap();
    assert_eq!(found.original.as_deref(), Some(text));
}

#[test]
fn a_bad_record_is_named_and_the_rest_goes_on() {
    let long = "x".repeat(513);
    let deep = (0..9).fold("[]".to_owned(), |inner, _| format!(r#"[{{"label":"a","parts":{inner}}}]"#));
    let lines = [
        r#"{"object_number":"1"}"#,
        r#"{"object_number":"2","creators":"A"}"#,
        r#"{"object_number":"3",}"#,
        r#"{"titles":"x"}"#,
        r#"{"object_number":"a\nb"}"#,
        &format!(r#"{{"object_number":"{long}"}}"#),
        &format!(r#"{{"object_number":"7","parts":{deep}}}"#),
        &format!(r#"{{"object_number":"8","x":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
        r#"{"object_number":" "}"#,
        r#"{"object_number":"10"}"#,
    ];
    let found = all(lines.join("\n"), Some(Form::Lines), None);
    let bad: Vec<_> = found.iter().filter_map(|found| found.as_ref().err()).collect();
    assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), (2..=9).collect::<Vec<_>>());
    assert_eq!(found.len(), 10);
    assert_eq!(bad[0].object_number.as_deref(), Some("2"));
    for (bad, word) in bad.iter().zip([
        "`creators`",
        "no JSON",
        "missing",
        "control character",
        "512",
        "8 deep",
        "128 levels",
        "missing",
    ]) {
        assert!(bad.reason.contains(word), "{bad:?}");
    }
}

#[test]
fn records_of_no_known_shape_say_what_would_help() {
    let found = all(r#"[{"id":"a","title":"b"}]"#, None, None).remove(0).unwrap_err();
    assert!(found.reason.contains("mapping") && found.object_number.as_deref() == Some("a"));
    assert!(read(Cursor::new(b"{}"), Some(Form::Smk), "titles='a'".parse().ok()).is_err());
}

#[test]
fn the_sample_collection_is_in_the_own_form() {
    let json = r#"[
  {
    "object_number": "TGL 1987-3/16",
    "titles": { "da": "Marmoreret forsats", "en": "Marbled endpaper" },
    "creators": [ { "name": "Perlin Bølge", "role": "artist", "birth": 1945 } ],
    "production": { "text": { "da": "1987", "en": "1987" }, "earliest": 1987, "latest": 1987 },
    "object_type": { "da": "bogpapir", "en": "book paper" },
    "techniques": [ { "da": "marmorering", "en": "marbling" } ],
    "description": { "da": "Farver på bad.", "en": "Colours on a bath." },
    "dimensions": [ { "part": "sheet", "kind": "width", "value": 600.0, "unit": "mm" } ],
    "department": { "da": "Samlingen af beregnet kunst", "en": "Collection of computed art" },
    "credit_line": { "da": "Tegl, prøvesamlingen", "en": "Tegl, the sample collection" },
    "rights": "http://creativecommons.org/publicdomain/zero/1.0/",
    "public_domain": true,
    "tags": [ { "scheme": "motif", "label": { "da": "bølge", "en": "wave" }, "source": "curator", "confidence": 1.0 } ],
    "images": [
      { "file": "Papir/Marmoreret forsats.tif", "role": "recto", "label": { "da": "forside", "en": "recto" } },
      { "file": "Papir/Marmoreret forsats, bagside.tif", "role": "verso", "label": { "da": "bagside", "en": "verso" } }
    ]
  }
]
"#;
    let found = all(json, None, None).remove(0).unwrap();
    assert_eq!((found.line, found.original), (2, None));
    assert_eq!((found.work.images.len(), found.work.tags.len()), (2, 1));
    assert_eq!(found.work.titles[0].text.best(&["da"]), Some("Marmoreret forsats"));
}

const PAINTINGS: &str = r#"
    object_number = "id"
    titles.en = "title"
    creators = "artist"
    production = "date"
    images = "file"
    rights = "license"
    public_domain = "eu_public_domain"
    object_type = "kind"
    tags.genre = "genre"
    tags.motif = "motifs"
    tags.style = "style"
"#;

#[test]
fn a_mapping_reads_json_of_any_shape() {
    let json = json!([{"id": "a", "title": "B", "artist": "C", "date": "1861", "license": "CC0", "kind": "painting",
        "eu_public_domain": true, "motifs": ["dog", "cat"], "style": "Realism", "genre": null, "file": "a.jpg", "width": 3}]);
    let work = all(json.to_string(), None, Some(PAINTINGS)).remove(0).unwrap().work;
    assert_eq!(
        (work.tags.len(), work.years(), work.public_domain),
        (3, (Some(1861), Some(1861)), Some(true))
    );
    assert_eq!((work.images[0].file.as_str(), work.images[0].matched), ("a.jpg", true));
    assert_eq!((work.more.len(), &work.more["width"]), (1, &json!(3)));
    let again: Work = serde_json::from_str(&serde_json::to_string(&work).unwrap()).unwrap();
    assert_eq!(again, work);
}

#[test]
fn a_mapping_follows_paths_and_keeps_columns_in_step() {
    let mapping =
        "object_number='no'\ncreators.name='by.name'\ncreators.birth='by.born'\nrights={value='CC0'}";
    let json = json!({"no": 7, "by": [{"name": "A"}, {"name": "B", "born": 1850}], "titles": {"da": "Blå"},
        "images": [{"file": "a.tif"}]});
    let work = all(json.to_string(), None, Some(mapping)).remove(0).unwrap().work;
    assert_eq!((work.creators[0].birth, work.creators[1].birth), (None, Some(1850)));
    assert_eq!(
        (work.object_number.as_str(), work.rights.as_deref(), work.titles.len()),
        ("7", Some("CC0"), 1)
    );
    assert_eq!((work.images.len(), work.more.len()), (1, 0));
}

#[test]
fn the_example_mapping_reads_its_museum() {
    let mapping = include_str!("../../../config/mapping.toml");
    let rules = mapping.parse::<Mapping>().unwrap().rules;
    let columns: Vec<String> = rules.into_iter().filter_map(|rule| rule.column).collect();
    let cell = |column: &String| match column.as_str() {
        "Kunstner" => "Anna Ancher;Michael Ancher",
        "Født" => ";1849",
        "Højde" => "94,5",
        "Bredde" => "",
        "Teknik" => "olie, blyant",
        "Teknik (engelsk)" => "oil, pencil",
        "Fil" => "a.tif|b.tif",
        "Filrolle" => "|verso",
        "Fri" => "ja",
        "Datering" | "Tidligst" | "Senest" => "1890",
        _ => "x",
    };
    let cells: Vec<String> = columns.iter().map(cell).map(|cell| format!("\"{cell}\"")).collect();
    let table = format!("{},Hylde\n{},3\n", columns.join(","), cells.join(","));
    let work = all(table, None, Some(mapping)).remove(0).unwrap().work;
    assert_eq!((work.creators[0].birth, work.creators[1].birth), (None, Some(1849)));
    assert_eq!(work.techniques[1].best(&["en"]), Some("pencil"));
    assert_eq!(work.techniques[1].best(&["da"]), Some("blyant"));
    assert_eq!(work.images[1].role, crate::record::Role::Verso);
    assert_eq!((work.dimensions.len(), work.dimensions[0].value), (1, Some(94.5)));
    assert_eq!((work.public_domain, work.years()), (Some(true), (Some(1890), Some(1890))));
    assert_eq!(work.tags[0].source, "import:samlingssystem");
    assert_eq!(
        (work.more.len(), &work.more["Hylde"], &work.more["provenance"]),
        (2, &json!("3"), &json!("x"))
    );
}

#[test]
fn a_master_without_a_record_says_what_is_in_it() {
    assert_eq!(embedded::from_master("a.tif", None, None, None), None);
    assert_eq!(embedded::from_master("a.tif", Some(b"<x/>"), Some(b"x"), Some(b"x")), None);
    let iptc =
        [b"\x1c\x02\x05\0\x04Blue".as_slice(), b"\x1c\x02\x19\0\x03sea", b"\x1c\x02\x37\0\x0818930501"]
            .concat();
    let work = embedded::from_master("a.tif", Some(b"<x/>"), Some(&iptc), None).unwrap();
    assert_eq!((work.object_number.as_str(), work.label().best(&[])), ("a.tif", Some("Blue")));
    assert_eq!((work.tags[0].source.as_str(), work.years().0), ("import:embedded", Some(1893)));
}

#[test]
fn what_is_cut_off_or_too_large_says_so() {
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
    for record in [
        json!({"id": "1", "has_image": true, "labels": many, "colors": many, "techniques": many}),
        json!({"object_number": "1", "description": many}),
        json!({"acno": "1", "subjects": {"children": many}}),
    ] {
        let begun = Instant::now();
        assert!(all(record.to_string(), None, None)[0].is_ok());
        assert!(begun.elapsed().as_secs() < 20);
    }
}

#[test]
fn the_schema_is_of_the_draft_of_2020() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["required"], json!(["object_number"]));
}

#[test]
fn all_records_of_smk_are_read() {
    let Some(file) = shared("smk/records.ndjson") else { return };
    let found = all(std::fs::read(file).unwrap(), None, None);
    let works: Vec<&Work> = found.iter().map(|found| &found.as_ref().unwrap().work).collect();
    assert_eq!(works.len(), 12);
    assert!(
        works
            .iter()
            .all(|work| !work.titles.is_empty() && !work.images.is_empty() && work.years().0.is_some())
    );
    let one = works.iter().find(|work| work.object_number == "KMS1").unwrap();
    assert_eq!(one.label().best(&["en"]), Some("The Fall of the Titans"));
    assert_eq!(one.creators[0].sort_name.as_deref(), Some("Cornelisz. van Haarlem, Cornelis"));
}

#[test]
fn all_records_of_tate_are_read() {
    let Some(file) = shared("tate/artworks.ndjson.gz") else { return };
    let begun = Instant::now();
    let (mut read_so_far, mut tags) = (0, 0);
    for found in read(std::fs::File::open(file).unwrap(), None, None).unwrap() {
        tags += found.unwrap().work.tags.len();
        read_so_far += 1;
    }
    let rate = f64::from(read_so_far) / begun.elapsed().as_secs_f64();
    eprintln!("{read_so_far} records of Tate, {tags} tags, {rate:.0} records/s");
    assert_eq!(read_so_far, 69_202);
}

#[test]
fn the_paintings_are_read_by_a_mapping() {
    let Some(file) = shared("paintings/paintings.json") else { return };
    let found = all(std::fs::read(file).unwrap(), None, Some(PAINTINGS));
    assert!(found.iter().all(|found| found.as_ref().is_ok_and(|entry| entry.work.tags.len() > 2)));
    let Some(file) = shared("paintings/labels.tsv") else { return };
    let table =
        PAINTINGS.lines().filter(|line| !["file", "license", "kind"].iter().any(|name| line.contains(name)));
    let table = table.collect::<Vec<_>>().join("\n").replace("\"motifs\"", "{column='motifs', split=','}");
    assert_eq!(all(std::fs::read(file).unwrap(), None, Some(&table)).iter().flatten().count(), found.len());
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

fn whole(form: Form) -> Value {
    match form {
        Form::Smk => json!({"object_number": "1", "id": "2", "titles": [{"title": "a", "language": "da-DK"}],
            "production": [{"creator": "A, B", "creator_date_of_birth": "1743-09-11"}], "techniques": [{"technique": "a"}],
            "production_date": [{"start": "1798", "end": "1801", "period": "Ca. 1800"}], "colors": ["#fff"],
            "dimensions": [{"notes": "1 x 2 mm", "type": "hojde", "value": "94"}], "part_of": ["KMS2"], "labels": [{"text": "x"}],
            "inscriptions": [{"content": "x"}], "image_iiif_id": "a", "alternative_images": [{"iiif_id": "b"}],
            "has_image": true, "rights": "x", "public_domain": true, "content_person": ["x"], "related_objects": [{"id": "x"}]}),
        Form::Tate => {
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
        form in prop::sample::select(vec![Form::Smk, Form::Tate, Form::Manifest]),
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
        for form in [None, Some(Form::Lines), Some(Form::Csv), Some(Form::Smk)] {
            for bytes in [&bytes[..], json.as_bytes(), &gzip(&bytes)[..]] {
                if let Ok(found) = read(Cursor::new(bytes.to_vec()), form, None) {
                    prop_assert!(found.count() < 1000);
                }
            }
        }
        embedded::from_master("a", Some(&bytes), Some(&bytes), Some(&bytes));
        embedded::from_master("a", Some(json.as_bytes()), Some(json.as_bytes()), Some(json.as_bytes()));
    }
}
