//! The pages that a person sees: what is served, and one image in a viewer.
//!
//! Plain HTML, one style sheet, a small script for each viewer and none for the listing. Nothing is
//! inline but the proportions of thumbnails, so that [`CONTENT_SECURITY_POLICY`] holds on every page.
//! The pages use only what anyone may use: Image API, manifests, Deep Zoom.

mod assets;
mod frame;
mod listing;
mod viewers;

pub use assets::asset;
pub use listing::{Entry, Listing, index};
pub use viewers::{Opening, mirador, openseadragon};

/// What a page may load: scripts and styles of its own, pictures and manifests from anywhere.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src * data: blob:; connect-src *; \
     style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'";
