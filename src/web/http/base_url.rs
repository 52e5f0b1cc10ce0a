//! The public base URL of this server.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::Version;
use actix_web::http::header::{self, HeaderName};
use actix_web::http::uri::Authority;
use arc_swap::ArcSwap;

use crate::iiif::Invalid;
use crate::web::http::network::Network;
use crate::web::settings::Settings;

/// Finds the public base URL: from the settings, or else from the request. Forwarding headers count only
/// when they come from a trusted proxy.
pub(crate) struct BaseUrl {
    fixed: Option<String>,
    /// Allowed hosts in lower case; empty allows any.
    hosts: ArcSwap<Vec<String>>,
    trusted: Arc<ArcSwap<Vec<IpAddr>>>,
}

impl BaseUrl {
    /// # Errors
    /// A message that names the setting that is not a valid address.
    pub(crate) fn new(settings: &Settings) -> Result<Self, String> {
        let fixed = settings.base_url.trim_end_matches('/');
        if !fixed.is_empty() && !is_address(fixed) {
            return Err(format!(
                "`web.base_url` is `{fixed}`: it must be an address with a scheme and a host, without `?` and `#`, as in \
                 `https://images.example.org/art`"
            ));
        }
        if let Some(bad) = settings.hosts.iter().find(|host| !is_host(host)) {
            return Err(format!(
                "`web.hosts` has `{bad}`: each must be a host name, with or without a port, as in `images.example.org`"
            ));
        }
        let trusted = settings.trusted_proxies.iter().map(|proxy| {
            proxy.parse().map(|proxy: IpAddr| proxy.to_canonical()).map_err(|_| {
                format!("`web.trusted_proxies` has `{proxy}`: each must be an IP address, as in `10.0.0.1`")
            })
        });
        Ok(Self {
            fixed: Some(fixed.to_owned()).filter(|fixed| !fixed.is_empty()),
            hosts: ArcSwap::from_pointee(
                settings.hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            ),
            trusted: Arc::new(ArcSwap::from_pointee(trusted.collect::<Result<_, _>>()?)),
        })
    }

    /// Uses other hosts and trusted proxies from now on; `web.base_url` stays.
    ///
    /// # Errors
    /// A message that names the setting that is not valid; nothing is changed then.
    pub(crate) fn change(&self, settings: &Settings) -> Result<(), String> {
        let Self { hosts, trusted, .. } = Self::new(settings)?;
        self.hosts.store(hosts.into_inner());
        self.trusted.store(trusted.load_full());
        Ok(())
    }

    /// Scheme, host and prefix, without a trailing slash.
    pub(crate) fn of(&self, request: &HttpRequest) -> Result<String, Invalid> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.clone());
        }
        let trusted = self.is_proxied(request);
        let forwarded = |name: &str| {
            let value = if trusted { request.headers().get(name)?.to_str().ok()? } else { return None };
            Some(value.split(',').next().unwrap_or(value).trim())
        };
        let host = match forwarded("x-forwarded-host") {
            Some(host) => host,
            None => named_host(request)?.unwrap_or("localhost"),
        };
        self.check_host(host)?;
        let scheme = forwarded("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
        let prefix = forwarded("x-forwarded-prefix").map_or("", |prefix| prefix.trim_end_matches('/'));
        let prefix = if prefix.is_empty() || is_prefix(prefix) { prefix } else { "" };
        Ok([scheme, "://", host, prefix].concat())
    }

    /// Rejects a request whose `Host` is missing, repeated or invalid (RFC 9112, §3.2).
    pub(crate) fn check(&self, request: &HttpRequest) -> Result<(), Invalid> {
        match named_host(request)? {
            Some(host) if is_host(host) => Ok(()),
            Some(host) => Err(Invalid::new("Host", host, "is not a valid host name")),
            None if request.version() < Version::HTTP_11 => Ok(()),
            None => Err(Invalid::new("Host", "", "is missing: HTTP/1.1 requires it")),
        }
    }

    fn check_host(&self, host: &str) -> Result<(), Invalid> {
        if !is_host(host) {
            return Err(Invalid::new("Host", host, "is not a valid host name"));
        }
        let (name, _) = name_and_port(host);
        let served = |known: &String| known.eq_ignore_ascii_case(host) || known.eq_ignore_ascii_case(name);
        let hosts = self.hosts.load();
        match hosts.is_empty() || hosts.iter().any(served) {
            true => Ok(()),
            false => Err(Invalid::new("Host", host, "is not served here")),
        }
    }

    /// The request headers that the base URL depends on, for `Vary`.
    pub(crate) fn varies(&self) -> Option<&'static str> {
        match (&self.fixed, self.trusted.load().is_empty()) {
            (Some(_), _) => None,
            (None, true) => Some("Host"),
            (None, false) => Some("Host, X-Forwarded-Host, X-Forwarded-Proto, X-Forwarded-Prefix"),
        }
    }

    /// Whether clients decide which base URL responses contain.
    pub(crate) fn is_open(&self) -> bool {
        self.fixed.is_none() && self.hosts.load().is_empty()
    }

    /// The trusted proxies, which can change.
    pub(crate) fn trusted(&self) -> &Arc<ArcSwap<Vec<IpAddr>>> {
        &self.trusted
    }

    /// The client of a request: the last forwarded address that is not itself a trusted proxy.
    pub(crate) fn client(&self, request: &HttpRequest) -> Option<Network> {
        let peer = request.peer_addr()?.ip();
        if !self.is_trusted(peer) {
            return Some(peer.into());
        }
        let lines = request.headers().get_all("x-forwarded-for").filter_map(|line| line.to_str().ok());
        let hops: Vec<_> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        let hops = hops.into_iter().rev().map_while(|hop| hop.parse::<IpAddr>().ok());
        Some(hops.into_iter().find(|hop| !self.is_trusted(*hop)).unwrap_or(peer).into())
    }

    /// Whether the request comes from a trusted proxy.
    pub(crate) fn is_proxied(&self, request: &HttpRequest) -> bool {
        !self.trusted.load().is_empty() && request.peer_addr().is_some_and(|peer| self.is_trusted(peer.ip()))
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted.load().contains(&address.to_canonical())
    }
}

