//! What an operator may set about the public door.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// `[web]`: addresses, connections, caching by others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the public port listens.
    pub listen: String,
    /// The address that the world knows this server by, without a closing slash, as in
    /// `https://images.example.org/art`. Empty: as the request says.
    pub base_url: String,
    /// The hosts that requests may name, where `base_url` is empty, as in `images.example.org` (any port) or
    /// `localhost:8182`; none for any.
    pub hosts: Vec<String>,
    /// Proxies whose `X-Forwarded-Proto`, `-Host`, `-Prefix` and `-For` are believed, by address.
    pub trusted_proxies: Vec<String>,
    /// Who may show our pages within theirs: sources of `frame-ancestors` (CSP 3), as in `https://museum.example`.
    pub frame_ancestors: Vec<String>,
    /// How long others may keep images, in seconds.
    pub image_max_age_s: u32,
    /// How long others may keep info.json, manifests and Deep Zoom descriptions, in seconds.
    pub document_max_age_s: u32,
    /// Memory for manifests and other documents that have been made, in MiB; 0 keeps none.
    pub documents_mib: u64,
    /// Threads that talk HTTP; 0 for one a processor core.
    pub threads: usize,
    /// Connections at one time.
    pub connections: usize,
    /// Connections at one time from one address, or one IPv6 network of 64 bits; 0 for half of all. Trusted proxies
    /// are exempt.
    pub connections_per_address: usize,
    /// How long a client may take to send the body of a request, in seconds.
    pub body_s: u64,
    /// How long an idle connection is kept, in seconds.
    pub keep_alive_s: u64,
    /// How long a client may leave sent bytes unacknowledged before it is cut off, in seconds.
    pub slow_reader_s: u32,
    /// The slowest pace, over a minute, at which a client may take a large answer before it is cut off, in KiB a second;
    /// 0 for any pace.
    pub slow_reader_kib_per_s: u32,
    /// How long requests under way may take to finish when the server stops, in seconds.
    pub shutdown_s: u64,
    /// How long the server says that it is not ready before it stops listening, in seconds.
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

/// `[api]`: who may write.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Api {
    /// Secrets by the names of those who write with them, at least 16 characters each; none: nobody writes.
    pub tokens: BTreeMap<String, String>,
}

/// `[operations]`: what only operators see.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operations {
    /// Where `/metrics` and `/admin` listen; empty for nowhere.
    pub listen: String,
    /// The secret that `/admin` takes, at least 16 characters; empty for nobody.
    pub token: String,
}

/// Whose tokens there are, without the tokens.
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
