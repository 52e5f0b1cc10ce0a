//! The Web Annotation Protocol: a container for the annotations of each canvas, and the annotations.
//!
//! Anybody may read what is published. Holders of a token write; the annotations of those that `annotations.moderated`
//! names wait for a curator's decision, which is made by `PATCH`.

mod container;
mod decide;
mod place;
mod preference;
mod reader;
mod single;
mod write;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Payload;

use self::place::Place;
use self::reader::Reader;
use crate::gallery::Error;
use crate::web::App;
use crate::web::http::accept::{JsonKind, preferred_json};
use crate::web::http::error as http;
use crate::web::http::response::Response;
use crate::web::route::{AnnotationResource, Image, Route};

/// Where the paths of this protocol begin.
pub(crate) const PATH: &str = "/annotations/";

/// The media type of annotations (Web Annotation Data Model, §1.3).
const MEDIA_TYPE: &str = "application/ld+json; profile=\"http://www.w3.org/ns/anno.jsonld\"";
/// The media type for clients that prefer JSON without a context.
const PLAIN_JSON: &str = "application/json";
/// What the container is, and what it takes (Web Annotation Protocol, §4.1).
const CONTAINER_LINKS: [&str; 2] = [
    "<http://www.w3.org/ns/ldp#BasicContainer>; rel=\"type\"",
    "<http://www.w3.org/TR/annotation-protocol/>; rel=\"http://www.w3.org/ns/ldp#constrainedBy\"",
];
/// What an annotation is (§3.1).
const ANNOTATION_LINK: &str = "<http://www.w3.org/ns/ldp#Resource>; rel=\"type\"";

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// `GET` and `HEAD` of `/annotations/…`.
pub(crate) async fn answer(app: &App, request: &HttpRequest) -> Result<Response, http::Error> {
    let Route::Annotations { work, resource } = Route::parse(request.uri().path())? else {
        return Err(Error::NotFound.into());
    };
    match resource {
        AnnotationResource::Container(number) => {
            let reader = Reader::of(app, request)?;
            let place = Place::of(app, request, &work).await?;
            container::answer(app, request, &place, number as usize, &reader).await
        }
        AnnotationResource::Annotation(id) => {
            let reader = Reader::of(app, request)?;
            let place = Place::of(app, request, &work).await?;
            Ok(single::answer(app, request, &place, id, &reader).await?)
        }
        AnnotationResource::History(id) => decide::history(app, request, &work, id).await,
    }
}

/// `POST`, `PUT`, `PATCH` and `DELETE`. The body is read only after authorization.
pub(crate) async fn change(
    app: &App,
    request: &HttpRequest,
    work: Image<'_>,
    resource: AnnotationResource<'_>,
    body: &mut Payload,
) -> Result<Response, http::Error> {
    match (request.method(), resource) {
        (&Method::POST, AnnotationResource::Container(number)) => {
            write::create(app, request, &work, number as usize, body).await
        }
        (&Method::PUT, AnnotationResource::Annotation(id)) => {
            write::replace(app, request, &work, id, body).await
        }
        (&Method::DELETE, AnnotationResource::Annotation(id)) => write::delete(app, request, &work, id).await,
        (&Method::PATCH, AnnotationResource::Annotation(id)) => {
            decide::decide(app, request, &work, id, body).await
        }
        _ => Err(http::Error::MethodNotAllowed { allowed: methods(resource) }),
    }
}

/// The methods of a resource.
pub(crate) fn methods(resource: AnnotationResource<'_>) -> &'static str {
    match resource {
        AnnotationResource::Container(_) => "GET, HEAD, POST, OPTIONS",
        AnnotationResource::Annotation(_) => "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
        AnnotationResource::History(_) => "GET, HEAD, OPTIONS",
    }
}

/// The headers of a resource that do not depend on its state.
pub(crate) fn add_headers(headers: &mut HeaderMap, resource: AnnotationResource<'_>) {
    headers.insert(header::ALLOW, HeaderValue::from_static(methods(resource)));
    match resource {
        AnnotationResource::Container(_) => {
            CONTAINER_LINKS
                .iter()
                .for_each(|link| headers.append(header::LINK, HeaderValue::from_static(link)));
            headers.insert(ACCEPT_POST, HeaderValue::from_static(MEDIA_TYPE));
        }
        AnnotationResource::Annotation(_) => {
            headers.append(header::LINK, HeaderValue::from_static(ANNOTATION_LINK));
        }
        AnnotationResource::History(_) => {}
    }
}

/// The media type of a response: plain JSON only if the client prefers that.
fn media_type(request: &HttpRequest) -> &'static str {
    if preferred_json(request) == Some(JsonKind::Plain) { PLAIN_JSON } else { MEDIA_TYPE }
}
