//! Annotations of canvases, written by the Web Annotation Protocol and moderated like tags.

use std::collections::HashMap;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::facets::{FacetChanges, number, signed};
use super::put::before;
use super::sql::{Value, execute_rows, fetch_rows};
use super::transaction::{Limits, Outcome};
use super::write_lock::{REVISIONS, lock_for_writing, revision_row};
use super::{Catalogue, Error};
use crate::record::{Kind, Text};

/// Maximum number of annotations of one work, deleted ones included.
const MAX_PER_WORK: i64 = 20_000;
/// Maximum number of a work's annotations whose words the search over works finds.
const MAX_NOTES: i64 = 100;
/// Maximum number of events in the history of one annotation.
const MAX_EVENTS: i64 = 1000;

/// Whether an annotation is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnotationStatus {
    /// It waits for a curator's decision.
    Pending,
    /// It is published.
    Accepted,
    /// A curator has decided against it.
    Rejected,
    /// It was deleted; its URI is not used again.
    Deleted,
}

impl AnnotationStatus {
    /// The name in the database and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }

    /// The status with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pending, Self::Accepted, Self::Rejected, Self::Deleted]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// An annotation without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationState {
    /// Its identifier within the work.
    pub id: String,
    /// The number of its canvas when it was created, from 1.
    pub canvas: u32,
    /// The first image of that canvas, if it had one.
    pub image: Option<String>,
    /// Whether it is published.
    pub status: AnnotationStatus,
    /// The owner of the token that created it.
    pub creator: String,
    /// The revision that created it.
    pub made: u64,
    /// The last revision that changed it.
    pub revision: u64,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub changed_ms: i64,
    /// The text of its bodies, shortened, for searches.
    pub words: String,
}

/// An annotation with its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnnotation {
    /// What is known about it.
    pub state: AnnotationState,
    /// The annotation in JSON, as `presentation::web_annotation` writes it; empty if it was deleted.
    pub body: String,
}

/// An annotation that waits for a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingAnnotation {
    /// The museum's number of the work.
    pub object_number: String,
    /// The work's title.
    pub label: Text,
    /// The annotation.
    pub annotation: StoredAnnotation,
}

/// One change in the history of an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationEvent {
    /// The revision that the change made.
    pub revision: u64,
    /// The status after the change.
    pub status: AnnotationStatus,
    /// The owner of the token that made the change.
    pub actor: String,
    /// What was noted about it.
    pub note: Option<String>,
    /// In milliseconds since 1970.
    pub at_ms: i64,
    /// The annotation after the change; empty if it was deleted.
    pub body: String,
}

/// A change of one annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnnotationChange {
    /// Adds an annotation.
    Create {
        /// The identifier that the client would like.
        slug: Option<String>,
        /// The canvas's number, from 1.
        canvas: u32,
        /// The canvas's first image, if it has one.
        image: Option<String>,
        /// Whether it is published at once.
        status: AnnotationStatus,
        /// The text of its bodies.
        words: String,
        /// The annotation in JSON.
        body: String,
        /// Maximum number of annotations of the canvas.
        max: u32,
    },
    /// Replaces its body.
    Replace {
        /// Its identifier within the work.
        id: String,
        /// The revision that it must have.
        expected: u64,
        /// Whether the new body is published at once.
        status: AnnotationStatus,
        /// The text of its bodies.
        words: String,
        /// The annotation in JSON.
        body: String,
    },
    /// Accepts or rejects it, or lets it wait again.
    Decide {
        /// Its identifier within the work.
        id: String,
        /// The revision that it must have; any if `None`.
        expected: Option<u64>,
        /// Its status from now on.
        status: AnnotationStatus,
    },
    /// Deletes it.
    Delete {
        /// Its identifier within the work.
        id: String,
        /// The revision that it must have; any if `None`.
        expected: Option<u64>,
    },
}

/// Why a change of an annotation was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnotationRefused {
    /// There is no such annotation.
    Unknown,
    /// It was deleted.
    Deleted,
    /// It is not at the expected revision.
    Changed {
        /// Its present revision.
        current: u64,
    },
    /// Its canvas or work has as many annotations as it may have.
    Full,
}

const STATE: &str = "annotations.id AS id, annotations.canvas AS canvas, annotations.image AS image, \
    annotations.status AS status, annotations.creator AS creator, annotations.made AS made, \
    annotations.revision AS revision, annotations.created_ms AS created_ms, annotations.changed_ms AS changed_ms, \
    annotations.words AS words";

