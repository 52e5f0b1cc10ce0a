//! The Web Annotation Protocol: containers, annotations, moderation, and what follows from a change.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::browser::look;
use crate::support::http::Response;
use crate::support::museum::{CURATOR, Museum, search, wait, works};
use crate::support::not_proven;
use crate::support::server::Server;

const VISITOR: &str = "a-secret-of-visitors";
const CONTAINER: &str = "/annotations/KMS1/canvas/1/";
const MEDIA_TYPE: &str = "application/ld+json; profile=\"http://www.w3.org/ns/anno.jsonld\"";
const LD_JSON: (&str, &str) = ("Content-Type", MEDIA_TYPE);

fn moderated(museum: &Museum) -> Server {
    museum
        .serve_with(&[("TEGL__API__TOKENS__VISITORS", VISITOR), ("TEGL__ANNOTATIONS__MODERATED", "visitors")])
}

/// Sends a request with a token; none if it is empty.
fn ask(
    server: &Server,
    token: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    if !token.is_empty() {
        head += &format!("Authorization: Bearer {token}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let body = if matches!(method, "GET" | "OPTIONS") { "" } else { body };
    if !body.is_empty() {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    server.raw(format!("{head}\r\n{body}").as_bytes()).unwrap()
}

fn read(server: &Server, path: &str, headers: &[(&str, &str)]) -> Response {
    ask(server, "", "GET", path, headers, "")
}

fn canvas() -> String {
    "http://x/presentation/3/KMS1/canvas/1".into()
}

fn comment(text: &str) -> Value {
    json!({
        "@context": "http://www.w3.org/ns/anno.jsonld", "type": "Annotation", "motivation": "commenting",
        "body": { "type": "TextualBody", "value": text, "language": "en" }, "target": format!("{}#xywh=10,20,300,200", canvas()),
    })
}

fn post(server: &Server, token: &str, annotation: &Value) -> Response {
    ask(server, token, "POST", CONTAINER, &[LD_JSON], &annotation.to_string())
}

/// Creates an annotation; its path and its ETag.
#[track_caller]
fn created(server: &Server, token: &str, annotation: &Value) -> (String, String) {
    let response = post(server, token, annotation);
    assert_eq!(response.status, 201, "{}", response.text());
    (path(response.header("location")), response.header("etag").to_owned())
}

fn path(uri: &str) -> String {
    uri.strip_prefix("http://x").unwrap_or(uri).to_owned()
}

fn all<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
    let named = response.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str()).collect()
}

fn include(uris: &str) -> String {
    format!("return=representation; include=\"{uris}\"")
}

#[track_caller]
fn has_tokens(header: &str, expected: &[&str]) {
    let found: Vec<&str> = header.split(',').map(str::trim).collect();
    assert!(expected.iter().all(|one| found.contains(one)), "{header}: {expected:?}");
}

#[test]
fn a_container_follows_the_protocol() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let empty = read(&server, CONTAINER, &[]);
    assert_eq!((empty.status, empty.header("content-type")), (200, MEDIA_TYPE), "{}", empty.text());
    assert_eq!((&empty.json()["total"], empty.json().get("first")), (&json!(0), None));
    assert_eq!(
        all(&empty, "link"),
        [
            "<http://www.w3.org/ns/ldp#BasicContainer>; rel=\"type\"",
            "<http://www.w3.org/TR/annotation-protocol/>; rel=\"http://www.w3.org/ns/ldp#constrainedBy\"",
        ]
    );
    has_tokens(empty.header("allow"), &["GET", "HEAD", "OPTIONS", "POST"]);
    has_tokens(&all(&empty, "vary").join(","), &["Accept", "Prefer"]);
    assert_eq!(empty.header("accept-post"), MEDIA_TYPE);
    assert!(empty.header("etag").starts_with('"'), "{}", empty.header("etag"));
    for number in 0..101 {
        created(&server, CURATOR, &comment(&format!("Remark {number}")));
    }
    // Descriptions are the default (§4.2).
    let usual = read(&server, CONTAINER, &[]);
    assert_ne!(usual.header("etag"), empty.header("etag"));
    let document = usual.json();
    assert_eq!(
        document["@context"],
        json!(["http://www.w3.org/ns/anno.jsonld", "http://www.w3.org/ns/ldp.jsonld"])
    );
    assert_eq!(document["type"], json!(["BasicContainer", "AnnotationCollection"]));
    assert_eq!((&document["total"], document["modified"].is_string()), (&json!(101), true), "{document}");
    assert_eq!(document["first"]["items"][0]["body"]["value"], "Remark 0");
    assert_eq!(document["first"]["items"].as_array().map(Vec::len), Some(100));
    assert!(document["first"].get("partOf").is_none() && document["first"].get("@context").is_none());
    assert_eq!(usual.header("content-location"), document["id"]);
    for (prefer, embedded, iris) in [
        (include("http://www.w3.org/ns/ldp#PreferMinimalContainer"), false, false),
        (include("http://www.w3.org/ns/oa#PreferContainedIRIs"), true, true),
        (include("http://www.w3.org/ns/oa#PreferContainedDescriptions"), true, false),
        (
            include(
                "http://www.w3.org/ns/ldp#PreferMinimalContainer http://www.w3.org/ns/oa#PreferContainedIRIs",
            ),
            false,
            true,
        ),
    ] {
        let response = read(&server, CONTAINER, &[("Prefer", &prefer)]);
        let document = response.json();
        assert_eq!(response.header("preference-applied"), "return=representation", "{prefer}");
        assert_eq!(document["first"].is_object(), embedded, "{prefer}: {document}");
        assert_eq!(document["id"], format!("http://x{CONTAINER}?iris={}", u8::from(iris)));
        assert_eq!(response.header("content-location"), document["id"]);
        if embedded {
            assert_eq!(document["first"]["items"][0].is_string(), iris, "{prefer}");
        }
        // Its pages are read one after the other.
        let mut next = document["first"].get("id").unwrap_or(&document["first"]).as_str().map(path);
        let mut found = 0;
        while let Some(place) = next {
            let response = read(&server, &place, &[]);
            let page = response.json();
            assert_eq!((response.status, response.header("content-type")), (200, MEDIA_TYPE), "{place}");
            assert_eq!(page["@context"], "http://www.w3.org/ns/anno.jsonld");
            assert_eq!((&page["type"], &page["partOf"]["id"]), (&json!("AnnotationPage"), &document["id"]));
            assert_eq!((&page["startIndex"], &page["partOf"]["total"]), (&json!(found), &json!(101)));
            let items = page["items"].as_array().unwrap();
            assert!(items.iter().all(|item| item.is_string() == iris), "{place}");
            found += items.len();
            next = page["next"].as_str().map(path);
            assert_eq!(next.is_none(), document["last"] == page["id"], "{page}");
            has_tokens(response.header("allow"), &["GET", "HEAD", "OPTIONS"]);
        }
        assert_eq!(found, 101, "{prefer}");
    }
    let head = server.request("HEAD", CONTAINER, &[]);
    assert_eq!((head.status, all(&head, "link").len(), head.header("content-type")), (200, 2, MEDIA_TYPE));
    let again = read(&server, CONTAINER, &[("If-None-Match", usual.header("etag"))]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    for (place, status) in [
        ("/annotations/KMS1/canvas/2/", 404),
        ("/annotations/nobody/canvas/1/", 404),
        ("/annotations/KMS1/canvas/1/?page=2", 404),
        ("/annotations/KMS2/canvas/1/?page=0", 200),
        ("/annotations/KMS2/canvas/1/?page=1", 404),
        ("/annotations/KMS1/canvas/1/?page=x", 400),
        ("/annotations/KMS1/canvas/1/?iris=2", 400),
        ("/annotations/a.tif/canvas/1/", 404),
    ] {
        assert_eq!(server.get(place).status, status, "{place}");
    }
}

#[test]
fn annotations_are_created_replaced_and_deleted() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let manifest = server.get("/presentation/3/KMS1/manifest");
    let mut sent = comment("A brown mare");
    sent["id"] = json!("https://elsewhere.example/1");
    sent["canonical"] = json!("urn:uuid:dbfb1861-0ecf-41ad-be94-a584e5c4f1df");
    let slug = [LD_JSON, ("Slug", "The mare!")];
    let response = ask(&server, CURATOR, "POST", CONTAINER, &slug, &sent.to_string());
    assert_eq!((response.status, response.header("content-type")), (201, MEDIA_TYPE), "{}", response.text());
    assert_eq!(response.header("location"), "http://x/annotations/KMS1/The-mare");
    let place = path(response.header("location"));
    let one = read(&server, &place, &[]);
    assert_eq!((one.status, &one.json()), (200, &response.json()));
    assert_eq!(one.header("etag"), response.header("etag"));
    assert_eq!(all(&one, "link"), ["<http://www.w3.org/ns/ldp#Resource>; rel=\"type\""]);
    has_tokens(one.header("allow"), &["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
    has_tokens(&all(&one, "vary").join(","), &["Accept"]);
    assert_eq!(
        read(&server, &place, &[("Accept", "application/json")]).header("content-type"),
        "application/json"
    );
    let mut document = one.json();
    assert_eq!(document["@context"], "http://www.w3.org/ns/anno.jsonld");
    assert_eq!((&document["id"], &document["via"]), (&json!(format!("http://x{place}")), &sent["id"]));
    assert_eq!((&document["canonical"], &document["target"]), (&sent["canonical"], &sent["target"]));
    assert!(document["created"].is_string() && document.get("modified").is_none(), "{document}");
    // Escaped, a text can be longer than what may be sent.
    let mut long = comment(&format!("{}x", "<".repeat(40_000)));
    long["body"]["format"] = json!("text/html");
    assert_eq!(post(&server, CURATOR, &long).status, 422);
    // An identifier that the server would make can be taken, too: nothing is overwritten.
    let revision: u64 = one.header("etag").trim_matches('"').parse().unwrap();
    let next = format!("a{}", revision + 2);
    let taken = [LD_JSON, ("Slug", next.as_str())];
    let taken = ask(&server, CURATOR, "POST", CONTAINER, &taken, &comment("A dog").to_string());
    assert_eq!(taken.header("location"), format!("http://x/annotations/KMS1/{next}"));
    let made = post(&server, CURATOR, &comment("A cat"));
    assert_eq!((made.status, made.header("location") != taken.header("location")), (201, true));
    assert_eq!(read(&server, &path(taken.header("location")), &[]).json()["body"]["value"], "A dog");
    for extra in [taken, made] {
        let deleted = ask(&server, CURATOR, "DELETE", &path(extra.header("location")), &[], "");
        assert_eq!(deleted.status, 204);
    }
    // The container is not changed if it is not as the client has read it (RFC 9110, §13.1.1), in whatever form that was.
    let add = |tags: &str| {
        let headers = [LD_JSON, ("If-Match", tags)];
        ask(&server, CURATOR, "POST", CONTAINER, &headers, &comment("On condition").to_string())
    };
    let minimal = include("http://www.w3.org/ns/ldp#PreferMinimalContainer");
    let forms = [
        &[][..],
        &[("Accept", "application/json"), ("Accept-Encoding", "gzip;q=1, identity;q=0")],
        &[("Prefer", minimal.as_str())],
    ];
    for form in forms {
        let tag = ask(&server, CURATOR, "GET", CONTAINER, form, "").header("etag").to_owned();
        let refused = add("\"0\"");
        assert_eq!((refused.status, refused.header("content-type")), (412, "application/problem+json"));
        assert_eq!(add(&format!("W/{tag}")).status, 412, "a weak tag never matches");
        assert_eq!(add("0").status, 400);
        let added = add(&format!("\"0\", {tag}"));
        assert_eq!(added.status, 201, "{form:?}: {}", added.text());
        assert_eq!(add(&tag).status, 412, "{form:?}: it has another annotation now");
        let any = add("*");
        assert_eq!(any.status, 201);
        for added in [added, any] {
            let deleted = ask(&server, CURATOR, "DELETE", &path(added.header("location")), &[], "");
            assert_eq!(deleted.status, 204);
        }
    }
    // A second one with the same slug gets another URI.
    let second = ask(&server, CURATOR, "POST", CONTAINER, &slug, &comment("x").to_string());
    assert!(second.status == 201 && second.header("location") != response.header("location"));

    document["body"]["value"] = json!("A black mare");
    document["canonical"] = json!("urn:uuid:00000000-0000-0000-0000-000000000000");
    let text = document.to_string();
    let put = |tag: Option<&str>| {
        let headers: Vec<_> = [LD_JSON].into_iter().chain(tag.map(|tag| ("If-Match", tag))).collect();
        ask(&server, CURATOR, "PUT", &place, &headers, &text)
    };
    let without = put(None);
    assert_eq!((without.status, without.header("content-type")), (428, "application/problem+json"));
    assert_eq!(put(Some("\"0\"")).status, 412);
    assert_eq!(put(Some("0")).status, 400);
    let replaced = put(Some(one.header("etag")));
    assert_eq!(replaced.status, 200, "{}", replaced.text());
    assert_eq!(replaced.json()["body"]["value"], "A black mare");
    assert_eq!((&replaced.json()["via"], &replaced.json()["canonical"]), (&sent["id"], &sent["canonical"]));
    assert!(replaced.json()["modified"].is_string());
    assert_eq!(put(Some(one.header("etag"))).status, 412, "it was replaced meanwhile");
    document["id"] = json!("http://x/annotations/KMS1/other");
    let headers = [LD_JSON, ("If-Match", replaced.header("etag"))];
    assert_eq!(ask(&server, CURATOR, "PUT", &place, &headers, &document.to_string()).status, 422);

    assert_eq!(ask(&server, CURATOR, "DELETE", &place, &[("If-Match", "\"0\"")], "").status, 412);
    let deleted = ask(&server, CURATOR, "DELETE", &place, &[("If-Match", replaced.header("etag"))], "");
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    for method in ["GET", "DELETE", "PUT"] {
        assert_eq!(ask(&server, CURATOR, method, &place, &headers, &text).status, 410, "{method}");
    }
    // Its URI is not used again.
    let again = ask(&server, CURATOR, "POST", CONTAINER, &slug, &comment("x").to_string());
    assert_ne!(path(again.header("location")), place);
    let history = ask(&server, CURATOR, "GET", &format!("{place}/history"), &[], "").json();
    let events = history["events"].as_array().unwrap();
    let statuses: Vec<_> = events.iter().map(|event| event["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["accepted", "accepted", "deleted"], "{history}");
    assert_eq!(
        (&events[0]["actor"], &events[0]["annotation"]["body"]["value"]),
        (&json!("curator"), &json!("A brown mare"))
    );
    assert_ne!(server.get("/presentation/3/KMS1/manifest").header("etag"), manifest.header("etag"));
}

#[test]
fn other_methods_and_senders_are_refused() {
    let museum = Museum::new(&works());
    let server = moderated(&museum);
    let text = comment("x").to_string();
    let (place, tag) = created(&server, CURATOR, &comment("By a curator"));
    for (token, method, place, headers, status) in [
        ("", "POST", CONTAINER, &[LD_JSON][..], 401),
        ("wrong-wrong-wrong-wrong", "POST", CONTAINER, &[LD_JSON], 401),
        ("wrong-wrong-wrong-wrong", "GET", CONTAINER, &[], 401),
        ("", "PUT", &place, &[LD_JSON, ("If-Match", &tag)], 401),
        ("", "DELETE", &place, &[], 401),
        ("", "PATCH", &place, &[LD_JSON], 401),
        ("", "GET", &format!("{place}/history"), &[], 401),
        (VISITOR, "PUT", &place, &[LD_JSON, ("If-Match", &tag)], 403),
        (VISITOR, "DELETE", &place, &[], 403),
        (VISITOR, "PATCH", &place, &[LD_JSON], 403),
        (VISITOR, "GET", "/api/v1/review/annotations", &[], 403),
        (VISITOR, "POST", "/api/v1/works/KMS1/tags", &[LD_JSON], 403),
        (VISITOR, "DELETE", "/api/v1/works/KMS1", &[], 403),
        (CURATOR, "PUT", CONTAINER, &[LD_JSON], 405),
        (CURATOR, "DELETE", CONTAINER, &[], 405),
        (CURATOR, "POST", &place, &[LD_JSON], 405),
        (CURATOR, "PUT", "/api/v1/works/KMS1/tags", &[LD_JSON], 405),
        (CURATOR, "PUT", "/annotations/KMS1/nobody", &[LD_JSON, ("If-Match", "*")], 404),
        (CURATOR, "POST", CONTAINER, &[("Content-Type", "text/turtle")], 415),
        (CURATOR, "POST", CONTAINER, &[], 415),
    ] {
        let response = ask(&server, token, method, place, headers, &text);
        assert_eq!(response.status, status, "{method} {place}: {}", response.text());
    }
    let options = ask(
        &server,
        "",
        "OPTIONS",
        CONTAINER,
        &[("Origin", "https://viewer.example"), ("Access-Control-Request-Method", "POST")],
        "",
    );
    assert_eq!((options.status, options.header("accept-post")), (204, MEDIA_TYPE));
    has_tokens(options.header("allow"), &["GET", "HEAD", "POST", "OPTIONS"]);
    has_tokens(options.header("access-control-allow-methods"), &["PUT", "DELETE", "POST"]);
    has_tokens(
        options.header("access-control-allow-headers"),
        &["Prefer", "Slug", "If-Match", "Authorization"],
    );
    has_tokens(
        options.header("access-control-expose-headers"),
        &["ETag", "Link", "Location", "Allow", "Accept-Post"],
    );
}

#[test]
fn hostile_annotations_are_refused_without_changes() {
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[("TEGL__ANNOTATIONS__PER_CANVAS", "2")]);
    let before = server.get("/api/v1/works/KMS1/tags").json()["revision"].clone();
    let with = |key: &str, value: Value| {
        let mut sent = comment("A dog");
        sent[key] = value;
        sent.to_string()
    };
    let svg = |shapes: &str| json!({ "source": canvas(), "selector": { "type": "SvgSelector", "value": format!("<svg>{shapes}</svg>") } });
    for (body, status, parameter) in [
        (with("target", json!("http://x/presentation/3/KMS2/canvas/1")), 422, "target"),
        (with("target", json!("http://other.example/presentation/3/KMS1/canvas/1")), 422, "target"),
        (with("target", json!("http://x/presentation/3/KMS1/annotations/1")), 422, "target"),
        (with("target", json!(format!("{}#xywh=900,600,1,1", canvas()))), 422, "target"),
        (with("target", svg("<script>alert(1)</script>")), 422, "target.selector"),
        (with("target", svg(&"<path d=\"M0,0\"/>".repeat(1000))), 422, "target.selector"),
        (with("target", svg(&format!("<path d=\"M{}\"/>", "0".repeat(50_000)))), 422, "target.selector"),
        (
            with(
                "body",
                json!({ "type": "TextualBody", "value": "<script>x()</script>", "format": "text/html" }),
            ),
            422,
            "body.value",
        ),
        (with("motivation", json!("painting")), 422, "motivation"),
        (with("type", json!("Canvas")), 422, "type"),
        ("[]".into(), 422, "body"),
        ("\"x\"".into(), 422, "body"),
        ("{".into(), 400, "body"),
        (String::new(), 400, "body"),
        ("\u{feff}{}".into(), 400, "body"),
        (
            with("body", serde_json::from_str(&format!("{}1{}", "[".repeat(60), "]".repeat(60))).unwrap()),
            422,
            "body",
        ),
        (format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)), 400, "body"),
    ] {
        let response = ask(&server, CURATOR, "POST", CONTAINER, &[LD_JSON], &body);
        assert_eq!(
            (response.status, response.header("content-type")),
            (status, "application/problem+json"),
            "{:.200}: {}",
            body,
            response.text()
        );
        assert_eq!(response.json()["parameter"], parameter, "{}", response.text());
    }
    let long = ask(&server, CURATOR, "POST", CONTAINER, &[LD_JSON], &with("body", json!("x".repeat(70_000))));
    assert!(long.status == 413 && long.text().contains("64 KiB"), "{}", long.text());
    assert_eq!(server.get("/api/v1/works/KMS1/tags").json()["revision"], before);
    // What can be made harmless is.
    let html = json!({ "type": "TextualBody", "value": "A <b onclick='x()'>dog</b><img src=https://other.example/>", "format": "text/html" });
    let (place, _) = { created(&server, CURATOR, &serde_json::from_str(&with("body", html)).unwrap()) };
    assert_eq!(server.get(&place).json()["body"]["value"], "<span>A <b>dog</b></span>");
    created(&server, CURATOR, &comment("two"));
    let full = post(&server, CURATOR, &comment("three"));
    assert!(full.status == 409 && full.text().contains("annotations.per_canvas"), "{}", full.text());
}

#[test]
fn moderated_annotations_wait_for_a_curator() {
    let museum = Museum::new(&works());
    let server = moderated(&museum);
    let (place, tag) = created(&server, VISITOR, &comment("Seen by a visitor"));
    let total = |token: &str| ask(&server, token, "GET", CONTAINER, &[], "").json()["total"].clone();
    assert_eq!((total(""), total(VISITOR), total(CURATOR)), (json!(0), json!(1), json!(1)));
    assert_eq!(read(&server, &place, &[]).status, 404);
    assert_eq!(ask(&server, VISITOR, "GET", &place, &[], "").status, 200);
    let page = "/presentation/3/KMS1/canvas/1/annotations";
    assert_eq!(server.get(page).json()["items"], json!([]));
    let waiting =
        || ask(&server, CURATOR, "GET", "/api/v1/review/annotations", &[], "").json()["annotations"].clone();
    let listed = waiting();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["id"], format!("http://x{place}"));
    assert_eq!(
        (&listed[0]["creator"], &listed[0]["text"]),
        (&json!("visitors"), &json!("Seen by a visitor"))
    );
    let after = format!("/api/v1/review/annotations?after={}", listed[0]["made"]);
    assert_eq!(ask(&server, CURATOR, "GET", &after, &[], "").json()["annotations"], json!([]));

    let decide = |status: &str, tag: &str| {
        let decision = json!({ "status": status, "note": "seen" }).to_string();
        ask(
            &server,
            CURATOR,
            "PATCH",
            &place,
            &[("Content-Type", "application/json"), ("If-Match", tag)],
            &decision,
        )
    };
    assert_eq!(decide("deleted", &tag).status, 400);
    assert_eq!(decide("accepted", "\"0\"").status, 412);
    let accepted = decide("accepted", &tag);
    assert_eq!(
        (accepted.status, &accepted.json()["status"]),
        (200, &json!("accepted")),
        "{}",
        accepted.text()
    );
    assert_eq!((read(&server, &place, &[]).status, waiting()), (200, json!([])));
    assert_eq!(server.get(page).json()["items"][0]["creator"]["name"], "visitors");
    // A change waits again.
    let now = ask(&server, VISITOR, "GET", &place, &[], "");
    let headers = [LD_JSON, ("If-Match", now.header("etag"))];
    assert_eq!(ask(&server, VISITOR, "PUT", &place, &headers, &comment("Changed").to_string()).status, 200);
    assert_eq!((read(&server, &place, &[]).status, waiting().as_array().map(Vec::len)), (404, Some(1)));
    assert_eq!(decide("rejected", "*").status, 200);
    assert_eq!((read(&server, &place, &[]).status, total(VISITOR), waiting()), (404, json!(0), json!([])));
    let history = ask(&server, CURATOR, "GET", &format!("{place}/history"), &[], "").json();
    let events: Vec<_> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["actor"].clone(), event["status"].clone()))
        .collect();
    assert_eq!(
        json!(events),
        json!([
            ["visitors", "pending"],
            ["curator", "accepted"],
            ["visitors", "pending"],
            ["curator", "rejected"]
        ])
    );
}

