//! The endpoints below `/api/smk/v1`, for programs written for SMK's API.

use std::collections::HashMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::search::{flag_of, search_of};
use super::serializer::Serializer;
use super::{Flag, Known, Number, SmkQuery, envelope, person, select_fields};
use crate::gallery::{Error, Hits};
use crate::iiif::{Invalid, Version};
use crate::presentation::Address;
use crate::record::{Creator, Profile, slug};
use crate::search::{self, IndexedWork, Order, Search, Sort};
use crate::web::App;
use crate::web::api::{json_response, pairs_of};
use crate::web::http::accept::presentation_version;
use crate::web::http::response::Response;

/// Maximum number of people that one request names.
const MAX_IDS: usize = 200;

/// `GET /api/smk/v1/…`, with or without a trailing slash.
pub(crate) async fn answer(app: &App, request: &HttpRequest, rest: &str) -> Result<Response, Error> {
    let pairs: Vec<(String, String)> =
        pairs_of(request.query_string()).map(|(name, value)| (name.into_owned(), value)).collect();
    match rest.trim_end_matches('/') {
        "art/search" => art_search(app, request, &SmkQuery::parse(&pairs)?).await,
        "art" => art(app, request, &SmkQuery::parse(&pairs)?).await,
        "art/all_ids" => all_ids(app, request).await,
        "person/search" => people(app, request, &pairs, true).await,
        "person" => people(app, request, &pairs, false).await,
        "iiif/manifest" => manifest(app, request, &pairs).await,
        _ => Err(Error::NotFound),
    }
}

/// `/art/search`.
async fn art_search(app: &App, request: &HttpRequest, query: &SmkQuery) -> Result<Response, Error> {
    let service = app.gallery.search()?;
    let snapshot = service.snapshot()?;
    let search = search_of(query, &snapshot);
    let hits = service.find(search.clone()).await?;
    let mut facets = Vec::new();
    for field in &query.facets {
        let values = match field.known {
            Known::Facet(scheme) => counted(&hits, scheme, query.lang),
            Known::Rights => counted(&hits, "rights", query.lang),
            Known::Flag(flag) => flagged(app, &search, flag, hits.found.total).await?,
            _ => Vec::new(),
        };
        facets.push((field.name.to_owned(), values));
    }
    page(app, request, query, hits, facets).await
}

/// `/art`: works by their object numbers.
async fn art(app: &App, request: &HttpRequest, query: &SmkQuery) -> Result<Response, Error> {
    if query.object_numbers.is_empty() {
        let reason = "is missing: name a work, as in `?object_number=KMS1`";
        return Err(Invalid::new("object_number", "", reason).into());
    }
    let service = app.gallery.search()?;
    let mut numbers = Vec::new();
    for Number { whole, parts } in &query.object_numbers {
        let search = Search { numbers: vec![vec![whole.clone()]], limit: 0, ..Search::default() };
        match service.find(search).await?.found.total {
            0 => numbers.extend(parts.iter().cloned()),
            _ => numbers.push(whole.clone()),
        }
    }
    let numbers = vec![numbers];
    let order = Order { sort: Sort::Number, backwards: false };
    let rows = query.rows as usize;
    let search =
        Search { numbers, order, offset: query.offset as usize, limit: rows.max(1), ..Search::default() };
    let hits = service.find(search).await?;
    page(app, request, query, hits, Vec::new()).await
}

