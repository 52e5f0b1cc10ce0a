//! Converts rows of tables and JSON records to works by a mapping.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::cells::{MAX_VALUES, raw, values};
use super::fields::{creator, measures, picture, role_of, text, texts};
use super::rules::{Mapping, Rule, Target, target};
use crate::record::read::format::lines::{self, FIELDS};
use crate::record::read::value::json::truth;
use crate::record::read::value::year::{last_year, span, year};
use crate::record::rights::{joined, statement};
use crate::record::{Production, Related, Tag, Text, Title, WithdrawnFlag, Work};

/// The separator between several values in a column that is named after a field.
const SEPARATOR: &str = "|";

/// Converts a JSON record to a work.
pub(in crate::record::read) fn work(record: &Value, mapping: &Mapping) -> Result<Work, String> {
    let fields = record.as_object().ok_or("a record must be an object")?;
    read(fields, mapping, "import:json")
}

/// Converts fields to a work: by the mapping, then by the fields' own names. Other fields are kept as they are.
pub(in crate::record::read) fn read(
    fields: &Map<String, Value>,
    mapping: &Mapping,
    source: &str,
) -> Result<Work, String> {
    let mut draft = Draft::default();
    let mut used = HashSet::new();
    for rule in &mapping.rules {
        if let Some(column) = &rule.column {
            used.insert(own_or_outermost(fields, column));
            if raw(column, fields).into_iter().any(|value| statement(value).is_some()) {
                rule.used.mark();
            }
        }
        draft.apply(rule, fields)?;
    }
    for (name, value) in fields.iter().filter(|(name, _)| !used.contains(name.as_str())) {
        let path: Vec<&str> = name.split('.').collect();
        let field = path[0];
        if let Ok(target) = target(&path).map_err(|_| ())
            && !matches!(value, Value::Object(_))
            && !value.as_array().is_some_and(|all| all.iter().any(Value::is_object))
        {
            let rule =
                Rule { target, column: Some(name.clone()), split: Some(SEPARATOR.into()), ..Rule::default() };
            draft.apply(&rule, fields)?;
        } else if FIELDS.iter().any(|(known, _)| *known == field) {
            draft.whole.insert(name.clone(), value.clone());
        } else if !matches!(value, Value::Null) && value != "" {
            draft.work.more.insert(name.clone(), value.clone());
        }
    }
    draft.finish(mapping.source.as_deref().unwrap_or(source))
}

/// The outermost field in a column's name or path.
fn own_or_outermost<'a>(fields: &Map<String, Value>, column: &'a str) -> &'a str {
    if fields.contains_key(column) { column } else { column.split('.').next().unwrap_or(column) }
}

/// A work under construction.
#[derive(Default)]
struct Draft {
    work: Work,
    tags: BTreeMap<String, Vec<Text>>,
    /// The fields that are already in Tegl's own format.
    whole: Map<String, Value>,
}

