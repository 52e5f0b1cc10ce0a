//! What rights forbid is not to be had by any road: all rights, all kinds of master, all routes, before and after.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::command::tegl;
use crate::support::http::Response;
use crate::support::masters::{self, dimensions, picture};
use crate::support::server::Server;
use crate::support::{Failures, eventually};
use std::time::Duration;
use tegl::master::write::Compression;

const WIDTH: u32 = 1000;
const HEIGHT: u32 = 700;
const TILE: u32 = 128;

/// A rule of the settings: what the record says, the longest side that it gives, whether the original may be had.
struct Case {
    name: &'static str,
    rights: Value,
    public_domain: Value,
    largest: u32,
    original: bool,
}

const SETTINGS: &str = r#"
[masters]
max_area = 4_000_000
[rights]
public_domain = { largest = "full", original = true }
otherwise = { largest = 260, original = false }
unsaid = { largest = 600, original = false }
without_record = { largest = 900, original = true }
statements = [
    { uri = "http://creativecommons.org/publicdomain/", largest = "full", original = true },
    { uri = "http://creativecommons.org/licenses/by/", largest = 500, original = true },
    { uri = "http://creativecommons.org/licenses/by-nd/", largest = 100, original = false },
    { uri = "http://rightsstatements.org/vocab/InC/", largest = 0, original = false },
]
"#;

fn cases() -> Vec<Case> {
    let case = |name, rights: Value, public_domain: Value, largest, original| Case {
        name,
        rights,
        public_domain,
        largest,
        original,
    };
    vec![
        case("free", json!("http://creativecommons.org/publicdomain/zero/1.0/"), json!(true), WIDTH, true),
        case("licensed", json!("https://creativecommons.org/licenses/by/4.0/"), json!(false), 500, true),
        case("small", json!("http://creativecommons.org/licenses/by-nd/4.0/"), Value::Null, 100, false),
        case("flagged", Value::Null, json!(false), 260, false),
        case("unsaid", Value::Null, Value::Null, 600, false),
        case("closed", json!("http://rightsstatements.org/vocab/InC/1.0/"), json!(true), 0, false),
    ]
}

fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let raster = picture(WIDTH, HEIGHT);
    vec![
        ("pyramid.tif", masters::jpeg_pyramid(&raster, TILE)),
        ("deflate.tif", masters::pyramid(&raster, TILE, Compression::Deflate)),
        ("striped.tif", masters::striped_tiff(&raster)),
        ("plain.jpg", masters::plain_jpeg(&raster)),
        ("plain.png", masters::png(&raster)),
    ]
}

struct Collection {
    folder: tempfile::TempDir,
    catalogue: String,
    settings: String,
}

impl Collection {
    /// Every kind of master under every right, in a folder each; and one that no record names.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kinds = kinds();
        for name in cases().iter().map(|case| case.name).chain(["alone"]) {
            std::fs::create_dir_all(folder.path().join("masters").join(name)).unwrap();
            for (kind, bytes) in &kinds {
                std::fs::write(folder.path().join("masters").join(name).join(kind), bytes).unwrap();
            }
        }
        let links = folder.path().join("masters/links");
        std::fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink("../small/pyramid.tif", links.join("small.tif")).unwrap();
        let settings = folder.path().join("tegl.toml");
        let sources = format!("[sources.small]\nlocation = {:?}\n", folder.path().join("masters/small"));
        std::fs::write(&settings, format!("{SETTINGS}\n{sources}")).unwrap();
        let catalogue = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        let settings = settings.to_str().unwrap().to_owned();
        Self { folder, catalogue, settings }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Records under these rights; `as_free` says of all that they are free.
    fn ingest(&self, as_free: bool) {
        let kinds = kinds();
        let mut lines = String::new();
        for case in cases() {
            for (kind, _) in &kinds {
                let mut record = json!({
                    "object_number": format!("{}/{kind}", case.name),
                    "titles": { "en": format!("A {} work", case.name) },
                    "images": [{ "file": format!("{}/{kind}", case.name) }],
                    "rights": case.rights, "public_domain": case.public_domain,
                });
                if as_free {
                    record["rights"] = Value::Null;
                    record["public_domain"] = json!(true);
                }
                lines += &format!("{record}\n");
            }
        }
        let records = self.path("records.jsonl");
        std::fs::write(&records, lines).unwrap();
        let environment = [("TEGL__CATALOGUE__URL", self.catalogue.as_str())];
        let masters = self.path("masters");
        let ran =
            tegl(&["ingest", &masters, "--records", &records, "--config", &self.settings], &environment);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    }

