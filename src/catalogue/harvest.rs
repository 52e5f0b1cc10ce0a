//! Lists works in the order of their last change, for harvesters.

use std::collections::HashMap;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, Row};

use super::facets::{number, signed};
use super::lost_facets::lost_facets_by_work;
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
    /// Only works that have or had this facet value, by scheme and value, and all withdrawn ones, because these have no
    /// facet values.
    pub with: Option<(String, String)>,
    /// How many works at most.
    pub limit: usize,
    /// Whether to read the original records.
    pub originals: bool,
    /// Whether to read the facet values that works have lost.
    pub former: bool,
}

/// A work of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct HarvestedWork {
    /// The work, withdrawn or not.
    pub stored: StoredWork,
    /// The original record, if it was asked for and the work does not hold all of it.
    pub original: Option<String>,
    /// The facet values that it has lost, by scheme and value, if they were asked for. It may have some of them again.
    pub former: Vec<(String, String)>,
}

impl HarvestedWork {
    /// Where it is in the list.
    pub fn last_change(&self) -> LastChange {
        LastChange { at_ms: self.stored.changed_ms, revision: self.stored.revision }
    }
}

impl HarvestQuery {
    fn condition(&self) -> &'static str {
        match self.with {
            None => "FROM works WHERE (changed_ms, revision) > ($1, $2) AND changed_ms < $3",
            Some(_) => {
                "FROM works WHERE (changed_ms, revision) > ($1, $2) AND changed_ms < $3 AND (removed <> 0 \
                 OR EXISTS (SELECT 1 FROM shelves WHERE shelves.seq = works.seq AND term = \
                 (SELECT id FROM terms WHERE scheme = $4 AND value = $5)) \
                 OR EXISTS (SELECT 1 FROM lost_facets WHERE lost_facets.seq = works.seq AND term = \
                 (SELECT id FROM terms WHERE scheme = $4 AND value = $5)))"
            }
        }
    }

    fn bind<'q>(&'q self, query: Query<'q, Any, AnyArguments>) -> Query<'q, Any, AnyArguments> {
        let query = query
            .bind(self.after.at_ms)
            .bind(signed(self.after.revision))
            .bind(self.before_ms.unwrap_or(i64::MAX));
        match &self.with {
            Some((scheme, value)) => query.bind(scheme.as_str()).bind(value.as_str()),
            None => query,
        }
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
        let text = format!(
            "SELECT seq, revision, changed_ms, source, removed, judged, annotated, picture, record, {original} {} \
             ORDER BY changed_ms, revision LIMIT {}",
            query.condition(),
            query.limit
        );
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = query.bind(sqlx::query(sqlx::AssertSqlSafe(text))).fetch_all(&mut *reader).await?;
        let works = with_tags(&mut reader, &rows).await?;
        let mut former = match query.former {
            true => lost_facets_by_work(&mut reader, works.iter().map(|(seq, _)| *seq)).await?,
            false => HashMap::new(),
        };
        let originals = rows.iter().map(|row| row.try_get::<Option<String>, _>("original"));
        let harvested = works.into_iter().zip(originals).map(|((seq, stored), original)| {
            Ok(HarvestedWork { stored, original: original?, former: former.remove(&seq).unwrap_or_default() })
        });
        harvested.collect()
    }

    /// The number of works that [`Catalogue::harvest`] would return without a limit.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn count_harvest(&self, query: &HarvestQuery) -> Result<u64, Error> {
        let text = format!("SELECT COUNT(*) AS works {}", query.condition());
        let counted = query.bind(sqlx::query(sqlx::AssertSqlSafe(text)));
        Ok(number(counted.fetch_one(&self.0.pools.readers).await?.try_get("works")?))
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
        assert_eq!(catalogue.count_harvest(&oil).await.unwrap(), 32);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn works_that_have_lost_a_facet_value_are_harvested_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        let catalogue = Catalogue::open(&Settings { url, ..Settings::default() }).await.unwrap();
        let put = async |technique: &str| {
            let mut one = work(2, "one");
            one.work.techniques = vec![crate::record::Text::plain(technique)];
            catalogue.put(Batch::new(vec![one, work(4, "other")]).unwrap()).await.unwrap();
        };
        let with = Some(("technique".to_owned(), "oil".to_owned()));
        let oil = HarvestQuery { limit: 9, with, former: true, ..HarvestQuery::default() };
        let had_oil = |one: &HarvestedWork| one.former.contains(&("technique".into(), "oil".into()));
        for (technique, former) in [("Oil", false), ("Ink", true), ("Oil", true), ("Lead", true)] {
            put(technique).await;
            let mut found = catalogue.harvest(&oil).await.unwrap();
            found.sort_by(|a, b| a.stored.work.object_number.cmp(&b.stored.work.object_number));
            assert_eq!(found.iter().map(had_oil).collect::<Vec<_>>(), [former, false], "{technique}");
        }
        let lead = Some(("technique".to_owned(), "lead".to_owned()));
        let lead = HarvestQuery { with: lead, former: false, ..oil };
        let found = catalogue.harvest(&lead).await.unwrap();
        assert!(found.len() == 1 && found[0].former.is_empty(), "{found:?}");
    }
}
