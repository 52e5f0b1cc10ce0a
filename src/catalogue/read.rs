//! Reads works, the works of images, and revisions.

use std::collections::{HashMap, HashSet};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::annotations::notes;
use super::facets::{number, signed};
use super::overlay::{OverlayTag, effective, overlays};
use super::put::without_page;
use super::sql::{Value, fetch_rows};
use super::withdrawal_log::last_withdrawal;
use super::{Catalogue, Error, Removal, Tombstone};
use crate::record::{Change, Kind, Picture, Tag, Work};

/// A work as the catalogue keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredWork {
    /// The record as imported.
    pub work: Work,
    /// Its tags with the decisions about them, added and rejected ones included.
    pub tags: Vec<Tag>,
    /// What was measured on its pictures.
    pub picture: Option<Picture>,
    /// The last revision that changed it.
    pub revision: u64,
    /// When it was last changed, in milliseconds since 1970.
    pub changed_ms: i64,
    /// The name of the source of its record.
    pub source: String,
    /// Whether it is not shown: it was withdrawn, or is a master's own record that another one replaced.
    pub removed: bool,
    /// Whether it has, or had, annotations.
    pub annotated: bool,
    /// The texts of its published annotations for the search over works; only [`Catalogue::get_all`] and
    /// [`Catalogue::scan`] read them.
    pub notes: Vec<String>,
    /// What is published about it, if it was withdrawn.
    pub tombstone: Option<Tombstone>,
}

/// The rights of a work that shows an image.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkRights {
    /// The museum's number of the work.
    pub object_number: String,
    /// The URI or the words of its rights statement.
    pub rights: Option<String>,
    /// Whether it is in the public domain; `None` if unknown.
    pub public_domain: Option<bool>,
    /// Why the work is not shown, if so.
    pub removal: Option<Removal>,
}

const STORED: &str =
    "SELECT seq, revision, changed_ms, source, removed, judged, annotated, picture, record FROM works";

impl Catalogue {
    /// The work with this object number, withdrawn or not.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn get(&self, object_number: &str) -> Result<Option<StoredWork>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        let text = format!("{STORED} WHERE object_number = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(object_number.replace('\0', "\u{fffd}"))
            .fetch_optional(&mut *reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut overlay = Vec::new();
        if row.try_get::<i64, _>("judged")? != 0 {
            let seq: i64 = row.try_get("seq")?;
            overlay = overlays(&mut reader, [seq].into_iter()).await?.remove(&seq).unwrap_or_default();
        }
        let mut stored = stored(&row, &overlay)?;
        let removal = Removal::of(row.try_get("removed")?, &stored.source);
        if matches!(removal, Some(Removal::BySource | Removal::ByMuseum)) {
            let logged = last_withdrawal(&mut reader, row.try_get("seq")?).await?;
            let (at_ms, reason) = logged.unwrap_or((stored.changed_ms, None));
            let object_number = stored.work.object_number.clone();
            stored.tombstone = Some(Tombstone {
                object_number,
                at_ms: Some(at_ms),
                reason,
                revision: Some(stored.revision),
            });
        }
        Ok(Some(stored))
    }

