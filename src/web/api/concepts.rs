//! `GET /api/v1/concepts` and `/api/v1/concepts/{concept}`: the concepts of imported vocabularies.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::parameters::{OF_CREATOR, of_concepts};
use super::query::ApiQuery;
use super::responses::{self, Concept, ConceptLink, ConceptOfWork, Label, Url, as_json};
use super::works::{json_response, values};
use crate::gallery::Error;
use crate::presentation::Address;
use crate::record::{NONE, Tag, Text, Work, facets};
use crate::search::{Concepts, KnownConcept};
use crate::web::App;
use crate::web::http::accept::{JsonKind, preferred_json};
use crate::web::http::document::Document;
use crate::web::http::response::Response;

/// The maximum number of narrower concepts that are listed.
const MAX_NARROWER: usize = 1000;

fn label(text: &Text, lang: Option<&str>) -> Label {
    match lang {
        Some(lang) => Label::One(text.best(&[lang]).map(str::to_owned)),
        None => Label::All(text.clone()),
    }
}

fn link(address: &Address, concept: &KnownConcept, lang: Option<&str>) -> ConceptLink {
    ConceptLink {
        id: Url(address.concept(&concept.id())),
        label: label(&concept.pref_label, lang),
        uri: concept.uri.clone(),
    }
}

/// The list, page by page.
pub(super) async fn list(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let (service, table) = (app.gallery.search()?, of_concepts());
    let query = ApiQuery::read(&table, request.query_string())?;
    let (concepts, typed) = (service.concepts(), query.text("q").unwrap_or_default().to_owned());
    let own = concepts.clone();
    let mut found = match query.text("uri").filter(|uri| !uri.is_empty()) {
        Some(uri) => concepts.find(uri).into_iter().collect(),
        None => service.query(move || Ok(own.beginning_with(&typed))).await?,
    };
    let given = |name| query.text(name).filter(|value| !value.is_empty());
    let (scheme, vocabulary) = (given("in_scheme"), given("vocabulary"));
    let has = |names: &[String], wanted: Option<&str>| {
        wanted.is_none_or(|name| names.iter().any(|own| own == name))
    };
    found.retain(|&place| {
        concepts
            .get(place)
            .is_some_and(|concept| has(&concept.schemes, scheme) && has(&concept.vocabularies, vocabulary))
    });
    let (start, limit) =
        (query.integer("start").unwrap_or(0) as usize, query.integer("limit").unwrap_or(20) as usize);
    let address = Address::new(&app.base.of(request)?);
    let total = found.len();
    let next = (limit > 0 && start.saturating_add(limit) < total).then(|| {
        let same = query.canonical(&["start"]);
        let joint = if same.is_empty() { "" } else { "&" };
        Url(format!("{}/api/v1/concepts?{same}{joint}start={}", address.base(), start + limit))
    });
    let page = found.into_iter().skip(start).take(limit).filter_map(|place| concepts.get(place));
    let page = page.map(|concept| link(&address, concept, query.text("lang"))).collect();
    Ok(json_response(request, as_json(&responses::Concepts { concepts: page, next, total })).await.into())
}

/// One concept, as JSON or as JSON-LD.
pub(super) async fn one(app: &App, request: &HttpRequest, concept: &str) -> Result<Response, Error> {
    let query = ApiQuery::read(&OF_CREATOR, request.query_string())?;
    let name = percent_encoding::percent_decode_str(concept).decode_utf8_lossy();
    let service = app.gallery.search()?;
    let concepts = service.concepts();
    let place = concepts.find(&name).ok_or(Error::NotFound)?;
    let concept = concepts.get(place).ok_or(Error::NotFound)?;
    let (broader, narrower) = (listed(&concepts, &concept.broader), listed(&concepts, &concept.narrower));
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept, Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    if preferred_json(request) == Some(JsonKind::Linked) {
        let body = linked(concept, &broader, &narrower).to_string();
        return Ok(Document::new(body).respond(request, "application/ld+json", response).into());
    }
    let (address, lang) = (Address::new(&app.base.of(request)?), query.text("lang"));
    let snapshot = service.snapshot()?;
    let own = snapshot.clone();
    let numbers = service.query(move || Ok(own.values_of_concepts(&[place], None))).await?;
    let counted = numbers.into_iter().map(|number| (number, snapshot.work_count(number), None));
    let links =
        |concepts: &[&KnownConcept]| concepts.iter().map(|concept| link(&address, concept, lang)).collect();
    let published = Concept {
        alt_label: label(&concept.alt_label, lang),
        broader: links(&broader),
        exact_match: concept.exact_match.clone(),
        id: Url(address.concept(&concept.id())),
        narrower: links(&narrower),
        notation: concept.notation.clone(),
        pref_label: label(&concept.pref_label, lang),
        schemes: concept.schemes.clone(),
        terms: values(&snapshot, &address, counted, lang),
        uri: concept.uri.clone(),
        vocabularies: concept.vocabularies.clone(),
    };
    Ok(Document::new(as_json(&published)).respond(request, "application/json", response).into())
}

/// A concept in the vocabulary of SKOS, with those directly above and below it.
pub(crate) fn linked_concept(concepts: &Concepts, concept: &KnownConcept) -> Value {
    linked(concept, &listed(concepts, &concept.broader), &listed(concepts, &concept.narrower))
}

fn listed<'a>(concepts: &'a Concepts, places: &[u32]) -> Vec<&'a KnownConcept> {
    places.iter().take(MAX_NARROWER).filter_map(|&place| concepts.get(place)).collect()
}

fn linked(concept: &KnownConcept, broader: &[&KnownConcept], narrower: &[&KnownConcept]) -> Value {
    let labels = |text: &Text| -> Value {
        let label = |(language, value): (&str, &str)| match language {
            NONE => json!({ "@value": value }),
            language => json!({ "@language": language, "@value": value }),
        };
        text.iter().map(label).collect()
    };
    let uris = |uris: &mut dyn Iterator<Item = &String>| -> Value {
        uris.map(|uri| json!({ "@id": uri })).collect()
    };
    json!({
        "@context": { "skos": "http://www.w3.org/2004/02/skos/core#" },
        "@id": concept.uri,
        "@type": "skos:Concept",
        "skos:prefLabel": labels(&concept.pref_label),
        "skos:altLabel": labels(&concept.alt_label),
        "skos:notation": concept.notation,
        "skos:broader": uris(&mut broader.iter().map(|concept| &concept.uri)),
        "skos:narrower": uris(&mut narrower.iter().map(|concept| &concept.uri)),
        "skos:exactMatch": uris(&mut concept.exact_match.iter()),
        "skos:inScheme": uris(&mut concept.schemes.iter()),
    })
}

/// The concepts that the values of a work mean.
pub(super) fn concepts_of(app: &App, work: &Work, tags: &[Tag]) -> Vec<ConceptOfWork> {
    let Ok(service) = app.gallery.search() else { return Vec::new() };
    let concepts = service.concepts();
    let meant = facets(work, tags).into_iter().filter_map(|facet| {
        let uri = concepts.concept_uri(&facet.scheme, &facet.value, &facet.label)?.to_owned();
        Some(ConceptOfWork { filter: format!("{}:{}", facet.scheme, facet.value), uri })
    });
    meant.collect()
}

/// The URIs of the concepts that the values of a work mean.
pub(crate) fn uris_of_concepts(app: &App, work: &Work, tags: &[Tag]) -> Vec<String> {
    concepts_of(app, work, tags).into_iter().map(|meant| meant.uri).collect()
}
