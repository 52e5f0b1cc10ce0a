//! Long work over whole collections: imports, pyramids, exports, checks.

mod check;
mod embedded;
mod export;
mod import;
mod ingest;

pub use check::{Check, Cost};
pub use export::{Exported, Layout};
pub use import::{Earlier, Import, Imported, Masters, Pattern, Pruned, Reading, Register, Watch};
pub use ingest::{Ingested, Outcome, Report, Shard, Summary};
