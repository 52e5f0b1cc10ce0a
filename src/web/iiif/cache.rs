//! Presentation documents that have been built, for as long as what they were built from stays the same.

use std::sync::Arc;
use std::time::Instant;

use moka::sync::Cache;

use crate::gallery::Grant;
use crate::web::http::document::Document;

/// Documents that have been made, for as long as what they were made of stays the same.
pub struct DocumentCache(pub(super) Cache<String, Arc<Made>>);

/// A document, and what it was made of.
pub(super) struct Made {
    pub(super) document: Document,
    /// The last revision that was known when it was made.
    pub(super) seen: u64,
    /// The images that it shows, as they were opened and granted.
    pub(super) images: Vec<(String, u64, Grant)>,
    /// When it is to be made anew because an image was missing.
    pub(super) until: Option<Instant>,
}

impl DocumentCache {
    pub fn new(mib: u64) -> Self {
        let weigher = |key: &String, made: &Arc<Made>| (key.len() + made.document.weight()) as u32;
        Self(Cache::builder().max_capacity(mib << 20).weigher(weigher).build())
    }

    /// Forgets the documents of a work, or all.
    pub fn forget(&self, work: Option<&str>) {
        match work {
            None => self.0.invalidate_all(),
            Some(work) => {
                let ending = format!(" {work}");
                let own = self.0.iter().filter(|(key, _)| key.ends_with(&ending));
                own.for_each(|(key, _)| self.0.invalidate(key.as_ref()));
            }
        }
    }
}
