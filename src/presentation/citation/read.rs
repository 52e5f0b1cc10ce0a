//! Reads what a citation says from a work.

use super::line::line;
use super::name::Name;
use super::{Citation, Detail, Words};
use crate::presentation::labels::{self, LANGUAGES, Label};
use crate::presentation::{View, metadata, plain_text};
use crate::record::Text;

/// Creators in a citation; more are not listed by any style.
const MAX_CREATORS: usize = 20;

impl Citation {
    /// The citation of a work, in the publisher's preferred language.
    pub(crate) fn of(view: &View<'_>, detail: Option<Detail>) -> Self {
        let (work, languages) = (view.work, view.publisher.preferred_languages());
        let first = languages.first().and_then(|first| first.split('-').next()).unwrap_or_default();
        let has_words = LANGUAGES.contains(&first) || view.publisher.own_labels.of(first).is_some();
        let language = if has_words { first } else { "en" };
        let word = |label| view.publisher.word(label, language);
        let best = |text: &Text| {
            text.best(&languages).map(|text| line(&plain_text(text))).filter(|text| !text.is_empty())
        };
        let all = |texts: &[Text]| {
            let texts: Vec<String> = texts.iter().filter_map(best).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        };
        let medium = match (all(&work.techniques), all(&work.materials)) {
            (Some(technique), Some(material)) if !technique.contains(&material) => {
                Some(format!("{technique}, {material}"))
            }
            (technique, material) => technique.or(material).or_else(|| all(&work.object_type)),
        };
        let dimensions = metadata::measures(&work.dimensions, view.publisher);
        Self {
            number: line(&work.object_number),
            title: work.label().best(&languages).map_or_else(|| line(&work.object_number), line),
            creators: work.creators.iter().take(MAX_CREATORS).filter_map(|one| Name::of(one, word)).collect(),
            date: work.production.first().and_then(|made| best(&metadata::date(made, view.publisher))),
            years: work.years(),
            medium,
            dimensions: dimensions.first().and_then(best),
            museum: best(&view.publisher.name),
            url: view.address.work_page(&work.object_number),
            rights: rights(view, &languages, word),
            detail,
            language: language.to_owned(),
            words: Words::of(word),
        }
    }
}

/// The names of the rights statements.
fn rights(view: &View<'_>, languages: &[&str], word: impl Fn(Label) -> &'static str) -> Option<String> {
    let statements = view.work.rights.iter().flat_map(|rights| rights.lines());
    let names: Vec<String> = statements
        .map(|statement| {
            view.publisher
                .rights_name(statement)
                .and_then(|name| name.best(languages).map(line))
                .unwrap_or_else(|| line(statement))
        })
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() && view.work.public_domain == Some(true) {
        return Some(word(labels::PUBLIC_DOMAIN).to_owned());
    }
    (!names.is_empty()).then(|| names.join("; "))
}