#[test]
fn published_annotations_are_in_the_manifest_and_found() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let pages = |version: u8| {
        let manifest = server.get(&format!("/presentation/{version}/KMS1/manifest")).json();
        let pages = match version {
            3 => manifest["items"][0]["annotations"].clone(),
            _ => manifest["sequences"][0]["canvases"][0]["otherContent"].clone(),
        };
        pages.as_array().map_or(0, Vec::len)
    };
    let before = (pages(3), pages(2));
    let mut shape = comment("A quadruped with zebraic stripes");
    shape["motivation"] = json!(["describing", "linking"]);
    shape["target"] = json!({
        "type": "SpecificResource", "source": canvas(),
        "selector": { "type": "SvgSelector", "value": "<svg><path d=\"M1,1L9,9z\"/></svg>" },
    });
    let (place, _) = created(&server, CURATOR, &shape);
    assert_eq!((pages(3), pages(2)), (before.0 + 1, before.1 + 1));
    let page = server.get("/presentation/3/KMS1/canvas/1/annotations").json();
    assert_eq!(
        (&page["type"], &page["@context"]),
        (&json!("AnnotationPage"), &json!("http://iiif.io/api/presentation/3/context.json"))
    );
    let uri = server.get(&place).json()["id"].clone();
    assert_eq!(
        (&page["items"][0]["id"], &page["items"][0]["motivation"]),
        (&uri, &json!(["describing", "linking"]))
    );
    let list = server.get("/presentation/2/KMS1/canvas/1/annotations").json();
    assert_eq!(
        (&list["@type"], &list["resources"][0]["motivation"]),
        (&json!("sc:AnnotationList"), &json!(["oa:describing", "oa:linking"]))
    );
    assert_eq!(list["resources"][0]["on"]["selector"]["@type"], "oa:SvgSelector");
    // Within the work, by both versions of Content Search, and by motivation.
    for (query, found) in [
        ("q=zebra", 1),
        ("q=zebra&motivation=linking", 1),
        ("q=zebra&motivation=tagging", 0),
        ("q=giraffe", 0),
    ] {
        let response = server.get(&format!("/search/2/KMS1?{query}")).json();
        assert_eq!(response["items"].as_array().map(Vec::len), Some(found), "{query}: {response}");
        let response = server.get(&format!("/search/1/KMS1?{query}")).json();
        assert_eq!(response["resources"].as_array().map(Vec::len), Some(found), "{query}: {response}");
    }
    let marked = server.get("/search/2/KMS1?q=zebra").json();
    assert_eq!(marked["annotations"][0]["items"][0]["target"]["selector"][0]["exact"], "zebraic");
    // And among all works, until it is deleted.
    let found = || search(&server, "q=zebraic")["total"].clone();
    wait(Duration::from_secs(10), || found() == json!(1));
    assert_eq!(ask(&server, CURATOR, "DELETE", &place, &[], "").status, 204);
    assert_eq!((pages(3), pages(2)), before);
    assert_eq!(server.get("/search/2/KMS1?q=zebra").json()["items"], json!([]));
    wait(Duration::from_secs(10), || found() == json!(0));
}

