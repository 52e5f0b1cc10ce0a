//! Puts works into the catalogue, one batch per transaction.

use std::collections::{BTreeSet, HashMap};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::batch::{Batch, DEFAULT_SOURCE, EMBEDDED_SOURCE, MAX_NUMBER_BYTES, Prepared};
use super::facets::FacetChanges;
use super::overlay::{effective, overlays};
use super::source_uris::{self, SOURCE_URIS};
use super::sql::{Value, execute_rows, fetch_rows};
use super::transaction::{Limits, Outcome};
use super::withdrawal_log::{LOG, restored_row, withdrawn_row};
use super::write_lock::{REVISIONS, WriteLock, lock_for_writing, revision_row};
use super::{Catalogue, Error, Removal};
use crate::record::{Kind, Work, facets};

/// What a batch changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchSummary {
    /// Works that did not exist before.
    pub created: u64,
    /// Works whose record changed.
    pub updated: u64,
    /// Works whose record is the same.
    pub unchanged: u64,
    /// Works that were withdrawn because their records say so.
    pub withdrawn: u64,
    /// Records of works that the museum has withdrawn, which stay withdrawn.
    pub withheld: u64,
    /// How many of those created or updated belonged to another source.
    pub taken_over: u64,
}

/// A work's row before a change.
pub(super) struct Before {
    pub seq: i64,
    pub hash: String,
    pub source: String,
    pub revision: u64,
    pub removal: Option<Removal>,
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
        let numbers: Vec<&str> = batch.works.iter().map(|new| new.number.as_str()).collect();
        let there = before(&mut *self.0.pools.readers.acquire().await?, &numbers).await?;
        let mut put = BatchSummary::default();
        for new in &batch.works {
            put.count(&effect(there.get(&new.number), new, batch.restores));
        }
        Ok(put)
    }

    /// Puts works in one transaction. Unchanged works get no revision. Decisions about tags also apply to the new records.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, refuses a row, or is full.
    pub async fn put(&self, batch: Batch) -> Result<BatchSummary, Error> {
        if batch.works.is_empty() {
            return Ok(BatchSummary::default());
        }
        let numbers: Vec<&str> = batch.works.iter().map(|new| new.number.as_str()).collect();
        // A batch without changes does not need the write lock.
        let there = before(&mut *self.0.pools.readers.acquire().await?, &numbers).await?;
        let is_owned =
            |new: &Prepared| there.get(&new.number).is_some_and(|known| owner(known, new) == known.source);
        let mut unchanged = BatchSummary::default();
        let changes_nothing = |new: &Prepared| {
            let effect = effect(there.get(&new.number), new, batch.restores);
            unchanged.count(&effect);
            matches!(effect, Effect::Unchanged | Effect::Withheld { changed: false }) && is_owned(new)
        };
        if batch.works.iter().all(changes_nothing) {
            return Ok(unchanged);
        }
        self.transact(Limits::BATCH, async |changes| self.put_all(changes, batch).await).await
    }

    async fn put_all(
        &self,
        changes: &mut AnyConnection,
        batch: Batch,
    ) -> Result<Outcome<(BatchSummary, FacetChanges)>, Error> {
        let numbers: Vec<&str> = batch.works.iter().map(|new| new.number.as_str()).collect();
        let mut lock = lock_for_writing(changes).await?;
        let before = before(changes, &numbers).await?;
        let judged = before.values().filter(|known| known.judged).map(|known| known.seq);
        let overlays = overlays(changes, judged).await?;
        let mut put = BatchSummary::default();
        let mut rows = Rows::default();
        let mut facet_changes = FacetChanges::default();
        for new in batch.works {
            let known = before.get(&new.number);
            let effect = effect(known, &new, batch.restores);
            put.count(&effect);
            if matches!(effect, Effect::Unchanged | Effect::Withheld { changed: false }) {
                // A new owner is no change of the work: no revision.
                rows.owned.extend(
                    known
                        .filter(|known| owner(known, &new) != known.source)
                        .map(|known| vec![Value::from(known.seq), owner(known, &new).into()]),
                );
                continue;
            }
            if known.is_some_and(|known| known.removal.is_none() && owner(known, &new) != known.source) {
                put.taken_over += u64::from(known.is_some_and(|known| known.source != EMBEDDED_SOURCE));
            }
            let seq = known.map_or_else(|| lock.next_seq(), |known| known.seq);
            let from = known.map_or(&[][..], |known| &known.facet_ids);
            let kind = match effect {
                Effect::Put(kind) => kind,
                effect => {
                    facet_changes.clear(seq, from);
                    rows.add_hidden(new, seq, known, effect == Effect::Withdrawn, &mut lock);
                    continue;
                }
            };
            let facet_ids = match overlays.get(&seq) {
                Some(overlay) => facets(&new.work, &effective(&new.work.tags, overlay)),
                None => new.facets.clone(),
            };
            facet_changes.replace(seq, from, facet_ids);
            if let Some(Removal::BySource | Removal::ByMuseum) = known.and_then(|known| known.removal) {
                let actor = format!("source:{}", new.source);
                rows.log.push(restored_row(lock.revision + 1, seq, &actor, lock.at_ms));
            }
            rows.add(new, seq, known, (kind, None), &mut lock);
        }
        let shelves = facet_changes.apply(self, changes, lock.revision).await?;
        rows.write(changes, &shelves).await?;
        lock.finish(changes).await?;
        Ok(Outcome::Changed((put, facet_changes)))
    }
}

