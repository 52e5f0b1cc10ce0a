//! The door that every request comes in by and every answer goes out through.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use serde_json::Value;

use super::answered::Answered;
use super::base::Base;
use super::connections::{Connection, Turn};
use super::document::Document;
use super::headers::{self, common, preflight};
use super::image;
use super::pace::Pace;
use super::refusal::{self, refusal};
use super::route::Route;
use super::settings::{Api, Operations, Settings};
use super::token::Guesses;
use super::warming::Warming;
use super::{api, collections, deepzoom, download, failure, operations, site, smk, tags, works};
use crate::gallery::{Error, Gallery, told};
use crate::iiif::Invalid;
use crate::presentation::Publisher;

/// Bodies up to this size are in a connection's hands as soon as they are made, in bytes.
const SMALL: u64 = 64 << 10;

/// What the handlers share.
pub struct Door {
    pub gallery: Arc<Gallery>,
    pub base: Base,
    pub image_age: HeaderValue,
    pub document_age: HeaderValue,
    pub api: Api,
    pub operations: Operations,
    /// The settings in force, without secrets.
    pub in_force: Value,
    pub warming: Warming,
    pub publisher: Publisher,
    pub(super) works: works::Kept,
    /// Set when the server is about to stop.
    pub draining: AtomicBool,
    pub(super) pace: Pace,
    pub(super) guesses: Guesses,
    /// How long the body of a request may take to arrive.
    pub(super) body_limit: Duration,
    frame_ancestors: String,
    requests: [metrics::Counter; 5],
    seconds: metrics::Histogram,
}

impl Door {
    /// Fails with a reason where a setting makes no sense.
    pub fn new(
        gallery: Arc<Gallery>,
        settings: &Settings,
        api: &Api,
        operations: &Operations,
        publisher: &Publisher,
    ) -> Result<Self, String> {
        super::check::check(settings, api, operations)?;
        let age = |seconds: u32| {
            HeaderValue::try_from(format!("public, max-age={seconds}")).map_err(|error| error.to_string())
        };
        let requests = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        Ok(Self {
            gallery,
            base: Base::new(settings)?,
            image_age: age(settings.image_max_age_s)?,
            document_age: age(settings.document_max_age_s)?,
            api: api.clone(),
            operations: operations.clone(),
            in_force: Value::Null,
            warming: Warming::default(),
            publisher: publisher.clone(),
            works: works::Kept::new(settings.documents_mib),
            draining: AtomicBool::new(false),
            pace: Pace::new(settings.slow_reader_kib_per_s),
            guesses: Guesses::default(),
            body_limit: Duration::from_secs(settings.body_s),
            frame_ancestors: settings.frame_ancestors.join(" "),
            requests: requests.map(|class| metrics::counter!("tegl_requests_total", "status" => class)),
            seconds: metrics::histogram!("tegl_request_seconds"),
        })
    }

    /// Answers a request; writes its one line in the log.
    pub async fn enter(&self, request: HttpRequest, mut body: Payload) -> HttpResponse {
        let began = Instant::now();
        let turn = turn(&request);
        let answered = match self.answer(&request, &mut body).await {
            Ok(answered) => self.paced(&request, answered).await,
            refused => refused,
        };
        let (mut response, note, fault) = match answered {
            Ok(answered) => (answered.response, answered.note, None),
            Err(error) => {
                let page = failure::page(self, &request, &error, refusal::head(&error));
                (page.unwrap_or_else(|| refusal(&request, &error)), "", Some(error))
            }
        };
        common(response.headers_mut());
        self.address(&request, &mut response);
        let (status, took) = (response.status(), began.elapsed());
        self.requests[usize::from(status.as_u16() / 100 - 1).min(4)].increment(1);
        self.seconds.record(took.as_secs_f64());
        log(&request, status, &response, took.as_micros() as u64, note, fault.as_ref());
        let response = with_unread(&request, response, body);
        match response.body().size() {
            // These leave within one turn of the connection.
            BodySize::None => response,
            BodySize::Sized(length) if length <= SMALL => response,
            _ => response.map_body(|_, body| OnItsWay { body, _with: turn }.boxed()),
        }
    }