#[test]
fn a_long_page_continues_in_the_container() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    // A hundred of these are more than a page continues with.
    let text = "word ".repeat(2500);
    let all: Vec<String> =
        (0..101).map(|number| created(&server, CURATOR, &comment(&format!("{number} {text}"))).0).collect();
    let place = "/presentation/3/KMS1/canvas/1/annotations";
    let (first, others) = std::thread::scope(|threads| {
        let others: Vec<_> = (0..8).map(|_| threads.spawn(|| server.get(place))).collect();
        (server.get(place), others.into_iter().map(|other| other.join().unwrap()).collect::<Vec<_>>())
    });
    assert_eq!(first.status, 200, "{}", first.text());
    assert!(others.iter().all(|other| other.body == first.body));
    let ids = |page: &Value, items: &str, id: &str| -> Vec<String> {
        page[items].as_array().unwrap().iter().map(|item| path(item[id].as_str().unwrap())).collect()
    };
    let base = format!("http://{}", server.address);
    let own = |uri: &str| uri.replace("http://x", "").replace(&base, "");
    let first = first.json();
    let mut listed: Vec<String> = ids(&first, "items", "id").iter().map(|uri| own(uri)).collect();
    assert_eq!((listed.len(), &first["partOf"][0]["total"]), (100, &json!(101)));
    let next = server.get(&own(first["next"].as_str().unwrap())).json();
    assert_eq!((&next["type"], next.get("next")), (&json!("AnnotationPage"), None));
    listed.extend(ids(&next, "items", "id").iter().map(|uri| own(uri)));
    assert_eq!(listed, all);
    let list = server.get("/presentation/2/KMS1/canvas/1/annotations").json();
    assert_eq!((ids(&list, "resources", "@id").len(), list.get("next")), (100, None));
    // A page that has all of them does not continue.
    assert_eq!(ask(&server, CURATOR, "DELETE", &all[7], &[], "").status, 204);
    let page = server.get(place).json();
    assert_eq!((page["items"].as_array().map(Vec::len), page.get("next")), (Some(100), None));
}

