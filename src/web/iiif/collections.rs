//! Collections over all works, split into parts of bounded size, and Change Discovery.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::catalogue::{ALL, CollectionSummary, FacetValue, WorkSummary};
use crate::gallery::{Error, WorkService};
use crate::iiif::Version;
use crate::presentation::collection::{Collections, FacetCollection, FacetScheme, Member, Thumbnail};
use crate::presentation::span::{self, Node, Span};
use crate::presentation::{Address, IMPORTED_SCHEME, SEARCH_SCHEME, change_discovery};
use crate::record::Text;
use crate::web::App;
use crate::web::api::{ApiQuery, of_collection, search_of};
use crate::web::http::accept::{JsonKind, preferred_json};
use crate::web::http::document::Document;
use crate::web::http::response::Response;
use crate::web::iiif::presentation::media_type;
use crate::web::route;

/// `GET /presentation/{2|3}/collections…`.
pub(crate) async fn answer(
    app: &App,
    request: &HttpRequest,
    version: Version,
    path: route::CollectionPath<'_>,
) -> Result<Response, Error> {
    let works = &app.gallery.works;
    if !works.has_catalogue() {
        return Err(Error::NotFound);
    }
    let address = Address::new(&app.base.of(request)?);
    let collections = Collections { address: &address, publisher: &app.publisher, version };
    let span = path.part;
    let document = match (path.scheme, path.value) {
        (Some(scheme), value) if scheme == SEARCH_SCHEME => {
            return search_collection(app, request, version, &collections, value.as_deref(), span).await;
        }
        (Some(scheme), Some(name)) if scheme == IMPORTED_SCHEME => {
            if span.is_some() {
                return Err(Error::NotFound);
            }
            return imported(app, request, version, &address, &name).await;
        }
        (Some(scheme), None) if scheme == IMPORTED_SCHEME => {
            let total = works.count_imported_collections().await?;
            if total == 0 {
                return Err(Error::NotFound);
            }
            let found = match items(total, span)? {
                None => Vec::new(),
                Some((start, limit)) => works.imported_collections(start, limit).await?,
            };
            let values: Vec<FacetCollection> = found.into_iter().map(imported_reference).collect();
            collections.facet_scheme(&scheme, total, span, &values)
        }
        (None, _) => Some(collections.root(&schemes(works).await?)),
        (Some(scheme), None) => {
            let total = works.count_facet_values(&scheme).await?;
            if total == 0 {
                return Err(Error::NotFound);
            }
            let terms = match items(total, span)? {
                None => Vec::new(),
                Some((start, limit)) => works.facet_values(&scheme, start, limit).await?,
            };
            let values: Vec<FacetCollection> = terms.into_iter().map(collection_of).collect();
            collections.facet_scheme(&scheme, total, span, &values)
        }
        (Some(scheme), Some(value)) => {
            let term = works.facet_value(&scheme, &value).await?.ok_or(Error::NotFound)?;
            let summaries = match items(term.works, span)? {
                None => Vec::new(),
                Some((start, limit)) => works.works_with(&scheme, &value, start, limit).await?,
            };
            let members: Vec<Member> = summaries.into_iter().map(member).collect();
            collections.facet_value(&collection_of(term), span, &members)
        }
    };
    Ok(document_response(request, document.ok_or(Error::NotFound)?.to_string(), media_type(request, version))
        .await)
}

/// Maximum number of works in a collection that is a search.
const MAX_WORKS: u64 = 10_000;

/// A search as a collection, in parts like any other; its URI has the canonical query.
async fn search_collection(
    app: &App,
    request: &HttpRequest,
    version: Version,
    collections: &Collections<'_>,
    query: Option<&str>,
    span: Option<Span>,
) -> Result<Response, Error> {
    let service = app.gallery.search()?;
    let table = of_collection();
    let typed = ApiQuery::read(&table, query.unwrap_or(request.query_string()))?;
    let canonical = typed.canonical(&["lang"]);
    let stable = collections.address.search_collection(version, &canonical);
    if query != Some(canonical.as_str()) || canonical.is_empty() {
        return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, stable)).finish().into());
    }
    let mut search = search_of(&typed, &*service.snapshot()?)?;
    search.limit = 0;
    let total = service.find(search.clone()).await?.found.total.min(MAX_WORKS);
    let members = match items(total, span)? {
        None => Vec::new(),
        Some((start, limit)) => {
            search.offset = start as usize;
            search.limit = limit;
            let hits = service.find(search).await?;
            let mut members = Vec::with_capacity(limit);
            for place in &hits.found.hits {
                let Some(work) = hits.snapshot.stored(*place)?.work() else { continue };
                let shown = work.images.iter().find(|image| image.matched);
                let picture =
                    shown.map(|image| Thumbnail { identifier: image.file.clone(), dimensions: None });
                members.push(Member { label: work.label(), object_number: work.object_number, picture });
            }
            members
        }
    };
    let description = typed.for_display();
    let mut label = Text::of("en", &format!("Works found: {description}"));
    label.add("da", &format!("Fundne værker: {description}"));
    let collection = FacetCollection {
        scheme: SEARCH_SCHEME.into(),
        value: canonical.clone(),
        label,
        works: total,
        picture: None,
    };
    let document = collections.facet_value(&collection, span, &members).ok_or(Error::NotFound)?;
    Ok(document_response(request, document.to_string(), media_type(request, version)).await)
}

