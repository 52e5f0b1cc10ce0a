//! Curators' decisions about tags, which outlive every later import.

use std::collections::HashMap;

use sqlx::{AnyConnection, Row};

use super::facets::{FacetChanges, number, signed};
use super::overlay::{OverlayTag, REPLACE_TAGS, TAGS, effective, overlays, tag_row};
use super::put::{Before, before};
use super::sql::execute_rows;
use super::transaction::{Limits, Outcome};
use super::write_lock::{REVISIONS, WriteLock, lock_for_writing, revision_row};
use super::{Catalogue, Error, StoredWork};
use crate::record::{Kind, Picture, Region, Status, Tag, Work, facets};

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

/// A decision about a tag of one work.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkDecision {
    /// The museum's number of the work.
    pub object_number: String,
    /// The revision that the work must have; any if `None`.
    pub expected: Option<u64>,
    /// What is decided.
    pub decision: Decision,
    /// What the curator notes about it.
    pub note: Option<String>,
}

/// Why one of several decisions cannot be made; none of them was.
#[derive(Debug, thiserror::Error)]
#[error("decision {number}: {error}")]
pub struct Refused {
    /// Its number among the decisions, from 0.
    pub number: usize,
    /// The reason.
    #[source]
    pub error: Error,
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
        let (object_number, note) = (object_number.to_owned(), note.map(str::to_owned));
        let decision = WorkDecision { object_number, expected, decision, note };
        let decided = self.decide_all(vec![decision], actor).await?;
        decided.map_err(|refused| refused.error)?.pop().ok_or(Error::NotFound)
    }

    /// Applies several decisions in their order in one transaction, and returns the works after each: all of them, or none
    /// if one cannot be applied. Several decisions about one work may expect the revision that it has before the first.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full. The inner result names the first decision whose
    /// work or tag does not exist, or whose work is at another revision than expected.
    pub async fn decide_all(
        &self,
        decisions: Vec<WorkDecision>,
        actor: &str,
    ) -> Result<Result<Vec<StoredWork>, Refused>, Error> {
        let work = async |changes: &mut _| self.decide_in_order(changes, decisions, actor).await;
        self.transact(Limits::REQUEST, work).await
    }

    async fn decide_in_order(
        &self,
        changes: &mut AnyConnection,
        decisions: Vec<WorkDecision>,
        actor: &str,
    ) -> Result<Outcome<(Result<Vec<StoredWork>, Refused>, FacetChanges)>, Error> {
        let mut lock = lock_for_writing(changes).await?;
        let before_all = lock.revision;
        let mut facet_changes = FacetChanges::default();
        let mut decided = Vec::with_capacity(decisions.len());
        let mut first_revisions: HashMap<String, u64> = HashMap::new();
        for (number, decision) in decisions.into_iter().enumerate() {
            let found = CurrentWork::read(changes, &decision.object_number).await;
            let made = found.and_then(|work| {
                let first = *first_revisions.entry(decision.object_number.clone()).or_insert(work.revision);
                match decision.expected {
                    Some(expected) if ![first, work.revision].contains(&expected) => {
                        Err(Error::Conflict { current: work.revision })
                    }
                    _ => Ok((work.decided(&decision.decision)?, work)),
                }
            });
            match made {
                Ok((None, work)) => decided.push(work.stored()),
                Ok((Some((id, tag)), work)) => {
                    let noted = Noted { id, tag, actor, note: decision.note };
                    let stored = work.write(self, changes, &mut lock, &mut facet_changes, noted).await?;
                    decided.push(stored);
                }
                Err(error @ (Error::NotFound | Error::Conflict { .. } | Error::Invalid(_))) => {
                    let refused = Err(Refused { number, error });
                    return Ok(Outcome::Unchanged((refused, FacetChanges::default())));
                }
                Err(error) => return Err(error),
            }
        }
        if lock.revision == before_all {
            return Ok(Outcome::Unchanged((Ok(decided), facet_changes)));
        }
        lock.finish(changes).await?;
        Ok(Outcome::Changed((Ok(decided), facet_changes)))
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

/// A work within the transaction that decides about its tags.
struct CurrentWork {
    known: Before,
    work: Work,
    picture: Option<Picture>,
    overlay: Vec<OverlayTag>,
    /// All its tags.
    tags: Vec<Tag>,
    revision: u64,
    changed_ms: i64,
    annotated: bool,
}

/// A decided tag with what the history records about it.
struct Noted<'a> {
    id: String,
    tag: Tag,
    actor: &'a str,
    note: Option<String>,
}

