//! Collections of bounded size over all works, and the feed of their changes.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::Door;
use super::answered::Answered;
use super::api::{Asked, of_collection, search_of};
use super::document::Document;
use super::headers::{Json, preferred};
use super::route;
use super::works::media_type;
use crate::catalogue::{ALL, Card, Term};
use crate::gallery::{Error, Works};
use crate::iiif::Version;
use crate::presentation::collection::{Collections, FacetScheme, FacetValue, Member, Thumbnail};
use crate::presentation::span::{self, Node, Span};
use crate::presentation::{Address, SEARCH_SCHEME, change_discovery};
use crate::record::Text;

/// `GET /presentation/{2|3}/collections…`.
pub async fn answer(
    door: &Door,
    request: &HttpRequest,
    version: Version,
    shelf: route::Shelf<'_>,
) -> Result<Answered, Error> {
    let works = door.gallery.works().ok_or(Error::NotFound)?;
    let address = Address::new(&door.base.of(request)?);
    let library = Collections { address: &address, publisher: &door.publisher, version };
    let asked = shelf.part;
    let document = match (shelf.scheme, shelf.value) {
        (Some(scheme), value) if scheme == SEARCH_SCHEME => {
            return found(door, request, version, &library, value.as_deref(), asked).await;
        }
        (None, _) => Some(library.root(&schemes(works).await?)),
        (Some(scheme), None) => {
            let scheme = scheme.into_owned();
            let name = scheme.clone();
            let total = works.ask(|catalogue| async move { catalogue.terms_count(&name).await }).await?;
            if total == 0 {
                return Err(Error::NotFound);
            }
            let terms = match items(total, asked)? {
                None => Vec::new(),
                Some((start, limit)) => {
                    let name = scheme.clone();
                    works
                        .ask(move |catalogue| async move { catalogue.terms(&name, start, limit).await })
                        .await?
                }
            };
            let values: Vec<FacetValue> = terms.into_iter().map(told_of).collect();
            library.facet_scheme(&scheme, total, asked, &values)
        }
        (Some(scheme), Some(value)) => {
            let (scheme, value) = (scheme.into_owned(), value.into_owned());
            let names = (scheme.clone(), value.clone());
            let term = works.ask(|catalogue| async move { catalogue.term(&names.0, &names.1).await }).await?;
            let term = term.ok_or(Error::NotFound)?;
            let cards = match items(term.works, asked)? {
                None => Vec::new(),
                Some((start, limit)) => {
                    let page = |catalogue: crate::catalogue::Catalogue| async move {
                        catalogue.shelf(&scheme, &value, start, limit).await
                    };
                    works.ask(page).await?
                }
            };
            let members: Vec<Member> = cards.into_iter().map(member).collect();
            library.facet_value(&told_of(term), asked, &members)
        }
    };
    Ok(told(request, document.ok_or(Error::NotFound)?.to_string(), media_type(request, version)).await)
}

/// The most works of a collection that is a search.
const MOST: u64 = 10_000;

/// A search as a collection, in parts like any other; its address is the search in its one form.
async fn found(
    door: &Door,
    request: &HttpRequest,
    version: Version,
    library: &Collections<'_>,
    query: Option<&str>,
    asked: Option<Span>,
) -> Result<Answered, Error> {
    let finder = door.gallery.finder()?;
    let table = of_collection();
    let typed = Asked::read(&table, query.unwrap_or(request.query_string()))?;
    let canonical = typed.canonical(&["lang"]);
    let stable = library.address.search_collection(version, &canonical);
    if query != Some(canonical.as_str()) || canonical.is_empty() {
        return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, stable)).finish().into());
    }
    let mut search = search_of(&typed, &*finder.snapshot()?)?;
    search.limit = 0;
    let total = finder.find(search.clone()).await?.found.total.min(MOST);
    let members = match items(total, asked)? {
        None => Vec::new(),
        Some((start, limit)) => {
            search.offset = start as usize;
            search.limit = limit;
            let hits = finder.find(search).await?;
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
    let said = typed.said();
    let mut label = Text::of("en", &format!("Works found: {said}"));
    label.add("da", &format!("Fundne værker: {said}"));
    let shelf = FacetValue {
        scheme: SEARCH_SCHEME.into(),
        value: canonical.clone(),
        label,
        works: total,
        picture: None,
    };
    let document = library.facet_value(&shelf, asked, &members).ok_or(Error::NotFound)?;
    Ok(told(request, document.to_string(), media_type(request, version)).await)
}

/// The entries that a node of the tree lists, by their first place and their number; `None` where it lists parts.
fn items(total: u64, asked: Option<Span>) -> Result<Option<(u64, usize)>, Error> {
    Ok(match span::node(total, asked).ok_or(Error::NotFound)? {
        Node::Items(range) => Some((range.start, (range.end - range.start) as usize)),
        Node::Spans(_) => None,
    })
}

/// All works first, then what they are sorted by.
async fn schemes(works: &Works) -> Result<Vec<FacetScheme>, Error> {
    let found = works.ask(|catalogue| async move { catalogue.schemes().await }).await?;
    let all = std::iter::once((ALL.to_owned(), 1));
    Ok(all.chain(found).map(|(scheme, values)| FacetScheme { scheme, values }).collect())
}

fn told_of(term: Term) -> FacetValue {
    let Term { scheme, value, label, works } = term;
    FacetValue { scheme, value, label, works, picture: None }
}

fn member(card: Card) -> Member {
    let Card { object_number, label, thumbnail, .. } = card;
    let picture = thumbnail.map(|identifier| Thumbnail { identifier, dimensions: None });
    Member { object_number, label, picture }
}

/// `GET /discovery/1/changes` and its pages (Change Discovery 1.0).
pub async fn changes(door: &Door, request: &HttpRequest, page: Option<u64>) -> Result<Answered, Error> {
    let works = door.gallery.works().ok_or(Error::NotFound)?;
    let address = Address::new(&door.base.of(request)?);
    let total = works.ask(|catalogue| async move { catalogue.last_revision().await }).await?;
    let document = match page {
        None => change_discovery::collection(total, &address),
        Some(number) => {
            let start = number.saturating_mul(change_discovery::PAGE_SIZE);
            let read = move |catalogue: crate::catalogue::Catalogue| async move {
                catalogue.changes(start, change_discovery::PAGE_SIZE as usize).await
            };
            change_discovery::page(number, total, &works.ask(read).await?, &address)
        }
    };
    let linked = "application/ld+json;profile=\"http://iiif.io/api/discovery/1/context.json\"";
    let media_type = if preferred(request) == Some(Json::Plain) { "application/json" } else { linked };
    Ok(told(request, document.ok_or(Error::NotFound)?.to_string(), media_type).await)
}

/// What the next revision may change is asked for each time; an unchanged document costs its tag.
async fn told(request: &HttpRequest, document: String, media_type: &'static str) -> Answered {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept, Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    Document::new(document).packed(request).await.answer(request, media_type, response).into()
}