    fn serve(&self) -> Server {
        let masters = self.path("masters");
        let environment = [("TEGL__CATALOGUE__URL", self.catalogue.as_str())];
        Server::with(&[&masters, "--config", &self.settings], &environment)
    }
}

/// The largest answer that a region of the image may give, in pixels.
fn share(region: (u32, u32), largest: u32) -> (u32, u32) {
    let share = |side: u32| (u64::from(side) * u64::from(largest)).div_ceil(u64::from(WIDTH)) as u32;
    if largest >= WIDTH { (u32::MAX, u32::MAX) } else { (share(region.0), share(region.1)) }
}

/// Requests that ask for a region, and the region's size; all sizes in all forms, stored tiles of all levels.
fn requests() -> Vec<(String, (u32, u32))> {
    let full = (WIDTH, HEIGHT);
    let mut found = Vec::new();
    for size in [
        "max",
        "^max",
        "1000,",
        ",700",
        "1000,700",
        "500,",
        "501,",
        "260,182",
        "261,",
        "100,70",
        "101,",
        "50,",
        "pct:100",
        "pct:50",
        "pct:10",
        "pct:51",
        "!1000,1000",
        "!500,500",
        "!101,101",
        "^2000,",
        "^!1500,1500",
        "^pct:150",
        "600,420",
        "601,",
        "1,1",
    ] {
        for region in ["full", "0,0,1000,700", "pct:0,0,100,100"] {
            found.push((format!("{region}/{size}/0/default.jpg"), full));
        }
        found.push((format!("square/{size}/0/default.jpg"), (HEIGHT, HEIGHT)));
        found.push((format!("10,20,300,200/{size}/0/default.jpg"), (300, 200)));
    }
    for factor in [1, 2, 4, 8] {
        let side = TILE * factor;
        for (x, y) in [(0, 0), (side, side), (WIDTH / side * side, HEIGHT / side * side)] {
            if x >= WIDTH || y >= HEIGHT {
                continue;
            }
            let (w, h) = (side.min(WIDTH - x), side.min(HEIGHT - y));
            let (across, down) = (w.div_ceil(factor), h.div_ceil(factor));
            for (size, end) in [
                (format!("{across},{down}"), "0/default.jpg"),
                (format!("{across},"), "0/default.jpg"),
                (format!("{across},{down}"), "0/gray.jpg"),
                (format!("{across},{down}"), "0/default.png"),
                (format!("{across},{down}"), "90/default.jpg"),
                ("max".to_owned(), "0/default.jpg"),
                ("max".to_owned(), "!0/default.webp"),
                (format!("^{},", across * 2), "0/default.jpg"),
            ] {
                found.push((format!("{x},{y},{w},{h}/{size}/{end}"), (w, h)));
            }
        }
    }
    found.push(("500,300,1,1/max/0/default.png".into(), (1, 1)));
    found.push(("0,0,8,8/8,8/0/default.png".into(), (8, 8)));
    found
}

fn size_of(answer: &Response) -> Option<(u32, u32)> {
    dimensions(answer.header("content-type").split(';').next().unwrap_or_default(), &answer.body)
}

fn segment(identifier: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(identifier, KEPT).to_string()
}

/// One image by all roads; `names` are its identifiers.
fn by_all_roads(server: &Server, names: &[String], largest: u32, original: bool, f: &mut Failures) {
    for name in names {
        let id = segment(name);
        for (request, region) in requests() {
            for version in [3, 2] {
                if version == 2 && (request.contains('^') || request.contains("square")) {
                    continue;
                }
                check_pixels(server, &format!("/iiif/{version}/{id}/{request}"), region, largest, f);
            }
        }
        check_info(server, &id, largest, f);
        check_deep_zoom(server, &id, largest, f);
        check_downloads(server, &id, largest, original, f);
    }
}

