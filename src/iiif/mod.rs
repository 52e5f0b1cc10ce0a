//! The specifications' words as types: Image API 3.0 and 2.1.

mod format;
mod geometry;

pub use format::Format;
pub use geometry::{Dimensions, Rect};
