//! Headers that all answers share: entity tags, negotiation, cross-origin access.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use xxhash_rust::xxh3::Xxh3;

use crate::iiif::Version;

/// A strong entity tag over these parts and the way that this version of Tegl makes answers.
pub fn entity_tag(parts: &[&[u8]]) -> HeaderValue {
    let mut hash = Xxh3::new();
    hash.update(concat!("tegl ", env!("CARGO_PKG_VERSION")).as_bytes());
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let text = format!("\"{:032x}\"", hash.digest128());
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// Whether the client says that it holds the answer with this tag (RFC 9110, §13.1.2).
pub fn is_held(request: &HttpRequest, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().unwrap_or_default();
    let mut listed = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    listed.any(|value| {
        value.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
    })
}

/// Whether the client would take the answer with this tag (RFC 9110, §13.1.1).
pub fn is_wanted(request: &HttpRequest, tag: &HeaderValue) -> bool {
    let Some(listed) = request.headers().get(header::IF_MATCH) else { return true };
    let tag = tag.to_str().unwrap_or_default();
    listed.to_str().is_ok_and(|listed| listed.split(',').map(str::trim).any(|one| one == "*" || one == tag))
}

/// The media type of an info.json (Image API 3.0, §5.1; 2.1, §5.1): each version has another
/// default.
pub fn negotiated(request: &HttpRequest, version: Version) -> &'static str {
    const LD_3: &str = "application/ld+json;profile=\"http://iiif.io/api/image/3/context.json\"";
    let wanted = preferred(request);
    match (version, wanted) {
        (_, Some(Json::Plain)) | (Version::V2, None) => "application/json",
        (Version::V2, Some(Json::Linked)) => "application/ld+json",
        (Version::V3, Some(Json::Linked) | None) => LD_3,
    }
}

/// The two media types that a JSON-LD document can be sent as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Json {
    Plain,
    Linked,
}

/// Which of the two `Accept` names first among those it likes best; `None` for neither.
pub fn preferred(request: &HttpRequest) -> Option<Json> {
    let accept = request.headers().get(header::ACCEPT)?.to_str().ok()?;
    let weigh = |one: &str| {
        let mut parts = one.split(';').map(str::trim);
        let kind = match parts.next()?.to_ascii_lowercase().as_str() {
            "application/json" => Json::Plain,
            "application/ld+json" => Json::Linked,
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        (weight > 0.0).then_some((kind, weight))
    };
    let best = accept.split(',').filter_map(weigh).fold(None, |best: Option<(Json, f32)>, one| match best {
        Some(best) if best.1 >= one.1 => Some(best),
        _ => Some(one),
    });
    best.map(|(kind, _)| kind)
}

/// What every answer carries, errors too (Image API 3.0, §7).
pub fn common(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "ETag, Link, Content-Length, Content-Range, Content-Disposition, Repr-Digest, Retry-After",
    );
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
}

/// What a preflight is answered with, `allowed` being what works at the address itself.
pub fn preflight(headers: &mut HeaderMap, allowed: &'static str) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PATCH, OPTIONS");
    set(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization, Accept, Content-Type, If-Match, If-None-Match, If-Modified-Since, If-Range, Range",
    );
    set(header::ACCESS_CONTROL_MAX_AGE, "86400");
    set(header::ALLOW, allowed);
}
