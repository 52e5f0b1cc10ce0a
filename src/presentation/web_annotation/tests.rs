//! What is taken of annotations, what is refused and why.

use serde_json::{Value, json};

use super::*;

const CANVAS: &str = "https://host/presentation/3/KMS1/canvas/1";

fn canvas() -> TargetCanvas<'static> {
    TargetCanvas { is_canvas: &|uri| uri == CANVAS, dimensions: Dimensions::new(900, 600) }
}

fn read_json(sent: &Value) -> Result<Annotation, Refused> {
    read(sent.to_string().as_bytes(), &canvas(), None)
}

/// A good annotation with one property changed.
fn with(key: &str, value: Value) -> Value {
    let mut sent =
        json!({ "type": "Annotation", "motivation": "commenting", "body": text("A dog"), "target": CANVAS });
    sent[key] = value;
    sent
}

fn text(value: &str) -> Value {
    json!({ "type": "TextualBody", "value": value })
}

fn published(sent: &Value) -> Value {
    let read = read_json(sent).unwrap();
    let made = Published {
        id: "https://host/a/1",
        canvas: CANVAS,
        creator: "curator",
        created_ms: 0,
        changed_ms: 1000,
        properties: read.properties,
    };
    made.document()
}

#[track_caller]
fn refused(key: &str, value: Value, parameter: &str, says: &str) {
    match read_json(&with(key, value.clone())) {
        Err(Refused::Unusable(invalid)) => {
            assert_eq!(invalid.parameter, parameter, "{value}: {invalid}");
            assert!(invalid.to_string().contains(says), "{value}: {invalid}");
        }
        other => panic!("{value}: {other:?}"),
    }
}

#[test]
fn what_cannot_be_published_is_refused_with_a_reason() {
    refused("type", json!("Manifest"), "type", "`Annotation`");
    refused("@context", json!({ "body": "http://x/" }), "@context", "anno.jsonld");
    refused("motivation", json!("painting"), "motivation", "`commenting`");
    refused("motivation", json!([]), "motivation", "empty");
    refused("motivation", json!(7), "motivation", "`commenting`");
    refused("target", Value::Null, "target", "this canvas");
    refused("target", json!("https://host/presentation/3/KMS1/canvas/2"), "target", "not the canvas");
    refused("target", json!([CANVAS, "https://other/canvas"]), "target", "not the canvas");
    refused("target", json!({ "source": { "id": "https://other/" } }), "target", "not the canvas");
    refused("target", json!({ "type": "SpecificResource" }), "target.source", "URI");
    refused("target", json!(format!("{CANVAS}#t=1,2")), "target", "xywh=");
    refused("target", json!(format!("{CANVAS}#xywh=1,2,3")), "target", "four numbers");
    refused("target", json!(format!("{CANVAS}#xywh=1,2,3,NaN")), "target", "four numbers");
    refused("target", json!(format!("{CANVAS}#xywh=1,2,3,{}", "9".repeat(400))), "target", "four numbers");
    refused("target", json!(format!("{CANVAS}#xywh=900,0,1,1")), "target", "900 × 600");
    refused("target", json!(format!("{CANVAS}#xywh=0,0,0,1")), "target", "900 × 600");
    refused("body", json!(7), "body", "URI");
    refused("body", json!("javascript:alert(1)"), "body", "https:");
    refused("body", json!({ "type": "Choice", "items": [] }), "body.type", "TextualBody");
    refused("body", json!({ "type": "TextualBody" }), "body.value", "text");
    refused(
        "body",
        json!({ "type": "TextualBody", "value": "<script>x()</script>", "format": "text/html" }),
        "body.value",
        "empty",
    );
    refused(
        "body",
        json!({ "type": "TextualBody", "value": "x", "format": "application/pdf" }),
        "body.format",
        "text/plain",
    );
    refused(
        "body",
        json!({ "type": "TextualBody", "value": "x", "language": "in english" }),
        "body.language",
        "`da`",
    );
    refused(
        "body",
        json!({ "type": "TextualBody", "value": "x", "purpose": "painting" }),
        "body.purpose",
        "`tagging`",
    );
    refused("body", json!({ "type": "TextualBody", "value": "a\u{1}b" }), "body.value", "control");
    refused("body", json!({ "type": "Image", "id": "data:image/png;base64,AA" }), "body.id", "https:");
    refused("body", Value::Array(vec![text("x"); 21]), "body", "20");
    refused("bodyValue", json!("x"), "bodyValue", "together");
    refused("creator", json!({ "type": "Person" }), "creator", "`name`");
    refused("rights", json!("all mine"), "rights", "URI");
    let mut deep = json!("x");
    for _ in 0..20 {
        deep = json!([deep]);
    }
    refused("maeData", deep, "body", "16 levels");
    for malformed in ["", "{", "\u{0}", &"[".repeat(100_000)] {
        assert!(
            matches!(read(malformed.as_bytes(), &canvas(), None), Err(Refused::Malformed(_))),
            "{malformed:.20}"
        );
    }
    assert!(matches!(read(b"[]", &canvas(), None), Err(Refused::Unusable(_))));
}

