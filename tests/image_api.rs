//! The Image API over real stores: every form of every parameter, headers, tiles.

use std::collections::HashSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::Failures;
use crate::support::masters::{self, HEIGHT, WIDTH, crop, difference, dimensions, picture};
use crate::support::server::Server;
use crate::support::weed::Weed;
use tegl::master::write::Compression;
use tegl::pixels::scale;

#[test]
fn requests_keep_what_info_json_promises_for_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in collection() {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    promises(&Server::start(folder.path().to_str().unwrap()));
}

#[test]
fn requests_keep_what_info_json_promises_for_a_bucket() {
    let Some(weed) = Weed::start() else { return };
    weed.put(&collection());
    promises(&Server::with(&["s3://masters"], &weed.environment()));
}

fn collection() -> Vec<(&'static str, Vec<u8>)> {
    let raster = picture(WIDTH, HEIGHT);
    let small = picture(300, 200);
    let pyramid = masters::jpeg_pyramid(&raster, 256);
    vec![
        ("Værker/Ø x.tif", pyramid.clone()),
        ("ark:/12025/654.tif", masters::jpeg_pyramid(&small, 64)),
        ("pyramid.tif", pyramid),
        ("odd name 50%+#&=;.tif", masters::jpeg_pyramid(&small, 64)),
        ("lossless.tif", masters::pyramid(&raster, 256, Compression::Deflate)),
        ("zstd.tif", masters::pyramid(&small, 128, Compression::Zstd)),
        ("striped.tif", masters::striped_tiff(&small)),
        ("plain.jpg", masters::plain_jpeg(&raster)),
        ("turned.jpg", masters::rotated_jpeg(&small, 6)),
        ("plain.png", masters::png(&small)),
        ("plain.webp", masters::webp(&small)),
    ]
}

fn promises(server: &Server) {
    let mut failures = Failures::default();
    let f = &mut failures;
    // First, for it counts from zero.
    advertised_tiles_are_stored_tiles(server, f);
    info_describes_the_image(server, f);
    identifiers_are_repeated_as_they_came(server, f);
    media_types_are_negotiated(server, f);
    a_base_uri_leads_to_its_info(server, f);
    every_form_gives_its_size(server, f);
    errors_say_what_is_wrong(server, f);
    head_answers_as_get_without_a_body(server, f);
    preflights_allow_authorization(server, f);
    entity_tags_spare_the_body(server, f);
    links_name_the_canonical_form(server, f);
    repeated_requests_are_answered_alike(server, f);
    every_master_is_read(server, f);
    deep_zoom_has_the_same_tiles(server, f);
    every_page_and_manifest_answers(server, f);
}

fn info(server: &Server, version: u8, id: &str) -> Value {
    let answer = server.get(&format!("/iiif/{version}/{id}/info.json"));
    assert_eq!(answer.status, 200, "{id}: {}", answer.text());
    answer.json()
}

