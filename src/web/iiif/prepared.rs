//! Image requests whose answers were in memory: they are not parsed and planned again each time.

use std::sync::Arc;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{self, HeaderValue};
use foldhash::fast::RandomState;
use moka::sync::Cache;

use crate::gallery::{PlannedImage, Resolution};

/// The capacity of the cache, in bytes: some ten thousand requests.
const CAPACITY: u64 = 8 << 20;

/// What a request was resolved to, and the headers of its response.
pub(crate) struct Prepared {
    pub resolution: Resolution,
    pub headers: Arc<ImageHeaders>,
}

/// The headers of a response that depend on its image.
pub(crate) struct ImageHeaders {
    /// The entity tag, without quotation marks.
    pub tag: String,
    quoted: Option<HeaderValue>,
    links: Option<HeaderValue>,
}

/// Prepared requests by base URL and path.
pub(crate) struct PreparedRequests(Cache<String, Arc<Prepared>, RandomState>);

impl PreparedRequests {
    pub(crate) fn new() -> Self {
        // The canonical form is about as long as the path; the cache has fields of its own.
        let weigher = |key: &String, prepared: &Arc<Prepared>| {
            (2 * key.len()
                + prepared.headers.weight()
                + size_of::<Prepared>()
                + size_of::<ImageHeaders>()
                + 256) as u32
        };
        let cache = Cache::builder().max_capacity(CAPACITY).weigher(weigher);
        Self(cache.build_with_hasher(RandomState::default()))
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<Prepared>> {
        self.0.get(key)
    }

    pub(crate) fn insert(&self, key: String, prepared: Prepared) {
        self.0.insert(key, Arc::new(prepared));
    }
}

impl ImageHeaders {
    pub(super) fn of(planned: &PlannedImage, links: &impl Fn(&PlannedImage) -> Option<HeaderValue>) -> Self {
        let tag = planned.etag();
        let quoted = HeaderValue::try_from(["\"", &tag, "\""].concat()).ok();
        Self { tag, quoted, links: links(planned) }
    }

    pub(super) fn add_to(&self, response: &mut HttpResponseBuilder) {
        for (name, value) in [(header::ETAG, &self.quoted), (header::LINK, &self.links)] {
            if let Some(value) = value {
                response.insert_header((name, value.clone()));
            }
        }
    }

    /// The memory that their texts take, in bytes.
    fn weight(&self) -> usize {
        let values = [&self.quoted, &self.links].into_iter().flatten().map(HeaderValue::len);
        self.tag.len() + values.sum::<usize>()
    }
}
