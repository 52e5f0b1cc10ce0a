//! The open API: search, records, facets, tags, dumps and sitemaps.

pub(super) mod clusters;
mod concepts;
mod creators;
mod dump;
mod fields;
mod like;
mod openapi;
mod parameters;
mod query;
pub(super) mod record;
mod responses;
pub(super) mod review;
mod selection;
mod serializer;
pub(super) mod similar;
mod sitemap;
pub(super) mod tags;
pub(super) mod withdrawal;
mod works;

use actix_web::HttpRequest;

pub(super) use concepts::{linked_concept, uris_of_concepts};
pub(super) use creators::{CreatorProfile, profile_of};
pub(super) use openapi::described;
pub(super) use parameters::{OF_REDELIVERY, of_admin, of_collection, of_page, of_warming};
pub(super) use query::{ApiQuery, Parameter, canonical, pairs_of, query_of};
pub(super) use record::preview;
pub(super) use review::json_of;
pub(crate) use selection::selected_works;
pub(super) use similar::{by_number, indexed, similar_works};
pub(super) use sitemap::{sitemap, sitemap_part};

pub(super) use works::{json_response, search_of};

use crate::gallery::Error;
use crate::web::App;
use crate::web::http::response::Response;
use crate::web::route::Endpoint;

/// Responds to a request for an endpoint.
pub(super) async fn call(app: &App, request: &HttpRequest, call: Endpoint<'_>) -> Result<Response, Error> {
    match call {
        Endpoint::Root => openapi::start(app, request).await,
        Endpoint::Works => {
            app.gallery.search()?;
            let table = parameters::of_works();
            let query = ApiQuery::read(&table, request.query_string())?;
            match query.text("like") {
                Some(_) => like::list(app, request, &query).await,
                None => works::list(app, request, &query).await,
            }
        }
        Endpoint::Random => works::random(app, request).await,
        Endpoint::Suggest => works::suggest(app, request).await,
        Endpoint::Creators => works::terms(app, request, "creator", false).await,
        Endpoint::Creator(creator) => creators::one(app, request, creator).await,
        Endpoint::Concepts => concepts::list(app, request).await,
        Endpoint::Concept(concept) => concepts::one(app, request, concept).await,
        Endpoint::Tags => works::schemes(app, request).await,
        Endpoint::Scheme(scheme) => {
            let scheme = percent_encoding::percent_decode_str(scheme).decode_utf8_lossy();
            works::terms(app, request, &scheme, true).await
        }
        Endpoint::Similar => similar::of_canvas(app, request).await,
        Endpoint::Dump(name) => dump::answer(app, request, name).await,
        Endpoint::OpenApi => openapi::answer(app, request).await,
    }
}
