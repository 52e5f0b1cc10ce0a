//! The door that every request comes in by and every answer goes out through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

use super::base::Base;
use super::error::{retry_after, status};
use super::headers::{common, preflight};
use super::image::{self, Answered};
use super::route::Route;
use super::settings::Settings;
use super::{deepzoom, operations, site};
use crate::gallery::{Error, Gallery, told};
use crate::iiif::Invalid;

/// What the handlers share.
pub struct Door {
    pub gallery: Arc<Gallery>,
    pub base: Base,
    pub image_age: HeaderValue,
    pub document_age: HeaderValue,
    /// Set when the server is about to stop.
    pub draining: AtomicBool,
    requests: [metrics::Counter; 5],
    seconds: metrics::Histogram,
}

impl Door {
    /// Fails with a reason where a setting makes no sense.
    pub fn new(gallery: Arc<Gallery>, settings: &Settings) -> Result<Self, String> {
        let age = |seconds: u32| {
            HeaderValue::try_from(format!("public, max-age={seconds}")).map_err(|error| error.to_string())
        };
        let requests = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        Ok(Self {
            gallery,
            base: Base::new(settings)?,
            image_age: age(settings.image_max_age_s)?,
            document_age: age(settings.document_max_age_s)?,
            draining: AtomicBool::new(false),
            requests: requests.map(|class| metrics::counter!("tegl_requests_total", "status" => class)),
            seconds: metrics::histogram!("tegl_request_seconds"),
        })
    }

    /// Answers a request; writes its one line in the log.
    pub async fn enter(&self, request: HttpRequest) -> HttpResponse {
        let began = Instant::now();
        let (mut response, note, fault) = match self.answer(&request).await {
            Ok(answered) => (answered.response, answered.note, None),
            Err(error) => (refusal(&error), "", Some(error)),
        };
        common(response.headers_mut());
        let (status, took) = (response.status(), began.elapsed());
        self.requests[usize::from(status.as_u16() / 100 - 1).min(4)].increment(1);
        self.seconds.record(took.as_secs_f64());
        log(&request, status, &response, took.as_micros() as u64, note, fault.as_ref());
        response
    }

    async fn answer(&self, request: &HttpRequest) -> Result<Answered, Error> {
        match *request.method() {
            Method::GET | Method::HEAD => {}
            Method::OPTIONS => {
                let mut response = HttpResponse::NoContent().finish();
                preflight(response.headers_mut());
                return Ok(response.into());
            }
            _ => {
                let mut response = HttpResponse::MethodNotAllowed();
                response.insert_header((header::ALLOW, "GET, HEAD, OPTIONS"));
                return Ok(response
                    .content_type("text/plain; charset=utf-8")
                    .body("only GET, HEAD and OPTIONS work here\n")
                    .into());
            }
        }
        if has_body(request) {
            return Err(Invalid::new("body", "", "is not expected with GET").into());
        }
        match Route::parse(request.uri().path())? {
            Route::Pixels { version, image, parameters } => {
                let parameters = [&*parameters[0], &*parameters[1], &*parameters[2], &*parameters[3]];
                image::pixels(self, request, version, image, parameters).await
            }
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
            Route::Manifest { image } => site::manifest(self, request, image).await,
            Route::Index => site::index(self, request).await,
            Route::View { viewer, image } => site::view(self, request, viewer, image).await,
            Route::Asset(path) => site::asset(request, path),
            Route::Robots => {
                Ok(HttpResponse::Ok().content_type("text/plain").body(operations::ROBOTS).into())
            }
            Route::Live => Ok(operations::live()),
            Route::Ready => operations::ready(self).await,
            Route::Nothing => Err(Error::NotFound),
        }
    }

    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

fn has_body(request: &HttpRequest) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH);
    length.is_some_and(|length| length != "0") || request.headers().contains_key(header::TRANSFER_ENCODING)
}

/// An error's answer: its text says what would work; never what went wrong inside.
fn refusal(error: &Error) -> HttpResponse {
    let mut response = HttpResponse::build(status(error));
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type("text/plain; charset=utf-8");
    if let Some(seconds) = retry_after(error) {
        response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    response.body(format!("{error}\n"))
}

fn log(
    request: &HttpRequest,
    status: StatusCode,
    response: &HttpResponse,
    us: u64,
    note: &str,
    fault: Option<&Error>,
) {
    use actix_web::body::{BodySize, MessageBody};
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
