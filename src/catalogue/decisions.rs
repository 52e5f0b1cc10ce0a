//! What curators decide about tags: it holds whatever a source says later.

use sqlx::{AnyConnection, Row};

use super::facets::{Moves, number, signed};
use super::put::{REVISIONS, before, effective, revision_row, take_turn};
use super::read::tags;
use super::sql::each;
use super::transaction::{Limits, Outcome};
use super::{Catalogue, Error, StoredWork};
use crate::record::{Kind, Region, Status, Tag, Work, facets};

/// A decision about one tag of a work.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Says a new tag, or one that is there already once more, with the status that it has now.
    Add(Box<Tag>),
    /// Accepts, rejects or reopens a tag, by its name within the work.
    Set { tag: String, status: Status },
    /// Changes what is given: the status, and the region, where `Some(None)` is the whole image.
    Change { tag: String, status: Option<Status>, region: Option<Option<Region>> },
}

/// One decision, as it was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub tag: String,
    pub status: Status,
    /// Who decided.
    pub actor: String,
    pub note: Option<String>,
    pub revision: u64,
    /// In milliseconds since 1970.
    pub at_ms: i64,
    /// The tag as it was said then.
    pub body: Tag,
}

impl Catalogue {
    /// Decides about a tag; the work as it is then. Where `expected` is given and the work is at another revision,
    /// nothing is changed. A decision that changes nothing makes no revision.
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
    ) -> Result<Outcome<(StoredWork, Moves)>, Error> {
        let mut turn = take_turn(changes).await?;
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
            return Ok(Outcome::Unchanged((stored, Moves::default())));
        }
        overlay.retain(|judged| judged.id() != id);
        overlay.push(decided.clone());
        overlay.sort_by_key(Tag::id);
        let tags = effective(&work.tags, &overlay);
        let mut moves = Moves::default();
        moves.add(known.seq, &known.shelves, facets(&work, &tags));
        let shelves = moves.carry_out(self, changes).await?.remove(&known.seq).unwrap_or_default();
        let revision = turn.next_revision();
        let body = serde_json::to_string(&decided)?;
        sqlx::query(
            "UPDATE works SET judged = 1, revision = $1, changed_ms = $2, shelves = $3 WHERE seq = $4",
        )
        .bind(revision)
        .bind(turn.at_ms)
        .bind(serde_json::to_string(&shelves)?)
        .bind(known.seq)
        .execute(&mut *changes)
        .await?;
        let row = vec![vec![known.seq.into(), id.as_str().into(), body.as_str().into()]];
        let replace = "ON CONFLICT (seq, tag) DO UPDATE SET body = excluded.body";
        each(changes, "INSERT INTO tags (seq, tag, body) VALUES", row, replace).await?;
        let status = status_word(decided.status);
        let event = vec![
            revision.into(),
            known.seq.into(),
            id.into(),
            status.into(),
            actor.into(),
            note.map(str::to_owned).into(),
            turn.at_ms.into(),
            body.into(),
        ];
        let insert = "INSERT INTO tag_history (revision, seq, tag, status, actor, note, at_ms, body) VALUES";
        each(changes, insert, vec![event], "").await?;
        let row = revision_row(revision, object_number, Kind::Update, turn.at_ms);
        each(changes, REVISIONS, vec![row], "").await?;
        turn.end(changes).await?;
        let revision = number(revision);
        let stored = StoredWork { work, tags, revision, changed_ms: turn.at_ms, source, removed: false };
        Ok(Outcome::Changed((stored, moves)))
    }

    /// What was decided about a work's tags, the oldest first, at most the last thousand decisions.
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

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Proposed => "proposed",
        Status::Accepted => "accepted",
        Status::Rejected => "rejected",
    }
}
