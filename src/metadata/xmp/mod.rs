//! Reads and writes XMP packets (ISO 16684-1).

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;

#[cfg(test)]
pub(crate) use write::tests;
