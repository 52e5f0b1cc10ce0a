//! Works from records to manifests: imports, collections, tags that are judged, downloads; two servers that agree.

use std::io::Write;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::command::tegl;
use crate::support::http::Response;
use crate::support::masters::{self, picture};
use crate::support::museum::wait_until_indexed;
use crate::support::postgres::Postgres;
use crate::support::server::Server;
use crate::support::weed::Weed;
use crate::support::workspace::Workspace;
use crate::support::{eventually, not_proven};

const TOKEN: &str = "a-secret-of-the-tests";
const CURATOR: (&str, &str) = ("TEGL__API__TOKENS__CURATOR", TOKEN);

fn segment(identifier: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(identifier, KEPT).to_string()
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let raster = picture(900, 600);
    vec![
        ("Værker/Ø 1.tif", masters::jpeg_pyramid(&raster, 128)),
        ("Værker/Ø 1, infrarød.tif", masters::jpeg_pyramid(&raster, 128)),
        ("KKS2020-3_16.jpg", masters::plain_jpeg(&raster)),
        ("alone.png", masters::png(&raster)),
    ]
}

fn records() -> String {
    let titian = json!({
        "object_number": "KMSst28Ø",
        "titles": [{ "text": { "da": "Titanernes fald", "en": "The fall of the Titans" } }],
        "creators": [{ "name": "Cornelis van Haarlem", "birth": 1562, "death": 1638, "ulan": "500115588" }],
        "production": { "text": "1588-90", "earliest": 1588, "latest": 1590 },
        "rights": "https://creativecommons.org/publicdomain/zero/1.0/", "public_domain": true,
        "credit_line": "Erhvervet <b>1621</b>", "shelfmark": { "room": 217 },
        "images": [
            { "file": "Værker/Ø 1.tif" },
            { "file": "Værker/Ø 1, infrarød.tif", "role": "infrared" },
            { "file": "gone.tif", "role": "verso" },
        ],
        "tags": [
            { "scheme": "motif", "label": { "en": "dog", "da": "hund" }, "source": "model:m@1", "confidence": 0.8,
              "status": "proposed", "region": "100,100,200,150" },
            { "scheme": "style", "label": { "en": "Mannerism" } },
        ],
    });
    let named = json!({ "object_number": "KKS2020-3/16", "titles": "Skitse", "public_domain": false });
    format!("{titian}\nthis is no record\n{named}\n{}\n", json!({ "object_number": "nowhere" }))
}

#[track_caller]
fn write(
    server: &Server,
    method: &str,
    path: &str,
    token: Option<&str>,
    revision: Option<u64>,
    body: &Value,
) -> Response {
    let body = body.to_string();
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", server.address);
    if let Some(token) = token {
        text += &format!("Authorization: Bearer {token}\r\n");
    }
    if let Some(revision) = revision {
        text += &format!("If-Match: \"{revision}\"\r\n");
    }
    text += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    server.raw(text.as_bytes()).unwrap()
}

