//! Withdraws works, and restores them.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use sqlx::{AnyConnection, Row};

use super::facets::{FacetChanges, number};
use super::overlay::{effective, overlays};
use super::put::{Before, IMAGES, before, image_rows};
use super::sql::{Value, execute_rows};
use super::transaction::{Limits, Outcome};
use super::withdrawal_log::{LOG, restored_row, withdrawn_row};
use super::write_lock::{REVISIONS, WriteLock, lock_for_writing, revision_row};
use super::{Catalogue, EMBEDDED_SOURCE, Error};
use crate::record::{Kind, Work, facets, timestamp};

/// Why a work of the catalogue is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Its source withdrew it: by a flag of its record, or by an export without it. A later record restores it.
    BySource,
    /// It was read from a master that another record names now. Such a work is not withdrawn: it never was one.
    Superseded,
    /// The museum withdrew it. No record restores it: only [`Catalogue::restore`], or an import with that option.
    ByMuseum,
}

impl Removal {
    /// The removal of a row. Works were all marked with 1 before the kinds were distinguished.
    pub(super) fn of(removed: i64, source: &str) -> Option<Self> {
        match removed {
            0 => None,
            2 => Some(Self::Superseded),
            3 => Some(Self::ByMuseum),
            _ if source == EMBEDDED_SOURCE => Some(Self::Superseded),
            _ => Some(Self::BySource),
        }
    }

    /// The number of a removal in a row; 0 for works that are shown.
    pub(super) fn number(removal: Option<Self>) -> i64 {
        match removal {
            None => 0,
            Some(Self::BySource) => 1,
            Some(Self::Superseded) => 2,
            Some(Self::ByMuseum) => 3,
        }
    }
}

/// What is published about a withdrawn work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The museum's number of the work.
    pub object_number: String,
    /// When it was withdrawn, in milliseconds since 1970; `None` if that was not looked up.
    pub at_ms: Option<i64>,
    /// Why, in words for the public.
    pub reason: Option<String>,
    /// The revision that withdrew it; `None` if that was not looked up.
    pub revision: Option<u64>,
}

impl fmt::Display for Tombstone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object_number, at_ms, reason, .. } = self;
        write!(formatter, "the work `{object_number}` was withdrawn")?;
        if let Some(at_ms) = at_ms {
            write!(formatter, " at {}", timestamp(*at_ms))?;
        }
        reason.as_ref().map_or(Ok(()), |reason| write!(formatter, ": {reason}"))
    }
}

/// A withdrawal, to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Who withdraws the works.
    pub removal: Removal,
    /// Why, in words for the public.
    pub reason: Option<String>,
    /// Who makes the change: the owner of a token, `source:NAME`, or a name given to the command.
    pub actor: String,
}

/// The result of withdrawing a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// It is withdrawn as of this revision.
    Now(u64),
    /// It was withdrawn before.
    Before,
}

/// The result of restoring a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// It is shown as of this revision.
    Now(u64),
    /// It was not withdrawn.
    Before,
}

