//! The write lock, which also allocates revisions and sequence numbers.

use sqlx::{AnyConnection, Row};

use super::sql::Value;
use super::{Error, now_ms};
use crate::record::Kind;

/// The lock on the counter: nobody else writes until the transaction ends.
pub(super) struct WriteLock {
    pub revision: i64,
    pub seq: i64,
    pub at_ms: i64,
}

impl WriteLock {
    pub(super) fn next_revision(&mut self) -> i64 {
        self.revision += 1;
        self.revision
    }

    pub(super) fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        self.seq
    }

    /// Writes the new counters; the commit releases the lock.
    pub(super) async fn finish(&self, connection: &mut AnyConnection) -> Result<(), Error> {
        let count = sqlx::query("UPDATE counter SET revision = $1, seq = $2, at_ms = $3");
        count.bind(self.revision).bind(self.seq).bind(self.at_ms).execute(connection).await?;
        Ok(())
    }
}

/// Waits for other writers and locks the counter.
pub(super) async fn lock_for_writing(connection: &mut AnyConnection) -> Result<WriteLock, Error> {
    let lock = sqlx::query("UPDATE counter SET one = one RETURNING revision, seq, at_ms");
    let counter = lock.fetch_one(connection).await?;
    // Server clocks differ, but timestamps must increase with revisions.
    let at_ms = now_ms().max(counter.try_get("at_ms")?);
    Ok(WriteLock { revision: counter.try_get("revision")?, seq: counter.try_get("seq")?, at_ms })
}

pub(super) const REVISIONS: &str = "INSERT INTO revisions (revision, object_number, kind, at_ms) VALUES";

pub(super) fn revision_row(revision: i64, object_number: &str, kind: Kind, at_ms: i64) -> Vec<Value> {
    let kind = match kind {
        Kind::Create => "create",
        Kind::Update => "update",
        Kind::Delete => "delete",
    };
    vec![revision.into(), object_number.into(), kind.into(), at_ms.into()]
}
