//! Vocabularies in SKOS: imports, searches by broader terms and other languages, concepts as resources.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::museum::{Museum, object_numbers, search, wait};
use crate::support::server::Server;

const ANIMALS: &str = r#"@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix v: <http://v.example/animals/> .
v:scheme a skos:ConceptScheme .
v:animal a skos:Concept ; skos:inScheme v:scheme ; skos:prefLabel "quadrupeds"@en, "firbenede"@DA .
v:pet a skos:Concept ; skos:inScheme v:scheme ; skos:prefLabel "companion animals"@en ; skos:broader v:animal, v:terrier .
v:terrier a skos:Concept ; skos:inScheme v:scheme ; skos:prefLabel "terriers (breed)"@en ; skos:altLabel "ratters"@en ;
  skos:broader v:pet ; skos:exactMatch <http://other.example/terrier> .
v:axolotl a skos:Concept ; skos:inScheme v:scheme ; skos:prefLabel "axolotls"@en, "vandmonstre"@da ; skos:broader v:animal .
"#;

fn records() -> Vec<Value> {
    let tagged = |number: &str, title: &str, tags: Value| json!({"object_number": number, "titles": title, "tags": tags, "images": []});
    vec![
        tagged("T1", "A portrait", json!([{"scheme": "motif", "label": {"en": "terrier"}}])),
        tagged(
            "T2",
            "Interior",
            json!([{"scheme": "motif", "label": {"en": "x"}, "concept": "http://v.example/animals/axolotl"}]),
        ),
        tagged("T3", "Quadrupeds at rest", json!([])),
        tagged("T4", "Landscape", json!([{"scheme": "motif", "label": {"en": "tree"}}])),
    ]
}

fn import(museum: &Museum, name: &str, text: &str, more: &[&str]) {
    std::fs::write(museum.path(name), text).unwrap();
    let path = museum.path(name);
    let output = museum.run(&[&["vocabulary", "import", &path], more].concat());
    assert_eq!(output.code, Some(0), "{}{}", output.out, output.err);
}

fn found(server: &Server, query: &str) -> Vec<String> {
    let mut numbers = object_numbers(&search(server, query));
    numbers.sort();
    numbers
}

#[test]
fn broader_terms_and_other_languages_find_works() {
    let museum = Museum::new(&records());
    let server = museum.serve();
    assert_eq!(found(&server, "q=quadrupeds"), ["T3"]);
    import(&museum, "animals.ttl", ANIMALS, &[]);
    wait(Duration::from_secs(20), || found(&server, "q=quadrupeds").len() == 3);
    for (query, expected) in [
        ("q=quadrupeds", vec!["T1", "T2", "T3"]),
        ("q=firbenede", vec!["T1", "T2", "T3"]),
        ("q=companion%20animals", vec!["T1"]),
        ("q=ratter", vec!["T1"]),
        ("q=vandmonstre", vec!["T2"]),
        ("q=%22companion%20animals%22", vec![]),
        ("q=quadrupeds&any=motif:terrier", vec!["T1"]),
        ("any=motif:companion%20animals", vec!["T1"]),
        ("any=motif:http%3A%2F%2Fv.example%2Fanimals%2Fanimal", vec!["T1", "T2"]),
        ("any=motif:terrier", vec!["T1"]),
        ("q=tree", vec!["T4"]),
    ] {
        assert_eq!(found(&server, query), expected, "{query}");
    }
    let ordered = object_numbers(&search(&server, "q=quadrupeds"));
    assert_eq!(ordered.first().map(String::as_str), Some("T3"), "the word itself counts most: {ordered:?}");
    let listed = museum.run(&["vocabulary", "list"]);
    assert!(listed.out.starts_with("animals: 4 concepts"), "{}", listed.out);
    // Another vocabulary adds a language to the same concepts.
    let german = "<http://v.example/animals/terrier> <http://www.w3.org/2004/02/skos/core#prefLabel> \"Rattenfänger\"@de .";
    import(&museum, "german.nt", german, &["--name", "own"]);
    wait(Duration::from_secs(20), || found(&server, "q=rattenf%C3%A4nger") == ["T1"]);
    // A new version without a concept, and none at all.
    import(&museum, "animals.ttl", &ANIMALS.replace("v:axolotl", "v:newt"), &[]);
    wait(Duration::from_secs(20), || found(&server, "q=quadrupeds") == ["T1", "T3"]);
    for name in ["animals", "own"] {
        assert_eq!(museum.run(&["vocabulary", "remove", name]).code, Some(0));
    }
    wait(Duration::from_secs(20), || found(&server, "q=quadrupeds") == ["T3"]);
    assert_eq!(museum.run(&["vocabulary", "remove", "own"]).code, Some(1));
}

