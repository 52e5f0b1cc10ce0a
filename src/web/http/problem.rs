//! Error responses: status, headers and text.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde_json::json;

use crate::gallery;
use crate::web::http::error::Error;
use crate::web::http::status::{retry_after, status};

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
    if ["/api/", "/admin"].iter().any(|place| request.uri().path().starts_with(place)) {
        let title = status.canonical_reason().unwrap_or_default();
        let mut problem = json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "detail": error.to_string(),
        });
        if let Error::Gallery(
            gallery::Error::Invalid(invalid)
            | gallery::Error::NoPage(invalid)
            | gallery::Error::Unprocessable(invalid),
        ) = error
        {
            problem["parameter"] = json!(invalid.parameter);
        }
        return response.content_type("application/problem+json").body(problem.to_string());
    }
    response.content_type("text/plain; charset=utf-8").body(format!("{error}\n"))
}
