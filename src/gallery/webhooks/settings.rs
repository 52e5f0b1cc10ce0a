//! Settings of webhooks.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;

/// `[webhooks.NAME]`: an address that is told of changes.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Webhook {
    /// The address, `https://` or `http://`. Redirects are not followed.
    pub url: String,
    /// The secret of the signatures: `whsec_` and 24 to 64 bytes in Base64 (Standard Webhooks).
    pub secret: String,
    /// A secret that `secret` replaces: deliveries are signed with both until the receiver uses the new one.
    pub previous_secret: String,
    /// The kinds of changes; empty for all.
    pub kinds: Vec<EventName>,
    /// Only works with one of these values, as in `collection:prints`, and those that had one before a change; empty for
    /// all works.
    pub works: Vec<String>,
    /// The most changes in one delivery.
    pub batch: u32,
    /// The timeout of an attempt, in seconds.
    pub timeout_s: u32,
}

/// Kinds of changes, as settings and deliveries name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EventName {
    Created,
    Updated,
    Withdrawn,
    Restored,
    Tagged,
}

impl Default for Webhook {
    fn default() -> Self {
        Self {
            url: String::new(),
            secret: String::new(),
            previous_secret: String::new(),
            kinds: Vec::new(),
            works: Vec::new(),
            batch: 100,
            timeout_s: 10,
        }
    }
}

/// Shows neither the secret nor the address, which may contain one.
impl fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Webhook")
            .field("origin", &self.origin())
            .field("kinds", &self.kinds)
            .field("works", &self.works)
            .finish_non_exhaustive()
    }
}

const EXAMPLE: &str = "`echo whsec_$(openssl rand -base64 32)` makes one";

impl Webhook {
    /// # Errors
    /// A message that names the setting that cannot be used, and what works.
    pub(crate) fn check(&self, name: &str) -> Result<(), String> {
        let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name) {
            return Err(format!(
                "`webhooks.{name}`: the name must have 1 to 64 lowercase letters, digits, `-` and `_`"
            ));
        }
        let url = Url::parse(&self.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let has_no_user = |url: &Url| url.username().is_empty() && url.password().is_none();
        if !url.is_some_and(|url| url.has_host() && has_no_user(&url)) {
            return Err(format!(
                "`webhooks.{name}.url` is not an address without a user, as in `https://example.org/hook`"
            ));
        }
        key(&self.secret).map_err(|reason| format!("`webhooks.{name}.secret` {reason}"))?;
        if !self.previous_secret.is_empty() {
            let previous = key(&self.previous_secret);
            previous.map_err(|reason| format!("`webhooks.{name}.previous_secret` {reason}"))?;
        }
        if let Some(wrong) = self.works.iter().find(|filter| filter_of(filter).is_none()) {
            return Err(format!("`webhooks.{name}.works` has `{wrong}`: write `scheme:value`"));
        }
        for (key, value, max) in [("batch", self.batch, 1000), ("timeout_s", self.timeout_s, 30)] {
            if !(1..=max).contains(&value) {
                return Err(format!("`webhooks.{name}.{key}` is {value}: it must be from 1 to {max}"));
            }
        }
        Ok(())
    }

    /// The keys of the signatures, the current one first.
    pub(super) fn keys(&self) -> Result<Vec<Vec<u8>>, String> {
        let secrets = [&self.secret, &self.previous_secret];
        let previous_is_set = !self.previous_secret.is_empty();
        secrets.into_iter().take(1 + usize::from(previous_is_set)).map(|secret| key(secret)).collect()
    }

    /// Scheme, host and port of the address, which may be shown; its path may contain a secret.
    pub(super) fn origin(&self) -> String {
        Url::parse(&self.url).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
    }

    /// Whether this kind of change is sent.
    pub(super) fn sends(&self, name: EventName) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&name)
    }

    /// The scheme and the value of each value in `works`.
    pub(super) fn filter(&self) -> Vec<(String, String)> {
        let filters = self.works.iter().filter_map(|filter| filter_of(filter));
        filters.map(|(scheme, value)| (scheme.to_owned(), value.to_owned())).collect()
    }

    /// Whether a work with these facets is sent.
    pub(super) fn concerns(&self, facets: &[crate::record::Facet]) -> bool {
        let has = |(scheme, value): (&str, &str)| {
            facets.iter().any(|facet| facet.scheme == scheme && facet.value == value)
        };
        self.works.is_empty() || self.works.iter().filter_map(|filter| filter_of(filter)).any(has)
    }
}

/// The key of a secret.
fn key(secret: &str) -> Result<Vec<u8>, String> {
    let encoded = secret.strip_prefix("whsec_");
    let encoded = encoded.ok_or_else(|| format!("does not begin with `whsec_`: {EXAMPLE}"))?;
    let key = STANDARD.decode(encoded).map_err(|_| format!("is not Base64 after `whsec_`: {EXAMPLE}"))?;
    match key.len() {
        24..=64 => Ok(key),
        bytes => Err(format!("has {bytes} bytes: it must have 24 to 64; {EXAMPLE}")),
    }
}

fn filter_of(filter: &str) -> Option<(&str, &str)> {
    filter.split_once(':').filter(|(scheme, value)| !scheme.is_empty() && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_settings_are_refused() {
        let usable = Webhook {
            url: "https://example.org/hook".into(),
            secret: format!("whsec_{}", STANDARD.encode([7; 32])),
            ..Webhook::default()
        };
        assert_eq!(usable.check("registrar"), Ok(()));
        let with = |change: fn(&mut Webhook)| {
            let mut webhook = usable.clone();
            change(&mut webhook);
            webhook.check("registrar").unwrap_err()
        };
        assert!(usable.check("Re.gistrar").unwrap_err().contains("lowercase"));
        for (refused, reason) in [
            (with(|webhook| webhook.url.clear()), "webhooks.registrar.url"),
            (with(|webhook| webhook.url = "ftp://example.org".into()), "webhooks.registrar.url"),
            (with(|webhook| webhook.url = "https://me:hunter2@example.org".into()), "without a user"),
            (with(|webhook| webhook.secret = "hunter2".into()), "whsec_"),
            (with(|webhook| webhook.secret = "whsec_hunter2!".into()), "Base64"),
            (with(|webhook| webhook.secret = "whsec_aHVudGVy".into()), "has 6 bytes"),
            (with(|webhook| webhook.previous_secret = "whsec_hunter2!".into()), "previous_secret"),
            (with(|webhook| webhook.works = vec!["prints".into()]), "scheme:value"),
            (with(|webhook| webhook.batch = 0), "from 1 to 1000"),
            (with(|webhook| webhook.timeout_s = 31), "from 1 to 30"),
        ] {
            assert!(refused.contains(reason) && !refused.contains("hunter"), "{reason}: {refused}");
        }
        assert!(!format!("{usable:?}").contains("whsec"));
    }
}
