//! Works that leave and come back: tombstones at every address, on every server, and what imports may restore.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::command::{CommandOutput, tegl};
use crate::support::http::Response;
use crate::support::masters::{self, picture};
use crate::support::museum::wait_until_indexed;
use crate::support::server::Server;
use crate::support::workspace::Workspace;
use crate::support::{Failures, eventually};

const TOKEN: &str = "a-secret-of-the-tests";
const FREE: &str = "http://creativecommons.org/publicdomain/zero/1.0/";
const REASON: &str = "Returned to its owner";

/// Two works with an image each, and one image of both.
fn records() -> Vec<Value> {
    let record = |number: &str, title: &str, own: &str| {
        json!({"object_number": number, "titles": title, "rights": FREE, "object_type": "Painting",
            "creators": [{"name": "Anna Zwicky"}], "tags": [{"scheme": "motif", "label": {"en": "dog"}}],
            "images": [{"file": own}, {"file": "shared.tif"}]})
    };
    let mut first = record("K1", "The quagga", "K1.tif");
    first["tags"] = json!([{"scheme": "motif", "label": {"en": "quagga"}}]);
    vec![first, record("K2", "The other Zwicky", "K2.tif")]
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn museum() -> Workspace {
    let master = masters::jpeg_pyramid(&picture(600, 400), 256);
    let files = ["K1.tif", "K2.tif", "shared.tif"].map(|file| (file, master.clone()));
    Workspace::new(&files)
}

fn museums() -> Vec<Workspace> {
    Workspace::on_each_database("works withdrawn on PostgreSQL", museum)
}

fn serve(museum: &Workspace, index: &str) -> Server {
    let index = museum.path(index);
    let more = [("TEGL__API__TOKENS__CURATOR", TOKEN), ("TEGL__SEARCH__FOLDER", &index)];
    let server = museum.serve(&more);
    wait_until_indexed(&server);
    server
}

fn run(museum: &Workspace, typed: &[&str]) -> CommandOutput {
    tegl(typed, &[("TEGL__CATALOGUE__URL", &museum.catalogue)])
}

#[track_caller]
fn becomes(server: &Server, path: &str, status: u16) {
    let came = eventually(Duration::from_secs(20), || server.get(path).status == status);
    assert!(came, "{path}: {}", server.get(path).status);
}

#[track_caller]
fn write(server: &Server, method: &str, path: &str, body: &str) -> Response {
    write_if(server, method, path, "", body)
}

/// Sends a request with a header line more, which ends the line; none if it is empty.
#[track_caller]
fn write_if(server: &Server, method: &str, path: &str, condition: &str, body: &str) -> Response {
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n{condition}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    server.raw(text.as_bytes()).unwrap()
}

/// Every address of the work or of the image that only it has.
const OWN: [&str; 27] = [
    "/api/v1/works/K1",
    "/api/v1/works/K1/tags",
    "/api/v1/works/K1/similar",
    "/presentation/3/K1/manifest",
    "/presentation/2/K1/manifest",
    "/presentation/3/K1/canvas/1",
    "/presentation/3/K1/canvas/1/page",
    "/presentation/3/K1/canvas/1/painting",
    "/presentation/3/K1/annotations/1",
    "/presentation/3/K1.tif/manifest",
    "/search/2/K1?q=quagga",
    "/search/1/K1?q=quagga",
    "/search/2/K1/autocomplete?q=qu",
    "/works/K1",
    "/works/K1/cite.bib",
    "/view/mirador/K1",
    "/view/openseadragon/K1.tif",
    "/iiif/3/K1.tif/info.json",
    "/iiif/2/K1.tif/info.json",
    "/iiif/3/K1.tif/full/200,/0/default.jpg",
    "/iiif/3/K1.tif/0,0,256,256/256,256/0/default.jpg",
    "/iiif/2/K1.tif/full/200,/0/default.jpg",
    "/deepzoom/K1.tif.dzi",
    "/deepzoom/K1.tif_files/9/0_0.jpg",
    "/download/K1.tif",
    "/download/K1.tif.jpg",
    "/download/work/K1.zip",
];

/// Lists that name the work while it is shown.
const LISTS: [&str; 12] = [
    "/api/v1/works",
    "/api/v1/works?q=quagga",
    "/api/v1/works?facet=motif",
    "/api/v1/random?limit=10",
    "/api/v1/suggest?q=quag",
    "/api/v1/dump/works.jsonl",
    "/api/v1/dump/works.csv",
    "/api/v1/dump/manifests.txt",
    "/sitemap/1.xml",
    "/presentation/3/collections/all/all",
    "/presentation/3/collections/motif",
    "/api/smk/v1/art/search?keys=quagga",
];

/// Whether a list names the work, by its number, title or motif; responses to a search repeat the query.
fn is_listed(server: &Server, path: &str) -> bool {
    let text = server.get(path).text();
    let names: &[&str] =
        if path.contains("=quagga") { &["K1", "The quagga"] } else { &["K1", "The quagga", "quagga"] };
    names.iter().any(|name| text.contains(name))
}

/// Addresses at which the work can still be seen.
fn remains(server: &Server) -> Vec<&'static str> {
    let own = OWN.into_iter().filter(|path| server.get(path).status != 410);
    own.chain(LISTS.into_iter().filter(|path| is_listed(server, path))).collect()
}