    /// Says what an answer depends on that has this server's address in it, and who may frame a page.
    fn address(&self, request: &HttpRequest, response: &mut HttpResponse) {
        let path = request.uri().path();
        if let Some(varies) = self.base.varies()
            && !path.starts_with("/assets/")
            && !path.starts_with("/health/")
        {
            response.headers_mut().append(header::VARY, HeaderValue::from_static(varies));
        }
        let media_type = response.headers().get(header::CONTENT_TYPE);
        if media_type.is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/html")) {
            headers::page(response.headers_mut(), &self.frame_ancestors);
        }
    }

    async fn answer(&self, request: &HttpRequest, body: &mut Payload) -> Result<Answered, Error> {
        self.base.check(request)?;
        match *request.method() {
            Method::GET | Method::HEAD => {}
            Method::POST | Method::PATCH => {
                return match Route::parse(request.uri().path())? {
                    Route::Tags(at) => tags::write(self, request, at, body).await,
                    _ => Err(Error::NotAllowed { allowed: allowed_methods(request) }),
                };
            }
            Method::DELETE => {
                return match Route::parse(request.uri().path())? {
                    Route::Record { work } => works::withdraw(self, request, work).await,
                    _ => Err(Error::NotAllowed { allowed: allowed_methods(request) }),
                };
            }
            Method::OPTIONS => {
                let mut response = HttpResponse::NoContent().finish();
                preflight(response.headers_mut(), allowed_methods(request));
                return Ok(response.into());
            }
            _ => return Err(Error::NotAllowed { allowed: allowed_methods(request) }),
        }
        if has_body(request) {
            return Err(Invalid::new("body", "", "is not expected with GET").into());
        }
        match Route::parse(request.uri().path())? {
            Route::Pixels { version, image, parameters } => {
                let parameters = [&*parameters[0], &*parameters[1], &*parameters[2], &*parameters[3]];
                image::pixels(self, request, version, image, parameters).await
            }
            Route::Legacy { image, parameters } => image::legacy(self, request, image, &parameters).await,
            Route::Info { version, image } => image::info(self, request, version, image).await,
            Route::Base { version, image } => {
                let place =
                    format!("{}/iiif/{}/{}/info.json", self.base.of(request)?, version.number(), image.raw);
                Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish().into())
            }
            Route::DeepZoom { image } => deepzoom::description(self, request, image).await,
            Route::DeepZoomTile { image, level, column, row, suffix } => {
                deepzoom::tile(self, request, image, (level, column, row), suffix).await
            }
            Route::Work { version, work, piece } => works::piece(self, request, version, work, piece).await,
            Route::Collection { version, shelf } => collections::answer(self, request, version, shelf).await,
            Route::Search { version, work, autocomplete } => {
                works::search(self, request, version, work, autocomplete).await
            }
            Route::Changes { page } => collections::changes(self, request, page).await,
            Route::Record { work } => works::record(self, request, work).await,
            Route::Tags(at) => tags::answer(self, request, at).await,
            Route::Download { image } => download::answer(self, request, image).await,
            Route::Archive { work } => download::archive(self, request, work).await,
            Route::WorkPage { work } => site::work(self, request, work).await,
            Route::Api(call) => api::call(self, request, call).await,
            Route::Smk(rest) => smk::answer(self, request, rest).await,
            Route::Sitemap { part: 0 } => api::sitemap(self, request).await,
            Route::Sitemap { part } => api::sitemap_part(self, request, part).await,
            Route::Index => site::index(self, request).await,
            Route::View { viewer, image } => site::view(self, request, viewer, image).await,
            Route::Asset(path) => site::asset(request, path).await,
            Route::Robots => {
                let robots = operations::robots(&self.base.of(request)?);
                let media_type = "text/plain; charset=utf-8";
                Ok(Document::new(robots).answer(request, media_type, HttpResponse::Ok()).into())
            }
            Route::Live => Ok(operations::live()),
            Route::Ready => operations::ready(self).await,
            Route::Nothing => Err(Error::NotFound),
        }
    }

    /// The same answer in pieces, where it is large.
    async fn paced(&self, request: &HttpRequest, answered: Answered) -> Result<Answered, Error> {
        let Answered { response, note } = answered;
        Ok(Answered { response: self.pace.watch(&self.gallery, request, response).await?, note })
    }

    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// The request has its connection's turn.
pub(super) fn turn(request: &HttpRequest) -> Option<Turn> {
    request.conn_data::<Arc<Connection>>().map(Connection::begin)
}

/// The response, which holds what is left of the request's body. Where some of it has not come, its connection is closed
/// for that; if the body had been dropped before, the connection would take it for as long as it comes.
pub(super) fn with_unread(request: &HttpRequest, response: HttpResponse, unread: Payload) -> HttpResponse {
    if !has_body(request) {
        return response;
    }
    response.map_body(|_, body| OnItsWay { body, _with: unread }.boxed())
}

/// A body, and what is kept until it has left.
struct OnItsWay<T> {
    body: BoxBody,
    _with: T,
}

impl<T: Unpin> MessageBody for OnItsWay<T> {
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

fn has_body(request: &HttpRequest) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH);
    length.is_some_and(|length| length != "0") || request.headers().contains_key(header::TRANSFER_ENCODING)
}

/// All methods of the resource at the request's address (RFC 9110, §10.2.1).
fn allowed_methods(request: &HttpRequest) -> &'static str {
    match Route::parse(request.uri().path()) {
        Ok(Route::Tags(at)) => tags::allowed_methods(&at),
        Ok(Route::Record { .. }) => "GET, HEAD, DELETE, OPTIONS",
        _ => "GET, HEAD, OPTIONS",
    }
}

fn log(
    request: &HttpRequest,
    status: StatusCode,
    response: &HttpResponse,
    us: u64,
    note: &str,
    fault: Option<&Error>,
) {
    let bytes = match response.body().size() {
        BodySize::Sized(bytes) => bytes,
        _ => 0,
    };
    let (method, path, status) = (request.method().as_str(), request.uri().path(), status.as_u16());
    match fault {
        Some(error) if status >= 500 && status != 503 => {
            tracing::error!(target: "tegl::request", method, path, status, us, error = told(error));
        }
        Some(error) => {
            tracing::warn!(target: "tegl::request", method, path, status, us, error = told(error))
        }
        None => tracing::info!(target: "tegl::request", method, path, status, bytes, us, note),
    }
}