impl Draft {
    fn apply(&mut self, rule: &Rule, fields: &Map<String, Value>) -> Result<(), String> {
        if let (Target::More(name), Some(column)) = (&rule.target, &rule.column) {
            if let Some(value) = fields.get(column).filter(|value| !value.is_null() && **value != "") {
                self.work.more.insert(name.clone(), value.clone());
            }
            return Ok(());
        }
        let column = rule.column.as_deref().unwrap_or_default();
        let found = values(rule, fields);
        if found.len() > MAX_VALUES {
            return Err(format!(
                "`{column}` holds more than {MAX_VALUES} values: leave out what is not about the work"
            ));
        }
        let work = &mut self.work;
        let words = found.iter().enumerate().filter_map(|(at, text)| text.best(&[]).map(|word| (at, word)));
        let first = found.iter().find_map(|text| text.best(&[]));
        match &rule.target {
            Target::Number => work.object_number = first.unwrap_or_default().to_owned(),
            Target::Word("rights") => {
                work.rights = joined(work.rights.take().into_iter().chain(rights(rule, fields)));
            }
            Target::Word(field) => {
                let place = match *field {
                    "homepage" => &mut work.homepage,
                    _ => &mut work.modified,
                };
                *place = first.map(str::to_owned).or(place.take());
            }
            Target::PublicDomain => {
                let read = |word: &str| {
                    truth(&Value::from(word))
                        .ok_or_else(|| format!("`{column}` is `{word}`: write `yes` or `no`"))
                };
                // Every one of several flags counts, and an unreadable one is an error.
                if first.is_none()
                    && let Some(value) =
                        raw(column, fields).into_iter().find(|value| statement(value).is_some())
                {
                    return Err(format!("`{column}` is `{value}`: write `yes` or `no`"));
                }
                for word in found.iter().filter_map(|text| text.best(&[])) {
                    let flag = read(word)?;
                    work.public_domain = Some(work.public_domain.unwrap_or(true) && flag);
                }
            }
            Target::Withdrawn => {
                let flags = found.iter().filter_map(|text| text.best(&[])).map(WithdrawnFlag::of_text);
                work.withdrawn = work.withdrawn.take().or(flags.flatten().next());
            }
            Target::Earliest => made(work).earliest = first.and_then(|word| year(&word.into())),
            Target::Latest => made(work).latest = first.and_then(|word| last_year(&word.into())),
            Target::Dating(language) => {
                found.iter().for_each(|text| add(&mut made(work).text, text, language))
            }
            Target::Creator(field) => {
                words.for_each(|(at, word)| creator(entry_at(&mut work.creators, at), field, word))
            }
            Target::Image(field) => words.for_each(|(at, word)| {
                let image = entry_at(&mut work.images, at);
                if let Some(role) = &rule.role {
                    image.role = role_of(role);
                }
                picture(image, field, word);
            }),
            Target::Title(language) if rule.kind.is_some() => {
                for text in found.iter().filter(|text| !text.is_empty()) {
                    let mut title = Title { kind: rule.kind.clone(), ..Title::default() };
                    add(&mut title.text, text, language);
                    work.titles.push(title);
                }
            }
            Target::Title(language) => {
                for (at, text) in found.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                    add(&mut entry_at(&mut work.titles, at).text, text, language);
                }
            }
            Target::Texts(field, language) => add_aligned(texts(work, field), &found, language),
            Target::Tag(scheme, language) => {
                add_aligned(self.tags.entry(scheme.clone()).or_default(), &found, language)
            }
            Target::Text(field, language) => {
                found.iter().for_each(|value| add(text(work, field), value, language))
            }
            Target::Measure(kind) => {
                work.dimensions.extend(words.flat_map(|(_, word)| measures(rule, kind.as_deref(), word)))
            }
            Target::Related(kind) => {
                let kind = kind.clone().or(rule.kind.clone());
                work.related.extend(words.map(|(_, id)| Related {
                    id: id.to_owned(),
                    kind: kind.clone(),
                    ..Related::default()
                }));
            }
            Target::More(name) => {
                work.more.extend(first.map(|value| (name.clone(), value.into())));
            }
        }
        Ok(())
    }

    fn finish(mut self, source: &str) -> Result<Work, String> {
        if !self.whole.is_empty() {
            self.whole.insert("object_number".into(), self.work.object_number.clone().into());
            let whole = lines::work(&Value::Object(std::mem::take(&mut self.whole)).to_string())?;
            self.join(whole);
        }
        let work = &mut self.work;
        for made in work.production.iter_mut().filter(|made| made.earliest.is_none() && made.latest.is_none())
        {
            (made.earliest, made.latest) = made.text.best(&[]).map_or((None, None), span);
        }
        work.production.retain(|made| *made != Production::default());
        work.creators.retain(|creator| !creator.name.is_empty());
        work.images.retain(|image| !image.file.is_empty());
        work.titles.retain(|title| !title.text.is_empty());
        for (scheme, labels) in self.tags {
            let labels = labels.into_iter().filter(|label| !label.is_empty());
            work.tags
                .extend(labels.map(|label| Tag { source: source.to_owned(), ..Tag::new(&scheme, label) }));
        }
        Ok(self.work)
    }

    /// Adds the fields that the record has in Tegl's own format.
    fn join(&mut self, whole: Work) {
        let work = &mut self.work;
        work.titles.extend(whole.titles);
        work.creators.extend(whole.creators);
        work.production.extend(whole.production);
        work.object_type.extend(whole.object_type);
        work.techniques.extend(whole.techniques);
        work.materials.extend(whole.materials);
        work.dimensions.extend(whole.dimensions);
        work.inscriptions.extend(whole.inscriptions);
        work.collections.extend(whole.collections);
        work.description.merge(&whole.description);
        work.department.merge(&whole.department);
        work.credit_line.merge(&whole.credit_line);
        work.location.merge(&whole.location);
        work.related.extend(whole.related);
        work.tags.extend(whole.tags);
        work.extra_metadata.extend(whole.extra_metadata);
        work.images.extend(whole.images);
        work.media_files.extend(whole.media_files);
        work.parts.extend(whole.parts);
        work.rights = joined(work.rights.take().into_iter().chain(whole.rights));
        work.public_domain = match (work.public_domain, whole.public_domain) {
            (Some(own), Some(other)) => Some(own && other),
            (own, other) => own.or(other),
        };
        work.homepage = work.homepage.take().or(whole.homepage);
        work.modified = work.modified.take().or(whole.modified);
        work.withdrawn = work.withdrawn.take().or(whole.withdrawn);
    }
}

/// All rights statements that a rule selects, in whatever form; texts are split as the rule says.
fn rights(rule: &Rule, fields: &Map<String, Value>) -> Option<String> {
    if let Some(value) = &rule.value {
        return Some(value.clone());
    }
    let found =
        raw(rule.column.as_deref()?, fields).into_iter().flat_map(|value| match (value, &rule.split) {
            (Value::String(text), Some(split)) => text.split(split).map(str::to_owned).collect(),
            (value, _) => statement(value).into_iter().collect::<Vec<_>>(),
        });
    joined(found)
}

fn add(text: &mut Text, added: &Text, language: &Option<String>) {
    match language {
        Some(language) => added.iter().for_each(|(_, value)| text.add(language, value)),
        None => text.merge(added),
    }
}

/// Adds values to the texts at the same indices in another language, otherwise appends them.
fn add_aligned(texts: &mut Vec<Text>, found: &[Text], language: &Option<String>) {
    let own = |text: &Text| {
        language.as_deref().map(str::to_owned).or(text.iter().next().map(|(own, _)| own.to_owned()))
    };
    let has_language = |text: &Text, language: &str| text.languages().any(|(known, _)| known == language);
    let append = found
        .iter()
        .zip(texts.iter())
        .any(|(value, text)| own(value).is_some_and(|own| has_language(text, &own)));
    let start = if append { texts.len() } else { 0 };
    for (at, text) in found.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        add(entry_at(texts, start + at), text, language);
    }
}

fn entry_at<T: Default>(all: &mut Vec<T>, at: usize) -> &mut T {
    if all.len() <= at {
        all.resize_with(at + 1, T::default);
    }
    &mut all[at]
}

fn made(work: &mut Work) -> &mut Production {
    entry_at(&mut work.production, 0)
}
