//! JSON schemas of responses and request bodies, generated from their types.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::web::api::responses::{
    AddedTags, Concept, Concepts, Creators, Decided, History, Person, PublishedCluster, PublishedClusters,
    Schemes, Similar, Start, Suggestions, Tags, Values, WaitingAnnotations, WaitingSchemes, WaitingTags,
    WaitingValues, WaitingWorks, Works,
};
use crate::web::api::tags::{ClusterJudgement, Judgement, Judgements, NewTag};
use crate::web::api::withdrawal::Withdrawal;
use crate::web::http::problem::Problem;

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
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.definitions_path = "/components/schemas".into();
    });
    let mut requests = settings.clone().into_generator();
    requests.subschema_for::<ClusterJudgement>();
    requests.subschema_for::<NewTag>();
    requests.subschema_for::<Judgement>();
    requests.subschema_for::<Judgements>();
    requests.subschema_for::<Withdrawal>();
    let mut responses = settings.for_serialize().into_generator();
    responses.subschema_for::<AddedTags>();
    responses.subschema_for::<Concept>();
    responses.subschema_for::<Concepts>();
    responses.subschema_for::<Creators>();
    responses.subschema_for::<Decided>();
    responses.subschema_for::<History<'_>>();
    responses.subschema_for::<Person>();
    responses.subschema_for::<Problem<'_>>();
    responses.subschema_for::<PublishedCluster>();
    responses.subschema_for::<PublishedClusters>();
    responses.subschema_for::<Schemes<'_>>();
    responses.subschema_for::<Similar>();
    responses.subschema_for::<Start>();
    responses.subschema_for::<Suggestions>();
    responses.subschema_for::<Tags>();
    responses.subschema_for::<Values>();
    responses.subschema_for::<WaitingAnnotations>();
    responses.subschema_for::<WaitingSchemes>();
    responses.subschema_for::<WaitingTags>();
    responses.subschema_for::<WaitingValues>();
    responses.subschema_for::<WaitingWorks>();
    responses.subschema_for::<Works<'_>>();
    let mut all = responses.take_definitions(false);
    all.extend(requests.take_definitions(false));
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
        let expected = "AddedTags Broader Cluster ClusterJudgement Clusters Concept Concepts Creator Creators Decided Fact History Image Judgement Judgements Measure Media NewTag OneOrMany OneOrMany2 OneOrMany3 OneOrMany4 Part Person Picture Problem Production Related Role Schemes Similar SimilarWork Start Status Suggestions Swatch Tag Tags Term Text Title TitleOrText Values WaitingAnnotations WaitingSchemes WaitingTags WaitingValues WaitingWorks Withdrawal Work Works";
        assert_eq!(names.join(" "), expected);
    }
}
