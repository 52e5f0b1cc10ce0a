//! Authority records of creators, stored by each of their keys.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, Row};

use super::sql::{Value, execute_rows, fetch_rows};
use super::transaction::Limits;
use super::write_lock::lock_for_writing;
use super::{Catalogue, Error};
use crate::record::AuthorityRecord;

/// The longest key, in bytes: databases do not index longer ones.
const MAX_KEY_BYTES: usize = 1024;

impl Catalogue {
    /// Stores authority records in one transaction, in place of those with the same keys. A record replaces all of the one
    /// with its first key: it is no longer found by identifiers and names that it has lost.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn put_people(&self, people: Vec<AuthorityRecord>) -> Result<(), Error> {
        // Of two people with the same key, the later one is found by it.
        let mut rows: BTreeMap<String, String> = BTreeMap::new();
        let first_keys: Vec<String> =
            people.iter().filter_map(|person| person.keys().into_iter().next()).collect();
        for person in &people {
            let body = serde_json::to_string(person)?;
            for key in person.keys().into_iter().filter(|key| key.len() <= MAX_KEY_BYTES) {
                rows.insert(key, body.clone());
            }
        }
        self.change(Limits::BATCH, async |changes| {
            let lock = lock_for_writing(changes).await?;
            let mut lost = keys_of_replaced(changes, &first_keys).await?;
            lost.retain(|(key, _)| !rows.contains_key(key));
            let lost = lost.into_iter().map(|(key, body)| vec![key.into(), body.into()]).collect();
            execute_rows(changes, "DELETE FROM people WHERE (key, body) IN (VALUES", lost, ")").await?;
            let rows = rows.into_iter().map(|(key, body)| vec![key.into(), body.into()]).collect();
            let update = "ON CONFLICT (key) DO UPDATE SET body = excluded.body";
            execute_rows(changes, "INSERT INTO people (key, body) VALUES", rows, update).await?;
            lock.finish(changes).await
        })
        .await
    }

    /// The authority record with the first of these keys that there is.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn person(&self, keys: &[String]) -> Result<Option<AuthorityRecord>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = keys.iter().map(|key| vec![key.as_str().into()]).collect();
        let found =
            fetch_rows(&mut reader, "SELECT key, body FROM people WHERE key IN (VALUES", rows, ")").await?;
        let mut best: Option<(usize, String)> = None;
        for row in found {
            let key: String = row.try_get("key")?;
            let Some(at) = keys.iter().position(|known| *known == key) else { continue };
            if best.as_ref().is_none_or(|(before, _)| at < *before) {
                best = Some((at, row.try_get("body")?));
            }
        }
        best.map(|(_, body)| serde_json::from_str(&body)).transpose().map_err(Error::from)
    }

    /// Whether works have or had a facet value.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn has_had_facet_value(&self, scheme: &str, value: &str) -> Result<bool, Error> {
        let select = "SELECT id FROM terms WHERE scheme = $1 AND value = $2";
        let select = sqlx::query(select).bind(scheme.to_owned()).bind(value.to_owned());
        Ok(select.fetch_optional(&self.0.pools.readers).await?.is_some())
    }
}

/// The keys of the stored records with these first keys, with their bodies.
async fn keys_of_replaced(
    changes: &mut AnyConnection,
    first_keys: &[String],
) -> Result<Vec<(String, String)>, Error> {
    let wanted: Vec<Vec<Value>> = first_keys.iter().map(|key| vec![key.as_str().into()]).collect();
    let mut found = Vec::new();
    for row in fetch_rows(changes, "SELECT key, body FROM people WHERE key IN (VALUES", wanted, ")").await? {
        let (first, body): (String, String) = (row.try_get("key")?, row.try_get("body")?);
        let keys = serde_json::from_str::<AuthorityRecord>(&body)?.keys();
        // A record that has this key after others is another one.
        if keys.first() == Some(&first) {
            found.extend(keys.into_iter().map(|key| (key, body.clone())));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Settings;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_record_is_not_found_by_names_that_it_has_lost() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        let catalogue = Catalogue::open(&Settings { url, ..Settings::default() }).await.unwrap();
        let person = |id: &str, name: &str, names: &[&str]| AuthorityRecord {
            id: Some(id.to_owned()),
            name: name.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            ..AuthorityRecord::default()
        };
        let found = async |key: &str| {
            let found = catalogue.person(&[key.to_owned()]).await.unwrap();
            found.map(|person| (person.id.unwrap_or_default(), person.name))
        };
        let known = |id: &str, name: &str| Some((id.to_owned(), name.to_owned()));
        catalogue
            .put_people(vec![person("1", "Ann", &["Anna", "A. B."]), person("2", "Bo", &[])])
            .await
            .unwrap();
        assert_eq!(found("name:anna").await, known("1", "Ann"));
        // Another record takes a name over and keeps it.
        catalogue.put_people(vec![person("2", "Bo", &["A. B."])]).await.unwrap();
        catalogue.put_people(vec![person("1", "Anne", &[])]).await.unwrap();
        assert_eq!((found("id:1").await, found("name:anne").await), (known("1", "Anne"), known("1", "Anne")));
        assert_eq!((found("name:ann").await, found("name:anna").await), (None, None));
        assert_eq!((found("id:2").await, found("name:a-b").await), (known("2", "Bo"), known("2", "Bo")));
    }
}
