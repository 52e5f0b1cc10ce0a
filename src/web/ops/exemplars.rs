//! Exemplars: for each class and bucket of times the last request whose trace was sent, as OpenMetrics 1.0 has them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use crate::web::class::{BUCKETS, Class};

/// The media type of OpenMetrics, which only scrapers that ask for it get.
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The last exemplars, by class and bucket.
#[derive(Default)]
pub(crate) struct Exemplars(Mutex<BTreeMap<(&'static str, usize), Exemplar>>);

struct Exemplar {
    trace: String,
    seconds: f64,
    at: SystemTime,
}

impl Exemplars {
    /// Keeps a request with its trace.
    pub(crate) fn keep(&self, class: Class, took: Duration, trace: String) {
        let seconds = took.as_secs_f64();
        let exemplar = Exemplar { trace, seconds, at: SystemTime::now() };
        self.0.lock().insert((class.name(), bucket(seconds)), exemplar);
    }

    /// The metrics of Prometheus' text as OpenMetrics, with exemplars.
    pub(crate) fn open_metrics(&self, text: &str) -> String {
        let kept = self.0.lock();
        let mut written = String::with_capacity(text.len() + 1024);
        for line in text.lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix("# TYPE ").and_then(|line| line.strip_suffix("_total counter")) {
                // A family has the name without the suffix of its samples.
                Some(name) => written += &format!("# TYPE {name} counter"),
                None => written += line,
            }
            let exemplar = place(line).and_then(|place| kept.get(&place));
            if let Some(Exemplar { trace, seconds, at }) = exemplar {
                let at = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
                let _infallible = write!(written, " # {{trace_id=\"{trace}\"}} {seconds} {at:.3}");
            }
            written.push('\n');
        }
        written + "# EOF\n"
    }
}

/// The number of the bucket that counts this time.
fn bucket(seconds: f64) -> usize {
    BUCKETS.iter().position(|most| seconds <= *most).unwrap_or(BUCKETS.len())
}

/// The class and the bucket of a line.
fn place(line: &str) -> Option<(&'static str, usize)> {
    let labels = line.strip_prefix("tegl_request_seconds_bucket{")?;
    let label = |name: &str| labels.split_once(&format!("{name}=\""))?.1.split('"').next();
    let class = label("class")?;
    let class = Class::ALL.iter().map(|class| class.name()).find(|name| *name == class)?;
    let most = label("le")?;
    Some((class, if most == "+Inf" { BUCKETS.len() } else { bucket(most.parse().ok()?) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exemplars_are_in_the_bucket_that_counts_them() {
        let exemplars = Exemplars::default();
        exemplars.keep(Class::Search, Duration::from_millis(3), "0af7".into());
        exemplars.keep(Class::Search, Duration::from_secs(20), "b7ad".into());
        let text = "# TYPE tegl_requests_total counter\ntegl_requests_total{status=\"2xx\"} 2\n\n\
            # TYPE tegl_request_seconds histogram\n\
            tegl_request_seconds_bucket{class=\"search\",le=\"0.001\"} 0\n\
            tegl_request_seconds_bucket{class=\"search\",le=\"0.005\"} 1\n\
            tegl_request_seconds_bucket{class=\"search\",le=\"+Inf\"} 2\n\
            tegl_request_seconds_bucket{class=\"page\",le=\"0.005\"} 1\n";
        let shown = exemplars.open_metrics(text);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[..2], ["# TYPE tegl_requests counter", "tegl_requests_total{status=\"2xx\"} 2"]);
        assert_eq!(lines[3], "tegl_request_seconds_bucket{class=\"search\",le=\"0.001\"} 0");
        assert!(lines[4].contains("\"} 1 # {trace_id=\"0af7\"} 0.003 "), "{}", lines[4]);
        assert!(lines[5].contains("\"} 2 # {trace_id=\"b7ad\"} 20 "), "{}", lines[5]);
        assert_eq!(lines[6..], ["tegl_request_seconds_bucket{class=\"page\",le=\"0.005\"} 1", "# EOF"]);
    }
}
