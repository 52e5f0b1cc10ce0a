//! Documents of version 3 converted to version 2.1, for viewers that support only that version.

use serde_json::{Map, Value};

use super::context::CONTEXT_2;
use super::object::object;

/// Converts a document of version 3 to version 2.1.
pub(super) fn document(document: Value) -> Value {
    let Value::Object(fields) = resource(document) else { return Value::Null };
    let mut converted = Map::new();
    converted.insert("@context".into(), Value::from(CONTEXT_2));
    converted.extend(fields);
    Value::Object(converted)
}

fn resource(mut from: Value) -> Value {
    let kind = from["type"].as_str().unwrap_or_default().to_owned();
    let mut fields = common_properties(&mut from);
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    match kind.as_str() {
        "Manifest" => {
            let canvases: Vec<Value> = list(take(&mut from, "items")).map(resource).collect();
            set("sequences", Value::from([object! { "@type": "sc:Sequence", "canvases": canvases }]));
            let mut flat = Vec::new();
            list(take(&mut from, "structures")).for_each(|range| ranges(range, &mut flat));
            if !flat.is_empty() {
                set("structures", Value::Array(flat));
            }
        }
        "Canvas" => {
            set("width", take(&mut from, "width"));
            set("height", take(&mut from, "height"));
            let pages = list(take(&mut from, "items"));
            let images = pages.flat_map(|mut page| list(take(&mut page, "items")));
            set("images", images.map(annotation).collect());
            let others: Vec<Value> = list(take(&mut from, "annotations")).map(page_reference).collect();
            if !others.is_empty() {
                set("otherContent", Value::Array(others));
            }
        }
        "AnnotationPage" => {
            set("resources", list(take(&mut from, "items")).map(annotation).collect());
        }
        "Annotation" => return annotation(from),
        "Range" => {
            let mut flat = Vec::new();
            ranges(from, &mut flat);
            return flat.into_iter().next().unwrap_or_default();
        }
        "Collection" => {
            let (manifests, collections): (Vec<Value>, Vec<Value>) =
                list(take(&mut from, "items")).partition(|item| item["type"] == "Manifest");
            for (key, items) in [("manifests", manifests), ("collections", collections)] {
                if !items.is_empty() {
                    set(key, items.into_iter().map(member).collect());
                }
            }
        }
        _ => {}
    }
    Value::Object(fields)
}

/// The properties that all kinds of resources share (2.1, §3).
fn common_properties(from: &mut Value) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut set = |key: &str, value: Value| {
        if !value.is_null() {
            fields.insert(key.to_owned(), value);
        }
    };
    set("@id", take(from, "id"));
    set(
        "@type",
        Value::from(format!("sc:{}", from["type"].as_str().unwrap_or_default().replace("Page", "List"))),
    );
    set("label", text(&from["label"]));
    set("description", text(&from["summary"]));
    set("attribution", text(&from["requiredStatement"]["value"]));
    set("license", take(from, "rights"));
    set("logo", take_pointer(from, "/provider/0/logo/0/id"));
    set("navDate", take(from, "navDate"));
    set("viewingHint", take_pointer(from, "/behavior/0"));
    set("within", take_pointer(from, "/partOf/0/id"));
    let pairs = list(take(from, "metadata"));
    let pairs = pairs.map(|pair| object! { "label": text(&pair["label"]), "value": text(&pair["value"]) });
    set("metadata", one_or_many(pairs.collect(), true));
    set("related", one_or_many(list(take(from, "homepage")).map(link).collect(), false));
    set("seeAlso", one_or_many(list(take(from, "seeAlso")).map(link).collect(), false));
    set("rendering", one_or_many(list(take(from, "rendering")).map(link).collect(), false));
    set("service", one_or_many(list(take(from, "service")).map(service).collect(), false));
    if let Some(picture) = list(take(from, "thumbnail")).next() {
        set("thumbnail", image(picture));
    }
    fields
}

