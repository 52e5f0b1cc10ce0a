//! Reads request bodies of tags, within limits of size and time.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Payload;
use futures::StreamExt;

use crate::gallery::Error;
use crate::iiif::Invalid;
use crate::web::App;
use crate::web::http::connections::Connection;
use crate::web::http::error as http;

/// What a body may be.
pub(super) struct Expected {
    pub max_bytes: usize,
    pub media_type: &'static str,
}

impl Expected {
    fn too_long(&self) -> http::Error {
        http::Error::BodyTooLong { limit_kib: self.max_bytes >> 10 }
    }
}

/// The whole body, within its limits of size and time, which together bound the slowest client.
pub(super) async fn read_body(
    app: &App,
    request: &HttpRequest,
    body: &mut Payload,
    expected: &Expected,
) -> Result<Vec<u8>, http::Error> {
    check_media_type(request, expected)?;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > expected.max_bytes as u64) {
        return Err(expected.too_long());
    }
    let connection = request.conn_data::<Arc<Connection>>();
    connection.inspect(|connection| connection.receiving());
    let read = tokio::time::timeout(app.body_limit, read_all(body, expected)).await;
    connection.inspect(|connection| connection.answering());
    read.map_err(|_| http::Error::BodyTimeout { limit_s: app.body_limit.as_secs() })?
}

async fn read_all(body: &mut Payload, expected: &Expected) -> Result<Vec<u8>, http::Error> {
    let mut all = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| Invalid::new("body", "", error.to_string()))?;
        if all.len() + piece.len() > expected.max_bytes {
            return Err(expected.too_long());
        }
        all.extend_from_slice(&piece);
    }
    Ok(all)
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
