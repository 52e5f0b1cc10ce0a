//! Facets: works by creator, period, tag and so on, read page by page.
//!
//! Works are counted in buckets of consecutive sequence numbers. The counts of a few hundred buckets tell in which one a
//! page begins, so that a page deep within a facet value is as fast as the first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use sqlx::{AnyConnection, Row};

use super::sql::{Value, execute_rows, fetch_rows};
use super::write_lock::WriteLock;
use super::{Catalogue, Error};
use crate::record::{Facet, Text};

/// A facet value, such as one creator, as collections list it.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetValue {
    /// The kind of property, as in `creator`.
    pub scheme: String,
    /// The value's identifier within its scheme, a slug.
    pub value: String,
    /// The value's words, by language.
    pub label: Text,
    /// How many works have it.
    pub works: u64,
}

/// A work, as collections list it.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkSummary {
    /// The museum's number of the work.
    pub object_number: String,
    /// The work's title.
    pub label: Text,
    /// The identifier of its first image.
    pub thumbnail: Option<String>,
    /// The work's last revision.
    pub revision: u64,
}

/// The scheme and the value of the facet value of all works.
pub const ALL: &str = crate::presentation::ALL_WORKS;

/// Facet values are sorted by this many characters.
const SORT_CHARS: usize = 120;

/// How many sequence numbers a bucket spans.
const BUCKET: i64 = 1024;

/// A work, the identifiers of its facet values so far, and its new facets.
type Changed = (i64, Vec<i64>, Vec<Facet>);

/// The changes that a transaction makes to the facets of works.
#[derive(Default)]
pub(super) struct FacetChanges {
    works: Vec<Changed>,
    /// What was looked up or written, to be cached after the commit.
    looked_up: Vec<((String, String), Known)>,
}

/// What is known of a facet value's row.
#[derive(Clone, Copy)]
pub(super) struct Known {
    id: i64,
    /// A hash of its label and sort key.
    label: u64,
}

impl FacetChanges {
    /// Replaces a work's facet values `from` with `to` and the value of all works.
    pub(super) fn replace(&mut self, seq: i64, from: &[i64], mut to: Vec<Facet>) {
        to.push(Facet {
            scheme: ALL.into(),
            value: ALL.into(),
            label: Text::of("en", "All works"),
            sort: ALL.into(),
        });
        self.works.push((seq, from.to_vec(), to));
    }

    /// Removes all facet values of a work.
    pub(super) fn clear(&mut self, seq: i64, from: &[i64]) {
        self.works.push((seq, from.to_vec(), Vec::new()));
    }

    /// Writes the changes. Returns the identifiers of each work's facet values. `revision` is the last one of the works so
    /// far.
    pub(super) async fn apply(
        &mut self,
        catalogue: &Catalogue,
        connection: &mut AnyConnection,
        revision: i64,
    ) -> Result<HashMap<i64, Vec<i64>>, Error> {
        let works = std::mem::take(&mut self.works);
        let ids = self.ids(&works, catalogue, connection).await?;
        let mut facet_ids_of = HashMap::with_capacity(works.len());
        let (mut put, mut taken) = (Vec::new(), Vec::new());
        let mut buckets: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        for (seq, from, to) in &works {
            let id = |facet: &Facet| ids.get(facet.scheme.as_str())?.get(facet.value.as_str()).copied();
            let now: BTreeSet<i64> = to.iter().filter_map(id).collect();
            let was: BTreeSet<i64> = from.iter().copied().collect();
            for &term in now.difference(&was) {
                put.push((term, *seq));
                *buckets.entry((term, seq / BUCKET)).or_default() += 1;
            }
            for &term in was.difference(&now) {
                taken.push((term, *seq));
                *buckets.entry((term, seq / BUCKET)).or_default() -= 1;
            }
            facet_ids_of.insert(*seq, now.into_iter().collect());
        }
        put.sort_unstable();
        log_lost(connection, &taken, revision).await?;
        let rows = |pairs: Vec<(i64, i64)>| {
            pairs.into_iter().map(|(term, seq)| vec![Value::from(term), seq.into()]).collect()
        };
        execute_rows(
            connection,
            "INSERT INTO shelves (term, seq) VALUES",
            rows(put),
            "ON CONFLICT DO NOTHING",
        )
        .await?;
        execute_rows(connection, "DELETE FROM shelves WHERE (term, seq) IN (VALUES", rows(taken), ")")
            .await?;
        count(connection, &buckets).await?;
        Ok(facet_ids_of)
    }

