//! Works as JSON-LD, by content negotiation and at addresses of their own, with links between them.

use crate::support::http::{Response, request};
use crate::support::museum::{Museum, works};
use crate::support::server::Server;

const LINKED_ART: &str = "application/ld+json;profile=\"https://linked.art/ns/v1/linked-art.json\"";
const SCHEMA_ORG: &str = "application/ld+json;profile=\"https://schema.org\"";

fn accepting(server: &Server, path: &str, accept: &str) -> Response {
    request(server.address, "GET", path, &[("Accept", accept)]).unwrap()
}

#[test]
fn a_work_is_linked_data_where_clients_ask_for_it() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let base = format!("http://{}", server.address);
    for path in ["/works/KMS1", "/api/v1/works/KMS1"] {
        for (accept, media_type, own) in [
            (LINKED_ART, LINKED_ART, "linked-art.jsonld"),
            (SCHEMA_ORG, SCHEMA_ORG, "schema-org.jsonld"),
            ("application/ld+json", SCHEMA_ORG, "schema-org.jsonld"),
            ("application/ld+json, */*;q=0.1", SCHEMA_ORG, "schema-org.jsonld"),
        ] {
            let found = accepting(&server, path, accept);
            assert_eq!((found.status, found.header("content-type")), (200, media_type), "{path} {accept}");
            assert!(found.header("vary").contains("Accept, "), "{path}: {}", found.header("vary"));
            assert_eq!(found.header("content-location"), format!("{base}/works/KMS1/{own}"));
            for address in [format!("/works/KMS1/{own}"), format!("/api/v1/works/KMS1/{own}")] {
                let same = server.get(&address);
                assert_eq!((same.status, same.header("content-type")), (200, media_type), "{address}");
                assert_eq!(same.json(), found.json(), "{address}");
            }
        }
    }
    for (path, accept, media_type) in [
        ("/works/KMS1", "*/*", "text/html"),
        ("/works/KMS1", "text/html,application/ld+json;q=0.9", "text/html"),
        ("/works/KMS1", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("/api/v1/works/KMS1", "*/*", "application/json"),
        ("/api/v1/works/KMS1", "application/json, application/ld+json", "application/json"),
    ] {
        let found = accepting(&server, path, accept);
        assert_eq!(found.header("content-type").split(';').next(), Some(media_type), "{path} {accept}");
        assert!(found.header("vary").contains("Accept"), "{path}");
    }
    let object = server.get("/works/KMS1/linked-art.jsonld").json();
    assert_eq!(
        (&object["type"], &object["_label"]),
        (&"HumanMadeObject".into(), &"A Horse in the Field".into())
    );
    assert_eq!(object["id"], format!("{base}/works/KMS1"));
    let service = &object["representation"][0]["digitally_shown_by"][0]["digitally_available_via"][0];
    assert_eq!(service["access_point"][0]["id"], format!("{base}/iiif/3/a.tif"));
    let artwork = server.get("/works/KMS1/schema-org.jsonld").json();
    assert_eq!(artwork["@type"], "VisualArtwork");
    assert_eq!(server.get("/works/none/linked-art.jsonld").status, 404);
    assert_eq!(server.get("/works/kms1/linked-art.jsonld").status, 303, "the number in other case");
}

#[test]
fn pages_link_to_what_describes_the_work() {
    let museum = Museum::new(&works());
    let server = museum.serve();
    let base = format!("http://{}", server.address);
    let page = server.get("/works/KMS1");
    let links = page.header("link");
    for expected in [
        format!("<{base}/works/KMS1/linked-art.jsonld>;rel=\"describedby alternate\""),
        format!("<{base}/works/KMS1/schema-org.jsonld>;rel=\"describedby alternate\""),
        format!("<{base}/presentation/3/KMS1/manifest>;rel=\"describedby\""),
        format!("<{base}/api/v1/works/KMS1>;rel=\"describedby\";type=\"application/json\""),
        format!("<{base}/works/KMS1>;rel=\"cite-as\""),
        "<https://schema.org/VisualArtwork>;rel=\"type\"".to_owned(),
    ] {
        assert!(links.contains(&expected), "{expected} is not in {links}");
    }
    let document = server.get("/works/KMS1/linked-art.jsonld");
    let back = format!("<{base}/works/KMS1>;rel=\"describes\"");
    assert!(document.header("link").contains(&back), "{}", document.header("link"));
}
