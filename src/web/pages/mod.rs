//! The pages that a person sees: the search and its works, what is served, and one image in a viewer.
//!
//! Plain HTML, one style sheet, a small script for each viewer and none for the rest. Nothing is
//! inline but proportions of pictures and bars and the colours of swatches, so that
//! [`content_security_policy`] holds on every page.
//! The pages use only what anyone may use: Image API, manifests, Deep Zoom.

mod assets;
mod context;
mod failure;
mod filters;
mod form;
mod frame;
mod labels;
mod link;
mod listing;
mod number;
mod policy;
mod search;
mod viewers;
mod work;

pub use assets::{Asset, asset};
pub use context::Context;
pub use failure::{Failure, failure};
pub use filters::{Bar, Facet};
pub use link::Link;
pub use listing::{Entry, Listing, index};
pub use policy::content_security_policy;
pub use search::{Hit, Search, search};
pub use viewers::{Exhibit, mirador, openseadragon};
pub use work::{Allowed, Thumbnail, WorkPage, work};
