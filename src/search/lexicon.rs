//! Art terms in Danish and English, so that a query in one language finds descriptions in the other.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::record::words::{Word, words};

/// Lines of a Danish term, a tab, and an English term.
const LINES: &str = include_str!("lexicon.tsv");

/// The maximum number of translations of a phrase.
const MAX_TRANSLATIONS: usize = 6;

/// Translations by folded words and phrases, and by the stems of single words in each language.
#[derive(Default)]
struct Lexicon {
    phrases: HashMap<String, Vec<String>>,
    stems: HashMap<(&'static str, String), Vec<String>>,
    /// The single Danish words and their stems, folded.
    danish: HashSet<String>,
}

const DANISH: &str = "da";
const ENGLISH: &str = "en";

/// The translations of a word or phrase, in either direction. Inflections are ignored.
pub(crate) fn translations(phrase: &str) -> Vec<String> {
    let lexicon = Lexicon::get();
    let words = significant(phrase);
    if let Some(known) = lexicon.phrases.get(&key(&words)) {
        return known.clone();
    }
    let mut found = Vec::new();
    if let [word] = words.as_slice() {
        for language in [DANISH, ENGLISH] {
            for stem in word.terms(language).into_iter().skip(1) {
                let known = lexicon.stems.get(&(language, stem)).into_iter().flatten();
                known.for_each(|translation| add(&mut found, translation));
            }
        }
    }
    found
}

/// Whether this is a Danish word or its stem, folded and without its ending.
pub(super) fn is_danish(folded: &str) -> bool {
    Lexicon::get().danish.contains(folded)
}

impl Lexicon {
    fn get() -> &'static Self {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        LEXICON.get_or_init(Self::read)
    }

    fn read() -> Self {
        let mut lexicon = Self::default();
        let lines = LINES.lines().filter(|line| !line.starts_with('#'));
        for (danish, english) in lines.filter_map(|line| line.split_once('\t')) {
            if let [word] = words(danish).as_slice() {
                lexicon.danish.insert(word.folded());
                lexicon.danish.extend(word.terms(DANISH).into_iter().skip(1));
            }
            for (language, from, to) in [(DANISH, danish, english), (ENGLISH, english, danish)] {
                let words = significant(from);
                if key(&words) == key(&significant(to)) {
                    continue;
                }
                add(lexicon.phrases.entry(key(&words)).or_default(), to.trim());
                if let [word] = words.as_slice() {
                    for stem in word.terms(language).into_iter().skip(1) {
                        add(lexicon.stems.entry((language, stem)).or_default(), to.trim());
                    }
                }
            }
        }
        lexicon
    }
}

fn add(translations: &mut Vec<String>, translation: &str) {
    if translations.len() < MAX_TRANSLATIONS && !translations.iter().any(|known| known == translation) {
        translations.push(translation.to_owned());
    }
}

/// The words of a phrase without stop words; all words if there are only stop words.
fn significant(phrase: &str) -> Vec<Word> {
    let mut words = words(phrase);
    if words.iter().any(|word| !word.is_stop_word()) {
        words.retain(|word| !word.is_stop_word());
    }
    words
}

fn key(words: &[Word]) -> String {
    let folded: Vec<String> = words.iter().map(Word::folded).collect();
    folded.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_translated_in_both_directions() {
        let means = |word: &str, other: &str| translations(word).iter().any(|known| known == other);
        assert!(means("hund", "dog") && means("Dog", "hund") && means("dogs", "hunde"));
        assert!(means("slaget", "battle") && means("hestene", "horse"), "endings do not matter");
        assert!(means("SELVPORTRÆT", "self-portrait") && means("selvportraet", "self-portrait"));
        assert!(translations("xyzzy").is_empty());
    }

    #[test]
    fn every_line_has_two_sides() {
        for line in LINES.lines().filter(|line| !line.starts_with('#')) {
            let sides: Vec<&str> = line.split('\t').collect();
            assert!(sides.len() == 2 && sides.iter().all(|side| !side.trim().is_empty()), "{line:?}");
        }
    }
}
