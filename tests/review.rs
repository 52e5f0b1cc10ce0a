//! Many tags at once: decisions, batches, tags from elsewhere, and what waits for a curator.

use serde_json::{Value, json};

use crate::support::command::{CommandOutput, tegl};
use crate::support::http::Response;
use crate::support::museum::{CURATOR, Museum, send, works};
use crate::support::server::Server;

const MANY: &str = "/api/v1/tags";
const LINES: (&str, &str) = ("Content-Type", "application/x-ndjson");
const JSON: (&str, &str) = ("Content-Type", "application/json");

fn line(work: &str, label: &str, confidence: f64) -> Value {
    json!({"work": work, "scheme": "motif", "label": {"en": label}, "source": "model:seer@1", "confidence": confidence})
}

fn with(mut line: Value, field: &str, value: Value) -> Value {
    line[field] = value;
    line
}

fn post(server: &Server, lines: &[Value]) -> Response {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    send(server, "POST", MANY, &[LINES], lines.join("\n").as_bytes())
}

fn decide(server: &Server, decisions: &Value) -> Response {
    let body = json!({"decisions": decisions}).to_string();
    send(server, "PATCH", MANY, &[JSON], body.as_bytes())
}

fn curator_gets(server: &Server, path: &str) -> Response {
    let authorization = format!("Bearer {CURATOR}");
    server.request("GET", path, &[("Authorization", &authorization)])
}

/// The tags of a work, as (label, source, status, identifier).
fn tags(server: &Server, work: &str) -> Vec<(String, String, String, String)> {
    let told = server.get(&format!("/api/v1/works/{work}/tags")).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let label = |tag: &Value| {
        text(
            tag["label"]
                .as_object()
                .unwrap()
                .values()
                .next()
                .unwrap()
                .as_array()
                .map_or(&Value::Null, |all| &all[0]),
        )
    };
    let tags = told["tags"].as_array().unwrap().iter();
    tags.map(|tag| (label(tag), text(&tag["source"]), text(&tag["status"]), text(&tag["id"]))).collect()
}

#[track_caller]
fn tag(server: &Server, work: &str, label: &str) -> (String, String) {
    let found = tags(server, work).into_iter().find(|(known, ..)| known == label);
    let (_, _, status, id) = found.unwrap_or_else(|| panic!("{work} has no tag {label}"));
    (status, id)
}

fn revision(server: &Server, work: &str) -> u64 {
    server.get(&format!("/api/v1/works/{work}/tags")).json()["revision"].as_u64().unwrap()
}

#[test]
fn a_batch_stores_good_lines_and_reports_the_others() {
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[]);
    let lines = [
        line("KMS1", "cat", 0.9),
        with(line("KMS1", "person", 0.8), "region", json!("10,10,100,100")),
        with(line("KMS1", "tower", 0.8), "region", json!("800,500,101,100")),
        line("NONE7", "cat", 0.9),
        with(line("KMS2", "cat", 0.9), "scheme", json!("creator")),
        with(line("KMS2", "boat", 0.9), "status", json!("accepted")),
        json!({"work": "KMS2", "scheme": "motif", "label": "pond", "note": "seen"}),
        json!({"scheme": "motif", "label": "pond"}),
    ];
    let added = post(&server, &lines);
    assert_eq!(added.status, 200, "{}", added.text());
    let told = added.json();
    assert_eq!((&told["added"], &told["works"]), (&json!(3), &json!(2)), "{told}");
    let refused: Vec<_> = told["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["line"].as_u64().unwrap(), one["parameter"].as_str().unwrap()))
        .collect();
    assert_eq!(refused, [(3, "region"), (4, "work"), (5, "scheme"), (6, "status"), (8, "work")], "{told}");
    assert_eq!(tag(&server, "KMS1", "cat").0, "proposed");
    assert_eq!(tag(&server, "KMS2", "pond").0, "accepted", "a curator's tag is a decision");
    // The same batch changes nothing: what was lost can be sent again.
    let before = (revision(&server, "KMS1"), revision(&server, "KMS2"));
    let again = post(&server, &lines).json();
    assert_eq!((&again["added"], &again["unchanged"]), (&json!(0), &json!(3)), "{again}");
    assert_eq!((revision(&server, "KMS1"), revision(&server, "KMS2")), before);
    for (body, kind, status) in [
        ("", "application/x-ndjson", 400),
        ("{}", "text/plain", 415),
        (&*" ".repeat((1 << 20) + 1), "application/x-ndjson", 413),
    ] {
        assert_eq!(send(&server, "POST", MANY, &[("Content-Type", kind)], body.as_bytes()).status, status);
    }
    assert_eq!(server.request("PATCH", MANY, &[]).status, 401);
    let refused = send(&server, "PUT", MANY, &[JSON], b"{}");
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD, POST, PATCH, OPTIONS"));
}