#[test]
fn annotations_follow_their_image_and_end_with_their_work() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let (place, _) = created(&server, CURATOR, &comment("On the front"));
    let other = "/annotations/KMS2/canvas/1/";
    let mut empty = comment("A canvas without image");
    empty["target"] = json!("http://x/presentation/3/KMS2/canvas/1");
    let response = ask(&server, CURATOR, "POST", other, &[LD_JSON], &empty.to_string());
    assert_eq!(response.status, 201, "{}", response.text());
    assert_eq!(server.get(other).json()["total"], 1);
    // The record is imported again with another image before this one.
    let mut records = works();
    std::fs::copy(museum.path("masters/a.tif"), museum.path("masters/b.tif")).unwrap();
    records[0]["images"] = json!([{ "file": "b.tif" }, { "file": "a.tif" }]);
    museum.ingest(&records);
    wait(Duration::from_secs(10), || server.get("/annotations/KMS1/canvas/2/").status == 200);
    assert_eq!(server.get("/annotations/KMS1/canvas/2/").json()["total"], 1);
    assert_eq!(server.get(CONTAINER).json()["total"], 0);
    assert_eq!(
        server.get(&place).json()["target"].as_str().unwrap().rsplit_once('/').unwrap().1,
        "2#xywh=10,20,300,200"
    );
    assert_eq!(ask(&server, CURATOR, "DELETE", "/api/v1/works/KMS1", &[], "").status, 204);
    for place in [CONTAINER, &place] {
        assert_eq!(server.get(place).status, 410, "{place}");
        assert_eq!(
            ask(&server, CURATOR, "PUT", &place.replace(CONTAINER, "/annotations/KMS1/x"), &[LD_JSON], "{}")
                .status,
            410
        );
    }
    assert_eq!(post(&server, CURATOR, &comment("x")).status, 410);
}

