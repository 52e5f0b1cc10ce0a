//! Curators' decisions about tags, which outlive every later import.

use sqlx::{AnyConnection, Row};

use super::facets::{FacetChanges, number, signed};
use super::put::{before, effective};
use super::read::tags;
use super::sql::execute_rows;
use super::transaction::{Limits, Outcome};
use super::write_lock::{REVISIONS, lock_for_writing, revision_row};
use super::{Catalogue, Error, StoredWork};
use crate::record::{Kind, Region, Status, Tag, Work, facets};

/// A decision about one tag of a work.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Adds a tag, or replaces an existing one, with its status.
    Add(Box<Tag>),
    /// Accepts, rejects or reopens a tag, by its identifier within the work.
    Set {
        /// The tag's identifier within the work.
        tag: String,
        /// Its status from now on.
        status: Status,
    },
    /// Changes the status or the region; `Some(None)` is the whole image.
    Change {
        /// The tag's identifier within the work.
        tag: String,
        /// Its status from now on; unchanged if `None`.
        status: Option<Status>,
        /// Its region from now on; unchanged if `None`.
        region: Option<Option<Region>>,
    },
}

/// One decision in the history of a work's tags.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The tag's identifier within the work.
    pub tag: String,
    /// The status that was decided.
    pub status: Status,
    /// Who decided.
    pub actor: String,
    /// What the curator noted about it.
    pub note: Option<String>,
    /// The revision that the decision made.
    pub revision: u64,
    /// In milliseconds since 1970.
    pub at_ms: i64,
    /// The tag after the decision.
    pub body: Tag,
}

impl Catalogue {
    /// Applies a decision and returns the changed work. A decision that changes nothing makes no revision.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if the work does not exist or was withdrawn, or if it has no such tag; [`Error::Conflict`] if
    /// it is not at the `expected` revision; also if the database fails.
    pub async fn decide(
        &self,
        object_number: &str,
        expected: Option<u64>,
        decision: Decision,
        actor: &str,
        note: Option<&str>,
    ) -> Result<StoredWork, Error> {
        let work = async |changes: &mut _| {
            self.decide_on(changes, object_number, expected, decision, actor, note).await
        };
        self.transact(Limits::REQUEST, work).await
    }

    async fn decide_on(
        &self,
        changes: &mut AnyConnection,
        object_number: &str,
        expected: Option<u64>,
        decision: Decision,
        actor: &str,
        note: Option<&str>,
    ) -> Result<Outcome<(StoredWork, FacetChanges)>, Error> {
        let mut lock = lock_for_writing(changes).await?;
        let known =
            before(changes, &[object_number]).await?.remove(object_number).filter(|known| !known.removed);
        let known = known.ok_or(Error::NotFound)?;
        let row = sqlx::query("SELECT record, revision, changed_ms, source FROM works WHERE seq = $1")
            .bind(known.seq);
        let row = row.fetch_one(&mut *changes).await?;
        let work: Work = serde_json::from_str(row.try_get("record")?)?;
        let revision = number(row.try_get("revision")?);
        if expected.is_some_and(|expected| expected != revision) {
            return Err(Error::Conflict { current: revision });
        }
        let rows = sqlx::query("SELECT body FROM tags WHERE seq = $1 ORDER BY tag").bind(known.seq);
        let mut overlay = tags(&rows.fetch_all(&mut *changes).await?)?;
        let now = effective(&work.tags, &overlay);
        let (id, decided) = match decision {
            Decision::Add(tag) => (tag.id(), *tag),
            Decision::Set { tag, status } => {
                let found = known_tag(&now, &tag)?;
                (tag, Tag { status, ..found })
            }
            Decision::Change { tag, status, region } => {
                let found = known_tag(&now, &tag)?;
                let status = status.unwrap_or(found.status);
                let changed = match region {
                    None => found,
                    Some(region) => found.with_region(region),
                };
                (tag, Tag { status, ..changed })
            }
        };
        let source: String = row.try_get("source")?;
        if now.contains(&decided) {
            let changed_ms = row.try_get("changed_ms")?;
            let stored = StoredWork { work, tags: now, revision, changed_ms, source, removed: false };
            return Ok(Outcome::Unchanged((stored, FacetChanges::default())));
        }
        overlay.retain(|tag| tag.id() != id);
        overlay.push(decided.clone());
        overlay.sort_by_key(Tag::id);
        let tags = effective(&work.tags, &overlay);
        let mut facet_changes = FacetChanges::default();
        facet_changes.replace(known.seq, &known.facet_ids, facets(&work, &tags));
        let shelves = facet_changes.apply(self, changes).await?.remove(&known.seq).unwrap_or_default();
        let revision = lock.next_revision();
        let body = serde_json::to_string(&decided)?;
        sqlx::query(
            "UPDATE works SET judged = 1, revision = $1, changed_ms = $2, shelves = $3 WHERE seq = $4",
        )
        .bind(revision)
        .bind(lock.at_ms)
        .bind(serde_json::to_string(&shelves)?)
        .bind(known.seq)
        .execute(&mut *changes)
        .await?;
        let row = vec![vec![known.seq.into(), id.as_str().into(), body.as_str().into()]];
        let replace = "ON CONFLICT (seq, tag) DO UPDATE SET body = excluded.body";
        execute_rows(changes, "INSERT INTO tags (seq, tag, body) VALUES", row, replace).await?;
        let status = status_name(decided.status);
        let event = vec![
            revision.into(),
            known.seq.into(),
            id.into(),
            status.into(),
            actor.into(),
            note.map(str::to_owned).into(),
            lock.at_ms.into(),
            body.into(),
        ];
        let insert = "INSERT INTO tag_history (revision, seq, tag, status, actor, note, at_ms, body) VALUES";
        execute_rows(changes, insert, vec![event], "").await?;
        let row = revision_row(revision, object_number, Kind::Update, lock.at_ms);
        execute_rows(changes, REVISIONS, vec![row], "").await?;
        lock.finish(changes).await?;
        let revision = number(revision);
        let stored = StoredWork { work, tags, revision, changed_ms: lock.at_ms, source, removed: false };
        Ok(Outcome::Changed((stored, facet_changes)))
    }

    /// The decisions about a work's tags, oldest first; at most the last thousand.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn history(&self, object_number: &str) -> Result<Vec<Event>, Error> {
        let rows = sqlx::query(
            "SELECT tag, status, actor, note, tag_history.revision AS revision, at_ms, body FROM tag_history \
             JOIN works ON works.seq = tag_history.seq WHERE object_number = $1 ORDER BY tag_history.revision DESC LIMIT $2",
        )
        .bind(object_number.to_owned())
        .bind(signed(1000))
        .fetch_all(&self.0.pools.readers)
        .await?;
        let event = |row: &sqlx::any::AnyRow| {
            let body: Tag = serde_json::from_str(row.try_get("body")?)?;
            Ok(Event {
                tag: row.try_get("tag")?,
                status: body.status,
                actor: row.try_get("actor")?,
                note: row.try_get("note")?,
                revision: number(row.try_get("revision")?),
                at_ms: row.try_get("at_ms")?,
                body,
            })
        };
        rows.iter().rev().map(event).collect()
    }
}

fn known_tag(tags: &[Tag], id: &str) -> Result<Tag, Error> {
    tags.iter().find(|known| known.id() == id).cloned().ok_or(Error::NotFound)
}

fn status_name(status: Status) -> &'static str {
    match status {
        Status::Proposed => "proposed",
        Status::Accepted => "accepted",
        Status::Rejected => "rejected",
    }
}
