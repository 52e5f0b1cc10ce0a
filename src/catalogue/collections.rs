//! Collections of other servers that were imported, with their members.

use std::collections::HashMap;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::facets::{FacetChanges, number, signed};
use super::source_uris::key;
use super::sql::{Value, execute_rows, fetch_rows};
use super::transaction::{Limits, Outcome};
use super::write_lock::lock_for_writing;
use super::{Catalogue, Error};
use crate::record::Text;
use crate::record::read::SourceCollection;

/// An imported collection, as lists have it.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionSummary {
    /// Its name on this server.
    pub name: String,
    /// Its label.
    pub label: Text,
    /// The number of its members in the source.
    pub members: u64,
}

/// An imported collection.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCollection {
    /// Its name on this server.
    pub name: String,
    /// The source's collection, in the form of Presentation API 3, as JSON.
    pub body: String,
    /// The collections that it is a member of.
    pub parents: Vec<CollectionSummary>,
    /// The different rights of the works in it and in the collections below it: the statement, and whether they are in the
    /// public domain.
    pub rights: Vec<(Option<String>, Option<bool>)>,
    /// Whether one of these works is not shown.
    pub has_removed: bool,
}

/// The number of letters of a URI's hash in the name of its collection.
const HASH_CHARS: usize = 12;

/// The longest readable part of a name, in characters.
const MAX_WORD_CHARS: usize = 40;

/// The name of a collection on this server: what of its URI can be read, and a hash. A name that another Tegl gave is kept.
pub fn collection_name(uri: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let (_, path) = path.split_once("://").unwrap_or(("", path));
    if let Some((_, name)) = path.split_once("/collections/imported/")
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        return name.to_owned();
    }
    let is_general =
        |word: &str| matches!(word, "" | "collection" | "collections" | "index" | "v2" | "v3" | "top");
    let words = path.split('/').map(|word| word.strip_suffix(".json").unwrap_or(word));
    let word = words.rev().find(|word| !is_general(word)).unwrap_or_default();
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let word: String = word.chars().map(plain).take(MAX_WORD_CHARS).collect();
    let hash = key(uri).unwrap_or_else(|| format!("{:032x}", xxhash_rust::xxh3::xxh3_128(uri.as_bytes())));
    format!("{}-{}", word.trim_matches('-'), &hash[..HASH_CHARS]).trim_start_matches('-').to_owned()
}

const SUMMARY: &str = "SELECT name, label, (SELECT COUNT(*) FROM collection_members WHERE collection = name) AS members \
    FROM collections";

impl Catalogue {
    /// Keeps collections of a source in place of those with the same names. They were read at `address`, which may differ
    /// from the URI of the first. `is_top`: no other collection led to it.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is full.
    pub async fn put_collections(
        &self,
        source: &str,
        address: &str,
        is_top: bool,
        collections: &[SourceCollection],
    ) -> Result<(), Error> {
        let put = async |changes: &mut AnyConnection| {
            let lock = lock_for_writing(changes).await?;
            for (at, collection) in collections.iter().enumerate() {
                let address = Some(address).filter(|_| at == 0);
                put_one(changes, (source, address, is_top && at == 0), collection).await?;
            }
            lock.finish(changes).await?;
            Ok(Outcome::Changed(((), FacetChanges::default())))
        };
        self.transact(Limits::BATCH, put).await
    }