#[test]
fn a_selector_is_a_fragment_a_point_or_shapes() {
    let selector =
        |selector: Value| json!({ "type": "SpecificResource", "source": CANVAS, "selector": selector });
    let kept = |sent: Value| published(&with("target", selector(sent)))["target"]["selector"].clone();
    assert_eq!(
        kept(json!({ "type": "FragmentSelector", "value": "xywh=percent:1,2.5,3,4" })),
        json!({ "type": "FragmentSelector", "conformsTo": "http://www.w3.org/TR/media-frags/", "value": "xywh=percent:1,2.5,3,4" })
    );
    assert_eq!(
        kept(json!({ "type": "PointSelector", "x": 9, "y": 1.5 })),
        json!({ "type": "PointSelector", "x": 9, "y": 1.5 })
    );
    let both = json!([{ "type": "FragmentSelector", "value": "xywh=1,2,3,4" }, { "type": "PointSelector", "x": 1, "y": 2 }]);
    assert_eq!(kept(both).as_array().map(Vec::len), Some(2));
    for (sent, parameter, says) in [
        (json!({ "type": "PointSelector", "x": 901, "y": 1 }), "target.selector.x", "900"),
        (json!({ "type": "PointSelector", "x": "1", "y": 1 }), "target.selector.x", "number"),
        (json!({ "type": "XPathSelector", "value": "/x" }), "target.selector.type", "SvgSelector"),
        (json!("x"), "target.selector", "object"),
        (json!({ "type": "SvgSelector" }), "target.selector", "value"),
    ] {
        refused("target", selector(sent), parameter, says);
    }
}

#[test]
fn svg_is_reduced_to_shapes() {
    for (sent, expected) in [
        (
            "<svg xmlns='http://www.w3.org/2000/svg' onload='x()'><path d=\"M0,0L9 9z\" style='x' onclick='y'/></svg>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0,0L9 9z\"/></svg>",
        ),
        (
            "<svg><script>alert(1)</script><g fill='none'><circle cx='1' cy='2' r='3'/></g><foreignObject><rect/></foreignObject></svg>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><g fill=\"none\"><circle cx=\"1\" cy=\"2\" r=\"3\"/></g></svg>",
        ),
        (
            "<?xml version='1.0'?><!-- c --><svg><rect width='1' fill='rgb(1,2,3)'>text</rect></svg>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"1\" fill=\"rgb(1,2,3)\"></rect></svg>",
        ),
    ] {
        assert_eq!(svg::shapes(sent).as_deref(), Ok(expected));
    }
    for (sent, says) in [
        ("", "without shapes"),
        ("<svg/>", "without shapes"),
        ("<svg><image href='https://other.example/x.png'/></svg>", "without shapes"),
        ("<html><svg><rect/></svg></html>", "first element"),
        ("<svg><rect></svg>", "well-formed"),
        ("<svg><rect/>", "not closed"),
        ("<svg><rect x='1' x='2'/></svg>", "well-formed"),
        ("<svg><rect fill='url(https://other.example/)'/></svg>", "`fill`"),
        ("<svg><rect fill='&x;'/></svg>", "`fill`"),
        ("<!DOCTYPE svg [<!ENTITY a \"b\">]><svg><rect/></svg>", "document type"),
        (&format!("<svg>{}</svg>", "<rect/>".repeat(600)), "500 elements"),
        (&format!("<svg>{}{}</svg>", "<g>".repeat(50), "</g>".repeat(50)), "16 levels"),
        (&"x".repeat(40_000), "32 KiB"),
    ] {
        let refused = svg::shapes(sent).expect_err(sent.get(..40).unwrap_or(sent));
        assert!(refused.contains(says), "{refused}");
    }
    // A second document element is no part of the first.
    assert!(svg::shapes("<svg><rect/></svg><svg><script/></svg>").is_ok_and(|kept| !kept.contains("script")));
}

