//! The site: search, works, viewers, assets.

mod authority;
mod compare;
mod concepts;
mod creators;
mod developers;
pub(super) mod failure;
mod language;
mod listing;
mod picture_size;
mod search;
mod tags;
mod viewers;
mod visit;
mod work;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::presentation::content_state::State;
use crate::presentation::{Address, CitationFormat, Resource};
use crate::search::{SOURCE_ID_PREFIX, Search};
use crate::web::App;
use crate::web::api::{pairs_of, query_of};
use crate::web::download::disposition;
use crate::web::http::document::Document;
use crate::web::http::response::Response;
use crate::web::iiif::presentation::in_other_case;
use crate::web::pages;
use crate::web::route::{Image, Viewer};
use visit::{Visit, encoded};

/// `Cache-Control` of versioned URLs, whose content never changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const ONE_HOUR: &str = "public, max-age=3600";

/// `GET /`: the search; without works, or with `?files`, the list of images as files.
pub(super) async fn index(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let parameter = |name: &str| request.query_string().split('&').find_map(|pair| pair.strip_prefix(name));
    let visit = Visit::of(app, request)?;
    if let Some(state) = parameter("iiif-content=") {
        return content_state(app, request, &visit, state).await;
    }
    if parameter("files").is_none() && parameter("after=").is_none() {
        let indexing = match search::page(app, request, &visit).await {
            Ok(found) if has_works(app) => return Ok(page(request, &visit.context, found).await),
            Err(Error::Indexing { percent, .. }) => Some(percent),
            Ok(_) | Err(Error::Closed(_)) => None,
            Err(error) => return Err(error),
        };
        let start = parameter("start=").and_then(|start| start.parse().ok()).unwrap_or(0);
        if let Some(listing) = listing::works(app, &visit, start).await? {
            let listing = pages::Listing { indexing, ..listing };
            return Ok(page(request, &visit.context, pages::index(&visit.context, &listing)).await);
        }
    }
    let after = parameter("after=")
        .map(|after| percent_encoding::percent_decode_str(after).decode_utf8_lossy().into_owned());
    let listing = listing::files(app, &visit, after.as_deref()).await?;
    Ok(page(request, &visit.context, pages::index(&visit.context, &listing)).await)
}

/// Whether the search index has works.
fn has_works(app: &App) -> bool {
    app.gallery.search().and_then(|service| service.snapshot()).is_ok_and(|snapshot| snapshot.works() > 0)
}

/// `GET /?iiif-content=…`: redirects to the target of a content state (Content State 1.0, §3.1).
async fn content_state(
    app: &App,
    request: &HttpRequest,
    visit: &Visit,
    state: &str,
) -> Result<Response, Error> {
    let text = percent_encoding::percent_decode_str(state).decode_utf8_lossy();
    let read = crate::presentation::content_state::parse(&text)?;
    let address = Address::new(&app.base.of(request)?);
    let place = match address.find(&read.id) {
        Some(place) => Some(place),
        None => imported(app, &read).await?,
    };
    let place = place.ok_or_else(|| {
        Invalid::new(
            "iiif-content",
            &read.id,
            "is not a resource of this server: only its own works and canvases can be opened",
        )
    })?;
    let mut page = address.work_page(&place.work);
    if let Some(canvas) = place.canvas {
        page = format!("{page}?canvas={canvas}");
        if let Some(region) = read.region {
            page = format!("{page}&xywh={region}");
        }
    }
    if visit.context.chosen {
        let separator = if page.contains('?') { '&' } else { '?' };
        page = format!("{page}{separator}lang={}", visit.context.language);
    }
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, page)).finish().into())
}

/// The resource by the URI that it had on the server from which its manifest was imported. A canvas whose manifest the
/// state does not name, although Content State 1.0, §2.2.2, requires it, is known by its own URI.
async fn imported(app: &App, state: &State) -> Result<Option<Resource>, Error> {
    let manifest = state.manifest.as_deref().unwrap_or(&state.id);
    let work = work_of_manifest(app, manifest).await?;
    if let Some(work) = work.clone().filter(|_| manifest == state.id) {
        return Ok(Some(Resource { work, canvas: None }));
    }
    let canvas = app.gallery.works.canvas_of_source(&state.id, work.as_deref()).await?;
    Ok(canvas.map(|(work, number)| Resource { work, canvas: Some(number as usize) }))
}

/// The work that was imported from the manifest with this URI.
async fn work_of_manifest(app: &App, manifest: &str) -> Result<Option<String>, Error> {
    if !app.gallery.works.has_catalogue() {
        return Ok(None);
    }
    let name = format!("{SOURCE_ID_PREFIX}{manifest}");
    let search = Search { numbers: vec![vec![name]], limit: 1, ..Search::default() };
    let hits = app.gallery.search()?.find(search).await?;
    let Some(place) = hits.found.hits.first() else { return Ok(None) };
    Ok(hits.snapshot.stored(*place)?.work().and_then(|work| {
        let is_same = work.source_manifest() == Some(manifest);
        is_same.then_some(work.object_number)
    }))
}

/// `GET /works/{work}`: a work's page; `canvas`, `capture` and `xywh` select what of it is shown first.
pub(super) async fn work(app: &App, request: &HttpRequest, work: Image<'_>) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    match work::page(app, request, &visit, &work).await {
        Err(Error::NotFound) => {
            let number = in_other_case(app, &work.identifier).await.ok_or(Error::NotFound)?;
            let location = visit.context.page(&format!("/works/{}", encoded(&number)));
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish().into())
        }
        found => {
            let (body, links) = found?;
            let mut response = page(request, &visit.context, body).await;
            if let Some(links) = links {
                response.response.headers_mut().insert(header::LINK, links);
            }
            Ok(response)
        }
    }
}

