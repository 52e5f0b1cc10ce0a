//! JSON schemas of responses, generated from the record types.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::presentation::{ALL_WORKS, SEARCH_SCHEME};
use crate::web::api::responses::{Creators, History, Schemes, Start, Suggestions, Tags, Values, Works};
use crate::web::api::tags::limits::{INVISIBLE, MAX_LABEL, MAX_NOTE, MAX_REVISION, RECORD_SCHEMES};
use crate::web::http::problem::Problem;

/// The schema of tag schemes, which excludes schemes of the record and names of other collections.
fn scheme() -> Value {
    let mut others = RECORD_SCHEMES.to_vec();
    others.extend([ALL_WORKS, SEARCH_SCHEME]);
    json!({"type": "string", "pattern": "^[a-z][a-z0-9-]{0,63}$", "not": {"enum": others}})
}

/// The pattern of labels: no control characters, no invisible characters, no markup.
fn label() -> String {
    let invisible = hidden();
    format!("^[^\\s{invisible}<&][^{invisible}<&]*$")
}

/// Invisible characters, as part of a character class.
fn hidden() -> String {
    let ranges = INVISIBLE.iter().map(|(from, to)| format!("\\u{:04x}-\\u{:04x}", *from as u32, *to as u32));
    format!("\\u0000-\\u001f\\u007f-\\u009f{}", ranges.collect::<String>())
}

/// Turns alternatives of single words into one `enum`, which code generators understand.
fn listed(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(listed),
        Value::Object(fields) => {
            fields.values_mut().for_each(listed);
            // If any other string is valid, too, an `enum` would be wrong.
            let words = |one: &Value| one["type"] == "string" && one.get("pattern").is_none();
            let open = |one: &Value| one.get("const").is_none() && one.get("enum").is_none();
            let choice = fields.get("anyOf").and_then(Value::as_array);
            if choice.is_some_and(|all| all.iter().all(words) && all.iter().any(open)) {
                fields.remove("anyOf");
                fields.insert("type".into(), json!("string"));
            }
            let word = |one: &Value| match (&one["const"], &one["enum"]) {
                (Value::String(word), _) => Some(vec![word.clone()]),
                (_, Value::Array(words)) => {
                    words.iter().map(|word| word.as_str().map(str::to_owned)).collect()
                }
                _ => None,
            };
            let words = fields.get("oneOf").and_then(Value::as_array);
            let words: Option<Vec<Vec<String>>> = words.and_then(|all| all.iter().map(word).collect());
            if let Some(words) = words {
                fields.remove("oneOf");
                fields.insert("type".into(), json!("string"));
                fields.insert("enum".into(), json!(words.concat()));
            }
        }
        _ => {}
    }
}

