//! Values of this collection in the examples of the description.

use serde_json::{Value, json};

use crate::web::App;
use crate::web::api::fields;
use crate::web::api::query::{Kind, Parameter};

/// Existing values for the examples.
pub(super) struct Sample {
    schemes: Vec<String>,
    fields: Vec<String>,
    filter: String,
    pub(super) concept: String,
    pub(super) creator: String,
    pub(super) work: String,
    pub(super) scheme: String,
}

impl Sample {
    pub(super) fn of(app: &App) -> Self {
        let usual = Self {
            schemes: Vec::new(),
            fields: Vec::new(),
            filter: "creator:anna-ancher".into(),
            concept: "http-vocab-example-animal".into(),
            creator: "anna-ancher".into(),
            work: "KMS1".into(),
            scheme: "creator".into(),
        };
        let Ok(snapshot) = app.gallery.search().and_then(|service| service.snapshot()) else { return usual };
        let numbers = snapshot.numbers(0, 1).unwrap_or_default();
        let vocabulary = snapshot.vocabulary();
        let most = (0..vocabulary.values().len() as u32).max_by_key(|&number| snapshot.work_count(number));
        let creators = vocabulary.numbers_of("creator").iter();
        let creator = creators.copied().max_by_key(|&number| snapshot.work_count(number));
        let creator = creator.and_then(|number| vocabulary.value(number));
        let term = most.and_then(|number| vocabulary.value(number));
        Self {
            schemes: snapshot.schemes().to_vec(),
            fields: fields::all(&snapshot),
            filter: term.map_or(usual.filter, |term| format!("{}:{}", term.scheme, term.value)),
            concept: snapshot.concepts().all().first().map_or(usual.concept, |concept| concept.id()),
            creator: creator.map_or(usual.creator, |creator| creator.value.clone()),
            scheme: term.map_or(usual.scheme, |term| term.scheme.clone()),
            work: numbers.into_iter().next().map_or(usual.work, |(number, _)| number),
        }
    }

    /// A table of parameters, as the description lists them.
    pub(super) fn parameters(&self, table: &[Parameter]) -> Vec<Value> {
        table.iter().map(|parameter| self.parameter(parameter)).collect()
    }

    fn parameter(&self, parameter: &Parameter) -> Value {
        let own = parameter.kind.schema(&self.schemes, &self.fields);
        let repeats = parameter.times > 1;
        let schema = match repeats {
            true => json!({"type": "array", "items": own, "maxItems": parameter.times}),
            false => own,
        };
        let example = match parameter.kind {
            Kind::Filter => json!(self.filter),
            Kind::Scheme => json!(self.scheme),
            Kind::Integer(..) | Kind::Decimal(..) | Kind::Flag => {
                serde_json::from_str(parameter.example).unwrap_or_default()
            }
            _ => json!(parameter.example),
        };
        let mut operation = json!({
            "name": parameter.name, "in": "query", "description": parameter.about, "schema": schema,
        });
        if example != json!("") {
            operation["example"] = if repeats { json!([example]) } else { example };
        }
        if repeats {
            operation["style"] = json!("form");
            operation["explode"] = json!(true);
        }
        operation
    }
}
