//! Records of every form, from text to work.

mod hostile;
mod rights;

use std::io::{Cursor, Write};
use std::path::Path;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::metadata::Packets;
use crate::proof::{fixture, shared};
use crate::record::Work;
use crate::record::read::*;

pub(in crate::record::read) fn all(
    bytes: impl Into<Vec<u8>>,
    form: Option<RecordFormat>,
    mapping: Option<&str>,
) -> Vec<Result<ParsedRecord, BadRecord>> {
    let mapping = mapping.map(|text| text.parse().unwrap());
    read(Cursor::new(bytes.into()), form, mapping, Limits::default()).unwrap().collect()
}

pub(in crate::record::read) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn every_form_has_a_name() {
    for form in [
        RecordFormat::Lines,
        RecordFormat::Smk,
        RecordFormat::Tate,
        RecordFormat::Csv,
        RecordFormat::Manifest,
    ] {
        assert_eq!(form.to_string().parse(), Ok(form));
    }
    assert!("xml".parse::<RecordFormat>().unwrap_err().contains("`iiif`"));
}

#[test]
fn forms_are_detected_from_the_bytes() {
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
            assert!(found.original.is_some_and(|text| text.contains(number)));
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
fn a_bad_record_is_reported_and_reading_continues() {
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
        r#"{"object_number":".."}"#,
        r#"{"object_number":"..1"}"#,
    ];
    let found = all(lines.join("\n"), Some(RecordFormat::Lines), None);
    let bad: Vec<_> = found.iter().filter_map(|found| found.as_ref().err()).collect();
    assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), (2..=10).collect::<Vec<_>>());
    assert_eq!(found.len(), 11);
    assert_eq!(bad[0].object_number.as_deref(), Some("2"));
    for (bad, word) in bad.iter().zip([
        "`creators`",
        "not JSON",
        "missing",
        "control character",
        "512",
        "8 deep",
        "records.depth",
        "missing",
        "no URL",
    ]) {
        assert!(bad.reason.contains(word), "{bad:?}");
    }
}

#[test]
fn records_of_unknown_shape_are_reported_with_what_would_help() {
    let found = all(r#"[{"id":"a","title":"b"}]"#, None, None).remove(0).unwrap_err();
    assert!(found.reason.contains("mapping") && found.object_number.as_deref() == Some("a"));
    assert!(
        read(Cursor::new(b"{}"), Some(RecordFormat::Smk), "titles='a'".parse().ok(), Limits::default())
            .is_err()
    );
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
    assert_eq!((found.line, found.original.is_some()), (2, true));
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
    let mapping = include_str!("../../../../config/mapping.toml");
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
    let from_master = |xmp: Option<&[u8]>, iptc: Option<&[u8]>, exif: Option<&[u8]>| {
        let [xmp, iptc, exif] = [xmp, iptc, exif].map(|packet| packet.map(<[u8]>::to_vec));
        embedded::from_master("a.tif", &Packets { xmp, iptc, exif })
    };
    assert_eq!(from_master(None, None, None), None);
    assert_eq!(from_master(Some(b"<x/>"), Some(b"x"), Some(b"x")), None);
    let iptc =
        [b"\x1c\x02\x05\0\x04Blue".as_slice(), b"\x1c\x02\x19\0\x03sea", b"\x1c\x02\x37\0\x0818930501"]
            .concat();
    let work = from_master(Some(b"<x/>"), Some(&iptc), None).unwrap();
    assert_eq!((work.object_number.as_str(), work.label().best(&[])), ("a.tif", Some("Blue")));
    assert_eq!((work.tags[0].source.as_str(), work.years().0), ("import:embedded", Some(1893)));
}

#[test]
fn the_schema_is_of_the_draft_of_2020() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["required"], json!(["object_number"]));
    let title = &schema["$defs"]["TitleOrText"]["anyOf"];
    assert_eq!(
        (title[0]["$ref"].as_str(), title[1]["$ref"].as_str()),
        (Some("#/$defs/Title"), Some("#/$defs/Text"))
    );
}

#[test]
fn all_records_of_smk_are_read() {
    let names = ("The Rise of the Giants", "van Opdyk, Cornelis");
    reads_twelve(&fixture("smk/records.ndjson"), "FMS1", names);
    if let Some(file) = shared("records as SMK publishes them", "smk/records.ndjson") {
        let names = ("The Fall of the Titans", "Cornelisz. van Haarlem, Cornelis");
        reads_twelve(&file, "KMS1", names);
    }
}

fn reads_twelve(file: &Path, number: &str, (title, creator): (&str, &str)) {
    let found = all(std::fs::read(file).unwrap(), None, None);
    let works: Vec<&Work> = found.iter().map(|found| &found.as_ref().unwrap().work).collect();
    assert_eq!(works.len(), 12);
    assert!(
        works
            .iter()
            .all(|work| !work.titles.is_empty() && !work.images.is_empty() && work.years().0.is_some())
    );
    let one = works.iter().find(|work| work.object_number == number).unwrap();
    assert_eq!(one.label().best(&["en"]), Some(title));
    assert_eq!(one.creators[0].sort_name.as_deref(), Some(creator));
}

#[test]
fn all_records_of_tate_are_read() {
    let Some(file) = shared("all records of Tate", "tate/artworks.ndjson.gz") else { return };
    let begun = Instant::now();
    let (mut read_so_far, mut tags) = (0, 0);
    for found in read(std::fs::File::open(file).unwrap(), None, None, Limits::default()).unwrap() {
        tags += found.unwrap().work.tags.len();
        read_so_far += 1;
    }
    let rate = f64::from(read_so_far) / begun.elapsed().as_secs_f64();
    eprintln!("{read_so_far} records of Tate, {tags} tags, {rate:.0} records/s");
    assert_eq!(read_so_far, 69_202);
}

#[test]
fn the_paintings_are_read_by_a_mapping() {
    let Some(file) = shared("a mapping of real paintings", "paintings/paintings.json") else { return };
    let found = all(std::fs::read(file).unwrap(), None, Some(PAINTINGS));
    assert!(found.iter().all(|found| found.as_ref().is_ok_and(|entry| entry.work.tags.len() > 2)));
    let Some(file) = shared("a mapping of real paintings", "paintings/labels.tsv") else { return };
    let table =
        PAINTINGS.lines().filter(|line| !["file", "license", "kind"].iter().any(|name| line.contains(name)));
    let table = table.collect::<Vec<_>>().join("\n").replace("\"motifs\"", "{column='motifs', split=','}");
    assert_eq!(all(std::fs::read(file).unwrap(), None, Some(&table)).iter().flatten().count(), found.len());
}
