//! The settings of the search.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::periods::YearRange;

/// `[search]`: the search index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The folder of the index. If empty, the cache folder; `none` for no search.
    pub folder: String,
    /// Memory for indexing, in MiB; at least 32.
    pub memory_mib: usize,
    /// Memory for cached search results, in MiB; 0 disables the cache.
    pub answers_mib: u64,
    /// Memory for the concepts of imported vocabularies, in MiB; those that have no room are left out.
    pub concepts_mib: usize,
    /// Threads that search; 0 for one per processor core.
    pub threads: usize,
    /// With more changes at once than this, and than there are works, the index is rebuilt.
    pub rebuild_from: u64,
    /// The museum's names of periods with their years, as in `"skagensmalerne" = "1870/1905"`, beside the built-in ones,
    /// which they replace.
    pub periods: BTreeMap<String, YearRange>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folder: String::new(),
            memory_mib: 64,
            answers_mib: 32,
            concepts_mib: 128,
            threads: 0,
            rebuild_from: 20_000,
            periods: BTreeMap::new(),
        }
    }
}
