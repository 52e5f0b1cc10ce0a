//! The vectors of works: those of their images, and what has to be read again when they change.

use std::collections::{HashMap, HashSet};

use sqlx::Row;
use sqlx::any::AnyRow;

use super::facets::{number, signed};
use super::put::without_page;
use super::sql::{Value, fetch_rows};
use super::{Catalogue, Error};
use crate::record::Work;

/// A version of an analyzer that has made vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorVersion {
    /// The analyzer, as in `measures` or `model:NAME`.
    pub analyzer: String,
    /// Its version.
    pub version: String,
    /// How many images have vectors of it.
    pub vectors: u64,
    /// When the last of them was written, in milliseconds since 1970.
    pub newest_ms: i64,
}

/// A work with the vectors of its images.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkVectors {
    /// Its sequence number.
    pub seq: u64,
    /// The museum's number.
    pub object_number: String,
    /// The URI or the words of its rights statement.
    pub rights: Option<String>,
    /// Whether it is in the public domain; `None` if unknown.
    pub public_domain: Option<bool>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// The vectors of its images: components as `f32`, little-endian; those of details as they were packed.
    pub vectors: Vec<Vec<u8>>,
    /// The images' files, in the same order.
    pub files: Vec<String>,
}

/// The counters of the last write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The last revision.
    pub revision: u64,
    /// The last sequence number of a work.
    pub seq: u64,
    /// When it was, in milliseconds since 1970; never before an earlier write.
    pub at_ms: i64,
}

const WORKS: &str = "SELECT seq, object_number, rights, public_domain, removed FROM works WHERE";
const VECTORS: &str = "SELECT images.seq, analyses.file, analyses.vector FROM (VALUES";
const JOINED: &str = ") AS wanted JOIN images ON images.seq = wanted.column1 \
    JOIN analyses ON analyses.analyzer = wanted.column2 AND analyses.version = wanted.column3 \
    AND analyses.vector IS NOT NULL AND";
/// Works are listed by files without pages, results by pages; `>` follows `=`.
const PAGED: &str = "analyses.file > images.file || ';page=' AND analyses.file < images.file || ';page>'";

