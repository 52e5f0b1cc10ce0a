//! Errors as answers: their status, their headers, their text.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde_json::json;

use crate::gallery;
use crate::web::http::error::Error;
use crate::web::http::status::{retry_after, status};

/// The head of an error's answer.
pub fn head(error: &Error) -> HttpResponseBuilder {
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

/// An error's answer: its text says what would work; never what went wrong inside. Programs get it as a problem
/// document (RFC 9457).
pub fn refusal(request: &HttpRequest, error: &Error) -> HttpResponse {
    let (status, mut response) = (status(error), head(error));
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