    /// The works with these object numbers, by object number; without those that do not exist or were withdrawn.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or a record cannot be parsed.
    pub async fn get_all(&self, object_numbers: &[String]) -> Result<HashMap<String, StoredWork>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        let mut works = works_where(&mut reader, "removed = 0 AND", object_numbers).await?;
        add_notes(&mut reader, &mut works).await?;
        Ok(by_number(works))
    }

    /// The works with these object numbers, by object number, withdrawn or not; without tombstones.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or a record cannot be parsed.
    pub async fn get_ever(&self, object_numbers: &[String]) -> Result<HashMap<String, StoredWork>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        Ok(by_number(works_where(&mut reader, "", object_numbers).await?))
    }

    /// Those of these object numbers whose works exist and were not withdrawn.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn present(&self, object_numbers: &[String]) -> Result<HashSet<String>, Error> {
        let wanted = object_numbers.iter().map(|number| vec![Value::from(number.as_str())]).collect();
        let select = "SELECT object_number FROM works WHERE removed = 0 AND object_number IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = fetch_rows(&mut reader, select, wanted, ")").await?;
        rows.iter().map(|row| Ok(row.try_get("object_number")?)).collect()
    }

    /// The original record; `None` if the work itself holds all of it.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn original(&self, object_number: &str) -> Result<Option<String>, Error> {
        Ok(self.originals(&[object_number.to_owned()]).await?.into_values().next())
    }

    /// The original records of these works, by object number; without those that the works themselves hold.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn originals(&self, object_numbers: &[String]) -> Result<HashMap<String, String>, Error> {
        let wanted = object_numbers.iter().map(|number| vec![Value::from(number.as_str())]).collect();
        let select = "SELECT object_number, original FROM works WHERE object_number IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = fetch_rows(&mut reader, select, wanted, ") AND original IS NOT NULL").await?;
        rows.iter().map(|row| Ok((row.try_get("object_number")?, row.try_get("original")?))).collect()
    }

    /// The works that show any of these images.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn works_showing(&self, files: &[String]) -> Result<Vec<WorkRights>, Error> {
        let mut all = self.works_ever_showing(files).await?;
        all.retain(|work| work.removal.is_none());
        Ok(all)
    }

    /// The works that show any of these images, including withdrawn works.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn works_ever_showing(&self, files: &[String]) -> Result<Vec<WorkRights>, Error> {
        let mut names: Vec<&str> = files.iter().map(|file| without_page(file)).collect();
        names.sort_unstable();
        names.dedup();
        let wanted = names.into_iter().map(|file| vec![Value::from(file)]).collect();
        let select = "SELECT DISTINCT works.object_number, works.rights, works.public_domain, works.removed, works.source FROM images \
            JOIN works ON works.seq = images.seq WHERE images.file IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = fetch_rows(&mut reader, select, wanted, ") ORDER BY works.object_number").await?;
        rows.iter().map(showing).collect()
    }

    /// The works that show each of these files, including withdrawn works; the files are named without pages.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn works_by_file(&self, files: &[String]) -> Result<Vec<(String, WorkRights)>, Error> {
        let wanted = files.iter().map(|file| vec![Value::from(file.as_str())]).collect();
        let select = "SELECT images.file, works.object_number, works.rights, works.public_domain, works.removed, works.source FROM images \
            JOIN works ON works.seq = images.seq WHERE images.file IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = fetch_rows(&mut reader, select, wanted, ")").await?;
        rows.iter().map(|row| Ok((row.try_get("file")?, showing(row)?))).collect()
    }

    /// The files that these works show, including withdrawn works; without pages.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn files_of(&self, object_numbers: &HashSet<String>) -> Result<HashSet<String>, Error> {
        let wanted = object_numbers.iter().map(|number| vec![Value::from(number.as_str())]).collect();
        let select = "SELECT DISTINCT images.file FROM works JOIN images ON images.seq = works.seq \
            WHERE works.object_number IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = fetch_rows(&mut reader, select, wanted, ")").await?;
        rows.iter().map(|row| Ok(row.try_get("file")?)).collect()
    }

    /// The works of a source whose images also belong to works of other sources.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn superseded(&self, source: &str) -> Result<Vec<String>, Error> {
        let rows = sqlx::query(
            "SELECT DISTINCT works.object_number FROM works JOIN images ON images.seq = works.seq \
             JOIN images AS others ON others.file = images.file AND others.seq <> images.seq \
             JOIN works AS theirs ON theirs.seq = others.seq AND theirs.source <> works.source AND theirs.removed = 0 \
             WHERE works.source = $1 AND works.removed = 0",
        )
        .bind(source.to_owned())
        .fetch_all(&self.0.pools.readers)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("object_number")?)).collect()
    }

    /// At most `limit` changes after this revision, in order.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, Error> {
        let rows = sqlx::query(
            "SELECT revision, object_number, kind, at_ms FROM revisions WHERE revision > $1 ORDER BY revision LIMIT $2",
        )
        .bind(signed(after))
        .bind(limit as i64)
        .fetch_all(&self.0.pools.readers)
        .await?;
        rows.iter().map(change).collect()
    }

    /// The last revision; 0 if there is none.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn last_revision(&self) -> Result<u64, Error> {
        let row = sqlx::query("SELECT revision FROM counter").fetch_one(&self.0.pools.readers).await?;
        Ok(number(row.try_get("revision")?))
    }

    /// Works in the order of their first import, after this sequence number; each with its own. Withdrawn ones are skipped.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or a record cannot be parsed.
    pub async fn scan(&self, after: u64, limit: usize) -> Result<Vec<(u64, StoredWork)>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        let text = format!("{STORED} WHERE seq > $1 AND removed = 0 ORDER BY seq LIMIT $2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(signed(after))
            .bind(limit as i64)
            .fetch_all(&mut *reader)
            .await?;
        let mut works = with_tags(&mut reader, &rows).await?;
        add_notes(&mut reader, &mut works).await?;
        Ok(works)
    }
}

