//! The Content-Security-Policy of pages.

use url::Url;

use super::context::Context;

/// Directives that all pages share.
const COMMON: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'";

/// The policy of a page: scripts, styles, pictures, sound, video and manifests of this server, and the museum's logo. No content of a
/// record makes a visitor's browser contact another host.
pub(crate) fn content_security_policy(context: &Context) -> String {
    let own = origin(&context.address).unwrap_or_default();
    let logo = origin(&context.logo.url).filter(|logo| *logo != own).unwrap_or_default();
    let mut policy = format!("{COMMON}; img-src 'self' data: blob:");
    for source in [&own, &logo].into_iter().filter(|source| !source.is_empty()) {
        policy = format!("{policy} {source}");
    }
    // Without an address of its own, the default applies to sound and video.
    if !own.is_empty() {
        policy = format!("{policy}; media-src 'self' {own}");
    }
    format!("{policy}; connect-src 'self' {own}").trim_end().to_owned()
}

/// The policy of the page for comparing, which loads manifests and pictures of other servers by HTTPS.
pub(crate) fn policy_with_other_servers(context: &Context) -> String {
    let policy = content_security_policy(context);
    policy
        .replace("; img-src 'self'", "; img-src 'self' https:")
        .replace("; connect-src 'self'", "; connect-src 'self' https:")
}

/// Scheme, host and port of an address, as in `https://museum.example`.
fn origin(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::Logo;

    #[track_caller]
    fn check(address: &str, logo: &str, images: &str, requests: &str) {
        let logo = Logo { url: logo.into(), ..Logo::default() };
        let policy =
            content_security_policy(&Context { address: address.into(), logo, ..Context::default() });
        assert!(policy.contains(&format!("; img-src {images};")), "{policy}");
        assert!(policy.ends_with(&format!("; connect-src {requests}")), "{policy}");
        assert!(!policy.contains('*'), "{policy}");
    }

    #[test]
    fn one_page_may_ask_other_servers_for_pictures_and_manifests_only() {
        let context = Context { address: "http://a.org".into(), ..Context::default() };
        let policy = policy_with_other_servers(&context);
        assert_eq!(policy.matches("https:").count(), 2, "{policy}");
        assert!(policy.contains("img-src 'self' https: data: blob: http://a.org;"), "{policy}");
        assert!(policy.ends_with("connect-src 'self' https: http://a.org"), "{policy}");
    }

    #[test]
    fn pages_load_from_this_server_and_the_museums_logo_only() {
        check("", "", "'self' data: blob:", "'self'");
        check("https://a.org/art", "", "'self' data: blob: https://a.org", "'self' https://a.org");
        check(
            "http://a.org:81",
            "https://b.org/logo.svg",
            "'self' data: blob: http://a.org:81 https://b.org",
            "'self' http://a.org:81",
        );
        check("", "https://b.org/; script-src *", "'self' data: blob: https://b.org", "'self'");
        check("", "javascript:alert(1)", "'self' data: blob:", "'self'");
    }
}
