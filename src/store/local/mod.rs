//! Local folders and files.

mod claim;
mod open_files;
mod reader;
mod sandbox;
mod walk;
mod workspace;
mod writer;

pub(super) use claim::LocalClaim;
pub(super) use reader::Local;
pub(super) use walk::Listed;
pub use workspace::Workspace;
pub(super) use workspace::sweep;
pub(super) use writer::{Existing, LocalWriter, failed};
