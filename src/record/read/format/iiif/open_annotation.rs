//! Converts annotations of Presentation API 2 (Open Annotation) to Web Annotations.

use serde_json::{Value, json};

use super::properties::{bare, common, list, one_or_many, resource, with_others};

/// An annotation list, embedded or by its URI, as an annotation page.
pub(super) fn page(from: Value) -> Option<Value> {
    let mut from = match from {
        Value::Object(from) if from.contains_key("items") => return Some(Value::Object(from)),
        Value::Object(from) => from,
        id => return id.is_string().then(|| json!({ "id": id, "type": "AnnotationPage" })),
    };
    let items = from.remove("resources").map(|items| list(Some(items)).into_iter().filter_map(annotation));
    let items = items.map(Iterator::collect::<Vec<_>>);
    let mut made = common(&mut from, "AnnotationPage");
    made.extend(items.map(|items| ("items".to_owned(), Value::Array(items))));
    Some(Value::Object(with_others(made, from)))
}

/// An Open Annotation as a Web Annotation.
pub(super) fn annotation(from: Value) -> Option<Value> {
    let Value::Object(mut from) = from else { return None };
    let motivations = list(from.remove("motivation")).into_iter();
    let motivations: Vec<Value> =
        motivations.filter_map(|one| Some(Value::from(bare(one.as_str()?)))).collect();
    let bodies = list(from.remove("resource")).into_iter().map(|one| resource(one, ""));
    let bodies = one_or_many(bodies.collect());
    let targets = list(from.remove("on")).into_iter().map(|one| resource(one, ""));
    let targets = one_or_many(targets.collect());
    let stylesheet = from.remove("stylesheet").map(stylesheet);
    let mut made = common(&mut from, "Annotation");
    made.insert("motivation".into(), one_or_many(motivations));
    made.extend(stylesheet.map(|sheet| ("stylesheet".to_owned(), sheet)));
    for (key, value) in [("body", bodies), ("target", targets)] {
        if !value.is_null() {
            made.insert(key.into(), value);
        }
    }
    Some(Value::Object(with_others(made, from)))
}

/// A style sheet with its rules or its URI.
fn stylesheet(from: Value) -> Value {
    let mut made = match resource(from, "") {
        Value::Object(made) => made,
        other => return other,
    };
    made.retain(|key, _| matches!(key.as_str(), "id" | "value"));
    made.insert("type".into(), Value::from("CssStylesheet"));
    Value::Object(made)
}