impl Catalogue {
    /// The annotations of a work in the order of their creation, without deleted ones; at most 20,000.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn annotations(&self, object_number: &str) -> Result<Vec<AnnotationState>, Error> {
        let text = format!(
            "SELECT {STATE} FROM annotations JOIN works ON works.seq = annotations.seq \
             WHERE object_number = $1 AND status <> 'deleted' ORDER BY made LIMIT $2"
        );
        let query =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(without_nul(object_number)).bind(MAX_PER_WORK);
        query.fetch_all(&self.0.pools.readers).await?.iter().map(state).collect()
    }

    /// The bodies of a work's annotations with these identifiers.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn annotation_bodies(
        &self,
        object_number: &str,
        ids: &[String],
    ) -> Result<HashMap<String, String>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        let select =
            sqlx::query("SELECT seq FROM works WHERE object_number = $1").bind(without_nul(object_number));
        let Some(row) = select.fetch_optional(&mut *reader).await? else { return Ok(HashMap::new()) };
        let seq: i64 = row.try_get("seq")?;
        let wanted = ids.iter().map(|id| vec![Value::from(id.as_str())]).collect();
        let select = format!("SELECT id, body FROM annotations WHERE seq = {seq} AND id IN (VALUES");
        let rows = fetch_rows(&mut reader, &select, wanted, ")").await?;
        rows.iter().map(|row| Ok((row.try_get("id")?, row.try_get("body")?))).collect()
    }

    /// An annotation, deleted or not.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn annotation(&self, object_number: &str, id: &str) -> Result<Option<StoredAnnotation>, Error> {
        let text = format!(
            "SELECT {STATE}, body FROM annotations JOIN works ON works.seq = annotations.seq \
             WHERE object_number = $1 AND id = $2"
        );
        let query =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(without_nul(object_number)).bind(without_nul(id));
        query.fetch_optional(&self.0.pools.readers).await?.as_ref().map(annotation).transpose()
    }

    /// Annotations that wait for a decision, oldest first, after the one that this revision created; not those of
    /// withdrawn works.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or a label cannot be parsed.
    pub async fn waiting_annotations(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<WaitingAnnotation>, Error> {
        let text = format!(
            "SELECT {STATE}, body, object_number, label FROM annotations JOIN works ON works.seq = annotations.seq \
             WHERE status = 'pending' AND made > $1 AND removed = 0 ORDER BY made LIMIT $2"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(signed(after)).bind(limit as i64);
        let waiting = |row: &AnyRow| {
            Ok(WaitingAnnotation {
                object_number: row.try_get("object_number")?,
                label: serde_json::from_str(row.try_get("label")?)?,
                annotation: annotation(row)?,
            })
        };
        query.fetch_all(&self.0.pools.readers).await?.iter().map(waiting).collect()
    }

    /// The changes of an annotation, oldest first; at most the last thousand.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn annotation_history(
        &self,
        object_number: &str,
        id: &str,
    ) -> Result<Vec<AnnotationEvent>, Error> {
        let rows = sqlx::query(
            "SELECT annotation_history.revision AS revision, status, actor, note, at_ms, body FROM annotation_history \
             JOIN works ON works.seq = annotation_history.seq WHERE object_number = $1 AND id = $2 \
             ORDER BY annotation_history.revision DESC LIMIT $3",
        )
        .bind(without_nul(object_number))
        .bind(without_nul(id))
        .bind(MAX_EVENTS)
        .fetch_all(&self.0.pools.readers)
        .await?;
        let event = |row: &AnyRow| {
            Ok(AnnotationEvent {
                revision: number(row.try_get("revision")?),
                status: status(row)?,
                actor: row.try_get("actor")?,
                note: row.try_get("note")?,
                at_ms: row.try_get("at_ms")?,
                body: row.try_get("body")?,
            })
        };
        rows.iter().rev().map(event).collect()
    }

    /// Makes a change, and returns the annotation after it. A decision that changes nothing makes no revision.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if the work does not exist or was withdrawn; also if the database fails. The inner
    /// result says why the change was not made.
    pub async fn change_annotation(
        &self,
        object_number: &str,
        change: AnnotationChange,
        actor: &str,
        note: Option<&str>,
    ) -> Result<Result<StoredAnnotation, AnnotationRefused>, Error> {
        let work = async |changes: &mut AnyConnection| {
            Ok(match make(changes, object_number, change, actor, note).await? {
                Made::Changed(annotation) => Outcome::Changed((Ok(*annotation), FacetChanges::default())),
                Made::Unchanged(annotation) => Outcome::Unchanged((Ok(*annotation), FacetChanges::default())),
                Made::Refused(refused) => Outcome::Unchanged((Err(refused), FacetChanges::default())),
            })
        };
        self.transact(Limits::REQUEST, work).await
    }
}

