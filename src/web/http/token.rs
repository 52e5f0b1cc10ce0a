//! Secrets that clients show, and how often they may guess.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::web::http::error::Error;
use crate::web::http::network::Network;

/// Wrong tokens that an address may show at once.
const BURST: u32 = 10;
/// How long it takes until it may show one more.
const REFILL: Duration = Duration::from_secs(1);
/// Addresses that are remembered; beyond them, those that guessed the longest ago are forgotten.
const REMEMBERED: u64 = 10_000;
/// How long a token that was right is known to come from its address.
const TRUST: Duration = Duration::from_secs(3600);

/// The token that a request shows: `Authorization: Bearer TOKEN`.
pub fn shown(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (kind, token) = value.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the token is this secret. How long that takes says nothing of either: digests are compared, whole.
pub fn is(token: &str, secret: &str) -> bool {
    !secret.is_empty() && bool::from(digest(token).ct_eq(&digest(secret)))
}

/// Slows down guesses, by the address that they come from.
///
/// An address whose guesses are used up is refused whatever it shows, as otherwise guessing would go on as fast as
/// before; except for a token that was right when this address showed it before, so that its owner is not shut out by
/// others behind the same address.
pub struct Guesses {
    /// When the guesses of an address will all have been refilled.
    full_at: moka::sync::Cache<Network, Instant>,
    right: moka::sync::Cache<(Network, [u8; 32]), ()>,
    /// Taken for wrong tokens alone.
    counting: Mutex<()>,
}

impl Default for Guesses {
    fn default() -> Self {
        let full_at = moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_live(REFILL * BURST * 2);
        let right = moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_live(TRUST);
        Self { full_at: full_at.build(), right: right.build(), counting: Mutex::default() }
    }
}

impl Guesses {
    /// Whose token this is, by `owner`, which compares it with all.
    pub fn check<T>(
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

    /// How long until this address may guess again.
    fn wait(&self, now: Instant, from: Network) -> Option<Duration> {
        let ahead = self.full_at.get(&from)?.saturating_duration_since(now);
        let most = REFILL * (BURST - 1);
        (ahead > most).then(|| ahead - most)
    }

    fn count(&self, now: Instant, from: Network) {
        let _alone = self.counting.lock().unwrap_or_else(PoisonError::into_inner);
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
    fn guesses_slow_down_and_nobody_else_does() {
        let guesses = Guesses::default();
        let began = Instant::now();
        let network = |text: &str| Some(Network::from(text.parse::<std::net::IpAddr>().unwrap()));
        let show = |after: u64, from, token: &str| {
            let owner = || (token == "right").then_some(());
            match guesses.check_at(began + Duration::from_millis(after), network(from), token, owner) {
                Ok(()) => 200,
                Err(Error::Unauthorized) => 401,
                Err(Error::TooManyGuesses { retry_after_s: 1 }) => 429,
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(show(0, "192.0.2.2", "right"), 200);
        for from in ["192.0.2.1", "192.0.2.2"] {
            let answers: Vec<_> = (0..12).map(|guess| show(0, from, &guess.to_string())).collect();
            assert_eq!(answers, [[401; 10].as_slice(), &[429; 2]].concat(), "{from}");
        }
        assert_eq!(show(0, "192.0.2.1", "right"), 429, "or guessing would go on");
        assert_eq!(show(0, "192.0.2.2", "right"), 200, "it was right before");
        assert_eq!(show(0, "192.0.2.3", "right"), 200);
        assert_eq!(show(1100, "192.0.2.1", "right"), 200, "a second later");
        assert_eq!((show(1100, "192.0.2.2", "x"), show(1100, "192.0.2.2", "x")), (401, 429));
    }

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
