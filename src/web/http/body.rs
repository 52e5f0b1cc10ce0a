//! Response bodies that keep something until they have been sent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use crate::web::http::connections::{Connection, Turn};

/// The request has its connection's turn.
pub fn turn(request: &HttpRequest) -> Option<Turn> {
    request.conn_data::<Arc<Connection>>().map(Connection::begin)
}

/// The response, which holds what is left of the request's body. Where some of it has not come, its connection is closed
/// for that; if the body had been dropped before, the connection would take it for as long as it comes.
pub fn with_unread(request: &HttpRequest, response: HttpResponse, unread: Payload) -> HttpResponse {
    if !has_body(request) {
        return response;
    }
    response.map_body(|_, body| Holding::new(body, unread).boxed())
}

/// A body, and what is kept until it has left.
pub struct Holding<T> {
    body: BoxBody,
    _held: T,
}

impl<T> Holding<T> {
    pub fn new(body: BoxBody, held: T) -> Self {
        Self { body, _held: held }
    }
}

impl<T: Unpin> MessageBody for Holding<T> {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

pub fn has_body(request: &HttpRequest) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH);
    length.is_some_and(|length| length != "0") || request.headers().contains_key(header::TRANSFER_ENCODING)
}
