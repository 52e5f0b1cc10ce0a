//! Tags written by curators and programs: what is taken, what is refused and why, and what changes.

use serde_json::{Value, json};

use crate::support::http::Response;
use crate::support::museum::{Museum, send, works};
use crate::support::server::Server;

const TAGS: &str = "/api/v1/works/KMS1/tags";
const JSON: (&str, &str) = ("Content-Type", "application/json");

fn post(server: &Server, tag: &Value) -> Response {
    send(server, "POST", TAGS, &[JSON], tag.to_string().as_bytes())
}

fn patch(server: &Server, id: &str, headers: &[(&str, &str)], change: &Value) -> Response {
    let headers = [&[JSON], headers].concat();
    send(server, "PATCH", &format!("{TAGS}/{id}"), &headers, change.to_string().as_bytes())
}

fn revision(server: &Server) -> u64 {
    server.get(TAGS).json()["revision"].as_u64().unwrap()
}

/// A good tag with one field changed.
fn with(field: &str, value: Value) -> Value {
    let mut tag = json!({"scheme": "motif", "label": {"en": "cat"}});
    tag[field] = value;
    tag
}

#[track_caller]
fn refused(answer: &Response, status: u16, parameter: &str, says: &str) {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (status, "application/problem+json"),
        "{}",
        answer.text()
    );
    let problem = answer.json();
    assert_eq!(problem["parameter"], parameter, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains(says), "{problem}");
}

#[test]
fn invalid_tags_are_refused_without_changes() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let before = server.get(TAGS);
    for (field, value, status, says) in [
        ("label", json!("<b></b>"), 400, "markup"),
        ("label", json!({"en": "<img src=x onerror=alert(1)>"}), 400, "markup"),
        ("label", json!({"en": " "}), 400, "empty"),
        ("label", json!("x".repeat(60_000)), 400, "500 characters"),
        ("label", json!("a\u{1}b"), 400, "control characters"),
        ("label", json!("\u{202e}god"), 400, "control characters"),
        ("label", json!({"in english": "cat"}), 400, "language"),
        ("concept", json!("javascript:alert(1)"), 400, "http or https"),
        ("image", json!("nowhere.tif"), 422, "`a.tif`"),
        ("region", json!("0,0,4294967295,4294967295"), 422, "900 × 600"),
        ("region", json!("800,500,101,100"), 422, "900 × 600"),
        ("region", json!("4294967295,0,1,1"), 400, "image"),
        ("region", json!("pct:10,10,10,10"), 400, "whole pixels"),
        ("region", json!("0,0,0,0"), 400, "whole pixels"),
        ("source", json!("import:smk"), 400, "`curator`"),
        ("scheme", json!("creator"), 400, "record"),
        ("scheme", json!("all"), 400, "`motif`"),
        ("confidence", json!(1.5), 400, "between 0 and 1"),
        ("status", json!("deleted"), 400, "`accepted`"),
        ("note", json!("x".repeat(3000)), 400, "2000 characters"),
        ("colour", json!("red"), 400, "`scheme`"),
    ] {
        refused(&post(&server, &with(field, value)), status, field, says);
    }
    for body in ["", "{", "[]", "{\"scheme\":\"motif\",\"label\":\"x\",\"confidence\":NaN}"] {
        refused(&send(&server, "POST", TAGS, &[JSON], body.as_bytes()), 400, "body", "JSON");
    }
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/xml"] {
        let unread = send(&server, "POST", TAGS, &[("Content-Type", kind)], b"{}");
        assert!(unread.status == 415 && unread.text().contains("application/json"), "{}", unread.text());
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    refused(&send(&server, "POST", TAGS, &form, b"scheme=motif&label=x"), 400, "body", "JSON");
    let long = post(&server, &with("note", json!("x".repeat(70_000))));
    assert!(long.status == 413 && long.text().contains("64 KiB"), "{}", long.text());
    let nobody = send(
        &server,
        "POST",
        "/api/v1/works/none/tags",
        &[JSON],
        with("scheme", json!("motif")).to_string().as_bytes(),
    );
    assert_eq!(nobody.status, 404);
    // A work without images has no part that a tag could be about.
    let none = send(
        &server,
        "POST",
        "/api/v1/works/KMS2/tags",
        &[JSON],
        with("region", json!("0,0,1,1")).to_string().as_bytes(),
    );
    refused(&none, 422, "region", "no image");
    assert_eq!(server.get(TAGS).body, before.body);
}

