//! Manifests in the form of drafts of Presentation API 3, of JSON-LD processors and of older viewers: what they say is served
//! in the form of version 3.0, or the import lists it.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::museum::wait_until_indexed;
use crate::support::workspace::Workspace;

const CONTEXT_3: &str = "http://iiif.io/api/presentation/3/context.json";

fn id(name: &str, rest: &str) -> String {
    format!("https://drafts.example/{name}/{rest}")
}

fn picture() -> Value {
    json!({"id": "https://drafts.example/pictures/1.jpg", "type": "Image", "format": "image/jpeg", "width": 40, "height": 30})
}

/// A painting on the first canvas of a manifest.
fn painting(name: &str, body: Value) -> Value {
    json!({"id": id(name, "page"), "type": "AnnotationPage", "items": [{"id": id(name, "painting"), "type": "Annotation",
        "motivation": "painting", "body": body, "target": id(name, "canvas")}]})
}

fn canvas(name: &str, more: Value) -> Value {
    let mut made = json!({"id": id(name, "canvas"), "type": "Canvas", "width": 40, "height": 30, "items": [painting(name, picture())]});
    made.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    made
}

fn manifest(name: &str, canvas: Value, more: Value) -> Value {
    let mut made = json!({"@context": CONTEXT_3, "id": id(name, "manifest.json"), "type": "Manifest", "label": {"en": [name]},
        "items": [canvas]});
    made.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    made
}

/// A manifest of version 2 whose canvas has a note on it.
fn noted(name: &str, note: Value) -> Value {
    let mut own = json!({"@id": id(name, "note"), "@type": "oa:Annotation", "motivation": "oa:commenting",
        "resource": {"@type": "cnt:ContentAsText", "chars": "A mill"}});
    own.as_object_mut().unwrap().extend(note.as_object().cloned().unwrap());
    json!({"@context": "http://iiif.io/api/presentation/2/context.json", "@id": id(name, "manifest.json"), "@type": "sc:Manifest",
        "label": name, "sequences": [{"@type": "sc:Sequence", "label": "As bound", "canvases": [{"@id": id(name, "canvas"),
            "@type": "sc:Canvas", "label": "1", "width": 40, "height": 30, "images": [{"@type": "oa:Annotation",
                "motivation": "sc:painting", "on": id(name, "canvas"), "resource": {"@id": "https://drafts.example/pictures/1.jpg",
                    "@type": "dctypes:Image"}}],
            "otherContent": [{"@id": id(name, "list"), "@type": "sc:AnnotationList", "resources": [own]}]}]}]})
}

