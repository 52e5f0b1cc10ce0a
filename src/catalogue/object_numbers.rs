//! What works are called that come from elsewhere: two that would have the same name keep one each.

use std::collections::HashMap;

use sqlx::Row;

use super::sql::{Value, found};
use super::{Catalogue, Error};
use crate::record::Work;

/// A work whose name another work has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The name that its record gives it.
    pub requested: String,
    /// The name that it has instead.
    pub assigned: String,
}

/// The names that have been given in one import, with the addresses of their records where they have any.
pub type AssignedNumbers = HashMap<String, Option<String>>;

impl Catalogue {
    /// Names works so that none that was read from a manifest elsewhere and any other become one: whichever comes
    /// second has a name of its own, made of its address or, where it has none, of its source's name. It keeps that
    /// name however often it comes again. Records without an address are the same work where their numbers are.
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
                work.object_number = apart(&wanted, origin.as_deref().unwrap_or(source));
                renamed.push(Renamed { requested: wanted, assigned: work.object_number.clone() });
            }
            if foreign || !given.is_empty() {
                given.insert(work.object_number.clone(), origin);
            }
        }
        Ok(renamed)
    }

    /// The addresses of the records of these works, withdrawn or not; works read from masters make way for any.
    async fn origins(&self, numbers: &[String], all: bool) -> Result<AssignedNumbers, Error> {
        let wanted = numbers.iter().map(|number| vec![Value::from(number.as_str())]).collect();
        let select = "SELECT object_number, record FROM works WHERE object_number IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        // Where only names of manifests matter the other records are not read.
        let narrowed = if all { "" } else { " AND record LIKE '%\"kind\":\"manifest\"%'" };
        let rows =
            found(&mut reader, select, wanted, &format!(") AND source <> 'embedded'{narrowed}")).await?;
        let each = |row: &sqlx::any::AnyRow| -> Result<_, Error> {
            let work: Work = serde_json::from_str(row.try_get("record")?)?;
            Ok((row.try_get("object_number")?, work.source_manifest().map(str::to_owned)))
        };
        rows.iter().map(each).collect()
    }
}

/// The name of a work beside another of the same name.
fn apart(name: &str, address: &str) -> String {
    const LONGEST: usize = 480;
    let hash = xxhash_rust::xxh3::xxh3_64(address.as_bytes()) as u32;
    let end = (0..=name.len().min(LONGEST)).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    format!("{}-{hash:08x}", &name[..end])
}
