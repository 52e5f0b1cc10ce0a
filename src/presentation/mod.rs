//! Works as documents for viewers and harvesters: Presentation API 3.0 and 2.1, Content Search 2.0 and 1.0, Content
//! State 1.0, Change Discovery 1.0.

mod address;
mod annotation;
pub mod change_discovery;
pub mod collection;
pub mod content_search;
pub mod content_state;
mod context;
#[cfg(test)]
mod fixture;
mod html;
mod image;
pub mod labels;
mod language_map;
mod links;
mod manifest;
mod metadata;
mod object;
mod publisher;
mod range;
mod rights;
pub mod span;
mod version2;
mod view;

pub use address::{ALL_WORKS, Address, Resource, SEARCH_SCHEME};
pub use context::{CONTEXT_2, CONTEXT_3, context};
pub use html::plain_text;
pub use links::http_uri;
pub use publisher::{Logo, Publisher};
pub use rights::{name as rights_name, normal as rights_uri};
pub use span::Span;
pub use view::{Canvas, CanvasImage, Original, View};