fn advertised_tiles_are_stored_tiles(server: &Server, f: &mut Failures) {
    let document = info(server, 3, "pyramid.tif");
    let side = document["tiles"][0]["width"].as_u64().unwrap() as u32;
    let factors: Vec<u32> = document["tiles"][0]["scaleFactors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap() as u32)
        .collect();
    f.check((side, &factors[..]) == (256, &[1, 2, 4, 8]), || format!("tiles are {}", document["tiles"]));
    let before = server.metric("tegl_answers_total{source=\"stored\"}");
    let mut asked = 0;
    let full = picture(WIDTH, HEIGHT);
    let mut level = full.clone();
    for factor in factors {
        if factor > 1 {
            let (samples, size) = scale::shrink(&level.samples, level.dimensions, 3, 2);
            level = tegl::pixels::Raster { dimensions: size, samples, ..level };
        }
        let step = side * factor;
        for (y, x) in (0..HEIGHT)
            .step_by(step as usize)
            .flat_map(|y| (0..WIDTH).step_by(step as usize).map(move |x| (y, x)))
        {
            let (w, h) = (step.min(WIDTH - x), step.min(HEIGHT - y));
            let (across, down) = (w.div_ceil(factor), h.div_ceil(factor));
            let path = format!("/iiif/3/pyramid.tif/{x},{y},{w},{h}/{across},{down}/0/default.jpg");
            let answer = server.get(&path);
            asked += 1;
            let found = masters::pixels(&answer.body);
            let expected = crop(&level, x / factor, y / factor, across, down);
            let far = found.and_then(|found| difference(&found, &expected));
            f.check(answer.status == 200 && far.is_some_and(|far| far < 3.0), || {
                format!("{path}: {} and differs by {far:?}", answer.status)
            });
        }
    }
    let stored = server.metric("tegl_answers_total{source=\"stored\"}") - before;
    f.check(stored == f64::from(asked), || format!("{stored} of {asked} advertised tiles were stored ones"));
    f.check(server.metric("tegl_answers_total{source=\"rendered\"}") == 0.0, || "a tile was rendered".into());
}

fn info_describes_the_image(server: &Server, f: &mut Failures) {
    let three = info(server, 3, "pyramid.tif");
    let base = format!("http://{}/iiif", server.address);
    let mut expect = |document: &Value, pointer: &str, expected: Value| {
        let found = document.pointer(pointer).unwrap_or(&Value::Null);
        f.check(*found == expected, || format!("info.json {pointer} is {found}, not {expected}"));
    };
    expect(&three, "/@context", json!("http://iiif.io/api/image/3/context.json"));
    expect(&three, "/id", json!(format!("{base}/3/pyramid.tif")));
    expect(&three, "/type", json!("ImageService3"));
    expect(&three, "/protocol", json!("http://iiif.io/api/image"));
    expect(&three, "/profile", json!("level2"));
    expect(&three, "/width", json!(WIDTH));
    expect(&three, "/height", json!(HEIGHT));
    expect(&three, "/extraQualities", json!(["color", "gray", "bitonal"]));
    let sizes = [(188, 138), (375, 275), (750, 550), (1500, 1100)];
    let sizes: Vec<_> = sizes.iter().map(|(w, h)| json!({ "width": w, "height": h })).collect();
    expect(&three, "/sizes", json!(sizes));
    let two = info(server, 2, "pyramid.tif");
    expect(&two, "/@context", json!("http://iiif.io/api/image/2/context.json"));
    expect(&two, "/@id", json!(format!("{base}/2/pyramid.tif")));
    expect(&two, "/protocol", json!("http://iiif.io/api/image"));
    expect(&two, "/profile/0", json!("http://iiif.io/api/image/2/level2.json"));
    expect(&two, "/sizes", json!(sizes));
    expect(&two, "/tiles", three["tiles"].clone());
    for size in sizes {
        let (w, h) = (&size["width"], &size["height"]);
        let path = format!("/iiif/3/pyramid.tif/full/{w},{h}/0/default.jpg");
        let found = dimensions("image/jpeg", &server.get(&path).body);
        f.check(found.map(|(w, _)| json!(w)) == Some(w.clone()), || format!("{path} is {found:?}"));
    }
    let turned = info(server, 3, "turned.jpg");
    f.check((&turned["width"], &turned["height"]) == (&json!(200), &json!(300)), || {
        "a quarter turn by EXIF does not exchange the sides".into()
    });
}

fn identifiers_are_repeated_as_they_came(server: &Server, f: &mut Failures) {
    let raw = [
        "V%C3%A6rker%2F%C3%98%20x.tif",
        "V%c3%a6rker%2f%C3%98%20x%2Etif",
        "ark:%2F12025%2F654.tif",
        "ark%3A%2F12025%2F654.tif",
        "ark:/12025/654.tif",
        "pyramid%2Etif",
        "odd%20name%2050%25%2B%23%26%3D%3B.tif",
    ];
    for (raw, (version, key)) in raw.iter().flat_map(|raw| [(raw, (2, "@id")), (raw, (3, "id"))]) {
        let answer = server.get(&format!("/iiif/{version}/{raw}/info.json"));
        let expected = format!("http://{}/iiif/{version}/{raw}", server.address);
        f.check(answer.status == 200 && answer.json()[key] == expected, || {
            format!("{expected}: {} {}", answer.status, answer.text())
        });
        let tile = server.get(&format!("/iiif/{version}/{raw}/0,0,64,64/64,/0/default.jpg"));
        f.check(tile.status == 200, || format!("a tile of {raw}: {}", tile.status));
    }
    let named =
        server.request("GET", "/iiif/3/pyramid.tif/info.json", &[("Host", "images.example.org:8443")]);
    f.check(named.json()["id"] == "http://images.example.org:8443/iiif/3/pyramid.tif", || named.text());
    let forwarded = [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https")];
    let answer = server.request("GET", "/iiif/3/pyramid.tif/info.json", &forwarded);
    f.check(!answer.text().contains("evil") && !answer.text().contains("https://"), || {
        "a stranger's forwarding headers are believed".into()
    });
}

fn media_types_are_negotiated(server: &Server, f: &mut Failures) {
    const LD_3: &str = "application/ld+json;profile=\"http://iiif.io/api/image/3/context.json\"";
    for (version, accept, expected) in [
        (3, "", LD_3),
        (3, "*/*", LD_3),
        (3, "application/ld+json", LD_3),
        (3, "application/json", "application/json"),
        (3, "application/json;q=0.5, application/ld+json", LD_3),
        (3, "text/html, application/json;q=0.9, */*;q=0.8", "application/json"),
        (2, "", "application/json"),
        (2, "*/*", "application/json"),
        (2, "application/ld+json", "application/ld+json"),
        (2, "application/ld+json;q=0", "application/json"),
    ] {
        let headers = [("Accept", accept)];
        let headers = if accept.is_empty() { &headers[..0] } else { &headers[..] };
        let answer = server.request("GET", &format!("/iiif/{version}/pyramid.tif/info.json"), headers);
        let found = answer.header("content-type");
        f.check(found == expected, || format!("version {version}, Accept `{accept}`: {found}"));
        f.check(answer.header("vary").contains("Accept"), || "info.json does not vary by Accept".into());
    }
}

fn a_base_uri_leads_to_its_info(server: &Server, f: &mut Failures) {
    for (path, expected) in [
        ("/iiif/3/pyramid.tif", "/iiif/3/pyramid.tif/info.json"),
        ("/iiif/2/pyramid.tif", "/iiif/2/pyramid.tif/info.json"),
        ("/iiif/3/pyramid.tif/", "/iiif/3/pyramid.tif/info.json"),
        ("/iiif/3/V%C3%A6rker%2f%C3%98%20x.tif", "/iiif/3/V%C3%A6rker%2f%C3%98%20x.tif/info.json"),
    ] {
        let answer = server.get(path);
        let expected = format!("http://{}{expected}", server.address);
        let found = (answer.status, answer.header("location"), answer.header("access-control-allow-origin"));
        f.check(found == (303, &expected, "*"), || format!("{path}: {found:?}"));
    }
}

const JPG: &str = "image/jpeg";

fn every_form_gives_its_size(server: &Server, f: &mut Failures) {
    let mut check = |version: u8, parameters: &str, media_type: &str, size: (u32, u32)| {
        let answer = server.get(&format!("/iiif/{version}/pyramid.tif/{parameters}"));
        let found = dimensions(answer.header("content-type"), &answer.body);
        let right =
            answer.status == 200 && answer.header("content-type") == media_type && found == Some(size);
        f.check(right, || {
            format!(
                "{version}: {parameters}: {} {} {found:?}, not {size:?}",
                answer.status,
                answer.header("content-type")
            )
        });
        f.check(answer.header("access-control-allow-origin") == "*", || format!("{parameters}: no CORS"));
    };
    // Regions.
    for (region, size) in [
        ("full", (1500, 1100)),
        ("square", (1100, 1100)),
        ("0,0,1500,1100", (1500, 1100)),
        ("100,200,300,400", (300, 400)),
        ("1400,1000,500,500", (100, 100)),
        ("1499,1099,1,1", (1, 1)),
        ("0,0,99999999999,99999999999", (1500, 1100)),
        ("pct:0,0,100,100", (1500, 1100)),
        ("pct:10,10,50,50", (750, 550)),
        ("pct:33.3333,0,33.3334,100", (500, 1100)),
        ("pct:90,90,50,50", (150, 110)),
        ("%31%30%30,200,300,400", (300, 400)),
    ] {
        check(3, &format!("{region}/max/0/default.jpg"), JPG, size);
        check(2, &format!("{region}/full/0/default.jpg"), JPG, size);
    }
    // Sizes.
    for (parameters, size) in [
        ("full/max", (1500, 1100)),
        ("full/^max", (8257, 6055)),
        ("full/750,", (750, 550)),
        ("full/,550", (750, 550)),
        ("full/pct:10", (150, 110)),
        ("full/pct:12.5", (188, 138)),
        ("full/300,300", (300, 300)),
        ("full/!300,300", (300, 220)),
        ("full/!5000,5000", (1500, 1100)),
        ("full/!1,1", (1, 1)),
        ("0,0,100,100/^200,", (200, 200)),
        ("0,0,100,100/^,200", (200, 200)),
        ("0,0,100,100/^pct:150", (150, 150)),
        ("0,0,100,100/^200,50", (200, 50)),
        ("0,0,100,50/^!400,400", (400, 200)),
        ("0,0,100,100/^50,", (50, 50)),
        ("0,0,100,100/%5E200,", (200, 200)),
    ] {
        if parameters != "full/^max" {
            check(3, &format!("{parameters}/0/default.jpg"), JPG, size);
        }
    }
    for (parameters, size) in [
        ("full/full", (1500, 1100)),
        ("full/max", (1500, 1100)),
        ("0,0,100,100/200,", (200, 200)),
        ("0,0,100,100/pct:150", (150, 150)),
        ("0,0,100,100/200,50", (200, 50)),
        ("full/!300,300", (300, 220)),
    ] {
        check(2, &format!("{parameters}/0/default.jpg"), JPG, size);
    }
    // Rotations.
    for (rotation, size) in [
        ("0", (300, 200)),
        ("90", (200, 300)),
        ("180", (300, 200)),
        ("270", (200, 300)),
        ("360", (300, 200)),
        ("90.0", (200, 300)),
        ("!0", (300, 200)),
        ("!90", (200, 300)),
        ("%2190", (200, 300)),
    ] {
        for version in [2, 3] {
            check(version, &format!("0,0,300,200/max/{rotation}/default.jpg"), JPG, size);
        }
    }
    let slanted = server.get("/iiif/3/pyramid.tif/0,0,300,200/max/45/default.png");
    let (w, h) = dimensions("image/png", &slanted.body).unwrap_or_default();
    f.check((353..=356).contains(&w) && (353..=356).contains(&h), || format!("45 degrees gives {w}x{h}"));
    // Qualities and formats.
    let mut check = |last: &str, media_type: &str| {
        let path = format!("/iiif/3/pyramid.tif/0,0,300,200/150,/0/{last}");
        let answer = server.get(&path);
        let found = dimensions(media_type, &answer.body);
        let right = answer.status == 200 && answer.header("content-type") == media_type;
        f.check(right && found == Some((150, 100)), || {
            format!("{path}: {} {} {found:?}", answer.status, answer.header("content-type"))
        });
    };
    for quality in ["default", "color", "gray", "bitonal"] {
        for (suffix, media_type) in [
            ("jpg", JPG),
            ("png", "image/png"),
            ("webp", "image/webp"),
            ("gif", "image/gif"),
            ("tif", "image/tiff"),
            ("jp2", "image/jp2"),
            ("avif", "image/avif"),
            ("pdf", "application/pdf"),
        ] {
            check(&format!("{quality}.{suffix}"), media_type);
        }
    }
    let gray = masters::pixels(&server.get("/iiif/3/pyramid.tif/0,0,300,200/150,/0/gray.png").body).unwrap();
    f.check(gray.samples.chunks_exact(gray.channels.count()).all(|p| p.iter().all(|s| *s == p[0])), || {
        "`gray` has colour".into()
    });
    let bitonal = server.get("/iiif/3/pyramid.tif/0,0,300,200/150,/0/bitonal.png");
    let levels: HashSet<u8> = masters::pixels(&bitonal.body).unwrap().samples.into_iter().collect();
    f.check(levels.iter().all(|level| [0, 255].contains(level)), || format!("`bitonal` has {levels:?}"));
}

fn errors_say_what_is_wrong(server: &Server, f: &mut Failures) {
    for (path, status) in [
        ("/iiif/3/nothing.tif/info.json", 404),
        ("/iiif/2/nothing.tif/full/full/0/default.jpg", 404),
        ("/iiif/3/V%C3%A6rker/info.json", 404),
        ("/iiif/3/pyramid.tif/full/max/0", 404),
        ("/iiif/4/pyramid.tif/info.json", 404),
        ("/iiif/3/pyramid.tif;page=40/info.json", 404),
        ("/nowhere", 404),
        ("/metrics", 404),
        ("/iiif/3/pyramid.tif/-1,0,10,10/max/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/0,0,0,10/max/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/1500,0,10,10/max/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/0,0,10/max/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/0.5,0,10,10/max/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/pct:0,0,0,10/max/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/half/max/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/full/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/2000,/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/,1101/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/1500,1101/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/pct:101/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/0,/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/!0,10/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/^99999,/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/,/0/default.jpg", 400),
        ("/iiif/2/pyramid.tif/full/^max/0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/max/361/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/max/-90/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/max/!!0/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/max/ninety/default.jpg", 400),
        ("/iiif/3/pyramid.tif/full/max/0/grey.jpg", 400),
        ("/iiif/3/pyramid.tif/full/max/0/native.jpg", 400),
        ("/iiif/3/pyramid.tif/full/max/0/default.bmp", 400),
        ("/iiif/3/pyramid.tif/full/max/0/default", 400),
        ("/iiif/3/pyramid.tif/full/max/0/default.JPG", 400),
    ] {
        let answer = server.get(path);
        let kind = answer.header("content-type");
        let right = answer.status == status && kind.starts_with("text/plain") && !answer.body.is_empty();
        f.check(right, || format!("{path}: {} {kind}, not {status}", answer.status));
        f.check(answer.header("access-control-allow-origin") == "*", || format!("{path}: no CORS"));
        f.check(answer.header("cache-control") == "no-store", || format!("{path} may be cached"));
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        let answer = server.request(method, "/iiif/3/pyramid.tif/info.json", &[]);
        let found = (answer.status, answer.header("allow"));
        f.check(found == (405, "GET, HEAD, OPTIONS"), || format!("{method}: {found:?}"));
    }
}

const SOME: [&str; 8] = [
    "/iiif/3/pyramid.tif/info.json",
    "/iiif/2/pyramid.tif/info.json",
    "/iiif/3/pyramid.tif/0,0,256,256/256,256/0/default.jpg",
    "/iiif/3/pyramid.tif/full/200,/90/gray.png",
    "/deepzoom/pyramid.tif.dzi",
    "/deepzoom/pyramid.tif_files/11/0_0.jpg",
    "/presentation/3/pyramid.tif/manifest",
    "/iiif/3/nothing.tif/info.json",
];

fn head_answers_as_get_without_a_body(server: &Server, f: &mut Failures) {
    for path in SOME.into_iter().chain(["/", "/iiif/3/pyramid.tif", "/health/live", "/health/ready"]) {
        let (get, head) = (server.get(path), server.request("HEAD", path, &[]));
        let headers = |answer: &crate::support::http::Response| {
            let mut headers = answer.headers.clone();
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("date"));
            headers.sort();
            headers
        };
        f.check(get.status == head.status && head.body.is_empty() && headers(&get) == headers(&head), || {
            format!("{path}: GET {:?}, HEAD {:?}", headers(&get), headers(&head))
        });
    }
}

fn preflights_allow_authorization(server: &Server, f: &mut Failures) {
    for path in SOME {
        let asked = [("Origin", "https://viewer.example"), ("Access-Control-Request-Method", "GET")];
        let answer = server.request("OPTIONS", path, &asked);
        f.check((200..300).contains(&answer.status), || format!("OPTIONS {path}: {}", answer.status));
        f.check(answer.header("access-control-allow-origin") == "*", || format!("OPTIONS {path}: no CORS"));
        f.check(answer.header("access-control-allow-headers").contains("Authorization"), || {
            format!("OPTIONS {path} does not allow Authorization")
        });
    }
}

fn entity_tags_spare_the_body(server: &Server, f: &mut Failures) {
    for path in &SOME[..7] {
        let first = server.get(path);
        let tag = first.header("etag");
        // What a curator changes is to be seen at once.
        let age = if path.contains("/presentation/") { "no-cache" } else { "public, max-age=" };
        f.check(tag.starts_with('"') && first.header("cache-control").starts_with(age), || {
            format!("{path}: ETag {tag}, {}", first.header("cache-control"))
        });
        for (sent, status) in [
            (tag.to_owned(), 304),
            (format!("W/{tag}"), 304),
            (format!("\"other\", {tag}"), 304),
            ("*".into(), 304),
            ("\"other\"".into(), 200),
        ] {
            let again = server.request("GET", path, &[("If-None-Match", &sent)]);
            f.check(again.status == status, || format!("{path} with {sent}: {}", again.status));
            f.check(again.header("etag") == tag && (status == 200 || again.body.is_empty()), || {
                format!("{path} with {sent}: ETag {}", again.header("etag"))
            });
            f.check(again.header("access-control-allow-origin") == "*", || {
                format!("{path}: 304 without CORS")
            });
        }
    }
    let tag = |path: &str| server.get(path).header("etag").to_owned();
    let (one, other) = ("full/375,/0/default.jpg", "full/,275/0/color.jpg");
    let same = tag(&format!("/iiif/3/pyramid.tif/{one}")) == tag(&format!("/iiif/2/pyramid.tif/{other}"));
    f.check(same, || format!("{one} and {other} mean the same and have two tags"));
}

/// What was answered from memory is not planned again: its answers stay as they were.
fn repeated_requests_are_answered_alike(server: &Server, f: &mut Failures) {
    for path in [
        "/iiif/3/pyramid.tif/256,0,256,256/256,256/0/default.jpg",
        "/iiif/2/pyramid.tif/256,0,256,256/256,/0/default.jpg",
        "/iiif/3/pyramid.tif/0,0,700,500/350,/0/gray.png",
        "/iiif/3/odd%20name%2050%25%2B%23%26%3D%3B.tif/full/max/0/default.jpg",
        "/iiif/3/plain.jpg/full/max/!90/default.webp",
    ] {
        let named = |host: &str| {
            let mut answer = server.request("GET", path, &[("Host", host)]);
            answer.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("date"));
            // Their order differs from thread to thread.
            answer.headers.sort_unstable();
            answer
        };
        let first = named("one.example");
        for n in 2..6 {
            let again = named("one.example");
            let same =
                (first.status, &first.headers, &first.body) == (again.status, &again.headers, &again.body);
            f.check(first.status == 200 && same, || format!("{path}: answer {n} is {:?}", again.headers));
        }
        let other = named("other.example:81").header("link").to_owned();
        f.check(other == first.header("link").replace("one.example", "other.example:81"), || {
            format!("{path}: {other}")
        });
        let tag = first.header("etag");
        let held = server.request("GET", path, &[("Host", "one.example"), ("If-None-Match", tag)]);
        f.check(held.status == 304 && held.header("etag") == tag, || format!("{path}: {}", held.status));
        let head = server.request("HEAD", path, &[("Host", "one.example")]);
        let length = first.header("content-length");
        f.check(head.body.is_empty() && head.header("content-length") == length, || {
            format!("{path}: HEAD differs")
        });
    }
}