#[test]
fn a_tag_is_added_once_and_keeps_its_decision() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let cat = json!({
        "scheme": "motif", "label": {"en": "cat"}, "source": "model:seer@1", "confidence": 0.4, "status": "proposed",
        "image": "a.tif", "region": "800,500,100,100",
    });
    let added = post(&server, &cat);
    assert_eq!(added.status, 201, "{}", added.text());
    let id = added.json()["id"].as_str().unwrap().to_owned();
    assert!(added.header("location").ends_with(&format!("{TAGS}/{id}")), "{}", added.header("location"));
    let again = post(&server, &cat);
    assert_eq!((again.status, &again.json()), (200, &added.json()), "nothing has changed");
    // One whose answer got lost is repeated with the same condition; one that says more is not.
    let before = [JSON, ("If-Match", "\"1\"")];
    let again = send(&server, "POST", TAGS, &before, cat.to_string().as_bytes());
    assert_eq!((again.status, &again.json()), (200, &added.json()), "nothing has changed");
    let mut other = cat.clone();
    other["confidence"] = json!(0.5);
    assert_eq!(send(&server, "POST", TAGS, &before, other.to_string().as_bytes()).status, 412);
    assert_eq!(patch(&server, &id, &[], &json!({"status": "rejected"})).status, 200);
    let conflict = post(&server, &cat);
    assert!(conflict.status == 409 && conflict.text().contains(&id), "{}", conflict.text());
    let mut unjudged = cat.clone();
    unjudged.as_object_mut().unwrap().remove("status");
    unjudged["confidence"] = json!(0.6);
    let surer = post(&server, &unjudged);
    let told = surer.json();
    assert_eq!(
        (surer.status, &told["status"], &told["confidence"]),
        (200, &json!("rejected"), &json!(0.6)),
        "{told}"
    );
}

#[test]
fn a_tags_region_can_be_changed_and_removed() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let added = post(&server, &with("region", json!("1,2,3,4"))).json();
    let id = added["id"].as_str().unwrap();
    let annotation = || server.get(&format!("/presentation/3/KMS1/tag/{id}")).text();
    for (region, target) in [(json!("10,20,30,40"), "#xywh=10,20,30,40"), (json!(null), "canvas/1\"")] {
        let changed = patch(&server, id, &[], &json!({"region": region}));
        assert_eq!(changed.status, 200, "{}", changed.text());
        let told = server.get(&format!("{TAGS}/{id}")).json();
        assert_eq!(
            (&told["region"], &told["id"], &told["status"]),
            (&region, &json!(id), &json!("accepted"))
        );
        assert!(told.get("kept_id").is_none(), "{told}");
        let listed = server.get("/api/v1/works/KMS1").json();
        let tags = listed["tags"].as_array().unwrap();
        let own: Vec<&Value> = tags.iter().filter(|tag| tag["id"] == id).collect();
        assert_eq!((own.len(), &own[0]["region"]), (1, &region), "{tags:?}");
        let annotation = annotation();
        assert!(annotation.contains(target), "{annotation}");
    }
    for (change, status, parameter) in [
        (json!({"region": "0,0,901,1"}), 422, "region"),
        (json!({"region": "pct:0,0,1,1"}), 400, "region"),
        (json!({"label": "dog"}), 400, "label"),
        (json!({}), 422, "body"),
        (json!({"note": "x"}), 422, "body"),
        (json!({"status": "gone"}), 400, "status"),
    ] {
        refused(&patch(&server, id, &[], &change), status, parameter, "");
    }
    // Tags of the record itself, too.
    let tags = server.get(TAGS).json();
    let horse = tags["tags"].as_array().unwrap().iter().find(|tag| tag["label"]["en"][0] == "horse").unwrap();
    let horse = horse["id"].as_str().unwrap().to_owned();
    assert_eq!(patch(&server, &horse, &[], &json!({"region": "5,5,5,5"})).json()["region"], "5,5,5,5");
    museum.ingest(&works());
    assert_eq!(server.get(&format!("{TAGS}/{horse}")).json()["region"], "5,5,5,5", "it outlives its source");
    let events = server.get(&format!("{TAGS}/{horse}/history")).json();
    assert_eq!(events["events"][0]["region"], "5,5,5,5");
}

