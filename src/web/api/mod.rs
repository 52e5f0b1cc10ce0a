//! The open API: works found, told and counted, for whoever builds on them.

mod dump;
mod fields;
mod openapi;
mod parameters;
mod query;
pub mod record;
mod schemas;
mod serializer;
mod sitemap;
pub mod tags;
mod works;

use actix_web::HttpRequest;

pub use parameters::{of_admin, of_collection, of_page, of_warming};
pub use query::{Asked, canonical, pairs_of, query_of};
pub use sitemap::{sitemap, sitemap_part};

pub use works::{answer, search_of};

use crate::gallery::Error;
use crate::web::App;
use crate::web::http::response::Response;
use crate::web::route::Call;

/// Answers a call.
pub async fn call(app: &App, request: &HttpRequest, call: Call<'_>) -> Result<Response, Error> {
    match call {
        Call::Start => openapi::start(app, request).await,
        Call::Works => works::list(app, request).await,
        Call::Random => works::random(app, request).await,
        Call::Suggest => works::suggest(app, request).await,
        Call::Creators => works::terms(app, request, "creator", false).await,
        Call::Tags => works::schemes(app, request).await,
        Call::Scheme(scheme) => {
            let scheme = percent_encoding::percent_decode_str(scheme).decode_utf8_lossy();
            works::terms(app, request, &scheme, true).await
        }
        Call::Dump(name) => dump::answer(app, request, name).await,
        Call::OpenApi => openapi::answer(app, request).await,
    }
}
