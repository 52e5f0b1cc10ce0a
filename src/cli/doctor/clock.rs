//! Compares this machine's clock with those of stores and databases: signatures and revalidation depend on it.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use reqwest::header::DATE;

use super::{Finding, fail, ok, warn};
use crate::cli::gallery;
use crate::config::Config;

/// How far clocks may be apart, in milliseconds, before logs and ages are misleading.
const NOTICEABLE: i64 = 2000;
/// How far before signed requests are refused: S3 allows 15 minutes, a margin is left.
const REFUSED: i64 = 5 * 60 * 1000;

/// One finding per remote store.
pub(super) fn findings(config: &Config, sources: &[String]) -> Vec<Finding> {
    let named = config.sources.values().map(|source| source.location.as_str());
    let all = sources.iter().map(String::as_str).chain(named).chain([config.pyramids.location.as_str()]);
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let origins: BTreeSet<_> = all.filter_map(|location| origin(location, &variable)).collect();
    let limit = Duration::from_millis(config.store.timeout_ms.max(1000));
    origins.iter().map(|origin| compared(origin, limit)).collect()
}

/// How a clock that is ahead of this machine's by so many milliseconds is judged.
pub(super) fn skew(whose: &str, ahead_ms: i64) -> Finding {
    let (apart, direction) = (ahead_ms.unsigned_abs(), if ahead_ms > 0 { "ahead of" } else { "behind" });
    let found = format!("{whose} is {:.1} s {direction} this machine's", apart as f64 / 1000.0);
    let remedy = "set both by NTP";
    match ahead_ms.saturating_abs() {
        REFUSED.. => fail("clock", format!("{found}; {remedy}: signed requests are refused")),
        NOTICEABLE.. => warn("clock", format!("{found}; {remedy}")),
        _ => ok("clock", format!("{whose} and this machine's agree")),
    }
}

fn compared(origin: &str, limit: Duration) -> Finding {
    let ahead = gallery::block_on(async {
        let client = reqwest::Client::builder().timeout(limit).redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(|error| error.to_string())?;
        let began = SystemTime::now();
        // Whatever the status is, the response has the time.
        let response = client.head(origin).send().await.map_err(|error| error.without_url().to_string())?;
        let here = began + began.elapsed().unwrap_or_default() / 2;
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let there = date.and_then(|date| httpdate::parse_http_date(date).ok());
        let there = there.ok_or("it sends no `Date`")?;
        // `Date` has whole seconds: on average it is half a second old.
        let there = there + Duration::from_millis(500);
        Ok(match there.duration_since(here) {
            Ok(ahead) => ahead.as_millis() as i64,
            Err(behind) => -(behind.duration().as_millis() as i64),
        })
    });
    match ahead {
        Ok(ahead) => skew(&format!("that of {origin}"), ahead),
        Err(reason) => warn("clock", format!("that of {origin} is not known: {reason}; check the store")),
    }
}

/// The origin that requests for this location go to; `None` for local ones.
fn origin(location: &str, variable: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let (scheme, rest) = location.split_once("://")?;
    let address = match scheme {
        "http" | "https" => location.to_owned(),
        "s3" | "s3a" => {
            variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL")).or_else(|| {
                let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
                Some(format!("https://s3.{}.amazonaws.com", region.unwrap_or_else(|| "us-east-1".into())))
            })?
        }
        "az" | "azure" => variable("AZURE_STORAGE_ENDPOINT").or_else(|| {
            Some(format!("https://{}.blob.core.windows.net", variable("AZURE_STORAGE_ACCOUNT_NAME")?))
        })?,
        "gs" if !rest.is_empty() => {
            variable("GOOGLE_BASE_URL").unwrap_or_else(|| "https://storage.googleapis.com".into())
        }
        _ => return None,
    };
    let origin = url::Url::parse(&address).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn clocks_that_differ_are_reported() {
        for (ahead, level, expected) in [
            (900, Level::Ok, "agree"),
            (-900, Level::Ok, "agree"),
            (90_000, Level::Warn, "is 90.0 s ahead of this machine's; set both by NTP"),
            (-600_000, Level::Fail, "is 600.0 s behind this machine's"),
            (i64::MIN, Level::Fail, "behind"),
        ] {
            let found = skew("PostgreSQL's", ahead);
            assert!(found.level == level && found.found.contains(expected), "{ahead}: {found:?}");
        }
    }

    #[test]
    fn the_clock_that_counts_is_that_of_the_endpoint() {
        let none = |_: &str| None;
        let own = |name: &str| (name == "AWS_ENDPOINT_URL").then(|| "http://127.0.0.1:9000/x".to_owned());
        assert_eq!(origin("/srv/masters", &none), None);
        assert_eq!(origin("https://a.example/b?sig=1", &none).as_deref(), Some("https://a.example"));
        assert_eq!(origin("s3://bucket/p", &none).as_deref(), Some("https://s3.us-east-1.amazonaws.com"));
        assert_eq!(origin("s3://bucket/p", &own).as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!(origin("az://container", &none), None);
        assert_eq!(origin("gs://bucket", &none).as_deref(), Some("https://storage.googleapis.com"));
    }
}