#[test]
fn texts_are_safe_to_show_as_html() {
    let value = |value: &str, format: &str| {
        let body = json!({ "type": "TextualBody", "value": value, "format": format, "language": "en", "purpose": "tagging" });
        published(&with("body", body))["body"].clone()
    };
    assert_eq!(
        value("A <i onclick='x()'>dog</i><script>x()</script><img src=https://other.example/>", "text/html"),
        json!({ "type": "TextualBody", "value": "<span>A <i>dog</i></span>", "format": "text/html", "language": "en", "purpose": "tagging" })
    );
    assert_eq!(value("<b>no markup", "text/plain")["value"], "<span>&lt;b&gt;no markup</span>");
    assert_eq!(value("a < b", "text/plain")["value"], "a < b");
    assert_eq!(value("<b>", "text/plain")["value"], "<span>&lt;b&gt;</span>");
    assert_eq!(value("<a href='javascript:x()'>y</a>", "text/html")["value"], "<a>y</a>");
    let data = json!({
        "templateType": "multiple_body", "textBody": { "value": "<p onclick='x()'>A dog<script>x()</script></p>" },
        "target": { "svg": "<svg onload='x()'><rect/></svg>", "scale": 0.5 },
    });
    let expected = json!({
        "templateType": "multiple_body", "textBody": { "value": "<p>A dog</p>" },
        "target": { "svg": "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect/></svg>", "scale": 0.5 },
    });
    assert_eq!(published(&with("maeData", data))["maeData"], expected);
}

#[test]
fn an_annotation_is_published_with_the_servers_uri() {
    let sent = json!({
        "@context": "http://www.w3.org/ns/anno.jsonld", "id": "https://elsewhere.example/anno/1", "type": "Annotation",
        "canonical": "urn:uuid:dbfb1861-0ecf-41ad-be94-a584e5c4f1df", "motivation": ["describing", "linking"],
        "creator": { "id": "https://orcid.example/1", "type": "Person", "name": "<b>Anna</b>" },
        "created": "1999-01-01T00:00:00Z", "stylesheet": "https://other.example/x.css", "thumbnail": [{ "id": "https://x/" }],
        "body": [text("En hund"), { "type": "SpecificResource", "source": "https://www.wikidata.org/entity/Q144", "purpose": "identifying" }],
        "target": format!("{CANVAS}#xywh=10,20,30,40"),
    });
    assert_eq!(
        published(&sent),
        json!({
            "@context": CONTEXT, "id": "https://host/a/1", "type": "Annotation", "motivation": ["describing", "linking"],
            "created": "1970-01-01T00:00:00.000Z", "modified": "1970-01-01T00:00:01.000Z",
            "creator": { "id": "https://orcid.example/1", "type": "Person", "name": "Anna" },
            "via": "https://elsewhere.example/anno/1", "canonical": "urn:uuid:dbfb1861-0ecf-41ad-be94-a584e5c4f1df",
            "body": [
                { "type": "TextualBody", "value": "En hund", "format": "text/plain" },
                { "type": "SpecificResource", "source": "https://www.wikidata.org/entity/Q144", "purpose": "identifying" },
            ],
            "target": format!("{CANVAS}#xywh=10,20,30,40"),
        })
    );
    assert_eq!(read_json(&sent).unwrap().words, "En hund");
    let own = |id| read(with("id", json!(id)).to_string().as_bytes(), &canvas(), Some("https://host/a/1"));
    assert!(!own("https://host/a/1").unwrap().properties.contains_key("via"));
    assert!(matches!(own("https://host/a/2"), Err(Refused::Unusable(invalid)) if invalid.parameter == "id"));
    let whole = published(&with("target", json!({ "id": CANVAS, "type": "Canvas" })));
    assert_eq!((&whole["target"], &whole["creator"]["name"]), (&json!(CANVAS), &json!("curator")));
    for motivation in ["oa:tagging", "http://www.w3.org/ns/oa#tagging"] {
        assert_eq!(published(&with("motivation", json!(motivation)))["motivation"], "tagging");
    }
    let simple = published(&json!({ "type": "Annotation", "bodyValue": "A dog", "target": CANVAS }));
    assert_eq!((&simple["body"]["value"], &simple["motivation"]), (&json!("A dog"), &json!("commenting")));
}
