//! Which bytes of an answer a request asks for.

use std::ops::Range;

use actix_web::HttpRequest;
use actix_web::http::header::{self, ByteRangeSpec, Header, HeaderValue, Range as Ranges};

/// The bytes that a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    All,
    Part(Range<u64>),
    Beyond,
}

/// At most one range: who asks for several, or not by the grammar, gets all (RFC 9110, §14.2).
pub fn range(request: &HttpRequest, length: u64) -> Wanted {
    let Some(asked) = request.headers().get(header::RANGE) else { return Wanted::All };
    // The parser passes over what it does not know.
    let plain = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
    if !asked.as_bytes().strip_prefix(b"bytes=").is_some_and(|rest| rest.iter().all(plain)) {
        return Wanted::All;
    }
    let Ok(Ranges::Bytes(specs)) = Ranges::parse(request) else { return Wanted::All };
    match &specs[..] {
        [ByteRangeSpec::FromTo(first, last)] if last < first => Wanted::All,
        [spec] => match spec.to_satisfiable_range(length) {
            Some((first, last)) => Wanted::Part(first..last + 1),
            None => Wanted::Beyond,
        },
        _ => Wanted::All,
    }
}

/// Whether a range may be sent: of the version that the client has the rest of (RFC 9110, §13.1.5). Dates are not
/// known of every store, so that only tags count.
pub fn unchanged_range(request: &HttpRequest, tag: &HeaderValue) -> bool {
    request.headers().get(header::IF_RANGE).is_none_or(|held| held == tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[track_caller]
    fn check(asked: &str, length: u64, expected: Wanted) {
        let request = TestRequest::default().insert_header((header::RANGE, asked)).to_http_request();
        assert_eq!(range(&request, length), expected, "{asked} of {length}");
    }

    #[test]
    fn one_range_is_a_part() {
        check("bytes=0-9", 100, Wanted::Part(0..10));
        check("bytes=90-", 100, Wanted::Part(90..100));
        check("bytes=-10", 100, Wanted::Part(90..100));
        check("bytes=-1000", 100, Wanted::Part(0..100));
        check("bytes=99-1000", 100, Wanted::Part(99..100));
        check("bytes=100-", 100, Wanted::Beyond);
        check("bytes=-0", 100, Wanted::Beyond);
        check("bytes=0-0", 0, Wanted::Beyond);
    }

    #[test]
    fn what_is_not_one_range_is_all() {
        for asked in [
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
            check(asked, 100, Wanted::All);
        }
    }
}
