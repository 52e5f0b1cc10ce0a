//! Kinds of works, such as drawings, and the words by which records say so, such as `graphite`.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::record::words::Word;

/// Lines of the words of queries, a tab, and the words of records; words are separated by `|`.
const LINES: &str = include_str!("kinds.tsv");

/// The words of records that say that a work is of the kind that this word names; `None` if it names no kind.
pub(super) fn words_of_kind(word: &Word) -> Option<&'static [Word]> {
    static KINDS: OnceLock<HashMap<String, Vec<Word>>> = OnceLock::new();
    KINDS.get_or_init(read).get(&word.folded()).map(Vec::as_slice)
}

fn read() -> HashMap<String, Vec<Word>> {
    let lines = LINES.lines().filter(|line| !line.starts_with('#'));
    let mut kinds = HashMap::new();
    for (names, words) in lines.filter_map(|line| line.split_once('\t')) {
        let words: Vec<Word> = words.split('|').filter(|word| !word.is_empty()).map(Word::new).collect();
        for name in names.split('|') {
            kinds.insert(Word::new(name).folded(), words.clone());
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_in_both_languages() {
        for name in ["Tegninger", "drawing", "drawings"] {
            let words = words_of_kind(&Word::new(&name.to_lowercase())).unwrap();
            assert!(words.iter().any(|word| word.written == "graphite"), "{name}");
        }
        assert!(words_of_kind(&Word::new("værker")).is_some_and(<[Word]>::is_empty));
        assert_eq!(words_of_kind(&Word::new("horse")), None);
    }
}