impl CurrentWork {
    async fn read(changes: &mut AnyConnection, object_number: &str) -> Result<Self, Error> {
        let known = before(changes, &[object_number])
            .await?
            .remove(object_number)
            .filter(|known| known.removal.is_none());
        let known = known.ok_or(Error::NotFound)?;
        let row = sqlx::query("SELECT record, picture, changed_ms, annotated FROM works WHERE seq = $1")
            .bind(known.seq);
        let row = row.fetch_one(&mut *changes).await?;
        let work: Work = serde_json::from_str(row.try_get("record")?)?;
        let picture: Option<String> = row.try_get("picture")?;
        let picture = picture.map(|text| serde_json::from_str(&text)).transpose()?;
        let overlay =
            overlays(changes, [known.seq].into_iter()).await?.remove(&known.seq).unwrap_or_default();
        let tags = effective(&work.tags, &overlay);
        let (revision, changed_ms) = (known.revision, row.try_get("changed_ms")?);
        let annotated = row.try_get::<i64, _>("annotated")? != 0;
        Ok(Self { known, work, picture, overlay, tags, revision, changed_ms, annotated })
    }

    /// The tag after a decision, with its identifier; `None` if the decision was made before.
    fn decided(&self, decision: &Decision) -> Result<Option<(String, Tag)>, Error> {
        let known = |id: &str| self.tags.iter().find(|tag| tag.id() == id).cloned().ok_or(Error::NotFound);
        let (id, tag) = match decision {
            Decision::Add(tag) => (tag.id(), (**tag).clone()),
            Decision::Set { tag, status } => (tag.clone(), Tag { status: *status, ..known(tag)? }),
            Decision::Change { tag, status, region } => {
                let found = known(tag)?;
                let status = status.unwrap_or(found.status);
                let changed = match region {
                    None => found,
                    Some(region) => found.with_region(*region),
                };
                (tag.clone(), Tag { status, ..changed })
            }
        };
        // A machine's tag with this status is not decided yet: its next run might remove it.
        let is_proposed = self.overlay.iter().any(|other| !other.decided && other.tag.id() == id);
        Ok((is_proposed || !self.tags.contains(&tag)).then_some((id, tag)))
    }

    async fn write(
        mut self,
        catalogue: &Catalogue,
        changes: &mut AnyConnection,
        lock: &mut WriteLock,
        facet_changes: &mut FacetChanges,
        noted: Noted<'_>,
    ) -> Result<StoredWork, Error> {
        let (seq, revision) = (self.known.seq, lock.next_revision());
        let body = serde_json::to_string(&noted.tag)?;
        let decided = OverlayTag { tag: noted.tag.clone(), decided: true };
        let row = tag_row(seq, &decided)?;
        self.overlay.retain(|other| other.tag.id() != noted.id);
        self.overlay.push(decided);
        self.overlay.sort_by_cached_key(|other| other.tag.id());
        self.tags = effective(&self.work.tags, &self.overlay);
        facet_changes.replace(seq, &self.known.facet_ids, facets(&self.work, &self.tags));
        facet_changes.apply_to_work(catalogue, changes, lock, seq, "judged = 1").await?;
        execute_rows(changes, TAGS, vec![row], REPLACE_TAGS).await?;
        let event = vec![
            revision.into(),
            seq.into(),
            noted.id.into(),
            noted.tag.status.name().into(),
            noted.actor.into(),
            noted.note.into(),
            lock.at_ms.into(),
            body.into(),
        ];
        let insert = "INSERT INTO tag_history (revision, seq, tag, status, actor, note, at_ms, body) VALUES";
        execute_rows(changes, insert, vec![event], "").await?;
        let row = revision_row(revision, &self.work.object_number, Kind::Update, lock.at_ms);
        execute_rows(changes, REVISIONS, vec![row], "").await?;
        (self.revision, self.changed_ms) = (number(revision), lock.at_ms);
        Ok(self.stored())
    }

    fn stored(self) -> StoredWork {
        let Self { known, work, picture, tags, revision, changed_ms, annotated, .. } = self;
        StoredWork {
            work,
            tags,
            picture,
            revision,
            changed_ms,
            source: known.source,
            tombstone: None,
            removed: false,
            annotated,
            notes: Vec::new(),
        }
    }
}
