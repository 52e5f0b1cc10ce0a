//! The tags that people have given, accepted or rejected, from which probes are trained.

use std::collections::HashSet;

use sqlx::Row;

use super::facets::{number, signed};
use super::overlay::{effective, overlays};
use super::sql::{Value, fetch_rows};
use super::{Catalogue, Error};
use crate::record::{Status, Tag, Work};

/// People's tags of one work.
#[derive(Clone, Debug, PartialEq)]
pub struct HumanTags {
    /// The work's sequence number.
    pub seq: u64,
    /// Tags of records and imports that no model has made, and those that curators have added or accepted.
    pub accepted: Vec<Tag>,
    /// Tags that curators have rejected for the whole work: a rejected region says nothing about the rest of the picture.
    pub rejected: Vec<Tag>,
}

impl Catalogue {
    /// People's tags of these works; works that do not exist or were withdrawn are left out.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or a record cannot be parsed.
    pub async fn human_tags(&self, seqs: &[u64]) -> Result<Vec<HumanTags>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        let wanted = seqs.iter().map(|seq| vec![Value::from(signed(*seq))]).collect();
        let select = "SELECT seq, record FROM works WHERE removed = 0 AND seq IN (VALUES";
        let rows = fetch_rows(&mut reader, select, wanted, ") ORDER BY seq").await?;
        let overlays = overlays(&mut reader, seqs.iter().map(|seq| signed(*seq))).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let seq: i64 = row.try_get("seq")?;
            let work: Work = serde_json::from_str(row.try_get("record")?)?;
            let overlay = overlays.get(&seq).map_or(&[][..], Vec::as_slice);
            let decided: HashSet<String> =
                overlay.iter().filter(|other| other.decided).map(|other| other.tag.id()).collect();
            let (mut accepted, mut rejected) = (Vec::new(), Vec::new());
            for tag in effective(&work.tags, overlay) {
                let is_human = !tag.source.starts_with("model:") || decided.contains(&tag.id());
                match tag.status {
                    Status::Accepted if is_human => accepted.push(tag),
                    Status::Rejected if is_human && tag.region.is_none() => rejected.push(tag),
                    _ => {}
                }
            }
            all.push(HumanTags { seq: number(seq), accepted, rejected });
        }
        Ok(all)
    }

    /// The sequence numbers, in order, of works with a tag of this value that is not of their record.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn works_with_tag(&self, scheme: &str, value: &str) -> Result<Vec<u64>, Error> {
        let select = "SELECT DISTINCT seq FROM tags WHERE scheme = $1 AND value = $2 ORDER BY seq";
        let rows = sqlx::query(select)
            .bind(scheme.to_owned())
            .bind(value.to_owned())
            .fetch_all(&self.0.pools.readers)
            .await?;
        rows.iter().map(|row| Ok(number(row.try_get("seq")?))).collect()
    }
}
