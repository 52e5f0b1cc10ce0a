//! Image grants, cached until a catalogue change affects their works or files.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use moka::sync::Cache;
use parking_lot::Mutex;

use crate::catalogue::{Removal, WorkRights, without_page};
use crate::gallery::rights::{Grant, Rights};

/// The cached grants, by the first name of each master.
pub(super) struct Grants {
    cached: Cache<String, Arc<CachedGrant>>,
    /// Number of changes so far; a grant read before a change must not be cached after it.
    changes: Mutex<u64>,
}

/// A grant with everything that it depends on.
#[derive(Debug, PartialEq)]
pub(super) struct CachedGrant {
    /// `None` if no work has the image.
    pub grant: Option<Grant>,
    /// The lowest object number of the works that have the image and are not withdrawn.
    pub shown_by: Option<String>,
    /// The lowest object number of the works that have the image, if all of them are withdrawn.
    pub withdrawn: Option<String>,
    /// The file names by which the catalogue knows the image.
    names: Vec<String>,
    /// The works that have it, including withdrawn ones.
    works: Vec<String>,
}

impl CachedGrant {
    pub(super) fn new(names: &[String], showing: &[WorkRights], rights: &Rights) -> Self {
        let of = |work: &WorkRights| {
            let (stated, public_domain) = (work.rights.as_deref(), work.public_domain);
            match work.removal {
                None => rights.of_record(stated, public_domain),
                Some(_) => rights.of_removed(stated, public_domain),
            }
        };
        // Works that are not shown count only if no other work has the image.
        let shown = || showing.iter().filter(|work| work.removal.is_none());
        let is_withdrawn = |work: &&WorkRights| {
            matches!(work.removal, Some(Removal::BySource | Removal::ByMuseum)) && shown().next().is_none()
        };
        let is_shown = shown().next().is_some();
        let grants = showing.iter().filter(|work| work.removal.is_none() || !is_shown).map(of);
        Self {
            grant: grants.reduce(Grant::strictest),
            shown_by: shown().map(|work| &work.object_number).min().cloned(),
            withdrawn: showing.iter().filter(is_withdrawn).map(|work| &work.object_number).min().cloned(),
            names: names.iter().map(|name| without_page(name).to_owned()).collect(),
            works: showing.iter().map(|work| work.object_number.clone()).collect(),
        }
    }

    fn depends_on(&self, works: &HashSet<String>, files: &HashSet<String>) -> bool {
        self.works.iter().any(|work| works.contains(work))
            || self.names.iter().any(|name| files.contains(name))
    }
}

impl Grants {
    pub(super) fn new() -> Self {
        Self { cached: Cache::new(100_000), changes: Mutex::new(0) }
    }

    pub(super) fn get(&self, first: &str) -> Option<Arc<CachedGrant>> {
        self.cached.get(first)
    }

    /// The number of changes so far: read this before reading a grant.
    pub(super) fn changes(&self) -> u64 {
        *self.changes.lock()
    }

    /// Caches a grant, unless something has changed since it was read.
    pub(super) fn insert(&self, first: &str, cached: Arc<CachedGrant>, changes: u64) {
        let now = self.changes.lock();
        if *now == changes {
            self.cached.insert(first.to_owned(), cached);
        }
    }

    /// The image names of each cached grant that depends on these works or files, keyed by first name.
    pub(super) fn depending_on(
        &self,
        works: &HashSet<String>,
        files: &HashSet<String>,
    ) -> HashMap<String, Vec<String>> {
        let depending = self.cached.iter().filter(|(_, cached)| cached.depends_on(works, files));
        depending.map(|(first, cached)| ((*first).clone(), cached.names.clone())).collect()
    }

    /// Applies a change to these works and the current image files: dependent grants are replaced, or dropped if
    /// no replacement is given.
    pub(super) fn change(
        &self,
        works: &HashSet<String>,
        files: &HashSet<String>,
        mut replacements: HashMap<String, CachedGrant>,
    ) {
        let mut changes = self.changes.lock();
        *changes += 1;
        for (first, cached) in &self.cached {
            if cached.depends_on(works, files) {
                match replacements.remove(first.as_str()) {
                    Some(fresh) => self.cached.insert((*first).clone(), Arc::new(fresh)),
                    None => self.cached.invalidate(first.as_str()),
                }
            }
        }
    }

    pub(super) fn forget_all(&self) {
        let mut changes = self.changes.lock();
        *changes += 1;
        self.cached.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn showing(work: &str, public_domain: bool) -> WorkRights {
        WorkRights {
            object_number: work.into(),
            rights: None,
            public_domain: Some(public_domain),
            removal: None,
        }
    }

    fn set(names: &[&str]) -> HashSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_change_affects_only_grants_that_depend_on_it() {
        let (grants, rights) = (Grants::new(), Rights::default());
        let cached = |file: &str, work: &str| {
            CachedGrant::new(&[file.to_owned()], &[showing(work, true)], &rights).into()
        };
        let grant = |file: &str| grants.get(file).map(|cached| cached.grant);
        for (file, work) in [("a.tif", "A"), ("b.tif", "B"), ("c.tif", "C")] {
            grants.insert(file, cached(file, work), 0);
        }
        grants.insert("d.tif", CachedGrant::new(&["d.tif".to_owned()], &[], &rights).into(), 0);
        let restricted = CachedGrant::new(&["b.tif".to_owned()], &[showing("B", false)], &rights);
        // A no longer shows anything, B has other rights, and the new work D shows an image that no work showed.
        let replacements = HashMap::from([("b.tif".to_owned(), restricted)]);
        grants.change(&set(&["A", "B", "D"]), &set(&["b.tif", "d.tif"]), replacements);
        assert_eq!(grant("a.tif"), None);
        assert_eq!(grant("b.tif"), Some(Some(rights.otherwise.into())));
        assert_eq!(grant("c.tif"), Some(Some(rights.public_domain.into())));
        assert_eq!(grant("d.tif"), None);
        grants.insert("a.tif", cached("a.tif", "A"), 0);
        assert_eq!(grant("a.tif"), None, "it was read before the change");
        grants.insert("a.tif", cached("a.tif", "A"), grants.changes());
        assert!(grant("a.tif").is_some());
    }

    #[test]
    fn an_image_is_shown_by_the_first_work_that_is_not_withdrawn() {
        let of = |all: &[(&str, Option<Removal>)]| {
            let of = |&(work, removal): &(&str, _)| WorkRights { removal, ..showing(work, true) };
            let all: Vec<_> = all.iter().map(of).collect();
            let CachedGrant { shown_by, withdrawn, .. } = CachedGrant::new(&[], &all, &Rights::default());
            (shown_by, withdrawn)
        };
        let named = |number: &str| Some(number.to_owned());
        let (by_source, by_museum) = (Some(Removal::BySource), Some(Removal::ByMuseum));
        assert_eq!(of(&[("C", None), ("B", None), ("A", by_museum)]), (named("B"), None));
        assert_eq!(of(&[("B", by_museum), ("A", by_source)]), (None, named("A")));
        assert_eq!(of(&[("B", by_source), ("A", Some(Removal::Superseded))]), (None, named("B")));
        assert_eq!(of(&[("A", Some(Removal::Superseded))]), (None, None));
    }
}
