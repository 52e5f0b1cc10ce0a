//! What handlers return: the response and a note for the log.

use actix_web::HttpResponse;

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
