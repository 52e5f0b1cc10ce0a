//! The state that all handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::gallery::Gallery;
use crate::presentation::Publisher;
use crate::web::class::Class;
use crate::web::http::base_url::BaseUrl;
use crate::web::http::pace::Pace;
use crate::web::http::token::GuessLimiter;
use crate::web::iiif::document_cache::DocumentCache;
use crate::web::iiif::prepared::PreparedRequests;
use crate::web::live::{Live, Reloader};
use crate::web::ops::exemplars::Exemplars;
use crate::web::ops::warming::Warming;
use crate::web::settings::{Parents, Settings};
use crate::web::theme::Theme;

/// State that all handlers share.
pub(crate) struct App {
    pub gallery: Arc<Gallery>,
    pub base: BaseUrl,
    /// Settings that can change: [`App::live`].
    pub(super) live: ArcSwap<Live>,
    /// Reads the settings again.
    pub reloader: Option<Box<Reloader>>,
    pub warming: Warming,
    pub publisher: Publisher,
    /// What the museum changes on its pages.
    pub theme: Theme,
    /// Whether the page for comparing may load works of other servers.
    pub other_servers: bool,
    pub(super) exemplars: Exemplars,
    /// Whose traces are continued.
    pub parents: Parents,
    pub(super) works: DocumentCache,
    pub(super) prepared: PreparedRequests,
    /// Set when the server begins to shut down.
    pub draining: AtomicBool,
    pub(super) pace: Pace,
    pub(super) guess_limiter: GuessLimiter,
    /// Time limit for receiving a request body.
    pub(super) body_limit: Duration,
    pub(super) requests: [metrics::Counter; 5],
    /// Times of requests, by class.
    pub(super) seconds: [metrics::Histogram; Class::ALL.len()],
}

impl App {
    /// # Errors
    /// A message that names the setting that cannot be used.
    pub(crate) fn new(
        gallery: Arc<Gallery>,
        settings: &Settings,
        live: Live,
        publisher: &Publisher,
    ) -> Result<Self, String> {
        let requests = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        Ok(Self {
            gallery,
            base: BaseUrl::new(settings)?,
            live: ArcSwap::from_pointee(live),
            reloader: None,
            warming: Warming::default(),
            publisher: publisher.clone(),
            theme: Theme::default(),
            other_servers: settings.compare_other_servers,
            exemplars: Exemplars::default(),
            parents: Parents::Proxies,
            works: DocumentCache::new(settings.documents_mib),
            prepared: PreparedRequests::new(),
            draining: AtomicBool::new(false),
            pace: Pace::new(settings.slow_reader_kib_per_s),
            guess_limiter: GuessLimiter::default(),
            body_limit: Duration::from_secs(settings.body_s),
            requests: requests.map(|class| metrics::counter!("tegl_requests_total", "status" => class)),
            seconds: Class::ALL
                .map(|class| metrics::histogram!("tegl_request_seconds", "class" => class.name())),
        })
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
