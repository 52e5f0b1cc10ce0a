//! When a server that refuses a request wants it repeated.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The time to wait that a response names: seconds, or a date in any of the three forms of HTTP (RFC 9110, §10.2.3 and
/// §5.6.7). Zero if the date has passed. It may be centuries: callers limit it.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let named = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !named.is_empty() && named.bytes().all(|b| b.is_ascii_digit()) {
        // Only numbers that are too large cannot be read.
        return Some(Duration::from_secs(named.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(named).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    /// The wait that a header names ten seconds before 21 October 2015, 07:28.
    fn wait(header: &'static str) -> Option<Duration> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_480 - 10);
        retry_after(&HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(header))]), now)
    }

    #[test]
    fn servers_name_seconds_or_a_date() {
        let ten = Some(Duration::from_secs(10));
        for header in [
            "10",
            " 10 ",
            "Wed, 21 Oct 2015 07:28:00 GMT",
            "Wednesday, 21-Oct-15 07:28:00 GMT",
            "Wed Oct 21 07:28:00 2015",
        ] {
            assert_eq!(wait(header), ten, "{header}");
        }
        assert_eq!(wait("Wed, 21 Oct 2015 07:27:49 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        for other in ["", "-1", "+1", "soon", "1.5", "2015-10-21T07:28:00Z"] {
            assert_eq!(wait(other), None, "{other}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), SystemTime::now()), None);
    }
}