#[test]
fn repeated_requests_show_a_replaced_master() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tif");
    let (old, new) = (picture(300, 200), masters::noisy(300, 200));
    std::fs::write(&file, masters::jpeg_pyramid(&old, 64)).unwrap();
    let environment =
        [("TEGL__MASTERS__REVALIDATE_S", "0"), ("TEGL__MASTERS__STALE_WHILE_REVALIDATE_S", "0")];
    let server = Server::with(&[folder.path().to_str().unwrap()], &environment);
    let paths = ["64,64,64,64/64,64/0/default.jpg", "10,10,90,90/max/0/default.png"]
        .map(|parameters| format!("/iiif/3/a.tif/{parameters}"));
    let answers = || paths.iter().map(|path| server.get(path)).collect::<Vec<_>>();
    (1..5).for_each(|_| drop(answers()));
    let first = answers();
    std::fs::write(&file, masters::jpeg_pyramid(&new, 64)).unwrap();
    for n in 0..5 {
        for (before, now) in first.iter().zip(answers()) {
            assert_eq!((before.status, now.status), (200, 200));
            assert!(before.header("etag") != now.header("etag") && before.body != now.body, "answer {n}");
        }
    }
}

fn links_name_the_canonical_form(server: &Server, f: &mut Failures) {
    for (version, parameters, canonical) in [
        (3, "full/max/0/default.jpg", "full/max/0/default.jpg"),
        (3, "0,0,1500,1100/1500,/360/color.jpg", "full/max/0/default.jpg"),
        (3, "pct:0,0,100,100/pct:50/0/default.png", "full/750,550/0/default.png"),
        (3, "1400,1000,500,500/^200,/!90.0/gray.png", "1400,1000,100,100/^200,200/!90/gray.png"),
        (3, "square/!100,500/22.50/default.webp", "200,0,1100,1100/100,100/22.5/default.webp"),
        (2, "0,0,1500,1100/full/0/color.jpg", "full/full/0/default.jpg"),
        (2, "full/!300,300/0/default.jpg", "full/300,/0/default.jpg"),
        (2, "full/300,300/0/default.jpg", "full/300,300/0/default.jpg"),
    ] {
        let answer = server.get(&format!("/iiif/{version}/pyramid.tif/{parameters}"));
        let expected = format!(
            "<http://{}/iiif/{version}/pyramid.tif/{canonical}>;rel=\"canonical\",<http://iiif.io/api/image/{version}/level2.json>;rel=\"profile\"",
            server.address
        );
        f.check(answer.header("link") == expected, || format!("{parameters}: {}", answer.header("link")));
        let same = server.get(&format!("/iiif/{version}/pyramid.tif/{canonical}"));
        f.check(same.status == 200 && same.body == answer.body, || {
            format!("{parameters} and its canonical form differ in their bytes")
        });
        f.check(same.header("etag") == answer.header("etag"), || format!("{parameters}: two ETags"));
    }
    let link = server.get("/iiif/3/pyramid.tif/info.json").header("link").to_owned();
    f.check(link == "<http://iiif.io/api/image/3/level2.json>;rel=\"profile\"", || {
        format!("info.json: {link}")
    });
}

