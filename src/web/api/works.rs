//! Endpoints for searching works: list, random, suggestions, creators and tags.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::fields::chosen;
use super::parameters::{of_random, of_suggest, of_terms};
use super::query::{ApiQuery, query_of, quoted};
use super::responses::{
    self, Creators, Label, Period, Scheme, Schemes, Spliced, SuggestionKind, Suggestions, Term, Url, Values,
    Works, as_json, spliced,
};
use super::serializer::{WorkSerializer, term};
use crate::gallery::{Error, Hits};
use crate::iiif::{Invalid, Version};
use crate::presentation::Address;
use crate::search::{
    Background, Colour, Cursor, FacetMode, Filter, Order, Search, Snapshot, Sort, Suggestion, VisualMeasure,
    WeightedColour,
};
use crate::web::App;
use crate::web::http::document::Document;
use crate::web::http::response::Response;

/// The search of a query.
pub(crate) fn search_of(query: &ApiQuery<'_>, snapshot: &Snapshot) -> Result<Search, Error> {
    let known = |parameter, scheme: &str| known(snapshot, parameter, scheme);
    let filters = |name: &'static str| -> Result<Vec<Filter>, Invalid> {
        let read = |value: &str| {
            let (scheme, value) = value.split_once(':').unwrap_or((value, ""));
            known(name, scheme)?;
            if scheme == "colour" && Colour::parse(value).is_some() {
                let reason =
                    format!("is a single colour, but values are names of colours: use `colour={value}`");
                return Err(Invalid::new(name, value, reason));
            }
            Ok(Filter { scheme: scheme.to_owned(), value: value.to_owned() })
        };
        query.all(name).map(read).collect()
    };
    let mut facets: Vec<String> = Vec::new();
    for scheme in query.all("facet") {
        known("facet", scheme)?;
        if !facets.iter().any(|known| known == scheme) {
            facets.push(scheme.to_owned());
        }
    }
    let least = |name: &str| query.integer(name).map(|least| (least, u64::MAX));
    let usual = Search::default();
    Ok(Search {
        q: query.text("q").unwrap_or_default().to_owned(),
        any: filters("any")?,
        all: filters("all")?,
        none: filters("none")?,
        years: query.years("years"),
        has_image: query.flag("has_image"),
        public_domain: query.flag("public_domain"),
        width: least("min_width"),
        height: least("min_height"),
        visual_measures: VisualMeasure::ALL.map(|measure| query.range(measure.name())),
        background: query.text("background").and_then(Background::parse),
        colours: query.all("colour").filter_map(WeightedColour::parse).collect(),
        colour_distance: query
            .decimal("colour_distance")
            .map_or(usual.colour_distance, |distance| distance as f32),
        order: query.text("sort").and_then(Order::parse).unwrap_or_default(),
        facets,
        facet_mode: query.text("facet_mode").and_then(FacetMode::parse).unwrap_or_default(),
        facet_limit: query.integer("facet_limit").map_or(usual.facet_limit, |limit| limit as usize),
        histogram: query.text("histogram").and_then(|years| years.parse().ok()),
        limit: query.integer("limit").map_or(usual.limit, |limit| limit as usize),
        cursor: query.text("cursor").filter(|text| !text.is_empty()).map(Cursor::decode).transpose()?,
        ..usual
    })
}

/// Rejects a scheme that no work has.
fn known(snapshot: &Snapshot, parameter: &'static str, scheme: &str) -> Result<(), Invalid> {
    let schemes = snapshot.schemes();
    match schemes.iter().any(|known| known == scheme) {
        true => Ok(()),
        false => {
            let reason = format!("is not a known scheme; known schemes are {}", quoted(schemes.iter()));
            Err(Invalid::new(parameter, scheme, reason))
        }
    }
}

/// `GET /api/v1/works`.
pub(super) async fn list(app: &App, request: &HttpRequest, query: &ApiQuery<'_>) -> Result<Response, Error> {
    let search_service = app.gallery.search()?;
    let snapshot = search_service.snapshot()?;
    let search = match search_of(query, &snapshot) {
        // An invalid cursor is a page that does not exist.
        Err(Error::Invalid(invalid)) if invalid.parameter == "cursor" => return Err(Error::NoPage(invalid)),
        search => search?,
    };
    let limit = search.limit;
    let hits = match search_service.find(search).await {
        Err(Error::Invalid(invalid)) if invalid.parameter == "cursor" => return Err(Error::NoPage(invalid)),
        hits => hits?,
    };
    let address = Address::new(&app.base.of(request)?);
    let serializer = serializer(app, &address, query)?;
    let same = query.canonical(&["cursor"]);
    let cursor = hits.found.next.as_ref().map(Cursor::encode);
    let next = cursor.as_ref().map(|cursor| {
        let joint = if same.is_empty() { "" } else { "&" };
        Url(format!("{}/api/v1/works?{same}{joint}cursor={cursor}", address.base()))
    });
    let collection = query.canonical(&[
        "cursor",
        "limit",
        "facet",
        "facet_mode",
        "facet_limit",
        "histogram",
        "fields",
        "lang",
    ]);
    let page = Works {
        collection: Some(Url(address.search_collection(Version::V3, &collection))),
        corrected: hits.found.corrected.as_deref(),
        cursor,
        facets: query.text("facet").is_some().then(|| facets(&hits, query.text("lang"))),
        histogram: query.text("histogram").is_some().then(|| histogram(&hits)),
        limit: Some(limit),
        next,
        relaxed: hits.found.relaxed.then_some(true),
        total: hits.found.total,
        works: Spliced::default(),
    };
    let works = hits.found.hits.iter();
    let works = works.map(|place| Ok::<_, Error>(serializer.work(&hits.snapshot.stored(*place)?)));
    let body = spliced(&page, works)?;
    let note = if hits.known { "hit" } else { "made" };
    Ok(Response { response: json_response(request, body).await, note })
}

