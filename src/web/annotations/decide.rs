//! Curators' decisions about annotations, and the history of each.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde::Deserialize;
use serde_json::{Value, json};

use super::single::known;
use super::write::{expected, made};
use crate::catalogue::{AnnotationChange, AnnotationEvent, AnnotationStatus};
use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::presentation::Address;
use crate::record::timestamp;
use crate::web::App;
use crate::web::api::json_of;
use crate::web::api::tags::{allowed, stored};
use crate::web::http::error as http;
use crate::web::http::receive::{json_object, whole_body};
use crate::web::http::response::Response;
use crate::web::route::Image;

/// Maximum length of a decision, in bytes.
const MAX_BYTES: usize = 16 << 10;
/// Maximum length of a note, in characters.
const MAX_NOTE: usize = 2000;

/// The body of a decision.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    /// `accepted`, `rejected` or `pending`.
    status: String,
    note: Option<String>,
}

/// `PATCH` of an annotation, by a curator.
pub(super) async fn decide(
    app: &App,
    request: &HttpRequest,
    work: &Image<'_>,
    id: &str,
    body: &mut Payload,
) -> Result<Response, http::Error> {
    let actor = allowed(request, app)?;
    let body = whole_body(request, body, MAX_BYTES, app.body_limit).await?;
    let Decision { status, note } = json_object(&body).map_err(|error| {
        let reason = format!("is not a decision as in `{{\"status\": \"accepted\"}}`: {error}");
        Error::Invalid(Invalid::new("body", "", reason))
    })?;
    let decided = AnnotationStatus::parse(&status).filter(|status| *status != AnnotationStatus::Deleted);
    let decided = decided
        .ok_or_else(|| Invalid::new("status", &status, "must be `accepted`, `rejected` or `pending`"))?;
    if note.as_ref().is_some_and(|note| note.chars().count() > MAX_NOTE) {
        return Err(Invalid::new("note", "", format!("is longer than {MAX_NOTE} characters")).into());
    }
    let number = stored(app, work).await?.work.object_number;
    let old = known(app, &number, id).await?;
    let change = AnnotationChange::Decide {
        expected: expected(request, &old.state)?,
        id: old.state.id,
        status: decided,
    };
    let changed = made(app, &number, change, actor, note).await?;
    let address = Address::new(&app.base.of(request)?);
    Ok(json_of(&json!({
        "id": address.annotation(&number, &changed.state.id),
        "status": changed.state.status.name(),
        "revision": changed.state.revision,
    })))
}

/// `GET …/{annotation}/history`, by a curator.
pub(super) async fn history(
    app: &App,
    request: &HttpRequest,
    work: &Image<'_>,
    id: &str,
) -> Result<Response, http::Error> {
    allowed(request, app)?;
    let number = stored(app, work).await?.work.object_number;
    let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    let events = app.gallery.works.annotation_history(&number, &id).await?;
    if events.is_empty() {
        return Err(Error::NotFound.into());
    }
    let event = |event: AnnotationEvent| {
        let annotation: Value = serde_json::from_str(&event.body).unwrap_or_default();
        json!({
            "actor": event.actor, "at": timestamp(event.at_ms), "note": event.note, "revision": event.revision,
            "status": event.status.name(), "annotation": annotation,
        })
    };
    Ok(json_of(&json!({ "events": events.into_iter().map(event).collect::<Vec<_>>() })))
}