/// What a record changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Unchanged,
    Put(Kind),
    /// The record says that the work is withdrawn.
    Withdrawn,
    /// The museum has withdrawn the work; the record is kept for its return.
    Withheld {
        /// Whether the record is another one than before.
        changed: bool,
    },
}

fn effect(known: Option<&Before>, new: &Prepared, restores: bool) -> Effect {
    let is_same = known.is_some_and(|known| known.hash == new.hash);
    let is_flagged = new.withdrawn.is_some();
    match known.and_then(|known| known.removal) {
        Some(Removal::ByMuseum) if is_flagged || !restores => Effect::Withheld { changed: !is_same },
        Some(Removal::BySource) if is_flagged && is_same => Effect::Unchanged,
        // One that was restored stays, until its record changes.
        None if is_same => Effect::Unchanged,
        // A source withdraws its own works only.
        None if is_flagged && known.is_some_and(|known| known.source != new.source) => Effect::Unchanged,
        _ if is_flagged => Effect::Withdrawn,
        None if known.is_some() => Effect::Put(Kind::Update),
        _ => Effect::Put(Kind::Create),
    }
}

impl BatchSummary {
    fn count(&mut self, effect: &Effect) {
        let counted = match effect {
            Effect::Unchanged => &mut self.unchanged,
            Effect::Put(Kind::Update) => &mut self.updated,
            Effect::Put(Kind::Create | Kind::Delete) => &mut self.created,
            Effect::Withdrawn => &mut self.withdrawn,
            Effect::Withheld { .. } => &mut self.withheld,
        };
        *counted += 1;
    }
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
        removal: Removal::of(row.try_get("removed")?, row.try_get("source")?),
        judged: row.try_get::<i64, _>("judged")? != 0,
        facet_ids: serde_json::from_str(row.try_get("shelves")?)?,
    })
}

/// The rows of a work's files: images, sound and video.
pub(super) fn image_rows(work: &Work, seq: i64) -> Vec<Vec<Value>> {
    let media = work.media_files.iter().map(|media| media.file.as_str());
    let files = work.images.iter().map(|image| without_page(&image.file)).chain(media);
    let files: BTreeSet<&str> = files.filter(|file| file.len() <= MAX_NUMBER_BYTES).collect();
    files.into_iter().map(|file| vec![file.into(), seq.into()]).collect()
}

/// The rows that a batch writes.
#[derive(Default)]
struct Rows {
    works: Vec<(i64, Vec<Value>)>,
    images: Vec<Vec<Value>>,
    uris: Vec<Vec<Value>>,
    /// Works whose rows in `images` and `source_uris` are replaced.
    replaced: Vec<Vec<Value>>,
    revisions: Vec<Vec<Value>>,
    /// Known works that their records withdraw.
    withdrawn: Vec<Vec<Value>>,
    /// Entries of the log of withdrawals.
    log: Vec<Vec<Value>>,
    /// Unchanged works that belong to another source now.
    owned: Vec<Vec<Value>>,
}

