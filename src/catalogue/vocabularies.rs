//! Imported vocabularies and their concepts.

use sqlx::Row;

use super::sql::{Value, execute_rows};
use super::transaction::Limits;
use super::write_lock::lock_for_writing;
use super::{Catalogue, Error};
use crate::record::skos::Concept;

/// The longest URI of a concept, in bytes: databases do not index longer ones.
const MAX_URI_BYTES: usize = 2000;

/// An imported vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImportedVocabulary {
    /// The name that it was imported by.
    pub name: String,
    /// Changes with every import.
    pub version: i64,
    /// The number of its concepts.
    pub concepts: u64,
    /// When it was imported, in milliseconds since 1970.
    pub at_ms: i64,
}

/// A concept of one of the vocabularies.
pub type StoredConcept = (String, Concept);

impl Catalogue {
    /// The imported vocabularies, in alphabetical order.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn vocabularies(&self) -> Result<Vec<ImportedVocabulary>, Error> {
        let select = "SELECT name, version, concepts, at_ms FROM vocabularies ORDER BY name";
        let rows = sqlx::query(select).fetch_all(&self.0.pools.readers).await?;
        let vocabulary = |row: &sqlx::any::AnyRow| {
            let concepts: i64 = row.try_get("concepts")?;
            Ok(ImportedVocabulary {
                name: row.try_get("name")?,
                version: row.try_get("version")?,
                concepts: concepts.unsigned_abs(),
                at_ms: row.try_get("at_ms")?,
            })
        };
        rows.iter().map(vocabulary).collect()
    }

    /// A version for the next import of a vocabulary, which no concept of an earlier one has, also if that was interrupted.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn next_vocabulary_version(&self, name: &str) -> Result<i64, Error> {
        let select = "SELECT COALESCE(MAX(version), 0) AS version FROM (SELECT version FROM vocabularies WHERE name = $1 \
            UNION ALL SELECT version FROM concepts WHERE vocabulary = $2) AS versions";
        let select = sqlx::query(select).bind(name.to_owned()).bind(name.to_owned());
        Ok(select.fetch_one(&self.0.pools.readers).await?.try_get::<i64, _>("version")? + 1)
    }

    /// Stores some concepts of a vocabulary in this version, in place of those with the same URIs.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn put_concepts(
        &self,
        vocabulary: &str,
        version: i64,
        concepts: &[Concept],
    ) -> Result<(), Error> {
        let mut rows: Vec<Vec<Value>> = Vec::with_capacity(concepts.len());
        for concept in concepts.iter().filter(|concept| concept.uri.len() <= MAX_URI_BYTES) {
            let body = serde_json::to_string(concept)?;
            rows.push(vec![vocabulary.into(), concept.uri.as_str().into(), version.into(), body.into()]);
        }
        self.change(Limits::BATCH, async |changes| {
            let lock = lock_for_writing(changes).await?;
            let update = "ON CONFLICT (vocabulary, uri) DO UPDATE SET version = excluded.version, body = excluded.body";
            execute_rows(
                changes,
                "INSERT INTO concepts (vocabulary, uri, version, body) VALUES",
                rows,
                update,
            )
            .await?;
            lock.finish(changes).await
        })
        .await
    }

    /// Ends the import of a vocabulary: concepts of other versions are removed, and servers read it.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn finish_vocabulary(&self, name: &str, version: i64) -> Result<(), Error> {
        let name = name.to_owned();
        self.change(Limits::BATCH, async |changes| {
            let lock = lock_for_writing(changes).await?;
            let delete = "DELETE FROM concepts WHERE vocabulary = $1 AND version <> $2";
            sqlx::query(delete).bind(name.clone()).bind(version).execute(&mut *changes).await?;
            let insert = "INSERT INTO vocabularies (name, version, concepts, at_ms) \
                VALUES ($1, $2, (SELECT COUNT(*) FROM concepts WHERE vocabulary = $3), $4) \
                ON CONFLICT (name) DO UPDATE SET version = excluded.version, concepts = excluded.concepts, \
                at_ms = excluded.at_ms";
            let insert = sqlx::query(insert).bind(name.clone()).bind(version).bind(name).bind(lock.at_ms);
            insert.execute(&mut *changes).await?;
            lock.finish(changes).await
        })
        .await
    }

    /// Removes a vocabulary; returns false if there is none with this name.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn remove_vocabulary(&self, name: &str) -> Result<bool, Error> {
        let name = name.to_owned();
        self.change(Limits::BATCH, async |changes| {
            let lock = lock_for_writing(changes).await?;
            let mut removed = 0;
            for delete in
                ["DELETE FROM concepts WHERE vocabulary = $1", "DELETE FROM vocabularies WHERE name = $1"]
            {
                removed +=
                    sqlx::query(delete).bind(name.clone()).execute(&mut *changes).await?.rows_affected();
            }
            lock.finish(changes).await?;
            Ok(removed > 0)
        })
        .await
    }

    /// At most `limit` concepts after a vocabulary and URI, in this order.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn concepts(&self, after: (&str, &str), limit: usize) -> Result<Vec<StoredConcept>, Error> {
        let select = "SELECT vocabulary, body FROM concepts WHERE (vocabulary, uri) > ($1, $2) \
            ORDER BY vocabulary, uri LIMIT $3";
        let select = sqlx::query(select).bind(after.0.to_owned()).bind(after.1.to_owned()).bind(limit as i64);
        let rows = select.fetch_all(&self.0.pools.readers).await?;
        let concept = |row: &sqlx::any::AnyRow| {
            let body: String = row.try_get("body")?;
            Ok((row.try_get("vocabulary")?, serde_json::from_str(&body)?))
        };
        rows.iter().map(concept).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Settings;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_interrupted_import_leaves_nothing_in_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("catalogue.db").to_str().unwrap().to_owned();
        let catalogue = Catalogue::open(&Settings { url, ..Settings::default() }).await.unwrap();
        let concept = |name: &str| Concept { uri: format!("http://v.example/{name}"), ..Concept::default() };
        let put = async |concepts: &[Concept]| {
            let version = catalogue.next_vocabulary_version("v").await.unwrap();
            catalogue.put_concepts("v", version, concepts).await.unwrap();
            version
        };
        put(&[concept("dog"), concept("misspelt")]).await;
        for names in [&["cat", "dog"][..], &["cat"]] {
            let concepts: Vec<Concept> = names.iter().map(|name| concept(name)).collect();
            let version = put(&concepts).await;
            catalogue.finish_vocabulary("v", version).await.unwrap();
            let stored = catalogue.concepts(("", ""), 10).await.unwrap();
            let expected: Vec<_> = concepts.into_iter().map(|concept| ("v".to_owned(), concept)).collect();
            assert_eq!(stored, expected);
        }
    }
}