/// A language map as a string, or as strings with their languages (§2.3).
fn text(map: &Value) -> Value {
    let Some(languages) = map.as_object().filter(|languages| !languages.is_empty()) else {
        return Value::Null;
    };
    let strings = languages.iter().flat_map(|(language, values)| {
        values.as_array().into_iter().flatten().map(move |value| match language.as_str() {
            "none" => value.clone(),
            language => object! { "@value": value.clone(), "@language": language },
        })
    });
    let mut strings: Vec<Value> = strings.collect();
    if strings.len() == 1 && strings[0].is_string() { strings.remove(0) } else { Value::Array(strings) }
}

/// An annotation as one of Open Annotation.
pub(super) fn annotation(mut from: Value) -> Value {
    let motivations: Vec<Value> = match take(&mut from, "motivation") {
        Value::Array(several) => several.iter().map(motivation).collect(),
        one => vec![motivation(&one)],
    };
    let resources: Vec<Value> = match take(&mut from, "body") {
        Value::Array(bodies) => bodies.into_iter().map(body).collect(),
        Value::Null => Vec::new(),
        one => vec![body(one)],
    };
    let data: Vec<Value> = list(take(&mut from, "seeAlso")).map(link).collect();
    let mut annotation = object! {
        "@id": take(&mut from, "id"),
        "@type": "oa:Annotation",
        "motivation": one_or_many(motivations, false),
        "resource": one_or_many(resources, false),
        "on": targets(take(&mut from, "target")),
    };
    if !data.is_empty() {
        annotation["seeAlso"] = one_or_many(data, false);
    }
    annotation
}

fn body(mut from: Value) -> Value {
    match from["type"].as_str() {
        Some("Image") => image(from),
        Some("Choice") => {
            let mut options = list(take(&mut from, "items")).map(image);
            let first = options.next();
            object! { "@type": "oa:Choice", "default": first, "item": options.collect::<Vec<_>>() }
        }
        // A resource that is named by its URI alone.
        None if from.is_string() => object! { "@id": from },
        Some("Dataset" | "Sound" | "Text" | "Video") => object! { "@id": take(&mut from, "id") },
        Some("SpecificResource") => object! { "@id": take(&mut from, "source"), "@type": "oa:SemanticTag" },
        _ => {
            let is_tag = from["purpose"] == "tagging";
            let mut text = object! {
                "@type": if is_tag { "oa:Tag" } else { "cnt:ContentAsText" },
                "chars": take(&mut from, "value"),
                "format": take(&mut from, "format"),
            };
            if from["language"].is_string() {
                text["language"] = take(&mut from, "language");
            }
            text
        }
    }
}

fn image(mut from: Value) -> Value {
    let mut fields = Map::new();
    fields.insert("@id".into(), take(&mut from, "id"));
    fields.insert("@type".into(), Value::from("dctypes:Image"));
    for key in ["format", "width", "height"] {
        if !from[key].is_null() {
            fields.insert(key.into(), take(&mut from, key));
        }
    }
    if let label @ (Value::String(_) | Value::Array(_)) = text(&from["label"]) {
        fields.insert("label".into(), label);
    }
    if let Some(first) = list(take(&mut from, "service")).next() {
        fields.insert("service".into(), service(first));
    }
    Value::Object(fields)
}

/// A service in version 2: with a context, and without a type (§2.4).
fn service(from: Value) -> Value {
    let Value::Object(mut service) = from else { return from };
    if service.remove("@type").is_some_and(|kind| kind == "ImageService2") {
        service.insert("@context".into(), Value::from(crate::iiif::Version::V2.context()));
    }
    if let Some(inner) = service.remove("service").and_then(|inner| list(inner).next()) {
        service.insert("service".into(), self::service(inner));
    }
    Value::Object(service)
}

fn link(mut from: Value) -> Value {
    let mut fields = Map::new();
    fields.insert("@id".into(), take(&mut from, "id"));
    if !from["format"].is_null() {
        fields.insert("format".into(), take(&mut from, "format"));
    }
    fields.insert("label".into(), text(&from["label"]));
    Value::Object(fields)
}

