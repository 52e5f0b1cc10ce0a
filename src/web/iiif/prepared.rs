//! Image requests whose answers were in memory: they are not parsed and planned again each time.

use std::sync::Arc;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{self, HeaderValue};
use foldhash::fast::RandomState;
use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use crate::gallery::{PlannedImage, Resolution};

/// The capacity of the cache, in bytes: some ten thousand requests.
const CAPACITY: u64 = 8 << 20;
/// The usual size of an entry, in bytes.
const USUAL: u64 = 800;

/// What a request was resolved to, and the headers of its response.
pub(crate) struct Prepared {
    pub resolution: Arc<Resolution>,
    pub headers: ImageHeaders,
}

/// The headers of a response that depend on its image.
pub(crate) struct ImageHeaders {
    /// The entity tag, without quotation marks.
    pub tag: String,
    quoted: Option<HeaderValue>,
    links: Option<HeaderValue>,
}

/// Prepared requests by base URL and path.
pub(crate) struct PreparedRequests(Cache<String, Arc<Prepared>, Weights, RandomState>);

#[derive(Clone)]
struct Weights;

impl Weighter<String, Arc<Prepared>> for Weights {
    fn weight(&self, key: &String, prepared: &Arc<Prepared>) -> u64 {
        // The canonical form is about as long as the path; the cache has fields of its own.
        let values = size_of::<Prepared>() + size_of::<Resolution>() + prepared.headers.weight();
        (2 * key.len() + values + 256) as u64
    }
}

impl PreparedRequests {
    pub(crate) fn new() -> Self {
        let (hasher, lifecycle) = (RandomState::default(), DefaultLifecycle::default());
        Self(Cache::with((CAPACITY / USUAL) as usize, CAPACITY, Weights, hasher, lifecycle))
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
