//! Works whose rights limit their images: no document shows where the source has them.

use serde_json::{Value, json};

use crate::support::masters::{self, picture};
use crate::support::museum::wait_until_indexed;
use crate::support::server::Server;
use crate::support::workspace::Workspace;

const IN_COPYRIGHT: &str = "http://rightsstatements.org/vocab/InC/1.0/";

/// A manifest of version 3 with one image of this server and one of the source.
fn manifest(name: &str, rights: &str) -> Value {
    let base = format!("https://old.museum.example/{name}");
    let painting = |at: usize, image: &str| {
        let service = format!("https://old.museum.example/pictures/{image}");
        json!({"id": format!("{base}/canvas/{at}"), "type": "Canvas", "width": 30, "height": 20, "label": {"en": ["Page"]},
            "thumbnail": [{"id": format!("https://old.museum.example/pictures/small/{image}"), "type": "Image"}],
            "items": [{"id": format!("{base}/page/{at}"), "type": "AnnotationPage", "items": [{"id": format!("{base}/painting/{at}"),
                "type": "Annotation", "motivation": "painting", "target": format!("{base}/canvas/{at}"),
                "body": {"id": format!("{service}/full/max/0/default.jpg"), "type": "Image", "width": 30, "height": 20,
                    "service": [{"id": service, "type": "ImageService3", "profile": "level1"}]}}]}]})
    };
    json!({"@context": "http://iiif.io/api/presentation/3/context.json", "id": format!("{base}/manifest.json"),
        "type": "Manifest", "label": {"en": ["A work"]}, "rights": rights,
        "summary": {"en": ["<p>As in <a href=\"https://old.museum.example/pictures/none-2/info.json\">the other</a></p>"]},
        "metadata": [{"label": {"en": ["Shelf"]}, "value": {"en": ["A1"]}}],
        "rendering": [{"id": "https://old.museum.example/pictures/all.pdf", "type": "Text", "label": {"en": ["PDF"]}}],
        "structures": [{"id": format!("{base}/range/1"), "type": "Range", "label": {"en": ["All"]},
            "items": [{"id": format!("{base}/canvas/2"), "type": "Canvas"}]}],
        "items": [painting(1, "a.tif"), painting(2, "none-2")]})
}

/// All documents about works, by their path.
fn documents(server: &Server) -> Vec<(String, String)> {
    let paths = [
        "/api/v1/works",
        "/api/v1/works?q=work",
        "/api/v1/works/closed",
        "/api/v1/works/picture",
        "/api/v1/dump/works.jsonl",
        "/api/v1/dump/works.csv",
        "/api/smk/v1/art?object_number=closed",
        "/api/smk/v1/art?object_number=picture",
        "/api/smk/v1/art/search?keys=*",
        "/oai?verb=ListRecords&metadataPrefix=tegl",
        "/oai?verb=ListRecords&metadataPrefix=edm",
        "/oai?verb=ListRecords&metadataPrefix=lido",
        "/oai?verb=ListRecords&metadataPrefix=oai_dc",
        "/presentation/3/closed/manifest",
        "/presentation/2/closed/manifest",
        "/presentation/3/picture/manifest",
        "/works/closed",
        "/works/picture",
        "/?q=work",
    ];
    let read = |path: &str| {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        (path.to_owned(), answer.text())
    };
    paths.map(read).into()
}

fn records(rights: &str) -> String {
    let of_smk = json!({"object_number": "picture", "id": "1_object", "rights": rights, "titles": [{"title": "A work", "language": "en"}],
        "image_iiif_id": "https://old.museum.example/pictures/9", "image_native": "https://old.museum.example/pictures/9.jpg",
        "image_thumbnail": "https://old.museum.example/pictures/small/9", "has_image": true,
        "content_description": ["see https://old.museum.example/pictures/9.jpg."]});
    format!("{}\n{of_smk}\n", manifest("closed", rights))
}

#[test]
fn no_document_of_a_limited_work_leads_to_the_images_of_its_source() {
    let museum = Workspace::new(&[("a.tif", masters::jpeg_pyramid(&picture(2600, 1800), 256))]);
    let index = museum.path("index");
    let serve = || {
        let server = museum.serve(&[("TEGL__SEARCH__FOLDER", &index)]);
        wait_until_indexed(&server);
        server
    };
    for (name, line) in ["manifest.jsonl", "record.jsonl"].iter().zip(records(IN_COPYRIGHT).lines()) {
        let ran = museum.ingest(name, line, &[]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    }
    let server = serve();
    for (path, text) in documents(&server) {
        let text = text.replace("\\/", "/");
        assert!(!text.contains("museum.example/pictures"), "{path}: {text}");
    }
    // What is no image stays.
    let record = server.get("/api/v1/works/closed").json();
    assert_eq!(record["source"]["metadata"], manifest("closed", IN_COPYRIGHT)["metadata"]);
    assert_eq!(record["source"]["items"][0]["label"], json!({"en": ["Page"]}));
    let files: Vec<&Value> =
        record["images"].as_array().unwrap().iter().map(|image| &image["file"]).collect();
    assert_eq!(files, ["a.tif"]);
    assert!(server.get("/oai?verb=ListRecords&metadataPrefix=tegl").text().contains("&quot;Shelf&quot;"));
}

#[test]
fn records_of_free_works_are_shown_as_they_were_read() {
    let museum = Workspace::new(&[("a.tif", masters::jpeg_pyramid(&picture(2600, 1800), 256))]);
    let free = "http://creativecommons.org/publicdomain/zero/1.0/";
    for (name, line) in ["manifest.jsonl", "record.jsonl"].iter().zip(records(free).lines()) {
        assert_eq!(museum.ingest(name, line, &[]).code, Some(0));
    }
    let server = museum.serve(&[("TEGL__SEARCH__FOLDER", &museum.path("index"))]);
    wait_until_indexed(&server);
    assert_eq!(server.get("/api/v1/works/closed").json()["source"], manifest("closed", free));
    let picture = server.get("/api/v1/works/picture").json();
    assert_eq!(picture["source"]["image_native"], "https://old.museum.example/pictures/9.jpg");
    let dump = server.get("/api/v1/dump/works.jsonl").text();
    assert!(dump.contains("https://old.museum.example/pictures/none-2"), "{dump}");
}
