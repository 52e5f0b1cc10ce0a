//! Reads what a citation says from a work.

use super::line::line;
use super::name::Name;
use super::{Citation, Detail};
use crate::presentation::{View, labels, metadata, plain_text, rights_name};
use crate::record::Text;

/// Creators in a citation; more are not listed by any style.
const MAX_CREATORS: usize = 20;

impl Citation {
    /// The citation of a work, in the publisher's preferred language.
    pub(crate) fn of(view: &View<'_>, detail: Option<Detail>) -> Self {
        let (work, languages) = (view.work, view.publisher.preferred_languages());
        let is_danish = languages.first().is_some_and(|first| first.split('-').next() == Some("da"));
        let language = if is_danish { "da" } else { "en" };
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
        let dimensions = metadata::measures(&work.dimensions, &view.publisher.languages);
        Self {
            number: line(&work.object_number),
            title: work.label().best(&languages).map_or_else(|| line(&work.object_number), line),
            creators: work
                .creators
                .iter()
                .take(MAX_CREATORS)
                .filter_map(|one| Name::of(one, language))
                .collect(),
            date: work
                .production
                .first()
                .and_then(|made| best(&metadata::date(made, &view.publisher.languages))),
            years: work.years(),
            medium,
            dimensions: dimensions.first().and_then(best),
            museum: best(&view.publisher.name),
            url: view.address.work_page(&work.object_number),
            rights: rights(view, &languages, language),
            detail,
            language: language.to_owned(),
        }
    }
}

/// The names of the rights statements.
fn rights(view: &View<'_>, languages: &[&str], language: &str) -> Option<String> {
    let statements = view.work.rights.iter().flat_map(|rights| rights.lines());
    let names: Vec<String> = statements
        .map(|statement| {
            rights_name(statement)
                .and_then(|name| name.best(languages).map(line))
                .unwrap_or_else(|| line(statement))
        })
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() && view.work.public_domain == Some(true) {
        return Some(labels::PUBLIC_DOMAIN.in_language(language).to_owned());
    }
    (!names.is_empty()).then(|| names.join("; "))
}
