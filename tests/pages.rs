//! Pages for people: in their language, at once even if no master answers, compressed, and with the site's frame around
//! errors.

use std::io::Read;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::http::Response;
use crate::support::museum::{Museum, wait_until_indexed, works};
use crate::support::origin::Origin;
use crate::support::server::Server;
use crate::support::{Failures, eventually};

const BROWSER: (&str, &str) =
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8");

/// A museum with a name, a site and a logo, which prefers Danish.
const DANISH: &str = r#"
[presentation]
languages = ["da", "en"]
name = { da = "Museet", en = "The Museum" }
homepage = "https://museum.example/"
logo = { url = "https://museum.example/logo.svg" }
"#;

/// Words that only an English page says.
const ENGLISH: [&str; 12] = [
    ">Search<",
    " works",
    ">Refine<",
    ">Period<",
    ">More",
    "Public domain",
    ">Relevance<",
    "Cite",
    "Download",
    ">Rights<",
    ">Creator<",
    "Served by",
];

fn unpacked(answer: &Response) -> String {
    let mut text = String::new();
    match answer.header("content-encoding") {
        "br" => {
            let mut bytes = Vec::new();
            brotli::BrotliDecompress(&mut &answer.body[..], &mut bytes).unwrap();
            text = String::from_utf8(bytes).unwrap();
        }
        "gzip" => {
            flate2::read::GzDecoder::new(&answer.body[..]).read_to_string(&mut text).unwrap();
        }
        _ => text = answer.text(),
    }
    text
}

#[test]
fn pages_use_the_visitors_language() {
    let museum = Museum::new(&works());
    let server = museum.serve_configured(DANISH);
    let mut failures = Failures::default();
    for (path, accepted, language, says) in [
        ("/", "", "da", "43 værker"),
        ("/", "en-GB,en;q=0.9,da;q=0.8", "en", "43 works"),
        ("/", "fr", "da", "43 værker"),
        ("/?lang=en", "da", "en", "43 works"),
        ("/?q=hest", "da-DK", "da", " matcher »"),
        ("/?q=hest&lang=en", "da", "en", " for “"),
        ("/works/KMS1", "", "da", "Om værket"),
        ("/works/KMS1", "en", "en", "About the work"),
        ("/works/KMS1", "", "da", "En hest på marken"),
        ("/works/KMS1", "en", "en", "A Horse in the Field"),
        ("/view/openseadragon/a.tif", "da", "da", "Tilbage til værket"),
        ("/view/mirador/KMS1", "en", "en", "Back to the work"),
        ("/?files", "da", "da", "IIIF-manifest"),
    ] {
        let headers = [("Accept-Language", accepted), BROWSER];
        let page = server.request("GET", path, if accepted.is_empty() { &headers[1..] } else { &headers });
        let text = page.text();
        failures.check(page.status == 200 && text.contains(says), || format!("{path} {accepted}: no {says}"));
        let html = format!("<html lang=\"{language}\"");
        failures.check(text.contains(&html), || format!("{path} {accepted}: no {html}"));
        let vary = page.header("vary").to_ascii_lowercase();
        failures.check(vary.contains("accept-language"), || format!("{path}: Vary: {vary}"));
        let english = ENGLISH.iter().filter(|word| language == "da" && text.contains(**word));
        let english: Vec<_> = english.collect();
        failures.check(english.is_empty(), || format!("{path} {accepted} is Danish but for {english:?}"));
    }
}

#[test]
fn the_chosen_language_is_kept_on_every_link() {
    let museum = Museum::new(&works());
    let server = museum.serve_configured(DANISH);
    let mut failures = Failures::default();
    for path in ["/?lang=en", "/?lang=en&q=horse", "/works/KMS1?lang=en", "/?lang=en&all=motif%3Aanimals"] {
        let page = server.get(path).text().replace("&amp;", "&");
        let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let pages =
            links.filter(|link| ["/?", "/works/", "/view/"].iter().any(|start| link.starts_with(start)));
        let lost: Vec<&str> = pages.filter(|link| !link.contains("lang=")).collect();
        failures.check(lost.is_empty(), || format!("{path}: {lost:?}"));
        let field = "<input type=\"hidden\" name=\"lang\" value=\"en\">";
        failures.check(page.contains(field), || format!("{path}: the search loses the language"));
        let other = path.replace("lang=en", "").replace("?&", "?");
        failures.check(page.contains("lang=da\"") && page.contains(">Dansk</a>"), || {
            format!("{path}: no way to {other}")
        });
    }
}

