//! Reads documents at web addresses: only from allowed hosts, and within time limits.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::{Origin, Url};

use super::hosts::{Hosts, PublicOnly, Trust};
use super::retry_after::retry_after;
use crate::store::Settings;

/// The maximum number of redirects per request.
const MAX_REDIRECTS: usize = 10;

/// How often a request is repeated for a server that names the time to do so.
const MAX_REPEATS: usize = 5;
/// The longest time to wait for such a server.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Time limits for documents at web addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The timeout until a response begins.
    pub answer: Duration,
    /// The timeout between two chunks of a response, and the maximum time that it may lag behind the slowest rate.
    pub silence: Duration,
    /// The slowest accepted rate in bytes per second; 0 accepts any.
    pub slowest: u64,
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Its host is not allowed.
    #[error(
        "{address} was not requested, because its host is not allowed: allow it with `--records-host {host}`"
    )]
    Refused {
        /// The rejected address.
        address: String,
        /// The host that would have to be allowed.
        host: String,
    },
    /// The request failed or its response cannot be used; the text gives the reason.
    #[error("cannot be read: {0}")]
    Failed(String),
}

/// A client for documents at web addresses.
#[derive(Clone)]
pub struct WebClient {
    hosts: Hosts,
    token: Option<Arc<OriginToken>>,
    limits: Limits,
    named: Client,
    public: Client,
}

impl WebClient {
    /// Creates a client that sends requests to these hosts only.
    ///
    /// # Errors
    /// Returns an error if the HTTP client cannot be set up; the text gives its reason.
    pub fn new(hosts: Hosts, limits: Limits, settings: &Settings) -> Result<Self, String> {
        let builder = || {
            Client::builder()
                .user_agent(concat!("tegl/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                .referer(false)
                .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
        };
        let build = |builder: reqwest::ClientBuilder| builder.build().map_err(|error| error.to_string());
        let named = build(builder())?;
        // A proxy would resolve names itself and could reach private addresses.
        let public = build(builder().no_proxy().dns_resolver(Arc::new(PublicOnly)))?;
        Ok(Self { hosts, token: None, limits, named, public })
    }

    /// Also sends a bearer token to these origins: scheme, host and port of each address. No other one gets it, whether
    /// documents lead there or redirects do.
    ///
    /// # Errors
    /// Returns an error if the token cannot be a header's value, or if an address is no web address; the text says which.
    pub fn with_token(self, token: &str, addresses: &[String]) -> Result<Self, String> {
        let mut header = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| "the token has characters that a header cannot have".to_owned())?;
        header.set_sensitive(true);
        let origin = |address: &String| match Url::parse(address) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url.origin()),
            _ => Err(format!("the token can be sent to web addresses only, not to `{address}`")),
        };
        let origins = addresses.iter().map(origin).collect::<Result<_, _>>()?;
        Ok(Self { token: Some(Arc::new(OriginToken { origins, header })), ..self })
    }

    /// Streams the document at an address; also returns the final address after redirects.
    pub(in crate::store) async fn open(
        &self,
        address: &str,
    ) -> Result<(Url, BoxStream<'static, io::Result<Bytes>>), DocumentError> {
        let mut url = Url::parse(address).map_err(|error| DocumentError::Failed(error.to_string()))?;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_patiently(&url).await?;
            if !response.status().is_redirection() {
                return match response.status().as_u16() {
                    200 => Ok((url, self.chunks(response))),
                    status => Err(DocumentError::Failed(format!("{url} returned status {status}"))),
                };
            }
            let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            let target = target.and_then(|target| url.join(target).ok()).ok_or_else(|| {
                DocumentError::Failed(format!(
                    "{url} returned status {} without an address to redirect to",
                    response.status().as_u16()
                ))
            })?;
            if !matches!(target.scheme(), "http" | "https") {
                return Err(DocumentError::Failed(format!(
                    "{url} redirects to `{target}`: only addresses that begin with `http://` or `https://` are followed"
                )));
            }
            url = target;
        }
        Err(DocumentError::Failed(format!("{address} redirects more than {MAX_REDIRECTS} times")))
    }

    /// Sends a request, and again when a busy server says that it may be repeated (RFC 9110, §10.2.3; OAI-PMH 2.0, §3.1.2.2).
    async fn send_patiently(&self, url: &Url) -> Result<Response, DocumentError> {
        for _ in 0..MAX_REPEATS {
            let response = self.send(url).await?;
            let is_busy = matches!(response.status().as_u16(), 429 | 503);
            let wait = retry_after(response.headers(), SystemTime::now());
            match wait.filter(|wait| is_busy && *wait <= LONGEST_WAIT) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Ok(response),
            }
        }
        self.send(url).await
    }

    async fn send(&self, url: &Url) -> Result<Response, DocumentError> {
        let client = match self.hosts.trust(url) {
            Some(Trust::Named) => &self.named,
            Some(Trust::Public) => &self.public,
            None => return Err(host_not_allowed(url)),
        };
        let token = self.token.as_ref().filter(|token| token.origins.contains(&url.origin()));
        let headers = token.map(|token| (AUTHORIZATION, token.header.clone()));
        let request = client.get(url.clone()).headers(headers.into_iter().collect()).send();
        match tokio::time::timeout(self.limits.answer, request).await {
            Ok(response) => response.map_err(|error| DocumentError::Failed(chain(&error))),
            Err(_) => {
                let seconds = self.limits.answer.as_secs();
                Err(DocumentError::Failed(format!(
                    "{url} did not respond within {seconds} s (`records.answer_s`)"
                )))
            }
        }
    }

    fn chunks(&self, response: Response) -> BoxStream<'static, io::Result<Bytes>> {
        let pace = Pace { limits: self.limits.clone(), slack: self.limits.silence };
        futures::stream::unfold(Some((response.bytes_stream().boxed(), pace)), |state| async move {
            let (mut chunks, mut pace) = state?;
            let begun = Instant::now();
            match tokio::time::timeout(pace.limits.silence, chunks.next()).await {
                Ok(None) => None,
                Ok(Some(Ok(piece))) => match pace.check_rate(begun.elapsed(), piece.len()) {
                    Ok(()) => Some((Ok(piece), Some((chunks, pace)))),
                    Err(slow) => Some((Err(slow), None)),
                },
                Ok(Some(Err(error))) => Some((Err(io::Error::other(chain(&error))), None)),
                Err(_) => Some((Err(pace.timeout_error()), None)),
            }
        })
        .fuse()
        .boxed()
    }
}

