//! Secrets that clients show.

use actix_web::HttpRequest;
use actix_web::http::header;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The token that a request shows: `Authorization: Bearer TOKEN`.
pub fn shown(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (kind, token) = value.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the token is this secret. How long that takes says nothing of either: digests are compared, whole.
pub fn is(token: &str, secret: &str) -> bool {
    let digest = |text: &str| Sha256::digest(text.trim().as_bytes());
    !secret.is_empty() && bool::from(digest(token).as_slice().ct_eq(digest(secret).as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_itself_is_taken() {
        assert!(is("a-long-enough-secret", "a-long-enough-secret"));
        assert!(!is("a-long-enough-secreT", "a-long-enough-secret") && !is("", "") && !is("x", ""));
    }

    #[test]
    fn tokens_are_bearers() {
        let shown_by = |value: &'static str| {
            let request =
                actix_web::test::TestRequest::default().insert_header((header::AUTHORIZATION, value));
            shown(&request.to_http_request()).map(str::to_owned)
        };
        assert_eq!(shown_by("bearer  x ").as_deref(), Some("x"));
        assert_eq!(shown_by("Basic x"), None);
    }
}
