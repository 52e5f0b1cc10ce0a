//! Converts the properties that resources of Presentation API 2 share to those of Presentation API 3.

use serde_json::{Map, Value, json};

/// The properties that all kinds of resources share (2.1, §3), as properties of version 3; those of `from` that are left
/// are others.
pub(super) fn common(from: &mut Map<String, Value>, kind: &str) -> Map<String, Value> {
    let mut made = Map::new();
    made.insert("type".into(), Value::from(kind));
    let id = keyword(from, "@id");
    let home = id.as_ref().and_then(Value::as_str).and_then(origin);
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            made.insert(key.to_owned(), value);
        }
    };
    set("id", id);
    set("label", from.remove("label").map(text));
    set("summary", from.remove("description").map(text));
    if let Some(attribution) = from.remove("attribution") {
        set(
            "requiredStatement",
            Some(json!({ "label": { "en": ["Attribution"] }, "value": text(attribution) })),
        );
    }
    let mut pairs: Vec<Value> = list(from.remove("metadata")).into_iter().map(pair).collect();
    let mut licenses = list(from.remove("license")).into_iter();
    set("rights", licenses.next());
    pairs.extend(
        licenses.map(|other| json!({ "label": { "en": ["License"] }, "value": { "none": [other] } })),
    );
    set("metadata", (!pairs.is_empty()).then_some(Value::Array(pairs)));
    let logos: Vec<Value> = list(from.remove("logo")).into_iter().map(|one| resource(one, "Image")).collect();
    if let (false, Some(home)) = (logos.is_empty(), home) {
        let name = home.split("://").nth(1).unwrap_or(&home).trim_end_matches('/').to_owned();
        set(
            "provider",
            Some(json!([{ "id": home, "type": "Agent", "label": { "none": [name] }, "logo": logos }])),
        );
    }
    let hints = list(from.remove("viewingHint")).into_iter().filter(|hint| hint != "top");
    set("behavior", some(hints.collect()));
    set("viewingDirection", from.remove("viewingDirection"));
    set("navDate", from.remove("navDate"));
    let mut links = |old: &str, new: &str, kind: &str| {
        let found = list(from.remove(old)).into_iter().map(|one| resource(one, kind)).collect();
        set(new, some(found));
    };
    links("thumbnail", "thumbnail", "Image");
    links("related", "homepage", "Text");
    links("seeAlso", "seeAlso", "Dataset");
    links("rendering", "rendering", "Text");
    links("within", "partOf", if kind == "Canvas" { "Manifest" } else { "Collection" });
    set("service", some(list(from.remove("service"))));
    keyword(from, "@type");
    from.remove("@context");
    made
}

/// A body, target, selector or link; `kind` is the type of one that states none.
pub(super) fn resource(from: Value, kind: &str) -> Value {
    let mut from = match from {
        Value::Object(from) => from,
        id if kind.is_empty() => return id,
        id => return json!({ "id": id, "type": kind }),
    };
    let old = list(keyword(&mut from, "@type")).into_iter().find_map(|one| one.as_str().map(bare));
    let mut made = Map::new();
    let is_tag = old.as_deref() == Some("Tag");
    let kind = match old.as_deref() {
        Some("MovingImage") => "Video",
        Some("ContentAsText" | "Tag") => "TextualBody",
        Some("SemanticTag") => "SpecificResource",
        Some(old) => old,
        None => kind,
    };
    if !kind.is_empty() {
        made.insert("type".into(), Value::from(kind));
    }
    if is_tag {
        made.insert("purpose".into(), Value::from("tagging"));
    }
    let id = if old.as_deref() == Some("SemanticTag") { "source" } else { "id" };
    made.extend(keyword(&mut from, "@id").map(|value| (id.to_owned(), value)));
    made.extend(from.remove("chars").map(|value| ("value".to_owned(), value)));
    made.extend(from.remove("label").map(|label| ("label".to_owned(), text(label))));
    let full = from.remove("full").map(|full| resource(full, ""));
    made.extend(full.map(|full| ("source".to_owned(), full)));
    let options = list(from.remove("default")).into_iter().chain(list(from.remove("item")));
    let options: Vec<Value> = options.map(|one| resource(one, "")).filter(|one| one != "rdf:nil").collect();
    made.extend(some(options).map(|options| ("items".to_owned(), options)));
    if let Some(selector) = from.remove("selector") {
        made.insert("selector".into(), self::selector(selector));
    }
    made.extend(some(list(from.remove("service"))).map(|service| ("service".to_owned(), service)));
    let within = list(from.remove("within")).into_iter().map(|one| resource(one, "Manifest"));
    made.extend(some(within.collect()).map(|within| ("partOf".to_owned(), within)));
    made.extend(from.remove("style").map(|class| ("styleClass".to_owned(), class)));
    from.remove("@context");
    made.extend(from);
    Value::Object(made)
}