fn check_pixels(server: &Server, path: &str, region: (u32, u32), largest: u32, f: &mut Failures) {
    let answer = server.get(path);
    let allowed = share(region, largest);
    match answer.status {
        200 => {
            let size = size_of(&answer);
            let turned = path.contains("/90/");
            let fits = size.is_some_and(|(w, h)| {
                let (w, h) = if turned { (h, w) } else { (w, h) };
                largest > 0 && w <= allowed.0 && h <= allowed.1
            });
            f.check(fits, || format!("{path}: {size:?} of a region of {region:?}, {allowed:?} allowed"));
        }
        400 | 403 => {
            let head = server.request("HEAD", path, &[]);
            f.check(head.status == answer.status, || format!("HEAD {path}: {}", head.status));
            for held in ["*", "\"0\""] {
                let again = server.request("GET", path, &[("If-None-Match", held), ("Range", "bytes=0-99")]);
                f.check(again.status == answer.status, || format!("{path} with {held}: {}", again.status));
            }
            f.check(answer.body.len() < 600, || format!("{path}: a refusal of {} bytes", answer.body.len()));
        }
        other => f.check(other == 503, || format!("{path}: {other}")),
    }
    f.check(answer.status != 403 || largest == 0, || format!("{path}: refused as a whole"));
}

fn check_info(server: &Server, id: &str, largest: u32, f: &mut Failures) {
    for version in [3, 2] {
        let path = format!("/iiif/{version}/{id}/info.json");
        let answer = server.get(&path);
        if largest == 0 {
            f.check(answer.status == 403, || format!("{path}: {}", answer.status));
            continue;
        }
        let info = answer.json();
        f.check(info["width"] == WIDTH, || format!("{path}: {info}"));
        let limits = if version == 2 { &info["profile"][1] } else { &info };
        if largest < WIDTH {
            f.check(limits["maxWidth"] == largest, || format!("{path}: maxWidth {}", limits["maxWidth"]));
        }
        for size in info["sizes"].as_array().into_iter().flatten() {
            let path = format!("/iiif/3/{id}/full/{},{}/0/default.jpg", size["width"], size["height"]);
            let status = server.get(&path).status;
            f.check(status == 200, || format!("{path}, which is advertised: {status}"));
        }
        for factor in info["tiles"][0]["scaleFactors"].as_array().into_iter().flatten() {
            let factor = factor.as_u64().unwrap() as u32;
            let side = TILE.min(512) * factor;
            let (w, h) = (side.min(WIDTH), side.min(HEIGHT));
            let path = format!(
                "/iiif/3/{id}/0,0,{w},{h}/{},{}/0/default.jpg",
                w.div_ceil(factor),
                h.div_ceil(factor)
            );
            let status = server.get(&path).status;
            f.check(status == 200, || format!("{path}, a tile of advertised detail: {status}"));
        }
        let max = server.get(&format!("/iiif/3/{id}/full/max/0/default.jpg"));
        let expected = largest.min(WIDTH);
        f.check(size_of(&max).is_some_and(|(w, _)| w == expected), || {
            format!("{id}: max is {:?}", size_of(&max))
        });
    }
}

fn check_deep_zoom(server: &Server, id: &str, largest: u32, f: &mut Failures) {
    let description = server.get(&format!("/deepzoom/{id}.dzi"));
    f.check((description.status == 403) == (largest == 0), || format!("{id}.dzi: {}", description.status));
    for level in 0..=10u32 {
        let factor = 1 << (10 - level);
        let (w, h) = (WIDTH.div_ceil(factor), HEIGHT.div_ceil(factor));
        let path = format!("/deepzoom/{id}_files/{level}/0_0.jpg");
        let answer = server.get(&path);
        let allowed = largest > 0 && (w <= largest || largest >= WIDTH);
        f.check((answer.status == 200) == allowed, || format!("{path} ({w} x {h}): {}", answer.status));
    }
}

