//! The open API: works found, told and counted, for whoever builds on them.

mod asked;
mod dump;
mod fields;
mod openapi;
mod parameters;
mod schemas;
mod sitemap;
mod told;
mod works;

use actix_web::HttpRequest;

pub use asked::{Asked, canonical, pairs_of, query_of};
pub use fields::chosen;
pub use parameters::{OF_ONE, of_admin, of_collection, of_page, of_warming};
pub use sitemap::{sitemap, sitemap_part};

pub use works::{answer, search_of};

use super::Door;
use super::answered::Answered;
use crate::gallery::Error;

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
pub async fn call(door: &Door, request: &HttpRequest, call: Call<'_>) -> Result<Answered, Error> {
    match call {
        Call::Start => openapi::start(door, request).await,
        Call::Works => works::list(door, request).await,
        Call::Random => works::random(door, request).await,
        Call::Suggest => works::suggest(door, request).await,
        Call::Creators => works::terms(door, request, "creator", false).await,
        Call::Tags => works::schemes(door, request).await,
        Call::Scheme(scheme) => {
            let scheme = percent_encoding::percent_decode_str(scheme).decode_utf8_lossy();
            works::terms(door, request, &scheme, true).await
        }
        Call::Dump(name) => dump::answer(door, request, name).await,
        Call::OpenApi => openapi::answer(door, request).await,
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
