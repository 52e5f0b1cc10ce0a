//! Settings of the HTTP server.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// `[web]`: addresses, connections, client caching.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Address and port of the public listener.
    pub listen: String,
    /// The public base URL of this server, without a trailing slash, as in
    /// `https://images.example.org/art`. Empty: derived from each request.
    pub base_url: String,
    /// Allowed `Host` headers if `base_url` is empty, as in `images.example.org` (any port) or
    /// `localhost:8182`. Empty allows any.
    pub hosts: Vec<String>,
    /// IP addresses of proxies whose `X-Forwarded-Proto`, `-Host`, `-Prefix` and `-For` are trusted.
    pub trusted_proxies: Vec<String>,
    /// Sites that may embed the pages: sources of `frame-ancestors` (CSP 3), as in `https://museum.example`.
    pub frame_ancestors: Vec<String>,
    /// Whether `/compare` may load manifests and pictures of other servers (HTTPS only): its content security policy.
    pub compare_other_servers: bool,
    /// `max-age` of images, in seconds.
    pub image_max_age_s: u32,
    /// `max-age` of info.json, Deep Zoom descriptions and search results within works, in seconds.
    pub document_max_age_s: u32,
    /// Memory for cached manifests and other documents, in MiB; 0 disables the cache.
    pub documents_mib: u64,
    /// HTTP worker threads; 0 for one per processor core.
    pub threads: usize,
    /// Maximum number of concurrent connections.
    pub connections: usize,
    /// Maximum number of concurrent connections from one address or IPv6 /64 network; 0 for half of `connections`.
    /// Trusted proxies are exempt.
    pub connections_per_address: usize,
    /// Time limit for receiving a request body, in seconds.
    pub body_s: u64,
    /// Keep-alive time of idle connections, in seconds.
    pub keep_alive_s: u64,
    /// Clients that leave sent bytes unacknowledged for longer are disconnected, in seconds.
    pub slow_reader_s: u32,
    /// Clients that read a large response more slowly than this over a minute are disconnected, in KiB per second;
    /// 0 disables the limit.
    pub slow_reader_kib_per_s: u32,
    /// Time limit for requests in progress on shutdown, in seconds.
    pub shutdown_s: u64,
    /// How long the server reports not ready before it stops listening, in seconds.
    pub drain_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8182".into(),
            base_url: String::new(),
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            frame_ancestors: vec!["'self'".into()],
            compare_other_servers: true,
            image_max_age_s: 86_400,
            document_max_age_s: 300,
            documents_mib: 64,
            threads: 0,
            connections: 8192,
            connections_per_address: 0,
            body_s: 10,
            keep_alive_s: 75,
            slow_reader_s: 20,
            slow_reader_kib_per_s: 32,
            shutdown_s: 30,
            drain_s: 0,
        }
    }
}

/// `[api]`: write access.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Api {
    /// Tokens by the name of their owner, at least 16 characters each. Empty: the API is read-only.
    pub tokens: BTreeMap<String, String>,
}

/// `[oai]`: harvesting with OAI-PMH.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Oai {
    /// Records per response.
    pub page: usize,
    /// The name of the repository; empty: the museum's name.
    pub repository_name: String,
    /// The administrator's email address; empty: `webmaster@` the host.
    pub admin_email: String,
    /// The domain in identifiers, as in `oai:museum.example:KMS1`, which must never change; empty: the host.
    pub namespace: String,
    /// The aggregator through which records reach Europeana (`edm:provider`); empty: the museum.
    pub provider: String,
    /// The owners of tokens, as in `api.tokens`, to whom the format `tegl` has records whole: with what leads to the images
    /// of their source, also where rights limit the images.
    pub whole_records: Vec<String>,
}

impl Default for Oai {
    fn default() -> Self {
        Self {
            page: 200,
            repository_name: String::new(),
            admin_email: String::new(),
            namespace: String::new(),
            provider: String::new(),
            whole_records: Vec::new(),
        }
    }
}

impl Oai {
    /// Checks the domain and the address. The error names the invalid setting and what is valid.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_domain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        if !is_domain(&self.namespace) {
            return Err(format!(
                "`oai.namespace` is `{}`: it must be a domain, as in `museum.example`",
                self.namespace
            ));
        }
        match self.admin_email.split_once('@') {
            Some((name, host))
                if !name.is_empty() && is_domain(host) && !self.admin_email.contains(char::is_whitespace) =>
            {
                Ok(())
            }
            None if self.admin_email.is_empty() => Ok(()),
            _ => Err(format!(
                "`oai.admin_email` is `{}`: it must be an email address, as in `data@museum.example`",
                self.admin_email
            )),
        }
    }
}

/// `[annotations]`: annotations by the Web Annotation Protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Annotations {
    /// The owners of tokens, as in `api.tokens`, that may write annotations and nothing else. Their annotations wait for
    /// a curator's decision; those of other tokens are published at once.
    pub moderated: Vec<String>,
    /// Maximum number of annotations of a canvas.
    pub per_canvas: u32,
    /// How many changes of an annotation its history keeps beside the first one.
    pub history: u32,
}

impl Default for Annotations {
    fn default() -> Self {
        Self { moderated: Vec::new(), per_canvas: 1000, history: 100 }
    }
}

/// `[operations]`: metrics and administration.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Operations {
    /// Address and port of `/metrics` and `/admin`; empty disables them.
    pub listen: String,
    /// Token for `/admin`, at least 16 characters; empty disables `/admin`.
    pub token: String,
}

/// `[traces]`: spans of requests, sent to a collector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Traces {
    /// The collector's address for OTLP over HTTP, as in `http://127.0.0.1:4318/v1/traces`; empty: no traces.
    pub endpoint: String,
    /// The share of requests whose spans are sent, from 0 to 1, of those that continue no trace.
    pub sample: f64,
    /// Whose traces are continued.
    pub parents: Parents,
    /// The name of this service in traces.
    pub service: String,
}

/// The clients whose `traceparent` counts (W3C Trace Context): others could have all their requests traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Parents {
    None,
    /// Those of `web.trusted_proxies`.
    Proxies,
    All,
}

impl Default for Traces {
    fn default() -> Self {
        Self { endpoint: String::new(), sample: 0.1, parents: Parents::Proxies, service: "tegl".into() }
    }
}

impl Traces {
    /// # Errors
    /// A message that names the setting that cannot be used, and what works.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_web = |url: url::Url| ["http", "https"].contains(&url.scheme()) && url.has_host();
        match self.endpoint.is_empty() || url::Url::parse(&self.endpoint).is_ok_and(is_web) {
            true => Ok(()),
            false => Err(format!(
                "`traces.endpoint` is `{}`: it must be an address, as in `http://127.0.0.1:4318/v1/traces`",
                self.endpoint
            )),
        }
    }
}

/// Shows the names without the tokens.
impl fmt::Debug for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden: BTreeMap<_, _> = self.tokens.keys().map(|name| (name, "…")).collect();
        formatter.debug_struct("Api").field("tokens", &hidden).finish()
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = if self.token.is_empty() { "" } else { "…" };
        formatter.debug_struct("Operations").field("listen", &self.listen).field("token", &token).finish()
    }
}

impl Default for Operations {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8183".into(), token: String::new() }
    }
}
