//! Where bytes lie: local folders, buckets and web servers, read by exact ranges of exact versions; folders and
//! buckets are written to by whole objects.
//!
//! Nothing outside this floor touches a file or a store. What it promises its callers: a key
//! cannot leave its source, a read returns every byte asked for or an error, and all bytes
//! read under one [`Version`] belong to that version. What is written is there whole or not at all.

mod backend;
mod counts;
pub mod document;
mod error;
mod fault;
mod key;
mod local;
mod location;
mod open;
mod probe;
mod remote;
mod runtime;
mod settings;
mod store;
#[cfg(test)]
mod tests;
mod version;
mod web;
mod write;

pub use counts::Counts;
pub use error::{Error, OpenError};
pub use fault::{Fault, Problem};
pub use key::{BadKey, Key};
pub use local::Workspace;
pub use open::check_location;
pub use probe::Diagnosis;
pub use settings::Settings;
pub use store::{KeyPage, Store, Unreadable};
pub use version::Version;
