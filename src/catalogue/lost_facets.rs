//! Facet values that works had before a change: a webhook with a filter tells of works that leave the filter, and a
//! harvest of a set of works that leave the set.

use std::collections::HashMap;

use sqlx::{AnyConnection, Row};

use super::facets::{number, signed};
use super::sql::{Value, fetch_rows};
use super::{Catalogue, Error};

/// The facet values that these works have lost, by sequence number.
pub(super) async fn lost_facets_by_work(
    reader: &mut AnyConnection,
    works: impl Iterator<Item = u64>,
) -> Result<HashMap<u64, Vec<(String, String)>>, Error> {
    let wanted = works.map(|seq| vec![Value::from(signed(seq))]).collect();
    let select = "SELECT seq, scheme, value FROM lost_facets JOIN terms ON terms.id = lost_facets.term WHERE seq IN (VALUES";
    let mut lost: HashMap<u64, Vec<(String, String)>> = HashMap::new();
    for row in fetch_rows(reader, select, wanted, ") ORDER BY seq, scheme, value").await? {
        let term = (row.try_get("scheme")?, row.try_get("value")?);
        lost.entry(number(row.try_get("seq")?)).or_default().push(term);
    }
    Ok(lost)
}

impl Catalogue {
    /// Which of these works have lost one of these facet values, given as scheme and value, with the revision of the
    /// last change by which they did.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn lost_facets(
        &self,
        object_numbers: &[String],
        values: &[(String, String)],
    ) -> Result<HashMap<String, u64>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        let wanted = values.iter().map(|(scheme, value)| vec![scheme.as_str().into(), value.as_str().into()]);
        let select = "SELECT id FROM terms WHERE (scheme, value) IN (VALUES";
        let rows = fetch_rows(&mut reader, select, wanted.collect(), ")").await?;
        let terms = rows.iter().map(|row| Ok(row.try_get::<i64, _>("id")?.to_string()));
        let terms = terms.collect::<Result<Vec<_>, Error>>()?;
        if terms.is_empty() {
            return Ok(HashMap::new());
        }
        let select = format!(
            "SELECT object_number, MAX(lost_facets.revision) AS lost FROM lost_facets \
             JOIN works ON works.seq = lost_facets.seq WHERE term IN ({}) AND object_number IN (VALUES",
            terms.join(", ")
        );
        let wanted = object_numbers.iter().map(|number| vec![Value::from(number.as_str())]).collect();
        let rows = fetch_rows(&mut reader, &select, wanted, ") GROUP BY object_number").await?;
        rows.iter().map(|row| Ok((row.try_get("object_number")?, number(row.try_get("lost")?)))).collect()
    }
}
