//! Conditional requests: entity tags, and what `If-Match`, `If-None-Match` and `If-Range` say about them.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ETag, EntityTag, Header, HeaderMap, IfMatch, IfNoneMatch, IfRange};
use actix_web::{HttpRequest, HttpResponseBuilder};

use crate::identity::fingerprint;
use crate::web::http::response::Response;

/// A strong entity tag over these parts and this version of Tegl.
pub(crate) fn entity_tag(parts: &[&[u8]]) -> EntityTag {
    EntityTag::new_strong(format!("{:032x}", fingerprint(parts)))
}

/// 304 or 412 if the request's preconditions decide the response. Sets `ETag` and `Cache-Control`.
pub(crate) fn conditional_response(
    request: &HttpRequest,
    tag: &EntityTag,
    response: &mut HttpResponseBuilder,
) -> Option<Response> {
    response.insert_header(ETag(tag.clone())).insert_header((header::CACHE_CONTROL, "no-cache"));
    if !satisfies_if_match(request, tag) {
        return Some(response.status(StatusCode::PRECONDITION_FAILED).finish().into());
    }
    is_not_modified(request, tag.tag()).then(|| not_modified(response))
}

/// 304, with the headers that the response has so far.
pub(crate) fn not_modified(response: &mut HttpResponseBuilder) -> Response {
    Response { response: response.status(StatusCode::NOT_MODIFIED).finish(), note: "held" }
}

/// Whether `If-None-Match` lists the entity tag with this text, weak or strong (RFC 9110, §13.1.2). The library splits
/// tags at commas and skips what it cannot read, but no tag of this server has a comma, and what cannot be read matches
/// nothing.
pub(crate) fn is_not_modified(request: &HttpRequest, tag: &str) -> bool {
    // Nearly all requests for tiles; the library would build an empty list.
    if !request.headers().contains_key(header::IF_NONE_MATCH) {
        return false;
    }
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(listed)) => listed.iter().any(|listed| listed.tag() == tag),
        Err(_) => false,
    }
}

/// Whether `If-Match` is absent or lists this entity tag (RFC 9110, §13.1.1), for requests that only read.
fn satisfies_if_match(request: &HttpRequest, tag: &EntityTag) -> bool {
    // The library reads an absent header as an empty list.
    if !request.headers().contains_key(header::IF_MATCH) {
        return true;
    }
    match IfMatch::parse(request) {
        Ok(IfMatch::Any) => true,
        Ok(IfMatch::Items(listed)) => listed.iter().any(|listed| listed.strong_eq(tag)),
        Err(_) => false,
    }
}

/// Parses the `If-Match` of a write, in one or several lines; an error if it is not a list of entity tags. The library
/// skips malformed tags, but a write must not happen, nor fail without a reason, by a tag that was misspelled.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<IfMatch>, String> {
    let lines: Vec<_> =
        headers.get_all(header::IF_MATCH).map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let text = lines.join(",");
    if text.trim() == "*" {
        return Ok(Some(IfMatch::Any));
    }
    let mut quoted = false;
    let items = text.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let items = items.map(|item| item.trim_matches([' ', '\t'])).filter(|item| !item.is_empty());
    match items.map(str::parse).collect() {
        Ok(tags) => Ok(Some(IfMatch::Items(tags))),
        Err(_) => Err(text),
    }
}

/// Whether `If-Range` allows a partial response (RFC 9110, §13.1.5). Some stores have no dates, so only entity tags
/// count.
pub(crate) fn satisfies_if_range(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfRange::parse(request) {
        Ok(IfRange::EntityTag(held)) => held.strong_eq(tag),
        Ok(IfRange::Date(_)) => false,
        Err(_) => !request.headers().contains_key(header::IF_RANGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::http::testing::request;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn a_listed_tag_is_not_modified() {
        for (lines, expected) in [
            (&[][..], false),
            (&["*"], true),
            (&[" * "], true),
            (&["\"a1\""], true),
            (&["W/\"a1\""], true),
            (&["\"b\" ,, W/\"a1\""], true),
            (&["\"b\"", "\"a1\""], true),
            (&["\"b,\"", "\"a1\""], true),
            (&["a1, \"a1\""], true),
            (&["\"b\""], false),
            (&["a1"], false),
            (&["w/\"a1\""], false),
            (&["\"a1"], false),
            (&["\"A1\""], false),
            (&[""], false),
        ] {
            assert_eq!(is_not_modified(&request(header::IF_NONE_MATCH, lines), "a1"), expected, "{lines:?}");
        }
    }

    #[test]
    fn reads_match_strongly() {
        let tag = EntityTag::new_strong("a1".to_owned());
        for (lines, expected) in [
            (&[][..], true),
            (&["*"], true),
            (&["\"b\", \"a1\""], true),
            (&["\"b\"", "\"a1\""], true),
            (&["W/\"a1\""], false),
            (&["a1"], false),
            (&[""], false),
        ] {
            assert_eq!(satisfies_if_match(&request(header::IF_MATCH, lines), &tag), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_part_needs_the_same_tag() {
        let tag = EntityTag::new_strong("a1".to_owned());
        for (lines, expected) in [
            (&[][..], true),
            (&["\"a1\""], true),
            (&["W/\"a1\""], false),
            (&["\"b\""], false),
            (&["Sat, 29 Oct 1994 19:43:31 GMT"], false),
            (&["a1"], false),
            (&[""], false),
        ] {
            assert_eq!(satisfies_if_range(&request(header::IF_RANGE, lines), &tag), expected, "{lines:?}");
        }
    }

    #[test]
    fn if_match_is_a_list_of_tags() {
        let strong = |tag: &str| EntityTag::new_strong(tag.to_owned());
        let tags = |tags: &[&str]| Ok(Some(IfMatch::Items(tags.iter().map(|tag| strong(tag)).collect())));
        let weak = EntityTag::new_weak("5".to_owned());
        for (lines, expected) in [
            (&[][..], Ok(None)),
            (&["*"], Ok(Some(IfMatch::Any))),
            (&["\"5\""], tags(&["5"])),
            (&["\"5\", \"6,7\" ,\"\""], tags(&["5", "6,7", ""])),
            (&["W/\"5\", \"6\""], Ok(Some(IfMatch::Items(vec![weak, strong("6")])))),
            (&["\"5\"", "\"6\""], tags(&["5", "6"])),
            (&[""], tags(&[])),
            (&["5"], Err("5".to_owned())),
            (&["\"5"], Err("\"5".to_owned())),
            (&["\"5\" \"6\""], Err("\"5\" \"6\"".to_owned())),
            (&["\"5 6\""], Err("\"5 6\"".to_owned())),
            (&["\"5\", *"], Err("\"5\", *".to_owned())),
        ] {
            let mut headers = HeaderMap::new();
            lines.iter().for_each(|line| headers.append(header::IF_MATCH, HeaderValue::from_static(line)));
            assert_eq!(if_match(&headers), expected, "{lines:?}");
        }
    }
}