#[test]
fn of_two_changes_at_once_one_is_made() {
    let museum = Museum::new(&works());
    let (server, other) =
        (museum.serve(), museum.serve_with(&[("TEGL__SEARCH__FOLDER", &museum.path("other"))]));
    let (place, tag) = created(&server, CURATOR, &comment("First"));
    let put = |server: &Server, text: &str| {
        ask(server, CURATOR, "PUT", &place, &[LD_JSON, ("If-Match", &tag)], &comment(text).to_string()).status
    };
    let mut statuses = std::thread::scope(|scope| {
        let both = [scope.spawn(|| put(&server, "Second")), scope.spawn(|| put(&other, "Third"))];
        both.map(|one| one.join().unwrap())
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    // The other server follows within a second: its page and its manifest are other ones.
    let page = "/presentation/3/KMS1/canvas/1/annotations";
    let manifest = || other.get("/presentation/3/KMS1/manifest").header("etag").to_owned();
    let (before, _) = (manifest(), other.get(page));
    let (second, _) = created(&server, CURATOR, &comment("Fourth"));
    wait(Duration::from_secs(1), || manifest() != before && other.get(page).text().contains("Fourth"));
    assert_eq!(other.get(&second).status, 200);
}

#[test]
fn mirador_annotates_in_a_browser() {
    let museum = Museum::new(&works());
    let server = moderated(&museum);
    let what = "annotating in Mirador";
    if server.get("/assets/mirador/annotate.js").status != 200 {
        return not_proven(what, "the viewers are not built: cd src/web/pages && npm ci && npm run build");
    }
    let out = museum.path("out");
    look(what, "annotate.mjs", "axe-core", &server, &[CURATOR, VISITOR, "KMS1", "--out", &out]);
}
