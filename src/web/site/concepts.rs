//! The pages about concepts of imported vocabularies.

use actix_web::HttpRequest;

use super::authority::authority;
use super::search::results::hit;
use super::visit::{Visit, encoded};
use crate::gallery::Error;
use crate::presentation::{Address, http_uri};
use crate::record::{NONE, Text};
use crate::search::{Concepts, Filter, KnownConcept, Search, Snapshot};
use crate::web::App;
use crate::web::api::{linked_concept, pairs_of, query_of, uris_of_concepts};
use crate::web::pages::{self, AuthorityList, ConceptPage, Link};

/// Concepts on one page, and the maximum number of narrower ones.
const PAGE: usize = 200;
/// Works on the page of a concept.
const WORKS: usize = 48;
/// The longest term to find, in characters.
const MAX_TYPED: usize = 100;

/// The list, by the beginnings of words of labels in `q`, from the place `start` on; without `q` the concepts that have
/// none above them.
pub(super) async fn list(app: &App, request: &HttpRequest, visit: &Visit) -> Result<String, Error> {
    let service = app.gallery.search()?;
    let concepts = service.concepts();
    let parameter = |name: &str| pairs_of(request.query_string()).find(|(known, _)| known == name);
    let typed = parameter("q").map(|(_, value)| value).unwrap_or_default();
    let typed: String = typed.trim().chars().take(MAX_TYPED).collect();
    let start = parameter("start").and_then(|(_, start)| start.parse().ok()).unwrap_or(0usize);
    let (own, words) = (concepts.clone(), typed.clone());
    let preferred: Vec<String> =
        visit.publisher.preferred_languages().iter().map(|language| (*language).to_string()).collect();
    let found = service
        .query(move || {
            let preferred: Vec<&str> = preferred.iter().map(String::as_str).collect();
            let mut found = own.beginning_with(&words);
            if words.is_empty() {
                found.retain(|&place| own.get(place).is_some_and(|concept| concept.broader.is_empty()));
            }
            found.sort_by_cached_key(|&place| {
                own.get(place).map(|concept| name(concept, &preferred).to_lowercase())
            });
            Ok(found)
        })
        .await?;
    let total = found.len();
    let next = (start.saturating_add(PAGE) < total).then(|| {
        let place = (start + PAGE).to_string();
        let pairs = [("q", typed.as_str()), ("start", place.as_str())];
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        visit.context.page(&format!("/concepts?{}", query_of(given)))
    });
    let places: Vec<u32> = found.into_iter().skip(start).take(PAGE).collect();
    let page = AuthorityList { links: links(visit, &concepts, &places), total: total as u64, next, typed };
    Ok(pages::concepts(&visit.context, &page))
}

/// One concept.
pub(super) async fn one(app: &App, request: &HttpRequest, visit: &Visit, id: &str) -> Result<String, Error> {
    let service = app.gallery.search()?;
    let concepts = service.concepts();
    let place = concepts.find(id).ok_or(Error::NotFound)?;
    let concept = concepts.get(place).ok_or(Error::NotFound)?;
    let snapshot = service.snapshot()?;
    let own = snapshot.clone();
    let numbers = service.query(move || Ok(own.values_of_concepts(&[place], None))).await?;
    let filters = filters(&snapshot, &numbers);
    let terms = filters.iter().zip(&numbers).filter_map(|(filter, &number)| {
        let vocabulary = snapshot.vocabulary();
        let value = vocabulary.value(number)?;
        Some(Link {
            label: value
                .label
                .best(&visit.publisher.preferred_languages())
                .unwrap_or(&value.value)
                .to_owned(),
            href: visit.search_for(&[(&filter.scheme, &filter.value)]),
            count: Some(snapshot.work_count(number)),
            ..Link::default()
        })
    });
    let terms: Vec<Link> = terms.take(PAGE).collect();
    let (mut works, mut hits) = (0, Vec::new());
    if !filters.is_empty() {
        let found = service.find(Search { each: vec![filters], limit: WORKS, ..Search::default() }).await?;
        works = found.found.total;
        for place in &found.found.hits {
            hits.extend(hit(app, visit, &found.snapshot.stored(*place)?));
        }
    }
    let address = Address::new(&app.base.of(request)?);
    let preferred = visit.publisher.preferred_languages();
    let label = name(concept, &preferred);
    let others = |text: &Text| -> Vec<(String, String)> {
        let differs = |(_, other): &(&str, &str)| *other != label;
        let tag = |language: &str| if language == NONE { String::new() } else { language.to_owned() };
        text.iter().filter(differs).map(|(language, other)| (tag(language), other.to_owned())).collect()
    };
    let elsewhere = std::iter::once(&concept.uri).chain(&concept.exact_match).filter_map(|uri| {
        let href = http_uri(uri)?;
        Some(Link { label: authority(uri).unwrap_or(uri).to_owned(), href, ..Link::default() })
    });
    let page = ConceptPage {
        labels: [others(&concept.pref_label), others(&concept.alt_label)].concat(),
        notation: concept.notation.clone(),
        broader: links(visit, &concepts, &concept.broader),
        narrower: sorted(links(visit, &concepts, &concept.narrower)),
        elsewhere: elsewhere.collect(),
        vocabularies: concept.vocabularies.clone(),
        terms,
        works,
        hits,
        record: address.concept(&concept.id()),
        url: address.concept_page(&concept.id()),
        json_ld: linked_concept(&concepts, concept),
        name: label.to_owned(),
    };
    Ok(pages::concept(&visit.context, &page))
}

/// The concepts that the terms of a work mean, each linked to its page.
pub(super) fn of_work(
    app: &App,
    visit: &Visit,
    work: &crate::record::Work,
    tags: &[crate::record::Tag],
) -> Vec<Link> {
    let Ok(service) = app.gallery.search() else { return Vec::new() };
    let concepts = service.concepts();
    let mut places: Vec<u32> =
        uris_of_concepts(app, work, tags).iter().filter_map(|uri| concepts.find(uri)).collect();
    places.sort_unstable();
    places.dedup();
    sorted(links(visit, &concepts, &places))
}

/// The label of a concept in the visitor's language.
fn name<'a>(concept: &'a KnownConcept, preferred: &[&str]) -> &'a str {
    concept.pref_label.best(preferred).unwrap_or(&concept.uri)
}

/// Links to the pages of concepts.
fn links(visit: &Visit, concepts: &Concepts, places: &[u32]) -> Vec<Link> {
    let preferred = visit.publisher.preferred_languages();
    let known = places.iter().take(PAGE).filter_map(|&place| concepts.get(place));
    let link = |concept: &KnownConcept| Link {
        label: name(concept, &preferred).to_owned(),
        href: visit.context.page(&format!("/concepts/{}", encoded(&concept.id()))),
        ..Link::default()
    };
    known.map(link).collect()
}

fn sorted(mut links: Vec<Link>) -> Vec<Link> {
    links.sort_by_cached_key(|link| link.label.to_lowercase());
    links
}

/// The filters for these facet values.
fn filters(snapshot: &Snapshot, numbers: &[u32]) -> Vec<Filter> {
    let vocabulary = snapshot.vocabulary();
    let values = numbers.iter().filter_map(|&number| vocabulary.value(number));
    values.map(|value| Filter { scheme: value.scheme.clone(), value: value.value.clone() }).collect()
}