#[test]
fn withdrawn_works_leave_every_server_within_a_second() {
    for museum in museums() {
        museum.ingest("all.jsonl", &lines(&records()), &["--name", "all"]);
        let tagged = run(&museum, &["tag", &museum.path("masters"), "--only", "likeness"]);
        assert_eq!(tagged.code, Some(0), "{}{}", tagged.out, tagged.err);
        let servers = [serve(&museum, "one"), serve(&museum, "two")];
        let similar = |server: &Server| server.get("/api/v1/works/K2/similar").text();
        for server in &servers {
            let mut failures = Failures::default();
            for path in OWN {
                let shown = server.get(path);
                failures.check(shown.status < 400, || format!("{path}: {} {}", shown.status, shown.text()));
            }
            for path in LISTS {
                failures.check(is_listed(server, path), || format!("{path}: {}", server.get(path).text()));
            }
            drop(failures);
            assert!(
                eventually(Duration::from_secs(20), || similar(server).contains("K1")),
                "{}",
                similar(server)
            );
        }
        // A search that is continued, and a dump that is resumed, were begun when the work was shown.
        let next = |server: &Server| {
            let first = server.get("/api/v1/works?limit=1&q=zwicky").json();
            let next = first["next"].as_str().unwrap_or_else(|| panic!("{first}")).to_owned();
            next[next.find("/api/").unwrap()..].to_owned()
        };
        let begun = servers.each_ref().map(next);
        for (server, next) in servers.iter().zip(&begun) {
            assert_eq!(server.get(next).json()["works"][0]["object_number"], "K1");
        }
        // A body that the schema forbids withdraws nothing.
        for body in
            ["[]", "[\"Sold\"]", "null", r#"{"reason":null}"#, r#"{"reason":" "}"#, r#"{"reason":"a\n"}"#]
        {
            assert_eq!(write(&servers[0], "DELETE", "/api/v1/works/K1", body).status, 400, "{body}");
        }
        let dumps = servers.each_ref().map(|server| server.get("/api/v1/dump/works.jsonl"));
        let shared = "/iiif/3/shared.tif/full/200,/0/default.jpg";
        let gone = write(&servers[0], "DELETE", "/api/v1/works/K1", &json!({"reason": REASON}).to_string());
        assert_eq!(gone.status, 204, "{}", gone.text());
        let left = |server: &Server| {
            server.get("/works/K1").status == 410
                && server.get("/iiif/3/K1.tif/full/200,/0/default.jpg").status == 410
                && server.get("/api/v1/works?q=quagga").json()["total"] == 0
        };
        assert!(eventually(Duration::from_secs(1), || servers.iter().all(left)), "it is still shown");
        for server in &servers {
            assert!(eventually(Duration::from_secs(5), || !similar(server).contains("K1")));
            assert_eq!(remains(server), [""; 0]);
            assert!(!server.get("/?files").text().contains("K1.tif"));
            assert_eq!(server.get(shared).status, 200, "another work has it");
            assert_eq!(server.get("/api/v1/works/K2").status, 200);
        }

        for ((server, next), dump) in servers.iter().zip(&begun).zip(&dumps) {
            assert!(dump.text().contains("K1"));
            assert_eq!(server.get(next).json()["works"], json!([]));
            let resumed = [("Range", "bytes=1-"), ("If-Range", dump.header("etag"))];
            let resumed = server.request("GET", "/api/v1/dump/works.jsonl", &resumed);
            assert!(resumed.status == 200 && !resumed.text().contains("K1"), "{}", resumed.text());
        }
        let feed = servers[1].get("/discovery/1/changes/0").json();
        let last = feed["orderedItems"].as_array().unwrap().last().unwrap().clone();
        assert!(last["type"] == "Delete" && last["object"]["id"].to_string().contains("/K1/"), "{last}");

        assert_eq!(write(&servers[1], "POST", "/api/v1/works/K1/restore", "").status, 204);
        assert_eq!(write(&servers[1], "POST", "/api/v1/works/K1/restore", "").status, 204, "again");
        for server in &servers {
            let back = |path: &&str| server.get(path).status < 400;
            assert!(eventually(Duration::from_secs(20), || OWN.iter().all(back)));
            let listed = || LISTS.iter().all(|path| is_listed(server, path));
            assert!(eventually(Duration::from_secs(20), listed));
        }
        let feed = servers[0].get("/discovery/1/changes/0").json();
        let last = feed["orderedItems"].as_array().unwrap().last().unwrap().clone();
        assert!(last["type"] == "Create" && last["object"]["id"].to_string().contains("/K1/"), "{last}");
    }
}

#[test]
fn a_tombstone_says_number_time_and_reason_only() {
    let museum = museum();
    museum.ingest("all.jsonl", &lines(&records()), &[]);
    let server = serve(&museum, "index");
    for (path, body, status, reason) in [
        ("/api/v1/works/K1?reason=a", r#"{"reason":"b"}"#, 422, "one in the query and another in the body"),
        ("/api/v1/works/K1", r#"{"reason":""}"#, 400, "is empty"),
        ("/api/v1/works/K1", r#"{"reason":7}"#, 400, "must be as in"),
        ("/api/v1/works/K1", r#"{"why":"b"}"#, 400, "must be as in"),
        ("/api/v1/works/K1?reason=a%0Ab", "", 400, "control characters"),
        ("/api/v1/works/K1?why=a", "", 400, "why"),
    ] {
        let refused = write(&server, "DELETE", path, body);
        assert!(
            refused.status == status && refused.text().contains(reason),
            "{path} {body}: {}",
            refused.text()
        );
    }
    assert_eq!(write(&server, "POST", "/api/v1/works/nobody/restore", "").status, 404);
    assert_eq!(server.get("/api/v1/works/K1/restore").status, 405);
    assert_eq!(
        write(&server, "DELETE", "/api/v1/works/K1?reason=Returned%20to%20its%20owner", "").status,
        204
    );
    for path in
        ["/api/v1/works/K1", "/presentation/3/K1/manifest", "/search/2/K1?q=dog", "/download/work/K1.zip"]
    {
        let gone = server.get(path);
        assert_eq!((gone.status, gone.header("content-type")), (410, "application/problem+json"), "{path}");
        assert_eq!(gone.header("cache-control"), "no-store");
        let told = gone.json();
        assert_eq!((&told["object_number"], &told["reason"]), (&json!("K1"), &json!(REASON)), "{told}");
        assert!(told["withdrawn"].as_str().unwrap().ends_with('Z'), "{told}");
        assert!(!gone.text().contains("quagga") && !gone.text().contains("Zwicky"), "{told}");
    }
    let image = server.get("/iiif/3/K1.tif/full/200,/0/default.jpg");
    assert_eq!((image.status, &image.json()["object_number"]), (410, &json!("K1")));
    let page = server.request("GET", "/works/K1?lang=da", &[("Accept", "text/html")]);
    assert_eq!(page.status, 410);
    let text = page.text();
    assert!(text.contains("Værket vises ikke længere") && text.contains("<dd>K1</dd>"), "{text}");
    assert!(text.contains(REASON) && !text.contains("quagga") && !text.contains("Zwicky"), "{text}");
}

#[test]
fn a_restoration_may_be_conditional() {
    for museum in museums() {
        museum.ingest("all.jsonl", &lines(&records()), &[]);
        let server = serve(&museum, "index");
        let restore = |condition: &str| {
            let condition =
                if condition.is_empty() { String::new() } else { format!("If-Match: {condition}\r\n") };
            write_if(&server, "POST", "/api/v1/works/K1/restore", &condition, "")
        };
        let shown = server.get("/api/v1/works/K1/tags").header("etag").to_owned();
        let gone = write(&server, "DELETE", "/api/v1/works/K1", "");
        let withdrawn = gone.header("etag").to_owned();
        assert_ne!(withdrawn, shown);
        let told = server.get("/api/v1/works/K1").json();
        assert_eq!(format!("\"{}\"", told["revision"]), withdrawn, "{told}");
        // An empty list matches nothing.
        for (condition, status) in
            [(&*shown, 412), (&format!("W/{withdrawn}"), 412), (",", 412), ("revision", 400)]
        {
            let refused = restore(condition);
            assert_eq!(refused.status, status, "{condition}: {}", refused.text());
            assert_eq!(server.get("/api/v1/works/K1").status, 410, "{condition}");
        }
        let restored = restore(&format!("\"x\", {withdrawn}"));
        assert_eq!(restored.status, 204, "{}", restored.text());
        let now = server.get("/api/v1/works/K1/tags").header("etag").to_owned();
        assert_eq!(restored.header("etag"), now);
        // The response to the first request may have been lost; a header that cannot be read is refused all the same.
        let repeated = restore(&withdrawn);
        assert_eq!((repeated.status, repeated.header("etag")), (204, &*now));
        assert_eq!(restore("revision").status, 400);
        assert_eq!(write(&server, "DELETE", "/api/v1/works/K1", "").status, 204);
        assert_eq!(restore("*").status, 204);
        assert_eq!(write(&server, "DELETE", "/api/v1/works/K1", "").status, 204);
        assert_eq!(restore("").status, 204);
    }
}

#[test]
fn an_import_does_not_restore_what_the_museum_withdrew() {
    for museum in museums() {
        let import = |records: &[Value], more: &[&str]| {
            let ran = museum.ingest("all.jsonl", &lines(records), &[&["--name", "all"], more].concat());
            assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
            ran.out
        };
        import(&records(), &[]);
        let server = serve(&museum, "index");
        let becomes = |path: &str, status: u16| becomes(&server, path, status);
        let by_command = run(&museum, &["withdraw", "K1", "nobody", "--reason", REASON, "--by", "registrar"]);
        assert_eq!(by_command.code, Some(1));
        assert!(by_command.out.contains("K1: withdrawn"), "{}", by_command.out);
        assert!(by_command.err.contains("nobody: there is no work"), "{}", by_command.err);
        becomes("/works/K1", 410);
        assert_eq!(server.get("/api/v1/works/K1").json()["reason"], REASON);

        // Neither the same record nor another one brings it back, and an image that its record names now is not shown.
        let master = std::fs::read(museum.path("masters/K1.tif")).unwrap();
        std::fs::write(museum.path("masters/new.tif"), master).unwrap();
        becomes("/iiif/3/new.tif/info.json", 200);
        let mut changed = records();
        changed[0]["titles"] = json!("The zebra");
        changed[0]["images"] = json!([{"file": "new.tif"}]);
        for records in [records(), changed.clone(), changed.clone()] {
            let out = import(&records, &["--prune"]);
            assert!(out.contains("0 works new, 0 changed, 1 unchanged"), "{out}");
            assert!(out.contains("1 work withdrawn by the museum"), "{out}");
            assert_eq!(server.get("/api/v1/works/K1").status, 410);
        }
        becomes("/iiif/3/new.tif/info.json", 410);
        becomes("/iiif/3/K1.tif/info.json", 410);
        assert_eq!(server.get("/api/v1/works/K1").json()["reason"], REASON, "the first reason stays");

        // Restored, it has its last record, and the image that it does not have any more is one without a record.
        let restored = run(&museum, &["restore", "K1"]);
        assert!(restored.out.contains("K1: restored"), "{}{}", restored.out, restored.err);
        becomes("/works/K1", 200);
        assert_eq!(server.get("/api/v1/works/K1").json()["titles"][0]["text"]["none"][0], "The zebra");
        becomes("/iiif/3/new.tif/info.json", 200);
        becomes("/iiif/3/K1.tif/info.json", 200);

        run(&museum, &["withdraw", "K1"]);
        becomes("/works/K1", 410);
        assert!(import(&changed, &["--restore"]).contains("1 works new"));
        becomes("/works/K1", 200);
        // What the source took out, the museum can withdraw for good.
        import(&changed[1..], &["--prune", "--prune-limit", "1", "--prune-reason", "Not in the export"]);
        becomes("/works/K1", 410);
        assert_eq!(server.get("/api/v1/works/K1").json()["reason"], "Not in the export");
        run(&museum, &["withdraw", "K1", "--reason", REASON]);
        import(&changed, &[]);
        becomes("/works/K1", 410);
        assert_eq!(server.get("/api/v1/works/K1").json()["reason"], REASON);
    }
}

#[test]
fn a_record_withdraws_its_work() {
    for museum in museums() {
        let import = |records: &[Value]| {
            let ran = museum.ingest("all.jsonl", &lines(records), &["--name", "all"]);
            assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
            ran.out
        };
        import(&records());
        let server = serve(&museum, "index");
        let becomes = |path: &str, status: u16| becomes(&server, path, status);
        let flagged = json!({"object_number": "K1", "withdrawn": {"reason": REASON}});
        let unknown = json!({"object_number": "K9", "titles": "Under embargo", "withdrawn": true, "images": [{"file": "K2.tif"}]});
        let out = import(&[flagged.clone(), unknown.clone()]);
        assert!(
            out.contains("0 works new, 0 changed") && out.contains("2 works withdrawn by their records"),
            "{out}"
        );
        becomes("/works/K1", 410);
        becomes("/works/K9", 410);
        assert_eq!(server.get("/api/v1/works/K1").json()["reason"], REASON);
        becomes("/iiif/3/K1.tif/info.json", 410);
        becomes("/iiif/3/K2.tif/info.json", 200);
        assert!(import(&[flagged.clone(), unknown]).contains("2 unchanged"));

        // The museum may overrule its source, until the record changes.
        assert_eq!(write(&server, "POST", "/api/v1/works/K1/restore", "").status, 204);
        assert!(import(std::slice::from_ref(&flagged)).contains("1 unchanged"));
        becomes("/works/K1", 200);
        assert_eq!(server.get("/api/v1/works/K1").json()["titles"][0]["text"]["none"][0], "The quagga");
        assert_eq!(server.get("/api/v1/works/K1").json().get("withdrawn"), None);
        import(&[json!({"object_number": "K1", "withdrawn": true})]);
        becomes("/works/K1", 410);
        assert_eq!(server.get("/api/v1/works/K1").json().get("reason"), None);
        assert!(import(&records()).contains("1 works new"));
        becomes("/works/K1", 200);
        becomes("/iiif/3/K1.tif/info.json", 200);
        // A table states it in a column.
        let table =
            museum.ingest("table.csv", "object_number,withdrawn\nK1,yes\nK2,no\n", &["--name", "all"]);
        assert!(table.out.contains("1 work withdrawn by their records"), "{}{}", table.out, table.err);
        becomes("/works/K1", 410);
        becomes("/works/K2", 200);
    }
}

#[test]
fn a_withdrawn_work_of_a_masters_metadata_stays_withdrawn() {
    let museum = museum();
    let jpeg = masters::plain_jpeg(&picture(300, 200));
    // A block of IPTC's that gives it a title.
    let iptc = [b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x0a\x1c\x02\x05\0\x05Title".as_slice()].concat();
    let segment = [&[0xff, 0xed][..], &((iptc.len() + 2) as u16).to_be_bytes(), &iptc].concat();
    std::fs::write(museum.path("masters/own.jpg"), [&jpeg[..2], &segment, &jpeg[2..]].concat()).unwrap();
    let ingest = || run(&museum, &["ingest", &museum.path("masters")]);
    ingest();
    let server = serve(&museum, "index");
    assert_eq!(server.get("/api/v1/works/own.jpg").json()["titles"][0]["text"]["none"][0], "Title");
    assert_eq!(write(&server, "DELETE", "/api/v1/works/own.jpg", "").status, 204);
    for _ in 0..2 {
        for path in ["/works/own.jpg", "/presentation/3/own.jpg/manifest", "/iiif/3/own.jpg/info.json"] {
            assert_eq!(server.get(path).status, 410, "{path}");
        }
        let again = ingest();
        assert_eq!(again.code, Some(0), "{}{}", again.out, again.err);
    }
    // A record with another number that names the master is a work of its own.
    let record = json!({"object_number": "K3", "images": [{"file": "own.jpg"}]});
    museum.ingest("one.jsonl", &record.to_string(), &[]);
    let shown = || server.get("/iiif/3/own.jpg/info.json").status == 200;
    assert!(eventually(Duration::from_secs(20), shown));
    assert_eq!(server.get("/works/own.jpg").status, 410);
}
