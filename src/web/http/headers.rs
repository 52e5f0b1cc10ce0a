//! Headers that all answers share: entity tags, negotiation, cross-origin access.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::identity::fingerprint;
use crate::iiif::Version;

/// A strong entity tag over these parts and the way that this version of Tegl makes answers.
pub fn entity_tag(parts: &[&[u8]]) -> HeaderValue {
    let text = format!("\"{:032x}\"", fingerprint(parts));
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

/// What `If-Match` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever is there.
    Any,
    /// One of these strong tags, without their quotation marks.
    Tags(Vec<String>),
}

/// Reads `If-Match`, in one or several lines; an error where it is no list of entity tags. Weak tags are read, and match
/// nothing: the comparison is the strong one (RFC 9110, §13.1.1, §8.8.3.2).
pub fn if_match(headers: &HeaderMap) -> Result<Option<IfMatch>, String> {
    let mut lines = headers.get_all(header::IF_MATCH).peekable();
    if lines.peek().is_none() {
        return Ok(None);
    }
    let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    let text = lines.join(",");
    if text.trim() == "*" {
        return Ok(Some(IfMatch::Any));
    }
    let mut tags = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (weak, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, rest),
        };
        let tag = quoted.strip_prefix('"').and_then(|tag| tag.split_once('"'));
        let Some((tag, behind)) = tag.filter(|(tag, _)| !tag.contains([' ', '\t'])) else { return Err(text) };
        if !weak {
            tags.push(tag.to_owned());
        }
        let behind = behind.trim_start_matches([' ', '\t']);
        if !behind.is_empty() && !behind.starts_with(',') {
            return Err(text);
        }
        rest = behind.trim_start_matches([' ', '\t', ',']);
    }
    Ok(Some(IfMatch::Tags(tags)))
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

/// The version of the Presentation API whose context `Accept` names as a profile (3.0, §6.2).
pub fn presentation_version(request: &HttpRequest) -> Option<Version> {
    let accept = request.headers().get(header::ACCEPT)?.to_str().ok()?;
    let named = |version: u8| accept.contains(&format!("iiif.io/api/presentation/{version}/context.json"));
    match (named(3), named(2)) {
        (true, false) => Some(Version::V3),
        (false, true) => Some(Version::V2),
        // What comes first is preferred, unless weights say otherwise, which nobody sends.
        (true, true) => {
            let place = |version: u8| accept.find(&format!("presentation/{version}/context.json"));
            Some(if place(3) < place(2) { Version::V3 } else { Version::V2 })
        }
        (false, false) => None,
    }
}

/// What every answer carries, errors too (Image API 3.0, §7).
pub fn common(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "ETag, Link, Location, Content-Location, Allow, Content-Length, Content-Range, Content-Disposition, Repr-Digest, Retry-After",
    );
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
}

/// What pages carry: who may frame them, beside what their policy says, and what other sites learn of where a visitor
/// comes from.
pub fn page(headers: &mut HeaderMap, frame_ancestors: &str) {
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let own = format!("frame-ancestors {frame_ancestors}");
    let policy = policy.map_or(own.clone(), |policy| format!("{policy}; {own}"));
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let referrer = HeaderValue::from_static("strict-origin-when-cross-origin");
    headers.insert(header::REFERRER_POLICY, referrer);
}

/// What answers to operators carry, of which no page of others is to see anything.
pub fn private(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_is_a_list_of_tags() {
        let tags =
            |tags: &[&str]| Ok(Some(IfMatch::Tags(tags.iter().map(|tag| (*tag).to_owned()).collect())));
        for (lines, expected) in [
            (&[][..], Ok(None)),
            (&["*"], Ok(Some(IfMatch::Any))),
            (&["\"5\""], tags(&["5"])),
            (&["\"5\", \"6,7\" ,\"\""], tags(&["5", "6,7", ""])),
            (&["W/\"5\", \"6\""], tags(&["6"])),
            (&["\"5\"", "\"6\""], tags(&["5", "6"])),
            (&[""], tags(&[])),
            (&["5"], Err("5".to_owned())),
            (&["\"5"], Err("\"5".to_owned())),
            (&["\"5\" \"6\""], Err("\"5\" \"6\"".to_owned())),
            (&["\"5\", *"], Err("\"5\", *".to_owned())),
        ] {
            let mut headers = HeaderMap::new();
            lines.iter().for_each(|line| headers.append(header::IF_MATCH, HeaderValue::from_static(line)));
            assert_eq!(if_match(&headers), expected, "{lines:?}");
        }
    }
}
