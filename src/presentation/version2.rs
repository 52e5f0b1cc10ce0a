//! Documents of version 3 said in version 2.1, for viewers that know no other.

use serde_json::{Map, Value, json};

use super::manifest::CONTEXT_2;

/// A document of version 3 in version 2.1.
pub(super) fn document(document: Value) -> Value {
    let Value::Object(fields) = resource(document) else { return Value::Null };
    let mut said = Map::new();
    said.insert("@context".into(), json!(CONTEXT_2));
    said.extend(fields);
    Value::Object(said)
}

fn resource(mut from: Value) -> Value {
    let kind = from["type"].as_str().unwrap_or_default().to_owned();
    let mut said = described(&mut from);
    let mut set = |key: &str, value: Value| said.insert(key.to_owned(), value);
    match kind.as_str() {
        "Manifest" => {
            let canvases: Vec<Value> = list(from["items"].take()).map(resource).collect();
            set("sequences", json!([{ "@type": "sc:Sequence", "canvases": canvases }]));
            let mut flat = Vec::new();
            list(from["structures"].take()).for_each(|range| ranges(range, &mut flat));
            if !flat.is_empty() {
                set("structures", Value::Array(flat));
            }
        }
        "Canvas" => {
            set("width", from["width"].take());
            set("height", from["height"].take());
            let pages = list(from["items"].take());
            let images = pages.flat_map(|mut page| list(page["items"].take()));
            set("images", images.map(annotation).collect());
            let others: Vec<Value> = list(from["annotations"].take()).map(page_reference).collect();
            if !others.is_empty() {
                set("otherContent", Value::Array(others));
            }
        }
        "AnnotationPage" => {
            set("resources", list(from["items"].take()).map(annotation).collect());
        }
        "Annotation" => return annotation(from),
        "Range" => {
            let mut flat = Vec::new();
            ranges(from, &mut flat);
            return flat.into_iter().next().unwrap_or_default();
        }
        "Collection" => {
            let (manifests, collections): (Vec<Value>, Vec<Value>) =
                list(from["items"].take()).partition(|item| item["type"] == "Manifest");
            for (key, items) in [("manifests", manifests), ("collections", collections)] {
                if !items.is_empty() {
                    set(key, items.into_iter().map(member).collect());
                }
            }
        }
        _ => {}
    }
    Value::Object(said)
}

/// What resources of all kinds say of themselves (2.1, §3).
fn described(from: &mut Value) -> Map<String, Value> {
    let mut said = Map::new();
    let mut set = |key: &str, value: Value| {
        if !value.is_null() {
            said.insert(key.to_owned(), value);
        }
    };
    set("@id", from["id"].take());
    set("@type", json!(format!("sc:{}", from["type"].as_str().unwrap_or_default().replace("Page", "List"))));
    set("label", words(&from["label"]));
    set("description", words(&from["summary"]));
    set("attribution", words(&from["requiredStatement"]["value"]));
    set("license", from["rights"].take());
    set("logo", from["provider"][0]["logo"][0]["id"].take());
    set("navDate", from["navDate"].take());
    set("viewingHint", from["behavior"][0].take());
    set("within", from["partOf"][0]["id"].take());
    let pairs = list(from["metadata"].take());
    let pairs = pairs.map(|pair| json!({ "label": words(&pair["label"]), "value": words(&pair["value"]) }));
    set("metadata", one_or_many(pairs.collect(), true));
    set("related", one_or_many(list(from["homepage"].take()).map(link).collect(), false));
    set("seeAlso", one_or_many(list(from["seeAlso"].take()).map(link).collect(), false));
    set("rendering", one_or_many(list(from["rendering"].take()).map(link).collect(), false));
    set("service", one_or_many(list(from["service"].take()).map(service).collect(), false));
    if let Some(picture) = list(from["thumbnail"].take()).next() {
        set("thumbnail", image(picture));
    }
    said
}

