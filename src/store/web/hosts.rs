//! The hosts from which records may be read: those that the operator allowed, without private addresses behind public
//! names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The hosts allowed by the operator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// The host and port of an address on the command line.
    Authority(Host, u16),
    /// A host at any port.
    Host(Host),
    /// All hosts below a domain that have public addresses.
    Below(String),
    /// All hosts that have public addresses.
    Public,
}

/// How much a host is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Trust {
    /// It was allowed by name and may be in a private network.
    Named,
    /// It was allowed by a pattern and must have a public address.
    Public,
}

impl Hosts {
    /// Allows the host of a web address on the command line.
    pub fn add_address(&mut self, address: &str) {
        if let Ok(url) = Url::parse(address)
            && let (Some(host), Some(port)) = (url.host(), url.port_or_known_default())
        {
            self.0.push(Rule::Authority(host.to_owned(), port));
        }
    }

    /// Allows hosts: `museum.org`, `museum.org:8080`, `*.museum.org` or `*`.
    ///
    /// # Errors
    /// Returns an error if `rule` has none of these forms; the text lists them.
    pub fn add(&mut self, rule: &str) -> Result<(), String> {
        let wrong = || {
            format!(
                "`{rule}` is not a host: write `museum.org`, `museum.org:8080`, `*.museum.org` (all below it) or `*` (all public hosts)"
            )
        };
        if rule == "*" {
            self.0.push(Rule::Public);
            return Ok(());
        }
        let (domain, is_below) = rule.strip_prefix("*.").map_or((rule, false), |domain| (domain, true));
        let url = Url::parse(&format!("http://{domain}/")).map_err(|_| wrong())?;
        let host = url.host().ok_or_else(wrong)?.to_owned();
        let is_bare = url.path() == "/" && url.username().is_empty() && url.query().is_none();
        if !is_bare || domain.contains(['*', '@', '/', '?', '#']) {
            return Err(wrong());
        }
        // `Url` does not distinguish the default port from none.
        let has_port = domain.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        self.0.push(match (is_below, host, url.port_or_known_default()) {
            (true, Host::Domain(domain), _) => Rule::Below(format!(".{domain}")),
            (true, ..) => return Err(wrong()),
            (false, host, Some(port)) if has_port => Rule::Authority(host, port),
            (false, host, _) => Rule::Host(host),
        });
        Ok(())
    }

    /// How much the host of an address is trusted; `None` if it is not allowed, or allowed only by a pattern and not
    /// public.
    pub(in crate::store) fn trust(&self, url: &Url) -> Option<Trust> {
        let (host, port) = (url.host()?.to_owned(), url.port_or_known_default()?);
        // The default ports of HTTP and HTTPS count as the same site.
        let usual = |port: u16| matches!(port, 80 | 443);
        let named = self.0.iter().any(|rule| match rule {
            Rule::Authority(own, at) => *own == host && (*at == port || usual(*at) && usual(port)),
            Rule::Host(own) => *own == host,
            Rule::Below(_) | Rule::Public => false,
        });
        if named {
            return Some(Trust::Named);
        }
        let public = self.0.iter().any(|rule| match (rule, &host) {
            (Rule::Public, Host::Ipv4(address)) => is_public((*address).into()),
            (Rule::Public, Host::Ipv6(address)) => is_public((*address).into()),
            (Rule::Public, Host::Domain(_)) => true,
            (Rule::Below(domain), Host::Domain(name)) => name.ends_with(domain.as_str()),
            _ => false,
        });
        public.then_some(Trust::Public)
    }
}

/// A resolver that returns only public addresses. A name that resolves to a private network is rejected on use.
pub(in crate::store) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                let reason = format!(
                    "`{}` is on a private network: name the host itself (--records-host) to allow it",
                    name.as_str()
                );
                return Err(reason.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is globally reachable (IANA's special-purpose address registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || matches!(
            (first, second, third),
            (0 | 240.., ..) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18 | 19, _)
        );
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, .., seventh, eighth] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    match (first, second) {
        // NAT64 and 6to4 addresses embed the actual address.
        (0x64, 0xff9b) if address.segments()[2..6] == [0; 4] => embedded(seventh, eighth),
        (0x2002, high) => embedded(high, address.segments()[2]),
        // Teredo, benchmarking, documentation, and unassigned addresses.
        (0x2001, 0..=0x1ff | 0xdb8) => false,
        (0x3fff, 0..=0xfff) => false,
        _ => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: Option<Trust>) {
        let mut hosts = Hosts::default();
        hosts.add_address("https://museum.org/api");
        hosts.add_address("http://127.0.0.1:8080/records");
        hosts.add("10.0.0.5").unwrap();
        hosts.add("*.partner.org").unwrap();
        let found = Url::parse(address).ok().and_then(|url| hosts.trust(&url));
        assert_eq!(found, expected, "{address}");
    }

    #[test]
    fn only_allowed_hosts_are_trusted() {
        for named in
            ["https://museum.org/x", "http://museum.org/", "http://127.0.0.1:8080/", "http://10.0.0.5:99/"]
        {
            check(named, Some(Trust::Named));
        }
        check("http://2130706433:8080/", Some(Trust::Named));
        check("https://images.partner.org/", Some(Trust::Public));
        for other in [
            "https://museum.org:6379/",
            "https://www.museum.org/",
            "https://museum.org.evil.org/",
            "https://museum.org@evil.org/",
            "https://partner.org.evil.org/",
            "https://evilpartner.org/",
            "http://127.0.0.1:6379/",
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://[::1]:8080/",
            "http://[::ffff:127.0.0.1]:8080/",
            "http://0.0.0.0:8080/",
            "http://localhost:8080/",
            "file:///etc/passwd",
            "data:application/json,[]",
        ] {
            check(other, None);
        }
    }

    #[test]
    fn patterns_do_not_allow_private_networks() {
        let mut hosts = Hosts::default();
        hosts.add("*").unwrap();
        let trust = |address: &str| hosts.trust(&Url::parse(address).unwrap());
        assert_eq!(trust("http://93.184.215.14/"), Some(Trust::Public));
        assert_eq!(trust("https://museum.org/"), Some(Trust::Public));
        for private in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://169.254.169.254/",
            "http://[::1]/",
        ] {
            assert_eq!(trust(private), None, "{private}");
        }
    }

    #[test]
    fn private_addresses_are_recognised_in_every_form() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fc00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["93.184.215.14", "2606:2800:21f::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_this_machine_is_refused() {
        let Err(reason) = PublicOnly.resolve("localhost".parse().unwrap()).await else { panic!() };
        assert!(reason.to_string().contains("private network"), "{reason}");
    }

    #[test]
    fn invalid_host_rules_are_refused() {
        for wrong in ["", "https://museum.org", "museum.org/x", "a@b.org", "*.*.org", "*.10.0.0.1", "a b"] {
            assert!(Hosts::default().add(wrong).is_err(), "{wrong}");
        }
    }
}