/// A reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// All schemas by name.
pub(in crate::web::api) fn schemas() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.meta_schema = None;
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    generator.subschema_for::<Works<'static>>();
    generator.subschema_for::<Creators>();
    generator.subschema_for::<Values>();
    generator.subschema_for::<Suggestions>();
    generator.subschema_for::<Schemes<'static>>();
    generator.subschema_for::<Problem<'static>>();
    generator.subschema_for::<Tags>();
    generator.subschema_for::<History<'static>>();
    generator.subschema_for::<Start>();
    let definitions = json!(generator.definitions());
    let mut all = definitions.as_object().cloned().unwrap_or_default();
    let words =
        |most: usize| json!({"type": "string", "minLength": 1, "maxLength": most, "pattern": label()});
    let label = json!({"anyOf": [words(MAX_LABEL), {
        "type": "object", "minProperties": 1, "maxProperties": 20,
        "propertyNames": {"pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$"}, "additionalProperties": words(MAX_LABEL),
    }]});
    let concept = json!({
        "type": "string", "format": "uri", "maxLength": 2000,
        "pattern": "^https?://[a-z]+(\\.[a-z]+)+(/[A-Za-z0-9._~/-]*)?$",
    });
    let status = json!({"type": "string", "enum": ["proposed", "accepted", "rejected"]});
    let note = json!({
        "type": ["string", "null"], "maxLength": MAX_NOTE, "pattern": format!("^[^{}]*$", hidden()),
        "description": "The reason; kept with the decision.",
    });
    let revision = json!({
        "type": ["integer", "null"], "minimum": 0, "maximum": MAX_REVISION,
        "description": "The work's revision that the client has read, as in `If-Match`.",
    });
    let region = "^(xywh=)?[0-9]{1,6},[0-9]{1,6},[1-9][0-9]{0,5},[1-9][0-9]{0,5}$";
    let made = [
        (
            "NewTag",
            json!({
                "type": "object", "required": ["scheme", "label"], "additionalProperties": false,
                "properties": {
                    "scheme": scheme(),
                    "label": label.clone(),
                    "concept": concept.clone(),
                    "broader": {"type": "array", "maxItems": 20, "items": {
                        "type": "object", "required": ["label"], "additionalProperties": false,
                        "properties": {"label": label, "concept": concept},
                    }},
                    "source": {
                        "type": "string",
                        "pattern": "^(curator|model:[A-Za-z0-9._/-]{1,64}(@[A-Za-z0-9._/-]{1,64})?)$",
                        "description": "The source: `curator`, or `model:NAME@VERSION`.",
                    },
                    "confidence": {"type": "number", "minimum": 0, "maximum": 1},
                    "region": {
                        "type": "string", "pattern": region,
                        "description": "`x,y,width,height` in pixels of the full image, within it.",
                    },
                    "image": {
                        "type": "string", "maxLength": 2000,
                        "description": "The `file` of the image that shows it: one of the work's images.",
                    },
                    "status": status.clone(),
                    "note": note.clone(),
                    "revision": revision.clone(),
                },
                "example": {"scheme": "motif", "label": {"en": "dog", "da": "hund"}},
            }),
        ),
        (
            "Judgement",
            json!({
                "type": "object", "minProperties": 1, "additionalProperties": false,
                "properties": {
                    "status": status,
                    "region": {
                        "type": ["string", "null"], "pattern": region,
                        "description": "`x,y,width,height` in pixels of the full image; null for the whole image.",
                    },
                    "note": note,
                    "revision": revision,
                },
                "example": {"status": "accepted"},
            }),
        ),
    ];
    all.extend(made.map(|(name, schema)| (name.to_owned(), schema)));
    let mut all = Value::Object(all);
    listed(&mut all);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every schema within a schema, with its place.
    fn each(value: &Value, place: &str, visit: &mut impl FnMut(&str, &Value)) {
        visit(place, value);
        match value {
            Value::Array(all) => {
                all.iter().enumerate().for_each(|(at, one)| each(one, &format!("{place}/{at}"), visit))
            }
            Value::Object(all) => {
                all.iter().for_each(|(name, one)| each(one, &format!("{place}/{name}"), visit))
            }
            _ => {}
        }
    }

    #[test]
    fn words_to_choose_from_are_lists() {
        let all = schemas();
        each(&all, "", &mut |place, schema| {
            assert!(schema.get("const").is_none() && schema.get("oneOf").is_none(), "{place}: {schema}");
        });
        assert_eq!(all["Status"]["enum"], json!(["proposed", "accepted", "rejected"]));
        assert!(all["Tag"]["properties"].get("kept_id").is_none());
    }

    /// Generated clients have types of these names.
    #[test]
    fn schemas_have_the_names_that_they_had() {
        let all = schemas();
        let names: Vec<&str> = all.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = "Broader Creator Creators Fact History Image Judgement Measure NewTag OneOrMany OneOrMany2 OneOrMany3 OneOrMany4 Part Problem Production Related Role Schemes Start Status Suggestions Tag Tags Term Text Title TitleOrText Values Work Works";
        assert_eq!(names.join(" "), expected);
    }

    #[test]
    fn patterns_are_of_characters_in_order() {
        assert!(label().starts_with("^[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad-\\u00ad"), "{}", label());
    }
}
