//! Where bytes lie: local folders, buckets and web servers, read by exact ranges of exact versions; folders and
//! buckets are written to by whole objects.
//!
//! Nothing outside this floor touches a file or a store. What it promises its callers: a key
//! cannot leave its source, a read returns every byte asked for or an error, and all bytes
//! read under one [`Version`] belong to that version. What is written is there whole or not at all.

mod alias;
mod answer;
mod beneath;
mod coalesce;
mod connect;
mod counts;
mod credentials;
mod error;
mod fault;
mod files;
mod gate;
mod hosts;
mod inner;
mod key;
mod local;
#[cfg(test)]
mod local_tests;
mod local_writer;
mod open;
mod probe;
mod remote;
#[cfg(test)]
mod remote_tests;
mod remote_writer;
mod runtime;
mod settings;
mod source;
pub mod stream;
mod version;
mod walk;
mod web;
mod workspace;
mod write;
#[cfg(test)]
mod write_tests;

pub use counts::Counts;
pub use error::{Error, OpenError};
pub use fault::{Fault, Problem};
pub use key::{BadKey, Key};
pub use open::check_location;
pub use probe::Trouble;
pub use settings::Settings;
pub use source::{Page, Store, Unreadable};
pub use version::Version;
pub use workspace::Workspace;
