//! Kinds of works, such as drawings, and the words by which records say so, such as `graphite`.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use crate::record::words::{Word, words};

/// Lines of the words of queries, a tab, and the words of records; words are separated by `|`.
const LINES: &str = include_str!("kinds.tsv");

/// A kind of works.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Its names in both languages, folded.
    pub names: Vec<String>,
    /// The words of records that say that a work is probably of this kind; none if every work is.
    pub words: Vec<Word>,
}

impl Kind {
    /// The kind that a word names.
    pub(super) fn of(word: &Word) -> Option<&'static Self> {
        static KINDS: OnceLock<(Vec<Kind>, HashMap<String, usize>)> = OnceLock::new();
        let (kinds, by_name) = KINDS.get_or_init(read);
        kinds.get(*by_name.get(&word.folded())?)
    }

    /// Whether it is any work: `picture`.
    pub(super) fn is_any(&self) -> bool {
        self.words.is_empty()
    }
}

/// The kinds that words of a text name, each by its first name.
pub(super) fn named_in<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeSet<&'static str> {
    let words = texts.flat_map(words);
    let kinds = words.filter_map(|word| Kind::of(&word)).filter(|kind| !kind.is_any());
    kinds.filter_map(|kind| kind.names.first().map(String::as_str)).collect()
}

fn read() -> (Vec<Kind>, HashMap<String, usize>) {
    let lines = LINES.lines().filter(|line| !line.starts_with('#'));
    let (mut kinds, mut by_name) = (Vec::new(), HashMap::new());
    for (names, known) in lines.filter_map(|line| line.split_once('\t')) {
        let names: Vec<String> = names.split('|').map(|name| Word::new(name).folded()).collect();
        by_name.extend(names.iter().map(|name| (name.clone(), kinds.len())));
        let words = known.split('|').filter(|word| !word.is_empty()).map(Word::new).collect();
        kinds.push(Kind { names, words });
    }
    (kinds, by_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_in_both_languages() {
        for name in ["Tegninger", "drawing", "drawings"] {
            let kind = Kind::of(&Word::new(&name.to_lowercase())).unwrap();
            assert!(kind.words.iter().any(|word| word.written == "graphite"), "{name}");
            assert!(kind.names.iter().any(|name| name == "tegning") && !kind.is_any(), "{name}");
        }
        let named = named_in(["Fotografi, 6 billeder", "Watercolour and ink on paper"].into_iter());
        assert_eq!(Vec::from_iter(named), ["photograph", "watercolour"]);
        assert!(Kind::of(&Word::new("værker")).is_some_and(Kind::is_any));
        assert_eq!(Kind::of(&Word::new("horse")), None);
    }
}
