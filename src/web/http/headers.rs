//! Headers of all responses: entity tags, content negotiation, CORS.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::identity::fingerprint;
use crate::iiif::Version;

/// A strong entity tag over these parts and this version of Tegl.
pub(crate) fn entity_tag(parts: &[&[u8]]) -> HeaderValue {
    let text = format!("\"{:032x}\"", fingerprint(parts));
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// Whether `If-None-Match` lists this entity tag (RFC 9110, §13.1.2).
pub(crate) fn is_not_modified(request: &HttpRequest, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().unwrap_or_default();
    let mut listed = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    listed.any(|value| {
        value.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
    })
}

/// A parsed `If-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// `*`: any current representation.
    Any,
    /// Strong entity tags, without quotation marks.
    Tags(Vec<String>),
}

/// Parses `If-Match`, in one or several lines; an error if it is not a list of entity tags. Weak tags are accepted but
/// match nothing, because the comparison is strong (RFC 9110, §13.1.1, §8.8.3.2).
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<IfMatch>, String> {
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

/// Whether `If-Match` is absent or lists this entity tag (RFC 9110, §13.1.1).
pub(crate) fn satisfies_if_match(request: &HttpRequest, tag: &HeaderValue) -> bool {
    let Some(listed) = request.headers().get(header::IF_MATCH) else { return true };
    let tag = tag.to_str().unwrap_or_default();
    listed.to_str().is_ok_and(|listed| listed.split(',').map(str::trim).any(|one| one == "*" || one == tag))
}

/// The media type of an info.json (Image API 3.0, §5.1; 2.1, §5.1): the versions have different
/// defaults.
pub(crate) fn info_media_type(request: &HttpRequest, version: Version) -> &'static str {
    const LD_3: &str = "application/ld+json;profile=\"http://iiif.io/api/image/3/context.json\"";
    let wanted = preferred_json(request);
    match (version, wanted) {
        (_, Some(JsonKind::Plain)) | (Version::V2, None) => "application/json",
        (Version::V2, Some(JsonKind::Linked)) => "application/ld+json",
        (Version::V3, Some(JsonKind::Linked) | None) => LD_3,
    }
}

/// The two media types of a JSON-LD document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonKind {
    Plain,
    Linked,
}

/// Which of the two `Accept` prefers, the first one of equals; `None` for neither.
pub(crate) fn preferred_json(request: &HttpRequest) -> Option<JsonKind> {
    let accept = request.headers().get(header::ACCEPT)?.to_str().ok()?;
    let weigh = |one: &str| {
        let mut parts = one.split(';').map(str::trim);
        let kind = match parts.next()?.to_ascii_lowercase().as_str() {
            "application/json" => JsonKind::Plain,
            "application/ld+json" => JsonKind::Linked,
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        (weight > 0.0).then_some((kind, weight))
    };
    let best =
        accept.split(',').filter_map(weigh).fold(None, |best: Option<(JsonKind, f32)>, one| match best {
            Some(best) if best.1 >= one.1 => Some(best),
            _ => Some(one),
        });
    best.map(|(kind, _)| kind)
}

/// The version of the Presentation API whose context `Accept` names as a profile (3.0, §6.2).
pub(crate) fn presentation_version(request: &HttpRequest) -> Option<Version> {
    let accept = request.headers().get(header::ACCEPT)?.to_str().ok()?;
    let named = |version: u8| accept.contains(&format!("iiif.io/api/presentation/{version}/context.json"));
    match (named(3), named(2)) {
        (true, false) => Some(Version::V3),
        (false, true) => Some(Version::V2),
        // The first one is preferred; clients do not send weights with profiles.
        (true, true) => {
            let place = |version: u8| accept.find(&format!("presentation/{version}/context.json"));
            Some(if place(3) < place(2) { Version::V3 } else { Version::V2 })
        }
        (false, false) => None,
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

/// Headers of every response, errors included (Image API 3.0, §7).
pub(crate) fn common(headers: &mut HeaderMap) {
    set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(
        headers,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "ETag, Link, Location, Content-Location, Allow, Content-Length, Content-Range, Content-Disposition, Repr-Digest, Retry-After",
    );
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
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
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::REFERRER_POLICY, "no-referrer");
}

/// Headers of a CORS preflight response; `allowed` lists the methods of the resource.
pub(crate) fn preflight(headers: &mut HeaderMap, allowed: &'static str) {
    set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PATCH, OPTIONS");
    set(
        headers,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization, Accept, Content-Type, If-Match, If-None-Match, If-Modified-Since, If-Range, Range",
    );
    set(headers, header::ACCESS_CONTROL_MAX_AGE, "86400");
    set(headers, header::ALLOW, allowed);
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
