//! The indexes in a folder, found without opening them for searches.

use std::fs;
use std::path::Path;

use super::index::{FORMAT, Payload, number};

/// An index on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundIndex {
    /// The number of its folder; a larger one is newer.
    pub number: u64,
    /// The version of its format; `None` if it cannot be read.
    pub format: Option<u32>,
    /// The catalogue's revision that it contains.
    pub revision: u64,
}

impl FoundIndex {
    /// Whether this version of Tegl uses it; otherwise it is rebuilt.
    pub(crate) fn is_current(&self) -> bool {
        self.format == Some(FORMAT)
    }
}

/// All indexes in the folder, the newest first. Those of other servers are among them.
pub(crate) fn found(folder: &Path) -> Vec<FoundIndex> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.filter_map(|entry| read(&entry.path())).collect();
    found.sort_unstable_by_key(|index| std::cmp::Reverse(index.number));
    found
}

fn read(folder: &Path) -> Option<FoundIndex> {
    let number = number(folder).filter(|_| folder.is_dir())?;
    let payload = tantivy::Index::open_in_dir(folder).and_then(|index| index.load_metas());
    let payload = payload.ok().and_then(|metas| serde_json::from_str::<Payload>(&metas.payload?).ok());
    let (format, revision) = payload.map_or((None, 0), |payload| (Some(payload.format), payload.revision));
    Some(FoundIndex { number, format, revision })
}