fn every_master_is_read(server: &Server, f: &mut Failures) {
    let large = picture(WIDTH, HEIGHT);
    let small = picture(300, 200);
    for (name, raster) in [
        ("Værker/Ø x.tif", &large),
        ("lossless.tif", &large),
        ("plain.jpg", &large),
        ("zstd.tif", &small),
        ("striped.tif", &small),
        ("plain.png", &small),
        ("plain.webp", &small),
    ] {
        let id = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let size = raster.dimensions;
        let mut check = |parameters: &str, expected: tegl::pixels::Raster, tolerance: f64| {
            let answer = server.get(&format!("/iiif/3/{id}/{parameters}"));
            let far = masters::pixels(&answer.body).and_then(|found| difference(&found, &expected));
            f.check(answer.status == 200 && far.is_some_and(|far| far <= tolerance), || {
                format!("{name} {parameters}: {} and differs by {far:?}", answer.status)
            });
        };
        check("full/max/0/default.png", raster.clone(), 3.0);
        check("17,33,150,101/max/0/default.png", crop(raster, 17, 33, 150, 101), 3.0);
        check(
            &format!("{},0,40,200/max/0/default.png", size.width - 40),
            crop(raster, size.width - 40, 0, 40, 200),
            3.0,
        );
        let (samples, half) = scale::shrink(&raster.samples, size, 3, 2);
        let half = tegl::pixels::Raster { dimensions: half, channels: raster.channels, samples };
        check("full/pct:50/0/default.png", half, 3.0);
    }
    // Upright is what orientation 6 makes of it: a quarter turn clockwise.
    let upright = tegl::pixels::rotate::upright(small, tegl::metadata::Orientation::new(6));
    let found = masters::pixels(&server.get("/iiif/3/turned.jpg/full/max/0/default.png").body);
    let far = found.and_then(|found| difference(&found, &upright));
    f.check(far.is_some_and(|far| far < 3.0), || format!("turned.jpg differs by {far:?}"));
}

