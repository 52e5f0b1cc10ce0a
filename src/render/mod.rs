//! Plan → pixels → bytes: pure work on what has been read.

mod plan;

pub use plan::{Plan, Source};
