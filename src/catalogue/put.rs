//! Works into the catalogue, a batch at a time: all of it or nothing.

use std::collections::{HashMap, HashSet};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::facets::Moves;
use super::sql::{Value, each, found};
use super::transaction::{Limits, Outcome};
use super::{Catalogue, Error, now_ms};
use crate::record::{Facet, Kind, Tag, Work, facets};

/// The source of records whose source has no name: works that have one keep theirs.
pub const DEFAULT_SOURCE: &str = "records";

/// The source of works that were read from masters; other records take their place.
pub const EMBEDDED_SOURCE: &str = "embedded";

/// A work as a source gives it.
#[derive(Clone, Debug)]
pub struct NewWork {
    pub work: Work,
    /// The record as it came, where [`Work`] does not hold all of it.
    pub original: Option<String>,
    /// The source's name.
    pub source: String,
}

/// Works written out, ready to be put: what can be done before it is a writer's turn.
pub struct Batch(Vec<Prepared>);

impl Batch {
    /// Of two works of one number the later counts.
    pub fn new(news: Vec<NewWork>) -> Result<Self, Error> {
        let mut places = HashMap::with_capacity(news.len());
        let mut latest: Vec<NewWork> = Vec::with_capacity(news.len());
        for new in news {
            let number = new.work.object_number.as_str();
            if number.is_empty() || number.len() > LONGEST || number.contains('\0') {
                let shown: String = number.chars().take(40).collect();
                return Err(Error::Invalid(format!(
                    "`{shown}` is no object number: it has 1 to {LONGEST} bytes"
                )));
            }
            match places.get(number) {
                Some(&place) => latest[place] = new,
                None => {
                    places.insert(number.to_owned(), latest.len());
                    latest.push(new);
                }
            }
        }
        latest.into_iter().map(Prepared::of).collect::<Result<_, _>>().map(Self)
    }
}

/// The longest object number or file name in bytes: databases index no longer ones.
const LONGEST: usize = 1024;

/// What a batch changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchSummary {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Of those created or updated, how many another source had given until now.
    pub taken_over: u64,
}

/// What is known of a work before it is put.
pub(super) struct Before {
    pub seq: i64,
    pub hash: String,
    pub source: String,
    pub revision: u64,
    pub removed: bool,
    pub judged: bool,
    /// The numbers of the shelves that it stands on.
    pub shelves: Vec<i64>,
}

/// A writer's turn: nobody else writes until it ends.
pub(super) struct Turn {
    pub revision: i64,
    pub seq: i64,
    pub at_ms: i64,
}

impl Catalogue {
    /// What putting these works would change.
    pub async fn compare(&self, batch: &Batch) -> Result<BatchSummary, Error> {
        let numbers: Vec<&str> = batch.0.iter().map(|new| new.number.as_str()).collect();
        let there = before(&mut *self.0.pools.readers.acquire().await?, &numbers).await?;
        let mut put = BatchSummary::default();
        for new in &batch.0 {
            match there.get(&new.number) {
                _ if stays(&there, new) => put.unchanged += 1,
                Some(known) if !known.removed => put.updated += 1,
                _ => put.created += 1,
            }
        }
        Ok(put)
    }

    /// Puts works, in one transaction. What is there already and says the same stays as it is. Decisions on tags hold
    /// for what is put as for what was there.
    pub async fn put(&self, batch: Batch) -> Result<BatchSummary, Error> {
        if batch.0.is_empty() {
            return Ok(BatchSummary::default());
        }
        let numbers: Vec<&str> = batch.0.iter().map(|new| new.number.as_str()).collect();
        // What has not changed keeps no writer waiting.
        let there = before(&mut *self.0.pools.readers.acquire().await?, &numbers).await?;
        let is_owned =
            |new: &Prepared| there.get(&new.number).is_some_and(|known| owner(known, new) == known.source);
        if batch.0.iter().all(|new| stays(&there, new) && is_owned(new)) {
            return Ok(BatchSummary { unchanged: numbers.len() as u64, ..BatchSummary::default() });
        }
        self.transact(Limits::BATCH, async |changes| self.put_all(changes, batch).await).await
    }

