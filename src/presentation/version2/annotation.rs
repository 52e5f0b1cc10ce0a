//! Annotations of version 3 in the form of Open Annotation (2.1, §4).

use serde_json::{Map, Value};

use super::{image, link, list, one_or_many, take, text};
use crate::presentation::object::object;

/// An annotation of version 3 as an `oa:Annotation`.
pub(in crate::presentation) fn annotation(mut from: Value) -> Value {
    let motivations = match take(&mut from, "motivation") {
        Value::Array(several) => several,
        one => vec![one],
    };
    let motivations = motivations.iter().filter_map(Value::as_str).map(motivation).map(Value::from);
    let resources: Vec<Value> = match take(&mut from, "body") {
        Value::Array(bodies) => bodies.into_iter().filter_map(body).collect(),
        Value::Null => Vec::new(),
        one => body(one).into_iter().collect(),
    };
    let targets: Vec<Value> = match take(&mut from, "target") {
        Value::Array(targets) => targets.into_iter().filter_map(target).collect(),
        one => target(one).into_iter().collect(),
    };
    let data: Vec<Value> = list(take(&mut from, "seeAlso")).map(link).collect();
    let mut annotation = object! {
        "@id": take(&mut from, "id"),
        "@type": "oa:Annotation",
        "motivation": one_or_many(motivations.collect(), false),
        "on": one_or_many(targets, false),
    };
    if !resources.is_empty() {
        annotation["resource"] = one_or_many(resources, false);
    }
    if !data.is_empty() {
        annotation["seeAlso"] = one_or_many(data, false);
    }
    annotation
}

/// A motivation of the Web Annotation vocabulary in that of Open Annotation.
fn motivation(name: &str) -> String {
    match name {
        "painting" => "sc:painting".into(),
        "supplementing" | "" => "oa:describing".into(),
        name if name.contains(':') => name.into(),
        name => format!("oa:{name}"),
    }
}

/// What an annotation is on (§4.3).
pub(super) fn target(mut from: Value) -> Option<Value> {
    let source = source_of(&from)?;
    let selector = match take(&mut from, "selector") {
        Value::Array(several) => several.into_iter().next().unwrap_or_default(),
        one => one,
    };
    let number = |name: &str| selector[name].as_f64().map(|at| at.round().max(0.0) as u64);
    Some(match selector["type"].as_str() {
        Some("FragmentSelector") => {
            let fragment = selector["value"].as_str().unwrap_or_default();
            Value::from(format!("{}#{fragment}", without_fragment(&source)))
        }
        Some("PointSelector") if number("x").is_some() => {
            let (x, y) = (number("x").unwrap_or(0), number("y").unwrap_or(0));
            Value::from(format!("{}#xywh={x},{y},1,1", without_fragment(&source)))
        }
        Some("SvgSelector") => object! {
            "@type": "oa:SpecificResource",
            "full": without_fragment(&source),
            "selector": object! { "@type": "oa:SvgSelector", "chars": selector["value"].clone() },
        },
        _ => Value::from(source),
    })
}

/// The URI of a resource, or of the source of a part of one.
pub(super) fn source_of(from: &Value) -> Option<String> {
    let uri = from.as_str().or_else(|| {
        let source = &from["source"];
        source.as_str().or(source["id"].as_str()).or(from["id"].as_str())
    });
    uri.map(str::to_owned)
}

/// A URI without its fragment.
pub(super) fn without_fragment(uri: &str) -> &str {
    uri.split('#').next().unwrap_or(uri)
}

/// Whether a body is an image, a choice of images, or a part of one.
pub(super) fn is_image(body: &Value) -> bool {
    match body["type"].as_str() {
        Some("Image") => true,
        Some("Choice") => body["items"].as_array().is_some_and(|items| items.iter().any(is_image)),
        Some("SpecificResource") => is_image(&body["source"]),
        _ => body.as_array().is_some_and(|bodies| bodies.iter().any(is_image)),
    }
}

fn body(mut from: Value) -> Option<Value> {
    let simple = |mut from: Value, kind: &str| {
        let mut fields = Map::new();
        fields.insert("@id".into(), take(&mut from, "id"));
        fields.insert("@type".into(), Value::from(kind));
        if from["format"].is_string() {
            fields.insert("format".into(), take(&mut from, "format"));
        }
        if let label @ (Value::String(_) | Value::Array(_)) = text(&from["label"]) {
            fields.insert("label".into(), label);
        }
        Value::Object(fields)
    };
    Some(match from["type"].as_str() {
        Some("Image") => image(from),
        Some("Choice") => {
            let mut options = list(take(&mut from, "items")).filter_map(body);
            let first = options.next()?;
            object! { "@type": "oa:Choice", "default": first, "item": options.collect::<Vec<_>>() }
        }
        // A resource that is named by its URI alone.
        None if from.is_string() => object! { "@id": from },
        Some("SpecificResource") if is_image(&from) => {
            let selector = take(&mut from, "selector");
            let full = image(take(&mut from, "source"));
            if selector["type"] != "ImageApiSelector" {
                return Some(full);
            }
            let mut part =
                object! { "@id": full["@id"].clone(), "@type": "oa:SpecificResource", "full": full };
            part["selector"] = image_selector(selector);
            part
        }
        Some("SpecificResource") => object! { "@id": source_of(&from)?, "@type": "oa:SemanticTag" },
        Some("TextualBody") => {
            let is_tag = from["purpose"] == "tagging";
            let mut text = object! {
                "@type": if is_tag { "oa:Tag" } else { "cnt:ContentAsText" },
                "chars": take(&mut from, "value"),
            };
            for key in ["format", "language"] {
                if from[key].is_string() {
                    text[key] = take(&mut from, key);
                }
            }
            text
        }
        Some("Video") => simple(from, "dctypes:MovingImage"),
        Some("Sound") => simple(from, "dctypes:Sound"),
        Some("Dataset") => simple(from, "dctypes:Dataset"),
        Some("Feature" | "FeatureCollection") | None => return None,
        Some(_) => simple(from, "dctypes:Text"),
    })
}

fn image_selector(mut from: Value) -> Value {
    let mut fields = Map::new();
    fields.insert("@context".into(), Value::from("http://iiif.io/api/annex/openannotation/context.json"));
    fields.insert("@type".into(), Value::from("iiif:ImageApiSelector"));
    for key in ["region", "size", "rotation", "quality", "format"] {
        if !from[key].is_null() {
            fields.insert(key.into(), take(&mut from, key));
        }
    }
    Value::Object(fields)
}