impl Catalogue {
    /// Withdraws works and returns how many there were; unknown object numbers are ignored. Withdrawn works lose their
    /// facets. Their records and decisions are kept in case they return, and so are their images, which therefore do not
    /// count as images without a record.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn remove(&self, object_numbers: &[String], withdrawal: &Withdrawal) -> Result<u64, Error> {
        let numbers: Vec<&str> = object_numbers.iter().map(String::as_str).collect();
        let work = async |changes: &mut _| self.remove_all(changes, &numbers, withdrawal).await;
        self.transact(Limits::BATCH, work).await
    }

    async fn remove_all(
        &self,
        changes: &mut AnyConnection,
        numbers: &[&str],
        withdrawal: &Withdrawal,
    ) -> Result<Outcome<(u64, FacetChanges)>, Error> {
        let mut lock = lock_for_writing(changes).await?;
        let mut known = before(changes, numbers).await?;
        known.retain(|_, known| known.removal.is_none());
        let mut facet_changes = FacetChanges::default();
        let gone = mark_withdrawn(self, changes, &mut lock, &known, &mut facet_changes, withdrawal).await?;
        lock.finish(changes).await?;
        Ok(Outcome::Changed((gone, facet_changes)))
    }

    /// Withdraws one work. One that its source has withdrawn becomes withdrawn by the museum.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if there is no such work, and [`Error::Conflict`] if it is not at the `expected`
    /// revision.
    pub async fn withdraw(
        &self,
        object_number: &str,
        expected: Option<u64>,
        withdrawal: &Withdrawal,
    ) -> Result<Withdrawn, Error> {
        let work =
            async |changes: &mut _| self.withdraw_one(changes, object_number, expected, withdrawal).await;
        self.transact(Limits::REQUEST, work).await
    }

    async fn withdraw_one(
        &self,
        changes: &mut AnyConnection,
        object_number: &str,
        expected: Option<u64>,
        withdrawal: &Withdrawal,
    ) -> Result<Outcome<(Withdrawn, FacetChanges)>, Error> {
        let mut lock = lock_for_writing(changes).await?;
        let known = before(changes, &[object_number]).await?;
        let mut facet_changes = FacetChanges::default();
        let work = known.get(object_number).ok_or(Error::NotFound)?;
        match work.removal {
            Some(Removal::Superseded) => return Err(Error::NotFound),
            Some(removal) if removal == withdrawal.removal || removal == Removal::ByMuseum => {
                return Ok(Outcome::Unchanged((Withdrawn::Before, facet_changes)));
            }
            _ => {}
        }
        if expected.is_some_and(|expected| expected != work.revision) {
            return Err(Error::Conflict { current: work.revision });
        }
        mark_withdrawn(self, changes, &mut lock, &known, &mut facet_changes, withdrawal).await?;
        lock.finish(changes).await?;
        Ok(Outcome::Changed((Withdrawn::Now(number(lock.revision)), facet_changes)))
    }

    /// Shows a withdrawn work again, with the last record of it and what curators decided about its tags.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if there is no such work, and [`Error::Conflict`] if it is withdrawn, but not at the
    /// `expected` revision.
    pub async fn restore(
        &self,
        object_number: &str,
        expected: Option<u64>,
        actor: &str,
    ) -> Result<Restored, Error> {
        let work = async |changes: &mut _| self.restore_one(changes, object_number, expected, actor).await;
        self.transact(Limits::REQUEST, work).await
    }

    async fn restore_one(
        &self,
        changes: &mut AnyConnection,
        object_number: &str,
        expected: Option<u64>,
        actor: &str,
    ) -> Result<Outcome<(Restored, FacetChanges)>, Error> {
        let mut lock = lock_for_writing(changes).await?;
        let known = before(changes, &[object_number]).await?.remove(object_number).ok_or(Error::NotFound)?;
        let mut facet_changes = FacetChanges::default();
        match known.removal {
            None => return Ok(Outcome::Unchanged((Restored::Before, facet_changes))),
            Some(Removal::Superseded) => return Err(Error::NotFound),
            Some(Removal::BySource | Removal::ByMuseum) => {}
        }
        if expected.is_some_and(|expected| expected != known.revision) {
            return Err(Error::Conflict { current: known.revision });
        }
        let (seq, revision) = (known.seq, lock.next_revision());
        let row =
            sqlx::query("SELECT record FROM works WHERE seq = $1").bind(seq).fetch_one(&mut *changes).await?;
        let work: Work = serde_json::from_str(row.try_get("record")?)?;
        let overlay = overlays(changes, [seq].into_iter()).await?.remove(&seq).unwrap_or_default();
        facet_changes.replace(seq, &known.facet_ids, facets(&work, &effective(&work.tags, &overlay)));
        facet_changes.apply_to_work(self, changes, &lock, seq, "removed = 0").await?;
        // While a work is withdrawn, it has the images of all its records.
        sqlx::query("DELETE FROM images WHERE seq = $1").bind(seq).execute(&mut *changes).await?;
        execute_rows(changes, IMAGES, image_rows(&work, seq), "").await?;
        let row = revision_row(revision, object_number, Kind::Create, lock.at_ms);
        execute_rows(changes, REVISIONS, vec![row], "").await?;
        execute_rows(changes, LOG, vec![restored_row(revision, seq, actor, lock.at_ms)], "").await?;
        lock.finish(changes).await?;
        Ok(Outcome::Changed((Restored::Now(number(revision)), facet_changes)))
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

/// Marks these works as withdrawn.
async fn mark_withdrawn(
    catalogue: &Catalogue,
    changes: &mut AnyConnection,
    lock: &mut WriteLock,
    known: &HashMap<String, Before>,
    facet_changes: &mut FacetChanges,
    withdrawal: &Withdrawal,
) -> Result<u64, Error> {
    let (mut revisions, mut gone, mut log) = (Vec::new(), Vec::new(), Vec::new());
    let Withdrawal { removal, reason, actor } = withdrawal;
    for (number, known) in known.iter().collect::<BTreeMap<_, _>>() {
        let revision = lock.next_revision();
        facet_changes.clear(known.seq, &known.facet_ids);
        revisions.push(revision_row(revision, number, Kind::Delete, lock.at_ms));
        gone.push(vec![Value::from(known.seq), revision.into()]);
        log.push(withdrawn_row(revision, known.seq, reason.clone(), actor, lock.at_ms));
    }
    facet_changes.apply(catalogue, &mut *changes, lock.revision).await?;
    let count = gone.len() as u64;
    let (at_ms, removed) = (lock.at_ms, Removal::number(Some(*removal)));
    let update = format!(
        "UPDATE works SET removed = {removed}, shelves = '[]', changed_ms = {at_ms}, revision = gone.column2 FROM (VALUES"
    );
    execute_rows(&mut *changes, &update, gone, ") AS gone WHERE works.seq = gone.column1").await?;
    execute_rows(&mut *changes, REVISIONS, revisions, "").await?;
    if *removal != Removal::Superseded {
        execute_rows(changes, LOG, log, "").await?;
    }
    Ok(count)
}
