//! Creates, replaces and deletes annotations (Web Annotation Protocol, §5).

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue, IfMatch};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::place::{Place, PlacedCanvas};
use super::reader::Reader;
use super::single::{entity_tag, known, respond};
use super::{MEDIA_TYPE, container};
use crate::catalogue::{AnnotationChange, AnnotationState, StoredAnnotation};
use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::presentation::web_annotation::{self, Annotation, Refused, TargetCanvas};
use crate::web::App;
use crate::web::http::conditional::if_match;
use crate::web::http::error as http;
use crate::web::http::receive::whole_body;
use crate::web::http::response::Response;
use crate::web::route::Image;

/// Maximum length of an annotation, in bytes.
const MAX_BYTES: usize = 64 << 10;
/// Maximum length of an identifier that a client suggests.
const MAX_SLUG: usize = 64;
const SLUG: HeaderName = HeaderName::from_static("slug");

/// `POST` to a container.
pub(super) async fn create(
    app: &App,
    request: &HttpRequest,
    work: &Image<'_>,
    number: usize,
    body: &mut Payload,
) -> Result<Response, http::Error> {
    let writer = Reader::writer(app, request)?;
    let body = read_body(app, request, body).await?;
    let place = Place::of(app, request, work).await?;
    let canvas = place.canvas(app, number)?;
    let Annotation { properties, words } = read(&body, &place, &canvas, None)?;
    let change = AnnotationChange::Create {
        slug: slug(request),
        canvas: number as u32,
        image: canvas.image.clone(),
        status: writer.status(),
        words,
        body: stored_text(properties)?,
        max: app.live().annotations.per_canvas,
        expected: last_change(app, request, &place, number, &writer).await?,
    };
    let owner = writer.owner().to_owned();
    let stored = made(app, place.number(), change, owner, None).await?;
    let mut response = respond(app, request, &place, &stored, &writer, StatusCode::CREATED)?;
    if let Ok(uri) = HeaderValue::try_from(place.annotation(&stored.state.id)) {
        response.response.headers_mut().insert(header::LOCATION, uri);
    }
    Ok(response)
}

/// `PUT` of an annotation: the revision that the client has read is required.
pub(super) async fn replace(
    app: &App,
    request: &HttpRequest,
    work: &Image<'_>,
    id: &str,
    body: &mut Payload,
) -> Result<Response, http::Error> {
    let writer = Reader::writer(app, request)?;
    let place = Place::of(app, request, work).await?;
    let old = readable(app, &place, id, &writer).await?;
    writer.check_writes(&old.state)?;
    let expected = expected(request, &old.state)?.ok_or(http::Error::NoPrecondition)?;
    let body = read_body(app, request, body).await?;
    let canvas = place.canvas_of(app, &old.state)?;
    let own = place.annotation(&old.state.id);
    let Annotation { mut properties, words } = read(&body, &place, &canvas, Some(&own))?;
    // A canonical URI is never changed (§5.3).
    let before: Value = serde_json::from_str(&old.body).unwrap_or_default();
    if let Some(canonical) = before.get("canonical") {
        properties.insert("canonical".into(), canonical.clone());
    }
    let change = AnnotationChange::Replace {
        id: old.state.id,
        expected,
        status: writer.status(),
        words,
        body: stored_text(properties)?,
    };
    let owner = writer.owner().to_owned();
    let stored = made(app, place.number(), change, owner, None).await?;
    Ok(respond(app, request, &place, &stored, &writer, StatusCode::OK)?)
}

/// `DELETE` of an annotation.
pub(super) async fn delete(
    app: &App,
    request: &HttpRequest,
    work: &Image<'_>,
    id: &str,
) -> Result<Response, http::Error> {
    let writer = Reader::writer(app, request)?;
    let place = Place::of(app, request, work).await?;
    let old = readable(app, &place, id, &writer).await?;
    writer.check_writes(&old.state)?;
    let change = AnnotationChange::Delete { expected: expected(request, &old.state)?, id: old.state.id };
    made(app, place.number(), change, writer.owner().to_owned(), None).await?;
    Ok(HttpResponse::NoContent().finish().into())
}

