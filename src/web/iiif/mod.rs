//! IIIF: images, Deep Zoom, manifests, collections, change discovery and search within works.

pub mod cache;
pub mod collections;
pub mod content_search;
pub mod deepzoom;
pub mod image;
pub mod presentation;
