//! Works as documents for viewers and harvesters: Presentation API 3.0 and 2.1, Content Search 2.0 and 1.0, Content
//! State 1.0, Change Discovery 1.0.

mod address;
mod annotation;
pub mod change;
pub mod collection;
mod context;
mod house;
mod html;
mod image;
mod language;
mod links;
mod manifest;
mod metadata;
mod object;
mod range;
mod rights;
#[cfg(test)]
mod sample;
pub mod search;
pub mod span;
pub mod state;
mod version2;
mod view;
pub mod words;
mod xml;

pub use address::{ALL, Address, FOUND, Place};
pub use context::{CONTEXT_2, CONTEXT_3, context};
pub use house::{House, Logo};
pub use html::plain;
pub use links::http_uri;
pub use rights::{name as rights_name, normal as rights_uri};
pub use span::Span;
pub use view::{Canvas, Original, Shown, View};
