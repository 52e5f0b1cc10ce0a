//! What was learnt from the collection: documents by name, each with a version.

use sqlx::Row;

use super::facets::FacetChanges;
use super::transaction::{Limits, Outcome};
use super::write_lock::lock_for_writing;
use super::{Catalogue, Error};

/// A document of what was learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    /// Changes with every change of the document.
    pub version: u64,
    /// As JSON.
    pub body: String,
}

impl Catalogue {
    /// The document of this name, as in `scheme:motif`.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn learned(&self, name: &str) -> Result<Option<Learned>, Error> {
        let select = "SELECT version, body FROM learned WHERE name = $1";
        let row = sqlx::query(select).bind(name.to_owned()).fetch_optional(&self.0.pools.readers).await?;
        let learned = |row: sqlx::any::AnyRow| {
            let version: i64 = row.try_get("version")?;
            Ok(Learned { version: version.unsigned_abs(), body: row.try_get("body")? })
        };
        row.map(learned).transpose()
    }

    /// The names of all documents, in alphabetical order.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn learned_names(&self) -> Result<Vec<String>, Error> {
        let rows =
            sqlx::query("SELECT name FROM learned ORDER BY name").fetch_all(&self.0.pools.readers).await?;
        rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
    }

    /// Stores a document in place of its `expected` version, which is 0 if there is none. Returns false, and stores
    /// nothing, if there is another version.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn put_learned(&self, name: &str, expected: u64, body: String) -> Result<bool, Error> {
        let name = name.to_owned();
        let put = async |changes: &mut sqlx::AnyConnection| {
            let lock = lock_for_writing(changes).await?;
            let row = sqlx::query("SELECT version FROM learned WHERE name = $1").bind(name.clone());
            let current = match row.fetch_optional(&mut *changes).await? {
                Some(row) => row.try_get::<i64, _>("version")?.unsigned_abs(),
                None => 0,
            };
            if current != expected {
                return Ok(Outcome::Unchanged((false, FacetChanges::default())));
            }
            let insert = "INSERT INTO learned (name, version, at_ms, body) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (name) DO UPDATE SET version = excluded.version, at_ms = excluded.at_ms, body = excluded.body";
            let insert = sqlx::query(insert).bind(name).bind(current as i64 + 1).bind(lock.at_ms).bind(body);
            insert.execute(&mut *changes).await?;
            lock.finish(changes).await?;
            Ok(Outcome::Changed((true, FacetChanges::default())))
        };
        self.transact(Limits::BATCH, put).await
    }
}
