//! The span of a request: continued from the client's where that is trusted, with the number that logs and problems name.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage, HttpRequest};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::{Empty, display};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::web::class::Class;
use crate::web::http::base_url::BaseUrl;
use crate::web::settings::Parents;

/// The number of a request's trace, 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TraceId {
    id: String,
    /// Whether its spans are sent.
    pub is_sampled: bool,
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.id)
    }
}

/// The span of a request, whose trace the request is then known by; a disabled one unless traces are sent.
pub(crate) fn door(request: &HttpRequest, base: &BaseUrl, parents: Parents) -> Span {
    let span = tracing::trace_span!(target: "tegl::trace", "door", otel.kind = "server", trace_id = Empty);
    if span.is_disabled() {
        return span;
    }
    let continues = match parents {
        Parents::None => false,
        Parents::Proxies => base.is_proxied(request),
        Parents::All => true,
    };
    if continues {
        let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
        // Without the layer there is no trace to continue.
        let _continued = span.set_parent(parent);
    }
    span.set_attribute("http.request.method", request.method().as_str().to_owned());
    span.set_attribute("url.path", request.uri().path().to_owned());
    let context = span.context();
    let known = context.span().span_context().clone();
    // Where only the log has spans, there is no trace.
    if known.is_valid() {
        let trace = TraceId { id: known.trace_id().to_string(), is_sampled: known.is_sampled() };
        span.record("trace_id", display(&trace));
        request.extensions_mut().insert(trace);
    }
    span
}

/// The trace of a request, if there is one.
pub(crate) fn trace_of(request: &HttpRequest) -> Option<TraceId> {
    request.extensions().get::<TraceId>().cloned()
}

/// Adds to a request's span how it was answered.
pub(crate) fn answered(door: &Span, status: StatusCode, class: Class) {
    if door.is_disabled() {
        return;
    }
    door.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    door.set_attribute("tegl.class", class.name());
    if status.is_server_error() {
        door.set_status(Status::error(""));
    }
}

/// Headers as `traceparent` and `tracestate` are read from them (W3C Trace Context).
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
