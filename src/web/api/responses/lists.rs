//! Lists of works, of their values and of suggestions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::work::PublishedWork;
use super::{Label, Url, as_json, as_sent};
use crate::record::Text;

/// A page of works, or works picked at random.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Works<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<Url>,
    /// The corrected query, if misspelled words were corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<BTreeMap<&'a str, Vec<Term>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Vec<Period>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Url>,
    /// Whether some of the words may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relaxed: Option<bool>,
    pub total: u64,
    // The last field, for `spliced`.
    pub works: Spliced<PublishedWork<'static>>,
}

/// The works found in a period of years.
#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct Period {
    pub from: i32,
    pub to: i32,
    pub works: u64,
}

/// A value of works, and how many works have it.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Term {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<&'static str>,
    pub filter: String,
    /// Only of creators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Url>,
    #[schemars(with = "Text")]
    pub label: Label,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrower: Option<usize>,
    /// Only of creators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<Url>,
    pub scheme: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<Url>,
    pub value: String,
    pub works: u64,
}

/// The creators of works.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Creators {
    pub creators: Vec<Term>,
    /// The next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Url>,
    pub total: usize,
}

/// The values of a scheme.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Values {
    pub total: usize,
    pub values: Vec<Term>,
}

/// The schemes that works have values of.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = as_sent)]
pub(in crate::web::api) struct Schemes<'a> {
    pub schemes: Vec<Scheme<'a>>,
    pub works: u64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct Scheme<'a> {
    pub id: Url,
    pub scheme: &'a str,
    pub values: usize,
}

/// Suggestions for what has been typed.
#[derive(Serialize, JsonSchema)]
pub(in crate::web::api) struct Suggestions {
    pub suggestions: Vec<Suggestion>,
}

/// A work, or a value of works.
#[derive(Serialize, JsonSchema)]
#[schemars(inline, transform = as_sent)]
pub(in crate::web::api) struct Suggestion {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Url>,
    pub kind: SuggestionKind,
    #[schemars(with = "Text")]
    pub label: Label,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub works: Option<u64>,
}

impl Suggestion {
    pub(in crate::web::api) fn of_value(term: Term) -> Self {
        Self {
            colour: term.colour,
            filter: Some(term.filter),
            id: None,
            kind: SuggestionKind::Value,
            label: term.label,
            manifest: None,
            object_number: None,
            scheme: Some(term.scheme),
            value: Some(term.value),
            works: Some(term.works),
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(in crate::web::api) enum SuggestionKind {
    Value,
    Work,
}

/// A list whose items are JSON already: it is written as `[]`, and [`spliced`] puts the items between the brackets.
pub(in crate::web::api) struct Spliced<T>(PhantomData<T>);

impl<T> Default for Spliced<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T> Serialize for Spliced<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq([(); 0])
    }
}

impl<T: JsonSchema> JsonSchema for Spliced<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}

/// A page as JSON, with these works in its last field. They are not parsed once more.
pub(in crate::web::api) fn spliced<E>(
    page: &impl Serialize,
    works: impl Iterator<Item = Result<String, E>>,
) -> Result<String, E> {
    let mut body = as_json(page);
    body.truncate(body.len() - "]}".len());
    for (at, work) in works.enumerate() {
        if at > 0 {
            body.push(',');
        }
        body.push_str(&work?);
    }
    body.push_str("]}");
    Ok(body)
}