/// A manifest, what is expected at JSON pointers, and the properties that are listed.
type Case = (Value, Vec<(&'static str, Value)>, Vec<&'static str>);

/// Manifests with what is expected in version 3, by JSON pointer, and the properties that the import lists.
fn cases() -> Vec<Case> {
    let body = "/items/0/items/0/items/0/body";
    let mut expanded = manifest("expanded", json!(null), json!({}));
    expanded["label"] = json!([{"@value": "Sea", "@language": "en"}, {"@value": "Hav", "@language": "da"}]);
    expanded["metadata"] = json!([{"label": "Shelf", "value": ["A1", "A2"]}]);
    expanded["items"] = json!([{"@id": id("expanded", "canvas"), "@type": "sc:Canvas", "width": 40, "height": 30,
        "items": [{"@type": "sc:AnnotationPage", "items": [{"@type": "oa:Annotation", "motivation": "painting",
            "body": {"@id": "https://drafts.example/pictures/1.jpg", "@type": "dctypes:Image"}}]}],
        "annotations": [{"@id": id("expanded", "notes"), "@type": "AnnotationPage", "items": [{"@id": id("expanded", "note"),
            "@type": "Annotation", "motivation": "commenting", "body": {"@type": "TextualBody", "value": "A mill", "language": ["en"]},
            "target": id("expanded", "canvas#xywh=1,2,3,4")}]}]}]);
    let tape = json!({"type": "Choice", "items": [{"id": "https://drafts.example/sounds/1.mp4", "type": "Audio", "format": "audio/mp4"}]});
    let spoken = canvas(
        "spoken",
        json!({"annotations": [{"id": id("spoken", "notes"), "type": "AnnotationPage", "items": [{"id": id("spoken", "note"),
            "type": "Annotation", "motivation": "commenting", "target": id("spoken", "canvas"), "body": [
                {"type": "TextualBody", "value": "Hav", "language": ["da", "sv"]},
                {"type": "Text", "id": "https://drafts.example/1.txt", "format": "text/plain", "language": ["da"]}]}]}]}),
    );
    let homepage = json!([{"id": "https://drafts.example/1", "type": "Text", "label": {"en": ["1"]}, "language": ["da"]}]);
    let chosen = json!({"type": "SpecificResource", "source": id("chosen", "canvas"), "selector": {"type": "Choice", "items": [
        {"type": "FragmentSelector", "value": "xywh=1,2,3,4"}, {"type": "PointSelector", "x": 2, "y": 3}]}});
    let chosen = canvas(
        "chosen",
        json!({"thumbnail": [{"id": "https://drafts.example/t/full/20,15/0/default.jpg", "type": "Image",
                "service": [{"id": "https://drafts.example/t", "profile": "level0"}]}],
            "annotations": [{"id": id("chosen", "notes"), "type": "AnnotationPage", "items": [{"id": id("chosen", "note"),
                "type": "Annotation", "motivation": "commenting", "target": chosen, "body": {"type": "TextualBody", "value": "Here"}}]}]}),
    );
    let written = json!({"label": {"en": ["From"]}, "value": {"en": ["<a href=\"https://drafts.example/us\">Us</a>, <a href=\"mailto:us@drafts.example\">by post</a>"]}});
    vec![
        (
            manifest(
                "chosen",
                chosen,
                json!({"requiredStatement": written, "rights": "http://creativecommons.org/publicdomain/mark/1.0/"}),
            ),
            vec![
                ("/items/0/annotations/0/items/0/target/selector/0/value", json!("xywh=1,2,3,4")),
                ("/items/0/annotations/0/items/0/target/selector/1/type", json!("PointSelector")),
                (
                    "/items/0/thumbnail/0/service/0",
                    json!({"id": "https://drafts.example/t", "type": "ImageService3", "profile": "level0"}),
                ),
            ],
            vec![],
        ),
        (
            manifest(
                "posted",
                canvas("posted", json!({})),
                json!({"requiredStatement": written, "rights": "http://rightsstatements.org/vocab/InC/1.0/"}),
            ),
            // An address of mail leads to no image.
            vec![(
                "/requiredStatement/value/en/0",
                json!(
                    "<span><a href=\"https://drafts.example/us\">Us</a>, <a href=\"mailto:us@drafts.example\">by post</a></span>"
                ),
            )],
            vec![],
        ),
        (
            manifest(
                "tape",
                json!({"id": id("tape", "canvas"), "type": "Canvas", "label": "Side 1", "duration": 60.5,
                    "content": [painting("tape", tape)]}),
                json!({}),
            ),
            vec![
                ("/items/0/items/0/items/0/body/items/0/type", json!("Sound")),
                ("/items/0/label", json!({"none": ["Side 1"]})),
                ("/items/0/duration", json!(60.5)),
            ],
            vec![],
        ),
        (
            json!({"id": id("stage", "manifest.json"), "type": "Manifest", "label": "A stage", "description": "Of a draft",
                "sequences": [{"type": "Sequence", "canvases": [{"id": id("stage", "canvas"), "type": "Canvas", "width": 40,
                    "height": 30, "depth": 20, "content": [painting("stage", picture())]}]}]}),
            vec![
                ("/label/none/0", json!("A stage")),
                ("/summary/none/0", json!("Of a draft")),
                ("/items/0/items/0/items/0/body/id", json!("https://drafts.example/pictures/1.jpg")),
            ],
            vec!["items.depth"],
        ),
        (
            manifest(
                "untold",
                canvas("untold", json!({"label": {"@none": ["-1-"]}})),
                json!({"label": {"@none": ["In no language"]}}),
            ),
            vec![
                ("/label", json!({"none": ["In no language"]})),
                ("/items/0/label", json!({"none": ["-1-"]})),
            ],
            vec![],
        ),
        (
            expanded,
            vec![
                ("/label", json!({"en": ["Sea"], "da": ["Hav"]})),
                ("/metadata/0/value/none/1", json!("A2")),
                ("/items/0/items/0/items/0/body/type", json!("Image")),
                ("/items/0/annotations/0/items/0/body/language", json!("en")),
            ],
            vec![],
        ),
        (
            manifest("spoken", spoken, json!({"homepage": homepage})),
            vec![
                ("/items/0/annotations/0/items/0/body/0/language", json!(["da", "sv"])),
                ("/items/0/annotations/0/items/0/body/1/language", json!("da")),
                // Links have lists of languages (3.0, appendix A).
                ("/homepage/0/language", json!(["da"])),
            ],
            vec![],
        ),
        (
            manifest(
                "scene",
                json!({"id": id("scene", "scene"), "type": "Scene", "items": [painting("scene",
                    json!({"id": "https://drafts.example/1.glb", "type": "Model"}))]}),
                json!({"description": "Old", "summary": {"en": ["New"]}}),
            ),
            vec![(body, json!({"id": "https://drafts.example/1.glb", "type": "Model"}))],
            vec!["description", "items.type"],
        ),
        (
            noted(
                "drawn",
                json!({"mood": "calm", "stylesheet": {"@type": ["oa:CssStyle", "cnt:ContentAsText"], "chars": ".red { color: red; }"},
                    "on": {"@type": "oa:SpecificResource", "full": id("drawn", "canvas"), "style": "red",
                        "within": {"@id": id("drawn", "manifest.json"), "@type": "sc:Manifest"},
                        "selector": {"@type": "oa:Choice", "default": {"@type": "oa:FragmentSelector", "value": "xywh=1,2,3,4"},
                            "item": {"@type": "oa:SvgSelector", "value": "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M1,2L3,4z\"/></svg>"}}}}),
            ),
            vec![
                ("/items/0/annotations/0/items/0/target/selector/0/value", json!("xywh=1,2,3,4")),
                ("/items/0/annotations/0/items/0/target/selector/1/type", json!("SvgSelector")),
                ("/items/0/annotations/0/items/0/target/styleClass", json!("red")),
                ("/items/0/annotations/0/items/0/stylesheet/value", json!(".red { color: red; }")),
            ],
            vec!["items.annotations.items.mood", "sequences"],
        ),
    ]
}

#[test]
fn what_drafts_say_is_served_or_listed() {
    let museum = Workspace::new::<&str>(&[]);
    let cases = cases();
    let lines: String = cases.iter().map(|(manifest, ..)| format!("{manifest}\n")).collect();
    let ran = museum.ingest("manifests.jsonl", &lines, &["--json"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let reports = ran.out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let reported = reports.filter_map(|report| report["source_only"]["properties"].as_array().cloned());
    let listed: HashSet<String> = reported
        .flatten()
        .map(|one| format!("{} {}", one["first"].as_str().unwrap(), one["property"].as_str().unwrap()))
        .collect();
    let server = museum.serve(&[("TEGL__SEARCH__FOLDER", &museum.path("index"))]);
    wait_until_indexed(&server);
    let (mut failures, mut expected_listed) = (Vec::new(), HashSet::new());
    for (source, expected, own) in &cases {
        let address = source["id"].as_str().or(source["@id"].as_str()).unwrap();
        let work = address.split('/').nth_back(1).unwrap();
        expected_listed.extend(own.iter().map(|property| format!("{work} {property}")));
        assert_eq!(server.get(&format!("/presentation/2/{work}/manifest")).status, 200, "{work}");
        let served = server.get(&format!("/presentation/3/{work}/manifest")).json();
        for (pointer, value) in expected {
            let found = served.pointer(pointer).unwrap_or(&Value::Null);
            if found != value {
                failures.push(format!("{work}{pointer}: {found} instead of {value}"));
            }
        }
        // References follow the canvas to its address here, also if it has `@id`.
        if let Some(target) = served.pointer("/items/0/annotations/0/items/0/target") {
            let target = target["source"].as_str().or(target.as_str()).unwrap();
            assert!(target.starts_with(served["items"][0]["id"].as_str().unwrap()), "{work}: {target}");
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(listed, expected_listed);
}
