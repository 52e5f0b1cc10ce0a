//! The state that all handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use serde_json::Value;

use crate::gallery::{Gallery, Tagging};
use crate::presentation::Publisher;
use crate::web::http::base_url::BaseUrl;
use crate::web::http::pace::Pace;
use crate::web::http::token::GuessLimiter;
use crate::web::iiif::document_cache::DocumentCache;
use crate::web::ops::warming::Warming;
use crate::web::request_log::RequestLog;
use crate::web::settings::{Annotations, Api, Oai, Operations, Settings};
use crate::web::theme::Theme;

/// State that all handlers share.
pub(crate) struct App {
    pub gallery: Arc<Gallery>,
    pub base: BaseUrl,
    pub image_age: HeaderValue,
    pub document_age: HeaderValue,
    pub api: Api,
    pub operations: Operations,
    /// The settings of OAI-PMH.
    pub oai: Oai,
    /// The settings in force, without secrets.
    pub in_force: Value,
    pub warming: Warming,
    pub publisher: Publisher,
    /// What the museum changes on its pages.
    pub theme: Theme,
    pub annotations: Annotations,
    /// Which tags from elsewhere are accepted without a curator.
    pub tagging: Tagging,
    /// Whether the page for comparing may load works of other servers.
    pub other_servers: bool,
    /// Which requests are logged.
    pub request_log: RequestLog,
    pub(super) works: DocumentCache,
    /// Set when the server begins to shut down.
    pub draining: AtomicBool,
    pub(super) pace: Pace,
    pub(super) guess_limiter: GuessLimiter,
    /// Time limit for receiving a request body.
    pub(super) body_limit: Duration,
    pub(super) frame_ancestors: String,
    pub(super) requests: [metrics::Counter; 5],
    pub(super) seconds: metrics::Histogram,
}

impl App {
    /// # Errors
    /// A message that names the setting that cannot be used.
    pub(crate) fn new(
        gallery: Arc<Gallery>,
        settings: &Settings,
        api: &Api,
        operations: &Operations,
        publisher: &Publisher,
    ) -> Result<Self, String> {
        crate::web::check::check(settings, api, operations)?;
        let age = |seconds: u32| {
            HeaderValue::try_from(format!("public, max-age={seconds}")).map_err(|error| error.to_string())
        };
        let requests = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        Ok(Self {
            gallery,
            base: BaseUrl::new(settings)?,
            image_age: age(settings.image_max_age_s)?,
            document_age: age(settings.document_max_age_s)?,
            api: api.clone(),
            operations: operations.clone(),
            oai: Oai::default(),
            in_force: Value::Null,
            warming: Warming::default(),
            publisher: publisher.clone(),
            theme: Theme::default(),
            annotations: Annotations::default(),
            tagging: Tagging::default(),
            other_servers: settings.compare_other_servers,
            request_log: RequestLog::default(),
            works: DocumentCache::new(settings.documents_mib),
            draining: AtomicBool::new(false),
            pace: Pace::new(settings.slow_reader_kib_per_s),
            guess_limiter: GuessLimiter::default(),
            body_limit: Duration::from_secs(settings.body_s),
            frame_ancestors: settings.frame_ancestors.join(" "),
            requests: requests.map(|class| metrics::counter!("tegl_requests_total", "status" => class)),
            seconds: metrics::histogram!("tegl_request_seconds"),
        })
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
