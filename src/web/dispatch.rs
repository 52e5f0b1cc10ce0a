//! Sends each request to its handler, and logs its response.

use std::time::Instant;

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use tracing::Instrument;

use crate::gallery;
use crate::iiif::Invalid;
use crate::web::api::{self, clusters, record, review, similar, tags, withdrawal};
use crate::web::class::Class;
use crate::web::http::accept::Representation;
use crate::web::http::body::{Holding, active_request, has_body, with_unread};
use crate::web::http::document::Document;
use crate::web::http::error::Error;
use crate::web::http::headers::{self, common, preflight};
use crate::web::http::problem::{self, problem_response};
use crate::web::http::response::Response;
use crate::web::http::trace;
use crate::web::iiif::{collections, content_search, deepzoom, image, presentation};
use crate::web::ops::health;
use crate::web::request_log::Answered;
use crate::web::route::{Endpoint, Route};
use crate::web::site::{self, failure};
use crate::web::{App, annotations, download, linked_data, oai, smk};

/// Bodies up to this size, in bytes, are written to the connection in one step.
const SMALL: u64 = 64 << 10;

impl App {
    /// Responds to a request, and logs it.
    pub(crate) async fn handle(&self, request: HttpRequest, mut body: Payload) -> HttpResponse {
        let began = Instant::now();
        let active = active_request(&request);
        let door = trace::door(&request, &self.base, self.parents);
        let answering = async {
            let answered = self.dispatch(&request, &mut body).await?;
            self.paced(&request, answered).await
        };
        let answered = answering.instrument(door.clone()).await;
        let (mut response, note, fault) = match answered {
            Ok(answered) => (answered.response, answered.note, None),
            Err(error) => {
                let page = failure::page(self, &request, &error, problem::response_builder(&error));
                (page.unwrap_or_else(|| problem_response(&request, &error)), "", Some(error))
            }
        };
        common(response.headers_mut());
        self.address(&request, &mut response);
        let (status, took) = (response.status(), began.elapsed());
        self.requests[usize::from(status.as_u16() / 100 - 1).min(4)].increment(1);
        let size = response.body().size();
        let class = Class::of(request.uri().path(), note, size);
        trace::answered(&door, status, class);
        if let Some(trace) = trace::trace_of(&request).filter(|trace| trace.is_sampled) {
            self.exemplars.keep(class, took, trace.to_string());
        }
        self.seconds[class as usize].record(took.as_secs_f64());
        self.live()
            .request_log
            .write(&request, &Answered { status, size, took, note, fault: fault.as_ref() });
        let response = with_unread(&request, response, body);
        match response.body().size() {
            // The connection writes these in one step.
            BodySize::None => response,
            BodySize::Sized(length) if length <= SMALL => response,
            _ => response.map_body(|_, body| Holding::new(body, active).boxed()),
        }
    }