fn deep_zoom_has_the_same_tiles(server: &Server, f: &mut Failures) {
    let description = server.get("/deepzoom/pyramid.tif.dzi");
    let text = description.text();
    for part in ["TileSize=\"256\"", "Overlap=\"0\"", "Width=\"1500\"", "Height=\"1100\"", "Format=\"jpg\""] {
        f.check(text.contains(part), || format!("the Deep Zoom description lacks {part}: {text}"));
    }
    for (level, factor) in [(11, 1), (10, 2), (9, 4), (8, 8)] {
        let step = 256 * factor;
        for (row, column) in
            (0..HEIGHT.div_ceil(step)).flat_map(|row| (0..WIDTH.div_ceil(step)).map(move |c| (row, c)))
        {
            let (x, y) = (column * step, row * step);
            let (w, h) = (step.min(WIDTH - x), step.min(HEIGHT - y));
            let (across, down) = (w.div_ceil(factor), h.div_ceil(factor));
            let zoom = server.get(&format!("/deepzoom/pyramid.tif_files/{level}/{column}_{row}.jpg"));
            let iiif =
                server.get(&format!("/iiif/3/pyramid.tif/{x},{y},{w},{h}/{across},{down}/0/default.jpg"));
            f.check(zoom.status == 200 && zoom.body == iiif.body, || {
                format!("Deep Zoom tile {level}/{column}_{row} is not the IIIF tile: {}", zoom.status)
            });
        }
    }
    for (place, expected) in [("7/0_0", (94, 69)), ("0/0_0", (1, 1)), ("1/0_0", (2, 2))] {
        let answer = server.get(&format!("/deepzoom/pyramid.tif_files/{place}.jpg"));
        let found = dimensions(JPG, &answer.body);
        f.check(found == Some(expected), || format!("Deep Zoom {place}: {} {found:?}", answer.status));
    }
    for missing in ["12/0_0.jpg", "11/6_0.jpg", "11/0_5.jpg", "11/0_0.bmp", "x/0_0.jpg"] {
        let status = server.get(&format!("/deepzoom/pyramid.tif_files/{missing}")).status;
        f.check(status == 404, || format!("Deep Zoom {missing}: {status}"));
    }
}

fn every_page_and_manifest_answers(server: &Server, f: &mut Failures) {
    for (name, _) in collection() {
        let id = utf8_percent_encode(name, NON_ALPHANUMERIC).to_string();
        for viewer in ["openseadragon", "mirador"] {
            let page = server.get(&format!("/view/{viewer}/{id}"));
            f.check(page.status == 200 && page.text().contains(&id), || {
                format!("the {viewer} page of {name}: {}", page.status)
            });
        }
        let manifest = server.get(&format!("/presentation/3/{id}/manifest"));
        let document = manifest.json();
        let service = document.pointer("/items/0/items/0/items/0/body/service/0/id");
        const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        let id = utf8_percent_encode(name, SEGMENT);
        let expected = json!(format!("http://{}/iiif/3/{id}", server.address));
        f.check(service == Some(&expected), || format!("the manifest of {name}: {service:?}"));
    }
    let list = server.get("/");
    f.check(list.status == 200 && list.text().contains("pyramid.tif"), || "the list lacks a master".into());
}
