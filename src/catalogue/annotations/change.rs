//! Creates, replaces, decides about and deletes annotations.

use sqlx::{AnyConnection, Row};

use super::read::{MAX_PER_WORK, STATE, annotation, last_change, without_nul};
use super::{AnnotationChange, AnnotationRefused, AnnotationState, AnnotationStatus, StoredAnnotation};
use crate::catalogue::facets::{FacetChanges, number, signed};
use crate::catalogue::put::before;
use crate::catalogue::sql::{Value, execute_rows};
use crate::catalogue::transaction::{Limits, Outcome};
use crate::catalogue::write_lock::{REVISIONS, lock_for_writing, revision_row};
use crate::catalogue::{Catalogue, Error};
use crate::record::Kind;

impl Catalogue {
    /// Makes a change, and returns the annotation after it. A decision that changes nothing makes no revision. The history
    /// of the annotation keeps its first event and the last `kept` ones.
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
        kept: u32,
    ) -> Result<Result<StoredAnnotation, AnnotationRefused>, Error> {
        let work = async |changes: &mut AnyConnection| {
            Ok(match make(changes, object_number, change, actor, note).await? {
                Made::Changed(seq, annotation) => {
                    forget(changes, seq, &annotation.state.id, kept).await?;
                    Outcome::Changed((Ok(*annotation), FacetChanges::default()))
                }
                Made::Unchanged(annotation) => Outcome::Unchanged((Ok(*annotation), FacetChanges::default())),
                Made::Refused(refused) => Outcome::Unchanged((Err(refused), FacetChanges::default())),
            })
        };
        self.transact(Limits::REQUEST, work).await
    }
}

/// What became of a change.
enum Made {
    /// With the number of the work's row.
    Changed(i64, Box<StoredAnnotation>),
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
        AnnotationChange::Create { slug, canvas, image, status, words, body, max, expected } => {
            if let Some(expected) = expected
                && last_change(&mut *changes, object_number).await? != expected
            {
                return Ok(Made::Refused(AnnotationRefused::OthersChanged));
            }
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
    Ok(Made::Changed(seq, Box::new(changed)))
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

/// Whether a canvas or its work has as many annotations as it may have. Rejected ones count for the work only, so that a
/// moderated writer cannot fill a canvas for good.
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
         (SELECT COUNT(*) FROM annotations WHERE seq = $1 AND status IN ('pending', 'accepted') AND {count}) AS of_canvas"
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
    let text = format!("SELECT {STATE}, words, body FROM annotations WHERE seq = $1 AND id = $2");
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

/// Removes the events of an annotation between the first and the last ones, of which at least one stays.
async fn forget(changes: &mut AnyConnection, seq: i64, id: &str, kept: u32) -> Result<(), Error> {
    let last = "SELECT revision FROM annotation_history WHERE seq = $1 AND id = $2 ORDER BY revision DESC";
    let text = format!(
        "DELETE FROM annotation_history WHERE seq = $1 AND id = $2 AND revision < ({last} LIMIT 1 OFFSET $3) \
         AND revision > (SELECT MIN(revision) FROM annotation_history WHERE seq = $1 AND id = $2)"
    );
    sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(seq)
        .bind(id.to_owned())
        .bind(i64::from(kept.max(1)) - 1)
        .execute(changes)
        .await?;
    Ok(())
}
