//! `/metrics`: what is known when it is asked for, and zeros of what has not happened yet.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::web::App;
use crate::web::ops::exemplars::OPEN_METRICS;

/// Counters that exist from the start, so that the first increase is seen as one.
pub(crate) fn register() {
    for name in ["tegl_shed_total", "tegl_slow_readers_total", "tegl_connections_refused_total"] {
        metrics::counter!(name).increment(0);
    }
    for limit in ["all", "address"] {
        metrics::counter!("tegl_connections_closed_total", "limit" => limit).increment(0);
    }
    for result in ["made", "failed"] {
        metrics::counter!("tegl_pyramids_total", "result" => result).increment(0);
    }
    metrics::gauge!("tegl_pyramids_under_way").increment(0.0);
}

/// All metrics as text: in Prometheus' format 0.0.4, or in that of OpenMetrics with exemplars for scrapers that accept it.
pub(crate) fn respond(app: &App, request: &HttpRequest, metrics: &PrometheusHandle) -> HttpResponse {
    let gallery = &app.gallery;
    gallery.images.observe();
    metrics::gauge!("tegl_resident_bytes").set(resident_bytes());
    let failures = gallery.failures();
    // As requests and /health/ready have found it: a scrape does not wait for stores.
    let sources = &gallery.sources;
    let has_failing_source =
        sources.has_problem() || sources.all().iter().any(|source| source.store.is_failing());
    for (part, is_failing) in [
        ("sources", has_failing_source),
        ("catalogue", failures.catalogue.is_some()),
        ("search", failures.search.is_some() || failures.stale.is_some()),
    ] {
        metrics::gauge!("tegl_failing", "part" => part).set(f64::from(u8::from(is_failing)));
    }
    let accepted = request.headers().get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    match accepted.is_some_and(|accepted| accepted.contains("application/openmetrics-text")) {
        true => {
            HttpResponse::Ok().content_type(OPEN_METRICS).body(app.exemplars.open_metrics(&metrics.render()))
        }
        false => HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics.render()),
    }
}

/// Resident memory of the process in bytes (Linux).
fn resident_bytes() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<f64>().ok());
    pages.unwrap_or(0.0) * rustix::param::page_size() as f64
}
