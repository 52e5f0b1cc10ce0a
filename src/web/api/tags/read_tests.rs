//! Request bodies that are rejected, and those that are accepted.

use serde_json::{Value, json};

use super::read::*;
use crate::record::Status;

#[track_caller]
fn refused(body: &Value, field: &str) {
    let refused = added(body.to_string().as_bytes()).err().unwrap_or_else(|| panic!("{body} is taken"));
    assert_eq!(refused.parameter, field, "{body}: {refused}");
}

/// A valid tag with one field changed.
fn with(field: &str, value: Value) -> Value {
    let mut tag = json!({"scheme": "motif", "label": {"en": "dog"}});
    tag[field] = value;
    tag
}

#[test]
fn what_could_not_be_shown_or_found_is_refused() {
    for (field, values) in [
        (
            "scheme",
            vec![
                json!(""),
                json!("Motif"),
                json!("a b"),
                json!(7),
                json!(null),
                json!("creator"),
                json!("type"),
                json!("all"),
                json!("x".repeat(65)),
            ],
        ),
        (
            "label",
            vec![
                json!(""),
                json!(" "),
                json!("<b></b>"),
                json!("<script>alert(1)</script>"),
                json!("<img src=x>"),
                json!({}),
                json!([]),
                json!(null),
                json!(true),
                json!({"en": "<p> </p>", "da": "hund"}),
                json!("x".repeat(501)),
                json!("a\u{0}b"),
                json!("a\u{7f}"),
                json!("a\nb"),
                json!("\u{202e}god"),
                json!("a\u{2066}b"),
                json!("\u{200b}"),
                json!("\u{200d}"),
                json!({"not a language": "x"}),
                json!({"e": "x"}),
                json!({"en_GB": "x"}),
                json!({"en": {"x": 1}}),
                json!(
                    ["x"; 1]
                        .repeat(51)
                        .iter()
                        .enumerate()
                        .map(|(at, x)| format!("{x}{at}"))
                        .collect::<Vec<_>>()
                ),
            ],
        ),
        (
            "concept",
            vec![
                json!("javascript:alert(1)"),
                json!("data:text/html,x"),
                json!("dog"),
                json!(""),
                json!("http://"),
                json!("http://a b"),
                json!("http://a\nb"),
                json!("ftp://a.b/c"),
                json!(7),
                json!(format!("http://a.b/{}", "x".repeat(2000))),
            ],
        ),
        (
            "source",
            vec![
                json!("import:smk"),
                json!(""),
                json!("model:"),
                json!("model:a@"),
                json!("Somebody"),
                json!("model:<b>@1"),
            ],
        ),
        ("confidence", vec![json!(-0.1), json!(1.1), json!(1e300), json!("0.5"), json!(true)]),
        (
            "region",
            vec![
                json!("pct:0,0,10,10"),
                json!("1,2,3"),
                json!("0,0,0,5"),
                json!("-1,0,5,5"),
                json!("1.5,0,5,5"),
                json!([1, 2, 3, 4]),
                json!("4294967295,0,4294967295,1"),
                json!("square"),
                json!(""),
            ],
        ),
        ("status", vec![json!("deleted"), json!("Accepted"), json!(1)]),
        ("note", vec![json!("x".repeat(2001)), json!("a\u{0}"), json!("\u{202e}"), json!({})]),
        ("revision", vec![json!(-1), json!("1"), json!(1.5), json!(1e30)]),
        ("image", vec![json!(7), json!("x".repeat(2001))]),
        (
            "broader",
            vec![
                json!("animals"),
                json!([{"label": ""}]),
                json!([{"label": "a", "x": 1}]),
                json!([{"label": "a", "concept": "javascript:x"}]),
            ],
        ),
        ("colour", vec![json!("red")]),
        ("id", vec![json!("0123456789abcdef")]),
    ] {
        values.into_iter().for_each(|value| refused(&with(field, value), field));
    }
    refused(&json!([]), "body");
    assert_eq!(added(b"{").err().map(|refused| refused.parameter.into_owned()).as_deref(), Some("body"));
    assert_eq!(
        added(br#"{"scheme":"a","label":"b","confidence":NaN}"#)
            .err()
            .map(|one| one.parameter.into_owned())
            .as_deref(),
        Some("body")
    );
}

#[test]
fn what_curators_and_models_say_is_taken() {
    for (field, value) in [
        ("label", json!("Æble & pære")),
        ("label", json!({"da": "hund", "zh-Hans": "狗", "none": "5 < 7"})),
        ("label", json!("<i>Rosa</i> canina")),
        ("label", json!("می\u{200c}خواهم")),
        ("concept", json!("https://www.wikidata.org/entity/Q144")),
        ("concept", json!("http://iconclass.org/25F23(LION)")),
        ("source", json!("model:siglip@2.1")),
        ("confidence", json!(0)),
        ("region", json!("xywh=10,20,30,40")),
        ("note", json!("two\nlines")),
        ("revision", json!(7.0)),
        ("status", json!("proposed")),
        ("broader", json!([{"label": {"en": "animals"}, "concept": null}])),
    ] {
        let read = added(with(field, value.clone()).to_string().as_bytes());
        assert!(
            read.is_ok(),
            "{field} {value}: {}",
            read.err().map_or(String::new(), |error| error.to_string())
        );
    }
}

#[test]
fn changes_are_of_status_and_region() {
    let read = |body: Value| change(body.to_string().as_bytes());
    assert_eq!(read(json!({"region": null})).ok().and_then(|change| change.region), Some(None));
    let both = read(json!({"region": "1,2,3,4", "status": "accepted"})).unwrap();
    assert_eq!(both.region.flatten(), "1,2,3,4".parse().ok());
    assert_eq!(both.status, Some(Status::Accepted));
    for (bad, field) in [
        (json!({"label": "x"}), "label"),
        (json!({"region": "pct:1,1,1,1"}), "region"),
        (json!({"region": 5}), "region"),
        (json!({"status": "gone"}), "status"),
    ] {
        assert_eq!(
            read(bad.clone()).err().map(|error| error.parameter.into_owned()).as_deref(),
            Some(field),
            "{bad}"
        );
    }
}
