//! Reads request bodies of tags, within limits of size and time.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Payload;
use bytes::Bytes;

use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::web::App;
use crate::web::http::error as http;
use crate::web::http::receive::whole_body;

/// What a body may be.
pub(super) struct Expected {
    pub max_bytes: usize,
    pub media_type: &'static str,
}

/// The whole body, within its limits of size and time.
pub(super) async fn read_body(
    app: &App,
    request: &HttpRequest,
    body: &mut Payload,
    expected: &Expected,
) -> Result<Bytes, http::Error> {
    check_media_type(request, expected)?;
    whole_body(request, body, expected.max_bytes, app.body_limit).await
}

/// Rejects bodies of other media types. A missing type is accepted, and so is the default of `curl -d`, which only
/// means that none was set.
fn check_media_type(request: &HttpRequest, expected: &Expected) -> Result<(), Error> {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = expected.media_type == "application/json"
        && kind.starts_with("application/")
        && kind.ends_with("+json");
    if kind == expected.media_type || kind == "application/x-www-form-urlencoded" || is_json {
        return Ok(());
    }
    let refused =
        Invalid::new("Content-Type", text, format!("cannot be read: send `{}`", expected.media_type));
    Err(Error::Unsupported(refused.to_string()))
}
