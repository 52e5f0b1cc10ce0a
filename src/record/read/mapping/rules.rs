//! Parses mappings from TOML or JSON.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Map, Value};

use crate::record::read::format::lines::FIELDS;
use crate::record::read::record::Error;
use crate::record::{LanguageTag, NONE};

/// Maps the columns of a table, or the fields of JSON records, to the fields of works; `config/mapping.toml` shows
/// every option.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    pub(in crate::record::read) rules: Vec<Rule>,
    /// The source of the tags that it creates.
    pub(in crate::record::read) source: Option<String>,
}

/// How one field of a work is filled.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::record::read) struct Rule {
    pub(in crate::record::read) target: Target,
    /// The field as the mapping names it.
    pub(in crate::record::read) field: String,
    pub(in crate::record::read) column: Option<String>,
    /// A constant value for every record, instead of a column.
    pub(in crate::record::read) value: Option<String>,
    /// The separator between several values in one cell.
    pub(in crate::record::read) split: Option<String>,
    pub(in crate::record::read) unit: Option<String>,
    pub(in crate::record::read) part: Option<String>,
    pub(in crate::record::read) kind: Option<String>,
    pub(in crate::record::read) role: Option<String>,
    /// Whether any record had a value for it.
    pub(in crate::record::read) used: Used,
}

/// A flag shared by all copies of a rule.
#[derive(Clone, Debug, Default)]
pub(in crate::record::read) struct Used(Arc<AtomicBool>);

