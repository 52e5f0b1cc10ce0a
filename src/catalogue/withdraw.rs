//! Withdraws works.

use std::collections::{BTreeMap, HashMap};

use sqlx::{AnyConnection, Row};

use super::facets::{FacetChanges, number};
use super::put::{Before, before};
use super::sql::{Value, execute_rows};
use super::transaction::{Limits, Outcome};
use super::write_lock::{REVISIONS, WriteLock, lock_for_writing, revision_row};
use super::{Catalogue, Error};
use crate::record::Kind;

/// The result of withdrawing a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// It is withdrawn as of this revision.
    Now(u64),
    /// It was withdrawn before.
    Before,
}

impl Catalogue {
    /// Withdraws works and returns how many there were; unknown object numbers are ignored. Withdrawn works lose their
    /// facets. Their records and decisions are kept in case they return, and so are their images, which therefore do not
    /// count as images without a record.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn remove(&self, object_numbers: &[String]) -> Result<u64, Error> {
        let numbers: Vec<&str> = object_numbers.iter().map(String::as_str).collect();
        self.transact(Limits::BATCH, async |changes| self.remove_all(changes, &numbers).await).await
    }

    async fn remove_all(
        &self,
        changes: &mut AnyConnection,
        numbers: &[&str],
    ) -> Result<Outcome<(u64, FacetChanges)>, Error> {
        let mut lock = lock_for_writing(changes).await?;
        let known = before(changes, numbers).await?;
        let mut facet_changes = FacetChanges::default();
        let gone = mark_withdrawn(self, changes, &mut lock, &known, &mut facet_changes).await?;
        lock.finish(changes).await?;
        Ok(Outcome::Changed((gone, facet_changes)))
    }

    /// Withdraws one work.
    ///
    /// # Errors
    /// Returns [`Error::Conflict`] if the work is not at the `expected` revision.
    pub async fn withdraw(&self, object_number: &str, expected: Option<u64>) -> Result<Withdrawn, Error> {
        let work = async |changes: &mut _| self.withdraw_one(changes, object_number, expected).await;
        self.transact(Limits::REQUEST, work).await
    }

    async fn withdraw_one(
        &self,
        changes: &mut AnyConnection,
        object_number: &str,
        expected: Option<u64>,
    ) -> Result<Outcome<(Withdrawn, FacetChanges)>, Error> {
        let mut lock = lock_for_writing(changes).await?;
        let known = before(changes, &[object_number]).await?;
        let mut facet_changes = FacetChanges::default();
        let work = known.get(object_number).ok_or(Error::NotFound)?;
        if work.removed {
            return Ok(Outcome::Unchanged((Withdrawn::Before, facet_changes)));
        }
        if expected.is_some_and(|expected| expected != work.revision) {
            return Err(Error::Conflict { current: work.revision });
        }
        mark_withdrawn(self, changes, &mut lock, &known, &mut facet_changes).await?;
        lock.finish(changes).await?;
        Ok(Outcome::Changed((Withdrawn::Now(number(lock.revision)), facet_changes)))
    }

    /// The object numbers of a source's works, in the order of their first import.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn works_of(&self, source: &str) -> Result<Vec<String>, Error> {
        let rows = sqlx::query(
            "SELECT object_number FROM works WHERE source = $1 AND removed = 0 ORDER BY source, seq",
        )
        .bind(source.to_owned())
        .fetch_all(&self.0.pools.readers)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("object_number")?)).collect()
    }
}

/// Marks these works as withdrawn, unless they are already.
async fn mark_withdrawn(
    catalogue: &Catalogue,
    changes: &mut AnyConnection,
    lock: &mut WriteLock,
    known: &HashMap<String, Before>,
    facet_changes: &mut FacetChanges,
) -> Result<u64, Error> {
    let (mut revisions, mut gone) = (Vec::new(), Vec::new());
    let there: BTreeMap<_, _> = known.iter().filter(|(_, known)| !known.removed).collect();
    for (number, known) in there {
        let revision = lock.next_revision();
        facet_changes.clear(known.seq, &known.facet_ids);
        revisions.push(revision_row(revision, number, Kind::Delete, lock.at_ms));
        gone.push(vec![Value::from(known.seq), revision.into()]);
    }
    facet_changes.apply(catalogue, &mut *changes).await?;
    let count = gone.len() as u64;
    let at_ms = lock.at_ms;
    let update = format!(
        "UPDATE works SET removed = 1, shelves = '[]', changed_ms = {at_ms}, revision = gone.column2 FROM (VALUES"
    );
    execute_rows(&mut *changes, &update, gone, ") AS gone WHERE works.seq = gone.column1").await?;
    execute_rows(changes, REVISIONS, revisions, "").await?;
    Ok(count)
}
