//! Bearer tokens, and a rate limit for wrong ones.

use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::web::http::error::Error;
use crate::web::http::network::Network;

/// Wrong tokens that an address may send in a burst.
const BURST: u32 = 10;
/// Time until it may send one more.
const REFILL: Duration = Duration::from_secs(1);
/// Number of addresses to remember; the ones with the oldest guesses are evicted.
const REMEMBERED: u64 = 10_000;
/// How long a correct token is remembered together with its address.
const TRUST: Duration = Duration::from_secs(3600);

/// The token of a request: `Authorization: Bearer TOKEN`.
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (kind, token) = value.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the token equals the secret, in constant time: digests are compared.
pub(crate) fn matches(token: &str, secret: &str) -> bool {
    !secret.is_empty() && bool::from(digest(token).ct_eq(&digest(secret)))
}

/// Limits the rate of wrong tokens by client address.
///
/// An address that has used up its guesses is rejected whatever token it sends, or guessing would continue at full
/// speed. The exception is a token that was correct from this address before, so that its owner is not locked out by
/// others who share the address.
pub(crate) struct GuessLimiter {
    /// When all guesses of an address will be available again.
    full_at: moka::sync::Cache<Network, Instant>,
    right: moka::sync::Cache<(Network, [u8; 32]), ()>,
    /// Locked only for wrong tokens.
    counting: Mutex<()>,
}

impl Default for GuessLimiter {
    fn default() -> Self {
        let full_at = moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_live(REFILL * BURST * 2);
        let right = moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_live(TRUST);
        Self { full_at: full_at.build(), right: right.build(), counting: Mutex::default() }
    }
}

impl GuessLimiter {
    /// The owner of this token; `owner` compares it with all known tokens.
    pub(crate) fn check<T>(
        &self,
        from: Option<Network>,
        token: &str,
        owner: impl FnOnce() -> Option<T>,
    ) -> Result<T, Error> {
        self.check_at(Instant::now(), from, token, owner)
    }

    fn check_at<T>(
        &self,
        now: Instant,
        from: Option<Network>,
        token: &str,
        owner: impl FnOnce() -> Option<T>,
    ) -> Result<T, Error> {
        let Some(from) = from else { return owner().ok_or(Error::Unauthorized) };
        let key = (from, digest(token));
        let is_known = self.right.contains_key(&key);
        if !is_known && let Some(wait) = self.wait(now, from) {
            return Err(Error::TooManyGuesses { retry_after_s: wait.as_secs_f64().ceil().max(1.0) as u32 });
        }
        match owner() {
            Some(owner) => {
                if !is_known {
                    self.right.insert(key, ());
                }
                Ok(owner)
            }
            None => {
                self.count(now, from);
                Err(Error::Unauthorized)
            }
        }
    }

    /// Time until this address may guess again.
    fn wait(&self, now: Instant, from: Network) -> Option<Duration> {
        let ahead = self.full_at.get(&from)?.saturating_duration_since(now);
        let most = REFILL * (BURST - 1);
        (ahead > most).then(|| ahead - most)
    }

    fn count(&self, now: Instant, from: Network) {
        let _alone = self.counting.lock();
        let full_at = self.full_at.get(&from).unwrap_or(now).max(now);
        self.full_at.insert(from, full_at + REFILL);
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.trim().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_guesses_slow_down_their_sender_only() {
        let guess_limiter = GuessLimiter::default();
        let began = Instant::now();
        let network = |text: &str| Some(Network::from(text.parse::<std::net::IpAddr>().unwrap()));
        let show = |after: u64, from, token: &str| {
            let owner = || (token == "right").then_some(());
            match guess_limiter.check_at(began + Duration::from_millis(after), network(from), token, owner) {
                Ok(()) => 200,
                Err(Error::Unauthorized) => 401,
                Err(Error::TooManyGuesses { retry_after_s: 1 }) => 429,
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(show(0, "192.0.2.2", "right"), 200);
        for from in ["192.0.2.1", "192.0.2.2"] {
            let statuses: Vec<_> = (0..12).map(|guess| show(0, from, &guess.to_string())).collect();
            assert_eq!(statuses, [[401; 10].as_slice(), &[429; 2]].concat(), "{from}");
        }
        assert_eq!(show(0, "192.0.2.1", "right"), 429, "or guessing would go on");
        assert_eq!(show(0, "192.0.2.2", "right"), 200, "it was right before");
        assert_eq!(show(0, "192.0.2.3", "right"), 200);
        assert_eq!(show(1100, "192.0.2.1", "right"), 200, "a second later");
        assert_eq!((show(1100, "192.0.2.2", "x"), show(1100, "192.0.2.2", "x")), (401, 429));
    }

    #[test]
    fn only_the_exact_secret_is_accepted() {
        assert!(matches("a-long-enough-secret", "a-long-enough-secret"));
        assert!(
            !matches("a-long-enough-secreT", "a-long-enough-secret") && !matches("", "") && !matches("x", "")
        );
    }

    #[test]
    fn tokens_are_bearer_tokens() {
        let shown_by = |value: &'static str| {
            let request =
                actix_web::test::TestRequest::default().insert_header((header::AUTHORIZATION, value));
            bearer(&request.to_http_request()).map(str::to_owned)
        };
        assert_eq!(shown_by("bearer  x ").as_deref(), Some("x"));
        assert_eq!(shown_by("Basic x"), None);
    }
}
