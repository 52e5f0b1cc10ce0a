//! Error responses: status, headers and text.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use schemars::JsonSchema;
use serde::Serialize;

use crate::gallery;
use crate::web::http::error::Error;
use crate::web::http::status::{retry_after, status};

/// A problem document (RFC 9457).
#[derive(Serialize, JsonSchema)]
pub(crate) struct Problem<'a> {
    detail: String,
    /// The number of the decision that cannot be made, from 0; only in responses for many decisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32")]
    index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    parameter: Option<&'a str>,
    status: u16,
    title: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
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
/// document (RFC 9457).
pub(crate) fn problem_response(request: &HttpRequest, error: &Error) -> HttpResponse {
    let (status, mut response) = (status(error), response_builder(error));
    if ["/api/", "/annotations/", "/admin"].iter().any(|place| request.uri().path().starts_with(place)) {
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
        let problem = Problem { detail, index, parameter, status, title, kind: "about:blank" };
        let text = serde_json::to_string(&problem).unwrap_or_default();
        return response.content_type("application/problem+json").body(text);
    }
    response.content_type("text/plain; charset=utf-8").body(format!("{error}\n"))
}