impl Used {
    pub(in crate::record::read) fn mark(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Rules compare equal whether they were used or not.
impl PartialEq for Used {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A field of a work, and its language if it has one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::record::read) enum Target {
    #[default]
    Number,
    Title(Option<String>),
    Creator(&'static str),
    Dating(Option<String>),
    Earliest,
    Latest,
    /// One of the fields with several texts.
    Texts(&'static str, Option<String>),
    /// One of the fields with one text.
    Text(&'static str, Option<String>),
    /// `rights`, `homepage` or `modified`.
    Word(&'static str),
    PublicDomain,
    Withdrawn,
    Tag(String, Option<String>),
    Image(&'static str),
    Measure(Option<String>),
    Related(Option<String>),
    More(String),
}

const TEXTS: [&str; 5] = ["object_type", "techniques", "materials", "inscriptions", "collections"];
const TEXT: [&str; 4] = ["description", "department", "credit_line", "location"];
const WORD: [&str; 3] = ["rights", "homepage", "modified"];
const CREATOR: [&str; 8] = ["name", "sort_name", "role", "birth", "death", "nationality", "gender", "id"];
const IMAGE: [&str; 4] = ["file", "role", "label", "view"];

impl Mapping {
    /// The fields, with their columns, for which no record that was read with this mapping had a value.
    pub fn unused(&self) -> Vec<(String, String)> {
        let unused = self.rules.iter().filter(|rule| !rule.used.0.load(Ordering::Relaxed));
        unused.filter_map(|rule| Some((rule.field.clone(), rule.column.clone()?))).collect()
    }
}

impl FromStr for Mapping {
    type Err = Error;

    /// Parses TOML, or JSON if the text begins with `{`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let table: Map<String, Value> = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| Error::Mapping(error.to_string()))?
        } else {
            toml::from_str(text).map_err(|error| Error::Mapping(error.to_string()))?
        };
        let mut mapping = Self { rules: Vec::new(), source: None };
        for (name, value) in table {
            match (name.as_str(), &value) {
                ("source", Value::String(source)) => mapping.source = Some(source.clone()),
                _ => collect(&mut vec![name], &value, &mut mapping.rules)?,
            }
        }
        Ok(mapping)
    }
}

/// Collects the rules below a path in the mapping.
fn collect(path: &mut Vec<String>, value: &Value, rules: &mut Vec<Rule>) -> Result<(), Error> {
    let wrong = |what: String| Err(Error::Mapping(format!("`{}` {what}", path.join("."))));
    let is_rule = |fields: &Map<String, Value>| {
        ["column", "value"].iter().any(|name| fields.get(*name).is_some_and(Value::is_string))
    };
    match value {
        Value::String(column) => {
            let (target, field) = (target(path)?, path.join("."));
            rules.push(Rule { target, field, column: Some(column.clone()), ..Rule::default() })
        }
        Value::Object(fields) if is_rule(fields) => {
            let mut rule = Rule { target: target(path)?, field: path.join("."), ..Rule::default() };
            for (name, value) in fields {
                let Value::String(value) = value else {
                    return wrong(format!("gives `{name}` something other than text"));
                };
                let value = Some(value.clone());
                match name.as_str() {
                    "column" => rule.column = value,
                    "value" => rule.value = value,
                    "split" => rule.split = value.filter(|split| !split.is_empty()),
                    "unit" => rule.unit = value,
                    "part" => rule.part = value,
                    "kind" => rule.kind = value,
                    "role" => rule.role = value,
                    _ => {
                        return wrong(format!(
                            "has no `{name}`: write `column`, `value`, `split`, `unit`, `part`, `kind` or `role`"
                        ));
                    }
                }
            }
            rules.push(rule);
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                path.push(name.clone());
                collect(path, value, rules)?;
                path.pop();
            }
        }
        Value::Array(all) if !all.iter().any(Value::is_array) => {
            all.iter().try_for_each(|value| collect(path, value, rules))?;
        }
        other => {
            return wrong(format!(
                "is `{other}`: write a column's name, or `{{ column = \"Name\", split = \";\" }}`"
            ));
        }
    }
    Ok(())
}

/// Parses a path such as `titles.da`.
pub(in crate::record::read) fn target(path: &[impl AsRef<str>]) -> Result<Target, Error> {
    let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
    let dotted = path.join(".");
    let wrong = |what: &str| Error::Mapping(format!("`{dotted}` {what}"));
    let known = |names: &[&'static str], name: &str| names.iter().copied().find(|known| *known == name);
    let language = |at: usize| match path.get(at..).unwrap_or_default() {
        [] => Ok(None),
        [language] if is_language(language) => Ok(Some((*language).to_owned())),
        _ => Err(wrong("does not end in a language: write one such as `da`, or leave it out")),
    };
    let last = |target: Target, most: usize| {
        if path.len() <= most { Ok(target) } else { Err(wrong("is nested too deep")) }
    };
    let name = |at: usize| path.get(at).map(|name| (*name).to_owned());
    let first = *path.first().ok_or_else(|| wrong("names no field"))?;
    match first {
        "object_number" => last(Target::Number, 1),
        "titles" => Ok(Target::Title(language(1)?)),
        "creators" => {
            let field = known(&CREATOR, path.get(1).unwrap_or(&"name"));
            last(Target::Creator(field.ok_or_else(|| wrong(&format!("is none of {CREATOR:?}")))?), 2)
        }
        "production" => match path.get(1) {
            Some(&"earliest") => last(Target::Earliest, 2),
            Some(&"latest") => last(Target::Latest, 2),
            Some(&"text") => Ok(Target::Dating(language(2)?)),
            _ => Ok(Target::Dating(language(1)?)),
        },
        "public_domain" => last(Target::PublicDomain, 1),
        "withdrawn" => last(Target::Withdrawn, 1),
        "tags" => {
            Ok(Target::Tag(name(1).ok_or_else(|| wrong("needs a scheme, as in `tags.motif`"))?, language(2)?))
        }
        "images" => {
            let field = known(&IMAGE, path.get(1).unwrap_or(&"file"));
            last(Target::Image(field.ok_or_else(|| wrong(&format!("is none of {IMAGE:?}")))?), 2)
        }
        "dimensions" => last(Target::Measure(name(1)), 2),
        "related" => last(Target::Related(name(1)), 2),
        "more" => match path.get(1) {
            Some(own) if FIELDS.iter().all(|(field, _)| field != own) => {
                last(Target::More((*own).to_owned()), 2)
            }
            _ => Err(wrong("needs a name of its own, as in `more.provenance`")),
        },
        other => match (known(&TEXTS, other), known(&TEXT, other), known(&WORD, other)) {
            (Some(field), ..) => Ok(Target::Texts(field, language(1)?)),
            (_, Some(field), _) => Ok(Target::Text(field, language(1)?)),
            (.., Some(field)) => last(Target::Word(field), 1),
            _ => {
                let fields: Vec<&str> = FIELDS
                    .iter()
                    .map(|(field, _)| *field)
                    .filter(|field| !matches!(*field, "parts" | "extra_metadata" | "media_files"))
                    .collect();
                Err(wrong(&format!(
                    "is not a field of a work: write one of `{}`, or `more.NAME`",
                    fields.join("`, `")
                )))
            }
        },
    }
}

/// Whether a segment of a path is a language with an ISO 639 code: a longer one is more likely a misspelled field.
fn is_language(word: &str) -> bool {
    word == NONE || LanguageTag::parse(word).is_some_and(LanguageTag::has_iso_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let reason = text.parse::<Mapping>().unwrap_err().to_string();
        assert!(reason.contains(expected), "{text}: {reason}");
    }

    #[test]
    fn toml_and_json_give_the_same_rules() {
        let toml: Mapping =
            "object_number = 'Nr'\ntitles.da = 'Titel'\ntags.motif = {column='Motiv', split=','}"
                .parse()
                .unwrap();
        let json: Mapping = r#"{"object_number":"Nr","titles":{"da":"Titel"},"tags":{"motif":{"column":"Motiv","split":","}}}"#.parse().unwrap();
        assert_eq!(toml, json);
        assert_eq!(toml.rules.len(), 3);
        assert_eq!(toml.rules[1].split.as_deref(), Some(","));
    }

    #[test]
    fn meaningless_rules_are_refused() {
        refused("titels = 'Titel'", "not a field of a work: write one of `object_number`");
        refused("titles.titel = 'Titel'", "does not end in a language");
        refused("creators.age = 'x'", "\"birth\"");
        refused("tags = 'x'", "scheme");
        refused("titles = 3", "column's name");
        refused("titles = { column = 'a', spilt = ';' }", "`split`");
        refused("more.titles = 'x'", "name of its own");
        refused("titles = [", "mapping");
    }

    #[test]
    fn the_example_has_the_documented_rules() {
        let example: Mapping = include_str!("../../../../config/mapping.toml").parse().unwrap();
        assert!(example.rules.len() > 20);
    }
}
