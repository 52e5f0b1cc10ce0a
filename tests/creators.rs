//! Creators as resources: what works state about them, authority records, pages, withdrawal.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::museum::{CURATOR, Museum, wait};
use crate::support::server::Server;

fn records() -> Vec<Value> {
    let by = |number: &str, creator: Value| json!({"object_number": number, "titles": number, "creators": [creator], "images": []});
    vec![
        by(
            "A1",
            json!({"name": "Anna Ancher", "sort_name": "Ancher, Anna", "birth": 1859, "death": 1935, "role": "artist",
                "id": "https://vocab.example/people/1"}),
        ),
        by("A2", json!({"name": "Anna Ancher", "birth": 1859, "nationality": "Danish", "role": "artist"})),
        by("A3", json!({"name": "ANNA ANCHER", "birth": 1858, "role": "after"})),
        by("B1", json!({"name": "J.M.W. Turner", "id": "tate:artist:558"})),
        by("C1", json!({"name": "Nobody & Sons"})),
    ]
}

fn creator(server: &Server, id: &str) -> Value {
    let response = server.get(&format!("/api/v1/creators/{id}"));
    assert_eq!(response.status, 200, "{id}: {}", response.text());
    response.json()
}

#[test]
fn a_creator_is_what_works_state_most_often() {
    let museum = Museum::new(&records());
    let server = museum.serve();
    let anna = creator(&server, "anna-ancher");
    assert_eq!(anna["works"], 3);
    assert_eq!(
        (&anna["birth"], &anna["death"], &anna["nationality"]),
        (&json!(1859), &json!(1935), &json!("Danish"))
    );
    assert_eq!((&anna["name"], &anna["sort_name"]), (&json!("Anna Ancher"), &json!("Ancher, Anna")));
    assert_eq!(anna["names"], json!(["ANNA ANCHER"]));
    let roles = [&anna["roles"][0], &anna["roles"][1]].map(|role| (&role["role"], &role["works"]));
    assert_eq!(roles, [(&json!("artist"), &json!(2)), (&json!("after"), &json!(1))]);
    assert_eq!(anna["same_as"], json!(["https://vocab.example/people/1"]));
    let local =
        |url: &Value| url.as_str().unwrap().split_once("/api/").map(|(_, rest)| format!("/api/{rest}"));
    let search = server.get(&local(&anna["search"]).unwrap()).json();
    assert_eq!(search["total"], 3);
    let list = server.get("/api/v1/creators?limit=2").json();
    assert_eq!((&list["total"], list["creators"].as_array().map(Vec::len)), (&json!(3), Some(2)));
    assert_eq!(list["creators"][0]["id"], anna["id"]);
    let next = server.get(&local(&list["next"]).unwrap()).json();
    assert_eq!(next["creators"].as_array().map(Vec::len), Some(1));
    assert!(next.get("next").is_none());
    let people = server.get("/api/smk/v1/person/search?keys=ancher").json();
    assert_eq!(people["items"][0]["birth_date_prec"], json!(["1859"]), "{people}");
}

#[test]
fn pages_about_creators_are_in_both_languages() {
    let museum = Museum::new(&records());
    let server = museum.serve();
    for (path, expected) in [
        ("/creators", "3 creators"),
        ("/creators?lang=da", "3 kunstnere"),
        ("/creators?q=anc", "href=\"/creators/anna-ancher\""),
        ("/creators?q=xyz&lang=da", "Ingen kunstnere med dette navn."),
        ("/creators/anna-ancher", "1859–1935"),
        ("/creators/anna-ancher", "artist</a> (2)"),
        ("/creators/anna-ancher?lang=da", "kunstner</a> (2)"),
        ("/creators/anna-ancher", "\"@type\":\"Person\""),
        ("/creators/nobody-sons", "Nobody &amp; Sons"),
        ("/works/A2", "href=\"/creators/anna-ancher\""),
        ("/sitemap/2.xml", "/creators/anna-ancher</loc>"),
    ] {
        let response = server.get(path);
        assert_eq!(response.status, 200, "{path}");
        assert!(response.text().contains(expected), "{path}: no {expected} in {}", response.text());
    }
    // By last name, as they are shown.
    let list = server.get("/creators").text();
    let place = |name: &str| list.find(name).unwrap_or_else(|| panic!("no {name} in {list}"));
    assert!(place("Ancher, Anna") < place("Nobody") && place("Nobody") < place("Turner"), "{list}");
    let moved = server.get("/da/creators/anna-ancher");
    assert_eq!((moved.status, moved.header("location")), (303, "/creators/anna-ancher?lang=da"));
}

#[test]
fn authority_records_are_joined_by_identifier_and_name() {
    let museum = Museum::new(&records());
    let server = museum.serve();
    let lines = [
        json!({"fc": "Joseph Mallord William Turner", "mda": "Turner, Joseph Mallord William", "id": 558,
            "birthYear": 1775, "death": {"time": {"startYear": 1851}}, "gender": "Male", "url": "http://tate.example/558"}),
        json!({"name": "Anna Ancher", "names": ["Anna Brøndum"], "biography": {"da": "Maler fra Skagen."},
            "same_as": ["http://www.wikidata.org/entity/Q232391"]}),
    ];
    let text = format!("{}\n\nnot a person\n{}\n", lines[0], lines[1]);
    std::fs::write(museum.path("people.jsonl"), text).unwrap();
    let dry = museum.run(&["ingest", "--creators", &museum.path("people.jsonl"), "--dry-run"]);
    assert!(dry.out.contains("2 creators could be imported"), "{}{}", dry.out, dry.err);
    assert!(creator(&server, "j-m-w-turner").get("birth").is_none());
    let output = museum.run(&["ingest", "--creators", &museum.path("people.jsonl")]);
    assert_eq!(output.code, Some(1), "{}", output.err);
    assert!(
        output.out.contains("2 creators imported") && output.err.contains("line 3"),
        "{}{}",
        output.out,
        output.err
    );
    let turner = creator(&server, "j-m-w-turner");
    assert_eq!((&turner["name"], &turner["birth"]), (&json!("Joseph Mallord William Turner"), &json!(1775)));
    assert_eq!(turner["names"], json!(["J.M.W. Turner"]));
    let anna = creator(&server, "anna-ancher");
    assert_eq!(anna["names"], json!(["Anna Brøndum", "ANNA ANCHER"]));
    let page = server.get("/creators/anna-ancher").text();
    assert!(page.contains("Maler fra Skagen.") && page.contains(">Wikidata</a>"), "{page}");
}

#[test]
fn creators_go_with_their_works() {
    let museum = Museum::new(&records());
    let server = museum.serve();
    for path in ["/api/v1/creators/nobody", "/creators/nobody", "/creators/%F0"] {
        assert!([404, 400].contains(&server.get(path).status), "{path}");
    }
    let token = format!("Bearer {CURATOR}");
    let withdrawn = server.request("DELETE", "/api/v1/works/C1", &[("Authorization", &token)]);
    assert_eq!(withdrawn.status, 204);
    wait(Duration::from_secs(10), || server.get("/creators/nobody-sons").status == 410);
    assert_eq!(server.get("/api/v1/creators/nobody-sons").status, 410);
    let page = server.request("GET", "/creators/nobody-sons?lang=da", &[("Accept", "text/html")]);
    assert!(page.text().contains("ingen værker af denne kunstner"));
    assert_eq!(server.get("/api/v1/creators").json()["total"], 2);
}