#[test]
fn concepts_are_resources() {
    let museum = Museum::new(&records());
    import(&museum, "animals.ttl", ANIMALS, &[]);
    let server = museum.serve();
    wait(Duration::from_secs(20), || server.get("/api/v1/concepts").json()["total"] == 4);
    let list =
        server.get("/api/v1/concepts?q=compan&in_scheme=http%3A%2F%2Fv.example%2Fanimals%2Fscheme").json();
    assert_eq!(list["total"], 1, "{list}");
    assert_eq!(list["concepts"][0]["uri"], "http://v.example/animals/pet");
    for (query, total) in
        [("vocabulary=animals", 4), ("vocabulary=other", 0), ("in_scheme=x", 0), ("limit=0", 4)]
    {
        assert_eq!(server.get(&format!("/api/v1/concepts?{query}")).json()["total"], total, "{query}");
    }
    let by_uri = server.get("/api/v1/concepts?uri=http%3A%2F%2Fv.example%2Fanimals%2Fterrier").json();
    let id = by_uri["concepts"][0]["id"].as_str().unwrap().split_once("/api/").unwrap().1.to_owned();
    let path = format!("/api/{id}");
    let terrier = server.get(&path).json();
    assert_eq!(terrier["broader"][0]["uri"], "http://v.example/animals/pet");
    assert_eq!(terrier["exact_match"], json!(["http://other.example/terrier"]));
    assert_eq!(terrier["terms"][0]["filter"], "motif:terrier", "{terrier}");
    let danish = server.get("/api/v1/concepts/http-v-example-animals-animal?lang=da").json();
    assert_eq!(danish["pref_label"], "firbenede");
    assert_eq!(danish["terms"].as_array().map(Vec::len), Some(2), "{danish}");
    let linked = server.request("GET", &path, &[("Accept", "application/ld+json")]);
    assert!(linked.header("content-type").starts_with("application/ld+json"), "{}", linked.text());
    let linked = linked.json();
    assert_eq!(
        (&linked["@id"], &linked["@type"]),
        (&json!("http://v.example/animals/terrier"), &json!("skos:Concept"))
    );
    assert_eq!(linked["skos:broader"], json!([{"@id": "http://v.example/animals/pet"}]));
    assert_eq!(server.get("/api/v1/concepts/nothing").status, 404);
    assert_eq!(server.get("/api/v1/concepts?limit=x").status, 400);
    let work = server.get("/api/v1/works/T1").json();
    assert_eq!(
        work["concepts"],
        json!([{"filter": "motif:terrier", "uri": "http://v.example/animals/terrier"}])
    );
}

#[test]
fn broken_vocabularies_change_nothing() {
    let museum = Museum::new(&records());
    import(&museum, "animals.ttl", ANIMALS, &["--dry-run"]);
    assert_eq!(museum.run(&["vocabulary", "list"]).out, "");
    std::fs::write(museum.path("broken.nt"), "<http://a.example/> <http://b.example/> .\n").unwrap();
    std::fs::write(museum.path("empty.ttl"), "").unwrap();
    for (name, more, expected) in [
        ("broken.nt", vec![], "line 1"),
        ("empty.ttl", vec![], "no concepts"),
        ("animals.ttl", vec!["--syntax", "xml"], "must be `rdfxml`"),
        ("animals.ttl", vec!["--memory-mib", "0"], "MiB of memory"),
        ("none.ttl", vec![], "none.ttl"),
    ] {
        let path = museum.path(name);
        let output = museum.run(&[&["vocabulary", "import", path.as_str()][..], &more].concat());
        assert_eq!(output.code, Some(1), "{name}");
        assert!(output.err.contains(expected), "{name}: {}", output.err);
    }
}

#[test]
fn concepts_have_pages_in_both_languages() {
    let museum = Museum::new(&records());
    import(&museum, "animals.ttl", ANIMALS, &[]);
    let server = museum.serve();
    wait(Duration::from_secs(20), || found(&server, "q=quadrupeds").len() == 3);
    for (path, expected) in [
        ("/concepts", "1 term<"),
        ("/concepts?lang=da", "href=\"/concepts/http-v-example-animals-animal?lang=da\""),
        ("/concepts?q=comp", "href=\"/concepts/http-v-example-animals-pet\""),
        ("/concepts?q=xyz&lang=da", "Ingen termer med disse ord."),
        ("/concepts/http-v-example-animals-animal", "2 works"),
        ("/concepts/http-v-example-animals-animal", "<h1 dir=\"auto\">quadrupeds</h1>"),
        ("/concepts/http-v-example-animals-animal?lang=da", "<h1 dir=\"auto\">firbenede</h1>"),
        ("/concepts/http-v-example-animals-animal?lang=da", "2 værker"),
        ("/concepts/http-v-example-animals-animal?lang=da", "Underordnede termer"),
        ("/concepts/http-v-example-animals-pet", "Broader terms"),
        (
            "/concepts/http-v-example-animals-terrier",
            "href=\"http://other.example/terrier\" rel=\"external\"",
        ),
        ("/concepts/http-v-example-animals-terrier", "\"@type\":\"skos:Concept\""),
        ("/concepts/http-v-example-animals-terrier", "href=\"/works/T1\""),
        ("/concepts/http-v-example-animals-pet", "1 work<"),
        ("/works/T1", "href=\"/concepts/http-v-example-animals-terrier\""),
        ("/works/T2?lang=da", ">vandmonstre</a>"),
    ] {
        let response = server.get(path);
        assert_eq!(response.status, 200, "{path}");
        assert!(response.text().contains(expected), "{path}: no {expected} in {}", response.text());
    }
    assert!(!server.get("/works/T4").text().contains("Terms explained"));
    for path in ["/concepts/nothing", "/concepts/%F0"] {
        assert!([404, 400].contains(&server.get(path).status), "{path}");
    }
    let moved = server.get("/da/concepts/http-v-example-animals-pet");
    assert_eq!(
        (moved.status, moved.header("location")),
        (303, "/concepts/http-v-example-animals-pet?lang=da")
    );
}
