//! The open API: works found, told and counted, for whoever builds on them.

mod dump;
mod fields;
mod openapi;
mod parameters;
mod query;
mod schemas;
mod serializer;
mod sitemap;
pub mod tags;
mod works;

use actix_web::HttpRequest;

pub use fields::chosen;
pub use parameters::{OF_ONE, of_admin, of_collection, of_page, of_warming};
pub use query::{Asked, canonical, pairs_of, query_of};
pub use sitemap::{sitemap, sitemap_part};

pub use works::{answer, search_of};

use crate::gallery::Error;
use crate::web::App;
use crate::web::http::response::Response;

/// What a path below `/api/v1` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call<'a> {
    Start,
    Works,
    Random,
    Suggest,
    Creators,
    Tags,
    /// The values of a scheme, still encoded.
    Scheme(&'a str),
    Dump(&'a str),
    OpenApi,
}

impl<'a> Call<'a> {
    /// What follows `/api/v1`; `None` where nothing is.
    pub fn parse(rest: &'a str) -> Option<Self> {
        Some(match rest.trim_start_matches('/') {
            "" => Self::Start,
            "works" => Self::Works,
            "random" => Self::Random,
            "suggest" => Self::Suggest,
            "creators" => Self::Creators,
            "tags" => Self::Tags,
            "openapi.json" => Self::OpenApi,
            rest => match rest.split_once('/') {
                Some(("tags", scheme)) if !scheme.is_empty() && !scheme.contains('/') => Self::Scheme(scheme),
                Some(("dump", name)) => Self::Dump(name),
                _ => return None,
            },
        })
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_apart() {
        for (path, call) in [
            ("", Some(Call::Start)),
            ("/works", Some(Call::Works)),
            ("/tags/motif", Some(Call::Scheme("motif"))),
            ("/tags/", None),
            ("/dump/works.jsonl.gz", Some(Call::Dump("works.jsonl.gz"))),
            ("/worksx", None),
        ] {
            assert_eq!(Call::parse(path), call, "{path}");
        }
    }
}
