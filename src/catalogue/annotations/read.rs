//! Reads annotations.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{AnnotationEvent, AnnotationState, AnnotationStatus, StoredAnnotation, WaitingAnnotation};
use crate::catalogue::facets::{number, signed};
use crate::catalogue::sql::{Value, fetch_rows};
use crate::catalogue::{Catalogue, Error};

/// Maximum number of annotations of one work, deleted ones included.
pub(super) const MAX_PER_WORK: i64 = 20_000;
/// Maximum number of a work's annotations whose words the search over works finds.
const MAX_NOTES: i64 = 100;
/// Maximum number of last events that are read of a history, each of which has a body.
const MAX_EVENTS: i64 = 100;

/// The columns of the state of an annotation.
pub(super) const STATE: &str = "annotations.id AS id, annotations.canvas AS canvas, annotations.image AS image, \
    annotations.status AS status, annotations.creator AS creator, annotations.made AS made, \
    annotations.revision AS revision, annotations.created_ms AS created_ms, annotations.changed_ms AS changed_ms";

impl Catalogue {
    /// The annotations of a work in the order of their creation, without deleted ones and without their words; at most
    /// 20,000.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn annotations(&self, object_number: &str) -> Result<Vec<AnnotationState>, Error> {
        let text = format!(
            "SELECT {STATE}, '' AS words FROM annotations JOIN works ON works.seq = annotations.seq \
             WHERE object_number = $1 AND status <> 'deleted' ORDER BY made LIMIT $2"
        );
        let query =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(without_nul(object_number)).bind(MAX_PER_WORK);
        // Rows need much more memory than what is read of them.
        query.fetch(&self.0.pools.readers).map(|row| state(&row?)).try_collect().await
    }

    /// The words of a work's published annotations that `is_wanted` accepts, by identifier: of the first `limit` in the
    /// order of their creation.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn annotation_words(
        &self,
        object_number: &str,
        limit: usize,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<HashMap<String, String>, Error> {
        let query = sqlx::query(
            "SELECT id, words FROM annotations JOIN works ON works.seq = annotations.seq \
             WHERE object_number = $1 AND status = 'accepted' ORDER BY made LIMIT $2",
        );
        let mut rows = query.bind(without_nul(object_number)).bind(MAX_PER_WORK).fetch(&self.0.pools.readers);
        let mut found = HashMap::new();
        while let Some(row) = rows.try_next().await? {
            let words: String = row.try_get("words")?;
            if is_wanted(&words) {
                found.insert(row.try_get("id")?, words);
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
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
            "SELECT {STATE}, words, body FROM annotations JOIN works ON works.seq = annotations.seq \
             WHERE object_number = $1 AND id = $2"
        );
        let query =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(without_nul(object_number)).bind(without_nul(id));
        query.fetch_optional(&self.0.pools.readers).await?.as_ref().map(annotation).transpose()
    }

    /// Annotations that wait for a decision, without their bodies, oldest first, after the one that this revision created;
    /// not those of withdrawn works.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or a label cannot be parsed.
    pub async fn waiting_annotations(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<WaitingAnnotation>, Error> {
        let text = format!(
            "SELECT {STATE}, words, '' AS body, object_number, label FROM annotations JOIN works ON works.seq = annotations.seq \
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

    /// The changes of an annotation, oldest first: the first one, and the last hundred of those that were kept.
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
             JOIN works ON works.seq = annotation_history.seq WHERE object_number = $1 AND id = $2 AND ( \
                annotation_history.revision IN (SELECT later.revision FROM annotation_history AS later \
                    WHERE later.seq = works.seq AND later.id = $2 ORDER BY later.revision DESC LIMIT $3) \
                OR annotation_history.revision = (SELECT MIN(earlier.revision) FROM annotation_history AS earlier \
                    WHERE earlier.seq = works.seq AND earlier.id = $2)) \
             ORDER BY annotation_history.revision",
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
        rows.iter().map(event).collect()
    }
}

/// The words of the first published annotations of these works, by sequence number.
pub(in crate::catalogue) async fn notes(
    reader: &mut AnyConnection,
    works: impl Iterator<Item = u64>,
) -> Result<HashMap<u64, Vec<String>>, Error> {
    let wanted = works.map(|seq| vec![Value::from(signed(seq))]).collect();
    let select = "SELECT seq, words FROM (SELECT seq, words, made, ROW_NUMBER() OVER (PARTITION BY seq ORDER BY made) AS place \
        FROM annotations WHERE status = 'accepted' AND words <> '' AND seq IN (VALUES";
    let first = format!(")) AS numbered WHERE place <= {MAX_NOTES} ORDER BY seq, made");
    let mut notes: HashMap<u64, Vec<String>> = HashMap::new();
    for row in fetch_rows(reader, select, wanted, &first).await? {
        notes.entry(number(row.try_get("seq")?)).or_default().push(row.try_get("words")?);
    }
    Ok(notes)
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

pub(super) fn annotation(row: &AnyRow) -> Result<StoredAnnotation, Error> {
    Ok(StoredAnnotation { state: state(row)?, body: row.try_get("body")? })
}

fn status(row: &AnyRow) -> Result<AnnotationStatus, Error> {
    let name: String = row.try_get("status")?;
    AnnotationStatus::parse(&name)
        .ok_or_else(|| Error::Damaged(format!("an annotation with the status `{name}`")))
}

/// PostgreSQL text values cannot contain NUL.
pub(super) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
