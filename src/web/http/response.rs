//! What handlers return: the response and a note for the log.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::web::http::headers::{is_not_modified, satisfies_if_match};

/// A response, and the note that its log line carries.
pub(crate) struct Response {
    pub response: HttpResponse,
    pub note: &'static str,
}

impl From<HttpResponse> for Response {
    fn from(response: HttpResponse) -> Self {
        Self { response, note: "" }
    }
}

/// 304 or 412 if the request's preconditions decide the response. Sets `ETag` and `Cache-Control`.
pub(crate) fn conditional_response(
    request: &HttpRequest,
    tag: &HeaderValue,
    response: &mut HttpResponseBuilder,
) -> Option<Response> {
    response.insert_header((header::ETAG, tag.clone())).insert_header((header::CACHE_CONTROL, "no-cache"));
    if !satisfies_if_match(request, tag) {
        return Some(response.status(StatusCode::PRECONDITION_FAILED).finish().into());
    }
    if is_not_modified(request, tag) {
        return Some(Response { response: response.status(StatusCode::NOT_MODIFIED).finish(), note: "held" });
    }
    None
}
