//! Object numbers of works from manifests of other servers: two works never share one.

use std::collections::HashMap;

use sqlx::Row;

use super::sql::{Value, fetch_rows};
use super::{Catalogue, Error};
use crate::record::Work;

/// A work whose object number belongs to another work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The object number in its record.
    pub requested: String,
    /// The object number that it has instead.
    pub assigned: String,
}

/// The object numbers assigned during one import, with the URLs of their manifests if they have any.
pub type AssignedNumbers = HashMap<String, Option<String>>;

impl Catalogue {
    /// Assigns object numbers so that a work from a manifest never overwrites another work. The second of two gets the
    /// number with a hash of its URL, or of its source's name if it has none, and keeps it in later imports. Records
    /// without a URL are the same work if their numbers are equal.
    ///
    /// # Errors
    /// Returns [`Error::Unavailable`] if the database does not respond, [`Error::Damaged`] if a stored record cannot be read.
    pub async fn assign_numbers(
        &self,
        works: &mut [&mut Work],
        source: &str,
        given: &mut AssignedNumbers,
    ) -> Result<Vec<Renamed>, Error> {
        let foreign = works.iter().any(|work| work.source_manifest().is_some());
        let mut wanted: Vec<String> = works.iter().map(|work| work.object_number.clone()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let there = self.origins(&wanted, foreign).await?;
        let mut renamed = Vec::new();
        for work in works {
            let origin = work.source_manifest().map(str::to_owned);
            let holder = given.get(&work.object_number).or_else(|| there.get(&work.object_number));
            if holder.is_some_and(|holder| *holder != origin) {
                let wanted = work.object_number.clone();
                work.object_number = distinct(&wanted, origin.as_deref().unwrap_or(source));
                renamed.push(Renamed { requested: wanted, assigned: work.object_number.clone() });
            }
            if foreign || !given.is_empty() {
                given.insert(work.object_number.clone(), origin);
            }
        }
        Ok(renamed)
    }

    /// The manifest URLs of these works, withdrawn or not. Works read from masters are skipped: any record replaces them.
    async fn origins(&self, numbers: &[String], all: bool) -> Result<AssignedNumbers, Error> {
        let wanted = numbers.iter().map(|number| vec![Value::from(number.as_str())]).collect();
        let select = "SELECT object_number, record FROM works WHERE object_number IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        // If no work of the batch comes from a manifest, only records of manifests are read.
        let narrowed = if all { "" } else { " AND record LIKE '%\"kind\":\"manifest\"%'" };
        let rows =
            fetch_rows(&mut reader, select, wanted, &format!(") AND source <> 'embedded'{narrowed}")).await?;
        let each = |row: &sqlx::any::AnyRow| -> Result<_, Error> {
            let work: Work = serde_json::from_str(row.try_get("record")?)?;
            Ok((row.try_get("object_number")?, work.source_manifest().map(str::to_owned)))
        };
        rows.iter().map(each).collect()
    }
}

/// The object number of a work whose own is taken.
fn distinct(name: &str, address: &str) -> String {
    const LONGEST: usize = 480;
    let hash = xxhash_rust::xxh3::xxh3_64(address.as_bytes()) as u32;
    let end = (0..=name.len().min(LONGEST)).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    format!("{}-{hash:08x}", &name[..end])
}
