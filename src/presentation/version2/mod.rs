//! Documents of version 3 converted to version 2.1, for viewers that support only that version.

mod annotation;

use serde_json::{Map, Value};

pub(super) use self::annotation::annotation;
use self::annotation::{is_image, source_of, target, without_fragment};
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
            let mut canvases: Vec<Value> = list(take(&mut from, "items")).map(resource).collect();
            labelled(&mut canvases);
            let mut sequence = object! { "@type": "sc:Sequence", "canvases": canvases };
            if let Some(start) = source_of(&from["start"]).map(|uri| without_fragment(&uri).to_owned()) {
                sequence["startCanvas"] = Value::from(start);
            }
            set("sequences", Value::from([sequence]));
            let mut flat = Vec::new();
            list(take(&mut from, "structures")).for_each(|range| ranges(range, &mut flat));
            labelled(&mut flat);
            if !flat.is_empty() {
                set("structures", Value::Array(flat));
            }
        }
        "Canvas" => {
            // Version 2 has no canvases without a size, and no sound and video on them.
            for side in ["width", "height"] {
                set(side, Some(take(&mut from, side)).filter(Value::is_number).unwrap_or(Value::from(1000)));
            }
            let pages = list(take(&mut from, "items"));
            let images = pages.flat_map(|mut page| list(take(&mut page, "items")));
            set("images", images.filter(|painting| is_image(&painting["body"])).map(annotation).collect());
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
            let items: Vec<Value> = list(take(&mut from, "items")).collect();
            let is_manifest = |item: &Value| item["type"] == "Manifest";
            // The order of manifests and collections among each other (§5.8).
            if items.iter().any(is_manifest) && !items.iter().all(is_manifest) {
                set("members", items.iter().cloned().map(member).collect());
            }
            let (manifests, collections): (Vec<Value>, Vec<Value>) = items.into_iter().partition(is_manifest);
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
    let hints: &[&str] = match from["type"].as_str() {
        Some("Manifest") => &["individuals", "paged", "continuous"],
        Some("Canvas") => &["non-paged", "facing-pages"],
        Some("Range") => &["individuals", "paged", "continuous"],
        _ => &["multi-part", "individuals"],
    };
    let hint = list(take(from, "behavior")).find(|one| one.as_str().is_some_and(|one| hints.contains(&one)));
    set("viewingHint", hint.unwrap_or_default());
    set("viewingDirection", take(from, "viewingDirection"));
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
    let mut services: Vec<Value> = list(take(&mut from, "service")).collect();
    services.sort_by_key(|service| service["@type"] != "ImageService2");
    if let Some(first) = services.into_iter().next() {
        fields.insert("service".into(), service(first));
    }
    Value::Object(fields)
}

/// A service in version 2: with a context, and without a type (§2.4).
fn service(from: Value) -> Value {
    let Value::Object(mut service) = from else { return from };
    for (new, old) in [("id", "@id"), ("type", "@type")] {
        if let Some(value) = service.remove(new) {
            service.entry(old).or_insert(value);
        }
    }
    let kind = service.get("@type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if kind == "ImageService3" {
        let level = service.get("profile").and_then(Value::as_str).unwrap_or("level0").to_owned();
        service.insert("profile".into(), Value::from(format!("http://iiif.io/api/image/3/{level}.json")));
        service.insert("@context".into(), Value::from(crate::iiif::Version::V3.context()));
    } else if kind == "ImageService1" {
        service
            .entry("@context")
            .or_insert("http://library.stanford.edu/iiif/image-api/1.1/context.json".into());
    }
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
    for key in ["format", "profile"] {
        if !from[key].is_null() {
            fields.insert(key.into(), take(&mut from, key));
        }
    }
    if let label @ (Value::String(_) | Value::Array(_)) = text(&from["label"]) {
        fields.insert("label".into(), label);
    }
    Value::Object(fields)
}

fn page_reference(mut from: Value) -> Value {
    object! { "@id": take(&mut from, "id"), "@type": "sc:AnnotationList" }
}

fn member(mut from: Value) -> Value {
    Value::Object(common_properties(&mut from))
}

/// Gives resources without a label their number, because version 2 requires one (§3.1).
fn labelled(resources: &mut [Value]) {
    for (number, resource) in (1..).zip(resources) {
        if let Some(fields) = resource.as_object_mut() {
            fields.entry("label").or_insert_with(|| Value::from(format!("{number}")));
        }
    }
}

/// Flattens a range and the ranges in it into one list (§5.3).
fn ranges(mut from: Value, into: &mut Vec<Value>) {
    let mut fields = common_properties(&mut from);
    let (inner, canvases): (Vec<Value>, Vec<Value>) =
        list(take(&mut from, "items")).partition(|item| item["type"] == "Range");
    // Version 2 has parts of canvases in space, not in time.
    let id = |item: &Value| {
        let uri = match item["type"].as_str() {
            Some("SpecificResource") => {
                target(item.clone())?.as_str().map(str::to_owned).or(source_of(item))?
            }
            _ => item["id"].as_str()?.to_owned(),
        };
        let is_area = uri.split_once('#').is_some_and(|(_, fragment)| fragment.starts_with("xywh="));
        Some(Value::from(if is_area { uri.as_str() } else { without_fragment(&uri) }))
    };
    let ids = |items: &[Value]| items.iter().filter_map(id).collect::<Vec<_>>();
    if let Some(layer) = source_of(&from["supplementary"]) {
        let mut layer = object! { "@id": layer, "@type": "sc:Layer" };
        if let label @ (Value::String(_) | Value::Array(_)) = text(&from["supplementary"]["label"]) {
            layer["label"] = label;
        }
        fields.insert("contentLayer".into(), layer);
    }
    for (key, items) in [("ranges", &inner), ("canvases", &canvases)] {
        if !items.is_empty() {
            fields.insert(key.into(), Value::Array(ids(items)));
        }
    }
    into.push(Value::Object(fields));
    let whole = inner.into_iter().filter(|range| range.get("items").is_some());
    whole.for_each(|range| ranges(range, into));
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
        one @ Value::Object(_) => vec![one],
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