#[test]
fn lines_that_other_systems_write_are_read() {
    let museum = Museum::new(&works());
    let server = museum.serve_with(&[]);
    // A byte order mark, carriage returns, an empty line, and accents as characters of their own.
    let (composed, combining) = (line("KMS1", "caf\u{e9}", 0.9), line("KMS1", "cafe\u{301}", 0.9));
    let body = format!("\u{feff}{composed}\r\n\r\n{combining}\r\n");
    let kind = [("Content-Type", "application/x-ndjson")];
    let told = send(&server, "POST", MANY, &kind, body.as_bytes()).json();
    assert_eq!((&told["added"], &told["refused"]), (&json!(1), &json!([])), "{told}");
    assert_eq!(tag(&server, "KMS1", "caf\u{e9}").0, "proposed");
}

#[test]
fn sure_tags_are_accepted_by_the_rule_of_their_scheme() {
    let museum = Museum::new(&works());
    let (catalogue, index) = (museum.path("catalogue.db"), museum.path("index"));
    let toml = museum.path("rules.toml");
    std::fs::write(&toml, "[tagging.accept_from]\nmotif = 0.95\n").unwrap();
    let environment = [
        ("TEGL__CATALOGUE__URL", catalogue.as_str()),
        ("TEGL__SEARCH__FOLDER", &index),
        ("TEGL__API__TOKENS__CURATOR", CURATOR),
    ];
    let server = Server::with(&["--config", &toml, &museum.path("masters")], &environment);
    assert_eq!(post(&server, &[line("KMS1", "cat", 0.94), line("KMS1", "field", 0.96)]).status, 200);
    assert_eq!(
        (&*tag(&server, "KMS1", "cat").0, &*tag(&server, "KMS1", "field").0),
        ("proposed", "accepted")
    );
}

#[test]
fn many_decisions_are_made_together_or_not_at_all() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let lines: Vec<Value> =
        (0..10).map(|at| line(&format!("X{at:02}"), "hill", 0.5 + f64::from(at) / 100.0)).collect();
    assert_eq!(
        post(&server, &[lines, vec![line("KMS1", "cat", 0.9), line("KMS1", "field", 0.9)]].concat()).status,
        200
    );
    let at = revision(&server, "KMS1");
    let (cat, field) = (tag(&server, "KMS1", "cat").1, tag(&server, "KMS1", "field").1);
    let one = |work: &str, tag: &str, status: &str| json!({"work": work, "tag": tag, "status": status});
    for (last, status, parameter) in [
        (one("NONE7", &cat, "accepted"), 404, Value::Null),
        (one("KMS1", "0123456789abcdef", "accepted"), 404, Value::Null),
        (with(one("KMS1", &field, "accepted"), "revision", json!(at + 7)), 412, Value::Null),
        (one("KMS1", &field, "gone"), 400, json!("status")),
        (json!({"work": "KMS1", "tag": field}), 422, json!("status")),
        (json!({"tag": field, "status": "accepted"}), 400, json!("work")),
        (with(one("KMS1", &field, "accepted"), "region", json!("0,0,901,1")), 422, json!("region")),
    ] {
        let refused = decide(&server, &json!([one("KMS1", &cat, "accepted"), last]));
        let problem = refused.json();
        assert_eq!(
            (refused.status, &problem["index"], &problem["parameter"]),
            (status, &json!(1), &parameter),
            "{problem}"
        );
    }
    assert_eq!((revision(&server, "KMS1"), &*tag(&server, "KMS1", "cat").0), (at, "proposed"));
    for body in ["{}", "{\"decisions\": []}", "{\"decisions\": 7}", "{\"decisions\": [], \"x\": 1}"] {
        let refused = send(&server, "PATCH", MANY, &[JSON], body.as_bytes());
        assert!(refused.status == 400 && refused.json().get("index").is_none(), "{body}: {}", refused.text());
    }
    let hill = tag(&server, "X03", "hill").1;
    let decided = decide(
        &server,
        &json!([
            with(with(one("KMS1", &cat, "rejected"), "revision", json!(at)), "note", json!("a dog")),
            with(one("KMS1", &field, "accepted"), "revision", json!(at)),
            one("X03", &hill, "accepted"),
        ]),
    );
    assert_eq!(decided.status, 200, "{}", decided.text());
    let told = decided.json();
    assert_eq!(told["actor"], "curator");
    let revisions: Vec<u64> =
        told["decisions"].as_array().unwrap().iter().map(|one| one["revision"].as_u64().unwrap()).collect();
    assert_eq!(revisions[1], revision(&server, "KMS1"));
    assert!(revisions.is_sorted() && revisions[0] > at, "{told}");
    assert_eq!((&*tag(&server, "KMS1", "cat").0, &*tag(&server, "X03", "hill").0), ("rejected", "accepted"));
    let history = server.get(&format!("/api/v1/works/KMS1/tags/{cat}/history")).json();
    assert_eq!(
        (&history["events"][0]["note"], &history["events"][0]["actor"]),
        (&json!("a dog"), &json!("curator"))
    );
}

