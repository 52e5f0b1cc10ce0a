//! Documents of version 3 converted to version 2.1, for viewers that know no other.

use serde_json::{Map, Value};

use super::context::CONTEXT_2;
use super::object::object;

/// A document of version 3 in version 2.1.
pub(super) fn document(document: Value) -> Value {
    let Value::Object(fields) = resource(document) else { return Value::Null };
    let mut converted = Map::new();
    converted.insert("@context".into(), Value::from(CONTEXT_2));
    converted.extend(fields);
    Value::Object(converted)
}

fn resource(mut from: Value) -> Value {
    let kind = from["type"].as_str().unwrap_or_default().to_owned();
    let mut fields = described(&mut from);
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    match kind.as_str() {
        "Manifest" => {
            let canvases: Vec<Value> = list(taken(&mut from, "items")).map(resource).collect();
            set("sequences", Value::from([object! { "@type": "sc:Sequence", "canvases": canvases }]));
            let mut flat = Vec::new();
            list(taken(&mut from, "structures")).for_each(|range| ranges(range, &mut flat));
            if !flat.is_empty() {
                set("structures", Value::Array(flat));
            }
        }
        "Canvas" => {
            set("width", taken(&mut from, "width"));
            set("height", taken(&mut from, "height"));
            let pages = list(taken(&mut from, "items"));
            let images = pages.flat_map(|mut page| list(taken(&mut page, "items")));
            set("images", images.map(annotation).collect());
            let others: Vec<Value> = list(taken(&mut from, "annotations")).map(page_reference).collect();
            if !others.is_empty() {
                set("otherContent", Value::Array(others));
            }
        }
        "AnnotationPage" => {
            set("resources", list(taken(&mut from, "items")).map(annotation).collect());
        }
        "Annotation" => return annotation(from),
        "Range" => {
            let mut flat = Vec::new();
            ranges(from, &mut flat);
            return flat.into_iter().next().unwrap_or_default();
        }
        "Collection" => {
            let (manifests, collections): (Vec<Value>, Vec<Value>) =
                list(taken(&mut from, "items")).partition(|item| item["type"] == "Manifest");
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

/// The properties of resources of all kinds (2.1, §3).
fn described(from: &mut Value) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut set = |key: &str, value: Value| {
        if !value.is_null() {
            fields.insert(key.to_owned(), value);
        }
    };
    set("@id", taken(from, "id"));
    set(
        "@type",
        Value::from(format!("sc:{}", from["type"].as_str().unwrap_or_default().replace("Page", "List"))),
    );
    set("label", words(&from["label"]));
    set("description", words(&from["summary"]));
    set("attribution", words(&from["requiredStatement"]["value"]));
    set("license", taken(from, "rights"));
    set("logo", at(from, "/provider/0/logo/0/id"));
    set("navDate", taken(from, "navDate"));
    set("viewingHint", at(from, "/behavior/0"));
    set("within", at(from, "/partOf/0/id"));
    let pairs = list(taken(from, "metadata"));
    let pairs = pairs.map(|pair| object! { "label": words(&pair["label"]), "value": words(&pair["value"]) });
    set("metadata", one_or_many(pairs.collect(), true));
    set("related", one_or_many(list(taken(from, "homepage")).map(link).collect(), false));
    set("seeAlso", one_or_many(list(taken(from, "seeAlso")).map(link).collect(), false));
    set("rendering", one_or_many(list(taken(from, "rendering")).map(link).collect(), false));
    set("service", one_or_many(list(taken(from, "service")).map(service).collect(), false));
    if let Some(picture) = list(taken(from, "thumbnail")).next() {
        set("thumbnail", image(picture));
    }
    fields
}

/// A language map as a string, or as strings with their languages (§2.3).
fn words(map: &Value) -> Value {
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

fn annotation(mut from: Value) -> Value {
    let is_painting = from["motivation"] == "painting";
    let resources: Vec<Value> = match taken(&mut from, "body") {
        Value::Array(bodies) => bodies.into_iter().map(body).collect(),
        one => vec![body(one)],
    };
    object! {
        "@id": taken(&mut from, "id"),
        "@type": "oa:Annotation",
        "motivation": if is_painting { "sc:painting" } else { "oa:tagging" },
        "resource": one_or_many(resources, false),
        "on": taken(&mut from, "target"),
    }
}

fn body(mut from: Value) -> Value {
    match from["type"].as_str() {
        Some("Image") => image(from),
        Some("Choice") => {
            let mut options = list(taken(&mut from, "items")).map(image);
            let first = options.next();
            object! { "@type": "oa:Choice", "default": first, "item": options.collect::<Vec<_>>() }
        }
        Some("SpecificResource") => object! { "@id": taken(&mut from, "source"), "@type": "oa:SemanticTag" },
        _ => {
            let is_tag = from["purpose"] == "tagging";
            let mut text = object! {
                "@type": if is_tag { "oa:Tag" } else { "cnt:ContentAsText" },
                "chars": taken(&mut from, "value"),
                "format": taken(&mut from, "format"),
            };
            if from["language"].is_string() {
                text["language"] = taken(&mut from, "language");
            }
            text
        }
    }
}

fn image(mut from: Value) -> Value {
    let mut fields = Map::new();
    fields.insert("@id".into(), taken(&mut from, "id"));
    fields.insert("@type".into(), Value::from("dctypes:Image"));
    for key in ["format", "width", "height"] {
        if !from[key].is_null() {
            fields.insert(key.into(), taken(&mut from, key));
        }
    }
    if let label @ (Value::String(_) | Value::Array(_)) = words(&from["label"]) {
        fields.insert("label".into(), label);
    }
    if let Some(first) = list(taken(&mut from, "service")).next() {
        fields.insert("service".into(), service(first));
    }
    Value::Object(fields)
}

/// A service as it is in version 2: with a context, and without a type (§2.4).
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
    fields.insert("@id".into(), taken(&mut from, "id"));
    if !from["format"].is_null() {
        fields.insert("format".into(), taken(&mut from, "format"));
    }
    fields.insert("label".into(), words(&from["label"]));
    Value::Object(fields)
}

fn page_reference(mut from: Value) -> Value {
    object! { "@id": taken(&mut from, "id"), "@type": "sc:AnnotationList" }
}

fn member(mut from: Value) -> Value {
    Value::Object(described(&mut from))
}

/// A range and those within it, one after the other (§5.3).
fn ranges(mut from: Value, into: &mut Vec<Value>) {
    let mut fields = described(&mut from);
    let (inner, canvases): (Vec<Value>, Vec<Value>) =
        list(taken(&mut from, "items")).partition(|item| item["type"] == "Range");
    let ids = |items: &[Value]| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    for (key, items) in [("ranges", &inner), ("canvases", &canvases)] {
        if !items.is_empty() {
            fields.insert(key.into(), Value::Array(ids(items)));
        }
    }
    into.push(Value::Object(fields));
    inner.into_iter().for_each(|range| ranges(range, into));
}

/// A field's value, taken out of its object.
fn taken(from: &mut Value, key: &str) -> Value {
    from.get_mut(key).map(Value::take).unwrap_or_default()
}

fn at(from: &mut Value, pointer: &str) -> Value {
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
    fn words_keep_their_languages() {
        for (map, expected) in [
            (json!({ "none": ["x"] }), json!("x")),
            (json!({ "da": ["x"] }), json!([{ "@value": "x", "@language": "da" }])),
            (json!({ "none": ["x", "y"] }), json!(["x", "y"])),
            (json!({}), Value::Null),
        ] {
            assert_eq!(words(&map), expected);
        }
    }

    #[test]
    fn nested_ranges_become_flat() {
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
