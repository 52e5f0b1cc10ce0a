//! Documents that have been built, for as long as what they were built from stays the same.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::sync::Cache;

use crate::gallery::{Described, Grant};
use crate::web::http::document::Document;

/// How long a document is kept if some of its images could not be opened.
const INCOMPLETE: Duration = Duration::from_secs(10);

/// A cache of presentation documents, and of `info.json`.
pub(crate) struct DocumentCache(pub(crate) Cache<String, Arc<Made>>);

/// A document, and what it depends on.
pub(crate) struct Made {
    pub(crate) document: Document,
    /// The last known catalogue revision when it was built.
    pub(super) seen: u64,
    /// The images that it shows, with the version and rights that it was built from.
    pub(super) images: Vec<(String, u64, Grant)>,
    /// When it expires because an image could not be opened.
    pub(super) until: Option<Instant>,
}

impl Made {
    /// A document whose key names all that it depends on.
    pub(crate) fn of_image(document: Document) -> Self {
        Self { document, seen: 0, images: Vec::new(), until: None }
    }

    /// A document about a work; `kept`: how long it is valid, if not until the work changes.
    pub(crate) fn of(document: Document, described: &Described, kept: Option<Duration>) -> Self {
        let images = described.images.iter();
        let images = images
            .map(|shown| (shown.image.file.clone(), shown.granted.number, shown.granted.grant))
            .collect();
        let kept = if described.complete { kept } else { Some(INCOMPLETE) };
        Self { document, seen: described.seen, images, until: kept.map(|time| Instant::now() + time) }
    }
}

impl DocumentCache {
    pub(crate) fn new(mib: u64) -> Self {
        let weigher = |key: &String, made: &Arc<Made>| (key.len() + made.document.weight()) as u32;
        Self(Cache::builder().max_capacity(mib << 20).weigher(weigher).build())
    }

    /// Removes the documents of a work, or all.
    pub(crate) fn forget(&self, work: Option<&str>) {
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
