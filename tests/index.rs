//! The index of works: it follows the catalogue, outlives faults, restarts and its neighbours, and loses nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::http;
use crate::support::museum::{Museum, TOKEN, object_numbers, search, tag, wait, works};

#[test]
fn tag_changes_reach_search() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    tag(&server, "KMS2", json!({"scheme": "motif", "label": {"en": "windmill"}}));
    let began = Instant::now();
    wait(Duration::from_secs(5), || search(&server, "q=windmill")["total"] == 1);
    eprintln!("a change could be found after {:?}", began.elapsed());
    assert_eq!(object_numbers(&search(&server, "any=motif:windmill")), ["KMS2"]);
}

#[test]
fn an_index_survives_restarts_and_is_rebuilt_if_damaged() {
    let museum = Museum::new(&works());
    drop(museum.serve());
    let again = museum.serve();
    wait(Duration::from_secs(5), || again.log().contains("the index of works is open"));
    drop(again);
    for entry in walk(&museum.folder.path().join("index")) {
        if entry.extension().is_some_and(|ending| ending == "store" || ending == "idx") {
            let mut bytes = std::fs::read(&entry).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x55;
            std::fs::write(&entry, bytes).unwrap();
        }
    }
    let mended = museum.serve();
    assert_eq!(search(&mended, "q=horse")["works"][0]["object_number"], "KMS1");
    wait(Duration::from_secs(5), || mended.log().contains("is deleted and rebuilt"));
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn temporary_disk_failures_lose_no_works() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let (index, away) = (museum.path("index"), museum.path("away"));
    for round in 0..3 {
        std::fs::rename(&index, &away).unwrap();
        tag(
            &server,
            &format!("X0{round}"),
            json!({"scheme": "motif", "label": {"en": format!("mill{round}")}}),
        );
        let logged = || server.log().matches("works cannot be indexed").count() == round + 1;
        wait(Duration::from_secs(10), logged);
        let _ = std::fs::remove_dir_all(&index);
        std::fs::rename(&away, &index).unwrap();
        wait(Duration::from_secs(20), || search(&server, &format!("any=motif:mill{round}"))["total"] == 1);
        assert_eq!(search(&server, "limit=0")["total"], 43, "after fault {round}");
    }
}

#[test]
fn an_index_whose_folder_is_deleted_is_rebuilt() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    std::fs::remove_dir_all(museum.path("index")).unwrap();
    tag(&server, "X01", json!({"scheme": "motif", "label": {"en": "windmill"}}));
    wait(Duration::from_secs(60), || search(&server, "any=motif:windmill")["total"] == 1);
    assert_eq!(search(&server, "limit=0")["total"], 43);
}

#[test]
fn servers_that_share_a_folder_leave_each_other_alone() {
    let museum = Museum::new(&works());
    let (first, second) = (museum.serve(), museum.serve());
    drop(first);
    let third = museum.serve();
    for (at, server) in [&second, &third].into_iter().enumerate() {
        let value = format!("mill{at}");
        tag(server, "X01", json!({"scheme": "motif", "label": {"en": value}}));
        for server in [&second, &third] {
            wait(Duration::from_secs(10), || search(server, &format!("any=motif:{value}"))["total"] == 1);
        }
        assert!(!server.log().contains("cannot be indexed"), "{}", server.log());
    }
    drop((second, third));
    museum.serve();
    let places = std::fs::read_dir(museum.path("index")).unwrap().map(|entry| entry.unwrap().path());
    let kept = places.flat_map(|place| std::fs::read_dir(place).unwrap()).map(|entry| entry.unwrap().path());
    assert_eq!(kept.filter(|place| place.is_dir()).count(), 1, "unused indexes are removed");
}

#[test]
fn changes_by_other_servers_are_followed_without_a_rebuild() {
    let museum = Museum::new(&works());
    let (server, other) = (museum.serve(), museum.serve());
    for at in 0..60 {
        tag(
            &other,
            &format!("X{:02}", at % 40),
            json!({"scheme": "motif", "label": {"en": format!("mill{at}")}}),
        );
        if at % 12 == 11 {
            wait(Duration::from_secs(10), || search(&server, &format!("any=motif:mill{at}"))["total"] == 1);
        }
    }
    assert_eq!(server.log().matches("the index of works is built").count(), 1, "{}", server.log());
    assert_eq!(search(&server, "limit=0")["total"], 43);
}

#[test]
fn many_changes_at_once_are_followed_without_a_rebuild() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let mut total = 43;
    // The indexer reads 1,000 changes at a time.
    for (round, count) in [1000, 2000, 2001].into_iter().enumerate() {
        let record = |at| json!({"object_number": format!("R{round}-{at}"), "titles": ["A mill"]});
        museum.ingest(&(0..count).map(record).collect::<Vec<_>>());
        total += count;
        wait(Duration::from_secs(30), || search(&server, "limit=0")["total"] == total);
        assert_eq!(search(&server, &format!("q=R{round}-{}", count - 1))["total"], 1);
    }
    assert_eq!(server.log().matches("the index of works is built").count(), 1, "{}", server.log());
}

