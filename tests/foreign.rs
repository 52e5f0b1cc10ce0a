//! Pages in a real browser: whatever records hold, no page asks another host.

use serde_json::{Value, json};

use crate::support::browser::look;
use crate::support::museum::{Museum, tag};

/// Markup that makes a browser ask another host, as records of elsewhere may hold it.
const FOREIGN: [&str; 9] = [
    "<img src=\"https://other.example/1.png\">",
    "<p>x <img src=//other.example/2.png srcset='https://other.example/3.png 2x'></p>",
    "<span style=\"background:url(https://other.example/4.png)\">x</span>",
    "<link rel=stylesheet href=https://other.example/5.css><video src=https://other.example/6.mp4 poster=https://other.example/7.png></video>",
    "<svg><image href=https://other.example/8.png /></svg><iframe src=https://other.example/9.html></iframe>",
    "&lt;img src=https://other.example/10.png&gt;",
    "&amp;amp;amp;amp;lt;img src=https://other.example/11.png&gt;",
    "<image src=https://other.example/12.png>",
    "<a href=https://other.example/ ping=https://other.example/13>x</a><img src='https://other.example/14.png'",
];

/// Shown literally: it is no markup.
const IN_BRACKETS: &str = "<Unknown>";

fn record() -> Value {
    let long = format!("<img src=https://other.example/long.png>{}", "x ".repeat(60_000));
    let all: Vec<&str> = FOREIGN.into_iter().chain([long.as_str()]).collect();
    let facts: Vec<Value> =
        all.iter().map(|text| json!({"label": {"en": text}, "value": {"en": text}})).collect();
    let creators: Vec<Value> =
        FOREIGN.iter().chain([&IN_BRACKETS]).map(|name| json!({"name": name, "role": FOREIGN[0]})).collect();
    json!({
        "object_number": "F1", "titles": FOREIGN, "creators": creators, "description": FOREIGN,
        "techniques": FOREIGN, "inscriptions": FOREIGN, "credit_line": FOREIGN, "department": FOREIGN[0],
        "production": {"text": FOREIGN[0]}, "extra_metadata": facts, "homepage": "https://other.example/home",
        "rights": FOREIGN[0], "images": [{"file": "a.tif", "label": FOREIGN[0]}],
        "tags": FOREIGN.map(|text| json!({"scheme": "motif", "label": {"en": text}})),
    })
}

#[test]
fn no_page_requests_another_host() {
    let museum = Museum::new(&[record()]);
    let server = museum.serve();
    tag(&server, "F1", json!({"scheme": "motif", "label": {"en": IN_BRACKETS}, "image": "a.tif"}));
    let paths = [
        "/",
        "/?q=x",
        "/?files",
        "/works/F1",
        "/works/F1?canvas=1",
        "/view/mirador/F1",
        "/view/openseadragon/a.tif",
    ];
    let more = [&paths[..], &["--shows", IN_BRACKETS]].concat();
    look("pages in a browser", "foreign.mjs", "playwright-core", &server, &more);
}
