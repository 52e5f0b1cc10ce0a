//! XMP packets, read and written (ISO 16684-1).

mod read;
mod write;

pub use read::read;
pub use write::write;

#[cfg(test)]
pub(crate) use write::tests;