    /// Adds `Vary` for the headers that the base URL depends on, and the frame policy of pages.
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
            headers::page(response.headers_mut(), &self.live().frame_ancestors);
        }
    }

    async fn dispatch(&self, request: &HttpRequest, body: &mut Payload) -> Result<Response, Error> {
        self.base.check(request)?;
        // Futures are as large as the largest that they wait for, and are moved with each request: those of rare requests
        // are boxed.
        match *request.method() {
            Method::GET | Method::HEAD => {}
            Method::POST | Method::PATCH | Method::PUT => return Box::pin(self.write(request, body)).await,
            Method::DELETE => return Box::pin(self.delete(request, body)).await,
            Method::OPTIONS => return Ok(options(request)),
            _ => return Err(Error::MethodNotAllowed { allowed: allowed_methods(request) }),
        }
        if has_body(request) {
            return Err(Invalid::new("body", "", "is not allowed with GET").into());
        }
        let path = request.uri().path();
        // The only resources that take a token to be read.
        if let Some(rest) = path.strip_prefix(clusters::PATH) {
            return Box::pin(clusters::answer(self, request, rest)).await;
        }
        if let Some(rest) = path.strip_prefix("/api/v1/review") {
            return Box::pin(review::answer(self, request, rest)).await;
        }
        // A token shows what waits, too.
        if path.starts_with(annotations::PATH) {
            return Box::pin(annotations::answer(self, request)).await;
        }
        match Route::parse(path)? {
            // A token shows records whole.
            Route::Oai => Box::pin(oai::get(self, request)).await,
            Route::Restore { .. } => Err(Error::MethodNotAllowed { allowed: allowed_methods(request) }),
            Route::Pixels { version, image, parameters } => {
                let parameters = [&*parameters[0], &*parameters[1], &*parameters[2], &*parameters[3]];
                Ok(image::pixels(self, request, version, image, parameters).await?)
            }
            Route::Info { version, image } => Ok(image::info(self, request, version, image).await?),
            route => Ok(Box::pin(self.read(request, route)).await?),
        }
    }

    /// Answers `POST`, `PATCH` and `PUT`.
    async fn write(&self, request: &HttpRequest, body: &mut Payload) -> Result<Response, Error> {
        if let Some(rest) = request.uri().path().strip_prefix(clusters::PATH)
            && *request.method() == Method::PATCH
        {
            return clusters::change(self, request, rest, body).await;
        }
        match Route::parse(request.uri().path())? {
            Route::Annotations { work, resource } => {
                annotations::change(self, request, work, resource, body).await
            }
            Route::Tags(at) if *request.method() != Method::PUT => tags::write(self, request, at, body).await,
            Route::Api(Endpoint::Similar) if *request.method() == Method::POST => {
                similar::of_picture(self, request, body).await
            }
            Route::Restore { work } if *request.method() == Method::POST => {
                withdrawal::restore(self, request, work).await
            }
            Route::Api(Endpoint::Tags) if *request.method() != Method::PUT => {
                tags::write_many(self, request, body).await
            }
            Route::Oai if *request.method() == Method::POST => oai::post(self, request, body).await,
            _ => Err(Error::MethodNotAllowed { allowed: allowed_methods(request) }),
        }
    }

    async fn delete(&self, request: &HttpRequest, body: &mut Payload) -> Result<Response, Error> {
        match Route::parse(request.uri().path())? {
            Route::Record { work } => withdrawal::withdraw(self, request, work, body).await,
            Route::Annotations { work, resource } => {
                annotations::change(self, request, work, resource, body).await
            }
            _ => Err(Error::MethodNotAllowed { allowed: allowed_methods(request) }),
        }
    }

    /// Answers `GET` and `HEAD`, except for images.
    async fn read(&self, request: &HttpRequest, route: Route<'_>) -> Result<Response, gallery::Error> {
        match route {
            Route::Legacy { image, parameters } => image::legacy(self, request, image, &parameters).await,
            Route::Base { version, image } => {
                let place =
                    format!("{}/iiif/{}/{}/info.json", self.base.of(request)?, version.number(), image.raw);
                Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish().into())
            }
            Route::DeepZoom { image } => deepzoom::description(self, request, image).await,
            Route::DeepZoomTile { image, level, column, row, suffix } => {
                deepzoom::tile(self, request, image, (level, column, row), suffix).await
            }
            Route::Work { version, work, piece } => {
                presentation::piece(self, request, version, work, piece).await
            }
            Route::Collection { version, collection } => {
                collections::answer(self, request, version, collection).await
            }
            Route::Search { version, work, autocomplete } => {
                content_search::answer(self, request, version, work, autocomplete).await
            }
            Route::Changes { page } => collections::changes(self, request, page).await,
            Route::Record { work } => match linked_data::wanted(request, Representation::Json) {
                Some(format) => linked_data::answer(self, request, work, format, true).await,
                None => record::answer(self, request, work).await,
            },
            Route::Tags(at) => tags::answer(self, request, at).await,
            Route::Similar { work } => similar::of_work(self, request, work).await,
            Route::Download { image } => download::answer(self, request, image).await,
            Route::Media { file } => download::media(self, request, file).await,
            Route::Archive { work } => download::archive(self, request, work).await,
            Route::WorkPage { work } => match linked_data::wanted(request, Representation::Html) {
                Some(format) => linked_data::answer(self, request, work, format, true).await,
                None => site::work(self, request, work).await,
            },
            Route::LinkedData { work, format } => {
                linked_data::answer(self, request, work, format, false).await
            }
            Route::Citation { work, format } => site::citation(self, request, work, format).await,
            Route::Api(call) => api::call(self, request, call).await,
            Route::Smk(rest) => smk::answer(self, request, rest).await,
            Route::OaiSchema => Ok(oai::schema(request)),
            Route::Sitemap { part: 0 } => api::sitemap(self, request).await,
            Route::Sitemap { part } => api::sitemap_part(self, request, part).await,
            Route::Index => site::index(self, request).await,
            Route::Creators => site::creators(self, request).await,
            Route::Creator { creator } => site::creator(self, request, &creator.identifier).await,
            Route::Concepts => site::concepts(self, request).await,
            Route::Concept { concept } => site::concept(self, request, &concept.identifier).await,
            Route::Compare => site::compare(self, request).await,
            Route::Review => site::review(self, request).await,
            Route::Developers => site::developers(self, request).await,
            Route::View { viewer, image } => site::view(self, request, viewer, image).await,
            Route::Asset(path) => site::asset(self, request, path).await,
            Route::Robots => {
                let robots = health::robots(&self.base.of(request)?);
                let media_type = "text/plain; charset=utf-8";
                Ok(Document::new(robots).respond(request, media_type, HttpResponse::Ok()).into())
            }
            Route::Live => Ok(health::live()),
            Route::Ready => health::ready(self).await,
            Route::Pixels { .. }
            | Route::Info { .. }
            | Route::Restore { .. }
            | Route::Oai
            | Route::Annotations { .. }
            | Route::Unknown => site::in_language(self, request),
        }
    }

    /// The response with its body split into pieces if it is large.
    async fn paced(&self, request: &HttpRequest, answered: Response) -> Result<Response, Error> {
        let Response { response, note } = answered;
        Ok(Response { response: self.pace.pace(&self.gallery, request, response).await?, note })
    }
}

/// Answers `OPTIONS`, preflight requests among them.
fn options(request: &HttpRequest) -> Response {
    let mut response = HttpResponse::NoContent().finish();
    if let Ok(Route::Annotations { resource, .. }) = Route::parse(request.uri().path()) {
        annotations::add_headers(response.headers_mut(), resource);
    }
    preflight(response.headers_mut(), allowed_methods(request));
    response.into()
}

/// All methods of the resource at the request's address (RFC 9110, §10.2.1).
fn allowed_methods(request: &HttpRequest) -> &'static str {
    if let Some(rest) = request.uri().path().strip_prefix(clusters::PATH) {
        return clusters::methods(rest);
    }
    match Route::parse(request.uri().path()) {
        Ok(Route::Annotations { resource, .. }) => annotations::methods(resource),
        Ok(Route::Tags(at)) => tags::allowed_methods(&at),
        Ok(Route::Oai | Route::Api(Endpoint::Similar)) => "GET, HEAD, POST, OPTIONS",
        Ok(Route::Api(Endpoint::Tags)) => tags::MANY_METHODS,
        Ok(Route::Record { .. }) => "GET, HEAD, DELETE, OPTIONS",
        Ok(Route::Restore { .. }) => "POST, OPTIONS",
        _ => "GET, HEAD, OPTIONS",
    }
}
