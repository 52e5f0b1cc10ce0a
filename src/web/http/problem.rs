//! Error responses: status, headers and text.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use schemars::JsonSchema;
use serde::Serialize;

use crate::gallery;
use crate::record::timestamp;
use crate::web::http::error::Error;
use crate::web::http::status::{retry_after, status};
use crate::web::http::trace::trace_of;

/// A problem document (RFC 9457).
#[derive(Serialize, JsonSchema)]
pub(crate) struct Problem<'a> {
    detail: String,
    /// The number of the decision that cannot be made, from 0; only in responses for many decisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32")]
    index: Option<usize>,
    /// The object number of a withdrawn work.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    object_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    parameter: Option<&'a str>,
    /// Why a work was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    reason: Option<&'a str>,
    /// The revision that withdrew a work, which as an entity tag in `If-Match` guards its restoration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    revision: Option<u64>,
    status: u16,
    title: &'a str,
    /// The number of the request's trace, which the log has, too; only while traces are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    trace_id: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    /// When a work was withdrawn, an xsd:dateTime in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    withdrawn: Option<String>,
}

/// Status and headers of an error response.
pub(crate) fn response_builder(error: &Error) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status(error));
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    match error {
        Error::Unauthorized => {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        Error::MethodNotAllowed { allowed } => {
            response.insert_header((header::ALLOW, *allowed));
        }
        _ => {}
    }
    if let Some(seconds) = retry_after(error) {
        response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    response
}

/// An error response. Its text says what works, and never shows internal failures. API clients get a problem
/// document (RFC 9457), and so does everybody who requests a withdrawn work.
pub(crate) fn problem_response(request: &HttpRequest, error: &Error) -> HttpResponse {
    let (status, mut response) = (status(error), response_builder(error));
    let tombstone = match error {
        Error::Gallery(gallery::Error::Gone(tombstone)) => Some(&**tombstone),
        _ => None,
    };
    let is_program =
        ["/api/", "/annotations/", "/admin"].iter().any(|place| request.uri().path().starts_with(place));
    if tombstone.is_some() || is_program {
        let title = status.canonical_reason().unwrap_or_default();
        let (index, cause) = match error {
            Error::Gallery(cause) => (None, Some(cause)),
            Error::Decision { index, cause } => (Some(*index), Some(cause)),
            _ => (None, None),
        };
        let parameter = match cause {
            Some(
                gallery::Error::Invalid(invalid)
                | gallery::Error::NoPage(invalid)
                | gallery::Error::Unprocessable(invalid),
            ) => Some(&*invalid.parameter),
            _ => None,
        };
        let status = status.as_u16();
        let detail = error.to_string();
        let problem = Problem {
            detail,
            index,
            object_number: tombstone.map(|tombstone| tombstone.object_number.as_str()),
            parameter,
            reason: tombstone.and_then(|tombstone| tombstone.reason.as_deref()),
            revision: tombstone.and_then(|tombstone| tombstone.revision),
            status,
            title,
            trace_id: trace_of(request).map(|trace| trace.to_string()),
            kind: "about:blank",
            withdrawn: tombstone.and_then(|tombstone| tombstone.at_ms).map(timestamp),
        };
        let text = serde_json::to_string(&problem).unwrap_or_default();
        return response.content_type("application/problem+json").body(text);
    }
    response.content_type("text/plain; charset=utf-8").body(format!("{error}\n"))
}