    /// Writes the changes of one work, and the work's new revision with its facet values; `flag` is the column that changes
    /// with them, as in `judged = 1`.
    pub(super) async fn apply_to_work(
        &mut self,
        catalogue: &Catalogue,
        connection: &mut AnyConnection,
        lock: &WriteLock,
        seq: i64,
        flag: &'static str,
    ) -> Result<(), Error> {
        let mut facet_ids = self.apply(catalogue, connection, lock.revision).await?;
        let facet_ids = facet_ids.remove(&seq).unwrap_or_default();
        let update =
            format!("UPDATE works SET {flag}, revision = $1, changed_ms = $2, shelves = $3 WHERE seq = $4");
        sqlx::query(sqlx::AssertSqlSafe(update))
            .bind(lock.revision)
            .bind(lock.at_ms)
            .bind(serde_json::to_string(&facet_ids)?)
            .bind(seq)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Caches the identifiers after the commit.
    pub(super) fn cache_ids(self, catalogue: &Catalogue) {
        for (name, known) in self.looked_up {
            catalogue.0.facet_values.insert(name, known);
        }
    }

    /// The identifiers of all new facet values, by scheme and value. Missing rows are inserted; a value is called as the
    /// last of the works calls it.
    async fn ids<'a>(
        &mut self,
        works: &'a [Changed],
        catalogue: &Catalogue,
        connection: &mut AnyConnection,
    ) -> Result<HashMap<&'a str, HashMap<&'a str, i64>>, Error> {
        let mut ids: HashMap<&str, HashMap<&str, i64>> = HashMap::new();
        let mut unknown: BTreeMap<(&str, &str), &Facet> = BTreeMap::new();
        for facet in works.iter().rev().flat_map(|(_, _, to)| to) {
            let (scheme, value) = (facet.scheme.as_str(), facet.value.as_str());
            let of_scheme = ids.entry(scheme).or_default();
            if of_scheme.contains_key(value) || unknown.contains_key(&(scheme, value)) {
                continue;
            }
            match catalogue.0.facet_values.get(&(facet.scheme.clone(), facet.value.clone())) {
                Some(known) if known.label == hash(facet) => {
                    of_scheme.insert(value, known.id);
                }
                _ => {
                    unknown.insert((scheme, value), facet);
                }
            }
        }
        let mut rows = Vec::with_capacity(unknown.len());
        for facet in unknown.values() {
            let label = serde_json::to_string(&facet.label)?;
            let (scheme, value) = (facet.scheme.as_str(), facet.value.as_str());
            let sort: String = facet.sort.chars().take(SORT_CHARS).collect();
            rows.push(vec![scheme.into(), value.into(), label.into(), sort.into(), Value::Number(0)]);
        }
        let insert = "INSERT INTO terms (scheme, value, label, sort, works) VALUES";
        let relabel = "ON CONFLICT (scheme, value) DO UPDATE SET label = excluded.label, sort = excluded.sort \
                       WHERE terms.label <> excluded.label OR terms.sort <> excluded.sort";
        execute_rows(connection, insert, rows, relabel).await?;
        let names = unknown.keys().map(|&(scheme, value)| vec![scheme.into(), value.into()]).collect();
        let select = "SELECT id, scheme, value FROM terms WHERE (scheme, value) IN (VALUES";
        for row in fetch_rows(connection, select, names, ")").await? {
            let (scheme, value): (String, String) = (row.try_get("scheme")?, row.try_get("value")?);
            let id = row.try_get("id")?;
            let Some(&facet) = unknown.get(&(scheme.as_str(), value.as_str())) else { continue };
            ids.entry(&facet.scheme).or_default().insert(&facet.value, id);
            self.looked_up.push(((scheme, value), Known { id, label: hash(facet) }));
        }
        Ok(ids)
    }
}

/// A hash of what a work calls a facet value, and of how that is sorted.
fn hash(facet: &Facet) -> u64 {
    let mut hasher = DefaultHasher::new();
    facet.hash(&mut hasher);
    hasher.finish()
}

/// Logs that works lost facet values by a change. `lost` has pairs of facet values and works.
async fn log_lost(connection: &mut AnyConnection, lost: &[(i64, i64)], revision: i64) -> Result<(), Error> {
    let row = |&(term, seq): &(i64, i64)| vec![Value::from(seq), term.into(), revision.into()];
    let insert = "INSERT INTO lost_facets (seq, term, revision) VALUES";
    let update = "ON CONFLICT (seq, term) DO UPDATE SET revision = excluded.revision";
    execute_rows(connection, insert, lost.iter().map(row).collect(), update).await
}

/// Adds to the counts of works, per bucket and in all.
async fn count(connection: &mut AnyConnection, buckets: &BTreeMap<(i64, i64), i64>) -> Result<(), Error> {
    let mut terms: BTreeMap<i64, i64> = BTreeMap::new();
    let mut rows = Vec::with_capacity(buckets.len());
    for (&(term, bucket), &more) in buckets.iter().filter(|(_, more)| **more != 0) {
        *terms.entry(term).or_default() += more;
        rows.push(vec![Value::from(term), bucket.into(), more.into()]);
    }
    let insert = "INSERT INTO buckets (term, bucket, works) VALUES";
    let add = "ON CONFLICT (term, bucket) DO UPDATE SET works = buckets.works + excluded.works";
    execute_rows(connection, insert, rows, add).await?;
    let rows = terms.into_iter().map(|(term, more)| vec![Value::from(term), more.into()]).collect();
    let update = "UPDATE terms SET works = terms.works + more.column2 FROM (VALUES";
    execute_rows(connection, update, rows, ") AS more WHERE terms.id = more.column1").await
}

