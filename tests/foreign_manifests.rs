//! Manifests as other servers really write them: what is damaged or of another version is mended by rule, and annotation
//! pages that are elsewhere are read.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::masters::{self, picture};
use crate::support::museum::{wait, wait_until_indexed};
use crate::support::origin::Origin;
use crate::support::server::Server;
use crate::support::workspace::Workspace;

const CONTEXT_2: &str = "http://iiif.io/api/presentation/2/context.json";
const CONTEXT_3: &str = "http://iiif.io/api/presentation/3/context.json";

fn id(name: &str, rest: &str) -> String {
    format!("https://peer.example/{name}/{rest}")
}

/// A painted image of version 3.
fn painting(name: &str, body: Value) -> Value {
    json!([{"id": id(name, "page/1"), "type": "AnnotationPage", "items": [{"id": id(name, "painting/1"), "type": "Annotation",
        "motivation": "painting", "target": id(name, "canvas/1"), "body": body}]}])
}

fn image(service: Value) -> Value {
    json!({"id": "https://peer.example/image/1/full/max/0/default.jpg", "type": "Image", "format": "image/jpeg",
        "width": 40, "height": 30, "service": service})
}

/// A manifest of version 3 with one canvas; `more` replaces properties of it, and `canvas` those of the canvas.
fn third(name: &str, more: Value, canvas: Value) -> Value {
    let service =
        json!([{"id": "https://peer.example/image/1", "type": "ImageService3", "profile": "level1"}]);
    let mut page = json!({"id": id(name, "canvas/1"), "type": "Canvas", "width": 40, "height": 30,
        "items": painting(name, image(service))});
    let mut made = json!({"@context": CONTEXT_3, "id": id(name, "manifest.json"), "type": "Manifest", "label": {"en": [name]}});
    for (target, from) in [(&mut page, canvas), (&mut made, more)] {
        let Value::Object(fields) = from else { continue };
        target.as_object_mut().unwrap().extend(fields);
    }
    if made.get("items").is_none() {
        made["items"] = json!([page]);
    }
    made
}

/// The same of version 2.
fn second(name: &str, more: Value, canvas: Value) -> Value {
    let mut page = json!({"@id": id(name, "canvas/1"), "@type": "sc:Canvas", "label": "1", "width": 40, "height": 30,
        "images": [{"@type": "oa:Annotation", "motivation": "sc:painting", "on": id(name, "canvas/1"),
            "resource": {"@id": "https://peer.example/image/1/full/full/0/default.jpg", "@type": "dctypes:Image",
                "service": {"@context": "http://iiif.io/api/image/2/context.json", "@id": "https://peer.example/image/1",
                    "profile": "http://iiif.io/api/image/2/level1.json"}}}]});
    let mut made = json!({"@context": CONTEXT_2, "@id": id(name, "manifest.json"), "@type": "sc:Manifest", "label": name});
    for (target, from) in [(&mut page, canvas), (&mut made, more)] {
        let Value::Object(fields) = from else { continue };
        target.as_object_mut().unwrap().extend(fields);
    }
    made["sequences"] = json!([{"canvases": [page]}]);
    made
}