#[test]
fn records_are_imported_and_errors_reported() {
    let museum = Workspace::new(&files());
    let ran = museum.ingest("records.jsonl", &records(), &[]);
    assert_eq!(ran.code, Some(1), "a record was bad: {}{}", ran.out, ran.err);
    for said in ["line 2", "gone.tif", "nowhere", "3 works new"] {
        assert!(ran.err.contains(said) || ran.out.contains(said), "{said} is not in {}{}", ran.out, ran.err);
    }
    let again = museum.ingest("records.jsonl", &records(), &[]);
    assert!(again.out.contains("0 works new, 0 changed, 3 unchanged"), "{}", again.out);

    let server = museum.serve(&[CURATOR]);
    let manifest = server.get(&format!("/presentation/3/{}/manifest", segment("KMSst28Ø")));
    let document = manifest.json();
    assert_eq!(document["label"]["da"][0], "Titanernes fald");
    assert_eq!(document["rights"], "http://creativecommons.org/publicdomain/zero/1.0/");
    assert_eq!(document["items"].as_array().unwrap().len(), 1, "captures of one view share a canvas");
    let body = &document["items"][0]["items"][0]["items"][0]["body"];
    assert_eq!((&body["type"], body["items"].as_array().unwrap().len()), (&json!("Choice"), 2));
    let target = document["items"][0]["annotations"][0]["items"][0]["target"].to_string();
    assert!(target.contains("#xywh=100,100,200,150"), "{target}");
    assert_eq!(document["requiredStatement"]["value"]["none"][0], "<span>Erhvervet <b>1621</b></span>");
    let held = [("If-None-Match", manifest.header("etag"))];
    assert_eq!(
        server.request("GET", &format!("/presentation/3/{}/manifest", segment("KMSst28Ø")), &held).status,
        304
    );

    let record = server.get(&format!("/api/v1/works/{}", segment("KMSst28Ø"))).json();
    assert_eq!(record["shelfmark"]["room"], 217, "what has no word here is served still");
    assert_eq!(
        record["source"]["creators"][0]["ulan"], "500115588",
        "and what has none within a creator, too"
    );
    assert_eq!(record["images"][2]["available"], false);
    let found = server.get(&format!("/presentation/3/{}/manifest", segment("KKS2020-3/16"))).json();
    assert!(
        found["thumbnail"][0]["id"].to_string().contains("KKS2020-3_16.jpg"),
        "it is found by its number"
    );
    let alone = server.get("/presentation/3/alone.png/manifest").json();
    assert_eq!(alone["label"]["none"][0], "alone");
    let of_work = server.get(&format!("/presentation/3/{}/manifest", segment("Værker/Ø 1.tif")));
    assert_eq!((of_work.status, of_work.header("location").contains("KMSst28")), (303, true));
    assert_eq!(server.get("/presentation/3/nobody/manifest").status, 404);
    assert!(server.get("/").text().contains("The fall of the Titans"));

    let state = record["tags"][0]["content_state"].as_str().unwrap();
    let query = state.split_once("/?").unwrap().1;
    let led = server.get(&format!("/?{query}"));
    let place = format!("/works/{}?canvas=1&xywh=100,100,200,150", segment("KMSst28Ø"));
    assert!(led.status == 303 && led.header("location").ends_with(&place), "{}", led.header("location"));
    let page = server.get(&place).text();
    assert!(
        page.contains("data-region=\"100,100,200,150\"")
            && page.contains("/100,100,200,150/max/0/default.jpg"),
        "{page}"
    );
    // Whether a work was imported from it, the index knows.
    wait_until_indexed(&server);
    assert_eq!(server.get("/?iiif-content=https%3A%2F%2Fother.example%2Fmanifest").status, 400);

    let hits = server.get(&format!("/search/2/{}?q=hund", segment("KMSst28Ø"))).json();
    assert_eq!(hits["items"].as_array().unwrap().len(), 1);
    let hits = server.get(&format!("/search/1/{}?q=DOG", segment("KMSst28Ø"))).json();
    assert_eq!(hits["resources"].as_array().unwrap().len(), 1);
    let shelf = server.get("/presentation/3/collections/period/1550").json();
    assert_eq!(shelf["items"].as_array().unwrap().len(), 1);
    let feed = server.get("/discovery/1/changes/0").json();
    assert_eq!(feed["orderedItems"].as_array().unwrap().len(), 3);
    for path in [
        "/presentation/3/collections/none",
        "/presentation/3/collections/period/1550/0-9999",
        "/discovery/1/changes/9",
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn masters_without_a_record_get_one_from_embedded_metadata() {
    let museum = Workspace::new(&files());
    let xmp = br#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <dc:title><rdf:Alt><rdf:li xml:lang="da">Aften ved havet</rdf:li></rdf:Alt></dc:title>
        <dc:creator><rdf:Seq><rdf:li>Anna Syberg</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"#;
    let jpeg = masters::plain_jpeg(&picture(300, 200));
    let marker = [b"http://ns.adobe.com/xap/1.0/\0", &xmp[..]].concat();
    let mut file = jpeg[..2].to_vec();
    file.write_all(&[0xff, 0xe1]).unwrap();
    file.write_all(&(marker.len() as u16 + 2).to_be_bytes()).unwrap();
    file.extend([&marker, &jpeg[2..]].concat());
    std::fs::write(museum.path("masters/told.jpg"), file).unwrap();
    let catalogue = [("TEGL__CATALOGUE__URL", museum.catalogue.as_str())];
    let ran = tegl(&["ingest", &museum.path("masters")], &catalogue);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let server = museum.serve(&[CURATOR]);
    let told = server.get("/presentation/3/told.jpg/manifest").json();
    assert_eq!(told["label"]["da"][0], "Aften ved havet");
    let record = json!({ "object_number": "AS 1", "titles": "Aften", "images": [{ "file": "told.jpg" }] });
    let ran = museum.ingest("records.jsonl", &record.to_string(), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let moved = || server.get("/presentation/3/told.jpg/manifest").header("location").contains("AS%201");
    assert!(
        eventually(Duration::from_secs(3), moved),
        "the record does not take the place of the file's own words"
    );
}

#[test]
fn decisions_about_tags_are_visible_immediately() {
    let museum = Workspace::new(&files());
    museum.ingest("records.jsonl", &records(), &[]);
    let server = museum.serve(&[CURATOR]);
    judged(&server, &server);
    museum.ingest("records.jsonl", &records().replace("Titanernes fald", "Omdøbt"), &[]);
    let manifest = format!("/presentation/3/{}/manifest", segment("KMSst28Ø"));
    let renamed = || server.get(&manifest).text().contains("Omdøbt");
    assert!(eventually(Duration::from_secs(3), renamed), "a new import is not followed");
    let text = server.get(&manifest).text();
    assert!(!text.contains("\"hund\"") && text.contains("\"giant\""), "decisions do not outlive the import");
}

/// Tags are written on one server and looked for on another.
fn judged(server: &Server, other: &Server) {
    let work = segment("KMSst28Ø");
    let (tags, manifest) = (format!("/api/v1/works/{work}/tags"), format!("/presentation/3/{work}/manifest"));
    let answer = server.get(&tags);
    let held = server.request("GET", &tags, &[("If-None-Match", answer.header("etag"))]);
    assert_eq!(held.status, 304);
    let listed = answer.json();
    let revision = listed["revision"].as_u64().unwrap();
    let dog = listed["tags"].as_array().unwrap().iter().find(|tag| tag["label"]["en"][0] == "dog").unwrap();
    let dog = format!("{tags}/{}", dog["id"].as_str().unwrap());
    assert!(other.get(&manifest).text().contains("\"hund\""));

    let reject = json!({ "status": "rejected", "note": "a wolf" });
    for (token, status) in [(None, 401), (Some("another-secret-of-theirs"), 401)] {
        let refused = write(server, "PATCH", &dog, token, None, &reject);
        assert_eq!(refused.status, status, "{}", refused.text());
    }
    let stale = write(server, "PATCH", &dog, Some(TOKEN), Some(revision + 7), &reject);
    assert_eq!(stale.status, 412, "{}", stale.text());
    let done = write(server, "PATCH", &dog, Some(TOKEN), Some(revision), &reject);
    assert_eq!((done.status, &done.json()["status"]), (200, &json!("rejected")), "{}", done.text());
    let giant =
        json!({ "scheme": "motif", "label": { "en": "giant", "da": "kæmpe" }, "region": "10,10,50,50" });
    let added = write(server, "POST", &tags, Some(TOKEN), None, &giant);
    assert_eq!(added.status, 201, "{}", added.text());
    for (bad, told) in [
        (json!({ "scheme": "motif" }), "label"),
        (json!({ "scheme": "", "label": "x" }), "scheme"),
        (json!({ "scheme": "motif", "label": "x", "confidence": 7 }), "confidence"),
        (json!({ "scheme": "motif", "label": "x", "region": "1,2" }), "region"),
    ] {
        let refused = write(server, "POST", &tags, Some(TOKEN), None, &bad);
        assert!(refused.status == 400 && refused.text().contains(told), "{bad}: {}", refused.text());
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    let unknown = write(server, "PATCH", &format!("{tags}/0000000000000000"), Some(TOKEN), None, &reject);
    assert_eq!(unknown.status, 404);
    let elsewhere = write(server, "POST", "/iiif/3/x/info.json", Some(TOKEN), None, &json!({}));
    assert_eq!(elsewhere.status, 405);

    let shown = || {
        let text = other.get(&manifest).text();
        !text.contains("\"hund\"") && text.contains("\"giant\"")
    };
    assert!(
        eventually(Duration::from_secs(1), shown),
        "what was decided is not in the manifest within a second"
    );
    let feed = other.get("/discovery/1/changes/0").json();
    let last = feed["orderedItems"].as_array().unwrap().last().unwrap().clone();
    assert!(last["type"] == "Update" && last["object"]["id"].to_string().contains("KMSst28"), "{last}");
    let shelf = other.get("/presentation/3/collections/motif/giant").json();
    assert_eq!(shelf["items"].as_array().unwrap().len(), 1);
    assert_eq!(other.get("/presentation/3/collections/motif/dog").status, 404);
    let history = server.get(&format!("{dog}/history")).json();
    assert_eq!(
        (&history["events"][0]["actor"], &history["events"][0]["note"]),
        (&json!("curator"), &json!("a wolf"))
    );
}

#[test]
fn two_servers_on_one_database_and_bucket_respond_alike() {
    let Some(postgres) = Postgres::shared() else {
        return not_proven("two servers", "PostgreSQL is not installed");
    };
    let Some(weed) = Weed::start() else { return };
    weed.put(&files());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(postgres.database());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.jsonl");
    std::fs::write(&file, records()).unwrap();
    let mut environment = weed.environment().to_vec();
    environment.extend([("TEGL__CATALOGUE__URL", database.as_str()), CURATOR]);
    environment.push(("TEGL__WEB__BASE_URL", "https://museum.example"));
    let ran = tegl(&["ingest", "s3://masters", "--records", file.to_str().unwrap()], &environment);
    assert!(ran.out.contains("3 works new"), "{}{}", ran.out, ran.err);
    let servers =
        [Server::with(&["s3://masters"], &environment), Server::with(&["s3://masters"], &environment)];
    let work = segment("KMSst28Ø");
    judged(&servers[0], &servers[1]);
    for path in [
        format!("/presentation/3/{work}/manifest"),
        format!("/presentation/2/{work}/manifest"),
        format!("/presentation/3/{work}/annotations/1"),
        format!("/api/v1/works/{work}"),
        "/presentation/3/collections".into(),
        "/presentation/3/collections/all/all".into(),
        "/discovery/1/changes/0".into(),
        format!("/iiif/3/{}/info.json", segment("Værker/Ø 1.tif")),
        format!("/iiif/3/{}/0,0,128,128/128,128/0/default.jpg", segment("Værker/Ø 1.tif")),
        format!("/iiif/3/{}/full/200,/0/default.jpg", segment("KKS2020-3_16.jpg")),
        format!("/download/{}", segment("Værker/Ø 1.tif")),
    ] {
        let [one, other] = [servers[0].get(&path), servers[1].get(&path)];
        assert_eq!(one.status, 200, "{path}: {}", one.text());
        assert_eq!((one.status, &one.body), (other.status, &other.body), "{path}");
        assert_eq!(one.header("etag"), other.header("etag"), "{path}");
    }
}

#[test]
fn downloads_equal_masters_byte_for_byte() {
    let museum = Workspace::new(&files());
    museum.ingest("records.jsonl", &records(), &[]);
    let server = museum.serve(&[CURATOR]);
    let master = std::fs::read(museum.path("masters/Værker/Ø 1.tif")).unwrap();
    let path = format!("/download/{}", segment("Værker/Ø 1.tif"));
    let whole = server.get(&path);
    assert!(whole.body == master && whole.header("content-type") == "image/tiff");
    let disposition = whole.header("content-disposition");
    assert!(
        disposition.contains("filename*=UTF-8''The%20fall%20of%20the%20Titans%2C%20KMSst28%C3%98"),
        "{disposition}"
    );
    let digest = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), &master)),
    );
    assert_eq!(whole.header("repr-digest"), format!("sha-256=:{digest}:"));
    let head = server.request("HEAD", &path, &[]);
    assert_eq!((head.status, head.header("content-length")), (200, master.len().to_string().as_str()));

    let (tag, size) = (whole.header("etag").to_owned(), master.len());
    let cut = size / 3;
    let rest = server.request("GET", &path, &[("Range", &format!("bytes={cut}-")), ("If-Range", &tag)]);
    assert_eq!(
        (rest.status, rest.header("content-range")),
        (206, format!("bytes {cut}-{}/{size}", size - 1).as_str())
    );
    assert!(rest.body == master[cut..], "what is resumed is not the rest");
    for (range, part) in
        [("bytes=0-0", 0..1), ("bytes=-5", size - 5..size), ("bytes=10-9999999999", 10..size)]
    {
        let answer = server.request("GET", &path, &[("Range", range)]);
        assert!(answer.status == 206 && answer.body == master[part], "{range}: {}", answer.status);
    }
    for (headers, status) in [
        (vec![("Range", "bytes=9999999999-")], 416),
        (vec![("Range", "bytes=0-1,5-9")], 200),
        (vec![("Range", "bytes=0-1"), ("If-Range", "\"another\"")], 200),
        (vec![("If-None-Match", tag.as_str())], 304),
        (vec![("If-Match", "\"another\"")], 412),
    ] {
        assert_eq!(server.request("GET", &path, &headers).status, status, "{headers:?}");
    }
    let jpg = server.get(&format!("{path}.jpg"));
    assert!(jpg.status == 200 && masters::dimensions("image/jpeg", &jpg.body) == Some((900, 600)));
    let limited = format!("/download/{}", segment("KKS2020-3_16.jpg"));
    assert_eq!(server.get(&limited).status, 403, "what is not in the public domain is not given away");

    let zip = server.get(&format!("/download/work/{}.zip", segment("KMSst28Ø")));
    let file = museum.path("work.zip");
    std::fs::write(&file, &zip.body).unwrap();
    let read = std::process::Command::new("python3")
        .args(["-c", "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print('\\n'.join(z.namelist()))"])
        .arg(&file)
        .output();
    match read {
        Ok(read) => {
            let names = String::from_utf8_lossy(&read.stdout).into_owned();
            let expected = ["Ø 1.tif", "Ø 1, infrarød.tif", "record.json", "RIGHTS.txt"];
            assert_eq!(
                names.lines().collect::<Vec<_>>(),
                expected,
                "{}",
                String::from_utf8_lossy(&read.stderr)
            );
        }
        Err(_) => not_proven("the archive in another program", "there is no python3"),
    }

    // The same length in another version: a resumed download gets all of it anew.
    let mut changed = master.clone();
    changed[size - 1] ^= 1;
    let beside = museum.path("masters/new.part");
    std::fs::write(&beside, &changed).unwrap();
    std::fs::rename(&beside, museum.path("masters/Værker/Ø 1.tif")).unwrap();
    let resumed = || {
        let answer = server.request("GET", &path, &[("Range", "bytes=10-"), ("If-Range", &tag)]);
        answer.status == 200 && answer.body == changed
    };
    assert!(
        eventually(Duration::from_secs(6), resumed),
        "a replaced master is resumed as if it were the same"
    );
}
