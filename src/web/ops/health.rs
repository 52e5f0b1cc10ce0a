//! Health checks on the public port, and what the operations port serves beside `/admin`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::gallery::Error;
use crate::web::App;
use crate::web::http::response::Response;

/// Crawlers may fetch pages but not renderings; the sitemap lists the pages.
pub(crate) fn robots(base: &str) -> String {
    format!(
        "User-agent: *\nDisallow: /iiif/\nDisallow: /deepzoom/\nDisallow: /download/\nDisallow: /media/\nSitemap: {base}/sitemap.xml\n"
    )
}

/// Liveness: the process responds. Stores are not checked, so that their outage does not restart the process.
pub(crate) fn live() -> Response {
    plain(HttpResponse::Ok(), "alive\n")
}

/// Readiness: 200 if every source can be reached, the catalogue and the search respond, and the server is not shutting
/// down. A search index that works but is out of date is reported, and still counts as ready.
pub(crate) async fn ready(app: &App) -> Result<Response, Error> {
    if app.is_draining() {
        return Ok(plain(HttpResponse::ServiceUnavailable(), "stopping\n"));
    }
    let sources = app.gallery.sources.problems().await.into_iter().map(|problem| problem.text);
    let failures = app.gallery.failures();
    let mut lines: Vec<String> = sources.chain(failures.catalogue).chain(failures.search).collect();
    let is_ready = lines.is_empty();
    if is_ready {
        lines.push("ready".into());
    }
    lines.extend(failures.stale);
    let response = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    Ok(plain(response, lines.join("\n") + "\n"))
}

fn plain(mut response: actix_web::HttpResponseBuilder, text: impl Into<String>) -> Response {
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type("text/plain; charset=utf-8");
    response.body(text.into()).into()
}

/// Requests to the operations listener, except `/admin`.
pub(crate) fn serve(app: &App, request: &HttpRequest, metrics: &PrometheusHandle) -> HttpResponse {
    match request.uri().path() {
        "/metrics" => super::metrics::respond(app, request, metrics),
        "/health/live" => HttpResponse::Ok().body("alive\n"),
        _ => HttpResponse::NotFound().body("available here: `/metrics` and `/admin`\n"),
    }
}
