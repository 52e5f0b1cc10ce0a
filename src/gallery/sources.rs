//! The sources of masters: their listings and their problems.

use super::{Error, Identifier};
use crate::record::media_type;
use crate::store::{self, Key, Store, Unreadable};
use parking_lot::{Mutex, MutexGuard};

/// A store of masters, with the name that identifiers may prefix.
pub(crate) struct Source {
    pub name: Option<String>,
    pub store: Store,
}

/// All sources, in the order of the configuration.
pub(crate) struct Sources {
    all: Vec<Source>,
    /// The known problem of each source.
    problems: Mutex<Vec<Option<String>>>,
}

/// Where the master of an identifier can be.
pub(crate) struct Location {
    /// The candidates, in order.
    pub stores: Vec<Store>,
    pub key: Key,
    /// The page of the file, from 1.
    pub page: u32,
}

/// A page of images of all sources, source by source, with the sound and video between them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub entries: Vec<Entry>,
    /// Files of sound and video, by their extensions.
    pub media: Vec<Entry>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
    /// Sources that could not be listed, and why.
    pub notices: Vec<String>,
    /// The same problems for operators, with location, cause and remedy.
    pub problems: Vec<String>,
    /// Unreadable files and folders of this page, with the reason.
    pub unreadable: Vec<(String, String)>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub identifier: String,
    /// The file's length in bytes.
    pub size: u64,
}

/// Extensions of files that are not listed because they are not images.
const OTHER: [&str; 14] =
    ["json", "jsonl", "txt", "md", "csv", "tsv", "xml", "html", "pdf", "zip", "gz", "toml", "yaml", "db"];

impl Sources {
    pub(crate) fn new(all: Vec<Source>) -> Self {
        Self { problems: Mutex::new(vec![None; all.len()]), all }
    }

    pub(crate) fn all(&self) -> &[Source] {
        &self.all
    }

    /// The stores to which an identifier may refer: the named source, or all unnamed ones.
    ///
    /// # Errors
    /// Returns [`Error::Invalid`] if the identifier is not well-formed.
    pub(crate) fn locate(&self, identifier: &str) -> Result<Location, Error> {
        let Identifier { source, key, page } =
            Identifier::parse(identifier, self.all.iter().map(|source| source.name.as_deref()))?;
        let stores = match source {
            Some(at) => vec![self.all[at].store.clone()],
            None => {
                let unnamed = self.all.iter().filter(|source| source.name.is_none());
                unnamed.map(|source| source.store.clone()).collect()
            }
        };
        Ok(Location { stores, key, page })
    }

    /// All identifiers of an object, in any source; without a page.
    pub(crate) async fn names_of(&self, store: &Store, key: &Key) -> Result<Vec<String>, Error> {
        let mut names = Vec::with_capacity(1);
        for location in store.locations(key).await? {
            for source in &self.all {
                if let Some(key) = source.store.key_at(&location) {
                    let name = match &source.name {
                        Some(name) => format!("{name}:{}", key.as_str()),
                        None => key.as_str().to_owned(),
                    };
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        }
        Ok(names)
    }

    /// The sources that cannot be read, with cause and remedy. Changes since the last call are logged.
    pub(crate) async fn problems(&self) -> Vec<store::Diagnosis> {
        let probed = self.all.iter().map(|source| source.store.diagnose());
        let probed = futures::future::join_all(probed).await;
        let mut known = self.known_problems();
        for ((source, now), before) in self.all.iter().zip(&probed).zip(known.iter_mut()) {
            let now = now.as_ref().map(|problem| problem.text.clone());
            match &now {
                Some(text) if before.as_ref() != Some(text) => tracing::error!("not ready: {text}"),
                None if before.is_some() => tracing::info!("{} can be read again", source.store.describe()),
                _ => {}
            }
            *before = now;
        }
        probed.into_iter().flatten().collect()
    }

    /// Whether a source could not be read at the last call of [`Sources::problems`]; does no I/O.
    pub(crate) fn has_problem(&self) -> bool {
        self.known_problems().iter().any(Option::is_some)
    }

    fn known_problems(&self) -> MutexGuard<'_, Vec<Option<String>>> {
        self.problems.lock()
    }

    /// Lists at most `limit` images after `after`, the [`Listing::next`] of the previous page.
    pub(crate) async fn list(&self, after: Option<&str>, limit: usize) -> Result<Listing, Error> {
        let (first, mut after) = match after.and_then(|after| after.split_once('/')) {
            Some((source, key)) => {
                (source.parse().unwrap_or(0), Some(key.to_owned()).filter(|key| !key.is_empty()))
            }
            None => (0usize, None),
        };
        let mut listing = Listing::default();
        for (number, source) in self.all.iter().enumerate().skip(first) {
            let room = limit - listing.entries.len();
            if room == 0 {
                listing.next = Some(format!("{number}/"));
                break;
            }
            let name = source.name.as_deref();
            match list_one(&source.store, after.take().as_deref(), room).await {
                Ok(Keys { keys, media, unreadable, last }) => {
                    let identifier = |key: &str| name.map_or(key.to_owned(), |name| format!("{name}:{key}"));
                    let entry =
                        |(key, size): &(String, u64)| Entry { identifier: identifier(key), size: *size };
                    listing.entries.extend(keys.iter().map(entry));
                    listing.media.extend(media.iter().map(entry));
                    listing
                        .unreadable
                        .extend(unreadable.iter().map(|one| (identifier(&one.path), one.reason.to_owned())));
                    if let Some(last) = last {
                        listing.next = Some(format!("{number}/{last}"));
                        break;
                    }
                }
                Err(error) => {
                    let problem = source.store.explain(&error).text;
                    tracing::warn!(problem, "cannot list");
                    listing.notices.push(format!("{}: {error}", name.unwrap_or("one source")));
                    listing.problems.push(problem);
                }
            }
        }
        Ok(listing)
    }
}

/// A page of a source's images.
struct Keys {
    keys: Vec<(String, u64)>,
    /// Files of sound and video.
    media: Vec<(String, u64)>,
    unreadable: Vec<Unreadable>,
    /// The last key, if more follow.
    last: Option<String>,
}

async fn list_one(store: &Store, after: Option<&str>, limit: usize) -> Result<Keys, crate::store::Error> {
    let page = store.list(after, limit).await?;
    let last = page.keys.last().map(|(key, _)| key.clone()).filter(|_| page.more);
    let image = |key: &str| {
        !key.rsplit_once('.').is_some_and(|(_, end)| OTHER.contains(&end.to_ascii_lowercase().as_str()))
    };
    let (media, keys): (Vec<_>, Vec<_>) =
        page.keys.into_iter().filter(|(key, _)| image(key)).partition(|(key, _)| media_type(key).is_some());
    let unreadable = page.unreadable.into_iter().filter(|one| image(&one.path)).collect();
    Ok(Keys { keys, media, unreadable, last })
}