#[test]
fn the_museums_name_is_on_every_page() {
    let museum = Museum::new(&works());
    let server = museum.serve_configured(DANISH);
    for path in ["/", "/?files", "/works/KMS1"] {
        let page = server.get(path).text();
        assert!(page.contains("src=\"https://museum.example/logo.svg\""), "{path}: {page}");
        assert!(
            page.contains("href=\"https://museum.example/\"") && page.contains("Museet"),
            "{path}: {page}"
        );
    }
}

#[test]
fn viewers_link_back_to_the_work() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let page = server.get("/works/KMS1").text();
    assert!(page.contains("href=\"/view/openseadragon/a.tif?work=KMS1\""), "{page}");
    for path in [
        "/view/openseadragon/a.tif?work=KMS1",
        "/view/openseadragon/a.tif",
        "/view/openseadragon/a.tif?work=KMS2",
        "/view/openseadragon/a.tif?work=https%3A%2F%2Fevil.example%2F",
        "/view/mirador/KMS1",
    ] {
        let page = server.get(path).text();
        assert!(page.contains("<title>A Horse in the Field (KMS1)"), "{path}: {page}");
        assert!(page.contains("class=\"back\" href=\"/works/KMS1\""), "{path}: {page}");
        assert!(!page.contains("evil.example/\""), "{path}: {page}");
    }
    let work = server.get("/view/mirador/KMS1").text();
    assert!(work.contains("/iiif/3/a.tif/full/!1600,1600/0/default.jpg"), "{work}");
}

#[test]
fn pages_explain_rights() {
    let work = |number: &str, rights: &str| json!({"object_number": number, "titles": {"en": number}, "rights": rights, "images": [{"file": "a.tif"}]});
    for (rights, english, danish, allowed) in [
        (
            "https://creativecommons.org/publicdomain/zero/1.0/",
            "CC0 1.0 (dedicated",
            "CC0 1.0 (fri",
            "downloaded",
        ),
        (
            "https://creativecommons.org/licenses/by-sa/4.0/",
            "CC BY-SA 4.0 (Attribution-",
            "(Kreditering-",
            "downloaded",
        ),
        (
            "http://rightsstatements.org/vocab/InC/1.0/",
            "In copyright",
            "Ophavsretligt beskyttet",
            "up to 2,000 pixels",
        ),
        ("© Museet", "© Museet", "© Museet", "up to 2,000 pixels"),
    ] {
        let museum = Museum::new(&[work("R1", rights)]);
        let server = museum.serve();
        let page = server.get("/works/R1").text();
        assert!(page.contains(english) && page.contains(allowed), "{rights}: {page}");
        assert_eq!(page.matches("<h3>Rights</h3>").count(), 1, "{rights}: {page}");
        assert!(!page.contains(&format!(">{rights}<")) || !rights.contains("://"), "a raw address: {page}");
        let page = server.get("/works/R1?lang=da").text();
        assert!(page.contains(danish), "{rights}: {page}");
    }
}

