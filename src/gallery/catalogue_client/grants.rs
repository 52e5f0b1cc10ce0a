//! What images' works allow, kept until a change of the catalogue touches those works or images.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use moka::sync::Cache;

use crate::catalogue::{WorkRights, without_page};
use crate::gallery::rights::{Grant, Rights};

/// The grants that are known, by the first name of each master.
pub(super) struct Grants {
    kept: Cache<String, Arc<Kept>>,
    /// Counts the changes: what was read before one is not kept after it.
    changes: Mutex<u64>,
}

/// A grant, and all that it depends on.
#[derive(Debug, PartialEq)]
pub(super) struct Kept {
    /// `None` where no work shows the image.
    pub grant: Option<Grant>,
    /// The first of the works that show the image now, by object number.
    pub shown_by: Option<String>,
    /// The image's names, as the catalogue knows files.
    names: Vec<String>,
    /// The works that show it, or did so until they were withdrawn.
    works: Vec<String>,
}

impl Kept {
    pub(super) fn new(names: &[String], showing: &[WorkRights], rights: &Rights) -> Self {
        let of = |work: &WorkRights| {
            let (stated, public_domain) = (work.rights.as_deref(), work.public_domain);
            if work.withdrawn {
                rights.of_withdrawn(stated, public_domain)
            } else {
                rights.of_record(stated, public_domain)
            }
        };
        // A work that is there says what holds now; a withdrawn one speaks only where no other shows the image.
        let is_shown = showing.iter().any(|work| !work.withdrawn);
        let grants = showing.iter().filter(|work| !work.withdrawn || !is_shown).map(of);
        let shown_by = showing.iter().filter(|work| !work.withdrawn).map(|work| &work.object_number).min();
        Self {
            grant: grants.reduce(Grant::strictest),
            shown_by: shown_by.cloned(),
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
        Self { kept: Cache::new(100_000), changes: Mutex::new(0) }
    }

    pub(super) fn get(&self, first: &str) -> Option<Arc<Kept>> {
        self.kept.get(first)
    }

    /// How many changes there have been: asked for before a grant is read.
    pub(super) fn changes(&self) -> u64 {
        *self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a grant, unless something has changed since it was read.
    pub(super) fn keep(&self, first: &str, kept: Arc<Kept>, changes: u64) {
        let now = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if *now == changes {
            self.kept.insert(first.to_owned(), kept);
        }
    }

    /// The grants that depend on these works or files: the names of their images, by the first one.
    pub(super) fn depending_on(
        &self,
        works: &HashSet<String>,
        files: &HashSet<String>,
    ) -> HashMap<String, Vec<String>> {
        let depending = self.kept.iter().filter(|(_, kept)| kept.depends_on(works, files));
        depending.map(|(first, kept)| ((*first).clone(), kept.names.clone())).collect()
    }

    /// Takes note that works have changed which show these files now: what depends on them is replaced by what is given
    /// here, or forgotten.
    pub(super) fn change(
        &self,
        works: &HashSet<String>,
        files: &HashSet<String>,
        mut replaced: HashMap<String, Kept>,
    ) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        *changes += 1;
        for (first, kept) in &self.kept {
            if kept.depends_on(works, files) {
                match replaced.remove(first.as_str()) {
                    Some(fresh) => self.kept.insert((*first).clone(), Arc::new(fresh)),
                    None => self.kept.invalidate(first.as_str()),
                }
            }
        }
    }

    pub(super) fn forget_all(&self) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        *changes += 1;
        self.kept.invalidate_all();
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
            withdrawn: false,
        }
    }

    fn set(names: &[&str]) -> HashSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_change_touches_only_what_depends_on_it() {
        let (grants, rights) = (Grants::new(), Rights::default());
        let kept =
            |file: &str, work: &str| Kept::new(&[file.to_owned()], &[showing(work, true)], &rights).into();
        let grant = |file: &str| grants.get(file).map(|kept| kept.grant);
        for (file, work) in [("a.tif", "A"), ("b.tif", "B"), ("c.tif", "C")] {
            grants.keep(file, kept(file, work), 0);
        }
        grants.keep("d.tif", Kept::new(&["d.tif".to_owned()], &[], &rights).into(), 0);
        let restricted = Kept::new(&["b.tif".to_owned()], &[showing("B", false)], &rights);
        // A shows nothing any more; B has other rights; the new work D shows an image that no work showed.
        let replaced = HashMap::from([("b.tif".to_owned(), restricted)]);
        grants.change(&set(&["A", "B", "D"]), &set(&["b.tif", "d.tif"]), replaced);
        assert_eq!(grant("a.tif"), None);
        assert_eq!(grant("b.tif"), Some(Some(rights.otherwise.into())));
        assert_eq!(grant("c.tif"), Some(Some(rights.public_domain.into())));
        assert_eq!(grant("d.tif"), None);
        grants.keep("a.tif", kept("a.tif", "A"), 0);
        assert_eq!(grant("a.tif"), None, "it was read before the change");
        grants.keep("a.tif", kept("a.tif", "A"), grants.changes());
        assert!(grant("a.tif").is_some());
    }

    #[test]
    fn an_image_is_shown_by_the_first_work_that_is_not_withdrawn() {
        let shown_by = |all: &[(&str, bool)]| {
            let of = |&(work, withdrawn): &(&str, bool)| WorkRights { withdrawn, ..showing(work, true) };
            let all: Vec<_> = all.iter().map(of).collect();
            Kept::new(&[], &all, &Rights::default()).shown_by
        };
        assert_eq!(shown_by(&[("C", false), ("B", false), ("A", true)]).as_deref(), Some("B"));
        assert_eq!(shown_by(&[("A", true)]), None);
    }
}