/// `GET /creators`: the creators in alphabetical order.
pub(super) async fn creators(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let body = creators::list(app, request, &visit).await?;
    Ok(page(request, &visit.context, body).await)
}

/// `GET /creators/{id}`: a creator with works.
pub(super) async fn creator(app: &App, request: &HttpRequest, id: &str) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let body = creators::one(app, request, &visit, id).await?;
    Ok(page(request, &visit.context, body).await)
}

/// `GET /concepts`: the concepts of imported vocabularies.
pub(super) async fn concepts(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let body = concepts::list(app, request, &visit).await?;
    Ok(page(request, &visit.context, body).await)
}

/// `GET /concepts/{id}`: a concept with works.
pub(super) async fn concept(app: &App, request: &HttpRequest, id: &str) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let body = concepts::one(app, request, &visit, id).await?;
    Ok(page(request, &visit.context, body).await)
}

/// `GET /works/{work}/cite.{bib|ris|json|txt}`: the citation of a work, or of a detail of it.
pub(super) async fn citation(
    app: &App,
    request: &HttpRequest,
    work: Image<'_>,
    format: CitationFormat,
) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let (text, name) = work::citation(app, request, &visit, &work, format).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    response.insert_header((header::VARY, "Accept-Encoding, Accept-Language"));
    if matches!(format, CitationFormat::BibTex | CitationFormat::Ris) {
        response.insert_header((header::CONTENT_DISPOSITION, disposition(&name)));
    }
    Ok(Document::new(text).respond(request, format.media_type(), response).into())
}

/// `GET /developers`: the interfaces, from the API's own description.
pub(super) async fn developers(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let body = developers::page(app, request, &visit).await?;
    Ok(page(request, &visit.context, body).await)
}

/// `GET /view/{viewer}/{id}`: one image, or a work, in a viewer.
pub(super) async fn view(
    app: &App,
    request: &HttpRequest,
    viewer: Viewer,
    image: Image<'_>,
) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let body = match viewer {
        Viewer::Mirador => viewers::mirador(app, request, &visit, &image).await?,
        Viewer::OpenSeadragon => viewers::openseadragon(app, request, &visit, &image).await?,
    };
    Ok(page(request, &visit.context, body).await)
}

/// `GET /compare`: the page on which works are compared, also those of other servers if the settings allow it.
pub(super) async fn compare(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let comparison = compare::comparison(app, request.query_string(), &visit).await;
    let body = pages::compare(&visit.context, &comparison);
    let policy = match app.other_servers {
        true => pages::policy_with_other_servers(&visit.context),
        false => pages::content_security_policy(&visit.context),
    };
    Ok(page_with(request, policy, body).await)
}

/// `GET /review`: the page on which curators decide about proposed tags. It has no data: its script asks for them with
/// the curator's token.
pub(super) async fn review(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let can_write = app.gallery.works.has_catalogue() && !app.live().api.tokens.is_empty();
    let body = pages::review(&visit.context, can_write);
    Ok(page(request, &visit.context, body).await)
}

/// `GET /da/works/{work}`: redirects to the page in this language.
pub(super) fn in_language(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let path = request.uri().path().trim_start_matches('/');
    let (language, rest) = path.split_once('/').unwrap_or((path, ""));
    let is_offered = language::site_languages(&app.publisher, &app.theme).contains(&language);
    let is_page = rest.is_empty()
        || ["works/", "creators", "concepts", "view/", "compare", "developers"]
            .iter()
            .any(|page| rest.starts_with(page));
    if !is_offered || !is_page {
        return Err(Error::NotFound);
    }
    let given = pairs_of(request.query_string()).filter(|(name, _)| name != "lang");
    let given: Vec<_> = given.collect();
    let given = given.iter().map(|(name, value)| (name.as_ref(), value.as_str()));
    let query = query_of(given.chain([("lang", language)]));
    let location = format!("{}/{rest}?{query}", visit::prefix(app, request)?);
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish().into())
}

/// `GET /assets/{path}`: embedded scripts and styles.
pub(super) async fn asset(app: &App, request: &HttpRequest, path: &str) -> Result<Response, Error> {
    let own = app.theme.asset(path);
    let asset = own.or_else(|| pages::asset(path)).ok_or(Error::NotFound)?;
    let version = request.query_string().split('&').find_map(|pair| pair.strip_prefix("v="));
    let age = match version {
        Some(version) if version == asset.version => IMMUTABLE,
        // The version of another build: proxies must not cache this response under its URL.
        Some(_) => "no-cache",
        None => ONE_HOUR,
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, age));
    response.insert_header((header::VARY, "Accept-Encoding"));
    if own.is_some() {
        // A drawing that is opened by itself runs nothing.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
    }
    asset.document.compress(request).await;
    Ok(asset.document.respond(request, asset.media_type, response).into())
}

async fn page(request: &HttpRequest, context: &pages::Context, body: String) -> Response {
    page_with(request, pages::content_security_policy(context), body).await
}

async fn page_with(request: &HttpRequest, policy: String, body: String) -> Response {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    response.insert_header((header::VARY, "Accept, Accept-Encoding, Accept-Language"));
    let document = Document::new(body).compressed(request).await;
    document.respond(request, "text/html; charset=utf-8", response).into()
}
