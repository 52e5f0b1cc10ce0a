//! HTML pages: search, work, list of images, viewers, errors.
//!
//! Plain HTML, one style sheet, and a small script for each viewer. Inline styles are limited to aspect ratios, bar
//! heights and swatch colours, and there are no inline scripts, as [`content_security_policy`] requires. The pages use
//! only public interfaces: Image API, manifests, Deep Zoom.

mod assets;
mod content_security_policy;
mod context;
mod failure;
mod filters;
mod form;
mod frame;
mod labels;
mod link;
mod listing;
mod number;
mod review;
mod search;
mod tags;
mod viewers;
mod work;

pub(crate) use assets::asset;
pub(crate) use content_security_policy::content_security_policy;
pub(crate) use context::Context;
pub(crate) use failure::{Failure, failure};
pub(crate) use filters::{Bar, Facet};
pub(crate) use link::Link;
pub(crate) use listing::{Entry, Listing, index};
pub(crate) use review::review;
pub(crate) use search::{Hit, Search, search};
pub(crate) use tags::{TagNote, WorkTag};
pub(crate) use viewers::{ViewerPage, mirador, openseadragon};
pub(crate) use work::{Allowed, Thumbnail, WorkPage, work};
