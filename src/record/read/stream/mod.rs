//! A document as a stream: unpacked, limited, and split into records.

mod frames;
mod limits;
mod scan;
mod source;

pub(super) use frames::{Frames, Raw};
pub use limits::Limits;
pub(super) use source::Source;
