//! The site: search, works, viewers, assets.

pub(super) mod failure;
mod language;
mod listing;
mod search;
mod tags;
mod visit;
mod work;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::presentation::Address;
use crate::web::App;
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
        return content_state(app, request, &visit, state);
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
fn content_state(app: &App, request: &HttpRequest, visit: &Visit, state: &str) -> Result<Response, Error> {
    let text = percent_encoding::percent_decode_str(state).decode_utf8_lossy();
    let read = crate::presentation::content_state::parse(&text)?;
    let address = Address::new(&app.base.of(request)?);
    let place = address.find(&read.id).ok_or_else(|| {
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

/// `GET /works/{work}`: a work's page; with `canvas` or `xywh`, a viewer at that canvas or region.
pub(super) async fn work(app: &App, request: &HttpRequest, work: Image<'_>) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let query = request.query_string();
    let found = match query.contains("canvas=") || query.contains("xywh=") {
        true => work::mirador(app, request, &visit, &work).await,
        false => work::page(app, request, &visit, &work).await,
    };
    let body = match found {
        Err(Error::NotFound) => match in_other_case(app, &work.identifier).await {
            Some(number) => {
                let location = visit.context.page(&format!("/works/{}", encoded(&number)));
                return Ok(HttpResponse::SeeOther()
                    .insert_header((header::LOCATION, location))
                    .finish()
                    .into());
            }
            None => return Err(Error::NotFound),
        },
        found => found?,
    };
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
        Viewer::Mirador => work::mirador(app, request, &visit, &image).await?,
        Viewer::OpenSeadragon => work::openseadragon(app, request, &visit, &image).await?,
    };
    Ok(page(request, &visit.context, body).await)
}

/// `GET /review`: the page on which curators decide about proposed tags. It has no data: its script asks for them with
/// the curator's token.
pub(super) async fn review(app: &App, request: &HttpRequest) -> Result<Response, Error> {
    let visit = Visit::of(app, request)?;
    let can_write = app.gallery.works.has_catalogue() && !app.api.tokens.is_empty();
    let body = pages::review(&visit.context, can_write);
    Ok(page(request, &visit.context, body).await)
}

/// `GET /assets/{path}`: embedded scripts and styles.
pub(super) async fn asset(request: &HttpRequest, path: &str) -> Result<Response, Error> {
    let asset = pages::asset(path).ok_or(Error::NotFound)?;
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
    asset.document.compress(request).await;
    Ok(asset.document.respond(request, asset.media_type, response).into())
}

async fn page(request: &HttpRequest, context: &pages::Context, body: String) -> Response {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_SECURITY_POLICY, pages::content_security_policy(context)));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    response.insert_header((header::VARY, "Accept, Accept-Encoding, Accept-Language"));
    let document = Document::new(body).compressed(request).await;
    document.respond(request, "text/html; charset=utf-8", response).into()
}