/// What became of a change.
enum Made {
    Changed(Box<StoredAnnotation>),
    Unchanged(Box<StoredAnnotation>),
    Refused(AnnotationRefused),
}

async fn make(
    changes: &mut AnyConnection,
    object_number: &str,
    change: AnnotationChange,
    actor: &str,
    note: Option<&str>,
) -> Result<Made, Error> {
    let mut lock = lock_for_writing(changes).await?;
    let known = before(changes, &[object_number]).await?.remove(object_number);
    let seq = known.filter(|known| known.removal.is_none()).ok_or(Error::NotFound)?.seq;
    let revision = lock.next_revision();
    let now = Now { seq, revision: number(revision), at_ms: lock.at_ms };
    let changed = match change {
        AnnotationChange::Create { slug, canvas, image, status, words, body, max } => {
            if is_full(changes, seq, canvas, image.as_deref(), max).await? {
                return Ok(Made::Refused(AnnotationRefused::Full));
            }
            let id = free_id(changes, seq, slug, revision).await?;
            let state = AnnotationState {
                id,
                canvas,
                image,
                status,
                creator: actor.to_owned(),
                made: now.revision,
                revision: now.revision,
                created_ms: now.at_ms,
                changed_ms: now.at_ms,
                words,
            };
            StoredAnnotation { state, body }
        }
        AnnotationChange::Replace { id, expected, status, words, body } => {
            match current(changes, seq, &id, Some(expected)).await? {
                Ok(old) => {
                    StoredAnnotation { state: AnnotationState { words, ..now.of(old.state, status) }, body }
                }
                Err(refused) => return Ok(Made::Refused(refused)),
            }
        }
        AnnotationChange::Decide { id, expected, status } => {
            match current(changes, seq, &id, expected).await? {
                Ok(old) if old.state.status == status => return Ok(Made::Unchanged(Box::new(old))),
                Ok(old) => StoredAnnotation { state: now.of(old.state, status), body: old.body },
                Err(refused) => return Ok(Made::Refused(refused)),
            }
        }
        AnnotationChange::Delete { id, expected } => match current(changes, seq, &id, expected).await? {
            Ok(old) => {
                let state = now.of(old.state, AnnotationStatus::Deleted);
                StoredAnnotation {
                    state: AnnotationState { words: String::new(), ..state },
                    body: String::new(),
                }
            }
            Err(refused) => return Ok(Made::Refused(refused)),
        },
    };
    write(changes, &now, &changed, actor, note).await?;
    let row = revision_row(revision, object_number, Kind::Update, lock.at_ms);
    execute_rows(changes, REVISIONS, vec![row], "").await?;
    lock.finish(changes).await?;
    Ok(Made::Changed(Box::new(changed)))
}

/// The work and the time of a change.
struct Now {
    seq: i64,
    revision: u64,
    at_ms: i64,
}

impl Now {
    fn of(&self, state: AnnotationState, status: AnnotationStatus) -> AnnotationState {
        AnnotationState { status, revision: self.revision, changed_ms: self.at_ms, ..state }
    }
}

