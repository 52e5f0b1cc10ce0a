//! Withdraws works, and restores them.

use actix_web::http::header::ETag;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::parameters::OF_WITHDRAWAL;
use super::query::{ApiQuery, LINE};
use super::tags;
use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::record::withdrawal_reason;
use crate::web::App;
use crate::web::http::body::has_body;
use crate::web::http::error as http;
use crate::web::http::receive::json_object;
use crate::web::http::response::Response;
use crate::web::route::Image;

/// Why a work is withdrawn.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Withdrawal")]
pub(super) struct Withdrawal {
    /// Why, in words for the public: the responses for the work and its page contain it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    #[schemars(with = "String", length(min = 1, max = 1000), regex(pattern = LINE))]
    reason: Option<String>,
}

/// `DELETE /api/v1/works/{work}`: withdraws a work. Its records do not restore it.
pub(crate) async fn withdraw(
    app: &App,
    request: &HttpRequest,
    work: Image<'_>,
    body: &mut Payload,
) -> Result<Response, http::Error> {
    let actor = tags::allowed(request, app)?;
    let query = ApiQuery::read(&OF_WITHDRAWAL, request.query_string())?;
    let stated = match has_body(request) {
        true => read(&tags::read_json(app, request, body).await?)?.reason,
        false => None,
    };
    let reason = match (stated.as_deref(), query.text("reason")) {
        (Some(body), Some(query)) if body != query => {
            let reason = "is one in the query and another in the body";
            return Err(Error::Unprocessable(Invalid::new("reason", query, reason)).into());
        }
        (Some(reason), _) | (None, Some(reason)) => Some(reason),
        (None, None) => None,
    };
    let reason = reason.map(withdrawal_reason).transpose();
    let reason = reason.map_err(|wrong| Invalid::new("reason", "", wrong))?;
    let now = tags::stored(app, &work).await?;
    let expected = tags::expected(request, &now, None)?;
    let revision = app.gallery.works.withdraw(&work.identifier, expected, reason, actor.clone()).await?;
    tracing::info!(work = &*work.identifier, actor, "a work was withdrawn");
    Ok(done(revision))
}

/// `POST /api/v1/works/{work}/restore`: shows a withdrawn work again. One that is shown stays as it is.
pub(crate) async fn restore(
    app: &App,
    request: &HttpRequest,
    work: Image<'_>,
) -> Result<Response, http::Error> {
    let actor = tags::allowed(request, app)?;
    ApiQuery::read(&[], request.query_string())?;
    let now = app.gallery.works.stored_ever(&work.identifier).await?;
    let expected = match tags::expected(request, &now, None) {
        // A repeated request whose response was lost has already taken effect (RFC 9110, §13.1.1).
        Err(Error::Conflict { .. }) if !now.removed => None,
        expected => expected?,
    };
    let restored = app.gallery.works.restore(&work.identifier, expected, actor.clone()).await?;
    if restored.is_some() {
        tracing::info!(work = &*work.identifier, actor, "a work was restored");
    }
    Ok(done(restored.unwrap_or(now.revision)))
}

/// The response to a change, with the work's revision as its entity tag.
fn done(revision: u64) -> Response {
    HttpResponse::NoContent().insert_header(ETag(tags::entity_tag(revision))).finish().into()
}

/// A text; `null` is none.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

fn read(body: &[u8]) -> Result<Withdrawal, Error> {
    json_object(body).map_err(|error| {
        let reason = format!("must be as in `{{\"reason\": \"Returned to its owner\"}}`: {error}");
        Invalid::new("body", "", reason).into()
    })
}