/// A selector. A choice of selectors, as Mirador 2 writes it, is a list of them, each of which selects the same part (Web
/// Annotation Data Model, §4.2).
fn selector(from: Value) -> Value {
    let mut made = resource(from, "Selector");
    match (&made["type"], made["items"].is_array()) {
        (Value::String(kind), true) if kind == "Choice" => made["items"].take(),
        _ => made,
    }
}

/// Adds the properties that no rule names, so that those which version 3 has are served, and the others are known.
pub(super) fn with_others(mut made: Map<String, Value>, from: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in from {
        made.entry(key).or_insert(value);
    }
    made
}

/// A keyword of JSON-LD, also under the name that drafts of version 3 gave it: without `@`.
pub(super) fn keyword(from: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let plain = from.remove(name.trim_start_matches('@'));
    from.remove(name).or(plain)
}

fn pair(pair: Value) -> Value {
    let Value::Object(mut pair) = pair else { return json!({}) };
    let mut of = |key: &str| pair.remove(key).map(text).unwrap_or_default();
    json!({ "label": of("label"), "value": of("value") })
}

/// A string, or strings with languages (2.1, §2.3), as a language map. `@none` is `none` in drafts of version 3.
pub(super) fn text(from: Value) -> Value {
    let mut map = Map::new();
    for one in list(Some(from)) {
        let (language, value) = match one {
            Value::String(value) => ("none".to_owned(), value),
            Value::Number(value) => ("none".to_owned(), value.to_string()),
            // A language map of version 3.
            Value::Object(fields) if !fields.contains_key("@value") => {
                for (language, values) in fields {
                    let language = if language == "@none" { "none".to_owned() } else { language };
                    if let Value::Array(all) = map.entry(language).or_insert_with(|| json!([])) {
                        all.extend(list(Some(values)).into_iter().filter(Value::is_string));
                    }
                }
                continue;
            }
            Value::Object(mut fields) => {
                let value = match fields.remove("@value") {
                    Some(Value::String(value)) => value,
                    Some(Value::Number(value)) => value.to_string(),
                    _ => continue,
                };
                let language = fields.remove("@language").and_then(|one| Some(one.as_str()?.to_owned()));
                (language.unwrap_or_else(|| "none".to_owned()), value)
            }
            _ => continue,
        };
        if let Value::Array(values) = map.entry(language).or_insert_with(|| json!([])) {
            values.push(Value::String(value));
        }
    }
    Value::Object(map)
}

/// A name without its prefix: `painting` for `sc:painting`.
pub(super) fn bare(name: &str) -> String {
    name.rsplit_once(':').map_or(name, |(_, name)| name).to_owned()
}

/// Scheme and host of a URL, with a slash.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    Some(format!("{scheme}://{}/", rest.split('/').next()?))
}

pub(super) fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(all)) => all,
        Some(one) => vec![one],
    }
}

pub(super) fn some(values: Vec<Value>) -> Option<Value> {
    (!values.is_empty()).then_some(Value::Array(values))
}

pub(super) fn one_or_many(mut values: Vec<Value>) -> Value {
    match values.len() {
        0 => Value::Null,
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}
