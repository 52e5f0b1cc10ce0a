//! Downloads: originals as they lie, full-size renditions, whole works.

mod archive;
mod disposition;

use std::ops::Range;

use actix_web::body::SizedStream;
use actix_web::http::header::{self, ByteRangeSpec, Header, HeaderName, HeaderValue, Range as Ranges};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};

use super::Door;
use super::headers::{entity_tag, is_held, is_wanted};
use super::image::{Answered, image_tag, streamed};
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
    let asked = if unchanged_range(request, &tag) { range(request, length) } else { Asked::All };
    response.insert_header((header::CONTENT_TYPE, original.media_type));
    let unsent = if head { Unsent::default() } else { original.admit().await? };
    match asked {
        Asked::All if head => Ok(sent(response, length, futures::stream::empty())),
        Asked::All => Ok(sent(response, length, holding(unsent, original.all()))),
        Asked::Part(part) => {
            let (first, last) = (part.start, part.end - 1);
            response.status(StatusCode::PARTIAL_CONTENT);
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}")));
            let sized = part.end - part.start;
            match head {
                true => Ok(sent(response, sized, futures::stream::empty())),
                false => Ok(sent(response, sized, holding(unsent, original.pieces(part)))),
            }
        }
        Asked::Beyond => {
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
    let asked = if unchanged_range(request, &tag) { range(request, length) } else { Asked::All };
    match asked {
        Asked::All => Ok(response.body(bytes).into()),
        Asked::Part(part) => {
            let (first, last) = (part.start, part.end - 1);
            response.status(StatusCode::PARTIAL_CONTENT);
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}")));
            Ok(response.body(bytes.slice(part.start as usize..part.end as usize)).into())
        }
        Asked::Beyond => {
            let mut response = HttpResponse::RangeNotSatisfiable();
            response.insert_header((header::CONTENT_RANGE, format!("bytes */{length}")));
            Ok(response.finish().into())
        }
    }
}

/// What is answered by its tag alone: 304, or 412 where the client wants another version.
pub(super) fn early(
    request: &HttpRequest,
    tag: &HeaderValue,
    response: &mut HttpResponseBuilder,
) -> Option<Answered> {
    response.insert_header((header::ETAG, tag.clone())).insert_header((header::CACHE_CONTROL, "no-cache"));
    if !is_wanted(request, tag) {
        return Some(response.status(StatusCode::PRECONDITION_FAILED).finish().into());
    }
    if is_held(request, tag) {
        return Some(Answered { response: response.status(StatusCode::NOT_MODIFIED).finish(), note: "held" });
    }
    None
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

/// The bytes that a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    All,
    Part(Range<u64>),
    Beyond,
}

/// At most one range: who asks for several, or not by the grammar, gets all (RFC 9110, §14.2).
pub(super) fn range(request: &HttpRequest, length: u64) -> Asked {
    let Some(asked) = request.headers().get(header::RANGE) else { return Asked::All };
    // The parser passes over what it does not know.
    let plain = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
    if !asked.as_bytes().strip_prefix(b"bytes=").is_some_and(|rest| rest.iter().all(plain)) {
        return Asked::All;
    }
    let Ok(Ranges::Bytes(specs)) = Ranges::parse(request) else { return Asked::All };
    match &specs[..] {
        [ByteRangeSpec::FromTo(first, last)] if last < first => Asked::All,
        [spec] => match spec.to_satisfiable_range(length) {
            Some((first, last)) => Asked::Part(first..last + 1),
            None => Asked::Beyond,
        },
        _ => Asked::All,
    }
}

/// Whether a range may be sent: of the version that the client has the rest of (RFC 9110, §13.1.5). Dates are not
/// known of every store, so that only tags count.
pub(super) fn unchanged_range(request: &HttpRequest, tag: &HeaderValue) -> bool {
    request.headers().get(header::IF_RANGE).is_none_or(|held| held == tag)
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
    match label.best(&door.house.preferred()) {
        Some(title) if title != work.object_number => format!("{title}, {}", work.object_number),
        _ => work.object_number.clone(),
    }
}

/// The same of a work that is described.
fn named(door: &Door, described: &Described) -> String {
    titled(door, &described.work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[track_caller]
    fn check(asked: &str, length: u64, expected: Asked) {
        let request = TestRequest::default().insert_header((header::RANGE, asked)).to_http_request();
        assert_eq!(range(&request, length), expected, "{asked} of {length}");
    }

    #[test]
    fn one_range_is_a_part() {
        check("bytes=0-9", 100, Asked::Part(0..10));
        check("bytes=90-", 100, Asked::Part(90..100));
        check("bytes=-10", 100, Asked::Part(90..100));
        check("bytes=-1000", 100, Asked::Part(0..100));
        check("bytes=99-1000", 100, Asked::Part(99..100));
        check("bytes=100-", 100, Asked::Beyond);
        check("bytes=-0", 100, Asked::Beyond);
        check("bytes=0-0", 0, Asked::Beyond);
    }

    #[test]
    fn what_is_not_one_range_is_all() {
        for asked in [
            "bytes=0-9,20-29",
            "bytes=9-0",
            "bytes=a-b",
            "bytes",
            "items=0-9",
            "bytes=",
            "bytes=--1",
            "bytes=0-1,junk",
            "bytes=+1-2",
        ] {
            check(asked, 100, Asked::All);
        }
    }
}