impl Rows {
    /// Adds a work that is not shown. A record that withdraws a work may say nothing else: the last record that described
    /// the work is kept, and all images that the work ever had stay withdrawn with it.
    fn add_hidden(
        &mut self,
        new: Prepared,
        seq: i64,
        known: Option<&Before>,
        withdrawn: bool,
        lock: &mut WriteLock,
    ) {
        let removal = if withdrawn { Some(Removal::BySource) } else { known.and_then(|known| known.removal) };
        if withdrawn {
            let reason = new.withdrawn.as_ref().and_then(|flag| flag.reason.clone());
            let actor = format!("source:{}", new.source);
            self.log.push(withdrawn_row(lock.revision + 1, seq, reason, &actor, lock.at_ms));
        }
        if known.is_none() || new.withdrawn.is_none() {
            return self.add(new, seq, known, (Kind::Delete, removal), lock);
        }
        let revision = lock.next_revision();
        self.images.extend(image_rows(&new.work, seq));
        self.revisions.push(revision_row(revision, &new.number, Kind::Delete, lock.at_ms));
        let removed = Removal::number(removal).into();
        self.withdrawn.push(vec![seq.into(), revision.into(), lock.at_ms.into(), removed, new.hash.into()]);
    }

    fn add(
        &mut self,
        new: Prepared,
        seq: i64,
        known: Option<&Before>,
        (kind, removal): (Kind, Option<Removal>),
        lock: &mut WriteLock,
    ) {
        let source = known.map_or(&*new.source, |known| owner(known, &new)).to_owned();
        let Prepared { number, work, original, record, label, hash, uris, .. } = new;
        let revision = lock.next_revision();
        let matched = || work.images.iter().filter(|image| image.matched);
        let thumbnail = matched().next().map(|image| image.file.clone());
        let judged = known.is_some_and(|known| known.judged);
        // A withdrawn work keeps its images, or one that its next record omits would count as free.
        if known.is_some() && removal.is_none() {
            self.replaced.push(vec![seq.into()]);
        }
        self.images.extend(image_rows(&work, seq));
        self.uris.extend(uris.into_iter().map(|uri| source_uris::row(uri, seq)));
        self.revisions.push(revision_row(revision, &number, kind, lock.at_ms));
        let row = vec![
            seq.into(),
            number.into(),
            revision.into(),
            lock.at_ms.into(),
            Removal::number(removal).into(),
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
        for delete in
            ["DELETE FROM images WHERE seq IN (VALUES", "DELETE FROM source_uris WHERE seq IN (VALUES"]
        {
            execute_rows(connection, delete, self.replaced.clone(), ")").await?;
        }
        execute_rows(connection, SOURCE_URIS, self.uris, "ON CONFLICT DO NOTHING").await?;
        execute_rows(connection, IMAGES, self.images, "ON CONFLICT DO NOTHING").await?;
        let withdrawn = "UPDATE works SET removed = gone.column4, shelves = '[]', changed_ms = gone.column3, \
            revision = gone.column2, hash = gone.column5 FROM (VALUES";
        execute_rows(connection, withdrawn, self.withdrawn, ") AS gone WHERE works.seq = gone.column1")
            .await?;
        execute_rows(connection, LOG, self.log, "").await?;
        execute_rows(connection, REVISIONS, self.revisions, "").await?;
        let owned = "UPDATE works SET source = own.column2 FROM (VALUES";
        execute_rows(connection, owned, self.owned, ") AS own WHERE works.seq = own.column1").await
    }
}

pub(super) const IMAGES: &str = "INSERT INTO images (file, seq) VALUES";
const WORKS: &str = "INSERT INTO works (seq, object_number, revision, changed_ms, removed, judged, public_domain, rights, \
    hash, source, thumbnail, label, record, original, shelves) VALUES";
const UPDATED: &str = "ON CONFLICT (seq) DO UPDATE SET revision = excluded.revision, changed_ms = excluded.changed_ms, \
    removed = excluded.removed, public_domain = excluded.public_domain, rights = excluded.rights, hash = excluded.hash, \
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
