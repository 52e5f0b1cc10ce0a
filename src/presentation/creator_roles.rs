//! Roles of creators in works: their labels, and the words by which records and queries say them.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::label::Label;

/// Lines of an English and a Danish label, other names in records, and phrases of queries, separated by tabs; names and
/// phrases are separated by `|`.
const LINES: &str = include_str!("creator_roles.tsv");

/// A role.
#[derive(Debug)]
pub(crate) struct CreatorRole {
    pub label: Label,
    /// Its names in records, with its labels.
    pub names: Vec<&'static str>,
    /// What queries say before the name of a creator: `engraved by`.
    pub phrases: Vec<&'static str>,
}

impl CreatorRole {
    /// All roles that have labels.
    pub(crate) fn all() -> &'static [Self] {
        static ROLES: OnceLock<Vec<CreatorRole>> = OnceLock::new();
        ROLES.get_or_init(|| {
            LINES.lines().filter(|line| !line.starts_with('#')).filter_map(Self::read).collect()
        })
    }

    /// The role that a record names, in either language; case is ignored.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        static BY_NAME: OnceLock<HashMap<&'static str, &'static CreatorRole>> = OnceLock::new();
        let by_name = BY_NAME.get_or_init(|| {
            let names = |role: &'static Self| role.names.iter().map(move |name| (*name, role));
            Self::all().iter().flat_map(names).collect()
        });
        by_name.get(name.trim().to_lowercase().as_str()).copied()
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let label = Label::new(columns.next()?, columns.next()?);
        let mut list = || columns.next().unwrap_or_default().split('|').filter(|text| !text.is_empty());
        let names = [label.en, label.da].into_iter().chain(list()).collect();
        Some(Self { label, names, phrases: list().collect() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn roles_are_named_in_both_languages() {
        let english = |name: &str| CreatorRole::named(name).map(|role| role.label.en);
        assert_eq!(english(" Efter "), Some("after"));
        assert_eq!(english("gravør"), english("Engraver"));
        assert_eq!(english("tilskrevet"), Some("attributed to"));
        assert_eq!(english("sitter"), None);
    }

    #[test]
    fn no_name_or_phrase_has_two_roles() {
        for list in [|role: &CreatorRole| role.names.clone(), |role: &CreatorRole| role.phrases.clone()] {
            let mut known = HashSet::new();
            for text in CreatorRole::all().iter().flat_map(list) {
                assert!(known.insert(text) && text.to_lowercase() == text, "{text}");
            }
        }
    }
}
