//! The open API's responses, byte by byte: what programs parse today, they can parse tomorrow.

use serde_json::json;

use crate::support::museum::{Museum, send, works};
use crate::support::server::Server;

/// A response, without what differs from run to run: the server's address, times, the place of the index in cursors.
fn body(server: &Server, path: &str) -> String {
    let answer = server.get(path);
    let text = answer.text().replace(&server.address.to_string(), "HOST");
    let cursor = answer.json()["cursor"].as_str().map(str::to_owned);
    let text = cursor.map_or(text.clone(), |cursor| text.replace(&cursor, "CURSOR"));
    let parts = text.split('"').map(|part| match part {
        time if time.len() == 24 && time.starts_with("20") && time.ends_with('Z') => "TIME",
        state if state.starts_with("http://HOST/?iiif-content=") => "STATE",
        part => part,
    });
    parts.collect::<Vec<_>>().join("\"")
}

#[test]
fn responses_are_stable_byte_by_byte() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let response = |path: &&str, tag: &str| format!("{path}\n{}\n", body(&server, &path.replace("TAG", tag)));
    // The index would follow the new tag at a time of its own.
    let mut bodies: String = SEARCHES.iter().map(|path| response(path, "")).collect();
    let tag = json!({
        "scheme": "motif", "label": {"en": "cat"}, "source": "model:x@1", "confidence": 0.5, "region": "1,2,30,40"
    });
    let headers = [("Content-Type", "application/json")];
    let added = send(&server, "POST", "/api/v1/works/KMS1/tags", &headers, tag.to_string().as_bytes()).json();
    let id = added["id"].as_str().unwrap();
    bodies.extend(WORKS.iter().map(|path| response(path, id)));
    let expected = include_str!("fixtures/responses.txt");
    for (sent, expected) in bodies.lines().zip(expected.lines()) {
        assert_eq!(sent, expected);
    }
    assert_eq!(bodies.lines().count(), expected.lines().count());
}

const SEARCHES: [&str; 19] = [
    "/api/v1",
    "/api/v1/works?limit=1&sort=number&fields=object_number,id",
    "/api/v1/works?q=horse&limit=1&facet=creator&facet=colour&facet=type&facet_limit=2&histogram=100&fields=object_number",
    "/api/v1/works?q=horse&limit=1&facet=creator&facet=type&facet_limit=2&lang=da&fields=titles",
    "/api/v1/works?q=akandr+zzzzqqq&fields=object_number",
    "/api/v1/works?q=zzzzqqq&limit=0",
    "/api/v1/random?q=horse&fields=object_number",
    "/api/v1/suggest?q=anc",
    "/api/v1/suggest?q=ho&lang=en",
    "/api/v1/suggest?q=zzzz",
    "/api/v1/suggest?q=KMS",
    "/api/v1/suggest?q=hest&lang=en",
    "/api/v1/creators?limit=1",
    "/api/v1/creators?limit=1&lang=da&q=anna",
    "/api/v1/tags",
    "/api/v1/tags/motif",
    "/api/v1/tags/colour?limit=1&lang=en",
    "/api/v1/works?limit=x",
    "/api/v1/works?q=horse&has_image=true",
];

const WORKS: [&str; 7] = [
    "/api/v1/works/KMS1/tags",
    "/api/v1/works/KMS1/tags/TAG",
    "/api/v1/works/KMS1/tags/TAG/history",
    "/api/v1/works/KMS1/tags/nothing",
    "/api/v1/works/KMS1?fields=object_number,images,id,page,manifest,thumbnail,content_state,revision,tags",
    "/api/v1/works/KMS1?lang=da",
    "/api/v1/works/KMS2",
];
