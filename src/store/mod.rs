//! Object storage: local folders, buckets and web servers. Objects are read by exact ranges of exact versions; folders
//! and buckets are written as whole objects.
//!
//! No other module reads masters from a file or a store. A key cannot name anything outside its source. A read returns
//! every requested byte or an error, and all bytes read under one [`Version`] belong to that version. Writes are
//! atomic.

mod backend;
mod checked;
mod claim;
mod counts;
pub(crate) mod disk;
pub mod document;
mod error;
mod fault;
mod handle;
mod key;
mod local;
mod location;
mod md5_tags;
mod open;
mod probe;
mod remembered;
mod remote;
mod runtime;
mod settings;
#[cfg(test)]
mod tests;
mod version;
mod web;
mod write;

pub(crate) use checked::{Checked, differing};
pub use claim::{Claim, Claimant};
pub use counts::Counts;
pub(crate) use disk::DiskCache;
pub use disk::DiskSettings;
pub use error::{Error, OpenError};
pub use fault::{Fault, Problem};
pub use handle::{KeyPage, Store, Unreadable};
pub use key::{BadKey, Key};
pub use local::Workspace;
pub use open::check_location;
pub use probe::Diagnosis;
pub(crate) use remembered::Recalled;
pub use settings::Settings;
pub use version::Version;
pub use web::retry_after;