    /// Removes the collections of a source except those with these names. Returns how many.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn retain_collections(&self, source: &str, names: &[String]) -> Result<u64, Error> {
        let select = sqlx::query("SELECT name FROM collections WHERE source = $1").bind(source.to_owned());
        let rows = select.fetch_all(&self.0.pools.readers).await?;
        let mut gone: Vec<String> = Vec::new();
        for row in &rows {
            let name: String = row.try_get("name")?;
            gone.extend(Some(name).filter(|name| !names.contains(name)));
        }
        if gone.is_empty() {
            return Ok(0);
        }
        let remove = async |changes: &mut AnyConnection| {
            let lock = lock_for_writing(changes).await?;
            for delete in [
                "DELETE FROM collection_members WHERE collection IN (VALUES",
                "DELETE FROM collection_uris WHERE collection IN (VALUES",
                "DELETE FROM collections WHERE name IN (VALUES",
            ] {
                let rows = gone.iter().map(|name| vec![Value::from(name.as_str())]).collect();
                execute_rows(changes, delete, rows, ")").await?;
            }
            lock.finish(changes).await?;
            Ok(Outcome::Changed((gone.len() as u64, FacetChanges::default())))
        };
        self.transact(Limits::BATCH, remove).await
    }

    /// The number of imported collections that no other led to.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn count_top_collections(&self) -> Result<u64, Error> {
        let count = sqlx::query("SELECT COUNT(*) AS collections FROM collections WHERE top = 1");
        Ok(number(count.fetch_one(&self.0.pools.readers).await?.try_get("collections")?))
    }

    /// A page of the imported collections that no other led to, in the order of their first import; `start` counts from 0.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn top_collections(&self, start: u64, limit: usize) -> Result<Vec<CollectionSummary>, Error> {
        let text = format!("{SUMMARY} WHERE top = 1 ORDER BY position, name LIMIT $1 OFFSET $2");
        let select = sqlx::query(sqlx::AssertSqlSafe(text)).bind(limit as i64).bind(signed(start));
        select.fetch_all(&self.0.pools.readers).await?.iter().map(summary).collect()
    }

    /// An imported collection by its name.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn collection(&self, name: &str) -> Result<Option<StoredCollection>, Error> {
        let mut reader = self.0.pools.readers.acquire().await?;
        let select = sqlx::query("SELECT body FROM collections WHERE name = $1").bind(name.replace('\0', ""));
        let Some(row) = select.fetch_optional(&mut *reader).await? else { return Ok(None) };
        let parents = format!(
            "{SUMMARY} WHERE name <> $1 AND name IN (SELECT member.collection FROM collection_members AS member \
             JOIN collection_uris AS own ON own.uri = member.uri WHERE own.collection = $2) ORDER BY position, name"
        );
        let parents = sqlx::query(sqlx::AssertSqlSafe(parents)).bind(name.to_owned()).bind(name.to_owned());
        let parents = parents.fetch_all(&mut *reader).await?.iter().map(summary).collect::<Result<_, _>>()?;
        let below = "WITH RECURSIVE below (name) AS (SELECT name FROM collections WHERE name = $1 UNION \
            SELECT own.collection FROM below JOIN collection_members AS member ON member.collection = below.name \
            JOIN collection_uris AS own ON own.uri = member.uri) \
            SELECT DISTINCT works.rights, works.public_domain, works.removed \
            FROM below JOIN collection_members AS member ON member.collection = below.name \
            JOIN source_uris ON source_uris.uri = member.uri AND source_uris.kind = 0 \
            JOIN works ON works.seq = source_uris.seq";
        let rows = sqlx::query(below).bind(name.to_owned()).fetch_all(&mut *reader).await?;
        let (mut rights, mut has_removed) = (Vec::new(), false);
        for row in &rows {
            has_removed |= row.try_get::<i64, _>("removed")? != 0;
            let public_domain = row.try_get::<Option<i64>, _>("public_domain")?.map(|known| known != 0);
            rights.push((row.try_get("rights")?, public_domain));
        }
        Ok(Some(StoredCollection {
            name: name.to_owned(),
            body: row.try_get("body")?,
            parents,
            rights,
            has_removed,
        }))
    }

    /// The imported collections that had these URIs.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn collections_of_uris(&self, uris: &[String]) -> Result<HashMap<String, String>, Error> {
        let mut wanted: HashMap<String, Vec<&String>> = HashMap::new();
        for uri in uris {
            if let Some(key) = key(uri) {
                wanted.entry(key).or_default().push(uri);
            }
        }
        let keys = wanted.keys().map(|key| vec![Value::from(key.as_str())]).collect();
        let select = "SELECT uri, collection FROM collection_uris WHERE uri IN (VALUES";
        let mut reader = self.0.pools.readers.acquire().await?;
        let mut found = HashMap::new();
        for row in &fetch_rows(&mut reader, select, keys, ")").await? {
            for uri in wanted.get(row.try_get::<&str, _>("uri")?).into_iter().flatten() {
                found.insert((*uri).clone(), row.try_get("collection")?);
            }
        }
        Ok(found)
    }
}

async fn put_one(
    changes: &mut AnyConnection,
    (source, address, is_top): (&str, Option<&str>, bool),
    collection: &SourceCollection,
) -> Result<(), Error> {
    let name = collection_name(&collection.uri);
    let insert = "INSERT INTO collections (name, position, top, source, label, body) \
        VALUES ($1, (SELECT COALESCE(MAX(position), 0) + 1 FROM collections), $2, $3, $4, $5) \
        ON CONFLICT (name) DO UPDATE SET source = excluded.source, label = excluded.label, body = excluded.body, \
        top = CASE WHEN excluded.top > collections.top THEN excluded.top ELSE collections.top END";
    let insert = sqlx::query(insert).bind(name.clone()).bind(i64::from(is_top)).bind(source.to_owned());
    let insert = insert.bind(serde_json::to_string(&collection.label)?);
    // PostgreSQL's texts have no NUL.
    let body = collection.languages.write(&collection.body).replace("\\u0000", "\\ufffd");
    insert.bind(body).execute(&mut *changes).await?;
    // Addresses that led to it before still do.
    let delete = sqlx::query("DELETE FROM collection_members WHERE collection = $1").bind(name.clone());
    delete.execute(&mut *changes).await?;
    let mut keys: Vec<String> =
        [Some(collection.uri.as_str()), address].into_iter().flatten().filter_map(key).collect();
    keys.dedup();
    let rows = keys.into_iter().map(|key| vec![key.into(), name.as_str().into()]).collect();
    let known = "ON CONFLICT (uri) DO UPDATE SET collection = excluded.collection";
    execute_rows(changes, "INSERT INTO collection_uris (uri, collection) VALUES", rows, known).await?;
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(collection.members.len());
    for (position, member) in (1..).zip(&collection.members) {
        rows.extend(key(member).map(|key| vec![name.as_str().into(), Value::Number(position), key.into()]));
    }
    execute_rows(changes, "INSERT INTO collection_members (collection, position, uri) VALUES", rows, "").await
}

fn summary(row: &AnyRow) -> Result<CollectionSummary, Error> {
    Ok(CollectionSummary {
        name: row.try_get("name")?,
        label: serde_json::from_str(row.try_get("label")?)?,
        members: number(row.try_get("members")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_and_tell_collections_apart() {
        let name = |uri: &str| collection_name(uri);
        let recipe = name("https://iiif.example/recipe/0032-collection/collection.json");
        assert!(
            recipe.starts_with("0032-collection-") && recipe.len() == "0032-collection-".len() + HASH_CHARS
        );
        assert_eq!(recipe, name("http://iiif.example/recipe/0032-collection/collection.json"));
        assert_ne!(recipe, name("https://other.example/recipe/0032-collection/collection.json"));
        assert_ne!(name("https://a.org/c?id=1"), name("https://a.org/c?id=2"));
        assert_eq!(name("https://b.org/tegl/presentation/2/collections/imported/x-1a2b"), "x-1a2b");
        assert_eq!(name("https://å/").len(), HASH_CHARS);
    }
}
