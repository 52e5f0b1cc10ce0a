//! Headers of all responses: CORS, framing and referrers of pages, sniffing.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

// Constants are checked when they are compiled, and not for every response.
const ANYONE: HeaderValue = HeaderValue::from_static("*");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Accept-Post, ETag, Link, Location, Content-Location, Allow, Preference-Applied, Vary, Content-Length, Content-Range, Content-Disposition, Repr-Digest, Retry-After",
);
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

/// Headers of every response, errors included (Image API 3.0, §7).
pub(crate) fn common(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANYONE);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
}

/// Headers of pages: who may frame them, in addition to their content security policy, and which referrer other sites
/// see.
pub(crate) fn page(headers: &mut HeaderMap, frame_ancestors: &str) {
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let own = format!("frame-ancestors {frame_ancestors}");
    let policy = policy.map_or(own.clone(), |policy| format!("{policy}; {own}"));
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    set(headers, header::REFERRER_POLICY, "strict-origin-when-cross-origin");
}

/// Headers of the operations listener, whose responses no other site may read.
pub(crate) fn private(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    set(headers, header::REFERRER_POLICY, "no-referrer");
}

/// Headers of a CORS preflight response; `allowed` lists the methods of the resource.
pub(crate) fn preflight(headers: &mut HeaderMap, allowed: &'static str) {
    set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    set(
        headers,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization, Accept, Content-Type, If-Match, If-None-Match, If-Modified-Since, If-Range, Prefer, Range, Slug",
    );
    set(headers, header::ACCESS_CONTROL_MAX_AGE, "86400");
    set(headers, header::ALLOW, allowed);
}