/// The `Host` of a request; an error if there are several. A target in absolute form overrides it (RFC 9112, §3.2.2).
fn named_host(request: &HttpRequest) -> Result<Option<&str>, Invalid> {
    const HOST: HeaderName = header::HOST;
    let mut named = request.headers().get_all(HOST);
    let Some(host) = named.next() else { return Ok(None) };
    if named.next().is_some() {
        return Err(Invalid::new("Host", "", "is repeated"));
    }
    let host = host.to_str().map_err(|_| Invalid::new("Host", "", "is not a valid host name"))?;
    Ok(Some(request.uri().authority().map_or(host, Authority::as_str)))
}

fn is_address(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    ["http", "https"].contains(&url.scheme())
        && url.host_str().is_some_and(|host| !host.is_empty())
        && is_plain
}

/// `name`, `192.0.2.1` or `[2001:db8::1]`, each with or without `:port`.
fn is_host(host: &str) -> bool {
    let (name, port) = name_and_port(host);
    let is_name = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_name(name),
    };
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    host.len() <= 255 && is_name && port.is_none_or(is_port)
}

/// Non-empty labels, with or without a trailing dot. Runs on every request, so it is a single pass.
fn is_name(name: &str) -> bool {
    let mut before = b'.';
    for byte in name.strip_suffix('.').unwrap_or(name).bytes() {
        let fits =
            byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.' && before != b'.';
        if !fits {
            return false;
        }
        before = byte;
    }
    before != b'.'
}

fn name_and_port(host: &str) -> (&str, Option<&str>) {
    match host.bytes().rposition(|byte| byte == b':') {
        Some(at) if !host.ends_with(']') => (&host[..at], Some(&host[at + 1..])),
        _ => (host, None),
    }
}

fn is_prefix(prefix: &str) -> bool {
    prefix.starts_with('/') && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/".contains(&b))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn base(hosts: &[&str], trusted: &[&str]) -> BaseUrl {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let settings = Settings { hosts: own(hosts), trusted_proxies: own(trusted), ..Settings::default() };
        BaseUrl::new(&settings).unwrap()
    }

    #[test]
    fn hosts_are_names_or_addresses_with_a_port_or_without() {
        for good in ["a", "a-b.example.org.", "127.0.0.1:80", "[::1]", "[2001:db8::1]:8182", "x_y:0"] {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            ":80",
            "a:",
            "a:b",
            "a:99999",
            "a..b",
            ".",
            ".a",
            "a..",
            "..",
            "[::1",
            "[x]:1",
            "a/b",
            "a b",
            "a@b",
            "a,b",
            "a?b",
            "ä.example",
            "ä:80",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn only_listed_hosts_appear_in_responses() {
        let base = base(&["images.example.org", "localhost:8182"], &[]);
        let of = |host: &str| {
            base.of(&TestRequest::default().insert_header(("host", host)).to_http_request()).ok()
        };
        assert_eq!(of("images.example.org:444").as_deref(), Some("http://images.example.org:444"));
        assert_eq!(of("Images.Example.org").as_deref(), Some("http://Images.Example.org"));
        assert!(of("localhost:8182").is_some() && of("localhost").is_none() && of("evil.example").is_none());
    }

    #[test]
    fn the_host_of_a_target_in_absolute_form_counts() {
        let of = |base: &BaseUrl, target: &str| {
            let request = TestRequest::with_uri(target).insert_header(("host", "other.example"));
            base.of(&request.to_http_request()).ok()
        };
        let (open, closed) = (base(&[], &[]), base(&["other.example"], &[]));
        assert_eq!(of(&open, "http://a.example:81/x").as_deref(), Some("http://a.example:81"));
        assert_eq!(of(&open, "/x").as_deref(), Some("http://other.example"));
        assert!(
            of(&open, "http://user@a.example/x").is_none() && of(&closed, "http://a.example/x").is_none()
        );
        assert!(of(&closed, "/x").is_some());
    }

    #[test]
    fn the_client_is_the_last_address_that_is_not_a_trusted_proxy() {
        let base = base(&[], &["10.0.0.1", "10.0.0.2"]);
        let client = |peer: &str, forwarded: &'static str| {
            let request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
            base.client(&request.insert_header(("x-forwarded-for", forwarded)).to_http_request())
        };
        let network = |text: &str| Some(Network::from(text.parse::<IpAddr>().unwrap()));
        assert_eq!(client("10.0.0.1", "6.6.6.6, 192.0.2.1, 10.0.0.2"), network("192.0.2.1"));
        assert_eq!(client("192.0.2.7", "6.6.6.6"), network("192.0.2.7"));
        assert_eq!(client("10.0.0.1", "unknown"), network("10.0.0.1"));
    }
}
