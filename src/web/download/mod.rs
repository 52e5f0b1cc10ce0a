//! Downloads: originals as they lie, full-size renditions, whole works.

mod archive;
mod disposition;

use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};

use super::Door;
use super::answered::{Answered, early};
use super::headers::entity_tag;
use super::image::{image_tag, streamed};
use super::range::{Wanted, range, unchanged_range};
use super::route::Image;
use crate::gallery::{Described, Error, Original, Unsent, told};
use crate::iiif::Format;
use disposition::disposition;

pub use archive::archive;

/// What full-size renditions are to be had in.
const FORMATS: [Format; 3] = [Format::Jpg, Format::Tif, Format::Png];

/// `GET /download/{image}` and `GET /download/{image}.{jpg|tif|png}`.
///
/// A name that is an image's is that image's original; only else is its ending a format.
pub async fn answer(door: &Door, request: &HttpRequest, image: Image<'_>) -> Result<Answered, Error> {
    let identifier = &image.identifier;
    let format = identifier.rsplit_once('.').and_then(|(stem, suffix)| {
        let format = FORMATS.into_iter().find(|format| format.suffix() == suffix)?;
        Some((stem, format))
    });
    match (door.gallery.original(identifier).await, format) {
        (Ok(original), _) => whole(door, request, identifier, original).await,
        (Err(Error::NotFound | Error::Invalid(_)), Some((stem, format))) => {
            rendition(door, request, stem, format).await
        }
        (Err(error), _) => Err(error),
    }
}

async fn whole(
    door: &Door,
    request: &HttpRequest,
    identifier: &str,
    original: Original,
) -> Result<Answered, Error> {
    let tag = entity_tag(&original.name());
    let ending = original.file_name().rsplit_once('.').map_or("", |(_, ending)| ending).to_owned();
    let name = name_of(door, identifier, &ending).await.unwrap_or_else(|| original.file_name().to_owned());
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
    door: &Door,
    request: &HttpRequest,
    identifier: &str,
    format: Format,
) -> Result<Answered, Error> {
    let (granted, plan) = door.gallery.rendition(identifier, format).await?;
    let tag = image_tag(door, &granted, &plan);
    let stem = identifier.rsplit('/').next().unwrap_or(identifier);
    let name = name_of(door, identifier, format.suffix()).await;
    let name = name.unwrap_or_else(|| format!("{stem}.{}", format.suffix()));
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_DISPOSITION, disposition(&name)));
    if let Some(early) = early(request, &tag, &mut response) {
        return Ok(early);
    }
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())));
    if door.gallery.is_banded(&granted, &plan) {
        return streamed(door, request, &granted, &plan, response).await;
    }
    let bytes = door.gallery.deliver(&granted, plan).await?.bytes;
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
) -> Answered {
    Answered { response: response.body(SizedStream::new(length, watched(pieces))), note: "download" }
}

/// Pieces that keep their memory until they have been taken.
fn holding<T>(unsent: Unsent, pieces: impl Stream<Item = T>) -> impl Stream<Item = T> {
    pieces.inspect(move |_| {
        let _kept = &unsent;
    })
}

/// Says in the log why an answer broke off.
fn watched(pieces: impl Stream<Item = Result<Bytes, Error>>) -> impl Stream<Item = Result<Bytes, Error>> {
    pieces.inspect_err(|error| tracing::error!(error = told(error), "a download broke off"))
}

/// What a file of this image is called at home: the title and the number of the work that shows it.
async fn name_of(door: &Door, identifier: &str, ending: &str) -> Option<String> {
    let number = door.gallery.shown_by(identifier).await.ok().flatten()?;
    let works = door.gallery.works()?;
    let stored =
        works.look_up(|catalogue| async move { catalogue.get(&number).await }).await.ok().flatten()?;
    let stem = identifier.rsplit('/').next().unwrap_or(identifier);
    let several = stored.work.images.iter().filter(|image| image.matched).count() > 1;
    let title = titled(door, &stored.work);
    let own = if several {
        format!(" ({})", stem.rsplit_once('.').map_or(stem, |(stem, _)| stem))
    } else {
        String::new()
    };
    Some(if ending.is_empty() { format!("{title}{own}") } else { format!("{title}{own}.{ending}") })
}

/// A work's title and number, for people.
fn titled(door: &Door, work: &crate::record::Work) -> String {
    let label = work.label();
    match label.best(&door.publisher.preferred_languages()) {
        Some(title) if title != work.object_number => format!("{title}, {}", work.object_number),
        _ => work.object_number.clone(),
    }
}

/// The same of a work that is described.
fn named(door: &Door, described: &Described) -> String {
    titled(door, &described.work)
}