impl Catalogue {
    /// The number of works.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn count(&self) -> Result<u64, Error> {
        Ok(self.facet_value(ALL, ALL).await?.map_or(0, |all| all.works))
    }

    /// The schemes in use, each with its number of facet values.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn schemes(&self) -> Result<Vec<(String, u64)>, Error> {
        let rows = sqlx::query(
            "SELECT scheme, COUNT(*) AS terms FROM terms WHERE works > 0 AND scheme <> 'all' GROUP BY scheme ORDER BY scheme",
        )
        .fetch_all(&self.0.pools.readers)
        .await?;
        rows.iter().map(|row| Ok((row.try_get("scheme")?, number(row.try_get("terms")?)))).collect()
    }

    /// The number of facet values of a scheme.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn count_facet_values(&self, scheme: &str) -> Result<u64, Error> {
        let row = sqlx::query("SELECT COUNT(*) AS terms FROM terms WHERE scheme = $1 AND works > 0")
            .bind(scheme.to_owned())
            .fetch_one(&self.0.pools.readers)
            .await?;
        Ok(number(row.try_get("terms")?))
    }

    /// A page of a scheme's facet values, in the order of their labels.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn facet_values(
        &self,
        scheme: &str,
        start: u64,
        limit: usize,
    ) -> Result<Vec<FacetValue>, Error> {
        let rows = sqlx::query(
            "SELECT scheme, value, label, works FROM terms WHERE scheme = $1 AND works > 0 ORDER BY sort, value LIMIT $2 OFFSET $3",
        )
        .bind(scheme.to_owned())
        .bind(limit as i64)
        .bind(signed(start))
        .fetch_all(&self.0.pools.readers)
        .await?;
        rows.iter().map(facet_value_of).collect()
    }

    /// One facet value, if any work has it.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn facet_value(&self, scheme: &str, value: &str) -> Result<Option<FacetValue>, Error> {
        let row = sqlx::query(
            "SELECT scheme, value, label, works FROM terms WHERE scheme = $1 AND value = $2 AND works > 0",
        )
        .bind(scheme.to_owned())
        .bind(value.to_owned())
        .fetch_optional(&self.0.pools.readers)
        .await?;
        row.as_ref().map(facet_value_of).transpose()
    }

    /// A page of the works with a facet value, in the order of their first import; `start` counts from 0.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn works_with(
        &self,
        scheme: &str,
        value: &str,
        start: u64,
        limit: usize,
    ) -> Result<Vec<WorkSummary>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        let row = sqlx::query("SELECT id FROM terms WHERE scheme = $1 AND value = $2")
            .bind(scheme.to_owned())
            .bind(value.to_owned())
            .fetch_optional(&mut *reader)
            .await?;
        let Some(row) = row else { return Ok(Vec::new()) };
        let term: i64 = row.try_get("id")?;
        let counts =
            sqlx::query("SELECT bucket, works FROM buckets WHERE term = $1 AND works > 0 ORDER BY bucket")
                .bind(term)
                .fetch_all(&mut *reader)
                .await?;
        let mut rest = signed(start);
        let mut from = None;
        for row in &counts {
            let works: i64 = row.try_get("works")?;
            if rest < works {
                from = Some(row.try_get::<i64, _>("bucket")?);
                break;
            }
            rest -= works;
        }
        let Some(bucket) = from else { return Ok(Vec::new()) };
        let rows = sqlx::query(
            "SELECT works.object_number, works.label, works.thumbnail, works.revision FROM (SELECT seq FROM shelves \
             WHERE term = $1 AND seq >= $2 ORDER BY seq LIMIT $3 OFFSET $4) AS page \
             JOIN works ON works.seq = page.seq ORDER BY works.seq",
        )
        .bind(term)
        .bind(bucket * BUCKET)
        .bind(limit as i64)
        .bind(rest)
        .fetch_all(&mut *reader)
        .await?;
        let summary = |row: &sqlx::any::AnyRow| {
            Ok(WorkSummary {
                object_number: row.try_get("object_number")?,
                label: serde_json::from_str(row.try_get("label")?)?,
                thumbnail: row.try_get("thumbnail")?,
                revision: number(row.try_get("revision")?),
            })
        };
        rows.iter().map(summary).collect()
    }
}

fn facet_value_of(row: &sqlx::any::AnyRow) -> Result<FacetValue, Error> {
    Ok(FacetValue {
        scheme: row.try_get("scheme")?,
        value: row.try_get("value")?,
        label: serde_json::from_str(row.try_get("label")?)?,
        works: number(row.try_get("works")?),
    })
}

/// A count or revision from the database, which has no unsigned integers.
pub(super) fn number(signed: i64) -> u64 {
    u64::try_from(signed).unwrap_or(0)
}

/// The same for the database.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