fn page_reference(mut from: Value) -> Value {
    object! { "@id": take(&mut from, "id"), "@type": "sc:AnnotationList" }
}

fn member(mut from: Value) -> Value {
    Value::Object(common_properties(&mut from))
}

/// Flattens a range and the ranges in it into one list (§5.3).
fn ranges(mut from: Value, into: &mut Vec<Value>) {
    let mut fields = common_properties(&mut from);
    let (inner, canvases): (Vec<Value>, Vec<Value>) =
        list(take(&mut from, "items")).partition(|item| item["type"] == "Range");
    let ids = |items: &[Value]| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    for (key, items) in [("ranges", &inner), ("canvases", &canvases)] {
        if !items.is_empty() {
            fields.insert(key.into(), Value::Array(ids(items)));
        }
    }
    into.push(Value::Object(fields));
    inner.into_iter().for_each(|range| ranges(range, into));
}

fn motivation(name: &Value) -> Value {
    match name.as_str() {
        Some("painting") => Value::from("sc:painting"),
        name => Value::from(format!("oa:{}", name.unwrap_or("tagging"))),
    }
}

/// Targets as resources of Open Annotation: a canvas, with a fragment, or with a selector.
fn targets(from: Value) -> Value {
    match from {
        Value::Array(several) => Value::Array(several.into_iter().map(targets).collect()),
        Value::Object(_) => {
            let mut from = from;
            let selector = |mut from: Value| match from["type"].as_str() {
                Some("SvgSelector") => {
                    object! { "@type": "oa:SvgSelector", "chars": take(&mut from, "value") }
                }
                Some("PointSelector") => {
                    let at = |key: &str| from[key].to_string();
                    let value = format!("xywh={},{},1,1", at("x"), at("y"));
                    object! { "@type": "oa:FragmentSelector", "value": value }
                }
                _ => object! { "@type": "oa:FragmentSelector", "value": take(&mut from, "value") },
            };
            let selectors = match take(&mut from, "selector") {
                Value::Array(several) => several.into_iter().map(selector).collect(),
                one => vec![selector(one)],
            };
            object! {
                "@type": "oa:SpecificResource",
                "full": take(&mut from, "source"),
                "selector": one_or_many(selectors, false),
            }
        }
        uri => uri,
    }
}

/// Moves a field's value out of its object; null if there is none.
fn take(from: &mut Value, key: &str) -> Value {
    from.get_mut(key).map(Value::take).unwrap_or_default()
}

fn take_pointer(from: &mut Value, pointer: &str) -> Value {
    from.pointer_mut(pointer).map(Value::take).unwrap_or_default()
}

fn list(value: Value) -> impl Iterator<Item = Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
    .into_iter()
}

fn one_or_many(mut items: Vec<Value>, is_list: bool) -> Value {
    match items.len() {
        0 => Value::Null,
        1 if !is_list => items.remove(0),
        _ => Value::Array(items),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn language_maps_become_strings_with_languages() {
        for (map, expected) in [
            (json!({ "none": ["x"] }), json!("x")),
            (json!({ "da": ["x"] }), json!([{ "@value": "x", "@language": "da" }])),
            (json!({ "none": ["x", "y"] }), json!(["x", "y"])),
            (json!({}), Value::Null),
        ] {
            assert_eq!(text(&map), expected);
        }
    }

    #[test]
    fn nested_ranges_are_flattened() {
        let range = |id: &str, items: Value| json!({ "id": id, "type": "Range", "label": { "none": ["x"] }, "items": items });
        let canvas = json!({ "id": "c", "type": "Canvas" });
        let mut flat = Vec::new();
        ranges(range("1", json!([canvas, range("2", json!([canvas]))])), &mut flat);
        assert_eq!(flat.len(), 2);
        assert_eq!(
            (&flat[0]["ranges"], &flat[0]["canvases"], &flat[1]["@id"]),
            (&json!(["2"]), &json!(["c"]), &json!("2"))
        );
    }
}
