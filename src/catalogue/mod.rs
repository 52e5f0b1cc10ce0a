//! Where words lie: works, their tags, the shelves they stand on, and the append-only list of their revisions, in
//! SQLite or PostgreSQL.
//!
//! One text of SQL serves both. Writers take their turn at one row, the counter, and commit in the order of their
//! revisions, which have no gaps: whoever has read up to a revision has missed nothing before it. Readers wait for
//! nobody.

mod decisions;
mod error;
mod facets;
mod object_numbers;
mod pools;
mod put;
mod read;
mod schema;
mod settings;
mod sql;
mod transaction;
mod withdraw;

use std::sync::Arc;

use moka::sync::Cache;

pub use decisions::{Decision, Event};
pub use error::Error;
pub use facets::{ALL, FacetValue, WorkSummary};
pub use object_numbers::{AssignedNumbers, Renamed};
pub use put::{Batch, BatchSummary, DEFAULT_SOURCE, EMBEDDED_SOURCE, NewWork, without_page};
pub use read::{StoredWork, WorkRights};
pub use settings::Settings;
pub use withdraw::Withdrawn;

use pools::Pools;

/// An opened catalogue; cheap to clone. Its connections live on the runtime that opened it.
#[derive(Clone)]
pub struct Catalogue(Arc<Inner>);

struct Inner {
    pools: Pools,
    /// Where shelves have their rows: by scheme and value.
    terms: Cache<(String, String), i64>,
}

/// How long bringing the tables up to date may take.
const MIGRATION: std::time::Duration = std::time::Duration::from_secs(120);

impl Catalogue {
    /// Opens the database, makes it where it is a file that is not there yet, and brings its tables up to date.
    pub async fn open(settings: &Settings) -> Result<Self, Error> {
        let pools = Pools::open(settings).await?;
        let migrated = tokio::time::timeout(MIGRATION, schema::migrate(&pools)).await;
        migrated.unwrap_or_else(|_| Err(Error::Unavailable(format!("{} does not answer", pools.shown))))?;
        Ok(Self(Arc::new(Inner { pools, terms: Cache::new(200_000) })))
    }

    /// Where the words lie, without a password.
    pub fn describe(&self) -> String {
        self.0.pools.shown.clone()
    }
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
