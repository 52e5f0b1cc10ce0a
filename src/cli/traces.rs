//! Sends the spans of requests to a collector, by OTLP over HTTP (OpenTelemetry).

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::{Layer, Registry};

use crate::web::settings::Traces;

/// How long the collector may take to accept spans.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends spans until it is dropped, the last ones then.
pub(super) struct RunningTraces(SdkTracerProvider);

impl Drop for RunningTraces {
    fn drop(&mut self) {
        // A collector that is gone gets nothing.
        let _sent = self.0.shutdown_with_timeout(TIMEOUT);
    }
}

/// Starts a thread that sends spans; `None` if `traces.endpoint` is empty. Must be called outside of a runtime.
pub(super) fn start(
    traces: &Traces,
) -> Result<Option<(RunningTraces, impl Layer<Registry> + Send + Sync + use<>)>, String> {
    if traces.endpoint.is_empty() {
        return Ok(None);
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(&traces.endpoint)
        .with_timeout(TIMEOUT)
        .build()
        .map_err(|error| format!("`traces.endpoint`: {error}"))?;
    let resource = Resource::builder()
        .with_service_name(traces.service.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(traces.sample))))
        .with_resource(resource.build())
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("tegl"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(filter_fn(is_of_traces).with_max_level_hint(LevelFilter::TRACE));
    Ok(Some((RunningTraces(provider), layer)))
}

/// The span that log lines are to name while traces are sent.
pub(super) fn door() -> FilterFn {
    fn is_door(metadata: &Metadata<'_>) -> bool {
        is_of_traces(metadata) && metadata.name() == "door"
    }
    FilterFn::new(is_door as fn(&Metadata<'_>) -> bool).with_max_level_hint(LevelFilter::TRACE)
}

fn is_of_traces(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == "tegl::trace"
}
