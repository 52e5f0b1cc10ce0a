//! The Image API: info.json and pixels.

use actix_web::body::SizedStream;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures::{TryStreamExt, stream};

use crate::gallery::{AuthorizedImage, Cached, Error, told};
use crate::iiif::{ImageRequest, Version};
use crate::render::{Plan, Source};
use crate::store;
use crate::web::App;
use crate::web::http::document::Document;
use crate::web::http::headers::{entity_tag, is_held, negotiated};
use crate::web::http::response::Response;
use crate::web::route::Image;

/// `GET .../info.json` (3.0, §5).
pub async fn info(
    app: &App,
    request: &HttpRequest,
    version: Version,
    image: Image<'_>,
) -> Result<Response, Error> {
    let base = app.base.of(request)?;
    let opened = app.gallery.open(&image.identifier).await?;
    let id = format!("{base}/iiif/{}/{}", version.number(), image.raw);
    let document = opened.info(id).document(version);
    let mut response = HttpResponse::Ok();
    response.insert_header((header::LINK, format!("<{}>;rel=\"profile\"", version.profile())));
    Ok(document_of(app, request, document.to_string(), negotiated(request, version), response).into())
}

/// A document that others may keep for a while.
pub fn document_of(
    app: &App,
    request: &HttpRequest,
    body: String,
    media_type: &'static str,
    mut response: HttpResponseBuilder,
) -> HttpResponse {
    response.insert_header((header::VARY, "Accept, Accept-Encoding"));
    response.insert_header((header::CACHE_CONTROL, app.document_age.clone()));
    Document::new(body).answer(request, media_type, response)
}

/// Leads from a form that older servers took to that of version 2 which means the same: `!1024,` is a width of 1024 pixels,
/// or that of the image where it is narrower; `native` is the default quality (1.1, §4.4).
pub async fn legacy(
    app: &App,
    request: &HttpRequest,
    image: Image<'_>,
    [region, size, rotation, last]: &[std::borrow::Cow<'_, str>; 4],
) -> Result<Response, Error> {
    let open_ended = size.strip_prefix('!').filter(|side| side.starts_with(',') || side.ends_with(','));
    let mut wanted = open_ended.unwrap_or(size).to_owned();
    if open_ended.is_some() && region == "full" {
        let granted = app.gallery.open(&image.identifier).await?;
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
    response.insert_header((header::CACHE_CONTROL, app.document_age.clone()));
    Ok(response.finish().into())
}

/// `GET .../{region}/{size}/{rotation}/{quality}.{format}` (3.0, §4).
pub async fn pixels(
    app: &App,
    request: &HttpRequest,
    version: Version,
    image: Image<'_>,
    parameters: [&str; 4],
) -> Result<Response, Error> {
    let wanted = ImageRequest::parse(version, parameters)?;
    let base = app.base.of(request)?;
    let address = format!("{base}/iiif/{}/{}", version.number(), image.raw);
    let links = |opened: &AuthorizedImage, plan: &Plan| {
        let canonical = plan.canonical(version, &opened.master, opened.limits);
        format!("<{address}/{canonical}>;rel=\"canonical\",<{}>;rel=\"profile\"", version.profile())
    };
    answer(app, request, &image.identifier, &wanted, links).await
}

/// Opens, plans and delivers; once more from the start where the master was replaced meanwhile.
pub async fn answer(
    app: &App,
    request: &HttpRequest,
    identifier: &str,
    wanted: &ImageRequest,
    links: impl Fn(&AuthorizedImage, &Plan) -> String,
) -> Result<Response, Error> {
    let mut tries = 0;
    loop {
        let (opened, plan) = app.gallery.plan(identifier, wanted).await?;
        let tag = image_tag(app, &opened, &plan);
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CACHE_CONTROL, app.image_age.clone()));
        response.insert_header((header::ETAG, tag.clone()));
        if let Ok(links) = HeaderValue::try_from(links(&opened, &plan)) {
            response.insert_header((header::LINK, links));
        }
        if is_held(request, &tag) {
            let response = response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish();
            return Ok(Response { response, note: "held" });
        }
        let format = plan.format;
        if app.gallery.is_banded(&opened, &plan) {
            response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())));
            match streamed(app, request, &opened, &plan, response).await {
                Err(Error::Store(store::Error::Changed) | Error::NotFound) if tries == 0 => {
                    tries += 1;
                    app.gallery.forget(identifier);
                    continue;
                }
                answered => return answered,
            }
        }
        let stored = matches!(plan.source, Source::Stored { .. });
        let delivered = match app.gallery.deliver_now(&opened, &plan) {
            Some(answer) => Ok(answer),
            None => app.gallery.deliver(&opened, plan).await,
        };
        match delivered {
            Ok(answer) => {
                let note = match (answer.cached, stored) {
                    (Cached::Hit, _) => "hit",
                    (Cached::Miss, true) => "stored",
                    (Cached::Miss, false) => "rendered",
                };
                response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())));
                return Ok(Response { response: response.body(answer.bytes), note });
            }
            Err(Error::Store(store::Error::Changed) | Error::NotFound) if tries == 0 => {
                tries += 1;
                app.gallery.forget(identifier);
            }
            Err(error) => return Err(error),
        }
    }
}

/// An answer that leaves while it is made. All that can fail early fails before it begins: it is admitted, and its first
/// band has been drawn.
pub async fn streamed(
    app: &App,
    request: &HttpRequest,
    opened: &AuthorizedImage,
    plan: &Plan,
    mut response: HttpResponseBuilder,
) -> Result<Response, Error> {
    if request.method() == Method::HEAD {
        let response = match app.gallery.banded_length(opened, plan)? {
            Some(length) => response.body(SizedStream::new(length, stream::empty::<Result<Bytes, Error>>())),
            None => response.streaming(stream::empty::<Result<Bytes, Error>>()),
        };
        return Ok(Response { response, note: "streamed" });
    }
    let streamed = app.gallery.banded(opened, plan).await?;
    if let Some(length) = streamed.length {
        response.no_chunking(length);
    }
    let pieces =
        streamed.pieces().inspect_err(|error| tracing::error!(error = told(error), "an answer broke off"));
    Ok(Response { response: response.streaming(pieces), note: "streamed" })
}

/// Equal for equal plans on equal masters and settings, on every server.
pub fn image_tag(app: &App, opened: &AuthorizedImage, plan: &Plan) -> HeaderValue {
    let canonical = plan.canonical(Version::V3, &opened.master, opened.limits);
    let version = opened.version_bytes();
    let recipe = app.gallery.recipe().to_le_bytes();
    let page = opened.page.to_le_bytes();
    // `max` means another size where rights allow less.
    let size = plan.size.to_string();
    let key = opened.key.as_str().as_bytes();
    entity_tag(&[canonical.as_bytes(), size.as_bytes(), &version, key, &page, &recipe])
}