    async fn put_all(
        &self,
        changes: &mut AnyConnection,
        batch: Batch,
    ) -> Result<Outcome<(BatchSummary, Moves)>, Error> {
        let numbers: Vec<&str> = batch.0.iter().map(|new| new.number.as_str()).collect();
        let mut turn = take_turn(changes).await?;
        let before = before(changes, &numbers).await?;
        let judgements = judgements(changes, before.values()).await?;
        let mut put = BatchSummary::default();
        let mut rows = Rows::default();
        let mut moves = Moves::default();
        for new in batch.0 {
            let known = before.get(&new.number);
            if stays(&before, &new) {
                put.unchanged += 1;
                // Whose it is says nothing of the work: no revision.
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
            let seq = known.map_or_else(|| turn.next_seq(), |known| known.seq);
            let kind = if known.is_some_and(|known| !known.removed) { Kind::Update } else { Kind::Create };
            match kind {
                Kind::Update => put.updated += 1,
                _ => put.created += 1,
            }
            let stands_on = match judgements.get(&seq) {
                Some(overlay) => facets(&new.work, &effective(&new.work.tags, overlay)),
                None => new.facets.clone(),
            };
            moves.add(seq, known.map_or(&[][..], |known| &known.shelves), stands_on);
            rows.add(new, seq, known, kind, &mut turn);
        }
        let shelves = moves.carry_out(self, changes).await?;
        rows.write(changes, &shelves).await?;
        turn.end(changes).await?;
        Ok(Outcome::Changed((put, moves)))
    }
}

pub(super) const REVISIONS: &str = "INSERT INTO revisions (revision, object_number, kind, at_ms) VALUES";

pub(super) fn revision_row(revision: i64, object_number: &str, kind: Kind, at_ms: i64) -> Vec<Value> {
    let kind = match kind {
        Kind::Create => "create",
        Kind::Update => "update",
        Kind::Delete => "delete",
    };
    vec![revision.into(), object_number.into(), kind.into(), at_ms.into()]
}

/// Waits until no other writer is under way.
pub(super) async fn take_turn(connection: &mut AnyConnection) -> Result<Turn, Error> {
    let take = sqlx::query("UPDATE counter SET one = one RETURNING revision, seq, at_ms");
    let taken = take.fetch_one(connection).await?;
    // Clocks of several servers differ; the order of the revisions is the order of their times.
    let at_ms = now_ms().max(taken.try_get("at_ms")?);
    Ok(Turn { revision: taken.try_get("revision")?, seq: taken.try_get("seq")?, at_ms })
}

/// Whether the work is there and says the same.
fn stays(before: &HashMap<String, Before>, new: &Prepared) -> bool {
    before.get(&new.number).is_some_and(|known| known.hash == new.hash && !known.removed)
}

/// The source that a known work belongs to from now on.
fn owner<'a>(known: &'a Before, new: &'a Prepared) -> &'a str {
    if new.source == DEFAULT_SOURCE && known.source != EMBEDDED_SOURCE { &known.source } else { &new.source }
}

impl Turn {
    pub fn next_revision(&mut self) -> i64 {
        self.revision += 1;
        self.revision
    }

    fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        self.seq
    }

    /// Leaves the counters where they have come to.
    pub async fn end(&self, connection: &mut AnyConnection) -> Result<(), Error> {
        let count = sqlx::query("UPDATE counter SET revision = $1, seq = $2, at_ms = $3");
        count.bind(self.revision).bind(self.seq).bind(self.at_ms).execute(connection).await?;
        Ok(())
    }
}

/// A work, written out.
struct Prepared {
    number: String,
    work: Work,
    source: String,
    original: Option<String>,
    record: String,
    label: String,
    hash: String,
    /// Where it stands if nobody has judged its tags.
    facets: Vec<Facet>,
}

impl Prepared {
    fn of(new: NewWork) -> Result<Self, Error> {
        let NewWork { work, original, source } = new;
        let record = serde_json::to_string(&work)?;
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        // A record is the same under whatever name its source goes.
        for part in [record.as_str(), original.as_deref().unwrap_or_default()] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let hash = format!("{:032x}", hash.digest128());
        let (label, facets) = (serde_json::to_string(&work.label())?, facets(&work, &work.tags));
        Ok(Self { number: work.object_number.clone(), work, source, original, record, label, hash, facets })
    }
}

/// The works of these numbers that are there.
pub(super) async fn before(
    connection: &mut AnyConnection,
    numbers: &[&str],
) -> Result<HashMap<String, Before>, Error> {
    let wanted = numbers.iter().map(|&number| vec![Value::from(number)]).collect();
    let select = "SELECT object_number, seq, hash, source, revision, removed, judged, shelves FROM works WHERE object_number IN (VALUES";
    let rows = found(connection, select, wanted, ")").await?;
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
        shelves: serde_json::from_str(row.try_get("shelves")?)?,
    })
}

/// The tags that were added or judged here, of those works that have any.
async fn judgements(
    connection: &mut AnyConnection,
    works: impl Iterator<Item = &Before>,
) -> Result<HashMap<i64, Vec<Tag>>, Error> {
    let judged = works.filter(|known| known.judged).map(|known| vec![Value::from(known.seq)]).collect();
    let rows =
        found(connection, "SELECT seq, body FROM tags WHERE seq IN (VALUES", judged, ") ORDER BY seq, tag")
            .await?;
    let mut judgements: HashMap<i64, Vec<Tag>> = HashMap::new();
    for row in &rows {
        judgements.entry(row.try_get("seq")?).or_default().push(serde_json::from_str(row.try_get("body")?)?);
    }
    Ok(judgements)
}

