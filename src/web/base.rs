//! The address that the world knows this server by.

use std::net::IpAddr;

use actix_web::HttpRequest;

use super::settings::Settings;
use crate::iiif::Invalid;

/// How a request's public address is found: from the settings, else from the request; forwarding
/// headers count only from proxies that are trusted.
pub struct Base {
    fixed: Option<String>,
    trusted: Vec<IpAddr>,
}

impl Base {
    /// Fails with a reason where a setting is no address.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let fixed = settings.base_url.trim_end_matches('/');
        if !fixed.is_empty() && !is_address(fixed) {
            return Err(format!(
                "`web.base_url` is `{fixed}`: it must be an address with a scheme and a host, without `?` and `#`, as in \
                 `https://images.example.org/art`"
            ));
        }
        let trusted = settings.trusted_proxies.iter().map(|proxy| {
            proxy.parse().map_err(|_| {
                format!("`web.trusted_proxies` has `{proxy}`: each must be an IP address, as in `10.0.0.1`")
            })
        });
        Ok(Self {
            fixed: Some(fixed.to_owned()).filter(|fixed| !fixed.is_empty()),
            trusted: trusted.collect::<Result<_, _>>()?,
        })
    }

    /// Scheme, host and prefix, without a closing slash.
    pub fn of(&self, request: &HttpRequest) -> Result<String, Invalid> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.clone());
        }
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let trusted = request.peer_addr().is_some_and(|peer| self.trusted.contains(&peer.ip()));
        let forwarded = |name: &str| {
            header(name).filter(|_| trusted).map(|value| value.split(',').next().unwrap_or(value).trim())
        };
        let host = forwarded("x-forwarded-host").or_else(|| header("host")).unwrap_or("localhost");
        if !is_host(host) {
            return Err(Invalid::new("Host", host, "is no host name"));
        }
        let scheme = forwarded("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
        let prefix = forwarded("x-forwarded-prefix").map_or("", |prefix| prefix.trim_end_matches('/'));
        let prefix = if prefix.is_empty() || is_prefix(prefix) { prefix } else { "" };
        Ok(format!("{scheme}://{host}{prefix}"))
    }
}

fn is_address(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    ["http", "https"].contains(&url.scheme())
        && url.host_str().is_some_and(|host| !host.is_empty())
        && is_plain
}

fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 255
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
}

fn is_prefix(prefix: &str) -> bool {
    prefix.starts_with('/') && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/".contains(&b))
}
