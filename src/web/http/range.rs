//! Range requests: which bytes of a representation a client asks for, and how the response says which it gets.

use std::ops::Range;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, ByteRangeSpec, ContentRange, ContentRangeSpec, EntityTag, Header, Range as RangeHeader,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::web::http::conditional::satisfies_if_range;

/// The bytes that a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RangeRequest {
    Whole,
    Part(Range<u64>),
    /// The range begins after the last byte.
    Unsatisfiable,
}

impl RangeRequest {
    /// What the request asks for of a representation with this entity tag and length in bytes.
    pub(crate) fn of(request: &HttpRequest, tag: &EntityTag, length: u64) -> Self {
        if satisfies_if_range(request, tag) { Self::parse(request, length) } else { Self::Whole }
    }

    /// A multi-range or malformed `Range` header is ignored (RFC 9110, §14.2).
    fn parse(request: &HttpRequest, length: u64) -> Self {
        let Some(value) = request.headers().get(header::RANGE) else { return Self::Whole };
        // The library's parser skips what it does not know.
        let is_plain = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
        if !value.as_bytes().strip_prefix(b"bytes=").is_some_and(|rest| rest.iter().all(is_plain)) {
            return Self::Whole;
        }
        let Ok(RangeHeader::Bytes(specs)) = RangeHeader::parse(request) else { return Self::Whole };
        match &specs[..] {
            [ByteRangeSpec::FromTo(first, last)] if last < first => Self::Whole,
            [spec] => match spec.to_satisfiable_range(length) {
                Some((first, last)) => Self::Part(first..last + 1),
                None => Self::Unsatisfiable,
            },
            _ => Self::Whole,
        }
    }

    /// Sets status and `Content-Range`: 206 for a part, 416 without the other headers where there is none.
    pub(crate) fn apply(&self, response: &mut HttpResponseBuilder, length: u64) {
        let content_range =
            |range| ContentRange(ContentRangeSpec::Bytes { range, instance_length: Some(length) });
        match self {
            Self::Whole => {}
            Self::Part(part) => {
                response.status(StatusCode::PARTIAL_CONTENT);
                response.insert_header(content_range(Some((part.start, part.end - 1))));
            }
            Self::Unsatisfiable => {
                *response = HttpResponse::RangeNotSatisfiable();
                response.insert_header(content_range(None));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[track_caller]
    fn check(range: &str, length: u64, expected: RangeRequest) {
        let request = TestRequest::default().insert_header((header::RANGE, range)).to_http_request();
        assert_eq!(RangeRequest::parse(&request, length), expected, "{range} of {length}");
    }

    #[test]
    fn a_single_range_selects_a_part() {
        check("bytes=0-9", 100, RangeRequest::Part(0..10));
        check("bytes=90-", 100, RangeRequest::Part(90..100));
        check("bytes=-10", 100, RangeRequest::Part(90..100));
        check("bytes=-1000", 100, RangeRequest::Part(0..100));
        check("bytes=99-1000", 100, RangeRequest::Part(99..100));
        check("bytes=100-", 100, RangeRequest::Unsatisfiable);
        check("bytes=-0", 100, RangeRequest::Unsatisfiable);
        check("bytes=0-0", 0, RangeRequest::Unsatisfiable);
    }

    #[test]
    fn multiple_and_malformed_ranges_are_ignored() {
        for range in [
            "bytes=0-9,20-29",
            "bytes=9-0",
            "bytes=a-b",
            "bytes",
            "items=0-9",
            "bytes=",
            "bytes=--1",
            "bytes=0-1,junk",
            "bytes=+1-2",
        ] {
            check(range, 100, RangeRequest::Whole);
        }
    }
}