/// A token with the only origins that get it.
struct OriginToken {
    origins: Vec<Origin>,
    header: HeaderValue,
}

/// Enforces the slowest accepted rate. Only time spent waiting for the source counts.
struct Pace {
    limits: Limits,
    slack: Duration,
}

impl Pace {
    fn check_rate(&mut self, waited: Duration, bytes: usize) -> io::Result<()> {
        if self.limits.slowest == 0 {
            return Ok(());
        }
        let earned = Duration::from_secs_f64(bytes as f64 / self.limits.slowest as f64);
        let slack = (self.slack + earned).checked_sub(waited).ok_or_else(|| {
            let rate = self.limits.slowest / 1024;
            io::Error::other(format!(
                "it sends less than {rate} KiB per second (`records.slowest_kib_per_s`)"
            ))
        })?;
        self.slack = slack.min(self.limits.silence);
        Ok(())
    }

    fn timeout_error(&self) -> io::Error {
        let seconds = self.limits.silence.as_secs();
        io::Error::other(format!("no data arrived for {seconds} s (`records.silence_s`)"))
    }
}

fn host_not_allowed(url: &Url) -> DocumentError {
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    DocumentError::Refused { address: url.to_string(), host }
}

/// The error with its causes, which reqwest's own message omits.
fn chain(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_may_be_slow_for_a_limited_time() {
        let limits =
            Limits { answer: Duration::from_secs(1), silence: Duration::from_secs(10), slowest: 1024 };
        let mut pace = Pace { slack: limits.silence, limits };
        for _ in 0..100 {
            assert!(pace.check_rate(Duration::from_secs(1), 1024).is_ok());
        }
        let dripped = (0..100).take_while(|_| pace.check_rate(Duration::from_secs(1), 1).is_ok()).count();
        assert!((9..=11).contains(&dripped), "{dripped}");
    }
}
