//! Validates the settings of the HTTP server.

use crate::web::http::base_url::BaseUrl;
use crate::web::settings::{Api, Operations, Settings};

/// Shorter secrets can be guessed.
const SHORTEST_TOKEN: usize = 16;

/// # Errors
/// A message that names the setting that cannot be used, and what works.
pub(crate) fn check(web: &Settings, api: &Api, operations: &Operations) -> Result<(), String> {
    BaseUrl::new(web)?;
    frame_ancestors(&web.frame_ancestors)?;
    let tokens = api.tokens.iter().map(|(name, token)| (format!("api.tokens.{name}"), token));
    let operators = ("operations.token".to_owned(), &operations.token);
    let short = tokens
        .chain(Some(operators).filter(|(_, token)| !token.is_empty()))
        .find(|(_, token)| token.chars().count() < SHORTEST_TOKEN);
    match short {
        None => Ok(()),
        Some((key, token)) => Err(format!(
            "`{key}` has {} characters: it must have at least {SHORTEST_TOKEN}, as `openssl rand -hex 16` makes them",
            token.chars().count()
        )),
    }
}

/// Sources of `frame-ancestors` go into a header verbatim.
fn frame_ancestors(sources: &[String]) -> Result<(), String> {
    let is_source = |source: &str| match source {
        "*" | "'self'" => true,
        "'none'" => sources.len() == 1,
        _ => {
            !source.is_empty()
                && source.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:/*[]".contains(&b))
        }
    };
    match sources.iter().find(|source| !is_source(source)) {
        None if !sources.is_empty() => Ok(()),
        bad => Err(format!(
            "`web.frame_ancestors` has `{}`: it must be \"'none'\" alone, or a list of \"'self'\", \"*\" and addresses, \
             as in `https://museum.example`",
            bad.map_or("", String::as_str)
        )),
    }
}
