//! Batches of works, serialized before the write lock is taken.

use std::collections::HashMap;

use super::source_uris::keys;
use super::{Error, SourcePart};
use crate::record::{Facet, WithdrawnFlag, Work, facets};

/// The source of records that are imported without `--name`; works that have a source keep it.
pub const DEFAULT_SOURCE: &str = "records";

/// The source of works that were read from masters; other records replace them.
pub const EMBEDDED_SOURCE: &str = "embedded";

/// The longest object number or file name: databases do not index longer ones.
pub(super) const MAX_NUMBER_BYTES: usize = 1024;

/// A work as a source gives it.
#[derive(Clone, Debug)]
pub struct NewWork {
    /// The work, as its record says.
    pub work: Work,
    /// The original record, if [`Work`] does not hold all of it.
    pub original: Option<String>,
    /// The source's name.
    pub source: String,
}

/// Serialized works, ready to be put: everything that needs no write lock is done.
pub struct Batch {
    pub(super) works: Vec<Prepared>,
    /// Whether records restore works that the museum withdrew.
    pub(super) restores: bool,
}

impl Batch {
    /// Of two works with the same object number, the later one is used.
    ///
    /// # Errors
    /// Returns an error if an object number is empty or too long.
    pub fn new(news: Vec<NewWork>) -> Result<Self, Error> {
        let mut places = HashMap::with_capacity(news.len());
        let mut latest: Vec<NewWork> = Vec::with_capacity(news.len());
        for new in news {
            let number = new.work.object_number.as_str();
            if number.is_empty() || number.len() > MAX_NUMBER_BYTES || number.contains('\0') {
                let shortened: String = number.chars().take(40).collect();
                return Err(Error::Invalid(format!(
                    "the object number `{shortened}` is invalid: it must have 1 to {MAX_NUMBER_BYTES} bytes"
                )));
            }
            match places.get(number) {
                Some(&place) => latest[place] = new,
                None => {
                    places.insert(number.to_owned(), latest.len());
                    latest.push(new);
                }
            }
        }
        let works = latest.into_iter().map(Prepared::of).collect::<Result<_, _>>()?;
        Ok(Self { works, restores: false })
    }

    /// Also restores works that the museum withdrew.
    pub fn restoring(self) -> Self {
        Self { restores: true, ..self }
    }
}

/// A serialized work.
pub(super) struct Prepared {
    pub number: String,
    pub work: Work,
    pub source: String,
    pub original: Option<String>,
    pub record: String,
    pub label: String,
    pub hash: String,
    /// Whether its source has withdrawn it; not part of the stored record.
    pub withdrawn: Option<WithdrawnFlag>,
    /// The keys of the URIs in the manifest that it was read from.
    pub uris: Vec<(String, SourcePart)>,
    /// Its facets if no curator has judged its tags.
    pub facets: Vec<Facet>,
}

impl Prepared {
    fn of(new: NewWork) -> Result<Self, Error> {
        let NewWork { mut work, original, source } = new;
        let mut record = serde_json::to_string(&work)?;
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        // The source is not part of the content.
        for part in [record.as_str(), original.as_deref().unwrap_or_default()] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let uris = keys(&work, original.as_deref());
        // Manifests that were imported before URIs were kept are different, so that a second import keeps them.
        uris.iter().for_each(|(key, _)| hash.update(key.as_bytes()));
        let hash = format!("{:032x}", hash.digest128());
        let withdrawn = work.withdrawn.take();
        if withdrawn.is_some() {
            record = serde_json::to_string(&work)?;
        }
        let (label, facets) = (serde_json::to_string(&work.label())?, facets(&work, &work.tags));
        let number = work.object_number.clone();
        Ok(Self { number, work, source, original, record, label, hash, withdrawn, uris, facets })
    }
}
