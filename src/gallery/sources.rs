//! What is served, a page at a time.

use super::{Error, Gallery};
use crate::store::{Store, Unreadable};

/// A part of the list of all images, sources one after the other.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub entries: Vec<Entry>,
    /// What to ask for to go on; `None` at the end.
    pub next: Option<String>,
    /// Sources that could not be listed, and why.
    pub notices: Vec<String>,
    /// The same for operators: with the source's address, the cause and the remedy.
    pub troubles: Vec<String>,
    /// Files and folders, in this part of the list, that cannot be read: their names, and why.
    pub unreadable: Vec<(String, String)>,
}

/// One image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub identifier: String,
    /// The file's length in bytes.
    pub size: u64,
}

/// What a list of images passes over by its name: records, texts and the like.
const OTHER: [&str; 14] =
    ["json", "jsonl", "txt", "md", "csv", "tsv", "xml", "html", "pdf", "zip", "gz", "toml", "yaml", "db"];

impl Gallery {
    /// At most `limit` images behind `after`, the last listing's [`Listing::next`].
    pub async fn list(&self, after: Option<&str>, limit: usize) -> Result<Listing, Error> {
        let (first, mut after) = match after.and_then(|after| after.split_once('/')) {
            Some((source, key)) => {
                (source.parse().unwrap_or(0), Some(key.to_owned()).filter(|key| !key.is_empty()))
            }
            None => (0usize, None),
        };
        let mut listing = Listing::default();
        for (number, source) in self.sources().iter().enumerate().skip(first) {
            let room = limit - listing.entries.len();
            if room == 0 {
                listing.next = Some(format!("{number}/"));
                break;
            }
            let name = source.name.as_deref();
            match list_one(&source.store, after.take().as_deref(), room).await {
                Ok(Keys { keys, unreadable, last }) => {
                    let identifier = |key: &str| name.map_or(key.to_owned(), |name| format!("{name}:{key}"));
                    listing.entries.extend(
                        keys.iter().map(|(key, size)| Entry { identifier: identifier(key), size: *size }),
                    );
                    listing
                        .unreadable
                        .extend(unreadable.iter().map(|one| (identifier(&one.path), one.reason.to_owned())));
                    if let Some(last) = last {
                        listing.next = Some(format!("{number}/{last}"));
                        break;
                    }
                }
                Err(error) => {
                    let trouble = source.store.explain(&error).text;
                    tracing::warn!(trouble, "cannot list");
                    listing.notices.push(format!("{}: {error}", name.unwrap_or("one source")));
                    listing.troubles.push(trouble);
                }
            }
        }
        Ok(listing)
    }
}

/// A page of a source's images.
struct Keys {
    keys: Vec<(String, u64)>,
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
    let keys = page.keys.into_iter().filter(|(key, _)| image(key)).collect();
    let unreadable = page.unreadable.into_iter().filter(|one| image(&one.path)).collect();
    Ok(Keys { keys, unreadable, last })
}
