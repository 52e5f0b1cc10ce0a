//! The Image API: info.json and pixels.

use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::Method;
use actix_web::http::header::{self, EntityTag, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures::{TryStreamExt, stream};

use crate::gallery::{Body, Delivered, Error, Origin, PlannedImage, error_chain};
use crate::iiif::{ImageRequest, Version};
use crate::web::App;
use crate::web::http::accept::info_media_type;
use crate::web::http::conditional::{is_not_modified, not_modified};
use crate::web::http::document::Document;
use crate::web::http::network::Network;
use crate::web::http::response::Response;
use crate::web::iiif::document_cache::Made;
use crate::web::iiif::prepared::{ImageHeaders, Prepared};
use crate::web::route::Image;

/// The note of an image that was in memory.
const HIT: &str = "hit";

/// `GET .../info.json` (3.0, §5).
pub(crate) async fn info(
    app: &App,
    request: &HttpRequest,
    version: Version,
    image: Image<'_>,
) -> Result<Response, Error> {
    let base = app.base.of(request)?;
    let opened = app.gallery.images.open(&image.identifier).await?;
    let id = format!("{base}/iiif/{}/{}", version.number(), image.raw);
    let key = format!("info {} {} {id}", opened.number, opened.grant.largest);
    let made = app.works.0.get(&key).unwrap_or_else(|| {
        let document = Document::new(opened.info(id).document(version).to_string());
        let made = Arc::new(Made::of_image(document));
        app.works.0.insert(key, made.clone());
        made
    });
    let mut response = HttpResponse::Ok();
    response.insert_header((header::LINK, format!("<{}>;rel=\"profile\"", version.profile())));
    cacheable(app, &mut response);
    Ok(made.document.respond(request, info_media_type(request, version), response).into())
}

/// A document that clients may cache for `web.document_max_age_s`.
pub(crate) fn cacheable_document(
    app: &App,
    request: &HttpRequest,
    body: String,
    media_type: &'static str,
    mut response: HttpResponseBuilder,
) -> HttpResponse {
    cacheable(app, &mut response);
    Document::new(body).respond(request, media_type, response)
}

fn cacheable(app: &App, response: &mut HttpResponseBuilder) {
    response.insert_header((header::VARY, "Accept, Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, app.live().document_age.clone()));
}

/// Leads from a form that older servers took to that of version 2 which means the same: `!1024,` is a width of 1024 pixels,
/// or that of the image where it is narrower; `native` is the default quality (1.1, §4.4).
pub(crate) async fn legacy(
    app: &App,
    request: &HttpRequest,
    image: Image<'_>,
    [region, size, rotation, last]: &[std::borrow::Cow<'_, str>; 4],
) -> Result<Response, Error> {
    let open_ended = size.strip_prefix('!').filter(|side| side.starts_with(',') || side.ends_with(','));
    let mut wanted = open_ended.unwrap_or(size).to_owned();
    if open_ended.is_some() && region == "full" {
        let granted = app.gallery.images.open(&image.identifier).await?;
        let (most, full) = (granted.largest(), granted.all().dimensions());
        let larger = |side: &str, most: u32| side.parse::<u64>().is_ok_and(|side| side >= u64::from(most));
        if wanted.strip_suffix(',').is_some_and(|width| larger(width, most.width))
            || wanted.strip_prefix(',').is_some_and(|height| larger(height, most.height))
        {
            wanted = if most == full { "full" } else { "max" }.to_owned();
        }
    }
    let (quality, format) = last.split_once('.').unwrap_or((last, "jpg"));
    let quality = match quality {
        "native" => "default",
        "grey" => "gray",
        other => other,
    };
    let parameters = [region.as_ref(), &wanted, rotation, &format!("{quality}.{format}")];
    ImageRequest::parse(Version::V2, parameters)?;
    let base = app.base.of(request)?;
    let [region, size, rotation, last] = parameters;
    let place = format!("{base}/iiif/2/{}/{region}/{size}/{rotation}/{last}", image.raw);
    let mut response = HttpResponse::Found();
    response.insert_header((header::LOCATION, place));
    response.insert_header((header::CACHE_CONTROL, app.live().document_age.clone()));
    Ok(response.finish().into())
}

/// `GET .../{region}/{size}/{rotation}/{quality}.{format}` (3.0, §4).
pub(crate) async fn pixels(
    app: &App,
    request: &HttpRequest,
    version: Version,
    image: Image<'_>,
    parameters: [&str; 4],
) -> Result<Response, Error> {
    let base = app.base.of(request)?;
    let links = |planned: &PlannedImage| {
        let (number, canonical, profile) = (version.segment(), planned.canonical(version), version.profile());
        let uri = [base.as_str(), "/iiif/", number, "/", image.raw, "/", &canonical];
        let links = [&["<"], &uri[..], &[">;rel=\"canonical\",<", profile, ">;rel=\"profile\""]];
        HeaderValue::try_from(links.concat().concat()).ok()
    };
    let key = [&base, request.uri().path()].concat();
    if let Some(prepared) = app.prepared.get(&key)
        && let Some(planned) = app.gallery.images.resolved(&image.identifier, &prepared.resolution).await?
    {
        return respond(app, request, planned, &prepared.headers, &links).await;
    }
    let planned =
        app.gallery.images.plan(&image.identifier, &ImageRequest::parse(version, parameters)?).await?;
    let (headers, resolution) = (ImageHeaders::of(&planned, &links), planned.resolution().cloned());
    let response = respond(app, request, planned, &headers, &links).await?;
    if response.note == HIT
        && let Some(resolution) = resolution
    {
        app.prepared.insert(key, Prepared { resolution, headers });
    }
    Ok(response)
}

/// Plans and delivers an image.
pub(crate) async fn answer(
    app: &App,
    request: &HttpRequest,
    identifier: &str,
    wanted: &ImageRequest,
    links: impl Fn(&PlannedImage) -> Option<HeaderValue>,
) -> Result<Response, Error> {
    let planned = app.gallery.images.plan(identifier, wanted).await?;
    let headers = ImageHeaders::of(&planned, &links);
    respond(app, request, planned, &headers, &links).await
}

/// Delivers a planned image.
async fn respond(
    app: &App,
    request: &HttpRequest,
    planned: PlannedImage,
    headers: &ImageHeaders,
    links: &impl Fn(&PlannedImage) -> Option<HeaderValue>,
) -> Result<Response, Error> {
    let mut response = response_with(app, headers);
    if is_not_modified(request, &headers.tag) {
        return Ok(not_modified(&mut response));
    }
    let media_type = HeaderValue::from_static(planned.format().media_type());
    if request.method() == Method::HEAD && planned.is_streamed() {
        response.insert_header((header::CONTENT_TYPE, media_type));
        return streamed_head(&planned, response);
    }
    let Delivered { planned, body, is_replanned } = for_client(app, request, planned).deliver().await?;
    if is_replanned {
        let fresh = ImageHeaders::of(&planned, links);
        response = response_with(app, &fresh);
        if is_not_modified(request, &fresh.tag) {
            return Ok(not_modified(&mut response));
        }
    }
    response.insert_header((header::CONTENT_TYPE, media_type));
    Ok(delivered(body, response))
}

/// The image, counted against the client of the request if it has to be rendered.
pub(crate) fn for_client(app: &App, request: &HttpRequest, planned: PlannedImage) -> PlannedImage {
    match planned.is_rendered() {
        true => planned.for_client(app.base.client(request).map(Network::client)),
        false => planned,
    }
}

/// A response with these headers, which clients may cache.
fn response_with(app: &App, headers: &ImageHeaders) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, app.live().image_age.clone()));
    headers.add_to(&mut response);
    response
}

/// The body of an image, whole or streamed.
pub(crate) fn delivered(body: Body, mut response: HttpResponseBuilder) -> Response {
    match body {
        Body::Whole { bytes, origin } => {
            let note = match origin {
                Origin::Cache => HIT,
                Origin::Stored => "stored",
                Origin::Rendered => "rendered",
            };
            Response { response: response.body(bytes), note }
        }
        Body::Streamed(streamed) => {
            if let Some(length) = streamed.length {
                response.no_chunking(length);
            }
            let pieces = streamed
                .pieces()
                .inspect_err(|error| tracing::error!(error = error_chain(error), "a response was aborted"));
            Response { response: response.streaming(pieces), note: "streamed" }
        }
    }
}

/// The response to `HEAD` for a streamed image: nothing is rendered.
pub(crate) fn streamed_head(
    planned: &PlannedImage,
    mut response: HttpResponseBuilder,
) -> Result<Response, Error> {
    let response = match planned.streamed_length()? {
        Some(length) => response.body(SizedStream::new(length, stream::empty::<Result<Bytes, Error>>())),
        None => response.streaming(stream::empty::<Result<Bytes, Error>>()),
    };
    Ok(Response { response, note: "streamed" })
}

/// The entity tag of a planned image.
pub(crate) fn image_tag(planned: &PlannedImage) -> EntityTag {
    EntityTag::new_strong(planned.etag())
}
