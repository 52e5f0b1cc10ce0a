//! What moves beside the records of works, as the README says: authority records and vocabularies by their files,
//! annotations by the Web Annotation Protocol.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::museum::{CURATOR, Museum, send, wait, works};
use crate::support::server::Server;

const VOCABULARY: &str = r#"@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix v: <http://v.example/> .
v:scheme a skos:ConceptScheme .
v:animal a skos:Concept ; skos:inScheme v:scheme ; skos:prefLabel "animals"@en, "dyr"@da .
v:dog a skos:Concept ; skos:inScheme v:scheme ; skos:prefLabel "dogs"@en ; skos:broader v:animal .
"#;

fn base(server: &Server) -> String {
    format!("http://{}", server.address)
}

/// All annotations of a container, page by page.
fn annotations(server: &Server, container: &str) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), Some(format!("{container}?iris=0&page=0")));
    while let Some(path) = next {
        let page = server.get(&path).json();
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        next = page["next"].as_str().map(|uri| uri.replace(&base(server), ""));
    }
    found
}

/// Posts an annotation, as a client that moves it does: under its name, on the canvas of the other server.
fn post(server: &Server, container: &str, annotation: &Value, from: &str) {
    let name = annotation["id"].as_str().unwrap().rsplit('/').next().unwrap();
    let text = annotation.to_string().replace(from, &base(server));
    let mut moved: Value = serde_json::from_str(&text).unwrap();
    for own in ["id", "creator", "created", "modified"] {
        moved.as_object_mut().unwrap().remove(own);
    }
    let host = server.address.to_string();
    let head = format!(
        "POST {container} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {CURATOR}\r\n\
         Content-Type: application/ld+json\r\nSlug: {name}\r\nContent-Length: {}\r\n\r\n{moved}",
        moved.to_string().len()
    );
    let response = server.raw(head.as_bytes()).unwrap();
    assert_eq!(response.status, 201, "{}", response.text());
    assert!(response.header("location").ends_with(name), "{}", response.header("location"));
}

#[test]
fn annotations_authority_records_and_vocabularies_move() {
    let first = Museum::new(&works());
    let files = |museum: &Museum| {
        let run = |typed: &[&str]| {
            let ran = museum.run(typed);
            assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        };
        std::fs::write(museum.path("animals.ttl"), VOCABULARY).unwrap();
        run(&["vocabulary", "import", &museum.path("animals.ttl")]);
        let person = json!({"name": "Anna Ancher", "biography": {"da": "Maler fra Skagen."},
            "same_as": ["http://www.wikidata.org/entity/Q232391"]});
        std::fs::write(museum.path("people.jsonl"), person.to_string()).unwrap();
        run(&["ingest", "--creators", &museum.path("people.jsonl")]);
    };
    files(&first);
    let here = first.serve();
    let container = "/annotations/KMS1/canvas/1/";
    let canvas = "http://x/presentation/3/KMS1/canvas/1";
    for number in 0..102 {
        let written = json!({"type": "Annotation", "motivation": "commenting", "target": format!("{canvas}#xywh=1,2,30,40"),
            "body": {"type": "TextualBody", "value": format!("Remark {number}"), "language": "en"}});
        let headers = [("Content-Type", "application/ld+json")];
        assert_eq!(send(&here, "POST", container, &headers, written.to_string().as_bytes()).status, 201);
    }

    let second = Museum::new(&[]);
    second.ingest_from(&format!("{}/oai?verb=ListRecords&metadataPrefix=tegl", base(&here)));
    files(&second);
    let there = second.serve();
    let moved = annotations(&here, container);
    assert_eq!(moved.len(), 102);
    moved.iter().for_each(|annotation| post(&there, container, annotation, &base(&here)));
    // Who wrote them and when is the mover's and the move's.
    let comparable = |server: &Server| -> Vec<Value> {
        let text = json!(annotations(server, container)).to_string().replace(&base(server), "server");
        let mut all: Vec<Value> = serde_json::from_str(&text).unwrap();
        for one in &mut all {
            ["created", "modified"].iter().for_each(|name| {
                one.as_object_mut().unwrap().remove(*name);
            });
        }
        all
    };
    assert_eq!(comparable(&there), comparable(&here));
    let paths = ["/api/v1/creators/anna-ancher", "/api/v1/concepts/http%3A%2F%2Fv.example%2Fdog"];
    for path in paths {
        let of = |server: &Server| server.get(path).text().replace(&base(server), "server");
        assert_eq!(here.get(path).status, 200, "{path}");
        wait(Duration::from_secs(20), || of(&there) == of(&here));
    }
}