#[test]
fn if_match_is_a_list_of_etags() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let id = post(&server, &with("label", json!("cat"))).json()["id"].as_str().unwrap().to_owned();
    let mut status = ["rejected", "accepted"].into_iter().cycle();
    let mut ask = |value: &str| {
        let now = revision(&server);
        let value = value.replace("NOW", &now.to_string());
        let answer = patch(&server, &id, &[("If-Match", &value)], &json!({"status": status.next()}));
        (answer.status, revision(&server) > now)
    };
    for (value, expected) in [
        ("\"NOW\"", (200, true)),
        ("\"999999\", \"NOW\"", (200, true)),
        ("W/\"1\",\"NOW\" , \"x\"", (200, true)),
        ("*", (200, true)),
        ("\"999999\"", (412, false)),
        ("\"something else\"", (400, false)),
        ("\"else\"", (412, false)),
        // A weak tag never matches (RFC 9110, §13.1.1).
        ("W/\"NOW\"", (412, false)),
        ("NOW", (400, false)),
        ("\"NOW", (400, false)),
    ] {
        assert_eq!(ask(value), expected, "{value}");
    }
    let twice = [("If-Match", "\"1\""), ("If-Match", &*format!("\"{}\"", revision(&server)))];
    assert_eq!(patch(&server, &id, &twice, &json!({"region": "1,1,1,1"})).status, 200);
    let now = revision(&server);
    for (said, status) in [(now + 1, 412), (now, 200)] {
        assert_eq!(patch(&server, &id, &[], &json!({"region": null, "revision": said})).status, status);
    }
}

#[test]
fn a_refused_method_lists_the_allowed_ones() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let id = post(&server, &with("label", json!("cat"))).json()["id"].as_str().unwrap().to_owned();
    for (path, method, allowed) in [
        (TAGS.to_owned(), "PUT", "GET, HEAD, POST, OPTIONS"),
        (TAGS.to_owned(), "DELETE", "GET, HEAD, POST, OPTIONS"),
        (TAGS.to_owned(), "PATCH", "GET, HEAD, POST, OPTIONS"),
        (format!("{TAGS}/{id}"), "DELETE", "GET, HEAD, PATCH, OPTIONS"),
        (format!("{TAGS}/{id}"), "POST", "GET, HEAD, PATCH, OPTIONS"),
        (format!("{TAGS}/{id}/history"), "PATCH", "GET, HEAD, OPTIONS"),
        ("/api/v1/works".to_owned(), "POST", "GET, HEAD, OPTIONS"),
        ("/api/v1/works".to_owned(), "PUT", "GET, HEAD, OPTIONS"),
    ] {
        let answer = send(&server, method, &path, &[JSON], b"{}");
        assert_eq!((answer.status, answer.header("allow")), (405, allowed), "{method} {path}");
        assert_eq!(server.request("OPTIONS", &path, &[]).header("allow"), allowed, "{path}");
    }
}
