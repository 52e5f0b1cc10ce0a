//! Proposed tags that wait for a curator's decision.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::facets::number;
use super::{Catalogue, Error};
use crate::record::{Tag, Text};

/// A value of a scheme with tags that wait for a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingValue {
    /// The value's identifier within its scheme, a slug.
    pub value: String,
    /// Its label.
    pub label: Text,
    /// How many tags of this value wait.
    pub tags: u64,
}

/// A tag that waits for a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingTag {
    /// The museum's number of the work.
    pub object_number: String,
    /// The work's title.
    pub label: Text,
    /// The work's first image that has a master.
    pub thumbnail: Option<String>,
    /// The work's last revision.
    pub revision: u64,
    /// The tag.
    pub tag: Tag,
}

/// That a tag's work is shown. Few works are not, and an index has these.
const IS_SHOWN: &str = "seq NOT IN (SELECT seq FROM works WHERE removed <> 0)";

impl Catalogue {
    /// The schemes with tags that wait for a decision, and how many tags these are; as below, without those of works that
    /// are not shown.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn waiting_schemes(&self) -> Result<Vec<(String, u64)>, Error> {
        let select = format!(
            "SELECT scheme, COUNT(*) AS waiting FROM tags WHERE waits = 1 AND {IS_SHOWN} GROUP BY scheme ORDER BY scheme"
        );
        let rows = sqlx::query(AssertSqlSafe(select)).fetch_all(&self.0.pools.readers).await?;
        rows.iter().map(|row| Ok((row.try_get("scheme")?, number(row.try_get("waiting")?)))).collect()
    }

    /// The values of a scheme with tags that wait for a decision, most tags first.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn waiting_values(&self, scheme: &str) -> Result<Vec<WaitingValue>, Error> {
        let select = format!(
            "SELECT value, COUNT(*) AS waiting, MIN(body) AS body FROM tags \
             WHERE waits = 1 AND scheme = $1 AND {IS_SHOWN} GROUP BY value ORDER BY waiting DESC, value"
        );
        let query = sqlx::query(AssertSqlSafe(select)).bind(scheme.to_owned());
        let rows = query.fetch_all(&self.0.pools.readers).await?;
        let value = |row: &AnyRow| {
            let tag: Tag = serde_json::from_str(row.try_get("body")?)?;
            let tags = number(row.try_get("waiting")?);
            Ok(WaitingValue { value: row.try_get("value")?, label: tag.label, tags })
        };
        rows.iter().map(value).collect()
    }

    /// The tags of this value that wait for a decision, the most confident first; at most `limit`, after `skip` others.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn waiting_tags(
        &self,
        scheme: &str,
        value: &str,
        skip: u64,
        limit: usize,
    ) -> Result<Vec<WaitingTag>, Error> {
        let select = "SELECT object_number, label, thumbnail, revision, body FROM tags \
            JOIN works ON works.seq = tags.seq WHERE waits = 1 AND scheme = $1 AND value = $2 AND removed = 0 \
            ORDER BY confidence DESC, tags.seq, tag LIMIT $3 OFFSET $4";
        let rows = sqlx::query(select)
            .bind(scheme.to_owned())
            .bind(value.to_owned())
            .bind(limit as i64)
            .bind(skip as i64)
            .fetch_all(&self.0.pools.readers)
            .await?;
        rows.iter().map(waiting_tag).collect()
    }

    /// The tags that wait for a decision, work by work in the order of the works' arrival, after the work with this
    /// object number; all tags of at most `limit` works.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn waiting_works(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Vec<WaitingTag>>, Error> {
        let select = "SELECT object_number, label, thumbnail, revision, body FROM tags \
            JOIN works ON works.seq = tags.seq WHERE waits = 1 AND removed = 0 AND tags.seq IN \
            (SELECT DISTINCT tags.seq FROM tags JOIN works ON works.seq = tags.seq WHERE waits = 1 AND removed = 0 \
            AND tags.seq > COALESCE((SELECT seq FROM works WHERE object_number = $1), 0) ORDER BY tags.seq LIMIT $2) \
            ORDER BY tags.seq, scheme, confidence DESC, tag";
        let rows = sqlx::query(select)
            .bind(after.unwrap_or_default().to_owned())
            .bind(limit as i64)
            .fetch_all(&self.0.pools.readers)
            .await?;
        let mut works: Vec<Vec<WaitingTag>> = Vec::new();
        for row in &rows {
            let waiting = waiting_tag(row)?;
            match works.last_mut().filter(|tags| tags[0].object_number == waiting.object_number) {
                Some(tags) => tags.push(waiting),
                None => works.push(vec![waiting]),
            }
        }
        Ok(works)
    }
}

fn waiting_tag(row: &AnyRow) -> Result<WaitingTag, Error> {
    Ok(WaitingTag {
        object_number: row.try_get("object_number")?,
        label: serde_json::from_str(row.try_get("label")?)?,
        thumbnail: row.try_get("thumbnail")?,
        revision: number(row.try_get("revision")?),
        tag: serde_json::from_str(row.try_get("body")?)?,
    })
}
