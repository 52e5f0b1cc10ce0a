//! What manifests of other servers have that this server says in its own form or not at all, and what the import reports.

use serde_json::{Value, json};

use crate::support::museum::wait_until_indexed;
use crate::support::workspace::Workspace;

const MANIFEST: &str = "https://old.museum.example/iiif/wall/manifest.json";
const CANVAS: &str = "https://old.museum.example/iiif/wall/canvas/1";

fn manifest(rights: &str) -> Value {
    let image = |name: &str, kind: &str| {
        let service = format!("https://old.museum.example/iiif/image/{name}");
        json!({ "id": format!("{service}/full/max/0/default.jpg"), "type": kind, "format": "image/jpeg",
            "width": 300, "height": 200, "service": [{ "id": service, "type": "ImageService3", "profile": "level1" }] })
    };
    let painting = |number: usize, body: Value, target: Value| {
        json!({ "id": format!("https://old.museum.example/iiif/wall/painting/{number}"), "type": "Annotation",
            "motivation": "painting", "body": body, "target": target })
    };
    let note = |number: usize, more: Value| {
        let mut note = json!({ "id": format!("https://old.museum.example/iiif/wall/note/{number}"), "type": "Annotation",
            "motivation": "supplementing", "body": { "type": "TextualBody", "value": "Steps", "format": "text/plain" },
            "target": CANVAS });
        let fields = more.as_object().cloned().unwrap_or_default();
        note.as_object_mut().unwrap().extend(fields);
        note
    };
    let mut painted = [
        painting(1, image("wall", "SpecificResource"), json!({ "source": CANVAS, "styleClass": "turned" })),
        painting(
            2,
            image("door", "ImageService3"),
            json!({ "id": "https://old.museum.example/iiif/wall/place/2", "type": "SpecificResource",
                "source": format!("{CANVAS}#xywh=10,20,30,40") }),
        ),
    ];
    painted[0]["stylesheet"] =
        json!({ "type": "CssStylesheet", "value": ".turned { transform: rotate(90deg); }" });
    let span = json!({ "target": { "type": "SpecificResource", "source": CANVAS,
        "selector": { "type": "RangeSelector", "t": "4.5,6.25" } } });
    json!({
        "@context": "http://iiif.io/api/presentation/3/context.json", "id": MANIFEST, "type": "Manifest",
        "label": { "en": ["A wall with a door"] }, "rights": rights, "room": "12",
        "items": [{ "id": CANVAS, "type": "Canvas", "width": 300, "height": 200, "duration": 10, "lamp": "off",
            "items": [{ "id": "https://old.museum.example/iiif/wall/page/1", "type": "AnnotationPage", "items": painted }],
            "annotations": [{ "id": "https://old.museum.example/iiif/wall/page/2", "type": "AnnotationPage",
                "items": [note(1, span), note(2, json!({ "provides": ["subtitles"], "mood": "calm" }))] }] }]
    })
}

#[test]
fn what_a_manifest_says_otherwise_is_served_in_the_form_of_the_specification() {
    let museum = Workspace::new::<&str>(&[]);
    let source = manifest("http://creativecommons.org/publicdomain/zero/1.0/");
    let ran = museum.ingest("manifest.json", &source.to_string(), &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let index = museum.path("index");
    let server = museum.serve(&[("TEGL__SEARCH__FOLDER", index.as_str())]);
    wait_until_indexed(&server);
    let served = server.get("/presentation/3/wall/manifest").json();
    let canvas = &served["items"][0];
    let id = canvas["id"].as_str().unwrap();
    let painted = &canvas["items"][0]["items"];
    assert_eq!(painted.as_array().map(Vec::len), Some(2), "{canvas:#}");
    for (at, name) in ["wall", "door"].into_iter().enumerate() {
        let body = &painted[at]["body"];
        assert_eq!(body["type"], "Image");
        assert_eq!(body["service"][0]["id"], format!("https://old.museum.example/iiif/image/{name}"));
    }
    let styled = json!({ "type": "SpecificResource", "source": id, "styleClass": "turned" });
    assert_eq!(painted[0]["target"], styled);
    assert_eq!(painted[0]["stylesheet"]["value"], ".turned { transform: rotate(90deg); }");
    assert_eq!(painted[1]["target"], format!("{id}#xywh=10,20,30,40"));
    let notes = &canvas["annotations"][0]["items"];
    assert_eq!(notes[0]["target"]["selector"]["type"], "FragmentSelector");
    assert_eq!(notes[0]["target"]["selector"]["value"], "t=4.5,6.25");
    assert_eq!(notes[1]["provides"], json!(["subtitles"]));
    let old = server.get("/presentation/2/wall/manifest").json();
    let images = &old["sequences"][0]["canvases"][0]["images"];
    assert_eq!(images[1]["on"], format!("{id}#xywh=10,20,30,40"), "{images:#}");
}

#[test]
fn an_import_lists_what_of_manifests_is_in_the_source_only() {
    let museum = Workspace::new::<&str>(&[]);
    let source = manifest("http://rightsstatements.org/vocab/InC/1.0/").to_string();
    let ran = museum.ingest("manifest.json", &source, &["--dry-run", "--json"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let reports = ran.out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let found: Vec<Value> = reports.filter_map(|report| report.get("source_only").cloned()).collect();
    let one = |path: &str| json!({ "property": path, "works": 1, "first": "wall" });
    let properties = ["items.annotations.items.mood", "items.lamp", "room"].map(one);
    assert_eq!(found, [json!({ "properties": properties, "works_with_limited_images": 1 })]);
    let ran = museum.ingest("manifest.json", &source, &[]);
    for line in [
        "1 work with rights that limit images; what leads to images, sound and video on other servers is not served",
        "properties of manifests that are in the source only:",
        "  items.annotations.items.mood: 1 work, first in wall",
    ] {
        assert!(ran.err.lines().any(|own| own == line), "{line}\n{}", ran.err);
    }
}

#[test]
fn sound_that_rights_withhold_is_counted() {
    let museum = Workspace::new::<&str>(&[]);
    let mut source = manifest("http://rightsstatements.org/vocab/InC/1.0/");
    let sound = json!({ "id": "https://old.museum.example/sound/steps.mp3", "type": "Sound", "format": "audio/mpeg",
        "duration": 10 });
    source["items"][0]["items"][0]["items"] = json!([{ "id": "https://old.museum.example/iiif/wall/painting/1",
        "type": "Annotation", "motivation": "painting", "body": sound, "target": CANVAS }]);
    let ran = museum.ingest("manifest.json", &source.to_string(), &["--dry-run", "--json"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let mut reports = ran.out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let report = reports.find_map(|report| report.get("source_only").cloned()).unwrap();
    assert_eq!(report["works_with_limited_images"], 1, "{report}");
}
