//! Works whose rights limit their images move whole: with a token that the first server's settings name.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::command::{CommandOutput, tegl};
use crate::support::http::Response;
use crate::support::museum::{CURATOR, Museum, search, wait};
use crate::support::origin::Origin;
use crate::support::server::Server;

const MOVER: &str = "a-secret-of-the-mover";
const PICTURE: &str = "https://old.museum.example/pictures/9";

/// A record in copyright, whose image is at its source.
fn record() -> Value {
    json!({"object_number": "closed", "id": "1_object", "rights": "http://rightsstatements.org/vocab/InC/1.0/",
        "titles": [{"title": "A work", "language": "en"}], "image_iiif_id": PICTURE, "has_image": true,
        "content_description": [format!("see {PICTURE}.jpg.")]})
}

fn serve(museum: &Museum) -> Server {
    museum.serve_with(&[("TEGL__API__TOKENS__MOVER", MOVER), ("TEGL__OAI__WHOLE_RECORDS", "mover")])
}

fn harvest(server: &Server, format: &str, token: &str) -> Response {
    let authorization = format!("Bearer {token}");
    let headers: &[(&str, &str)] =
        if token.is_empty() { &[] } else { &[("Authorization", authorization.as_str())] };
    server.request("GET", &format!("/oai?verb=ListRecords&metadataPrefix={format}"), headers)
}

/// The records of a list, without what differs from response to response.
fn listed(response: &Response) -> String {
    assert_eq!(response.status, 200, "{}", response.text());
    response.text().split_once("<ListRecords>").unwrap().1.to_owned()
}

fn ingest(museum: &Museum, records: &str, token: &str) -> CommandOutput {
    let (masters, catalogue) = (museum.path("masters"), museum.path("catalogue.db"));
    let typed = [
        "ingest",
        &masters,
        "--records",
        records,
        "--records-host",
        "127.0.0.1",
        "--token-env",
        "HARVEST_TOKEN",
    ];
    tegl(&typed, &[("TEGL__CATALOGUE__URL", &catalogue), ("HARVEST_TOKEN", token)])
}

#[test]
fn a_limited_work_moves_whole_with_a_token_only() {
    let first = Museum::empty();
    first.ingest(&[record()]);
    let server = serve(&first);
    let open = harvest(&server, "tegl", "");
    assert_eq!(open.header("cache-control"), "no-cache");
    assert!(!listed(&open).contains("pictures/9"), "{}", open.text());
    let whole = harvest(&server, "tegl", MOVER);
    assert_eq!(whole.header("cache-control"), "private, no-store");
    for response in [&open, &whole] {
        assert!(response.header("vary").contains("Authorization"), "{}", response.header("vary"));
    }
    assert!(listed(&whole).contains(&format!("see {PICTURE}.jpg.")), "{}", whole.text());
    // The formats of others are for the public.
    for format in ["oai_dc", "edm", "lido"] {
        let (open, with_token) = (harvest(&server, format, ""), harvest(&server, format, MOVER));
        assert_eq!(listed(&open), listed(&with_token), "{format}");
    }
    // Who is refused does not take a reduced record for a whole one.
    let other = harvest(&server, "tegl", CURATOR);
    assert!(other.status == 403 && other.text().contains("oai.whole_records"), "{}", other.text());
    assert_eq!(harvest(&server, "tegl", "a-secret-of-nobody").status, 401);

    let address = format!("http://{}/oai?verb=ListRecords&metadataPrefix=tegl", server.address);
    let second = Museum::empty();
    let refused = ingest(&second, &address, CURATOR);
    assert!(refused.code == Some(1) && refused.err.contains("403"), "{}{}", refused.out, refused.err);
    // What was reduced before becomes whole.
    second.ingest_from(&address);
    let moved = ingest(&second, &address, MOVER);
    assert!(moved.code == Some(0) && moved.out.contains("1 changed"), "{}{}", moved.out, moved.err);
    let there = serve(&second);
    let without_addresses = |server: &Server, response: &Response| {
        let text = listed(response).replace(&server.address.to_string(), "server");
        let (_, record) = text.split_once("<metadata>").unwrap();
        record.to_owned()
    };
    let moved = harvest(&there, "tegl", MOVER);
    assert_eq!(without_addresses(&there, &moved), without_addresses(&server, &whole));
    // To others the second server gives as little as the first.
    assert!(!listed(&harvest(&there, "tegl", "")).contains("pictures/9"));
    wait(Duration::from_secs(30), || search(&there, "limit=1")["total"] == 1);
    assert!(!there.get("/api/v1/works/closed").text().contains("pictures/9"));
}

#[test]
fn the_token_is_sent_to_the_named_server_only() {
    let (named, other, museum) = (Origin::start(), Origin::start(), Museum::empty());
    other.put("records.jsonl", record().to_string().into_bytes());
    named.redirect(Some(other.url().trim_end_matches('/').to_owned()));
    let ran = ingest(&museum, &format!("{}records.jsonl", named.url()), MOVER);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let sent = |origin: &Origin| -> Vec<String> {
        origin.take_requests().into_iter().map(|request| request.authorization).collect()
    };
    assert_eq!(sent(&named), [format!("Bearer {MOVER}")]);
    assert_eq!(sent(&other), [""]);
    assert!(!format!("{}{}", ran.out, ran.err).contains(MOVER));

    let missing = ingest(&museum, &format!("{}records.jsonl", other.url()), "");
    assert!(missing.code == Some(1) && missing.err.contains("HARVEST_TOKEN"), "{}", missing.err);
    let file = ingest(&museum, &museum.path("records.jsonl"), MOVER);
    assert!(file.code == Some(1) && file.err.contains("web addresses only"), "{}", file.err);
}
