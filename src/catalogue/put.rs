//! Puts works into the catalogue, one batch per transaction.

use std::collections::{HashMap, HashSet};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::batch::{Batch, DEFAULT_SOURCE, EMBEDDED_SOURCE, MAX_NUMBER_BYTES, Prepared};
use super::facets::FacetChanges;
use super::overlay::{effective, overlays};
use super::sql::{Value, execute_rows, fetch_rows};
use super::transaction::{Limits, Outcome};
use super::write_lock::{REVISIONS, WriteLock, lock_for_writing, revision_row};
use super::{Catalogue, Error};
use crate::record::{Kind, facets};

/// What a batch changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchSummary {
    /// Works that did not exist before.
    pub created: u64,
    /// Works whose record changed.
    pub updated: u64,
    /// Works whose record is the same.
    pub unchanged: u64,
    /// How many of those created or updated belonged to another source.
    pub taken_over: u64,
}

/// A work's row before a change.
pub(super) struct Before {
    pub seq: i64,
    pub hash: String,
    pub source: String,
    pub revision: u64,
    pub removed: bool,
    /// Whether it has tags beside those of its record: decided or proposed ones.
    pub judged: bool,
    /// The identifiers of its facet values.
    pub facet_ids: Vec<i64>,
}

impl Catalogue {
    /// Counts what putting these works would change.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn compare(&self, batch: &Batch) -> Result<BatchSummary, Error> {
        let numbers: Vec<&str> = batch.0.iter().map(|new| new.number.as_str()).collect();
        let there = before(&mut *self.0.pools.readers.acquire().await?, &numbers).await?;
        let mut put = BatchSummary::default();
        for new in &batch.0 {
            match there.get(&new.number) {
                _ if is_unchanged(&there, new) => put.unchanged += 1,
                Some(known) if !known.removed => put.updated += 1,
                _ => put.created += 1,
            }
        }
        Ok(put)
    }

    /// Puts works in one transaction. Unchanged works get no revision. Decisions about tags also apply to the new records.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, refuses a row, or is full.
    pub async fn put(&self, batch: Batch) -> Result<BatchSummary, Error> {
        if batch.0.is_empty() {
            return Ok(BatchSummary::default());
        }
        let numbers: Vec<&str> = batch.0.iter().map(|new| new.number.as_str()).collect();
        // A batch without changes does not need the write lock.
        let there = before(&mut *self.0.pools.readers.acquire().await?, &numbers).await?;
        let is_owned =
            |new: &Prepared| there.get(&new.number).is_some_and(|known| owner(known, new) == known.source);
        if batch.0.iter().all(|new| is_unchanged(&there, new) && is_owned(new)) {
            return Ok(BatchSummary { unchanged: numbers.len() as u64, ..BatchSummary::default() });
        }
        self.transact(Limits::BATCH, async |changes| self.put_all(changes, batch).await).await
    }

    async fn put_all(
        &self,
        changes: &mut AnyConnection,
        batch: Batch,
    ) -> Result<Outcome<(BatchSummary, FacetChanges)>, Error> {
        let numbers: Vec<&str> = batch.0.iter().map(|new| new.number.as_str()).collect();
        let mut lock = lock_for_writing(changes).await?;
        let before = before(changes, &numbers).await?;
        let judged = before.values().filter(|known| known.judged).map(|known| known.seq);
        let overlays = overlays(changes, judged).await?;
        let mut put = BatchSummary::default();
        let mut rows = Rows::default();
        let mut facet_changes = FacetChanges::default();
        for new in batch.0 {
            let known = before.get(&new.number);
            if is_unchanged(&before, &new) {
                put.unchanged += 1;
                // A new owner is no change of the work: no revision.
                rows.owned.extend(
                    known
                        .filter(|known| owner(known, &new) != known.source)
                        .map(|known| vec![Value::from(known.seq), owner(known, &new).into()]),
                );
                continue;
            }
            if known.is_some_and(|known| !known.removed && owner(known, &new) != known.source) {
                put.taken_over += u64::from(known.is_some_and(|known| known.source != EMBEDDED_SOURCE));
            }
            let seq = known.map_or_else(|| lock.next_seq(), |known| known.seq);
            let kind = if known.is_some_and(|known| !known.removed) { Kind::Update } else { Kind::Create };
            match kind {
                Kind::Update => put.updated += 1,
                _ => put.created += 1,
            }
            let facet_ids = match overlays.get(&seq) {
                Some(overlay) => facets(&new.work, &effective(&new.work.tags, overlay)),
                None => new.facets.clone(),
            };
            facet_changes.replace(seq, known.map_or(&[][..], |known| &known.facet_ids), facet_ids);
            rows.add(new, seq, known, kind, &mut lock);
        }
        let shelves = facet_changes.apply(self, changes).await?;
        rows.write(changes, &shelves).await?;
        lock.finish(changes).await?;
        Ok(Outcome::Changed((put, facet_changes)))
    }
}

/// Whether the work exists with the same content.
fn is_unchanged(before: &HashMap<String, Before>, new: &Prepared) -> bool {
    before.get(&new.number).is_some_and(|known| known.hash == new.hash && !known.removed)
}

