//! Similar works: of a work, of a detail and of a picture that is sent; what changes, and what is refused.

use std::time::Duration;

use serde_json::{Value, json};
use tegl::iiif::Dimensions;
use tegl::pixels::{Channels, Raster};

use crate::support::bombs;
use crate::support::command::tegl;
use crate::support::http::Response;
use crate::support::masters::{self, crop, jpeg_pyramid, plain_jpeg, png};
use crate::support::museum::{wait, wait_until_indexed};
use crate::support::server::Server;
use crate::support::workspace::Workspace;

const SOON: Duration = Duration::from_secs(20);

/// A landscape: sky, land, and a tree that stands somewhere.
fn landscape(sky: [u8; 3], land: [u8; 3], tree: u32) -> Raster {
    let (width, height) = (480, 320);
    let mut raster = Raster::blank(Dimensions::new(width, height), Channels::Rgb);
    for (n, pixel) in raster.samples.chunks_exact_mut(3).enumerate() {
        let (x, y) = (n as u32 % width, n as u32 / width);
        let is_tree = x.abs_diff(tree) < 24 && (60..220).contains(&y);
        let color = if is_tree {
            [40, 30, 20]
        } else if y < 190 {
            sky
        } else {
            land
        };
        // Brush strokes, so that nothing is a plain background.
        let stroke = ((x * 7 + y * 13) % 11) as u8;
        pixel.copy_from_slice(&color.map(|value: u8| value.saturating_add(stroke)));
    }
    raster
}

const SKY: [u8; 3] = [150, 180, 210];
const LAND: [u8; 3] = [80, 110, 60];

/// A bright disk on darkness.
fn still_life() -> Raster {
    let (width, height) = (300, 400);
    let mut raster = Raster::blank(Dimensions::new(width, height), Channels::Rgb);
    for (n, pixel) in raster.samples.chunks_exact_mut(3).enumerate() {
        let (x, y) = (n as i64 % i64::from(width) - 150, n as i64 / i64::from(width) - 220);
        let stroke = ((x * 3 + y * 5).rem_euclid(13)) as u8;
        let color: [u8; 3] = if x * x + y * y < 8000 { [200, 60, 40] } else { [30, 20, 15] };
        pixel.copy_from_slice(&color.map(|value| value.saturating_add(stroke)));
    }
    raster
}

fn record(number: &str, public_domain: bool, kind: &str) -> Value {
    json!({
        "object_number": number, "titles": {"en": format!("Picture {number}")}, "object_type": kind,
        "public_domain": public_domain, "images": [{"file": format!("{number}.tif")}],
    })
}

