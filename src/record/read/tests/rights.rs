//! What every reader makes of a statement of rights and of a flag: nothing that hangs on them is lost.

use serde_json::{Value, json};

use super::all;
use crate::record::Work;

const IN_COPYRIGHT: &str = "http://rightsstatements.org/vocab/InC/1.0/";

#[track_caller]
fn work(record: &Value, mapping: Option<&str>) -> Work {
    all(record.to_string(), None, mapping).remove(0).unwrap().work
}

fn shapes() -> [Value; 6] {
    [
        json!(IN_COPYRIGHT),
        json!([IN_COPYRIGHT]),
        json!({"id": IN_COPYRIGHT}),
        json!({"@id": IN_COPYRIGHT, "label": "In copyright"}),
        json!([{"uri": IN_COPYRIGHT}]),
        json!({"en": IN_COPYRIGHT}),
    ]
}

#[test]
fn a_statement_is_read_in_every_shape_by_every_reader() {
    for shape in shapes() {
        let records = [
            (json!({"object_number": "1", "rights": shape}), None),
            (json!({"object_number": "1", "has_image": true, "rights": shape}), None),
            (json!({"acno": "1", "thumbnailCopyright": shape}), None),
            (json!({"type": "Manifest", "id": "https://a.org/1/manifest", "rights": shape}), None),
            (json!({"@type": "sc:Manifest", "@id": "https://a.org/1/manifest", "license": shape}), None),
            (json!({"nr": "1", "rights": shape}), Some("object_number = 'nr'")),
            (json!({"nr": "1", "r": shape}), Some("object_number = 'nr'\nrights = 'r'")),
            (json!({"nr": "1", "r": [{"s": shape}]}), Some("object_number = 'nr'\nrights = 'r.s'")),
        ];
        for (record, mapping) in records {
            assert_eq!(work(&record, mapping).rights.as_deref(), Some(IN_COPYRIGHT), "{record}");
        }
    }
}