/// `GET /api/v1/random`: random works among the results of a search.
pub(super) async fn random(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let search_service = app.gallery.search()?;
    let table = of_random();
    let query = ApiQuery::read(&table, request.query_string())?;
    let known = search_service.snapshot()?;
    let mut search = search_of(&query, &known)?;
    let wanted = query.integer("limit").unwrap_or(1) as usize;
    // Results are ordered by number, and each draw picks one of them by position.
    search.order = Order { sort: Sort::Number, backwards: false };
    search.limit = 0;
    let hits = search_service.find(search.clone()).await?;
    let (snapshot, total) = (hits.snapshot.clone(), hits.found.total);
    let mut drawn: Vec<usize> = draw(total, wanted).into_iter().map(|at| at as usize).collect();
    drawn.sort_unstable();
    let addresses = search_service.addresses_at(&hits.snapshot, search, drawn).await?;
    let address = Address::new(&app.base.of(request)?);
    let serializer = serializer(app, &address, &query)?;
    let works =
        addresses.into_iter().map(|address| Ok::<_, Error>(serializer.work(&snapshot.stored(address)?)));
    let body = spliced(&Works { total, ..Works::default() }, works)?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(response.content_type("application/json").body(body).into())
}

/// Distinct random numbers below `total`.
fn draw(total: u64, wanted: usize) -> Vec<u64> {
    use std::hash::{BuildHasher, RandomState};
    let chance = RandomState::new();
    let mut drawn: Vec<u64> = Vec::new();
    for at in 0.. {
        if drawn.len() as u64 >= total.min(wanted as u64) {
            break;
        }
        let number = chance.hash_one(at as u64) % total;
        if !drawn.contains(&number) {
            drawn.push(number);
        }
    }
    drawn
}

/// `GET /api/v1/suggest`.
pub(super) async fn suggest(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let search_service = app.gallery.search()?;
    let table = of_suggest();
    let query = ApiQuery::read(&table, request.query_string())?;
    let typed = query.text("q").unwrap_or_default().to_owned();
    let limit = query.integer("limit").map_or(10, |limit| limit as usize);
    let snapshot = search_service.snapshot()?;
    let found = search_service.suggest(&snapshot, typed, limit).await?;
    let address = Address::new(&app.base.of(request)?);
    let output = suggestions(&snapshot, &address, found, query.text("lang"));
    Ok(json_response(request, as_json(&output)).await.into())
}

fn suggestions(
    snapshot: &Snapshot,
    address: &Address,
    found: Vec<Suggestion>,
    lang: Option<&str>,
) -> Suggestions {
    let vocabulary = snapshot.vocabulary();
    let suggestions = found.into_iter().filter_map(|suggestion| match suggestion {
        Suggestion::Value { number, works } => {
            Some(responses::Suggestion::of_value(term(vocabulary.value(number)?, works, lang)))
        }
        Suggestion::Work { object_number, title } => Some(responses::Suggestion {
            id: Some(Url(address.record(&object_number))),
            kind: SuggestionKind::Work,
            label: match lang {
                Some(lang) => Label::One(title.best(&[lang]).map(str::to_owned)),
                None => Label::All(title),
            },
            manifest: Some(Url(address.manifest(Version::V3, &object_number))),
            object_number: Some(object_number),
            colour: None,
            filter: None,
            scheme: None,
            value: None,
            works: None,
        }),
    });
    Suggestions { suggestions: suggestions.collect() }
}