/// A record's tags as they were judged here, and those that were added.
pub(super) fn effective(imported: &[Tag], overlay: &[Tag]) -> Vec<Tag> {
    let mut tags = imported.to_vec();
    if overlay.is_empty() {
        return tags;
    }
    let ids: HashMap<String, usize> = tags.iter().enumerate().map(|(at, tag)| (tag.id(), at)).collect();
    for judged in overlay {
        match ids.get(&judged.id()) {
            Some(&at) => {
                let tag = &mut tags[at];
                tag.status = judged.status;
                if judged.kept_id.is_some() {
                    (tag.region, tag.kept_id) = (judged.region, judged.kept_id.clone());
                }
            }
            None => tags.push(judged.clone()),
        }
    }
    tags
}

/// The rows of a batch.
#[derive(Default)]
struct Rows {
    works: Vec<(i64, Vec<Value>)>,
    images: Vec<Vec<Value>>,
    /// Works whose former images are to be forgotten.
    replaced: Vec<Vec<Value>>,
    revisions: Vec<Vec<Value>>,
    /// Unchanged works of another source than before.
    owned: Vec<Vec<Value>>,
}

impl Rows {
    fn add(&mut self, new: Prepared, seq: i64, known: Option<&Before>, kind: Kind, turn: &mut Turn) {
        let source = known.map_or(&*new.source, |known| owner(known, &new)).to_owned();
        let Prepared { number, work, original, record, label, hash, .. } = new;
        let revision = turn.next_revision();
        let matched = || work.images.iter().filter(|image| image.matched);
        let thumbnail = matched().next().map(|image| image.file.clone());
        let judged = known.is_some_and(|known| known.judged);
        if known.is_some() {
            self.replaced.push(vec![seq.into()]);
        }
        let mut files = HashSet::new();
        for image in &work.images {
            let file = without_page(&image.file);
            if file.len() <= LONGEST && files.insert(file) {
                self.images.push(vec![file.into(), seq.into()]);
            }
        }
        self.revisions.push(revision_row(revision, &number, kind, turn.at_ms));
        let row = vec![
            seq.into(),
            number.into(),
            revision.into(),
            turn.at_ms.into(),
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
            let stands_on = shelves.get(seq).map_or(&[][..], Vec::as_slice);
            row.push(serde_json::to_string(stands_on)?.into());
        }
        let rows = works.into_iter().map(|(_, row)| row).collect();
        each(connection, WORKS, rows, UPDATED).await?;
        each(connection, "DELETE FROM images WHERE seq IN (VALUES", self.replaced, ")").await?;
        each(connection, "INSERT INTO images (file, seq) VALUES", self.images, "").await?;
        each(connection, REVISIONS, self.revisions, "").await?;
        let owned = "UPDATE works SET source = own.column2 FROM (VALUES";
        each(connection, owned, self.owned, ") AS own WHERE works.seq = own.column1").await
    }
}

const WORKS: &str = "INSERT INTO works (seq, object_number, revision, changed_ms, removed, judged, public_domain, rights, \
    hash, source, thumbnail, label, record, original, shelves) VALUES";
const UPDATED: &str = "ON CONFLICT (seq) DO UPDATE SET revision = excluded.revision, changed_ms = excluded.changed_ms, \
    removed = 0, public_domain = excluded.public_domain, rights = excluded.rights, hash = excluded.hash, \
    source = excluded.source, thumbnail = excluded.thumbnail, label = excluded.label, record = excluded.record, \
    original = excluded.original, shelves = excluded.shelves";

/// Rights hold for a file, whichever of its pages a work shows.
pub fn without_page(file: &str) -> &str {
    match file.rsplit_once(";page=") {
        Some((file, page)) if !page.is_empty() && page.bytes().all(|byte| byte.is_ascii_digit()) => file,
        _ => file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Status, Text};

    #[test]
    fn judgements_outlive_what_they_judge() {
        let dog = Tag::new("motif", Text::of("en", "dog"));
        let cat = Tag::new("motif", Text::of("en", "cat"));
        let rejected = Tag { status: Status::Rejected, ..dog.clone() };
        let tags = effective(&[dog], &[rejected.clone(), cat.clone()]);
        assert_eq!(tags, [rejected, cat]);
    }

    #[test]
    fn a_page_is_of_its_file() {
        for (file, whole) in
            [("a.tif;page=2", "a.tif"), ("a.tif", "a.tif"), ("a;page=", "a;page="), ("a;page=x", "a;page=x")]
        {
            assert_eq!(without_page(file), whole);
        }
    }
}
