//! Reads annotations.

use std::collections::HashMap;

use futures::TryStreamExt;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{
    AnnotationCount, AnnotationEvent, AnnotationReader, AnnotationState, AnnotationStatus, StoredAnnotation,
    WaitingAnnotation,
};
use crate::catalogue::facets::{number, signed};
use crate::catalogue::sql::{Value, fetch_rows};
use crate::catalogue::{Catalogue, Error};

/// Maximum number of annotations of one work, deleted ones included.
pub(super) const MAX_PER_WORK: i64 = 20_000;
/// Maximum number of images of a canvas by which its annotations are found.
const MAX_IMAGES: usize = 10_000;
/// Maximum number of a work's annotations whose words the search over works finds.
const MAX_NOTES: i64 = 100;
/// Maximum number of last events that are read of a history, each of which has a body.
const MAX_EVENTS: i64 = 100;

/// The columns of the state of an annotation.
pub(super) const STATE: &str = "annotations.id AS id, annotations.canvas AS canvas, annotations.image AS image, \
    annotations.status AS status, annotations.creator AS creator, annotations.made AS made, \
    annotations.revision AS revision, annotations.created_ms AS created_ms, annotations.changed_ms AS changed_ms";

/// The annotations that somebody may read: the owner of a token is `$2`, and `$3` is 0 for anyone, 1 for a writer and 2 for a
/// curator.
const LISTED: &str =
    "(status = 'accepted' OR (status = 'pending' AND ($3 = 2 OR ($3 = 1 AND creator = $2))))";

/// What [`LISTED`] is bound to.
fn listed(reader: &AnnotationReader) -> (String, i64) {
    match reader {
        AnnotationReader::Anyone => (String::new(), 0),
        AnnotationReader::Writer(owner) => (without_nul(owner), 1),
        AnnotationReader::Curator => (String::new(), 2),
    }
}

/// The last revision that changed an annotation of a work; 0 if it has none.
pub(super) async fn last_change(connection: &mut AnyConnection, object_number: &str) -> Result<u64, Error> {
    let text = "SELECT COALESCE(MAX(revision), 0) AS last FROM annotations \
        WHERE seq = (SELECT seq FROM works WHERE object_number = $1)";
    let row = sqlx::query(text).bind(without_nul(object_number)).fetch_one(connection).await?;
    Ok(number(row.try_get("last")?))
}

impl Catalogue {
    /// How many annotations of a work somebody may read, by their places.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn annotation_counts(
        &self,
        object_number: &str,
        reader: &AnnotationReader,
    ) -> Result<Vec<AnnotationCount>, Error> {
        let text = format!(
            "SELECT image, canvas, COUNT(*) AS total, MAX(changed_ms) AS changed_ms FROM annotations \
             WHERE seq = (SELECT seq FROM works WHERE object_number = $1) AND {LISTED} GROUP BY image, canvas"
        );
        let (owner, rank) = listed(reader);
        let query =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(without_nul(object_number)).bind(owner).bind(rank);
        let count = |row: &AnyRow| {
            Ok(AnnotationCount {
                canvas: u32::try_from(row.try_get::<i64, _>("canvas")?).unwrap_or_default(),
                image: row.try_get("image")?,
                total: number(row.try_get("total")?),
                changed_ms: row.try_get("changed_ms")?,
            })
        };
        query.fetch_all(&self.0.pools.readers).await?.iter().map(count).collect()
    }

    /// Some of the annotations of a canvas that somebody may read, in the order of their creation: those with one of these
    /// images, and those without an image that have the number of the canvas.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn annotations_on(
        &self,
        object_number: &str,
        reader: &AnnotationReader,
        (canvas, images): (u32, &[String]),
        (start, limit): (usize, usize),
    ) -> Result<Vec<StoredAnnotation>, Error> {
        let images = &images[..images.len().min(MAX_IMAGES)];
        let numbers: Vec<String> = (0..images.len()).map(|at| format!("${}", at + 7)).collect();
        let has_image = match numbers.is_empty() {
            true => String::new(),
            false => format!("image IN ({}) OR", numbers.join(", ")),
        };
        let of_work = "seq = (SELECT seq FROM works WHERE object_number = $1)";
        let text = format!(
            "SELECT {STATE}, words, body FROM annotations WHERE {of_work} AND id IN (\
                SELECT id FROM annotations WHERE {of_work} AND {LISTED} \
                AND ({has_image} image IS NULL AND canvas = $4) ORDER BY made LIMIT $5 OFFSET $6\
             ) ORDER BY made"
        );
        let (owner, rank) = listed(reader);
        let query =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(without_nul(object_number)).bind(owner).bind(rank);
        let query =
            query.bind(i64::from(canvas)).bind(limit as i64).bind(i64::try_from(start).unwrap_or(i64::MAX));
        let query = images.iter().fold(query, |query, image| query.bind(without_nul(image)));
        query.fetch_all(&self.0.pools.readers).await?.iter().map(annotation).collect()
    }

    /// The identifiers of a work's published annotations whose words `is_wanted` accepts: the first `limit` in the order of
    /// their creation.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn annotations_with_words(
        &self,
        object_number: &str,
        limit: usize,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, Error> {
        let query = sqlx::query(
            "SELECT id, words FROM annotations JOIN works ON works.seq = annotations.seq \
             WHERE object_number = $1 AND status = 'accepted' ORDER BY made LIMIT $2",
        );
        let mut rows = query.bind(without_nul(object_number)).bind(MAX_PER_WORK).fetch(&self.0.pools.readers);
        let mut found = Vec::new();
        while let Some(row) = rows.try_next().await? {
            if is_wanted(row.try_get("words")?) {
                found.push(row.try_get("id")?);
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// The annotations of a work with these identifiers, in the order of their creation.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn annotations_with_ids(
        &self,
        object_number: &str,
        ids: &[String],
    ) -> Result<Vec<StoredAnnotation>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        let select =
            sqlx::query("SELECT seq FROM works WHERE object_number = $1").bind(without_nul(object_number));
        let Some(row) = select.fetch_optional(&mut *reader).await? else { return Ok(Vec::new()) };
        let seq: i64 = row.try_get("seq")?;
        let wanted = ids.iter().map(|id| vec![Value::from(id.as_str())]).collect();
        let select =
            format!("SELECT {STATE}, words, body FROM annotations WHERE seq = {seq} AND id IN (VALUES");
        let rows = fetch_rows(&mut reader, &select, wanted, ")").await?;
        let mut found = rows.iter().map(annotation).collect::<Result<Vec<_>, _>>()?;
        found.sort_by_key(|annotation| annotation.state.made);
        Ok(found)
    }

    /// The last revision that changed an annotation of a work; 0 if it has none.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn last_annotation_change(&self, object_number: &str) -> Result<u64, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        last_change(&mut reader, object_number).await
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