#[test]
fn errors_are_pages_for_browsers_and_text_for_programs() {
    let museum = Museum::new(&works());
    let server = museum.serve_configured(DANISH);
    let mut failures = Failures::default();
    for (path, status, says) in [
        ("/works/none", 404, "Her er ikke noget"),
        ("/view/openseadragon/none.tif", 404, "Her er ikke noget"),
        ("/nowhere", 404, "Her er ikke noget"),
        ("/works/none?lang=en", 404, "There is nothing here"),
        ("/works/%ff", 400, "Adressen kan ikke forstås"),
        ("/?iiif-content=https%3A%2F%2Fother.example%2Fmanifest", 400, "Adressen kan ikke forstås"),
    ] {
        let page = server.request("GET", path, &[BROWSER, ("Accept-Language", "da")]);
        let html = page.header("content-type").starts_with("text/html");
        failures.check(page.status == status && html && page.text().contains(says), || {
            format!("{path}: {} {} {}", page.status, page.header("content-type"), page.text())
        });
        let framed =
            page.text().contains("role=\"search\"") && !page.header("content-security-policy").is_empty();
        failures.check(framed, || format!("{path}: no frame"));
        let plain = server.get(path);
        failures
            .check(plain.status == status && plain.header("content-type").starts_with("text/plain"), || {
                format!("{path} for programs: {} {}", plain.status, plain.header("content-type"))
            });
    }
    for (path, kind) in
        [("/iiif/3/none/info.json", "text/plain"), ("/api/v1/works/none", "application/problem+json")]
    {
        let answer = server.request("GET", path, &[BROWSER]);
        failures.check(answer.header("content-type").starts_with(kind), || {
            format!("{path}: {:?}", answer.headers)
        });
    }
}

#[test]
fn assets_are_compressed_and_immutable() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let page = server.get("/view/openseadragon/a.tif").text();
    let links = page.split(['"']).filter(|part| part.starts_with("/assets/") && part.contains("?v="));
    let links: Vec<&str> = links.collect();
    assert!(links.len() >= 3, "{links:?}");
    for link in links {
        let plain = server.get(link);
        assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable", "{link}");
        assert_eq!(plain.header("vary").to_ascii_lowercase(), "accept-encoding", "{link}");
        for coding in ["br", "gzip"] {
            let packed = server.request("GET", link, &[("Accept-Encoding", coding)]);
            let worth = plain.body.len() >= 1200;
            assert_eq!(packed.header("content-encoding"), if worth { coding } else { "" }, "{link}");
            assert_eq!(unpacked(&packed), plain.text(), "{link} {coding}");
            assert!(
                packed.body.len() * 2 < plain.body.len() || !worth,
                "{link} {coding}: {}",
                packed.body.len()
            );
            let (tag, plain_tag) = (packed.header("etag"), plain.header("etag"));
            assert_eq!(tag != plain_tag, worth, "{link}: each coding has a tag of its own");
            let held = server.request("GET", link, &[("Accept-Encoding", coding), ("If-None-Match", tag)]);
            assert_eq!(held.status, 304, "{link}");
        }
    }
    let other = server.get("/assets/tegl.css?v=0123456789abcdef");
    assert_eq!((other.status, other.header("cache-control")), (200, "no-cache"), "of another build");
    assert_eq!(server.get("/assets/tegl.css").header("cache-control"), "public, max-age=3600");
}

#[test]
fn pages_are_compressed_as_the_client_accepts() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let plain = server.request("GET", "/", &[]);
    for (accepted, coding) in [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, *", "gzip"),
        ("identity;q=0, *", "br"),
        ("identity", ""),
        ("*;q=0", ""),
    ] {
        let page = server.request("GET", "/", &[("Accept-Encoding", accepted)]);
        assert_eq!(page.header("content-encoding"), coding, "{accepted}");
        assert_eq!(unpacked(&page), plain.text(), "{accepted}");
        assert!(page.header("vary").to_ascii_lowercase().contains("accept-encoding"), "{accepted}");
    }
    let held = server.request("GET", "/", &[("If-None-Match", plain.header("etag"))]);
    assert_eq!(held.status, 304);
}

/// A server whose only store takes longer to answer than anybody waits.
fn hanging(records: &[serde_json::Value]) -> (Museum, Origin, Server) {
    let museum = Museum::new(records);
    let origin = Origin::start();
    origin.put("a.tif", std::fs::read(museum.folder.path().join("masters/a.tif")).unwrap());
    let catalogue = museum.path("catalogue.db");
    let server = Server::with(&[&origin.url()], &[("TEGL__CATALOGUE__URL", &catalogue)]);
    origin.delay(20_000);
    (museum, origin, server)
}