#[test]
fn a_thousand_decisions_are_one_request() {
    let records: Vec<Value> =
        (0..1000).map(|at| json!({"object_number": format!("B{at}"), "titles": {"en": "A"}})).collect();
    let museum = Museum::new(&records);
    let server = museum.serve();
    let lines: Vec<Value> = (0..1000).map(|at| line(&format!("B{at}"), "hill", 0.5)).collect();
    assert_eq!(post(&server, &lines).json()["added"], 1000);
    let mut decisions = Vec::new();
    for start in [0, 500] {
        let waiting =
            curator_gets(&server, &format!("/api/v1/review/schemes/motif/hill?limit=500&start={start}"))
                .json();
        let one = |tag: &Value| json!({"work": tag["work"], "tag": tag["tag"]["id"], "status": "accepted", "revision": tag["revision"]});
        decisions.extend(waiting["tags"].as_array().unwrap().iter().map(one));
    }
    let decided = decide(&server, &json!(decisions));
    assert_eq!(decided.status, 200, "{}", decided.text());
    assert_eq!(curator_gets(&server, "/api/v1/review/schemes").json(), json!({"schemes": []}));
    decisions.push(decisions[0].clone());
    let many = decide(&server, &json!(decisions));
    assert!(many.status == 400 && many.text().contains("1000"), "{}", many.text());
}

