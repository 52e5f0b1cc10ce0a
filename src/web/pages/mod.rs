//! HTML pages: search, work, list of images, viewers, errors.
//!
//! Plain HTML, one style sheet, and a small script for each viewer only. Nothing is
//! inline except aspect ratios, bar heights and swatch colours, so that
//! [`content_security_policy`] holds on every page.
//! The pages use only public interfaces: Image API, manifests, Deep Zoom.

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