/// A language map as a string, or as strings with their languages (§2.3).
fn words(map: &Value) -> Value {
    let Some(languages) = map.as_object().filter(|languages| !languages.is_empty()) else { return Value::Null };
    let said = languages.iter().flat_map(|(language, values)| {
        values.as_array().into_iter().flatten().map(move |value| match language.as_str() {
            "none" => value.clone(),
            language => json!({ "@value": value, "@language": language }),
        })
    });
    let mut said: Vec<Value> = said.collect();
    if said.len() == 1 && said[0].is_string() { said.remove(0) } else { Value::Array(said) }
}

fn annotation(mut from: Value) -> Value {
    let is_painting = from["motivation"] == "painting";
    let resources: Vec<Value> = match from["body"].take() {
        Value::Array(bodies) => bodies.into_iter().map(body).collect(),
        one => vec![body(one)],
    };
    json!({
        "@id": from["id"].take(),
        "@type": "oa:Annotation",
        "motivation": if is_painting { "sc:painting" } else { "oa:tagging" },
        "resource": one_or_many(resources, false),
        "on": from["target"].take(),
    })
}

fn body(mut from: Value) -> Value {
    match from["type"].as_str() {
        Some("Image") => image(from),
        Some("Choice") => {
            let mut options = list(from["items"].take()).map(image);
            let first = options.next();
            json!({ "@type": "oa:Choice", "default": first, "item": options.collect::<Vec<_>>() })
        }
        Some("SpecificResource") => json!({ "@id": from["source"].take(), "@type": "oa:SemanticTag" }),
        _ => {
            let is_tag = from["purpose"] == "tagging";
            let mut text = json!({
                "@type": if is_tag { "oa:Tag" } else { "cnt:ContentAsText" },
                "chars": from["value"].take(),
                "format": "text/plain",
            });
            if from["language"].is_string() {
                text["language"] = from["language"].take();
            }
            text
        }
    }
}

fn image(mut from: Value) -> Value {
    let mut said = Map::new();
    said.insert("@id".into(), from["id"].take());
    said.insert("@type".into(), json!("dctypes:Image"));
    for key in ["format", "width", "height"] {
        if !from[key].is_null() {
            said.insert(key.into(), from[key].take());
        }
    }
    if let label @ (Value::String(_) | Value::Array(_)) = words(&from["label"]) {
        said.insert("label".into(), label);
    }
    if let Some(first) = list(from["service"].take()).next() {
        said.insert("service".into(), service(first));
    }
    Value::Object(said)
}

/// A service as it is in version 2: with a context, and without a type (§2.4).
fn service(from: Value) -> Value {
    let Value::Object(mut service) = from else { return from };
    if service.remove("@type").is_some_and(|kind| kind == "ImageService2") {
        service.insert("@context".into(), json!(crate::iiif::Version::V2.context()));
    }
    if let Some(inner) = service.remove("service").and_then(|inner| list(inner).next()) {
        service.insert("service".into(), self::service(inner));
    }
    Value::Object(service)
}

fn link(mut from: Value) -> Value {
    let mut said = Map::new();
    said.insert("@id".into(), from["id"].take());
    if !from["format"].is_null() {
        said.insert("format".into(), from["format"].take());
    }
    said.insert("label".into(), words(&from["label"]));
    Value::Object(said)
}

fn page_reference(mut from: Value) -> Value {
    json!({ "@id": from["id"].take(), "@type": "sc:AnnotationList" })
}

fn member(mut from: Value) -> Value {
    Value::Object(described(&mut from))
}

/// A range and those within it, one after the other (§5.3).
fn ranges(mut from: Value, into: &mut Vec<Value>) {
    let mut said = described(&mut from);
    let (inner, canvases): (Vec<Value>, Vec<Value>) =
        list(from["items"].take()).partition(|item| item["type"] == "Range");
    let ids = |items: &[Value]| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    for (key, items) in [("ranges", &inner), ("canvases", &canvases)] {
        if !items.is_empty() {
            said.insert(key.into(), Value::Array(ids(items)));
        }
    }
    into.push(Value::Object(said));
    inner.into_iter().for_each(|range| ranges(range, into));
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
        assert_eq!((&flat[0]["ranges"], &flat[0]["canvases"], &flat[1]["@id"]), (&json!(["2"]), &json!(["c"]), &json!("2")));
    }
}