impl Catalogue {
    /// What was last written, results of analyzers included, which change no work.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn last_written(&self) -> Result<Written, Error> {
        let select = "SELECT revision, seq, at_ms FROM counter";
        let row = sqlx::query(select).fetch_one(&self.0.pools.readers).await?;
        Ok(Written {
            revision: number(row.try_get("revision")?),
            seq: number(row.try_get("seq")?),
            at_ms: row.try_get("at_ms")?,
        })
    }

    /// The analyzers with vectors, by version.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn vector_versions(&self) -> Result<Vec<VectorVersion>, Error> {
        let select = "SELECT analyzer, version, COUNT(*) AS vectors, MAX(at_ms) AS newest FROM analyses \
            WHERE vector IS NOT NULL GROUP BY analyzer, version ORDER BY analyzer, version";
        let rows = sqlx::query(select).fetch_all(&self.0.pools.readers).await?;
        let version = |row: &AnyRow| {
            Ok(VectorVersion {
                analyzer: row.try_get("analyzer")?,
                version: row.try_get("version")?,
                vectors: number(row.try_get("vectors")?),
                newest_ms: row.try_get("newest")?,
            })
        };
        rows.iter().map(version).collect()
    }

    /// The number of bytes of one of these vectors; `None` if there is none.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn vector_bytes(&self, analyzer: &str, version: &str) -> Result<Option<usize>, Error> {
        let first = self.vectors(analyzer, version, "", 1).await?;
        Ok(first.first().map(|(_, vector)| vector.len()))
    }

    /// At most `limit` works after this sequence number, with the vectors of their images. Withdrawn works are skipped.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn works_with_vectors(
        &self,
        (analyzer, version): (&str, &str),
        after: u64,
        limit: usize,
    ) -> Result<Vec<WorkVectors>, Error> {
        let select = format!("{WORKS} seq > $1 AND removed = 0 ORDER BY seq LIMIT $2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(select))
            .bind(signed(after))
            .bind(limit as i64)
            .fetch_all(&self.0.pools.readers)
            .await?;
        self.with_vectors(analyzer, version, rows.iter().map(work).collect::<Result<_, _>>()?).await
    }

    /// These works, withdrawn or not, with the vectors of their images.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn vectors_of_works(
        &self,
        (analyzer, version): (&str, &str),
        seqs: &[u64],
    ) -> Result<Vec<WorkVectors>, Error> {
        let wanted = seqs.iter().map(|seq| vec![Value::from(signed(*seq))]).collect();
        let rows = {
            let mut reader = self.0.pools.readers.acquire().await?;
            fetch_rows(&mut reader, &format!("{WORKS} seq IN (VALUES"), wanted, ")").await?
        };
        self.with_vectors(analyzer, version, rows.iter().map(work).collect::<Result<_, _>>()?).await
    }

    /// The sequence numbers of the works with these object numbers, withdrawn or not.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn sequence_numbers(&self, object_numbers: &[String]) -> Result<Vec<u64>, Error> {
        let wanted = object_numbers.iter().map(|number| vec![Value::from(number.as_str())]).collect();
        let mut reader = self.0.pools.readers.acquire().await?;
        let select = "SELECT seq FROM works WHERE object_number IN (VALUES";
        let rows = fetch_rows(&mut reader, select, wanted, ")").await?;
        rows.iter().map(|row| Ok(number(row.try_get("seq")?))).collect()
    }

    /// The sequence numbers of works with images of which an analyzer made vectors at this time or later.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn works_analyzed_since(
        &self,
        (analyzer, version): (&str, &str),
        at_ms: i64,
    ) -> Result<Vec<u64>, Error> {
        let select = "SELECT file FROM analyses \
            WHERE vector IS NOT NULL AND analyzer = $1 AND version = $2 AND at_ms >= $3";
        let mut reader = self.0.pools.readers.acquire().await?;
        let rows = sqlx::query(select)
            .bind(analyzer.to_owned())
            .bind(version.to_owned())
            .bind(at_ms)
            .fetch_all(&mut *reader)
            .await?;
        let mut files = HashSet::with_capacity(rows.len());
        for row in &rows {
            files.insert(without_page(row.try_get("file")?).to_owned());
        }
        let wanted = files.into_iter().map(|file| vec![Value::from(file)]).collect();
        let rows =
            fetch_rows(&mut reader, "SELECT DISTINCT seq FROM images WHERE file IN (VALUES", wanted, ")")
                .await?;
        let seqs = rows.iter().map(|row| Ok(number(row.try_get("seq")?)));
        seqs.collect::<Result<HashSet<u64>, Error>>().map(|seqs| seqs.into_iter().collect())
    }

    async fn with_vectors(
        &self,
        analyzer: &str,
        version: &str,
        mut works: Vec<WorkVectors>,
    ) -> Result<Vec<WorkVectors>, Error> {
        let wanted = |seqs: &mut dyn Iterator<Item = u64>| -> Vec<Vec<Value>> {
            seqs.map(|seq| vec![signed(seq).into(), analyzer.into(), version.into()]).collect()
        };
        let mut reader = self.0.pools.readers.acquire().await?;
        let own = wanted(&mut works.iter().map(|work| work.seq));
        let whole = format!("{JOINED} analyses.file = images.file ORDER BY images.seq, analyses.file");
        let mut found = Vec::new();
        for row in fetch_rows(&mut reader, VECTORS, own.clone(), &whole).await? {
            found.push(image(&row)?);
        }
        let paged = fetch_rows(&mut reader, VECTORS, own, &format!("{JOINED} {PAGED}")).await?;
        let mut with_pages = HashSet::new();
        for row in &paged {
            let paged = image(row)?;
            with_pages.insert(paged.0);
            found.push(paged);
        }
        // Only a record says which pages of a file a work has.
        let mut files: HashMap<u64, HashSet<String>> = HashMap::new();
        if !with_pages.is_empty() {
            let wanted = with_pages.into_iter().map(|seq| vec![signed(seq).into()]).collect();
            let select = "SELECT seq, record FROM works WHERE seq IN (VALUES";
            for row in fetch_rows(&mut reader, select, wanted, ")").await? {
                let work: Work = serde_json::from_str(row.try_get("record")?)?;
                let own = work.images.into_iter().map(|image| image.file).collect();
                files.insert(number(row.try_get("seq")?), own);
            }
        }
        let mut images: HashMap<u64, (Vec<String>, Vec<Vec<u8>>)> = HashMap::new();
        for (seq, file, vector) in found {
            if files.get(&seq).is_none_or(|own| own.contains(&file)) {
                let (own, vectors) = images.entry(seq).or_default();
                own.push(file);
                vectors.push(vector);
            }
        }
        for work in &mut works {
            (work.files, work.vectors) = images.remove(&work.seq).unwrap_or_default();
        }
        Ok(works)
    }
}

fn image(row: &AnyRow) -> Result<(u64, String, Vec<u8>), Error> {
    Ok((number(row.try_get("seq")?), row.try_get("file")?, row.try_get("vector")?))
}

fn work(row: &AnyRow) -> Result<WorkVectors, Error> {
    Ok(WorkVectors {
        seq: number(row.try_get("seq")?),
        object_number: row.try_get("object_number")?,
        rights: row.try_get("rights")?,
        public_domain: row.try_get::<Option<i64>, _>("public_domain")?.map(|is| is != 0),
        withdrawn: row.try_get::<i64, _>("removed")? != 0,
        vectors: Vec::new(),
        files: Vec::new(),
    })
}
