//! Records that come, change and go: rights that hold, names that stay apart, works that are withdrawn.

use serde_json::{Value, json};

use crate::support::command::tegl;
use crate::support::eventually;
use crate::support::http::Response;
use crate::support::masters::{self, picture};
use crate::support::museum::wait_until_indexed;
use crate::support::server::Server;
use crate::support::workspace::Workspace;

const TOKEN: &str = "a-secret-of-the-tests";
const IN_COPYRIGHT: &str = "http://rightsstatements.org/vocab/InC/1.0/";
const FREE: &str = "http://creativecommons.org/publicdomain/zero/1.0/";

fn museum(files: &[&str]) -> Workspace {
    let master = masters::jpeg_pyramid(&picture(2600, 1800), 256);
    let files: Vec<_> = files.iter().map(|&file| (file, master.clone())).collect();
    Workspace::new(&files)
}

fn serve(museum: &Workspace) -> Server {
    let index = museum.path("index");
    let server = museum.serve(&[("TEGL__API__TOKENS__CURATOR", TOKEN), ("TEGL__SEARCH__FOLDER", &index)]);
    wait_until_indexed(&server);
    server
}

#[track_caller]
fn write(server: &Server, method: &str, path: &str, token: Option<&str>, more: &str, body: &str) -> Response {
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}{more}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    server.raw(text.as_bytes()).unwrap()
}

