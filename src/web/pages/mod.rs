//! HTML pages: search, work, list of images, viewers, comparison, errors.
//!
//! Plain HTML and style sheets; scripts are modules that only add to it. Inline styles are limited to aspect ratios, bar
//! heights and swatch colours, and there are no inline scripts, as [`content_security_policy`] requires. The pages use
//! only public interfaces: Image API, manifests, Deep Zoom.

mod assets;
mod authorities;
mod compare;
mod concepts;
mod content_security_policy;
mod context;
mod creators;
mod data_block;
mod developers;
mod empty;
mod failure;
mod filters;
mod form;
mod frame;
mod hits;
mod home;
mod icons;
mod label_list;
mod labels;
mod like;
mod link;
mod listing;
mod number;
mod palette;
mod period;
mod review;
mod scripts;
mod search;
mod search_results;
mod tags;
mod viewers;
mod work;

pub(crate) use assets::{Asset, asset, media_type};
pub(crate) use authorities::AuthorityList;
pub(crate) use compare::{Comparison, compare};
pub(crate) use concepts::{ConceptPage, concept, concepts};
pub(crate) use content_security_policy::{content_security_policy, policy_with_other_servers};
pub(crate) use context::Context;
pub(crate) use creators::{CreatorPage, creator, creators};
pub(crate) use developers::{Address as DeveloperAddress, DevelopersPage, developers};
pub(crate) use failure::{Failure, failure};
pub(crate) use hits::Hit;
pub(crate) use home::{Home, Row};
pub(crate) use label_list::label_list;
pub(crate) use link::Link;
pub(crate) use listing::{Entry, Listing, index};
pub(crate) use period::{Bar, Period};
pub(crate) use review::review;
pub(crate) use search::search;
pub(crate) use search_results::{Facet, Like, PickedColor, Search};
pub(crate) use tags::{TagBox, TagNote, WorkTag};
pub(crate) use viewers::{ViewerPage, annotate, mirador, openseadragon};
pub(crate) use work::{
    Allowed, CitationText, Download, DownloadKind, Head as WorkHead, Part, Picture, Player, Related,
    Thumbnail, WorkPage, work,
};
