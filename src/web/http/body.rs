//! Response bodies that own a value until they have been sent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use crate::web::http::connections::{ActiveRequest, Connection};

/// Marks the request's connection as busy until the result is dropped.
pub(crate) fn active_request(request: &HttpRequest) -> Option<ActiveRequest> {
    request.conn_data::<Arc<Connection>>().map(Connection::begin)
}

/// The response, owning the unread part of the request body. If part of the body has not arrived, the connection is
/// then closed; had the body been dropped earlier, the connection would keep reading it.
pub(crate) fn with_unread(request: &HttpRequest, response: HttpResponse, unread: Payload) -> HttpResponse {
    if !has_body(request) {
        return response;
    }
    response.map_body(|_, body| Holding::new(body, unread).boxed())
}

/// A body, and a value that is dropped once it has been sent.
pub(crate) struct Holding<T> {
    body: BoxBody,
    _held: T,
}

impl<T> Holding<T> {
    pub(crate) fn new(body: BoxBody, held: T) -> Self {
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

pub(crate) fn has_body(request: &HttpRequest) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH);
    length.is_some_and(|length| length != "0") || request.headers().contains_key(header::TRANSFER_ENCODING)
}
