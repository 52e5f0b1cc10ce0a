//! Downloads: original files, full-size renditions, whole works; and sound and video.

mod archive;
mod disposition;

use actix_web::body::SizedStream;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};

use crate::gallery::{Body, Delivered, Described, Error, Original, Unsent, error_chain};
use crate::iiif::Format;
use crate::web::App;
use crate::web::http::conditional::{conditional_response, entity_tag};
use crate::web::http::range::RangeRequest;
use crate::web::http::response::Response;
use crate::web::iiif::image::{delivered, for_client, image_tag, streamed_head};
use crate::web::route::Image;

pub(super) use archive::archive;
pub(super) use disposition::disposition;

/// Formats of full-size renditions.
const FORMATS: [Format; 3] = [Format::Jpg, Format::Tif, Format::Png];

/// `GET /download/{image}` and `GET /download/{image}.{jpg|tif|png}`.
///
/// An identifier that exists is served as the original; otherwise its extension selects a format.
pub(super) async fn answer(app: &App, request: &HttpRequest, image: Image<'_>) -> Result<Response, Error> {
    let identifier = &image.identifier;
    let format = identifier.rsplit_once('.').and_then(|(stem, suffix)| {
        let format = FORMATS.into_iter().find(|format| format.suffix() == suffix)?;
        Some((stem, format))
    });
    match (app.gallery.images.original(identifier).await, format) {
        (Ok(original), _) => {
            let ending = original.file_name().rsplit_once('.').map_or("", |(_, ending)| ending);
            let name = name_of(app, identifier, ending).await;
            let name = name.unwrap_or_else(|| original.file_name().to_owned());
            whole(request, &original, Some(disposition(&name))).await
        }
        (Err(Error::NotFound | Error::Invalid(_)), Some((stem, format))) => {
            rendition(app, request, stem, format).await
        }
        (Err(error), _) => Err(error),
    }
}

/// `GET /media/{file}`: sound or video, for players. It is no attachment.
pub(super) async fn media(app: &App, request: &HttpRequest, file: Image<'_>) -> Result<Response, Error> {
    let original = app.gallery.images.media(&file.identifier).await?;
    whole(request, &original, None).await
}

/// A file, or the part of it that the request asks for.
async fn whole(
    request: &HttpRequest,
    original: &Original,
    disposition: Option<HeaderValue>,
) -> Result<Response, Error> {
    let tag = entity_tag(&original.name());
    let mut response = HttpResponse::Ok();
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    if let Some(disposition) = &disposition {
        response.insert_header((header::CONTENT_DISPOSITION, disposition.clone()));
    }
    if let Some(response) = conditional_response(request, &tag, &mut response) {
        return Ok(response);
    }
    // Players ask for parts, and check no digest.
    if disposition.is_some()
        && let Some(digest) = original.digest().await
    {
        let digest = format!("sha-256=:{digest}:");
        response.insert_header((HeaderName::from_static("repr-digest"), digest));
    }
    let (length, head) = (original.length(), request.method() == Method::HEAD);
    let range = RangeRequest::of(request, &tag, length);
    response.insert_header((header::CONTENT_TYPE, original.media_type));
    let has_no_body = head || range == RangeRequest::Unsatisfiable;
    let unsent = if has_no_body { Unsent::default() } else { original.admit().await? };
    range.apply(&mut response, length);
    match range {
        RangeRequest::Whole if head => Ok(sent(response, length, futures::stream::empty())),
        RangeRequest::Whole => Ok(sent(response, length, holding(unsent, original.all()))),
        RangeRequest::Part(part) => {
            let sized = part.end - part.start;
            match head {
                true => Ok(sent(response, sized, futures::stream::empty())),
                false => Ok(sent(response, sized, holding(unsent, original.pieces(part)))),
            }
        }
        RangeRequest::Unsatisfiable => {
            response.insert_header((header::CACHE_CONTROL, "no-store"));
            let text = format!("the file has {length} bytes; the range begins after the last one\n");
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
    if let Some(response) = conditional_response(request, &tag, &mut response) {
        return Ok(response);
    }
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())));
    if request.method() == Method::HEAD && planned.is_streamed() {
        return streamed_head(&planned, response);
    }
    let Delivered { planned, body, is_replanned } = for_client(app, request, planned).deliver().await?;
    if is_replanned {
        tag = image_tag(&planned);
        if let Some(response) = conditional_response(request, &tag, &mut response) {
            return Ok(response);
        }
    }
    let Body::Whole { bytes, .. } = body else { return Ok(delivered(body, response)) };
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    let length = bytes.len() as u64;
    let range = RangeRequest::of(request, &tag, length);
    range.apply(&mut response, length);
    match range {
        RangeRequest::Whole => Ok(response.body(bytes).into()),
        RangeRequest::Part(part) => {
            Ok(response.body(bytes.slice(part.start as usize..part.end as usize)).into())
        }
        RangeRequest::Unsatisfiable => Ok(response.finish().into()),
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

/// Pieces whose memory stays admitted until they have been read.
fn holding<T>(unsent: Unsent, pieces: impl Stream<Item = T>) -> impl Stream<Item = T> {
    pieces.inspect(move |_| {
        let _kept = &unsent;
    })
}

/// Logs why a download was aborted.
fn watched(pieces: impl Stream<Item = Result<Bytes, Error>>) -> impl Stream<Item = Result<Bytes, Error>> {
    pieces.inspect_err(|error| tracing::error!(error = error_chain(error), "a download was aborted"))
}

/// The file name of a download: title and object number of the work that shows the image.
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

/// A work's title and object number, for display.
fn titled(app: &App, work: &crate::record::Work) -> String {
    let label = work.label();
    match label.best(&app.publisher.preferred_languages()) {
        Some(title) if title != work.object_number => format!("{title}, {}", work.object_number),
        _ => work.object_number.clone(),
    }
}

/// The same for a described work.
fn named(app: &App, described: &Described) -> String {
    titled(app, &described.work)
}