#[test]
fn pages_by_relevance_are_stable_while_the_index_changes() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for page in 0.. {
        let answer = search(&server, &format!("q=landscape&limit=4{cursor}"));
        seen.extend(object_numbers(&answer));
        let Some(next) = answer["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        // What is changed is laid down elsewhere in the index, and others begin to page.
        let value = format!("landscape{page}");
        tag(&server, &format!("X{:02}", page % 3), json!({"scheme": "motif", "label": {"en": value}}));
        wait(Duration::from_secs(10), || search(&server, &format!("any=motif:{value}"))["total"] == 1);
        assert!(search(&server, "q=landscape&limit=3")["cursor"].is_string());
    }
    let all: BTreeSet<&String> = seen.iter().collect();
    assert_eq!((seen.len(), all.len()), (40, 40), "{seen:?}");
}

#[test]
fn recent_dumps_can_be_resumed() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let path = "/api/v1/dump/works.jsonl";
    let mut begun = Vec::new();
    for at in 0..8 {
        let value = format!("mill{at}");
        tag(&server, "X01", json!({"scheme": "motif", "label": {"en": value}}));
        wait(Duration::from_secs(10), || search(&server, &format!("any=motif:{value}"))["total"] == 1);
        begun.push(server.get(path));
        // Who only asks whether there is something new holds nothing.
        server.request("HEAD", path, &[]);
    }
    for whole in &begun[5..] {
        let tag = whole.header("etag");
        let rest = server.request("GET", path, &[("Range", "bytes=500-"), ("If-Range", tag)]);
        assert_eq!((rest.status, rest.body.as_slice()), (206, &whole.body[500..]));
    }
}

#[test]
fn dumps_change_when_rights_change() {
    let museum = Museum::new(&works());
    let path = "/api/v1/dump/works.jsonl";
    let headers = [("Host", "museum.example")];
    let open = museum.serve().request("GET", path, &headers);
    let same = museum.serve().request("GET", path, &headers);
    let closed = museum
        .serve_with(&[
            ("TEGL__RIGHTS__PUBLIC_DOMAIN__LARGEST", "0"),
            ("TEGL__RIGHTS__PUBLIC_DOMAIN__ORIGINAL", "false"),
        ])
        .request("GET", path, &headers);
    assert_eq!(open.header("etag"), same.header("etag"));
    assert!(open.body != closed.body && open.header("etag") != closed.header("etag"));
}

#[test]
fn stalled_readers_do_not_block_downloads() {
    let mut many = works();
    many.extend((0..4000).map(|at| json!({"object_number": format!("N{at}"), "titles": "x".repeat(1000)})));
    let museum = Museum::new(&many);
    let server = museum.serve();
    let asleep: Vec<_> =
        (0..8).map(|_| http::open(server.address, "/api/v1/dump/works.jsonl").unwrap()).collect();
    assert_eq!(server.get("/api/v1/dump/works.jsonl").text().lines().count(), 4043);
    drop(asleep);
}

#[test]
fn aliases_and_narrower_terms_added_later_are_found() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let animals = json!([{"label": {"en": "animals", "da": "dyr"}}]);
    for at in 1..4 {
        let horse = json!({
            "scheme": "motif", "label": {"en": "horse", "fr": "cheval"},
            "concept": "http://iconclass.org/46C13", "broader": animals,
        });
        tag(&server, &format!("X0{at}"), horse);
        wait(Duration::from_secs(10), || search(&server, "any=motif:horse")["total"] == at + 1);
    }
    assert_eq!(search(&server, "any=motif:cheval")["total"], 4);
    let suggested = server.get("/api/v1/suggest?q=chev&lang=fr").json();
    assert_eq!(suggested["suggestions"][0]["label"], "cheval");
    let values = server.get("/api/v1/tags/motif?lang=en").json();
    let animals = values["values"].as_array().unwrap().iter().find(|value| value["label"] == "animals");
    assert_eq!(animals.unwrap()["narrower"], 2, "{values}");
}

#[test]
fn reindexing_can_be_requested_repeatedly() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let ask = |method: &str, path: &str| {
        let bearer = format!("Bearer {TOKEN}");
        http::request(server.operations(), method, path, &[("Authorization", &bearer)]).unwrap()
    };
    let built = || server.log().matches("the index of works is built").count();
    for _ in 0..3 {
        let before = built();
        assert_eq!(ask("POST", "/admin/reindex").status, 202);
        wait(Duration::from_secs(20), || built() > before);
    }
    assert_eq!(search(&server, "q=landscape&limit=0")["total"], 40);
}
