//! Every kind of page is valid HTML.

use serde_json::json;

use crate::support::browser::run;
use crate::support::museum::Museum;
use crate::support::server::Server;
use crate::{gallery, site};

/// Pages with the status of each. The collection is that of `gallery`.
const PAGES: &str = "\
200 /
200 /?q=horse
200 /?q=horze
200 /?q=%3Cb%3E%26%22nothing
200 /?all=type%3Aprint&start=12&sort=title
200 /?all=type%3Aprint&all=motif%3Ahorse&years=1700%2F1709
200 /?pick=%23b02020&share=70&pick=%23202020&share=30&has_image=true
200 /?from=x
200 /?similar=G%201%2F2
200 /?similar=G%201%2F2&x=10&y=10&w=100&h=100
200 /?files
200 /works/G%201%2F2
200 /works/G%201%2F2?canvas=1&capture=2&xywh=100,50,200,150
200 /works/G%201%2F2?canvas=2
200 /works/B1?canvas=20
200 /works/L1
200 /works/AR1
200 /works/R1
200 /works/KMS1
200 /works/KMS2
200 /works/M1
200 /creators
200 /creators?q=a
200 /creators?q=xyz
200 /creators/anna-ancher
404 /creators/nobody
200 /compare
200 /compare?works=G%201%2F2,KMS1,NONE,L1&manifest=https%3A%2F%2Fother.example%2Fm
200 /developers
200 /review
200 /view/mirador/G%201%2F2
200 /view/openseadragon/a.tif
404 /works/NONE
404 /nothing/here
400 /?iiif-content=x
";

/// Pages of a museum with its own.
const OWN: &str = "\
200 /
200 /?q=horse
200 /works/KMS1
404 /works/NONE
";

#[track_caller]
fn validate(museum: &Museum, server: &Server, pages: &str) {
    let list = museum.path("pages.txt");
    std::fs::write(&list, pages).unwrap();
    run("pages as valid HTML", "html.mjs", "html-validate", server, &[&list], &[]);
}

#[test]
fn pages_are_valid() {
    let museum = gallery::museum();
    validate(&museum, &museum.serve(), PAGES);
}

#[test]
fn a_museums_own_pages_are_valid() {
    let (museum, settings) = site::museum();
    validate(&museum, &museum.serve_configured(&settings), OWN);
}

#[test]
fn pages_without_works_are_valid() {
    let museum = Museum::new(&[]);
    let server = Server::start(&museum.path("masters"));
    validate(&museum, &server, "200 /\n200 /works/a.tif\n200 /view/openseadragon/a.tif\n");
    let records = [json!({"object_number": "N1", "titles": {"en": "<b>"}, "images": []})];
    let museum = Museum::new(&records);
    validate(&museum, &museum.serve(), "200 /\n200 /works/N1\n200 /?q=n1\n");
}