/// The works with these object numbers that fulfil a condition.
async fn works_where(
    reader: &mut AnyConnection,
    condition: &str,
    object_numbers: &[String],
) -> Result<Vec<(u64, StoredWork)>, Error> {
    let wanted = object_numbers.iter().map(|number| vec![Value::from(number.as_str())]).collect();
    let text = format!("{STORED} WHERE {condition} object_number IN (VALUES");
    let rows = fetch_rows(reader, &text, wanted, ")").await?;
    with_tags(reader, &rows).await
}

fn by_number(works: Vec<(u64, StoredWork)>) -> HashMap<String, StoredWork> {
    works.into_iter().map(|(_, stored)| (stored.work.object_number.clone(), stored)).collect()
}

/// Reads the notes of those works that have annotations.
async fn add_notes(reader: &mut AnyConnection, works: &mut [(u64, StoredWork)]) -> Result<(), Error> {
    let annotated = works.iter().filter(|(_, work)| work.annotated).map(|(seq, _)| *seq);
    let mut notes = notes(reader, annotated).await?;
    for (seq, work) in works {
        work.notes = notes.remove(seq).unwrap_or_default();
    }
    Ok(())
}

/// The works of these rows with their sequence numbers and all their tags.
pub(super) async fn with_tags(
    reader: &mut AnyConnection,
    rows: &[AnyRow],
) -> Result<Vec<(u64, StoredWork)>, Error> {
    let mut judged = Vec::new();
    for row in rows {
        if row.try_get::<i64, _>("judged")? != 0 {
            judged.push(row.try_get("seq")?);
        }
    }
    let overlays = overlays(reader, judged.into_iter()).await?;
    let mut works = Vec::with_capacity(rows.len());
    for row in rows {
        let seq: i64 = row.try_get("seq")?;
        works.push((number(seq), stored(row, overlays.get(&seq).map_or(&[][..], Vec::as_slice))?));
    }
    Ok(works)
}

fn showing(row: &AnyRow) -> Result<WorkRights, Error> {
    Ok(WorkRights {
        object_number: row.try_get("object_number")?,
        rights: row.try_get("rights")?,
        public_domain: row.try_get::<Option<i64>, _>("public_domain")?.map(|is| is != 0),
        removal: Removal::of(row.try_get("removed")?, row.try_get("source")?),
    })
}

fn stored(row: &AnyRow, overlay: &[OverlayTag]) -> Result<StoredWork, Error> {
    let work: Work = serde_json::from_str(row.try_get("record")?)?;
    let tags = effective(&work.tags, overlay);
    let picture: Option<String> = row.try_get("picture")?;
    Ok(StoredWork {
        work,
        tags,
        picture: picture.map(|text| serde_json::from_str(&text)).transpose()?,
        revision: number(row.try_get("revision")?),
        changed_ms: row.try_get("changed_ms")?,
        source: row.try_get("source")?,
        removed: row.try_get::<i64, _>("removed")? != 0,
        annotated: row.try_get::<i64, _>("annotated")? != 0,
        notes: Vec::new(),
        tombstone: None,
    })
}

fn change(row: &AnyRow) -> Result<Change, Error> {
    let kind: String = row.try_get("kind")?;
    Ok(Change {
        revision: number(row.try_get("revision")?),
        object_number: row.try_get("object_number")?,
        kind: match kind.as_str() {
            "create" => Kind::Create,
            "update" => Kind::Update,
            "delete" => Kind::Delete,
            other => return Err(Error::Damaged(format!("a revision of kind `{other}`"))),
        },
        at_ms: row.try_get("at_ms")?,
    })
}