#[test]
fn no_page_waits_for_masters() {
    let many = (0..60).map(|at| {
        json!({"object_number": format!("H{at}"), "titles": {"en": format!("Horse {at}")}, "public_domain": true,
               "images": [{"file": "a.tif"}], "tags": [{"scheme": "motif", "label": "horse"}]})
    });
    let (_museum, _origin, server) = hanging(&many.collect::<Vec<_>>());
    let quick = |path: &str| {
        let began = Instant::now();
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let took = began.elapsed();
        assert!(took < Duration::from_secs(2), "{path} took {took:?}");
        answer
    };
    let walled = |page: &str, pictures: usize| {
        let shown = page.matches("/iiif/3/a.tif/full/!400,400/0/default.jpg").count();
        assert_eq!(shown, pictures, "pictures are missing: {page}");
    };
    // Before the index is there, and after.
    let first = quick("/").text();
    assert!(first.contains("/iiif/3/a.tif/full/!400,400/0/default.jpg"), "{first}");
    wait_until_indexed(&server);
    walled(&quick("/").text(), 48);
    let work = quick("/works/H1").text();
    assert!(work.contains("/iiif/3/a.tif/full/!1200,1200/0/default.jpg"), "{work}");
    assert!(work.contains("/view/mirador/H1"), "{work}");
    quick("/view/openseadragon/a.tif?work=H1");
    quick("/view/mirador/H1");
    let record = quick("/api/v1/works/H1").json();
    assert_eq!(record["images"][0]["available"], true, "{record}");
    assert!(record["images"][0]["service"].is_string(), "{record}");
    quick("/presentation/3/collections/all/all");
}

#[test]
fn a_manifest_is_not_published_without_its_images() {
    let record = json!({"object_number": "H1", "titles": {"en": "Horse"}, "images": [{"file": "a.tif"}]});
    let (_museum, _origin, server) = hanging(&[record]);
    let answer = server.get("/presentation/3/H1/manifest");
    assert!([503, 504].contains(&answer.status), "{} {}", answer.status, answer.text());
    assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{:?}", answer.headers);
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn pages_report_unreachable_masters() {
    let record = json!({"object_number": "H1", "titles": {"en": "Horse"}, "images": [{"file": "a.tif"}]});
    let museum = Museum::new(&[record]);
    let (origin, catalogue) = (Origin::start(), museum.path("catalogue.db"));
    let hasty = [("TEGL__STORE__TIMEOUT_MS", "200"), ("TEGL__STORE__DEADLINE_MS", "400")];
    let works = Server::with(&[&origin.url()], &[hasty[0], hasty[1], ("TEGL__CATALOGUE__URL", &catalogue)]);
    let files = Server::with(&[&origin.url()], &[hasty[0], hasty[1], ("TEGL__CATALOGUE__URL", "none")]);
    wait_until_indexed(&works);
    origin.delay(20_000);
    let port = origin.address.port().to_string();
    let work = || works.get("/works/H1?lang=da").text();
    let told = |page: &str| page.contains("Nogle billeder kan ikke hentes lige nu");
    assert!(eventually(Duration::from_secs(20), || told(&work())), "{}", work());
    assert!(told(&works.get("/?lang=da").text()), "{}", works.get("/?lang=da").text());
    let page = files.request("GET", "/", &[BROWSER]);
    assert!([503, 504].contains(&page.status), "{} {}", page.status, page.text());
    assert!(page.header("retry-after").parse::<u32>().is_ok(), "{:?}", page.headers);
    assert!(page.text().contains("The pictures cannot be reached"), "{}", page.text());
    assert!(
        !page.text().replace(&files.address.to_string(), "").contains(&port),
        "the store's address: {}",
        page.text()
    );
}
