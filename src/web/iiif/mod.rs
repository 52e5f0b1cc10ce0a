//! IIIF: images, Deep Zoom, manifests, collections, change discovery and search within works.

pub mod collections;
pub mod deepzoom;
pub mod image;
pub mod presentation;