/// `/person/search` and `/person?id=…`: creators with their works.
async fn people(
    app: &App,
    request: &HttpRequest,
    pairs: &[(String, String)],
    searched: bool,
) -> Result<Response, Error> {
    let query = SmkQuery::parse(pairs)?;
    if let Some((name, value)) =
        pairs.iter().find(|(name, value)| matches!(name.as_str(), "filters" | "range") && !value.is_empty())
    {
        let name = if name == "range" { "range" } else { "filters" };
        return Err(Invalid::new(name, value, "is not supported for people: use `keys` or `id`").into());
    }
    let ids = pairs.iter().filter(|(name, _)| name == "id").flat_map(|(_, ids)| ids.split(','));
    let ids: Vec<String> = ids.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() && !searched {
        return Err(Invalid::new("id", "", "is missing: name a person, as in `?id=1180000107_person`").into());
    }
    if ids.len() > MAX_IDS {
        return Err(Invalid::new(
            "id",
            "",
            format!("names more than {MAX_IDS} people: the maximum is {MAX_IDS}"),
        )
        .into());
    }
    let service = app.gallery.search()?;
    let snapshot = service.snapshot()?;
    let mut chosen: Vec<u32> = Vec::new();
    if ids.is_empty() {
        let (own, keys) = (snapshot.clone(), query.keys.clone().unwrap_or_default());
        let named = service.query(move || Ok(own.values_named("creator", &keys))).await?;
        chosen.extend(named.into_iter().map(|(number, _)| number));
    }
    for id in ids {
        let search = Search {
            numbers: vec![vec![format!("{}{id}", search::CREATOR_ID_PREFIX)]],
            limit: 1,
            ..Search::default()
        };
        let hits = service.find(search).await?;
        let mut name = slug(&id);
        if let Some(place) = hits.found.hits.first() {
            let work = hits.snapshot.stored(*place)?.work();
            let is = |creator: &&Creator| {
                creator.id.as_ref().is_some_and(|own| own.to_lowercase() == id.to_lowercase())
            };
            let creator = work.as_ref().and_then(|work| work.creators.iter().find(is));
            name = creator.map_or(name, |creator| slug(&creator.name));
        }
        let number = snapshot.vocabulary().find("creator", &name);
        chosen.extend(number.filter(|&number| snapshot.work_count(number) > 0 && !chosen.contains(&number)));
    }
    let found = chosen.len() as u64;
    let (offset, rows, fields) = (query.offset, query.rows, query.fields);
    let shown: Vec<u32> = chosen.into_iter().skip(offset as usize).take(rows as usize).collect();
    let serialize = move || {
        let mut items = Vec::with_capacity(shown.len());
        for (number, holders) in shown.iter().zip(snapshot.works_with_values(&shown)?) {
            let value = snapshot.vocabulary().value(*number).map(|term| term.value.clone());
            let statements = snapshot.statements_about(&value.unwrap_or_default())?;
            if !statements.is_empty() {
                let creator = Profile::new(&statements, None).creator();
                items.push(select_fields(person(&creator, holders), &fields));
            }
        }
        Ok(envelope(offset, rows, found, items, Vec::new()).to_string())
    };
    let body = service.query(serialize).await?;
    Ok(json_response(request, body).await.into())
}

/// `/art/all_ids`: every object number.
async fn all_ids(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let service = app.gallery.search()?;
    let snapshot = service.snapshot()?;
    let numbers = service.numbers(&snapshot, 0, usize::MAX).await?;
    let numbers: Vec<String> = numbers.into_iter().map(|(number, _)| number).collect();
    Ok(json_response(request, json!({ "objectIDs": numbers }).to_string()).await.into())
}

/// `/iiif/manifest?id=…`, or `?object_number=…`: redirects to the work's manifest in the requested version, by default
/// version 2, which programs written for SMK's API read.
async fn manifest(app: &App, request: &HttpRequest, pairs: &[(String, String)]) -> Result<Response, Error> {
    let parameter = |key: &str| pairs.iter().find(|(name, value)| name == key && !value.trim().is_empty());
    let Some((_, id)) = parameter("id").or_else(|| parameter("object_number")) else {
        return Err(Invalid::new("id", "", "is missing: name a work, as in `?id=KMS1`").into());
    };
    let id = id.trim();
    let numbers = vec![id.to_owned(), format!("{}{id}", search::SOURCE_ID_PREFIX)];
    let search = Search { numbers: vec![numbers], limit: 1, ..Search::default() };
    let hits = app.gallery.search()?.find(search).await?;
    let place = hits.found.hits.first().ok_or(Error::NotFound)?;
    let number = hits.snapshot.stored(*place)?.number();
    let address = Address::new(&app.base.of(request)?);
    let version = presentation_version(request).unwrap_or(Version::V2);
    let mut response = HttpResponse::Found();
    response.insert_header((header::LOCATION, address.manifest(version, &number)));
    Ok(response.insert_header((header::VARY, "Accept")).finish().into())
}