/// Whether a canvas or its work has as many annotations as it may have.
async fn is_full(
    changes: &mut AnyConnection,
    seq: i64,
    canvas: u32,
    image: Option<&str>,
    max: u32,
) -> Result<bool, Error> {
    let count = match image {
        Some(_) => "image = $2",
        None => "image IS NULL AND $2 = '' AND canvas = $3",
    };
    let text = format!(
        "SELECT (SELECT COUNT(*) FROM annotations WHERE seq = $1) AS of_work, \
         (SELECT COUNT(*) FROM annotations WHERE seq = $1 AND status <> 'deleted' AND {count}) AS of_canvas"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(seq).bind(image.unwrap_or_default().to_owned());
    let query = if image.is_none() { query.bind(i64::from(canvas)) } else { query };
    let row = query.fetch_one(changes).await?;
    let (of_work, of_canvas): (i64, i64) = (row.try_get("of_work")?, row.try_get("of_canvas")?);
    Ok(of_work >= MAX_PER_WORK || of_canvas >= i64::from(max))
}

/// The identifier that the client would like if it is free; otherwise one made of the revision. Clients may have suggested
/// such identifiers before, too.
async fn free_id(
    changes: &mut AnyConnection,
    seq: i64,
    slug: Option<String>,
    revision: i64,
) -> Result<String, Error> {
    let made = slug.as_ref().map_or_else(|| format!("a{revision}"), |slug| format!("{slug}-{revision}"));
    let (mut id, mut tries) = (slug.unwrap_or_else(|| made.clone()), 0);
    loop {
        let known = sqlx::query("SELECT 1 AS one FROM annotations WHERE seq = $1 AND id = $2");
        if known.bind(seq).bind(id.clone()).fetch_optional(&mut *changes).await?.is_none() {
            return Ok(id);
        }
        tries += 1;
        id = if tries == 1 { made.clone() } else { format!("{made}-{tries}") };
    }
}

/// The annotation before a change.
async fn current(
    changes: &mut AnyConnection,
    seq: i64,
    id: &str,
    expected: Option<u64>,
) -> Result<Result<StoredAnnotation, AnnotationRefused>, Error> {
    let text = format!("SELECT {STATE}, body FROM annotations WHERE seq = $1 AND id = $2");
    let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(seq).bind(without_nul(id));
    let Some(row) = query.fetch_optional(changes).await? else { return Ok(Err(AnnotationRefused::Unknown)) };
    let old = annotation(&row)?;
    Ok(match (old.state.status, expected) {
        (AnnotationStatus::Deleted, _) => Err(AnnotationRefused::Deleted),
        (_, Some(expected)) if expected != old.state.revision => {
            Err(AnnotationRefused::Changed { current: old.state.revision })
        }
        _ => Ok(old),
    })
}

async fn write(
    changes: &mut AnyConnection,
    now: &Now,
    changed: &StoredAnnotation,
    actor: &str,
    note: Option<&str>,
) -> Result<(), Error> {
    let StoredAnnotation { state, body } = changed;
    let revision = signed(now.revision);
    let row: Vec<Value> = vec![
        now.seq.into(),
        state.id.as_str().into(),
        i64::from(state.canvas).into(),
        state.image.clone().into(),
        state.status.name().into(),
        state.creator.as_str().into(),
        signed(state.made).into(),
        revision.into(),
        state.created_ms.into(),
        now.at_ms.into(),
        state.words.as_str().into(),
        body.as_str().into(),
    ];
    let insert = "INSERT INTO annotations (seq, id, canvas, image, status, creator, made, revision, created_ms, \
        changed_ms, words, body) VALUES";
    let replace = "ON CONFLICT (seq, id) DO UPDATE SET status = excluded.status, revision = excluded.revision, \
        changed_ms = excluded.changed_ms, words = excluded.words, body = excluded.body";
    execute_rows(changes, insert, vec![row], replace).await?;
    let event: Vec<Value> = vec![
        revision.into(),
        now.seq.into(),
        state.id.as_str().into(),
        state.status.name().into(),
        actor.into(),
        note.map(str::to_owned).into(),
        now.at_ms.into(),
        body.as_str().into(),
    ];
    let insert =
        "INSERT INTO annotation_history (revision, seq, id, status, actor, note, at_ms, body) VALUES";
    execute_rows(changes, insert, vec![event], "").await?;
    sqlx::query("UPDATE works SET annotated = 1, revision = $1, changed_ms = $2 WHERE seq = $3")
        .bind(revision)
        .bind(now.at_ms)
        .bind(now.seq)
        .execute(changes)
        .await?;
    Ok(())
}

/// The words of a work's first published annotations.
pub(super) async fn notes(reader: &mut AnyConnection, seq: i64) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(
        "SELECT words FROM annotations WHERE seq = $1 AND status = 'accepted' AND words <> '' ORDER BY made LIMIT $2",
    )
    .bind(seq)
    .bind(MAX_NOTES)
    .fetch_all(reader)
    .await?;
    rows.iter().map(|row| Ok(row.try_get("words")?)).collect()
}

fn state(row: &AnyRow) -> Result<AnnotationState, Error> {
    Ok(AnnotationState {
        id: row.try_get("id")?,
        canvas: u32::try_from(row.try_get::<i64, _>("canvas")?).unwrap_or_default(),
        image: row.try_get("image")?,
        status: status(row)?,
        creator: row.try_get("creator")?,
        made: number(row.try_get("made")?),
        revision: number(row.try_get("revision")?),
        created_ms: row.try_get("created_ms")?,
        changed_ms: row.try_get("changed_ms")?,
        words: row.try_get("words")?,
    })
}

fn annotation(row: &AnyRow) -> Result<StoredAnnotation, Error> {
    Ok(StoredAnnotation { state: state(row)?, body: row.try_get("body")? })
}

fn status(row: &AnyRow) -> Result<AnnotationStatus, Error> {
    let name: String = row.try_get("status")?;
    AnnotationStatus::parse(&name)
        .ok_or_else(|| Error::Damaged(format!("an annotation with the status `{name}`")))
}

/// PostgreSQL text values cannot contain NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
