//! Requests for the tests of this folder.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use actix_web::test::TestRequest;

/// A request with one header in these lines.
pub(in crate::web) fn request(name: HeaderName, lines: &[&'static str]) -> HttpRequest {
    let add = |request: TestRequest, line: &&'static str| request.append_header((name.clone(), *line));
    lines.iter().fold(TestRequest::default(), add).to_http_request()
}