/// A collection of another server, as it was there but for this server's addresses and works.
async fn imported(
    app: &App,
    request: &HttpRequest,
    version: Version,
    address: &Address,
    name: &str,
) -> Result<Response, Error> {
    let found = app.gallery.works.imported_collection(name).await?.ok_or(Error::NotFound)?;
    let (address, publisher) = (address.clone(), app.publisher.clone());
    let making = tokio::task::spawn_blocking(move || {
        let collections = Collections { address: &address, publisher: &publisher, version };
        found.languages.write(&collections.imported(&found))
    });
    let document = making.await.map_err(|error| Error::Fault(error.to_string()))?;
    Ok(document_response(request, document, media_type(request, version)).await)
}

fn imported_reference(collection: CollectionSummary) -> FacetCollection {
    let CollectionSummary { name, label, members } = collection;
    FacetCollection { scheme: IMPORTED_SCHEME.into(), value: name, label, works: members, picture: None }
}

/// The range of entries that a node of the tree lists, as start and count; `None` if it lists parts.
fn items(total: u64, span: Option<Span>) -> Result<Option<(u64, usize)>, Error> {
    Ok(match span::node(total, span).ok_or(Error::NotFound)? {
        Node::Items(range) => Some((range.start, (range.end - range.start) as usize)),
        Node::Spans(_) => None,
    })
}

/// All works first, then the schemes, then what was imported.
async fn schemes(works: &WorkService) -> Result<Vec<FacetScheme>, Error> {
    let found = works.schemes().await?;
    let all = std::iter::once((ALL.to_owned(), 1));
    let imported = works.count_imported_collections().await?;
    let imported = (imported > 0).then(|| (IMPORTED_SCHEME.to_owned(), imported));
    Ok(all.chain(found).chain(imported).map(|(scheme, values)| FacetScheme { scheme, values }).collect())
}

fn collection_of(term: FacetValue) -> FacetCollection {
    let FacetValue { scheme, value, label, works } = term;
    FacetCollection { scheme, value, label, works, picture: None }
}

fn member(work: WorkSummary) -> Member {
    let WorkSummary { object_number, label, thumbnail, .. } = work;
    let picture = thumbnail.map(|identifier| Thumbnail { identifier, dimensions: None });
    Member { object_number, label, picture }
}

/// `GET /discovery/1/changes` and its pages (Change Discovery 1.0).
pub(crate) async fn changes(app: &App, request: &HttpRequest, page: Option<u64>) -> Result<Response, Error> {
    let works = &app.gallery.works;
    if !works.has_catalogue() {
        return Err(Error::NotFound);
    }
    let address = Address::new(&app.base.of(request)?);
    let total = works.last_revision().await?;
    let document = match page {
        None => change_discovery::collection(total, &address),
        Some(number) => {
            let start = number.saturating_mul(change_discovery::PAGE_SIZE);
            let changes = works.changes(start, change_discovery::PAGE_SIZE as usize).await?;
            change_discovery::page(number, total, &changes, &address)
        }
    };
    let linked = "application/ld+json;profile=\"http://iiif.io/api/discovery/1/context.json\"";
    let media_type =
        if preferred_json(request) == Some(JsonKind::Plain) { "application/json" } else { linked };
    Ok(document_response(request, document.ok_or(Error::NotFound)?.to_string(), media_type).await)
}

/// Clients revalidate each time, because the next revision may change the document.
async fn document_response(request: &HttpRequest, document: String, media_type: &'static str) -> Response {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept, Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    Document::new(document).compressed(request).await.respond(request, media_type, response).into()
}
