//! IIIF: images, Deep Zoom, manifests, collections, change discovery and search within works.

pub(super) mod collections;
pub(super) mod content_search;
pub(super) mod deepzoom;
pub(super) mod document_cache;
pub(super) mod image;
pub(super) mod prepared;
pub(super) mod presentation;