fn lines(records: &[Value]) -> String {
    records.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

/// A: a landscape. B: nearly the same. C: of other colors. D: a still life. H: like A, but it may not be shown.
fn museum() -> Workspace {
    let masters: Vec<(&str, Vec<u8>)> = [
        ("A.tif", landscape(SKY, LAND, 120)),
        ("B.tif", landscape([154, 182, 208], [82, 112, 64], 122)),
        ("C.tif", landscape([220, 120, 60], [60, 30, 70], 118)),
        ("D.tif", still_life()),
        ("H.tif", landscape(SKY, LAND, 120)),
    ]
    .into_iter()
    .map(|(name, raster)| (name, jpeg_pyramid(&raster, 128)))
    .collect();
    let workspace = Workspace::new(&masters);
    let records = [
        record("A", true, "Painting"),
        record("B", true, "Painting"),
        record("C", true, "Print"),
        record("D", true, "Painting"),
        record("H", false, "Painting"),
        json!({"object_number": "N", "titles": {"en": "Without a picture"}}),
    ];
    let ran = workspace.ingest("records.jsonl", &lines(&records), &["--name", "all"]);
    assert!(ran.code.is_some_and(|code| code < 2), "{}{}", ran.out, ran.err);
    workspace
}

/// Rights that hide what is not in the public domain.
const HIDDEN: &str = "[rights]\notherwise = { largest = 0, original = false }\n";

fn tag(museum: &Workspace) {
    let ran = tegl(
        &["tag", "--only", "likeness", &museum.path("masters")],
        &[("TEGL__CATALOGUE__URL", &museum.catalogue)],
    );
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

fn serve(museum: &Workspace, more: &[(&str, &str)]) -> Server {
    serve_with(museum, "", more)
}

fn serve_with(museum: &Workspace, settings: &str, more: &[(&str, &str)]) -> Server {
    std::fs::write(museum.path("tegl.toml"), format!("{HIDDEN}{settings}")).unwrap();
    let environment = [&[("TEGL__CATALOGUE__URL", museum.catalogue.as_str())], more].concat();
    let server =
        Server::with(&["--config", &museum.path("tegl.toml"), &museum.path("masters")], &environment);
    wait_until_indexed(&server);
    server
}

/// A model whose embedding is the mean color, with an encoder of the names of colors; its file is in the workspace.
fn tiny_model(museum: &Workspace) -> String {
    let fixture = |name: &str| format!("{}/tests/fixtures/models/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(fixture("mean_color.onnx"), museum.path("model.onnx")).unwrap();
    format!(
        r#"
        [models.tiny]
        file = {:?}
        input = {{ width = 4, height = 4, scale = 255 }}
        outputs.embedding = "embedding"
        text = {{ file = {:?}, tokenizer = {:?}, output = "text_embeds", tokens = 4 }}
        "#,
        museum.path("model.onnx"),
        fixture("color_names.onnx"),
        fixture("color_names.json")
    )
}

fn tag_with(museum: &Workspace, settings: &str, more: &[&str]) {
    std::fs::write(museum.path("tag.toml"), settings).unwrap();
    let (masters, file) = (museum.path("masters"), museum.path("tag.toml"));
    let arguments = [&["tag", "--config", &file, "--only", "likeness", &masters], more].concat();
    let ran = tegl(&arguments, &[("TEGL__CATALOGUE__URL", &museum.catalogue)]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

/// Waits until the vectors are loaded.
fn loaded(server: &Server) {
    wait(SOON, || server.get("/api/v1/works/A/similar").status == 200);
}

fn numbers(answer: &Response) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let works = answer.json()["works"].clone();
    works.as_array().unwrap().iter().map(|work| work["object_number"].as_str().unwrap().to_owned()).collect()
}

fn send(server: &Server, query: &str, kind: &str, body: &[u8]) -> Response {
    let head = format!(
        "POST /api/v1/similar{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    server.raw(&[head.as_bytes(), body].concat()).unwrap()
}

#[test]
fn a_near_duplicate_comes_first_and_hidden_pictures_do_not_come() {
    let museum = museum();
    tag(&museum);
    let server = serve(&museum, &[]);
    loaded(&server);
    let answer = server.get("/api/v1/works/A/similar");
    assert_eq!(numbers(&answer), ["B", "C", "D"], "{}", answer.text());
    let works = answer.json()["works"].clone();
    let likeness: Vec<f64> = (0..3).map(|at| works[at]["likeness"].as_f64().unwrap()).collect();
    assert!(likeness[0] > 0.95 && likeness.is_sorted_by(|a, b| a >= b) && likeness[2] >= 0.0, "{likeness:?}");
    assert_eq!((&works[0]["reason"], &works[1]["reason"]), (&json!("both"), &json!("form")), "{works}");
    assert!(works[0]["thumbnail"].as_str().unwrap().contains("/B.tif/"), "{works}");
    // One that may not be shown is not compared.
    let hidden = server.get("/api/v1/works/H/similar");
    assert!(hidden.status == 404 && hidden.text().contains("may be shown"), "{}", hidden.text());
    for (query, expected) in [
        ("limit=1", &["B"][..]),
        ("all=type:print", &["C"]),
        ("none=type:print", &["B", "D"]),
        ("q=picture&has_image=true&public_domain=true", &["B", "C", "D"]),
        ("public_domain=false", &[]),
        ("by=form", &["B", "C", "D"]),
        ("limit=0", &[]),
    ] {
        assert_eq!(numbers(&server.get(&format!("/api/v1/works/A/similar?{query}"))), expected, "{query}");
    }
    let by_color =
        server.get("/api/v1/works/A/similar?by=color&limit=1&fields=object_number,likeness").json();
    assert_eq!(by_color["works"][0]["reason"], "color");
    assert!(by_color["works"][0]["likeness"].as_f64().unwrap() > 0.9, "{by_color}");
    assert!(by_color["works"][0].get("thumbnail").is_none(), "{by_color}");
    for (path, status) in [
        ("works/Q/similar", 404),
        ("works/N/similar", 404),
        ("works/A/similar?by=smell", 400),
        ("works/A/similar?by=model:none", 400),
        ("works/A/similar?sort=date", 400),
        ("works/A/similar?all=nothing:x", 400),
    ] {
        let answer = server.get(&format!("/api/v1/{path}"));
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let page = server.get("/works/A").text();
    let similar = page.split("similar-heading").last().unwrap();
    assert!(
        page.contains("similar-heading")
            && similar.contains("/works/B")
            && similar.contains("/iiif/3/B.tif/"),
        "{page}"
    );
    assert!(!page.contains("H.tif"), "{page}");
    assert!(!server.get("/works/N").text().contains("similar-heading"));
}

#[test]
fn before_pictures_are_tagged_the_answer_says_what_to_do_and_then_they_are_found() {
    let museum = museum();
    let server = serve(&museum, &[]);
    wait(SOON, || server.get("/api/v1/works/A/similar").status != 503);
    let untagged = server.get("/api/v1/works/A/similar");
    assert!(untagged.status == 404 && untagged.text().contains("tegl tag"), "{}", untagged.text());
    assert!(!server.get("/works/A").text().contains("similar-heading"));
    // Beside a running server.
    tag(&museum);
    loaded(&server);
    wait(SOON, || numbers(&server.get("/api/v1/works/A/similar")) == ["B", "C", "D"]);
    // A work gets another picture, which is tagged; another leaves; a third becomes one that may be shown.
    std::fs::write(museum.path("masters/B.tif"), jpeg_pyramid(&still_life(), 128)).unwrap();
    let records = [
        record("A", true, "Painting"),
        record("B", true, "Painting"),
        record("D", true, "Painting"),
        record("H", true, "Painting"),
    ];
    let ran =
        museum.ingest("records.jsonl", &lines(&records), &["--name", "all", "--prune", "--prune-limit", "2"]);
    assert!(ran.code.is_some_and(|code| code < 2), "{}{}", ran.out, ran.err);
    tag(&museum);
    wait(SOON, || numbers(&server.get("/api/v1/works/D/similar")) == ["B", "A", "H"]);
    wait(SOON, || numbers(&server.get("/api/v1/works/A/similar"))[0] == "H");
}

#[test]
fn a_query_selects_the_works_that_are_read() {
    let museum = museum();
    let run = |more: &[&str]| {
        let masters = museum.path("masters");
        let arguments = [&["tag", "--only", "likeness", "--json", &masters], more].concat();
        tegl(&arguments, &[("TEGL__CATALOGUE__URL", &museum.catalogue)])
    };
    for (query, expected) in [
        ("any=type:print", &["C"][..]),
        ("q=picture&none=type:print&public_domain=true&has_image=true", &["A", "B", "D"]),
        ("picture H", &["H"]),
    ] {
        let ran = run(&["--works", query]);
        assert_eq!(ran.code, Some(0), "{query}: {}", ran.err);
        let read = ran.objects();
        let mut numbers: Vec<&str> = read.iter().filter_map(|line| line["object_number"].as_str()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, expected, "{query}: {}", ran.out);
        let summary = &read.last().unwrap()["summary"];
        assert_eq!((&summary["works"], &summary["read"]), (&json!(expected.len()), &json!(expected.len())));
    }
    let page = museum.path("page.html");
    let ran = run(&["--works", "any=type:print", "--dry-run", &page]);
    assert_eq!(ran.objects().len(), 2, "{}{}", ran.out, ran.err);
    let page = std::fs::read_to_string(&page).unwrap();
    assert!(page.contains("Picture C") && !page.contains("Picture A"));
    for (query, says) in [
        ("colours=3f6fb5", "did you mean `colour`"),
        ("colour=blue", "six hexadecimal digits"),
        ("any=smell:x", "not a known scheme"),
        ("sort=date", "not a known parameter"),
        ("q=nothing+of+that", "no work is found"),
    ] {
        let ran = run(&["--works", query]);
        assert!(ran.code == Some(1) && ran.err.contains(says), "{query}: {:?} {}", ran.code, ran.err);
    }
    let masters = museum.path("masters");
    let environment = [("TEGL__CATALOGUE__URL", museum.catalogue.as_str()), ("TEGL__SEARCH__FOLDER", "none")];
    let ran = tegl(&["tag", "--works", "q=picture", &masters], &environment);
    assert!(ran.code == Some(1) && ran.err.contains("needs a catalogue and a folder"), "{}", ran.err);
}

#[test]
fn memory_is_bounded_and_the_answer_says_what_is_needed() {
    let museum = museum();
    tag(&museum);
    let server = serve(&museum, &[("TEGL__LIKENESS__MEMORY_MIB", "0")]);
    let off = server.get("/api/v1/works/A/similar");
    assert!(off.status == 403 && off.text().contains("likeness.memory_mib"), "{}", off.text());
    assert_eq!(server.get("/works/A").status, 200);
    let off = send(&server, "", "image/png", &png(&still_life()));
    assert_eq!(off.status, 403, "{}", off.text());
    drop(server);
    let server = serve(&museum, &[("TEGL__LIKENESS__UPLOAD_MIB", "0")]);
    loaded(&server);
    let off = send(&server, "", "image/png", &png(&still_life()));
    assert!(off.status == 403 && off.text().contains("likeness.upload_mib"), "{}", off.text());
}

#[test]
fn works_are_found_by_a_picture_that_is_sent() {
    let museum = museum();
    tag(&museum);
    let server = serve(&museum, &[("TEGL__LIKENESS__UPLOAD_MIB", "1")]);
    loaded(&server);
    for (file, kind) in [
        (plain_jpeg(&still_life()), "image/jpeg"),
        (png(&still_life()), "application/octet-stream"),
        (masters::jp2(&still_life()), "image/jp2"),
        (masters::webp(&still_life()), "image/webp"),
        (jpeg_pyramid(&still_life(), 128), "application/x-www-form-urlencoded"),
    ] {
        let answer = send(&server, "?limit=2", kind, &file);
        assert_eq!(numbers(&answer)[0], "D", "{kind}");
        let first = answer.json()["works"][0].clone();
        assert!(first["likeness"].as_f64().unwrap() > 0.9 && first["reason"] == "both", "{kind}: {first}");
    }
    // Held in the hand.
    let turned = masters::rotated_jpeg(&landscape(SKY, LAND, 120), 6);
    assert_eq!(numbers(&send(&server, "?limit=1&all=type:painting", "image/jpeg", &turned)).len(), 1);
    let good = plain_jpeg(&still_life());
    for (kind, body, status, says) in [
        ("multipart/form-data; boundary=x", good.as_slice(), 415, "--data-binary"),
        ("application/json", b"{}", 415, "--data-binary"),
        ("image/png", b"", 400, "is empty"),
        ("image/png", b"a text", 415, "JPEG"),
        ("application/pdf", b"%PDF-1.4", 415, "--data-binary"),
        ("image/avif", b"\0\0\0\x20ftypavif", 415, "JPEG"),
        ("image/jpeg", &good[..good.len() / 3], 422, "picture"),
        ("image/jpeg", &good[..100], 422, "picture"),
    ] {
        let answer = send(&server, "", kind, body);
        assert_eq!(answer.status, status, "{kind}: {}", answer.text());
        assert!(answer.text().contains(says), "{kind}: {}", answer.text());
    }
    let long = send(&server, "", "image/png", &vec![0; (1 << 20) + 1]);
    assert!(long.status == 413 && long.text().contains("1024 KiB"), "{}", long.text());
    assert_eq!(send(&server, "?by=model:a", "image/jpeg", &good).status, 400);
    assert_eq!(send(&server, "", "image/jpeg", &good).json()["by"], "both");
    let other = server.request("PUT", "/api/v1/similar", &[]);
    assert_eq!((other.status, other.header("allow")), (405, "GET, HEAD, POST, OPTIONS"));
}

#[test]
fn a_model_reads_what_is_sent_as_it_has_read_the_works() {
    let museum = museum();
    let model = tiny_model(&museum);
    tag_with(&museum, &model, &[]);
    let server = serve_with(&museum, &model, &[]);
    let still = plain_jpeg(&still_life());
    // The model is loaded by the first who needs it.
    wait(SOON, || send(&server, "", "image/jpeg", &still).status == 200);
    for query in ["?limit=1", "?limit=1&by=model:tiny"] {
        let answer = send(&server, query, "image/jpeg", &still);
        assert_eq!(numbers(&answer), ["D"], "{}", answer.text());
        assert_eq!(answer.json()["by"], "model:tiny");
        assert!(answer.json()["works"][0]["likeness"].as_f64().unwrap() > 0.95, "{}", answer.text());
    }
    assert_eq!(server.get("/api/v1/works/D/similar").json()["by"], "model:tiny");
    for query in ["", "&by=model:tiny"] {
        let detail = server.get(&format!("/api/v1/works/A/similar?xywh=0,0,400,180{query}"));
        assert_eq!((detail.status, &detail.json()["by"]), (200, &json!("model:tiny")), "{}", detail.text());
    }
    for by in ["color", "form", "both"] {
        let answer = send(&server, &format!("?by={by}"), "image/jpeg", &still).json();
        assert_eq!(
            (&answer["by"], &answer["works"][0]["object_number"]),
            (&json!(by), &json!("D")),
            "{answer}"
        );
    }
    // The model has no embedding of a black picture: it cannot be normalised.
    let black = plain_jpeg(&Raster::blank(Dimensions::new(64, 48), Channels::Rgb));
    let refused = send(&server, "?by=model:tiny", "image/jpeg", &black);
    assert!(refused.status == 422 && refused.text().contains("use `both`"), "{}", refused.text());
    assert_eq!(send(&server, "?by=both", "image/jpeg", &black).status, 200);
    drop(server);
    // No model in the settings, no memory for it, another version of it, or a damaged one.
    let check = |settings: &str, more: &[(&str, &str)], says: &str| {
        let server = serve_with(&museum, settings, more);
        loaded(&server);
        wait(SOON, || send(&server, "?limit=1", "image/jpeg", &still).status == 200);
        let usual = send(&server, "?limit=1", "image/jpeg", &still).json();
        assert_eq!(
            (&usual["by"], &usual["works"][0]["object_number"]),
            (&json!("both"), &json!("D")),
            "{usual}"
        );
        let refused = send(&server, "?by=model:tiny", "image/jpeg", &still);
        assert!(refused.status == 422 && refused.text().contains(says), "{says}: {}", refused.text());
        assert_eq!(refused.json()["parameter"], "by");
        // Works are compared as before.
        assert_eq!(server.get("/api/v1/works/D/similar").json()["by"], "model:tiny");
    };
    check("", &[], "is not among the settings");
    check(&model, &[("TEGL__LIKENESS__MODELS_MIB", "0")], "set likeness.models_mib to 1 or more");
    let original = std::fs::read(museum.path("model.onnx")).unwrap();
    // A field that readers skip.
    std::fs::write(museum.path("model.onnx"), [&original[..], &[0xfa, 0x3f, 1, b'x']].concat()).unwrap();
    check(&model, &[], "but the vectors of works have");
    std::fs::write(museum.path("model.onnx"), &original[..original.len() / 2]).unwrap();
    check(&model, &[], "cannot be loaded");
}

#[test]
fn works_are_found_by_a_text_where_a_model_encodes_texts() {
    let museum = museum();
    let model = tiny_model(&museum);
    tag_with(&museum, &model, &[]);
    let server = serve_with(&museum, &model, &[]);
    loaded(&server);
    let asked = "/api/v1/works?like=text:red";
    wait(SOON, || server.get(asked).status == 200);
    let mut red = numbers(&server.get(asked));
    assert_eq!(red.len(), 4, "{red:?}");
    red[..2].sort_unstable();
    assert_eq!(red[..2], ["C", "D"], "{red:?}");
    let blue = numbers(&server.get("/api/v1/works?like=text:Blue&limit=2"));
    assert!(blue == ["A", "B"] || blue == ["B", "A"], "{blue:?}");
    let filtered = server.get("/api/v1/works?like=text:red&all=type:print&facet=type&lang=en&histogram=50");
    assert_eq!(numbers(&filtered), ["C"]);
    let page = filtered.json();
    assert_eq!((&page["total"], &page["facets"]["type"][0]["works"]), (&json!(1), &json!(1)), "{page}");
    assert!(page["histogram"].is_array() && page["works"][0]["titles"].is_array(), "{page}");
    for (query, parameter, says) in [
        ("like=red", "like", "must be `text:`"),
        ("like=text:%20", "like", "must be `text:`"),
        ("like=text:smell", "like", "other words"),
        ("like=text:red&sort=date", "sort", "cannot be combined with `like`"),
        ("like=text:red&any=smell:x", "any", "not a known scheme"),
    ] {
        let refused = server.get(&format!("/api/v1/works?{query}"));
        let status = if parameter == "any" { 400 } else { 422 };
        assert_eq!((refused.status, &refused.json()["parameter"]), (status, &json!(parameter)), "{query}");
        assert!(refused.text().contains(says), "{query}: {}", refused.text());
    }
    drop(server);
    // No model with texts; one whose pictures are not read yet; and one of another version.
    let server = serve(&museum, &[]);
    let refused = server.get(asked);
    assert!(refused.status == 422 && refused.text().contains("[models.NAME.text]"), "{}", refused.text());
    drop(server);
    let server = serve_with(&museum, &model.replace("models.tiny", "models.other"), &[]);
    loaded(&server);
    let untagged = server.get(asked);
    assert!(untagged.status == 404 && untagged.text().contains("tegl tag"), "{}", untagged.text());
    drop(server);
    let original = std::fs::read(museum.path("model.onnx")).unwrap();
    std::fs::write(museum.path("model.onnx"), [&original[..], &[0xfa, 0x3f, 1, b'x']].concat()).unwrap();
    let server = serve_with(&museum, &model, &[]);
    loaded(&server);
    wait(SOON, || server.get(asked).status != 503);
    let refused = server.get(asked);
    assert!(
        refused.status == 422 && refused.text().contains("the vectors of works have"),
        "{}",
        refused.text()
    );
}

/// A green wall of 480 x 320 with a part of the still life, 240 x 160, in its lower right corner.
fn wall() -> Raster {
    let (mut wall, still) = (landscape([90, 140, 90], [90, 140, 90], 2000), still_life());
    for y in 0..160 {
        let row = crop(&still, 30, 140 + y, 240, 1);
        let to = ((160 + y as usize) * 480 + 240) * 3;
        wall.samples[to..to + 720].copy_from_slice(&row.samples);
    }
    wall
}

#[test]
fn a_detail_finds_a_similar_detail_and_its_place() {
    let museum = museum();
    std::fs::write(museum.path("masters/A.tif"), jpeg_pyramid(&wall(), 128)).unwrap();
    let model = tiny_model(&museum);
    let details = format!("[likeness]\ndetails = true\n{model}");
    // Details are made later than the rest, once.
    tag_with(&museum, &model, &[]);
    tag_with(&museum, &details, &[]);
    let file = museum.path("tag.toml");
    let again = tegl(
        &["tag", "--config", &file, "--only", "likeness", "--json", &museum.path("masters")],
        &[("TEGL__CATALOGUE__URL", &museum.catalogue)],
    );
    assert_eq!(again.objects().last().unwrap()["summary"]["read"], 0, "{}", again.out);
    let asked = "/api/v1/works/D/similar?xywh=30,140,240,160&limit=2";
    for (settings, by, usual) in
        [(details.as_str(), "model:tiny", "model:tiny"), ("[likeness]\ndetails = true", "both", "both")]
    {
        let server = serve_with(&museum, settings, &[]);
        loaded(&server);
        wait(SOON, || server.get(asked).status == 200);
        for query in ["", &format!("&by={by}"), "&by=both", "&by=color", "&by=form"] {
            let answer = server.get(&format!("{asked}{query}"));
            let found = answer.json();
            let expected = query.strip_prefix("&by=").unwrap_or(usual);
            assert_eq!(
                (numbers(&answer)[0].as_str(), found["by"].as_str()),
                ("A", Some(expected)),
                "{query}: {found}"
            );
            let detail = &found["works"][0]["detail"];
            let manifest = server.get("/presentation/3/A/manifest").json();
            assert_eq!(detail["canvas"], manifest["items"][0]["id"], "{found}");
            assert_eq!(detail["xywh"], "240,160,240,160", "{query}: {found}");
        }
        wait(SOON, || server.get(asked).json()["details"] == true);
        let page = server.get("/works/D?xywh=30,140,240,160").text();
        for query in ["similar=D", "similar=D&canvas=1&xywh=30,140,240,160"] {
            let link = format!("href=\"/?{}\"", query.replace('&', "&amp;").replace(',', "%2C"));
            assert!(page.contains(&link), "no {link} in {page}");
            let found = server.get(&format!("/?{query}")).text();
            assert!(found.contains("Works like") && found.contains("href=\"/works/A\""), "{query}: {found}");
        }
        // Whole works and pictures that are sent are compared with whole works.
        let whole = server.get("/api/v1/works/D/similar").json();
        assert!(whole["works"][0].get("detail").is_none(), "{whole}");
        let sent = send(&server, "?limit=1", "image/jpeg", &plain_jpeg(&still_life())).json();
        assert!(
            sent["works"][0]["object_number"] == "D" && sent["works"][0].get("detail").is_none(),
            "{sent}"
        );
    }
    let server = serve_with(&museum, &model, &[]);
    loaded(&server);
    wait(SOON, || server.get(asked).status == 200);
    let off = server.get(asked).json();
    assert!(off["works"][0].get("detail").is_none() && off["details"] == false, "{off}");
    let page = server.get("/works/D?xywh=30,140,240,160").text();
    assert!(page.contains("href=\"/?similar=D\"") && !page.contains("id=\"like-detail\""), "{page}");
}

#[test]
fn small_files_that_claim_to_be_enormous_are_refused() {
    let museum = museum();
    tag(&museum);
    let mut server = serve(&museum, &[("TEGL__WORK__MEMORY_MIB", "64"), ("TEGL__CACHE__DECODED_MIB", "16")]);
    loaded(&server);
    let before = server.peak_memory();
    let bombs = [
        ("png", bombs::png(30_000, [8, 2, 0], &[], 20_000_000)),
        ("interlaced png", bombs::png(7000, [16, 6, 1], &[], 20_000_000)),
        ("jp2", bombs::Jp2::new(30_000).file()),
        ("progressive jpeg", bombs::progressive(60_000, 50)),
        ("webp", bombs::webp(16_000)),
        ("gif", bombs::gif(60_000)),
        ("tiff", bombs::levels(65_536, 40)),
    ];
    std::thread::scope(|scope| {
        for (name, file) in &bombs {
            for _ in 0..3 {
                let server = &server;
                scope.spawn(move || {
                    let answer = send(server, "", "image/png", file);
                    assert!(
                        [413, 415, 422, 503].contains(&answer.status),
                        "{name}: {} {}",
                        answer.status,
                        answer.text()
                    );
                });
            }
        }
    });
    let taken = (server.peak_memory() - before) / f64::from(1 << 20);
    assert!(taken < 200.0, "{taken:.0} MiB");
    assert!(server.is_alive());
    assert_eq!(numbers(&send(&server, "?limit=1", "image/png", &png(&still_life()))), ["D"]);
}

#[test]
fn works_are_found_by_a_detail() {
    let museum = museum();
    // A wall with the still life on it.
    let (mut wall, still) = (landscape([90, 140, 90], [90, 140, 90], 2000), still_life());
    for y in 0..200 {
        let row = crop(&still, 0, y * 2, 300, 1);
        for x in 0..150 {
            let (from, to) = (6 * x, ((60 + y as usize) * 480 + 300 + x) * 3);
            wall.samples[to..to + 3].copy_from_slice(&row.samples[from..from + 3]);
        }
    }
    std::fs::write(museum.path("masters/A.tif"), jpeg_pyramid(&wall, 128)).unwrap();
    tag(&museum);
    let server = serve(&museum, &[]);
    loaded(&server);
    let canvas =
        server.get("/presentation/3/A/manifest").json()["items"][0]["id"].as_str().unwrap().to_owned();
    let canvas: String = url::form_urlencoded::byte_serialize(canvas.as_bytes()).collect();
    for path in [
        "works/A/similar?xywh=300,60,150,200".to_owned(),
        "works/A/similar?xywh=percent:62.5,18.75,31.25,62.5&canvas=1".to_owned(),
        format!("similar?canvas={canvas}&xywh=300,60,150,200"),
        format!("works/A/similar?canvas={canvas}&xywh=pixel:300,60,150,200&limit=1"),
    ] {
        let answer = server.get(&format!("/api/v1/{path}"));
        let found = numbers(&answer);
        assert_eq!(found[0], "D", "{path}: {}", answer.text());
        assert!(!found.contains(&"A".to_owned()) && !found.contains(&"H".to_owned()), "{found:?}");
    }
    for (path, status, parameter) in [
        ("works/A/similar?xywh=1,2", 400, "xywh"),
        ("works/A/similar?xywh=5000,0,10,10", 422, "xywh"),
        ("works/A/similar?xywh=0,0,10,10&canvas=7", 404, "canvas"),
        ("works/H/similar?xywh=0,0,10,10", 404, "canvas"),
        ("similar?xywh=0,0,10,10", 400, "canvas"),
        ("similar?canvas=https%3A%2F%2Felsewhere%2F1", 422, "canvas"),
    ] {
        let answer = server.get(&format!("/api/v1/{path}"));
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.json()["parameter"], parameter, "{path}: {}", answer.text());
    }
}

#[test]
fn the_description_has_similar_works() {
    let museum = museum();
    let server = serve(&museum, &[]);
    let described = server.get("/api/v1/openapi.json").json();
    let paths = &described["paths"];
    assert!(paths["/api/v1/works/{work}/similar"]["get"]["responses"]["200"].is_object());
    assert!(paths["/api/v1/similar"]["post"]["requestBody"]["content"]["image/*"].is_object());
    let similar = &described["components"]["schemas"]["Similar"]["properties"]["works"];
    assert!(similar.to_string().contains("SimilarWork"), "{similar}");
    let reasons = &described["components"]["schemas"]["SimilarWork"]["allOf"][1]["properties"]["reason"];
    assert!(["color", "form", "both"].iter().all(|reason| reasons.to_string().contains(reason)), "{reasons}");
}