/// `GET /api/v1/creators` and `GET /api/v1/tags/{scheme}`: the values of a scheme, or those below one in its tree.
pub(super) async fn terms(
    app: &App,
    request: &HttpRequest,
    scheme: &str,
    tree: bool,
) -> Result<Response, Error> {
    let search_service = app.gallery.search()?;
    let table = of_terms(tree);
    let query = ApiQuery::read(&table, request.query_string())?;
    let snapshot = search_service.snapshot()?;
    if tree {
        known(&snapshot, "scheme", scheme).map_err(Error::NoPage)?;
    }
    let limit = query.integer("limit").map_or(20, |limit| limit as usize);
    let start = query.integer("start").unwrap_or(0) as usize;
    let typed = query.text("q").unwrap_or_default().to_owned();
    let own = scheme.to_owned();
    let below = match query.text("below").filter(|below| !below.is_empty()) {
        None => String::new(),
        Some(below) => {
            let named = Filter { scheme: own.clone(), value: below.to_owned() };
            let reason =
                "is not a value of this scheme: use a `value` from the response without this parameter";
            let unknown = || Error::NoPage(Invalid::new("below", below, reason));
            snapshot.values_of(&named).into_iter().next().ok_or_else(unknown)?
        }
    };
    let branches: Vec<(u32, u64, Option<usize>)> = if tree && typed.is_empty() {
        let below = search_service.below(&snapshot, own, below).await?;
        below.into_iter().map(|branch| (branch.number, branch.works, Some(branch.narrower))).collect()
    } else {
        let listed = search_service.values_matching(&snapshot, own, typed).await?;
        listed.into_iter().map(|(number, works)| (number, works, None)).collect()
    };
    let address = Address::new(&app.base.of(request)?);
    let total = branches.len();
    let next = (!tree && limit > 0 && start.saturating_add(limit) < total).then(|| {
        let (same, from) = (query.canonical(&["start"]), start + limit);
        let joint = if same.is_empty() { "" } else { "&" };
        Url(format!("{}/api/v1/creators?{same}{joint}start={from}", address.base()))
    });
    let branches = branches.into_iter().skip(start).take(limit);
    let output = values(&snapshot, &address, branches, query.text("lang"));
    let body = match tree {
        true => as_json(&Values { total, values: output }),
        false => as_json(&Creators { creators: output, next, total }),
    };
    Ok(json_response(request, body).await.into())
}

/// Values with their numbers of works, and of narrower values if known.
pub(super) fn values(
    snapshot: &Snapshot,
    address: &Address,
    branches: impl Iterator<Item = (u32, u64, Option<usize>)>,
    lang: Option<&str>,
) -> Vec<Term> {
    let vocabulary = snapshot.vocabulary();
    let output = branches.filter_map(|(number, works, narrower)| {
        let value = vocabulary.value(number)?;
        let filter = format!("{}:{}", value.scheme, value.value);
        let query = query_of([("any", filter.as_str())]);
        // Colour families are collections by search only.
        let collection = match value.scheme.as_str() {
            "colour" => address.search_collection(Version::V3, &query),
            scheme => address.facet_value(Version::V3, scheme, &value.value, None),
        };
        let search = format!("{}/api/v1/works?{query}", address.base());
        let (collection, search) = (Some(Url(collection)), Some(Url(search)));
        let is_creator = value.scheme == "creator";
        let id = is_creator.then(|| Url(address.creator(&value.value)));
        let page = is_creator.then(|| Url(address.creator_page(&value.value)));
        Some(Term { collection, id, narrower, page, search, ..term(value, works, lang) })
    });
    output.collect()
}

/// `GET /api/v1/tags`: the schemes, with their numbers of values.
pub(super) async fn schemes(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    ApiQuery::read(&[], request.query_string())?;
    let snapshot = app.gallery.search()?.snapshot()?;
    let address = Address::new(&app.base.of(request)?);
    let scheme = |scheme| {
        let segment = percent_encoding::utf8_percent_encode(scheme, percent_encoding::NON_ALPHANUMERIC);
        let id = Url(format!("{}/api/v1/tags/{segment}", address.base()));
        let values = snapshot.count_values(scheme);
        (values > 0).then_some(Scheme { id, scheme, values })
    };
    let schemes = snapshot.schemes().iter().filter_map(|name| scheme(name)).collect();
    Ok(json_response(request, as_json(&Schemes { schemes, works: snapshot.works() })).await.into())
}

/// The requested facets.
pub(super) fn facets<'a>(hits: &'a Hits, lang: Option<&str>) -> BTreeMap<&'a str, Vec<Term>> {
    let vocabulary = hits.snapshot.vocabulary();
    let of = |values: &[(u32, u64)]| -> Vec<Term> {
        let output = values.iter().filter_map(|(number, works)| Some((vocabulary.value(*number)?, *works)));
        output.map(|(value, works)| term(value, works, lang)).collect()
    };
    hits.found.facets.iter().map(|(scheme, values)| (scheme.as_str(), of(values))).collect()
}

/// The requested histogram.
pub(super) fn histogram(hits: &Hits) -> Vec<Period> {
    hits.found.histogram.iter().map(|&(from, to, works)| Period { from, to, works }).collect()
}

pub(super) fn serializer<'a>(
    app: &'a App,
    address: &'a Address,
    query: &'a ApiQuery<'_>,
) -> Result<WorkSerializer<'a>, Error> {
    let fields = chosen(&app.gallery, query, |_| false)?;
    Ok(WorkSerializer { gallery: &app.gallery, address, fields, lang: query.text("lang") })
}

/// A JSON response that clients revalidate each time.
pub(crate) async fn json_response(request: &HttpRequest, body: String) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    Document::new(body).compressed(request).await.respond(request, "application/json", response)
}
