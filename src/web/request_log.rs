//! One log line per request: of all, or of a sample; of those that fail or are slow in any case.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::body::BodySize;
use actix_web::http::StatusCode;
use xxhash_rust::xxh3::xxh3_64;

use crate::web::http::error::Error;
use crate::web::http::trace::trace_of;

/// Which requests have a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RequestLog {
    /// The share of requests that have a line, from 0 to 1. Those that fail or are slow have one in any case.
    pub sample: f64,
    /// From how many milliseconds on a request is slow.
    pub slow_ms: u64,
}

/// How a request was answered.
pub(super) struct Answered<'a> {
    pub status: StatusCode,
    pub size: BodySize,
    /// Until the head of the response was ready.
    pub took: Duration,
    /// Where an image came from.
    pub note: &'static str,
    pub fault: Option<&'a Error>,
}

impl Default for RequestLog {
    fn default() -> Self {
        Self { sample: 1.0, slow_ms: 1000 }
    }
}

impl RequestLog {
    /// Writes the line of a request, if it is to have one.
    pub(super) fn write(&self, request: &HttpRequest, answered: &Answered<'_>) {
        let us = answered.took.as_micros() as u64;
        let (method, path, status) =
            (request.method().as_str(), request.uri().path(), answered.status.as_u16());
        let trace = trace_of(request);
        let trace_id = trace.as_ref().map(tracing::field::display);
        match answered.fault {
            Some(error) if status >= 500 && status != 503 => {
                tracing::error!(target: "tegl::request", method, path, status, us, trace_id, error = error.chain());
            }
            Some(error) => {
                tracing::warn!(target: "tegl::request", method, path, status, us, trace_id, error = error.chain());
            }
            None if us / 1000 >= self.slow_ms || self.has_line(next()) => {
                let bytes = match answered.size {
                    BodySize::Sized(bytes) => bytes,
                    _ => 0,
                };
                let note = answered.note;
                tracing::info!(target: "tegl::request", method, path, status, bytes, us, note, trace_id);
            }
            None => {}
        }
    }

    /// Whether the request with this number is in the sample.
    fn has_line(&self, number: u64) -> bool {
        // Hashed, so that requests that alternate do not fall in step with the sample.
        self.sample >= 1.0 || (xxh3_64(&number.to_le_bytes()) as f64) < self.sample * u64::MAX as f64
    }
}

fn next() -> u64 {
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    REQUESTS.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_its_share_of_requests() {
        for (sample, least, most) in [(0.0, 0, 0), (0.01, 60, 140), (0.5, 4800, 5200), (1.0, 10_000, 10_000)]
        {
            let log = RequestLog { sample, ..RequestLog::default() };
            let lines = (0..10_000).filter(|number| log.has_line(*number)).count();
            assert!((least..=most).contains(&lines), "{sample}: {lines}");
        }
    }
}