#[test]
fn what_waits_is_listed_by_tag_and_by_work_until_it_is_decided() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let lines = [
        line("KMS2", "cat", 0.5),
        line("KMS1", "cat", 0.9),
        with(line("KMS1", "person", 0.7), "region", json!("10,20,300,200")),
    ];
    assert_eq!(post(&server, &lines).status, 200);
    for path in ["schemes", "schemes/motif", "schemes/motif/cat", "works"] {
        assert_eq!(server.get(&format!("/api/v1/review/{path}")).status, 401, "{path}");
    }
    assert_eq!(curator_gets(&server, "/api/v1/review/nothing").status, 404);
    assert_eq!(curator_gets(&server, "/api/v1/review/works?limit=51").status, 400);
    let schemes = curator_gets(&server, "/api/v1/review/schemes");
    assert_eq!(schemes.header("cache-control"), "no-store");
    assert_eq!(
        (&schemes.json()["schemes"][0]["scheme"], &schemes.json()["schemes"][0]["tags"]),
        (&json!("motif"), &json!(3))
    );
    let values = curator_gets(&server, "/api/v1/review/schemes/motif").json();
    assert_eq!(
        (&values["values"][0]["value"], &values["values"][0]["tags"]),
        (&json!("cat"), &json!(2)),
        "{values}"
    );
    let cats = || {
        curator_gets(&server, "/api/v1/review/schemes/motif/cat").json()["tags"].as_array().unwrap().clone()
    };
    let in_order: Vec<Value> = cats().iter().map(|tag| tag["work"].clone()).collect();
    assert_eq!(in_order, ["KMS1", "KMS2"], "the most confident first");
    let by_work = curator_gets(&server, "/api/v1/review/works?limit=1").json();
    assert_eq!(
        (&by_work["works"][0]["work"], by_work["works"][0]["tags"].as_array().unwrap().len()),
        (&json!("KMS1"), 2)
    );
    let after = curator_gets(&server, "/api/v1/review/works?after=KMS1").json();
    assert_eq!((&after["works"][0]["work"], after["works"].as_array().unwrap().len()), (&json!("KMS2"), 1));
    // The picture of a region is the region.
    let person = &by_work["works"][0]["tags"]
        .as_array()
        .unwrap()
        .iter()
        .find(|tag| tag["tag"]["label"]["en"][0] == "person")
        .unwrap()
        .clone();
    let picture = person["picture"].as_str().unwrap();
    let path = &picture[picture.find("/iiif/").unwrap()..];
    assert!(path.contains("/10,20,300,200/max/"), "{path}");
    assert_eq!(server.get(path).status, 200);
    let whole = cats()[0]["picture"].as_str().unwrap().to_owned();
    assert_eq!(server.get(&whole[whole.find("/iiif/").unwrap()..]).status, 200);
    // A decision removes it, and reopening brings it back.
    let id = cats()[0]["tag"]["id"].clone();
    for (status, waiting) in [("rejected", 1), ("proposed", 2), ("accepted", 1)] {
        assert_eq!(decide(&server, &json!([{"work": "KMS1", "tag": id, "status": status}])).status, 200);
        assert_eq!(cats().len(), waiting, "{status}");
    }
}

#[test]
fn the_page_of_the_review_has_no_data_and_runs_no_foreign_script() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let page = server.get("/review");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    let text = page.text();
    assert!(text.contains("/assets/review/main.js?v=") && !text.contains("KMS1"), "{text}");
    assert!(server.get("/review?lang=da").text().contains("Gennemgå tags"));
    let closed = museum.serve_configured("");
    assert!(closed.get("/review").text().contains("api.tokens"));
    assert_eq!(curator_gets(&closed, "/api/v1/review/schemes").status, 403);
}

/// `tegl ingest --tags`.
fn ingest(museum: &Museum, arguments: &[&str]) -> CommandOutput {
    let catalogue = museum.path("catalogue.db");
    let arguments = [&["ingest", "--tags"], arguments].concat();
    tegl(&arguments, &[("TEGL__CATALOGUE__URL", &catalogue)])
}

