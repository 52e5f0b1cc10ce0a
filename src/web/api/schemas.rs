//! What answers look like, as JSON schemas: made of the types that records are read into.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::record::{Tag, Work};

/// What schemes of tags are called, as a pattern.
const SCHEME: &str = "^[a-z][a-z0-9-]{0,63}$";

/// Points at a schema by its name.
pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schemas by their names.
pub fn schemas() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.meta_schema = None;
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    let mut work = json!(generator.root_schema_for::<Work>());
    let tag = json!(generator.root_schema_for::<Tag>());
    let definitions = json!(generator.definitions());
    let mut all = definitions.as_object().cloned().unwrap_or_default();
    for (name, schema) in all.iter_mut() {
        // Who asks for one language, or for some fields, gets what is left.
        if name == "Text" {
            *schema = words();
        }
    }
    let address = json!({"type": "string", "format": "uri"});
    if let Value::Object(fields) = &mut work {
        fields.remove("$schema");
        fields.remove("required");
        fields.remove("components");
        fields.remove("definitions");
        fields.remove("$defs");
    }
    let image = json!({
        "type": "object", "required": ["available"],
        "properties": {
            "file": {"type": "string"}, "available": {"type": "boolean"}, "service": address, "thumbnail": address,
            "original": address, "width": {"type": "integer"}, "height": {"type": "integer"},
        },
    });
    work["properties"]["images"] = json!({"type": "array", "items": image});
    for name in ["id", "page", "manifest", "content_state"] {
        work["properties"][name] = address.clone();
    }
    work["properties"]["thumbnail"] = json!({"type": ["string", "null"], "format": "uri"});
    work["properties"]["revision"] = json!({"type": "integer"});
    work["properties"]["changed"] = json!({"type": "string", "format": "date-time"});
    let mut told_tag = tag;
    if let Value::Object(fields) = &mut told_tag {
        for name in ["$schema", "components", "definitions", "$defs", "required"] {
            fields.remove(name);
        }
    }
    told_tag["properties"]["id"] = json!({"type": "string"});
    let term = json!({
        "type": "object", "required": ["scheme", "value", "label", "works", "filter"],
        "properties": {
            "scheme": {"type": "string"}, "value": {"type": "string"}, "label": words(),
            "works": {"type": "integer", "minimum": 0}, "filter": {"type": "string"}, "colour": {"type": "string"},
            "search": address, "collection": address, "narrower": {"type": "integer", "minimum": 0},
        },
    });
    let count = json!({"type": "integer", "minimum": 0});
    let list = |name: &str, of: &str| {
        let mut schema =
            json!({"type": "object", "required": ["total", name], "properties": {"total": count}});
        schema["properties"][name] = json!({"type": "array", "items": reference(of)});
        schema
    };
    let mut works = list("works", "Work");
    works["properties"]["limit"] = count.clone();
    works["properties"]["next"] = address.clone();
    works["properties"]["cursor"] = json!({"type": "string"});
    works["properties"]["collection"] = address.clone();
    works["properties"]["corrected"] =
        json!({"type": "string", "description": "What was looked for instead, where slips were forgiven."});
    works["properties"]["relaxed"] =
        json!({"type": "boolean", "description": "Whether some of the words may be missing."});
    works["properties"]["facets"] =
        json!({"type": "object", "additionalProperties": {"type": "array", "items": reference("Term")}});
    works["properties"]["histogram"] = json!({"type": "array", "items": {
        "type": "object", "required": ["from", "to", "works"],
        "properties": {"from": {"type": "integer"}, "to": {"type": "integer"}, "works": count},
    }});
    let made = [
        ("Work", work),
        ("Tag", told_tag),
        ("Term", term),
        ("Works", works),
        ("Creators", list("creators", "Term")),
        ("Values", list("values", "Term")),
        (
            "Suggestions",
            json!({
                "type": "object", "required": ["suggestions"],
                "properties": {"suggestions": {"type": "array", "items": {
                    "type": "object", "required": ["kind", "label"],
                    "properties": {"kind": {"enum": ["value", "work"]}, "label": words()},
                }}},
            }),
        ),
        (
            "Schemes",
            json!({
                "type": "object", "required": ["works", "schemes"],
                "properties": {"works": count, "schemes": {"type": "array", "items": {
                    "type": "object", "required": ["scheme", "values", "id"],
                    "properties": {"scheme": {"type": "string"}, "values": count, "id": address},
                }}},
            }),
        ),
        (
            "Tags",
            json!({
                "type": "object", "required": ["revision", "tags"],
                "properties": {"revision": count, "tags": {"type": "array", "items": reference("Tag")}},
            }),
        ),
        (
            "NewTag",
            json!({
                "type": "object", "required": ["scheme", "label"],
                "properties": {
                    "scheme": {"type": "string", "pattern": SCHEME},
                    "label": {"anyOf": [
                        {"type": "string", "pattern": "\\S"},
                        {
                            "type": "object", "minProperties": 1, "additionalProperties": false,
                            "patternProperties": {"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$": {"type": "string", "pattern": "\\S"}},
                        },
                    ]},
                    "concept": {"type": "string", "pattern": "^https?://[a-z]+(\\.[a-z]+)+(/[A-Za-z0-9._~/-]*)?$"},
                    "confidence": {"type": "number", "minimum": 0, "maximum": 1},
                    "region": {"type": "string", "pattern": "^[0-9]{1,6},[0-9]{1,6},[1-9][0-9]{0,5},[1-9][0-9]{0,5}$"},
                    "image": {"type": "string", "description": "The image that it was seen on, by its `file`."},
                    "note": {"type": ["string", "null"]},
                },
                "example": {"scheme": "motif", "label": {"en": "dog", "da": "hund"}},
            }),
        ),
        (
            "Judgement",
            json!({
                "type": "object", "required": ["status"], "additionalProperties": false,
                "properties": {
                    "status": {"enum": ["accepted", "proposed", "rejected"]}, "note": {"type": ["string", "null"]},
                },
                "example": {"status": "accepted"},
            }),
        ),
        (
            "Problem",
            json!({
                "type": "object", "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                    "detail": {"type": "string"}, "parameter": {"type": "string"},
                },
            }),
        ),
    ];
    all.extend(made.map(|(name, schema)| (name.to_owned(), schema)));
    Value::Object(all)
}

/// A text: by language, or the words in the one that was asked for.
fn words() -> Value {
    json!({
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        ],
    })
}
