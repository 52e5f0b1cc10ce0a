//! Downloads: originals as they lie, full-size renditions, whole works.

mod archive;
mod disposition;

use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};

use crate::gallery::{Body, Delivered, Described, Error, Original, Unsent, error_chain};
use crate::iiif::Format;
use crate::web::App;
use crate::web::http::headers::entity_tag;
use crate::web::http::range::{Wanted, range, unchanged_range};
use crate::web::http::response::{Response, early};
use crate::web::iiif::image::{delivered, image_tag, streamed_head};
use crate::web::route::Image;
use disposition::disposition;

pub use archive::archive;

/// What full-size renditions are to be had in.
const FORMATS: [Format; 3] = [Format::Jpg, Format::Tif, Format::Png];

/// `GET /download/{image}` and `GET /download/{image}.{jpg|tif|png}`.
///
/// A name that is an image's is that image's original; only else is its ending a format.
pub async fn answer(app: &App, request: &HttpRequest, image: Image<'_>) -> Result<Response, Error> {
    let identifier = &image.identifier;
    let format = identifier.rsplit_once('.').and_then(|(stem, suffix)| {
        let format = FORMATS.into_iter().find(|format| format.suffix() == suffix)?;
        Some((stem, format))
    });
    match (app.gallery.images.original(identifier).await, format) {
        (Ok(original), _) => whole(app, request, identifier, original).await,
        (Err(Error::NotFound | Error::Invalid(_)), Some((stem, format))) => {
            rendition(app, request, stem, format).await
        }
        (Err(error), _) => Err(error),
    }
}

async fn whole(
    app: &App,
    request: &HttpRequest,
    identifier: &str,
    original: Original,
) -> Result<Response, Error> {
    let tag = entity_tag(&original.name());
    let ending = original.file_name().rsplit_once('.').map_or("", |(_, ending)| ending).to_owned();
    let name = name_of(app, identifier, &ending).await.unwrap_or_else(|| original.file_name().to_owned());
    let mut response = HttpResponse::Ok();
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    response.insert_header((header::CONTENT_DISPOSITION, disposition(&name)));
    if let Some(early) = early(request, &tag, &mut response) {
        return Ok(early);
    }
    if let Some(digest) = original.digest().await {
        let digest = format!("sha-256=:{digest}:");
        response.insert_header((HeaderName::from_static("repr-digest"), digest));
    }
    let (length, head) = (original.length(), request.method() == Method::HEAD);
    let asked = if unchanged_range(request, &tag) { range(request, length) } else { Wanted::All };
    response.insert_header((header::CONTENT_TYPE, original.media_type));
    let is_bare = head || asked == Wanted::Beyond;
    let unsent = if is_bare { Unsent::default() } else { original.admit().await? };
    match asked {
        Wanted::All if head => Ok(sent(response, length, futures::stream::empty())),
        Wanted::All => Ok(sent(response, length, holding(unsent, original.all()))),
        Wanted::Part(part) => {
            let (first, last) = (part.start, part.end - 1);
            response.status(StatusCode::PARTIAL_CONTENT);
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}")));
            let sized = part.end - part.start;
            match head {
                true => Ok(sent(response, sized, futures::stream::empty())),
                false => Ok(sent(response, sized, holding(unsent, original.pieces(part)))),
            }
        }
        Wanted::Beyond => {
            let mut response = HttpResponse::RangeNotSatisfiable();
            response.insert_header((header::CONTENT_RANGE, format!("bytes */{length}")));
            response.insert_header((header::CACHE_CONTROL, "no-store"));
            let text = format!("the file has {length} bytes; the range lies behind them\n");
            Ok(response.content_type("text/plain; charset=utf-8").body(text).into())
        }
    }
}

async fn rendition(
    app: &App,
    request: &HttpRequest,
    identifier: &str,
    format: Format,
) -> Result<Response, Error> {
    let planned = app.gallery.images.plan_rendition(identifier, format).await?;
    let mut tag = image_tag(&planned);
    let stem = identifier.rsplit('/').next().unwrap_or(identifier);
    let name = name_of(app, identifier, format.suffix()).await;
    let name = name.unwrap_or_else(|| format!("{stem}.{}", format.suffix()));
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_DISPOSITION, disposition(&name)));
    if let Some(early) = early(request, &tag, &mut response) {
        return Ok(early);
    }
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())));
    if request.method() == Method::HEAD && planned.is_streamed() {
        return streamed_head(&planned, response);
    }
    let Delivered { planned, body, is_replanned } = planned.deliver().await?;
    if is_replanned {
        tag = image_tag(&planned);
        if let Some(early) = early(request, &tag, &mut response) {
            return Ok(early);
        }
    }
    let Body::Whole { bytes, .. } = body else { return Ok(delivered(body, response)) };
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    let length = bytes.len() as u64;
    let asked = if unchanged_range(request, &tag) { range(request, length) } else { Wanted::All };
    match asked {
        Wanted::All => Ok(response.body(bytes).into()),
        Wanted::Part(part) => {
            let (first, last) = (part.start, part.end - 1);
            response.status(StatusCode::PARTIAL_CONTENT);
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}")));
            Ok(response.body(bytes.slice(part.start as usize..part.end as usize)).into())
        }
        Wanted::Beyond => {
            let mut response = HttpResponse::RangeNotSatisfiable();
            response.insert_header((header::CONTENT_RANGE, format!("bytes */{length}")));
            Ok(response.finish().into())
        }
    }
}

/// A body of known length.
fn sent(
    mut response: HttpResponseBuilder,
    length: u64,
    pieces: impl Stream<Item = Result<Bytes, Error>> + 'static,
) -> Response {
    Response { response: response.body(SizedStream::new(length, watched(pieces))), note: "download" }
}

/// Pieces that keep their memory until they have been taken.
fn holding<T>(unsent: Unsent, pieces: impl Stream<Item = T>) -> impl Stream<Item = T> {
    pieces.inspect(move |_| {
        let _kept = &unsent;
    })
}

/// Says in the log why an answer broke off.
fn watched(pieces: impl Stream<Item = Result<Bytes, Error>>) -> impl Stream<Item = Result<Bytes, Error>> {
    pieces.inspect_err(|error| tracing::error!(error = error_chain(error), "a download broke off"))
}

/// What a file of this image is called at home: the title and the number of the work that shows it.
async fn name_of(app: &App, identifier: &str, ending: &str) -> Option<String> {
    let work = app.gallery.works.work_showing(identifier).await.ok().flatten()?;
    let stem = identifier.rsplit('/').next().unwrap_or(identifier);
    let several = work.images.iter().filter(|image| image.matched).count() > 1;
    let title = titled(app, &work);
    let own = if several {
        format!(" ({})", stem.rsplit_once('.').map_or(stem, |(stem, _)| stem))
    } else {
        String::new()
    };
    Some(if ending.is_empty() { format!("{title}{own}") } else { format!("{title}{own}.{ending}") })
}

/// A work's title and number, for people.
fn titled(app: &App, work: &crate::record::Work) -> String {
    let label = work.label();
    match label.best(&app.publisher.preferred()) {
        Some(title) if title != work.object_number => format!("{title}, {}", work.object_number),
        _ => work.object_number.clone(),
    }
}

/// The same of a work that is described.
fn named(app: &App, described: &Described) -> String {
    titled(app, &described.work)
}
