//! Sends one delivery.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};

use super::message::signatures;
use super::settings::Webhook;
use crate::catalogue::{Attempt, Delivery};
use crate::store::retry_after;

/// The pause after the first failure; each further pause is twice as long.
const FIRST_PAUSE_S: i64 = 1;
/// The longest pause.
const LONGEST_PAUSE_S: i64 = 3600;
/// The longest text of an error that is kept, in characters.
const MAX_ERROR: usize = 300;

/// A client that sends to one webhook.
pub(super) struct Sender {
    client: Client,
    webhook: Webhook,
    keys: Vec<Vec<u8>>,
}

impl Sender {
    /// # Errors
    /// Why the HTTP client cannot be set up, or the secret not be used.
    pub(super) fn new(webhook: Webhook) -> Result<Self, String> {
        let client = Client::builder()
            .user_agent(concat!("tegl/", env!("CARGO_PKG_VERSION")))
            // Only the address of the settings is ever contacted.
            .redirect(Policy::none())
            .referer(false)
            .timeout(Duration::from_secs(webhook.timeout_s.into()))
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, keys: webhook.keys()?, webhook })
    }

    pub(super) fn webhook(&self) -> &Webhook {
        &self.webhook
    }

    /// Sends a delivery, which has failed this many times before. The body of the response is not read.
    pub(super) async fn send(&self, delivery: &Delivery, failures: u32) -> Attempt {
        let pause_ms = pause_s(failures) * 1000;
        let failed = |status, error: String| {
            let error = Some(error.chars().take(MAX_ERROR).collect());
            Attempt { status, error, pause_ms }
        };
        let at = jiff::Timestamp::now().as_second();
        let Some(signature) = signatures(&self.keys, &delivery.id, at, &delivery.body) else {
            return failed(None, "the secret cannot be used".into());
        };
        let request = self
            .client
            .post(&self.webhook.url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &delivery.id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", signature)
            .body(delivery.body.clone());
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return failed(None, described(&error, self.webhook.timeout_s)),
        };
        let status = response.status();
        if status.is_success() {
            return Attempt { status: Some(status.as_u16()), error: None, pause_ms: 0 };
        }
        // The receiver does not want deliveries any more (Standard Webhooks).
        if status == StatusCode::GONE {
            let reason =
                "the response has status 410: the receiver is gone; remove the webhook from the settings";
            return Attempt { pause_ms: LONGEST_PAUSE_S * 1000, ..failed(Some(410), reason.into()) };
        }
        let pause_ms = 1000 * named_pause_s(failures, response.headers(), SystemTime::now());
        let text = if status.is_redirection() { "; redirects are not followed" } else { "" };
        Attempt {
            pause_ms,
            ..failed(Some(status.as_u16()), format!("the response has status {status}{text}"))
        }
    }
}

/// The pause after a failure, in seconds.
fn pause_s(failures: u32) -> i64 {
    (FIRST_PAUSE_S << failures.min(12)).min(LONGEST_PAUSE_S)
}

/// The pause after a failure whose response may name a longer one, in seconds.
fn named_pause_s(failures: u32, headers: &HeaderMap, now: SystemTime) -> i64 {
    let named = retry_after(headers, now).unwrap_or_default();
    let named = named.as_secs().saturating_add(u64::from(named.subsec_nanos() > 0));
    pause_s(failures).max(i64::try_from(named).unwrap_or(LONGEST_PAUSE_S).min(LONGEST_PAUSE_S))
}

/// The error with its causes, without the address, which may contain a secret.
fn described(error: &reqwest::Error, timeout_s: u32) -> String {
    if error.is_timeout() {
        return format!("no response within {timeout_s} s");
    }
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let deepest = causes.by_ref().last().map(ToString::to_string);
    deepest.map_or_else(|| "cannot be reached".into(), |cause| format!("cannot be reached: {cause}"))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderValue, RETRY_AFTER};

    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        let pauses: Vec<_> = [0, 1, 2, 11, 12, 40].map(pause_s).into();
        assert_eq!(pauses, [1, 2, 4, 2048, 3600, 3600]);
    }

    #[test]
    fn receivers_name_longer_pauses_up_to_an_hour() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_445_412_000_500);
        let pause = |failures, header| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(header))]);
            named_pause_s(failures, &headers, now)
        };
        assert_eq!(pause(0, "20"), 20);
        // 479.5 seconds later: an attempt before that would be too early.
        assert_eq!(pause(0, "Wed, 21 Oct 2015 07:28:00 GMT"), 480);
        assert_eq!(pause(0, "Wed, 21 Oct 2015 07:00:00 GMT"), 1);
        assert_eq!(pause(5, "20"), 32);
        for longest in ["86400", "18446744073709551616", "Mon, 21 Oct 2999 07:28:00 GMT"] {
            assert_eq!(pause(0, longest), 3600, "{longest}");
        }
        assert_eq!(named_pause_s(2, &HeaderMap::new(), now), 4);
    }
}