#[track_caller]
fn status(server: &Server, path: &str, expected: u16) {
    let answer = server.get(path);
    assert_eq!(answer.status, expected, "{path}: {}", answer.text().chars().take(300).collect::<String>());
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn manifest(address: &str, image: &str, more: Value) -> Value {
    let mut manifest = json!({"@context": "http://iiif.io/api/presentation/3/context.json", "id": address,
        "type": "Manifest", "label": {"en": [address]}, "items": [{"id": format!("{address}/c1"), "type": "Canvas",
        "items": [{"type": "AnnotationPage", "items": [{"type": "Annotation", "motivation": "painting", "body": {
        "id": format!("https://ex.org/iiif/3/{image}/full/max/0/default.jpg"), "type": "Image",
        "service": [{"id": format!("https://ex.org/iiif/3/{image}"), "type": "ImageService3"}]}}]}]}]});
    manifest.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    manifest
}

#[test]
fn the_rights_of_a_manifest_hold_for_its_images() {
    let museum = museum(&["a.tif", "b.tif", "c.tif"]);
    let records = [
        manifest("https://ex.org/a.tif/manifest", "a.tif", json!({"rights": IN_COPYRIGHT})),
        manifest("https://ex.org/b.tif/manifest", "b.tif", json!({"rights": {"code": 7}})),
        manifest("https://ex.org/c.tif/manifest", "c.tif", json!({"rights": FREE})),
    ];
    let ran = museum.ingest("manifests.jsonl", &lines(&records), &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = serve(&museum);
    for (image, largest) in [("a.tif", 400), ("b.tif", 400), ("c.tif", 200)] {
        status(&server, &format!("/iiif/3/{image}/full/2600,1800/0/default.jpg"), largest);
    }
    let own = server.get("/presentation/3/a.tif/manifest").json();
    assert_eq!(own["rights"], IN_COPYRIGHT);
    assert_eq!(server.get("/api/v1/works/a.tif").json()["rights"], IN_COPYRIGHT);
}

#[test]
fn extra_metadata_of_manifests_is_shown_and_found() {
    let museum = museum(&["a.tif"]);
    let pair = json!({"label": {"en": ["Shelfmark"], "da": ["Opstilling"]}, "value": {"en": ["Zwicky 7"], "da": ["Zwicky syv"]}});
    let record = manifest("https://ex.org/x/manifest.json", "a.tif", json!({"metadata": [pair]}));
    museum.ingest("manifest.json", &record.to_string(), &[]);
    let server = serve(&museum);
    let own = server.get("/presentation/3/x/manifest").json();
    assert!(own["metadata"].as_array().unwrap().contains(&pair), "{own:#}");
    assert!(!own["metadata"].to_string().contains("https://ex.org"), "{own:#}");
    assert_eq!(
        (&own["seeAlso"][1]["id"], &own["seeAlso"][1]["type"]),
        (&json!("https://ex.org/x/manifest.json"), &json!("Manifest"))
    );
    assert_eq!(server.get("/api/v1/works?q=zwicky").json()["total"], 1);
    assert!(!server.get("/works/x").text().contains("Related works"));
}

#[test]
fn two_works_of_one_title_stay_separate() {
    let museum = museum(&["a.tif"]);
    let of =
        |place: &str| manifest(&format!("https://ex.org/{place}/manifest-2.json"), "none.tif", json!({}));
    let ran = museum.ingest("x.jsonl", &lines(&[of("x"), of("y")]), &[]);
    assert!(ran.out.contains("2 works new") && ran.err.contains("`manifest-2-"), "{}{}", ran.out, ran.err);
    // In another order, alone, and in another file they keep their names.
    for records in [vec![of("y"), of("x")], vec![of("y")], vec![of("x")]] {
        let again = museum.ingest("y.jsonl", &lines(&records), &[]);
        assert!(again.out.contains("0 works new, 0 changed"), "{}{}", again.out, again.err);
    }
    // A museum's own record does not take the name of another server's manifest either.
    let own =
        museum.ingest("own.jsonl", &lines(&[json!({"object_number": "manifest-2"})]), &["--name", "own"]);
    assert!(own.out.contains("1 works new") && own.err.contains("`manifest-2-"), "{}{}", own.out, own.err);
    let server = serve(&museum);
    assert_eq!(server.get("/api/v1/works").json()["total"], 3);
}

#[test]
fn bc_dates_are_found() {
    let museum = museum(&["a.tif"]);
    let table = "object_number,titles.en,production.text.en\nZ0,Egyptian,ca. 1295–1070 B.C.\nZ1,Greek,300 BC\n\
                 Z2,Roman,ca. 100 f.Kr.\nZ3,Greek,-300\nZ4,Span,200 B.C.–A.D. 100\nZ5,Old,\"10,000 years ago\"\nZ6,New,1850s\n";
    museum.ingest("datings.csv", table, &[]);
    let server = serve(&museum);
    let years = |number: &str| {
        let made = server.get(&format!("/api/v1/works/{number}")).json()["production"][0].clone();
        (made["earliest"].as_i64(), made["latest"].as_i64())
    };
    for (number, earliest, latest) in
        [("Z0", -1295, -1070), ("Z1", -300, -300), ("Z2", -100, -100), ("Z3", -300, -300), ("Z4", -200, 100)]
    {
        assert_eq!(years(number), (Some(earliest), Some(latest)), "{number}");
        let manifest = server.get(&format!("/presentation/3/{number}/manifest")).json();
        assert_eq!(manifest.get("navDate"), None, "{number}");
    }
    assert_eq!(years("Z5"), (None, None));
    let found = |query: &str| {
        let found = server.get(&format!("/api/v1/works?{query}")).json();
        let numbers = found["works"].as_array().unwrap().iter();
        numbers.map(|work| work["object_number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("years=1000/1300"), [""; 0]);
    assert_eq!(found("years=-300&sort=number"), ["Z1", "Z3"]);
    assert_eq!(found("any=period:-300&sort=number"), ["Z1", "Z3"]);
    assert_eq!(found("any=period:300"), [""; 0]);
    assert_eq!(found("sort=date")[..6], ["Z0", "Z1", "Z3", "Z4", "Z2", "Z6"]);
    let counted = server.get("/api/v1/works?histogram=100&limit=0").json();
    assert_eq!(counted["histogram"][0], json!({"from": -1300, "to": -1201, "works": 1}));
    let facets = server.get("/api/v1/works?facet=period&facet_limit=50&limit=0").json();
    let labels = facets["facets"]["period"].to_string();
    assert!(labels.contains("300–251 BC") && labels.contains("300–251 f.Kr."), "{labels}");
    status(&server, "/presentation/3/collections/period/-300", 200);
    let page = server.get("/works/Z4");
    assert_eq!(page.status, 200);
}

fn export() -> Vec<Value> {
    (1..=12)
        .map(|at| json!({"object_number": format!("K{at}"), "titles": format!("Work {at}"), "rights": FREE}))
        .collect()
}

#[test]
fn the_same_records_in_another_file_are_unchanged() {
    let museum = museum(&["a.tif"]);
    for (file, more) in
        [("2024.jsonl", vec![]), ("2025.jsonl", vec![]), ("2026.jsonl", vec!["--name", "all"])]
    {
        let ran = museum.ingest(file, &lines(&export()), &more);
        let expected =
            if file == "2024.jsonl" { "12 works new" } else { "0 works new, 0 changed, 12 unchanged" };
        assert!(ran.out.contains(expected), "{file}: {}{}", ran.out, ran.err);
    }
    let server = serve(&museum);
    assert_eq!(server.get("/discovery/1/changes").json()["totalItems"], 12);
}

#[test]
fn works_missing_from_an_export_are_withdrawn() {
    let museum = museum(&["K1.tif"]);
    let all = export();
    museum.ingest("other.jsonl", &lines(&[json!({"object_number": "elsewhere"})]), &["--name", "other"]);
    museum.ingest("all.jsonl", &lines(&all), &["--name", "all"]);
    let server = serve(&museum);
    status(&server, "/iiif/3/K1.tif/full/2600,1800/0/default.jpg", 200);
    let prune = |file: &str, records: &[Value], more: &[&str]| {
        museum.ingest(file, &lines(records), &[&["--name", "all", "--prune"], more].concat())
    };
    let unnamed = museum.ingest("new.jsonl", &lines(&all[1..]), &["--prune"]);
    assert!(unnamed.code == Some(2) && unnamed.err.contains("--name"), "{}", unnamed.err);
    let dry = prune("new.jsonl", &all[1..], &["--dry-run"]);
    assert!(
        dry.code == Some(0) && dry.out.contains("1 of 12 works would be withdrawn"),
        "{}{}",
        dry.out,
        dry.err
    );
    assert!(dry.err.contains("K1: without a record"), "{}", dry.err);
    status(&server, "/api/v1/works/K1", 200);
    let many = prune("new.jsonl", &all[6..], &[]);
    assert!(many.code == Some(1) && many.err.contains("--prune-limit 6"), "{}{}", many.out, many.err);
    let broken =
        museum.ingest("new.jsonl", &format!("{}nonsense\n", lines(&all[1..])), &["--name", "all", "--prune"]);
    assert!(broken.code == Some(1) && broken.err.contains("nothing is withdrawn"), "{}", broken.err);
    let done = prune("new.jsonl", &all[1..], &[]);
    assert!(done.code == Some(0) && done.out.contains("1 of 12 works withdrawn"), "{}{}", done.out, done.err);
    assert!(eventually(std::time::Duration::from_secs(20), || {
        server.get("/api/v1/works/K1").status == 410 && server.get("/api/v1/works").json()["total"] == 12
    }));
    for place in
        ["/presentation/3/K1/manifest", "/presentation/2/K1/manifest", "/works/K1", "/api/v1/works/K1/tags"]
    {
        status(&server, place, 410);
    }
    // Its image leaves with it, however free it was.
    status(&server, "/iiif/3/K1.tif/full/600,/0/default.jpg", 410);
    status(&server, "/download/K1.tif", 410);
    let changes = server.get("/discovery/1/changes/0").json();
    let last = changes["orderedItems"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["type"], last["object"]["id"].as_str().unwrap().ends_with("/K1/manifest")),
        (&json!("Delete"), true)
    );
    // Masters' own metadata do not bring it back; its record does.
    tegl(&["ingest", &museum.path("masters")], &[("TEGL__CATALOGUE__URL", &museum.catalogue)]);
    status(&server, "/api/v1/works/K1", 410);
    let back = prune("new.jsonl", &all, &[]);
    assert!(back.out.contains("1 works new") && back.out.contains("0 of 12 works withdrawn"), "{}", back.out);
    assert!(eventually(std::time::Duration::from_secs(20), || {
        server.get("/api/v1/works/K1").status == 200
            && server.get("/iiif/3/K1.tif/full/2600,1800/0/default.jpg").status == 200
    }));
    status(&server, "/api/v1/works/elsewhere", 200);
}

#[test]
fn holders_of_a_token_can_withdraw_works() {
    for museum in Workspace::on_each_database("works withdrawn on PostgreSQL", || museum(&["K1.tif"])) {
        museum.ingest("all.jsonl", &lines(&export()), &["--name", "all"]);
        let server = serve(&museum);
        let delete = |path: &str, token: Option<&str>, more: &str| {
            write(&server, "DELETE", path, token, more, "").status
        };
        let tag = write(
            &server,
            "POST",
            "/api/v1/works/K1/tags",
            Some(TOKEN),
            "",
            r#"{"scheme":"motif","label":{"en":"dog"}}"#,
        );
        assert_eq!(tag.status, 201, "{}", tag.text());
        assert_eq!(delete("/api/v1/works/K1", None, ""), 401);
        assert_eq!(delete("/api/v1/works/nobody", Some(TOKEN), ""), 404);
        assert_eq!(delete("/api/v1/works/K1", Some(TOKEN), "If-Match: \"1\"\r\n"), 412);
        assert_eq!(delete("/presentation/3/K1/manifest", Some(TOKEN), ""), 405);
        status(&server, "/api/v1/works/K1", 200);
        assert_eq!(delete("/api/v1/works/K1", Some(TOKEN), ""), 204);
        assert_eq!(delete("/api/v1/works/K1", Some(TOKEN), ""), 410);
        for place in ["/api/v1/works/K1", "/presentation/3/K1/manifest", "/works/K1", "/search/2/K1?q=dog"] {
            status(&server, place, 410);
        }
        status(&server, "/iiif/3/K1.tif/full/2600,1800/0/default.jpg", 410);
        assert!(eventually(std::time::Duration::from_secs(20), || {
            server.get("/api/v1/works").json()["total"] == 11
        }));
        museum.ingest("all.jsonl", &lines(&export()), &["--name", "all"]);
        status(&server, "/api/v1/works/K1", 410);
        museum.ingest("all.jsonl", &lines(&export()), &["--name", "all", "--restore"]);
        assert!(
            eventually(std::time::Duration::from_secs(20), || server.get("/api/v1/works/K1").status == 200)
        );
        let tags = server.get("/api/v1/works/K1").json()["tags"].to_string();
        assert!(tags.contains("dog"), "what curators decided is there again: {tags}");
        let described = server.get("/api/v1/openapi.json").json();
        assert!(described["paths"]["/api/v1/works/{work}"]["delete"]["responses"]["410"].is_object());
    }
}

#[test]
fn duplicate_records_are_reported() {
    let museum = museum(&["a.tif"]);
    let table = "object_number,titles\n1,One\n2,Two\n1,Uno\n2,Two\n";
    for _ in 0..2 {
        let ran = museum.ingest("table.csv", table, &[]);
        for words in ["line 4", "`1` is also in line 2", "1 record skipped"] {
            assert!(ran.err.contains(words) || ran.out.contains(words), "{words}: {}{}", ran.out, ran.err);
        }
    }
    let again = museum.ingest("table.csv", table, &[]);
    assert!(again.out.contains("0 works new, 0 changed"), "{}", again.out);
    let wrong = museum.ingest("tate.jsonl", &lines(&[json!({"acno": "A1", "id": 1035})]), &["--form", "smk"]);
    assert!(wrong.code == Some(1) && wrong.err.contains("looks like `tate`"), "{}", wrong.err);
    std::fs::write(
        museum.path("mapping.toml"),
        "object_number = 'nr'\ntitles.da = 'titel.navn'\ncreators = 'kunstner'\n",
    )
    .unwrap();
    let mapping = museum.path("mapping.toml");
    let mapped =
        museum.ingest("a.jsonl", &lines(&[json!({"nr": "9", "kunstner": "A"})]), &["--mapping", &mapping]);
    assert!(mapped.err.contains("`titel.navn`") && mapped.err.contains("`titles.da`"), "{}", mapped.err);
    assert!(!mapped.err.contains("`kunstner`"), "{}", mapped.err);
}

#[test]
fn a_record_named_like_its_file_takes_precedence_over_embedded_metadata() {
    let museum = museum(&[]);
    let raster = picture(2600, 1800);
    let jpeg = masters::plain_jpeg(&raster);
    // A comment of IPTC's that gives it a title.
    let iptc = [b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x0a\x1c\x02\x05\0\x05Title".as_slice()].concat();
    let segment = [&[0xff, 0xed][..], &((iptc.len() + 2) as u16).to_be_bytes(), &iptc].concat();
    let bytes = [&jpeg[..2], &segment, &jpeg[2..]].concat();
    std::fs::write(museum.path("masters/big.jpg"), bytes).unwrap();
    let record = json!({"object_number": "big.jpg", "titles": "A record", "rights": IN_COPYRIGHT, "images": [{"file": "big.jpg"}]});
    museum.ingest("records.jsonl", &record.to_string(), &[]);
    tegl(&["ingest", &museum.path("masters")], &[("TEGL__CATALOGUE__URL", &museum.catalogue)]);
    let server = serve(&museum);
    assert_eq!(server.get("/api/v1/works/big.jpg").json()["rights"], IN_COPYRIGHT);
    status(&server, "/iiif/3/big.jpg/full/2600,1800/0/default.jpg", 400);
}