#[test]
fn an_unreadable_rights_statement_is_kept_and_an_empty_one_is_none() {
    for (shape, expected) in [
        (json!(7), Some("7")),
        (json!({"code": 7}), Some(r#"{"code":7}"#)),
        (json!(["CC BY", IN_COPYRIGHT]), Some("CC BY\nhttp://rightsstatements.org/vocab/InC/1.0/")),
        (json!(""), None),
        (json!([]), None),
        (json!({}), None),
        (json!(null), None),
    ] {
        for (record, mapping) in [
            (json!({"object_number": "1", "rights": shape}), None),
            (json!({"object_number": "1", "has_image": true, "rights": shape}), None),
            (json!({"type": "Manifest", "id": "https://a.org/1/manifest", "rights": shape}), None),
            (json!({"nr": "1", "r": shape}), Some("object_number = 'nr'\nrights = 'r'")),
        ] {
            assert_eq!(work(&record, mapping).rights.as_deref(), expected, "{record}");
        }
    }
}

#[test]
fn every_cell_of_a_table_counts() {
    let table = "object_number,rights,public_domain\n1,CC0|InC,yes\n2,,0\n3,InC,\n4,,yes|no\n";
    let works: Vec<Work> = all(table, None, None).into_iter().map(|row| row.unwrap().work).collect();
    let found: Vec<_> = works.iter().map(|work| (work.rights.as_deref(), work.public_domain)).collect();
    let expected =
        [(Some("CC0\nInC"), Some(true)), (None, Some(false)), (Some("InC"), None), (None, Some(false))];
    assert_eq!(found, expected);
    let mapping = "object_number = 'nr'\nrights = [{ column = 'a' }, { column = 'b' }]";
    let both = work(&json!({"nr": "1", "a": "CC0", "b": "InC"}), Some(mapping));
    assert_eq!(both.rights.as_deref(), Some("CC0\nInC"));
}

#[test]
fn flags_are_read_as_they_are_written() {
    for (flag, expected) in [
        (json!(true), Some(true)),
        (json!("true"), Some(true)),
        (json!(1), Some(true)),
        (json!("Yes"), Some(true)),
        (json!([true]), Some(true)),
        (json!(false), Some(false)),
        (json!("false"), Some(false)),
        (json!(0), Some(false)),
        (json!("no"), Some(false)),
        (json!("nej"), Some(false)),
        (json!(""), None),
        (json!(null), None),
    ] {
        for (record, mapping) in [
            (json!({"object_number": "1", "public_domain": flag}), None),
            (json!({"object_number": "1", "has_image": true, "public_domain": flag}), None),
            (json!({"nr": "1", "free": flag}), Some("object_number = 'nr'\npublic_domain = 'free'")),
        ] {
            assert_eq!(work(&record, mapping).public_domain, expected, "{record}");
        }
    }
    // What cannot be read is refused with its reason, or counts as no permission where records are never refused.
    for flag in [json!("maybe"), json!(7), json!({"value": true})] {
        for (record, mapping) in [
            (json!({"object_number": "1", "public_domain": flag}), None),
            (json!({"nr": "1", "free": flag}), Some("object_number = 'nr'\npublic_domain = 'free'")),
        ] {
            let bad = all(record.to_string(), None, mapping).remove(0).unwrap_err();
            assert!(bad.reason.contains("public_domain") || bad.reason.contains("free"), "{bad:?}");
        }
        let record = json!({"object_number": "1", "has_image": true, "public_domain": flag});
        assert_eq!(work(&record, None).public_domain, Some(false), "{record}");
    }
}

#[test]
fn a_manifest_has_the_rights_of_all_that_it_shows() {
    let canvas = |own: Value, body: Value| {
        let mut canvas = json!({"id": "c", "type": "Canvas", "items": [{"type": "AnnotationPage", "items": [
            {"type": "Annotation", "motivation": "painting", "body": {"id": "https://i.org/1.jpg", "type": "Image"}}]}]});
        canvas["rights"] = own;
        canvas["items"][0]["items"][0]["body"]["rights"] = body;
        canvas
    };
    let manifest = |more: Value| {
        let mut manifest = json!({"type": "Manifest", "id": "https://a.org/1/manifest"});
        manifest.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        manifest
    };
    let free = "http://creativecommons.org/publicdomain/zero/1.0/";
    let labelled = |label: &str, value: &str| json!({"label": {"en": [label]}, "value": {"en": [value]}});
    for (more, expected) in [
        (json!({"items": [canvas(json!(IN_COPYRIGHT), json!(null))]}), Some(IN_COPYRIGHT.to_owned())),
        (json!({"items": [canvas(json!(null), json!(IN_COPYRIGHT))]}), Some(IN_COPYRIGHT.to_owned())),
        (
            json!({"rights": free, "items": [canvas(json!(IN_COPYRIGHT), json!(free))]}),
            Some(format!("{free}\n{IN_COPYRIGHT}")),
        ),
        (json!({"requiredStatement": labelled("Attribution", "© The estate")}), Some("© The estate".into())),
        (json!({"requiredStatement": labelled("Rights", "On request")}), Some("On request".into())),
        (json!({"requiredStatement": labelled("Attribution", "A museum")}), None),
        (json!({"metadata": [labelled("Rights", "In copyright")]}), Some("In copyright".into())),
        (
            json!({"rights": free, "requiredStatement": labelled("Attribution", "© A museum")}),
            Some(free.to_owned()),
        ),
        (json!({"attribution": "Copyright A. Painter"}), Some("Copyright A. Painter".into())),
        (
            json!({"sequences": [{"canvases": [{"images": [{"resource": {"@id": "https://i.org/1.jpg",
                "license": IN_COPYRIGHT}}]}]}]}),
            Some(IN_COPYRIGHT.to_owned()),
        ),
    ] {
        assert_eq!(work(&manifest(more.clone()), None).rights, expected, "{more}");
    }
    let homepage = |value: Value| work(&manifest(json!({"homepage": value})), None).homepage;
    for value in [json!("https://a.org/1"), json!(["https://a.org/1"]), json!([{"id": "https://a.org/1"}])] {
        assert_eq!(homepage(value.clone()).as_deref(), Some("https://a.org/1"), "{value}");
    }
}