/// Manifests with what is expected of them in version 3, by JSON pointer; null: nothing is there.
fn cases() -> Vec<(Value, Vec<(&'static str, Value)>)> {
    let service = "/items/0/items/0/items/0/body/service/0";
    let note = "/items/0/annotations/0/items/0";
    let notes = |annotation: Value| json!({"annotations": [{"id": "https://peer.example/notes", "type": "AnnotationPage", "items": [annotation]}]});
    let of_version_2 = |id: &str| json!([{"id": id, "@type": "ImageService2", "profile": "http://iiif.io/api/image/2/level1.json"}]);
    vec![
        (
            second(
                "nulls",
                json!({"service": [null], "related": null}),
                json!({"otherContent": [null], "thumbnail": null}),
            ),
            vec![("/items/0/annotations", Value::Null), ("/items/0/width", json!(40))],
        ),
        (
            third(
                "nulls3",
                json!({"structures": null, "thumbnail": "", "service": [null]}),
                json!({"label": null, "annotations": [null], "rendering": [null]}),
            ),
            vec![("/structures", Value::Null), ("/thumbnail", Value::Null), ("/items/0/label", Value::Null)],
        ),
        (
            json!({"@context": CONTEXT_3, "id": id("empty", "manifest.json"), "type": "Manifest", "label": {"en": ["empty"]}}),
            vec![("/label/en/0", json!("empty")), ("/items/0/items", json!([]))],
        ),
        (
            second("untitled", json!({"label": ""}), json!({"label": null})),
            vec![("/label/none/0", json!("untitled"))],
        ),
        (
            second(
                "pairs",
                json!({"metadata": [{"label": "Only"}, {"value": "Only"}, null, "x", {"label": "Year", "value": 1901}]}),
                json!({}),
            ),
            vec![
                ("/metadata/0", json!({"label": {"none": ["Year"]}, "value": {"none": ["1901"]}})),
                ("/metadata/2", Value::Null),
            ],
        ),
        (
            third(
                "lower",
                json!({}),
                json!({"items": painting("lower", json!({"id": "https://peer.example/1.jp2", "type": "image",
                "format": "image/jp2", "width": 40, "height": 30}))}),
            ),
            vec![("/items/0/items/0/items/0/body/type", json!("Image"))],
        ),
        (
            third(
                "described",
                json!({}),
                json!({"items": painting("described", image(json!([{"type": "ImageService3",
                "id": "https://peer.example/image/1/info.json", "profile": "level1"}])))}),
            ),
            vec![("/items/0/items/0/items/0/body/service/0/id", json!("https://peer.example/image/1"))],
        ),
        (
            third(
                "mixed",
                json!({"rights": "https://creativecommons.org/publicdomain/mark/1.0/"}),
                json!({"items": painting("mixed", image(of_version_2("https://peer.example/image/1")))}),
            ),
            vec![
                (
                    service,
                    json!({"@id": "https://peer.example/image/1", "@type": "ImageService2", "profile": "http://iiif.io/api/image/2/level1.json"}),
                ),
                ("/rights", json!("http://creativecommons.org/publicdomain/mark/1.0/")),
            ],
        ),
        (
            third(
                "remnants",
                json!({"logo": "https://peer.example/logo.png", "attribution": "From a peer", "description": "About",
                "license": "http://creativecommons.org/licenses/by/4.0/", "viewingHint": "paged", "related": "https://peer.example/about",
                "within": "https://peer.example/all", "rendering": [{"id": "https://peer.example/a.pdf", "label": "Download"}],
                "posterCanvas": {"id": id("remnants", "poster"), "type": "Canvas", "width": 4, "height": 3, "items": []}}),
                json!({}),
            ),
            vec![
                ("/provider/0/logo/0/id", json!("https://peer.example/logo.png")),
                ("/requiredStatement/value/none/0", json!("From a peer")),
                ("/summary/none/0", json!("About")),
                ("/rights", json!("http://creativecommons.org/licenses/by/4.0/")),
                ("/behavior/0", json!("paged")),
                ("/homepage/0/id", json!("https://peer.example/about")),
                ("/partOf/0/id", json!("https://peer.example/all")),
                ("/rendering/0/label/none/0", json!("Download")),
                ("/placeholderCanvas/height", json!(3)),
            ],
        ),
        (
            third(
                "untyped",
                json!({"thumbnail": [{"id": "https://peer.example/t.jpg"}], "seeAlso": "https://peer.example/data.xml"}),
                json!({}),
            ),
            vec![("/thumbnail/0/type", json!("Image")), ("/seeAlso/0/type", json!("Dataset"))],
        ),
        (
            third(
                "target",
                json!({}),
                notes(
                    json!({"id": "https://peer.example/note", "type": "Annotation", "motivation": "commenting",
                "body": {"type": "TextualBody", "value": "Note"}, "target": {"id": format!("{}#xywh=1,2,3,4", id("target", "canvas/1")),
                    "type": "Canvas", "partOf": [{"id": id("target", "manifest.json"), "type": "Manifest"}]}}),
                ),
            ),
            vec![("/items/0/annotations/0/items/0/body/value", json!("Note"))],
        ),
        (
            third(
                "texts",
                json!({}),
                json!({"width": "40", "height": "30.0", "duration": "12.5", "annotations": notes(json!({"type": "Annotation",
                "motivation": "commenting", "body": {"type": "TextualBody", "value": "breath"},
                "target": {"type": "SpecificResource", "source": id("texts", "canvas/1"), "selector": {"type": "PointSelector", "t": "7.25"}}}))["annotations"]}),
            ),
            vec![
                ("/items/0/annotations/0/items/0/target/selector/t", json!(7.25)),
                ("/items/0/width", json!(40)),
                ("/items/0/duration", json!(12.5)),
            ],
        ),
        (
            third(
                "sizeless",
                json!({}),
                json!({"width": null, "height": 0,
                "items": painting("sizeless", json!({"id": "https://peer.example/1.jpg", "type": "Image"}))}),
            ),
            vec![("/items/0/width", json!(1000)), (note, Value::Null)],
        ),
        (
            third(
                "audio",
                json!({}),
                json!({"width": null, "height": null, "duration": 9,
                "items": painting("audio", json!({"id": "https://peer.example/a.mp3", "type": "Audio", "format": "audio/mpeg", "duration": 9}))}),
            ),
            vec![("/items/0/items/0/items/0/body/type", json!("Sound")), ("/items/0/duration", json!(9))],
        ),
        (
            second(
                "levels",
                json!({"structures": [{"@id": id("levels", "range/1"), "@type": "sc:Range", "label": "All",
                    "members": [{"@id": id("levels", "range/2"), "@type": "sc:Range", "label": "Part", "canvases": [id("levels", "canvas/1")]},
                        {"@id": id("levels", "canvas/1"), "@type": "sc:Canvas"}], "canvases": [id("levels", "canvas/1")]}]}),
                json!({"images": [{"@type": "oa:Annotation", "motivation": "sc:painting", "on": id("levels", "canvas/1"),
                    "resource": {"@id": "https://peer.example/image/1/full/full/0/default.jpg", "@type": "dctypes:Image",
                        "service": {"@context": "http://iiif.io/api/image/2/context.json", "@id": "https://peer.example/image/1",
                            "profile": "http://library.stanford.edu/iiif/image-api/compliance.html#level1"}}}]}),
            ),
            vec![
                (
                    "/items/0/items/0/items/0/body/service/0/profile",
                    json!("http://iiif.io/api/image/2/level1.json"),
                ),
                ("/structures/0/items/0/label/none/0", json!("Part")),
                ("/structures/0/items/1/type", json!("Canvas")),
                ("/structures/0/items/2", Value::Null),
            ],
        ),
        (
            third(
                "formats",
                json!({"start": {"id": id("formats", "canvas/9"), "type": "Canvas"},
                    "seeAlso": [{"id": "https://peer.example/1", "type": "Dataset", "format": "vnd.example.data"},
                        {"id": "https://peer.example/2", "type": "Dataset", "format": "marc"}]}),
                json!({}),
            ),
            vec![
                ("/start", Value::Null),
                ("/seeAlso/0/format", json!("application/vnd.example.data")),
                ("/seeAlso/1/format", Value::Null),
            ],
        ),
        (
            third(
                "mislaid",
                json!({}),
                json!({"duration": 9, "items": [{"id": id("mislaid", "page/1"), "type": "AnnotationPage", "items": [
                {"id": id("mislaid", "film"), "type": "Annotation", "motivation": "painting", "target": id("mislaid", "canvas/1"),
                    "body": {"id": "https://peer.example/a.mp4", "type": "Video", "format": "video/mp4", "duration": 9}},
                {"id": id("mislaid", "text"), "type": "Annotation", "motivation": "supplementing",
                    "body": {"id": "https://peer.example/a.vtt", "type": "Text", "format": "text/vtt", "language": "en"}}]}]}),
            ),
            vec![
                ("/items/0/items/0/items/1", Value::Null),
                ("/items/0/annotations/0/items/0/motivation", json!("supplementing")),
                ("/items/0/annotations/0/items/0/body/id", json!("https://peer.example/a.vtt")),
            ],
        ),
        (
            third("hollow", json!({"items": []}), json!({})),
            vec![("/items/0/width", json!(1000)), ("/items/1", Value::Null)],
        ),
    ]
}

fn serve(museum: &Workspace) -> Server {
    let server = museum.serve(&[("TEGL__SEARCH__FOLDER", &museum.path("index"))]);
    wait_until_indexed(&server);
    server
}

#[test]
fn what_peers_write_is_mended_by_rule() {
    let museum = Workspace::new::<&str>(&[]);
    let cases = cases();
    let lines: String = cases.iter().map(|(manifest, _)| format!("{manifest}\n")).collect();
    let ran = museum.ingest("manifests.jsonl", &lines, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = serve(&museum);
    let mut failures = Vec::new();
    for (source, expected) in &cases {
        let address = source["id"].as_str().or(source["@id"].as_str()).unwrap();
        let work = address.split('/').nth_back(1).unwrap();
        assert_eq!(server.get(&format!("/presentation/2/{work}/manifest")).status, 200, "{work}");
        let served = server.get(&format!("/presentation/3/{work}/manifest")).json();
        let nothing = Value::Null;
        for (pointer, value) in expected {
            let found = served.pointer(pointer).unwrap_or(&nothing);
            if found != value {
                failures.push(format!("{work}{pointer}: {found} instead of {value}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The identifier of a canvas of the work `w`.
fn at(origin: &Origin, path: &str) -> String {
    format!("{}{path}", origin.url())
}

/// A manifest on the server, with references to annotation pages.
fn referring(origin: &Origin, pages: &[&str]) -> Value {
    let pages: Vec<Value> =
        pages.iter().map(|page| json!({"id": at(origin, page), "type": "AnnotationPage"})).collect();
    let mut made = third("w", json!({"id": at(origin, "w/manifest.json")}), json!({"annotations": pages}));
    made["items"][0]["id"] = json!(at(origin, "w/canvas/1"));
    made
}

fn notes(origin: &Origin, text: &str) -> Vec<u8> {
    json!({"@context": "http://www.w3.org/ns/anno.jsonld", "id": "https://peer.example/other", "type": "AnnotationPage",
        "items": [{"id": at(origin, "note"), "type": "Annotation", "motivation": "commenting",
            "body": {"type": "TextualBody", "value": text, "language": "en"},
            "target": format!("{}#xywh=1,2,3,4", at(origin, "w/canvas/1"))}]})
    .to_string()
    .into_bytes()
}

#[test]
fn annotation_pages_that_are_elsewhere_are_read_and_served_again() {
    let origin = Origin::start();
    origin.put("notes", notes(&origin, "a bridge"));
    origin.put("list", json!({"@id": at(&origin, "list"), "@type": "sc:AnnotationList", "resources": [{"@type": "oa:Annotation",
        "motivation": "oa:commenting", "resource": {"@type": "cnt:ContentAsText", "chars": "a mill"},
        "on": at(&origin, "w/canvas/1")}]}).to_string().into_bytes());
    origin.put("broken", b"{".to_vec());
    let elsewhere = Origin::start();
    elsewhere.put("secret", notes(&origin, "of another host"));
    let mut manifest = referring(&origin, &["notes", "list", "broken", "missing"]);
    let other = json!({"id": at(&elsewhere, "secret"), "type": "AnnotationPage"});
    manifest["items"][0]["annotations"].as_array_mut().unwrap().push(other);
    origin.put("w/manifest.json", manifest.to_string().into_bytes());
    let museum = Workspace::new::<&str>(&[]);
    let ingest = |more: &[&str], environment: &[(&str, &str)]| {
        let (masters, records) = (museum.path("masters"), at(&origin, "w/manifest.json"));
        let all = [&["ingest", &masters, "--records", &records], more].concat();
        let environment = [&[("TEGL__CATALOGUE__URL", museum.catalogue.as_str())], environment].concat();
        crate::support::command::tegl(&all, &environment)
    };
    let ran = ingest(&[], &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for said in [
        "annotation pages could not be read",
        &at(&origin, "broken"),
        &at(&origin, "missing"),
        "--records-host",
    ] {
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
    assert!(elsewhere.take_requests().is_empty());
    let server = serve(&museum);
    let served = server.get("/presentation/3/w/manifest").json();
    let pages = served["items"][0]["annotations"].as_array().unwrap();
    let canvas = served["items"][0]["id"].as_str().unwrap();
    assert_eq!(pages[0]["items"][0]["body"]["value"], "a bridge");
    assert_eq!(pages[0]["items"][0]["target"], format!("{canvas}#xywh=1,2,3,4"));
    assert_eq!(
        (&pages[1]["items"][0]["body"]["value"], &pages[1]["items"][0]["target"]),
        (&json!("a mill"), &json!(canvas))
    );
    let own = pages[0]["id"].as_str().unwrap();
    assert_eq!(
        server.get(&own[own.find("/presentation/").unwrap()..]).json()["items"][0]["body"]["value"],
        "a bridge"
    );
    for (page, origin) in
        [(2, at(&origin, "broken")), (3, at(&origin, "missing")), (4, at(&elsewhere, "secret"))]
    {
        assert_eq!(pages[page], json!({"id": origin, "type": "AnnotationPage"}));
    }
    drop(server);
    // What is not to be read, or too long, stays a link.
    let ran = ingest(&["--json"], &[("TEGL__RECORDS__ANNOTATION_PAGES", "1")]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let served = serve(&museum).get("/presentation/3/w/manifest").json();
    let pages = &served["items"][0]["annotations"];
    assert!(pages[0].get("items").is_some() && pages[1].get("items").is_none(), "{pages:#}");
    let long = " ".repeat(2 << 20);
    origin.put("notes", [notes(&origin, "long"), long.into_bytes()].concat());
    let ran = ingest(&["--json"], &[("TEGL__RECORDS__RECORD_MIB", "1")]);
    assert!(ran.code == Some(0) && ran.out.contains("records.record_mib"), "{}{}", ran.out, ran.err);
}

#[test]
fn content_states_with_old_addresses_open_the_work() {
    let museum = Workspace::new::<&str>(&[]);
    let manifest = third("kept", json!({}), json!({}));
    let ran = museum.ingest("manifests.jsonl", &format!("{manifest}\n"), &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = serve(&museum);
    let open = |state: &Value| {
        let state = state.as_str().map_or_else(|| state.to_string(), str::to_owned);
        let state =
            percent_encoding::utf8_percent_encode(&state, percent_encoding::NON_ALPHANUMERIC).to_string();
        let answer = server.get(&format!("/?iiif-content={state}"));
        (answer.status, answer.header("location").to_owned())
    };
    let part_of = json!([{"id": id("kept", "manifest.json"), "type": "Manifest"}]);
    let canvas = |name: &str| json!({"id": id("kept", name), "type": "Canvas", "partOf": part_of});
    for (state, expected) in [
        (json!(id("kept", "manifest.json")), "/works/kept"),
        (canvas("canvas/1"), "/works/kept?canvas=1"),
        (canvas("canvas/1#xywh=1,2,3,4"), "/works/kept?canvas=1&xywh=1,2,3,4"),
        (json!(id("kept", "canvas/1")), "/works/kept?canvas=1"),
        (
            json!(id("kept", "canvas/1#xywh=1,2,3,4").replace("https:", "http:")),
            "/works/kept?canvas=1&xywh=1,2,3,4",
        ),
        (json!({"id": id("kept", "canvas/1"), "type": "Canvas"}), "/works/kept?canvas=1"),
        (
            json!({"type": "Annotation", "motivation": "contentState", "target": id("kept", "canvas/1")}),
            "/works/kept?canvas=1",
        ),
    ] {
        let (status, location) = open(&state);
        assert!(status == 303 && location.ends_with(expected), "{state}: {status} {location}");
    }
    for unknown in [canvas("canvas/2"), json!(id("other", "manifest.json")), json!(id("kept", "canvas/2"))] {
        assert_eq!(open(&unknown).0, 400, "{unknown}");
    }
    drop(server);
    // Another canvas in its place, and another manifest that has the canvas too.
    let changed = third("kept", json!({}), json!({"id": id("kept", "canvas/0")}));
    let copy = third("copy", json!({}), json!({"id": id("kept", "canvas/0")}));
    let ran = museum.ingest("manifests.jsonl", &format!("{changed}\n{copy}\n"), &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = serve(&museum);
    wait(Duration::from_secs(30), || server.get("/api/v1/works?limit=0").json()["total"] == 2);
    let open = |state: &Value| {
        let state =
            percent_encoding::utf8_percent_encode(&state.to_string(), percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        server.get(&format!("/?iiif-content={state}")).header("location").to_owned()
    };
    assert_eq!(open(&json!(id("kept", "canvas/1"))), "");
    assert!(open(&json!(id("kept", "canvas/0"))).ends_with("/works/kept?canvas=1"));
    let of_copy = json!({"id": id("kept", "canvas/0"), "type": "Canvas",
        "partOf": [{"id": id("copy", "manifest.json"), "type": "Manifest"}]});
    assert!(open(&of_copy).ends_with("/works/copy?canvas=1"));
}

#[test]
fn annotations_about_images_of_the_source_are_about_those_of_this_server() {
    let museum = Workspace::new(&[("one.tif", masters::jpeg_pyramid(&picture(400, 300), 256))]);
    let service = |name: &str| format!("https://peer.example/image/{name}");
    let request = format!("{}/full/full/0/default.jpg", service("one.tif"));
    let targets = [
        json!(service("one.tif")),
        json!(format!("{request}#xywh=1,2,3,4")),
        json!({"type": "SpecificResource", "source": {"id": service("one.tif"), "type": "ImageService2", "profile": "level1"},
            "selector": {"type": "ImageApiSelector", "region": "1,2,3,4"}}),
        json!([service("one.tif"), service("other")]),
    ];
    let note = |(at, target): (usize, &Value)| {
        json!({"id": id("noted", &format!("note/{at}")), "type": "Annotation", "motivation": "commenting",
            "body": {"type": "TextualBody", "value": "Note"}, "target": target})
    };
    let notes: Vec<Value> = targets.iter().enumerate().map(note).collect();
    let annotated = |rights: &str| {
        let body = json!({"id": request, "type": "Image", "format": "image/jpeg", "width": 400, "height": 300,
            "service": [{"id": service("one.tif"), "type": "ImageService2", "profile": "level1"}]});
        let canvas = json!({"width": 400, "height": 300, "items": painting("noted", body),
            "annotations": [{"id": id("noted", "notes"), "type": "AnnotationPage", "items": notes}]});
        third("noted", json!({"rights": rights}), canvas)
    };
    let ingest = |rights: &str| {
        let ran = museum.ingest("manifests.jsonl", &format!("{}\n", annotated(rights)), &[]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        assert!(
            ran.err.contains(&format!("of other servers, and stay so: {}\n", service("other"))),
            "{}",
            ran.err
        );
    };
    ingest("http://creativecommons.org/publicdomain/mark/1.0/");
    let server = serve(&museum);
    let own = |version: u8| format!("http://{}/iiif/{version}/one.tif", server.address);
    let served = server.get("/presentation/3/noted/manifest").json();
    let target = |at: usize| &served["items"][0]["annotations"][0]["items"][at]["target"];
    assert_eq!(*target(0), json!(own(3)));
    assert_eq!(*target(1), json!(format!("{}/full/max/0/default.jpg#xywh=1,2,3,4", own(3))));
    // A service stands for its image.
    assert_eq!(target(2)["source"]["type"], "Image");
    assert_eq!(target(2)["source"]["profile"], Value::Null);
    assert_eq!(target(2)["source"]["service"][0]["id"], json!(own(3)));
    assert_eq!(target(2)["selector"]["region"], "1,2,3,4");
    assert_eq!(*target(3), json!([own(3), service("other")]));
    drop(server);

    ingest("http://rightsstatements.org/vocab/InC/1.0/");
    let limited = serve(&museum);
    let served = limited.get("/presentation/3/noted/manifest").json();
    assert!(!served.to_string().contains(&service("one.tif")), "{served:#}");
    let first = &served["items"][0]["annotations"][0]["items"][0]["target"];
    assert_eq!(*first, json!(format!("http://{}/iiif/3/one.tif", limited.address)));
    drop(limited);
    let rule = [("TEGL__RIGHTS__OTHERWISE__LARGEST", "0"), ("TEGL__RIGHTS__OTHERWISE__ORIGINAL", "false")];
    let closed = museum.serve(&rule);
    wait_until_indexed(&closed);
    let served = closed.get("/presentation/3/noted/manifest").text();
    assert!(!served.contains("one.tif"), "{served}");
}

#[test]
fn languages_keep_the_order_of_the_source() {
    let museum = Workspace::new::<&str>(&[]);
    let manifest = r#"{"id": "https://peer.example/tongues/manifest.json", "type": "Manifest",
        "label": {"sv": ["Hav"], "en": ["Sea"], "da": ["Hav"]}, "summary": {"kl": ["Imaq"], "da": ["Havet"]}, "items": []}"#;
    let second = r#"{"@id": "https://peer.example/tongues2/manifest.json", "@type": "sc:Manifest",
        "label": [{"@value": "Hav", "@language": "sv"}, {"@value": "Sea", "@language": "en"}], "sequences": [{"canvases": []}]}"#;
    let lines = [manifest, second].map(|one| one.replace('\n', " ") + "\n").concat();
    let ran = museum.ingest("manifests.jsonl", &lines, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let server = serve(&museum);
    let served = server.get("/presentation/3/tongues/manifest").text();
    assert!(served.contains(r#"{"sv":["Hav"],"en":["Sea"],"da":["Hav"]}"#), "{served}");
    assert!(served.contains(r#""summary":{"da":["Havet"],"kl":["Imaq"]}"#), "{served}");
    let served = server.get("/presentation/2/tongues2/manifest").text();
    let at = |word: &str| served.find(word).unwrap_or_else(|| panic!("{word}: {served}"));
    assert!(at(r#""sv""#) < at(r#""en""#), "{served}");
}
