//! An answer on its way from its handler to the log and the client.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::web::http::headers::{is_held, is_wanted};

/// An answer, and what the log says of it.
pub struct Response {
    pub response: HttpResponse,
    pub note: &'static str,
}

impl From<HttpResponse> for Response {
    fn from(response: HttpResponse) -> Self {
        Self { response, note: "" }
    }
}

/// What is answered by its tag alone: 304, or 412 where the client wants another version.
pub fn early(
    request: &HttpRequest,
    tag: &HeaderValue,
    response: &mut HttpResponseBuilder,
) -> Option<Response> {
    response.insert_header((header::ETAG, tag.clone())).insert_header((header::CACHE_CONTROL, "no-cache"));
    if !is_wanted(request, tag) {
        return Some(response.status(StatusCode::PRECONDITION_FAILED).finish().into());
    }
    if is_held(request, tag) {
        return Some(Response { response: response.status(StatusCode::NOT_MODIFIED).finish(), note: "held" });
    }
    None
}
