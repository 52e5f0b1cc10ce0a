//! Content negotiation: which of a response's media types and codings the client prefers.

use std::convert::Infallible;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::{
    self, AcceptEncoding, ContentEncoding, Encoding, Header, Preference, Quality, QualityItem,
    from_comma_delimited,
};

use crate::iiif::Version;

/// A media type without its parameters. The library's `Accept` skips media types whose parameters are not quoted as they
/// should be, but clients send the URIs of IIIF contexts without quotation marks.
struct Essence(String);

impl FromStr for Essence {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.split(';').next().unwrap_or(text).trim().to_ascii_lowercase()))
    }
}

/// The media types that `Accept` lists (RFC 9110, §12.5.1).
fn accepted(request: &HttpRequest) -> Vec<QualityItem<Essence>> {
    from_comma_delimited(request.headers().get_all(header::ACCEPT)).unwrap_or_default()
}

/// The highest weight of any of these media types; zero if none is listed.
fn best_of(accepted: &[QualityItem<Essence>], names: &[&str]) -> Quality {
    let listed = accepted.iter().filter(|one| names.contains(&&*one.item.0)).map(|one| one.quality);
    listed.max().unwrap_or(Quality::ZERO)
}

/// The first of those listed types that are preferred, among those with a value here.
fn preferred<T>(request: &HttpRequest, value: impl Fn(&str) -> Option<T>) -> Option<T> {
    let known = accepted(request).into_iter().filter(|one| one.quality > Quality::ZERO);
    let known = known.filter_map(|one| Some((one.quality, value(&one.item.0)?)));
    let best = known.reduce(|best, one| if one.0 > best.0 { one } else { best });
    best.map(|(_, value)| value)
}

/// The two media types of a JSON-LD document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonKind {
    Plain,
    Linked,
}

/// Which of the two `Accept` prefers, the first one of equals; `None` for neither.
pub(crate) fn preferred_json(request: &HttpRequest) -> Option<JsonKind> {
    preferred(request, |media_type| match media_type {
        "application/json" => Some(JsonKind::Plain),
        "application/ld+json" => Some(JsonKind::Linked),
        _ => None,
    })
}

/// The kinds of representations between which a work's addresses choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Representation {
    Html,
    Json,
    Linked,
}

/// Which of JSON-LD and `usual` a client prefers. `usual` unless JSON-LD is preferred to its own media types, and no range
/// that includes both is preferred to JSON-LD: clients that take either had `usual` before there was a choice.
pub(crate) fn preferred_representation(request: &HttpRequest, usual: Representation) -> Representation {
    let accepted = accepted(request);
    let best = |names: &[&str]| best_of(&accepted, names);
    let linked = best(&["application/ld+json"]);
    let own = best(match usual {
        Representation::Html => &["text/html", "application/xhtml+xml", "text/*"],
        Representation::Json => &["application/json"],
        Representation::Linked => &["application/ld+json"],
    });
    if linked > own && linked >= best(&["*/*", "application/*"]) { Representation::Linked } else { usual }
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

/// Whether `Accept` names HTML and does not prefer another type of error responses.
pub(crate) fn prefers_html(request: &HttpRequest) -> bool {
    let accepted = accepted(request);
    let best = |names: &[&str]| best_of(&accepted, names);
    let html = best(&["text/html", "application/xhtml+xml"]);
    let others = best(&["text/plain", "application/json", "application/ld+json", "application/problem+json"]);
    html > Quality::ZERO && html >= others
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

/// The supported coding that the client prefers (RFC 9110, §12.5.3); identity if compression is not worthwhile, unless
/// the client rejects identity.
pub(super) fn negotiated_coding(request: &HttpRequest, worth: bool) -> ContentEncoding {
    if !request.headers().contains_key(header::ACCEPT_ENCODING) {
        return ContentEncoding::Identity;
    }
    let Ok(accepted) = AcceptEncoding::parse(request) else { return ContentEncoding::Identity };
    let weight = |coding: Encoding| {
        let of = |wanted: &Preference<Encoding>| {
            accepted.iter().find(|one| one.item == *wanted).map(|one| one.quality)
        };
        of(&Preference::Specific(coding)).or_else(|| of(&Preference::Any))
    };
    let (brotli, gzip, plain) =
        (weight(Encoding::brotli()), weight(Encoding::gzip()), weight(Encoding::identity()));
    // Codings that are not listed are not acceptable, except identity.
    if plain != Some(Quality::ZERO) && (!worth || plain > brotli.max(gzip)) {
        return ContentEncoding::Identity;
    }
    match (brotli.unwrap_or(Quality::ZERO), gzip.unwrap_or(Quality::ZERO)) {
        // If nothing is acceptable, send what every client can read.
        (Quality::ZERO, Quality::ZERO) => ContentEncoding::Identity,
        (brotli, gzip) if brotli >= gzip => ContentEncoding::Brotli,
        _ => ContentEncoding::Gzip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::http::testing::request;

    #[test]
    fn linked_data_is_for_clients_that_prefer_it() {
        use Representation::{Html, Json, Linked};
        for (line, usual, expected) in [
            ("*/*", Json, Json),
            ("application/ld+json", Json, Linked),
            ("application/ld+json", Html, Linked),
            ("application/ld+json, application/json", Json, Json),
            ("application/ld+json, application/json;q=0.9", Json, Linked),
            ("application/ld+json, */*", Json, Linked),
            ("application/ld+json;q=0.5, */*", Json, Json),
            ("text/html, application/ld+json, */*;q=0.1", Html, Html),
            ("text/html;q=0.8, application/ld+json", Html, Linked),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Html, Html),
        ] {
            assert_eq!(
                preferred_representation(&request(header::ACCEPT, &[line]), usual),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn the_client_chooses_the_kind_of_json() {
        use JsonKind::{Linked, Plain};
        for (lines, expected) in [
            (&[][..], None),
            (&["*/*"], None),
            (&["text/html"], None),
            (&["application/json"], Some(Plain)),
            (&["Application/LD+JSON"], Some(Linked)),
            (&["application/ld+json, application/json"], Some(Linked)),
            (&["application/json, application/ld+json"], Some(Plain)),
            (&["application/json;q=0.5, application/ld+json;q=0.7"], Some(Linked)),
            (&["application/json;q=0.5", "application/ld+json"], Some(Linked)),
            (&["application/json;q=0, */*"], None),
            (&["application/json;q=0.9;charset=utf-8, application/ld+json"], Some(Linked)),
            (&["application/ld+json;profile=\"http://iiif.io/api/image/2/context.json\""], Some(Linked)),
            (&["application/ld+json;profile=http://iiif.io/api/image/2/context.json"], Some(Linked)),
            (&["application/ld+json;profile=\"a;q=0\", application/json"], Some(Linked)),
        ] {
            assert_eq!(preferred_json(&request(header::ACCEPT, lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn browsers_get_pages_and_programs_do_not() {
        for (lines, expected) in [
            (&[][..], false),
            (&["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"], true),
            (&["text/html;q=0.5, application/json;q=0.4"], true),
            (&["application/json, text/html;q=0.9"], false),
            (&["application/json;q=0.8", "text/html;q=0.9"], true),
            (&["*/*"], false),
            (&["text/html;q=0"], false),
            (&["application/json"], false),
        ] {
            assert_eq!(prefers_html(&request(header::ACCEPT, lines)), expected, "{lines:?}");
        }
    }
}
