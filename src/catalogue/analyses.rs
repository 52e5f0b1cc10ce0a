//! What was computed on images: so that it is computed once, and so that vectors outlive a restart.

use std::collections::HashSet;

use sqlx::{AnyConnection, Row};

use super::sql::{Value, execute_rows, fetch_rows};
use super::{Catalogue, Error};

/// The result of one analyzer on one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// The image's file.
    pub file: String,
    /// What computed it: `color`, `descriptor` or a model's name.
    pub analyzer: String,
    /// The analyzer's version.
    pub version: String,
    /// The ETag of the master that it read.
    pub etag: String,
    /// What it found, as JSON.
    pub result: String,
    /// The image's vector, if the analyzer makes vectors: components as `f32`, little-endian.
    pub vector: Option<Vec<u8>>,
}

impl Analysis {
    /// Whether it is of this version and this master.
    pub fn is_current(&self, version: &str, etag: &str) -> bool {
        self.version == version && self.etag == etag
    }
}

impl Catalogue {
    /// What an analyzer has found on these files before, in any version; without vectors.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn analyses(&self, analyzer: &str, files: &[String]) -> Result<Vec<Analysis>, Error> {
        let wanted = files.iter().map(|file| vec![Value::from(analyzer), file.as_str().into()]).collect();
        let select =
            "SELECT file, analyzer, version, etag, result FROM analyses WHERE (analyzer, file) IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = fetch_rows(&mut reader, select, wanted, ")").await?;
        let analysis = |row: &sqlx::any::AnyRow| {
            Ok(Analysis {
                file: row.try_get("file")?,
                analyzer: row.try_get("analyzer")?,
                version: row.try_get("version")?,
                etag: row.try_get("etag")?,
                result: row.try_get("result")?,
                vector: None,
            })
        };
        rows.iter().map(analysis).collect()
    }

    /// The vectors of one version of an analyzer, in the order of their files, after this file; at most `limit`.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn vectors(
        &self,
        analyzer: &str,
        version: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let select = "SELECT file, vector FROM analyses \
            WHERE analyzer = $1 AND file > $2 AND version = $3 AND vector IS NOT NULL ORDER BY file LIMIT $4";
        let rows = sqlx::query(select)
            .bind(analyzer.to_owned())
            .bind(after.to_owned())
            .bind(version.to_owned())
            .bind(limit as i64)
            .fetch_all(&self.0.pools.readers)
            .await?;
        rows.iter().map(|row| Ok((row.try_get("file")?, row.try_get("vector")?))).collect()
    }

    /// The vectors that one version of an analyzer made of these files.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn vectors_of(
        &self,
        analyzer: &str,
        version: &str,
        files: &[String],
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let wanted = files
            .iter()
            .map(|file| vec![Value::from(analyzer), file.as_str().into(), version.into()])
            .collect();
        let select = "SELECT file, vector FROM analyses WHERE (analyzer, file, version) IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = fetch_rows(&mut reader, select, wanted, ") AND vector IS NOT NULL").await?;
        rows.iter().map(|row| Ok((row.try_get("file")?, row.try_get("vector")?))).collect()
    }
}

/// Writes the results of analyzers in place of earlier ones.
pub(super) async fn put_analyses(
    connection: &mut AnyConnection,
    analyses: Vec<Analysis>,
    at_ms: i64,
) -> Result<(), Error> {
    let row = |analysis: Analysis| {
        let Analysis { file, analyzer, version, etag, result, vector } = analysis;
        vec![
            analyzer.into(),
            file.into(),
            version.into(),
            etag.into(),
            at_ms.into(),
            result.into(),
            Value::MaybeBytes(vector),
        ]
    };
    // Works that share an image have its results twice, and PostgreSQL refuses two rows with one key.
    let mut keys = HashSet::new();
    let mut latest: Vec<Analysis> = analyses
        .into_iter()
        .rev()
        .filter(|analysis| keys.insert((analysis.analyzer.clone(), analysis.file.clone())))
        .collect();
    latest.reverse();
    let rows = latest.into_iter().map(row).collect();
    let insert = "INSERT INTO analyses (analyzer, file, version, etag, at_ms, result, vector) VALUES";
    let replace = "ON CONFLICT (analyzer, file) DO UPDATE SET version = excluded.version, etag = excluded.etag, \
        at_ms = excluded.at_ms, result = excluded.result, vector = excluded.vector";
    execute_rows(connection, insert, rows, replace).await
}
