//! The database of works, their tags and facets, and the append-only list of their revisions, in SQLite or PostgreSQL.
//!
//! The same SQL runs on both. Writers lock one row, the counter, so they commit in the order of their revisions, and
//! revisions have no gaps: a reader that has seen a revision has missed nothing before it. Readers never wait for writers.
//!
//! `schema` has the tables and their migrations.

mod analyses;
mod annotations;
mod batch;
mod collections;
mod condition;
mod decisions;
mod error;
mod facets;
mod harvest;
mod human_tags;
mod learned;
mod lost_facets;
mod object_numbers;
mod overlay;
mod people;
mod pools;
mod proposals;
mod put;
mod read;
mod review;
mod schema;
mod settings;
mod source_uris;
mod sql;
mod transaction;
mod vocabularies;
mod webhooks;
mod withdraw;
mod withdrawal_log;
mod work_vectors;
mod write_lock;

use std::sync::Arc;

use moka::sync::Cache;

pub use analyses::Analysis;
pub use annotations::{
    AnnotationChange, AnnotationCount, AnnotationEvent, AnnotationReader, AnnotationRefused, AnnotationState,
    AnnotationStatus, StoredAnnotation, WaitingAnnotation,
};
pub use batch::{Batch, DEFAULT_SOURCE, EMBEDDED_SOURCE, NewWork};
pub use collections::{CollectionSummary, StoredCollection, collection_name};
pub use condition::{Condition, ServerCondition, VERSION, sqlite_file};
pub use decisions::{Decision, Event, Refused, WorkDecision};
pub use error::Error;
pub use facets::{ALL, FacetValue, WorkSummary};
pub use harvest::{HarvestQuery, HarvestedWork, LastChange};
pub use human_tags::HumanTags;
pub use learned::Learned;
pub use object_numbers::{AssignedNumbers, Renamed};
pub use proposals::{Producer, ProposalSummary, Proposals};
pub use put::{BatchSummary, without_page};
pub use read::{StoredWork, WorkRights};
pub use review::{WaitingTag, WaitingValue};
pub use settings::Settings;
pub use source_uris::{SourcePart, SourcePlace};
pub use vocabularies::{ImportedVocabulary, StoredConcept};
pub use webhooks::{Attempt, Delivery, EventKind, KEPT_DELIVERIES, WebhookEvent, WebhookState};
pub use withdraw::{Removal, Restored, Tombstone, Withdrawal, Withdrawn};
pub use work_vectors::{VectorVersion, WorkVectors, Written};

use pools::Pools;

/// An open catalogue; cheap to clone. Its connections belong to the runtime that opened it.
#[derive(Clone)]
pub struct Catalogue(Arc<Inner>);

struct Inner {
    pools: Pools,
    /// What is known of the rows of facet values, by scheme and value.
    facet_values: Cache<(String, String), facets::Known>,
}

/// How long migrations may take.
const MIGRATION: std::time::Duration = std::time::Duration::from_secs(120);

impl Catalogue {
    /// Opens the database, creates the file if it does not exist, and migrates its tables.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is invalid, the database does not respond, or a newer version of Tegl has written it.
    pub async fn open(settings: &Settings) -> Result<Self, Error> {
        let pools = Pools::open(settings).await?;
        let migrated = tokio::time::timeout(MIGRATION, schema::migrate(&pools)).await;
        migrated
            .unwrap_or_else(|_| Err(Error::Unavailable(format!("{} does not respond", pools.address))))?;
        Ok(Self(Arc::new(Inner { pools, facet_values: Cache::new(200_000) })))
    }

    /// The database's file or URL, without the password.
    pub fn describe(&self) -> String {
        self.0.pools.address.clone()
    }
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