/// The source that a known work will belong to.
fn owner<'a>(known: &'a Before, new: &'a Prepared) -> &'a str {
    if new.source == DEFAULT_SOURCE && known.source != EMBEDDED_SOURCE { &known.source } else { &new.source }
}

/// The rows of these works, by object number.
pub(super) async fn before(
    connection: &mut AnyConnection,
    numbers: &[&str],
) -> Result<HashMap<String, Before>, Error> {
    let wanted = numbers.iter().map(|&number| vec![Value::from(number)]).collect();
    let select = "SELECT object_number, seq, hash, source, revision, removed, judged, shelves FROM works WHERE object_number IN (VALUES";
    let rows = fetch_rows(connection, select, wanted, ")").await?;
    rows.iter().map(|row| Ok((row.try_get("object_number")?, known(row)?))).collect()
}

fn known(row: &AnyRow) -> Result<Before, Error> {
    Ok(Before {
        seq: row.try_get("seq")?,
        hash: row.try_get("hash")?,
        source: row.try_get("source")?,
        revision: super::facets::number(row.try_get("revision")?),
        removed: row.try_get::<i64, _>("removed")? != 0,
        judged: row.try_get::<i64, _>("judged")? != 0,
        facet_ids: serde_json::from_str(row.try_get("shelves")?)?,
    })
}

/// The rows that a batch writes.
#[derive(Default)]
struct Rows {
    works: Vec<(i64, Vec<Value>)>,
    images: Vec<Vec<Value>>,
    /// Works whose rows in `images` are replaced.
    replaced: Vec<Vec<Value>>,
    revisions: Vec<Vec<Value>>,
    /// Unchanged works that belong to another source now.
    owned: Vec<Vec<Value>>,
}

impl Rows {
    fn add(&mut self, new: Prepared, seq: i64, known: Option<&Before>, kind: Kind, lock: &mut WriteLock) {
        let source = known.map_or(&*new.source, |known| owner(known, &new)).to_owned();
        let Prepared { number, work, original, record, label, hash, .. } = new;
        let revision = lock.next_revision();
        let matched = || work.images.iter().filter(|image| image.matched);
        let thumbnail = matched().next().map(|image| image.file.clone());
        let judged = known.is_some_and(|known| known.judged);
        if known.is_some() {
            self.replaced.push(vec![seq.into()]);
        }
        let mut files = HashSet::new();
        for image in &work.images {
            let file = without_page(&image.file);
            if file.len() <= MAX_NUMBER_BYTES && files.insert(file) {
                self.images.push(vec![file.into(), seq.into()]);
            }
        }
        self.revisions.push(revision_row(revision, &number, kind, lock.at_ms));
        let row = vec![
            seq.into(),
            number.into(),
            revision.into(),
            lock.at_ms.into(),
            0.into(),
            i64::from(judged).into(),
            work.public_domain.map(i64::from).into(),
            work.rights.into(),
            hash.into(),
            source.into(),
            thumbnail.into(),
            label.into(),
            record.into(),
            original.into(),
        ];
        self.works.push((seq, row));
    }

    async fn write(
        self,
        connection: &mut AnyConnection,
        shelves: &HashMap<i64, Vec<i64>>,
    ) -> Result<(), Error> {
        let mut works = self.works;
        for (seq, row) in &mut works {
            let facet_ids = shelves.get(seq).map_or(&[][..], Vec::as_slice);
            row.push(serde_json::to_string(facet_ids)?.into());
        }
        let rows = works.into_iter().map(|(_, row)| row).collect();
        execute_rows(connection, WORKS, rows, UPDATED).await?;
        execute_rows(connection, "DELETE FROM images WHERE seq IN (VALUES", self.replaced, ")").await?;
        execute_rows(connection, "INSERT INTO images (file, seq) VALUES", self.images, "").await?;
        execute_rows(connection, REVISIONS, self.revisions, "").await?;
        let owned = "UPDATE works SET source = own.column2 FROM (VALUES";
        execute_rows(connection, owned, self.owned, ") AS own WHERE works.seq = own.column1").await
    }
}

const WORKS: &str = "INSERT INTO works (seq, object_number, revision, changed_ms, removed, judged, public_domain, rights, \
    hash, source, thumbnail, label, record, original, shelves) VALUES";
const UPDATED: &str = "ON CONFLICT (seq) DO UPDATE SET revision = excluded.revision, changed_ms = excluded.changed_ms, \
    removed = 0, public_domain = excluded.public_domain, rights = excluded.rights, hash = excluded.hash, \
    source = excluded.source, thumbnail = excluded.thumbnail, label = excluded.label, record = excluded.record, \
    original = excluded.original, shelves = excluded.shelves";

/// A file without its page number: rights apply to the whole file.
pub fn without_page(file: &str) -> &str {
    match file.rsplit_once(";page=") {
        Some((file, page)) if !page.is_empty() && page.bytes().all(|byte| byte.is_ascii_digit()) => file,
        _ => file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_are_removed() {
        for (file, whole) in
            [("a.tif;page=2", "a.tif"), ("a.tif", "a.tif"), ("a;page=", "a;page="), ("a;page=x", "a;page=x")]
        {
            assert_eq!(without_page(file), whole);
        }
    }
}