fn check_downloads(server: &Server, id: &str, largest: u32, original: bool, f: &mut Failures) {
    let path = format!("/download/{id}");
    for (method, headers) in [
        ("GET", &[][..]),
        ("HEAD", &[]),
        ("GET", &[("Range", "bytes=0-9")]),
        ("GET", &[("If-None-Match", "*")]),
    ] {
        let answer = server.request(method, &path, headers);
        let given = [200, 206, 304].contains(&answer.status);
        f.check(given == original, || format!("{method} {path} {headers:?}: {}", answer.status));
    }
    for format in ["jpg", "png", "tif"] {
        let path = format!("/download/{id}.{format}");
        let answer = server.get(&path);
        f.check((answer.status == 200) == (largest > 0), || format!("{path}: {}", answer.status));
        if answer.status == 200 {
            let fits = size_of(&answer).is_some_and(|(w, _)| w == largest.min(WIDTH));
            f.check(fits, || format!("{path}: {:?}", size_of(&answer)));
        }
    }
}

#[test]
fn forbidden_images_are_unavailable_on_every_route() {
    let collection = Collection::new();
    collection.ingest(false);
    let server = collection.serve();
    let mut failures = Failures::default();
    for case in cases() {
        for (kind, _) in kinds() {
            let mut names = vec![format!("{}/{kind}", case.name)];
            if kind == "pyramid.tif" {
                names.push(format!("{}/{kind};page=1", case.name));
                if case.name == "small" {
                    names.push("small:pyramid.tif".into());
                    names.push("links/small.tif".into());
                }
            }
            by_all_roads(&server, &names, case.largest, case.original, &mut failures);
        }
    }
    for (kind, _) in kinds() {
        by_all_roads(&server, &[format!("alone/{kind}")], 900, true, &mut failures);
    }
}

#[test]
fn newly_restricted_images_are_not_served_from_caches() {
    let collection = Collection::new();
    collection.ingest(true);
    let server = collection.serve();
    let mut tags = Vec::new();
    for case in cases() {
        for (kind, _) in kinds() {
            let id = segment(&format!("{}/{kind}", case.name));
            for (request, region) in requests() {
                let path = format!("/iiif/3/{id}/{request}");
                // Often enough to be in all caches.
                (1..4).for_each(|_| drop(server.get(&path)));
                let answer = server.get(&path);
                if answer.status == 200 {
                    tags.push((path, region, case.largest, answer.header("etag").to_owned()));
                }
            }
        }
    }
    collection.ingest(false);
    let closed = format!("/iiif/3/{}/info.json", segment("closed/plain.jpg"));
    assert!(
        eventually(Duration::from_secs(5), || server.get(&closed).status == 403),
        "rights are not followed"
    );
    let mut failures = Failures::default();
    for (path, region, largest, tag) in tags {
        check_pixels(&server, &path, region, largest, &mut failures);
        let held = server.request("GET", &path, &[("If-None-Match", &tag)]);
        let fresh = server.get(&path);
        let honest = held.status == fresh.status || held.status == 304 && fresh.header("etag") == tag;
        failures.check(honest, || {
            format!("{path}: {} with its former tag, {} without", held.status, fresh.status)
        });
    }
    for case in cases().iter().filter(|case| case.largest < WIDTH) {
        let (kind, number) = ("pyramid.tif", format!("{}/pyramid.tif", case.name));
        let manifest = server.get(&format!("/presentation/3/{}/manifest", segment(&number))).text();
        let offers = manifest.contains(&format!("/download/{}\"", segment(&number)));
        failures.check(offers == case.original, || {
            format!("{}/{kind}: the manifest offers the original", case.name)
        });
        let zip = server.get(&format!("/download/work/{}.zip", segment(&number)));
        let holds = zip.body.windows(kind.len()).any(|window| window == kind.as_bytes());
        let bytes = std::fs::metadata(Path::new(&collection.path("masters")).join(&number)).unwrap().len();
        let whole = holds && zip.body.len() as u64 > bytes;
        failures.check(whole == case.original || !case.original && !whole, || {
            format!("{number}: its zip holds the original")
        });
    }
}