/// The last revision that changed an annotation of the work, if `If-Match` requires that the container is as the client has
/// read it (RFC 9110, §13.1.1).
async fn last_change(
    app: &App,
    request: &HttpRequest,
    place: &Place,
    number: usize,
    writer: &Reader,
) -> Result<Option<u64>, Error> {
    let listed = if_match(request.headers()).map_err(|text| {
        Invalid::new("If-Match", &text, "is not a list of entity tags: send the ETag of the container")
    })?;
    let Some(IfMatch::Items(tags)) = listed else { return Ok(None) };
    // What is changed after this is noticed with the catalogue locked.
    let last = app.gallery.works.last_annotation_change(place.number()).await?;
    match container::has_tag(app, place, number, writer, &tags).await? {
        true => Ok(Some(last)),
        false => Err(Error::ContainerChanged),
    }
}

/// Makes a change.
pub(super) async fn made(
    app: &App,
    work: &str,
    change: AnnotationChange,
    actor: String,
    note: Option<String>,
) -> Result<StoredAnnotation, Error> {
    let history = app.live().annotations.history;
    app.gallery.works.change_annotation(work, change, actor, note, history).await
}

/// An annotation that the writer may know of.
async fn readable(app: &App, place: &Place, id: &str, writer: &Reader) -> Result<StoredAnnotation, Error> {
    let old = known(app, place.number(), id).await?;
    if writer.reads(&old.state) { Ok(old) } else { Err(Error::NotFound) }
}

/// The revision that `If-Match` requires; `None` without the header.
pub(super) fn expected(request: &HttpRequest, state: &AnnotationState) -> Result<Option<u64>, Error> {
    let listed = if_match(request.headers()).map_err(|text| {
        Invalid::new("If-Match", &text, "is not a list of entity tags: send the ETag of the annotation")
    })?;
    let current = state.revision;
    match listed {
        None => Ok(None),
        Some(IfMatch::Items(tags)) if !tags.iter().any(|tag| tag.strong_eq(&entity_tag(state))) => {
            Err(Error::Outdated { current })
        }
        Some(_) => Ok(Some(current)),
    }
}

fn read(body: &[u8], place: &Place, canvas: &PlacedCanvas, own: Option<&str>) -> Result<Annotation, Error> {
    let is_canvas = |uri: &str| {
        // Clients may percent-encode the number of the work in another way.
        let named = uri.contains("/canvas/").then(|| place.address.find(uri)).flatten();
        uri == canvas.uri
            || named.is_some_and(|named| named.work == place.number() && named.canvas == Some(canvas.number))
    };
    let target = TargetCanvas { is_canvas: &is_canvas, dimensions: canvas.dimensions };
    web_annotation::read(body, &target, own).map_err(|refused| match refused {
        Refused::Malformed(invalid) => Error::Invalid(invalid),
        Refused::Unusable(invalid) => Error::Unprocessable(invalid),
    })
}

/// The annotation as it is stored. Escaped texts are longer than they were sent.
fn stored_text(properties: Map<String, Value>) -> Result<String, Error> {
    let text = Value::Object(properties).to_string();
    if text.len() > MAX_BYTES {
        let reason = format!("is longer than {} KiB with its markup escaped", MAX_BYTES >> 10);
        return Err(Error::Unprocessable(Invalid::new("body", "", reason)));
    }
    Ok(text)
}

async fn read_body(app: &App, request: &HttpRequest, body: &mut Payload) -> Result<Bytes, http::Error> {
    let sent = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::to_str);
    let sent = sent.and_then(Result::ok).unwrap_or_default();
    let kind = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !matches!(kind.as_str(), "application/ld+json" | "application/json") {
        let refused = Invalid::new("Content-Type", sent, format!("cannot be read: send `{MEDIA_TYPE}`"));
        return Err(Error::Unsupported(refused.to_string()).into());
    }
    whole_body(request, body, MAX_BYTES, app.body_limit).await
}

/// The identifier that the client would like (RFC 5023, §9.7), reduced to letters, digits and hyphens.
fn slug(request: &HttpRequest) -> Option<String> {
    let sent = request.headers().get(SLUG)?.to_str().ok()?;
    let sent = percent_encoding::percent_decode_str(sent).decode_utf8_lossy();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let slug: String = sent.trim().chars().take(MAX_SLUG).map(plain).collect();
    let slug = slug.trim_matches('-');
    (!slug.is_empty() && slug != "history").then(|| slug.to_owned())
}