#[test]
fn a_file_of_tags_is_added_line_by_line() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let mut lines: Vec<String> = (0..4500)
        .map(|at| line(&format!("X{:02}", at % 40), &format!("term {}", at / 40), 0.5).to_string())
        .collect();
    lines.push(String::new());
    lines.push("{".into());
    lines.push(line("NONE7", "cat", 0.9).to_string());
    lines.push(with(line("KMS2", "reed", 1.0), "source", json!("import:thesaurus")).to_string());
    let file = museum.path("tags.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let dry = ingest(&museum, &[&file, "--dry-run"]);
    assert!(
        dry.out.contains("4501 tags") && dry.out.contains("nothing was written"),
        "{}{}",
        dry.out,
        dry.err
    );
    assert!(tags(&server, "X00").is_empty());
    let ran = ingest(&museum, &[&file]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("4501 tags added or changed") && ran.out.contains("1 line about works"),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(ran.err.contains("line 4502: ") && ran.err.contains("line 4503 (NONE7): "), "{}", ran.err);
    let added = || tags(&server, "X07").len() == 113;
    assert!(crate::support::eventually(std::time::Duration::from_secs(10), added));
    assert_eq!(tag(&server, "KMS2", "reed").0, "accepted");
    let again = ingest(&museum, &[&file, "--json"]);
    let summary: Value = again.out.lines().last().map(|line| serde_json::from_str(line).unwrap()).unwrap();
    assert_eq!(
        (&summary["summary"]["tags_added"], &summary["summary"]["unchanged"]),
        (&json!(0), &json!(4501)),
        "{summary}"
    );
    // What a curator has rejected stays rejected, also if a later version says it again.
    let (_, id) = tag(&server, "X07", "term 0");
    assert_eq!(decide(&server, &json!([{"work": "X07", "tag": id, "status": "rejected"}])).status, 200);
    std::fs::write(&file, with(line("X07", "Term 0", 0.99), "source", json!("model:seer@2")).to_string())
        .unwrap();
    let later = ingest(&museum, &[&file]);
    assert!(later.code == Some(0) && later.out.contains("1 left out"), "{}{}", later.out, later.err);
    assert_eq!((&*tag(&server, "X07", "term 0").0, tags(&server, "X07").len()), ("rejected", 113));
}

/// Answers of an enrichment service about two works, in the shape of SMK's.
const ENRICHMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/enrichment.json");

#[test]
fn each_source_of_an_enrichment_is_kept_apart() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let ran = ingest(&museum, &[ENRICHMENT, "--form", "enrichment"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert!(
        ran.err.contains("line 8 (NONE7): ")
            && ran.err.contains("line 9: ")
            && ran.out.contains("1 entries of kinds"),
        "{}{}",
        ran.out,
        ran.err
    );
    let found = tags(&server, "KMS1");
    for (label, source) in [
        ("mark", "model:msvisioncomponent"),
        ("ko", "model:msvisioncomponent-unfiltered"),
        ("farmer's cart", "model:msvisioncomponent-unfiltered"),
        ("#203040", "model:colorextractor"),
        ("husdyr", "model:hypernymcomponent"),
        ("areal", "model:hypernymcomponent-unfiltered"),
        ("meadow", "import:wikidata"),
        ("eng", "import:wikidata"),
    ] {
        let is_it = |(known, from, status, _): &&(String, String, String, String)| {
            known == label && from == source && status == "proposed"
        };
        assert!(found.iter().any(|tag| is_it(&tag)), "{label} by {source}: {found:?}");
    }
    let told = server.get("/api/v1/works/KMS1/tags").json();
    let cow = told["tags"].as_array().unwrap().iter().find(|tag| tag["label"]["en"][0] == "cow").unwrap();
    assert_eq!((&cow["confidence"], &cow["label"]["da"][0]), (&json!(0.5), &json!("ko")));
    let refused = ingest(&museum, &[ENRICHMENT, "--form", "smk"]);
    assert!(refused.code == Some(1) && refused.err.contains("`lines` or `enrichment`"), "{}", refused.err);
}

#[test]
fn decisions_outlive_a_second_run() {
    let museum = Museum::new(&works());
    let catalogue = museum.path("catalogue.db");
    let run = || {
        let ran = tegl(
            &["tag", &museum.path("masters"), "--only", "color"],
            &[("TEGL__CATALOGUE__URL", &catalogue)],
        );
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    };
    run();
    let server = museum.serve();
    let waiting = curator_gets(&server, "/api/v1/review/works?limit=1").json();
    let proposed = waiting["works"][0]["tags"].as_array().unwrap().clone();
    assert!(proposed.len() > 1, "{waiting}");
    let statuses = ["rejected", "accepted"];
    let one = |(tag, status): (&Value, &&str)| json!({"work": tag["work"], "tag": tag["tag"]["id"], "status": status, "revision": tag["revision"]});
    let decisions: Vec<Value> = proposed.iter().zip(&statuses).map(one).collect();
    assert_eq!(decide(&server, &json!(decisions)).status, 200);
    run();
    let told = || server.get("/api/v1/works/KMS1/tags").json();
    let status = |tag: &Value| {
        told()["tags"]
            .as_array()
            .unwrap()
            .iter()
            .find(|known| known["id"] == tag["tag"]["id"])
            .map(|known| known["status"].clone())
    };
    for (tag, expected) in proposed.iter().zip(statuses) {
        assert_eq!(status(tag), Some(json!(expected)));
    }
    let left = curator_gets(&server, "/api/v1/review/schemes").json();
    let left = left["schemes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scheme| scheme["tags"].as_u64().unwrap())
        .sum::<u64>();
    assert_eq!(left, proposed.len() as u64 - 2);
}
