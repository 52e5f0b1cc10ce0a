//! Authority records of creators, stored by each of their keys.

use sqlx::Row;

use super::sql::{Value, execute_rows, fetch_rows};
use super::transaction::Limits;
use super::write_lock::lock_for_writing;
use super::{Catalogue, Error};
use crate::record::AuthorityRecord;

/// The longest key, in bytes: databases do not index longer ones.
const MAX_KEY_BYTES: usize = 1024;

impl Catalogue {
    /// Stores authority records in one transaction, in place of those with the same keys.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn put_people(&self, people: Vec<AuthorityRecord>) -> Result<(), Error> {
        // Of two people with the same key, the later one is found by it.
        let mut rows: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
        for person in &people {
            let body = serde_json::to_string(person)?;
            for key in person.keys().into_iter().filter(|key| key.len() <= MAX_KEY_BYTES) {
                rows.insert(key, body.clone());
            }
        }
        let rows: Vec<Vec<Value>> =
            rows.into_iter().map(|(key, body)| vec![key.into(), body.into()]).collect();
        self.change(Limits::BATCH, async |changes| {
            let lock = lock_for_writing(changes).await?;
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
