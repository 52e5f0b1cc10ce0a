//! Receives the whole body of a request, within limits of size and time, which together bound the slowest client.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::iiif::Invalid;
use crate::web::http::connections::Connection;
use crate::web::http::error::Error;

/// The value of a body that is a JSON object. Types with derived fields would also accept a list of their values.
pub(crate) fn json_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    let fields: Map<String, Value> = serde_json::from_slice(body)?;
    T::deserialize(Value::Object(fields))
}

/// The body, of at most `limit` bytes, received within `patience`.
pub(crate) async fn whole_body(
    request: &HttpRequest,
    body: &mut Payload,
    limit: usize,
    patience: Duration,
) -> Result<Bytes, Error> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(Error::BodyTooLong { limit_kib: limit >> 10 });
    }
    let connection = request.conn_data::<Arc<Connection>>();
    connection.inspect(|connection| connection.receiving());
    let read = tokio::time::timeout(patience, read_all(body, limit)).await;
    connection.inspect(|connection| connection.answering());
    read.map_err(|_| Error::BodyTimeout { limit_s: patience.as_secs() })?
}

async fn read_all(body: &mut Payload, limit: usize) -> Result<Bytes, Error> {
    let mut all = BytesMut::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| Invalid::new("body", "", error.to_string()))?;
        if all.len() + piece.len() > limit {
            return Err(Error::BodyTooLong { limit_kib: limit >> 10 });
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}
