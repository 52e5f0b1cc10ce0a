//! One annotation (Web Annotation Protocol, §3).

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ETag, EntityTag};
use actix_web::{HttpRequest, HttpResponse};

use super::place::Place;
use super::reader::Reader;
use super::{add_headers, media_type};
use crate::catalogue::{AnnotationState, AnnotationStatus, StoredAnnotation};
use crate::gallery::Error;
use crate::web::App;
use crate::web::http::conditional::{is_not_modified, not_modified};
use crate::web::http::response::Response;
use crate::web::route::AnnotationResource;

/// `GET …/{annotation}`.
pub(super) async fn answer(
    app: &App,
    request: &HttpRequest,
    place: &Place,
    id: &str,
    reader: &Reader,
) -> Result<Response, Error> {
    let stored = known(app, place.number(), id).await?;
    if !reader.reads(&stored.state) {
        return Err(Error::NotFound);
    }
    let tag = entity_tag(&stored.state);
    if is_not_modified(request, tag.tag()) {
        return Ok(not_modified(HttpResponse::Ok().insert_header(ETag(tag))));
    }
    respond(app, request, place, &stored, reader, StatusCode::OK)
}

/// An annotation of the work that was not deleted.
pub(super) async fn known(app: &App, work: &str, id: &str) -> Result<StoredAnnotation, Error> {
    let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    match app.gallery.works.annotation(work, &id).await? {
        Some(stored) if stored.state.status == AnnotationStatus::Deleted => Err(Error::Deleted),
        Some(stored) => Ok(stored),
        None => Err(Error::NotFound),
    }
}

/// The revision as an entity tag, for `If-Match`.
pub(super) fn entity_tag(state: &AnnotationState) -> EntityTag {
    EntityTag::new_strong(state.revision.to_string())
}

/// The annotation as a response.
pub(super) fn respond(
    app: &App,
    request: &HttpRequest,
    place: &Place,
    stored: &StoredAnnotation,
    reader: &Reader,
    status: StatusCode,
) -> Result<Response, Error> {
    let canvas = place.canvas_of(app, &stored.state)?;
    let document = place.published(&stored.state, &stored.body, &canvas.uri, |found| found.document());
    let document = document.ok_or_else(|| Error::Fault("a stored annotation cannot be read".into()))?;
    let mut response = HttpResponse::build(status);
    response.insert_header((header::VARY, "Accept, Authorization"));
    response.insert_header((header::CACHE_CONTROL, reader.cache_control()));
    response.insert_header(ETag(entity_tag(&stored.state)));
    response.insert_header((header::CONTENT_TYPE, media_type(request)));
    let mut response = response.body(document.to_string());
    add_headers(response.headers_mut(), AnnotationResource::Annotation(&stored.state.id));
    Ok(response.into())
}