/// A scheme's values as SMK writes them, with their numbers of works; values with equal names are merged.
fn counted(hits: &Hits, scheme: &str, lang: Option<&str>) -> Vec<(String, u64)> {
    let vocabulary = hits.snapshot.vocabulary();
    let Some((_, values)) = hits.found.facets.iter().find(|(known, _)| known == scheme) else {
        return Vec::new();
    };
    let mut output: Vec<(String, u64)> = Vec::with_capacity(values.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for (number, works) in values {
        let Some(term) = vocabulary.value(*number) else { continue };
        let label = term.label.best(&[lang.unwrap_or("da")]);
        let name = term.inverted.as_deref().or(label).unwrap_or(&term.value);
        match places.get(name).and_then(|&place| output.get_mut(place)) {
            Some((_, count)) => *count += works,
            None => {
                places.insert(name.to_owned(), output.len());
                output.push((name.to_owned(), *works));
            }
        }
    }
    output.sort_by_key(|(_, works)| std::cmp::Reverse(*works));
    output
}

async fn flagged(app: &App, search: &Search, flag: Flag, total: u64) -> Result<Vec<(String, u64)>, Error> {
    let mut with = Search { limit: 0, facets: Vec::new(), ..search.clone() };
    let query = flag_of(&mut with, flag);
    let yes = match query {
        Some(true) => total,
        Some(false) => 0,
        None => {
            *query = Some(true);
            app.gallery.search()?.find(with).await?.found.total
        }
    };
    let both = [("true".to_owned(), yes), ("false".to_owned(), total - yes.min(total))];
    Ok(both.into_iter().filter(|(_, works)| *works > 0).collect())
}

/// The works of a page as SMK records in their envelope. Serialized on a blocking thread, because there may be
/// thousands.
async fn page(
    app: &App,
    request: &HttpRequest,
    query: &SmkQuery,
    hits: Hits,
    facets: Vec<(String, Vec<(String, u64)>)>,
) -> Result<Response, Error> {
    let service = app.gallery.search()?;
    let corrected = hits.found.corrected.clone().zip(query.keys.clone());
    let read = move || {
        let stored = hits.found.hits.iter().map(|place| hits.snapshot.stored(*place));
        Ok((stored.collect::<Result<Vec<IndexedWork>, search::Error>>()?, hits.found.total))
    };
    let (stored, total) = service.query(read).await?;
    let numbers = stored.iter().map(IndexedWork::number).collect();
    let originals = app.gallery.works.original_records(numbers).await?;
    let serializer = Serializer {
        gallery: app.gallery.clone(),
        address: Address::new(&app.base.of(request)?),
        lang: query.lang,
    };
    let (fields, offset, rows) = (query.fields.clone(), query.offset, query.rows);
    let serialize = move || {
        let output = stored.iter().filter_map(|stored| {
            let original = originals.get(&stored.number());
            let original = original.and_then(|text| serde_json::from_str(text).ok());
            Some(select_fields(serializer.item(stored, original.as_ref())?, &fields))
        });
        let mut response = envelope(offset, rows, total, output.collect(), facets);
        if let Some((corrected, typed)) = corrected {
            response["corrections"] = json!({ typed.to_lowercase(): [corrected] });
        }
        Ok(response.to_string())
    };
    let body = service.query(serialize).await?;
    Ok(json_response(request, body).await.into())
}
