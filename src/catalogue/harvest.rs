//! Lists works in the order of their last change, for harvesters.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::facets::signed;
use super::read::with_tags;
use super::{Catalogue, Error, StoredWork};

/// The last change of a work in the order of harvests: its time in milliseconds since 1970, and its revision.
///
/// Times never decrease from one revision to the next, so this is the order of revisions; the time comes first because
/// harvesters ask for ranges of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastChange {
    /// In milliseconds since 1970.
    pub at_ms: i64,
    /// The revision.
    pub revision: u64,
}

/// A range of the list of works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HarvestQuery {
    /// Only works that changed after this.
    pub after: LastChange,
    /// Only works that changed before this time, in milliseconds since 1970.
    pub before_ms: Option<i64>,
    /// Only works with this facet value, by scheme and value, and all withdrawn ones, because these have no facet values.
    pub with: Option<(String, String)>,
    /// How many works at most.
    pub limit: usize,
    /// Whether to read the original records.
    pub originals: bool,
}

/// A work of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct HarvestedWork {
    /// The work, withdrawn or not.
    pub stored: StoredWork,
    /// The original record, if it was asked for and the work does not hold all of it.
    pub original: Option<String>,
}

impl HarvestedWork {
    /// Where it is in the list.
    pub fn last_change(&self) -> LastChange {
        LastChange { at_ms: self.stored.changed_ms, revision: self.stored.revision }
    }
}

impl Catalogue {
    /// Works in the order of their last change, withdrawn ones included. A work that changes moves to the end of the list, so
    /// a reader that continues after the last work it has got misses no work, whatever changes in between.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or a record cannot be parsed.
    pub async fn harvest(&self, query: &HarvestQuery) -> Result<Vec<HarvestedWork>, Error> {
        let original = if query.originals { "original" } else { "NULL AS original" };
        let with = match query.with {
            Some(_) => {
                " AND (removed <> 0 OR EXISTS (SELECT 1 FROM shelves WHERE shelves.seq = works.seq AND term = \
                 (SELECT id FROM terms WHERE scheme = $5 AND value = $6)))"
            }
            None => "",
        };
        let text = format!(
            "SELECT seq, revision, changed_ms, source, removed, judged, annotated, picture, record, \
             {original} FROM works \
             WHERE (changed_ms, revision) > ($1, $2) AND changed_ms < $3{with} ORDER BY changed_ms, revision LIMIT $4"
        );
        let mut rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(query.after.at_ms)
            .bind(signed(query.after.revision))
            .bind(query.before_ms.unwrap_or(i64::MAX))
            .bind(query.limit as i64);
        if let Some((scheme, value)) = &query.with {
            rows = rows.bind(scheme.as_str()).bind(value.as_str());
        }
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = rows.fetch_all(&mut *reader).await?;
        let works = with_tags(&mut reader, &rows).await?;
        let originals = rows.iter().map(|row| row.try_get::<Option<String>, _>("original"));
        let both = works.into_iter().zip(originals);
        both.map(|((_, stored), original)| Ok(HarvestedWork { stored, original: original? })).collect()
    }

    /// The time of the first change in milliseconds since 1970; `None` if there is none.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn first_change_ms(&self) -> Result<Option<i64>, Error> {
        let row = sqlx::query("SELECT at_ms FROM revisions ORDER BY revision LIMIT 1")
            .fetch_optional(&self.0.pools.readers)
            .await?;
        row.map(|row: AnyRow| Ok(row.try_get("at_ms")?)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Batch, NewWork, Removal, Settings, Withdrawal};
    use crate::record::Work;

    fn work(number: usize, title: &str) -> NewWork {
        let record = serde_json::json!({ "object_number": format!("K{number}"), "titles": title,
            "techniques": if number.is_multiple_of(2) { "Oil" } else { "Ink" } });
        let work: Work = serde_json::from_value(record).unwrap();
        NewWork { work, original: None, source: "a".into() }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_harvest_misses_no_work_while_works_change() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        let catalogue = Catalogue::open(&Settings { url, ..Settings::default() }).await.unwrap();
        let all = (0..50).map(|number| work(number, "first")).collect();
        catalogue.put(Batch::new(all).unwrap()).await.unwrap();
        let mut query = HarvestQuery { limit: 7, ..HarvestQuery::default() };
        let mut held = std::collections::HashMap::new();
        let withdrawal = Withdrawal { removal: Removal::ByMuseum, reason: None, actor: "curator".to_owned() };
        for round in 0.. {
            let page = catalogue.harvest(&query).await.unwrap();
            let Some(last) = page.last() else { break };
            query.after = last.last_change();
            for HarvestedWork { stored, .. } in page {
                let title = (!stored.removed).then(|| stored.work.label().best(&[]).unwrap().to_owned());
                held.insert(stored.work.object_number, title);
            }
            // Works that were read before, and works that were not.
            if round < 5 {
                let changed =
                    vec![work(round, "second"), work(40 + round, "second"), work(60 + round, "new")];
                catalogue.put(Batch::new(changed).unwrap()).await.unwrap();
                let gone = [format!("K{}", 10 + round), format!("K{}", 30 + round)];
                catalogue.remove(&gone, &withdrawal).await.unwrap();
            }
        }
        assert_eq!(held.len(), 55);
        for number in (0..50).chain(60..65) {
            let now = catalogue.get(&format!("K{number}")).await.unwrap().unwrap();
            let title = (!now.removed).then(|| now.work.label().best(&[]).unwrap().to_owned());
            assert_eq!(held[&format!("K{number}")], title, "K{number}");
        }
        let with = Some(("technique".to_owned(), "oil".to_owned()));
        let oil = HarvestQuery { limit: 100, with, ..HarvestQuery::default() };
        let found = catalogue.harvest(&oil).await.unwrap();
        let (gone, there): (Vec<_>, Vec<_>) = found.iter().partition(|work| work.stored.removed);
        assert_eq!((gone.len(), there.len()), (10, 22), "those of 45 works, and those that are withdrawn");
    }
}
