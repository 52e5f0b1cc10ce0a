//! Error pages for browsers.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::gallery;
use crate::web::App;
use crate::web::http::accept::prefers_html;
use crate::web::http::error::Error;
use crate::web::pages::{self, Failure};
use crate::web::site::visit::Visit;

/// First path segments of URLs that are not pages.
const NOT_PAGES: [&str; 13] = [
    "iiif",
    "api",
    "presentation",
    "search",
    "discovery",
    "deepzoom",
    "assets",
    "health",
    "admin",
    "metrics",
    "robots.txt",
    "sitemap.xml",
    "sitemap",
];

/// The error as a page, if the URL is one of a page and the client prefers HTML.
pub(crate) fn page(
    app: &App,
    request: &HttpRequest,
    error: &Error,
    mut response: HttpResponseBuilder,
) -> Option<HttpResponse> {
    let first = request.uri().path().trim_start_matches('/').split('/').next().unwrap_or_default();
    if NOT_PAGES.contains(&first) || !prefers_html(request) {
        return None;
    }
    let visit = Visit::of(app, request).ok()?;
    let detail = detail(error);
    let policy = pages::content_security_policy(&visit.context);
    response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
    response.insert_header((header::VARY, "Accept, Accept-Language"));
    let tombstone = match error {
        Error::Gallery(gallery::Error::Gone(tombstone)) => Some(&**tombstone),
        _ => None,
    };
    let page = pages::failure(&visit.context, failure(error), detail.as_deref(), tombstone);
    Some(response.content_type("text/html; charset=utf-8").body(page))
}

fn failure(error: &Error) -> Failure {
    match error {
        Error::Gallery(error) | Error::Decision { cause: error, .. } => failure_of(error),
        Error::BodyTooLong { .. }
        | Error::BodyTimeout { .. }
        | Error::MethodNotAllowed { .. }
        | Error::NoPrecondition => Failure::BadRequest,
        Error::Unauthorized | Error::TooManyGuesses { .. } => Failure::Forbidden,
    }
}

fn failure_of(error: &gallery::Error) -> Failure {
    use gallery::Error;
    match error {
        Error::NotFound | Error::NoPage(_) | Error::Untagged(_) => Failure::NotFound,
        Error::Gone(_) | Error::Deleted => Failure::Gone,
        Error::NoWorks => Failure::NoWorks,
        Error::Invalid(_) | Error::Unprocessable(_) | Error::Exists(_) => Failure::BadRequest,
        Error::Forbidden | Error::Closed(_) => Failure::Forbidden,
        Error::Busy { .. }
        | Error::Preparing { .. }
        | Error::Unprepared { .. }
        | Error::Indexing { .. }
        | Error::Comparing { .. }
        | Error::Unindexed { .. }
        | Error::Abandoned => Failure::TryAgain,
        Error::Store(_) | Error::Unreadable => Failure::StoreUnavailable,
        Error::Catalogue(_) | Error::CatalogueFull(_) | Error::Uncertain(_) => Failure::CatalogueUnavailable,
        Error::Unsupported(_)
        | Error::Damaged(_)
        | Error::Conflict { .. }
        | Error::Outdated { .. }
        | Error::ContainerChanged
        | Error::ClusterChanged
        | Error::Unwritable(_)
        | Error::Fault(_) => Failure::Internal,
    }
}

/// The error's own message, if it helps a visitor; in English.
fn detail(error: &Error) -> Option<String> {
    use gallery::Error as Cause;
    let is_shown = matches!(
        error,
        Error::MethodNotAllowed { .. }
            | Error::Gallery(
                Cause::Invalid(_)
                    | Cause::NoPage(_)
                    | Cause::Unsupported(_)
                    | Cause::Damaged(_)
                    | Cause::Preparing { .. }
                    | Cause::Unprepared { .. }
                    | Cause::Indexing { .. }
                    | Cause::Unindexed { .. }
            )
    );
    is_shown.then(|| error.to_string())
}
