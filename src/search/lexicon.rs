//! Words of art in Danish and English: who asks in one language finds what is described in the other.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::analysis::{Word, words};

/// Lines of a Danish word, a tab, and an English one.
const LINES: &str = include_str!("lexicon.tsv");

/// The most words that stand for one.
const MOST: usize = 6;

/// Meanings by folded words and phrases, and by the stems of single words of each language.
#[derive(Default)]
struct Lexicon {
    phrases: HashMap<String, Vec<String>>,
    stems: HashMap<(&'static str, String), Vec<String>>,
}

const DANISH: &str = "da";
const ENGLISH: &str = "en";

/// What a word or a phrase means in the other language, in either direction; endings do not matter.
pub fn translations(phrase: &str) -> Vec<String> {
    static MADE: OnceLock<Lexicon> = OnceLock::new();
    let lexicon = MADE.get_or_init(Lexicon::read);
    let words = said(phrase);
    if let Some(known) = lexicon.phrases.get(&key(&words)) {
        return known.clone();
    }
    let mut found = Vec::new();
    if let [word] = words.as_slice() {
        for language in [DANISH, ENGLISH] {
            for stem in word.terms(language).into_iter().skip(1) {
                let known = lexicon.stems.get(&(language, stem)).into_iter().flatten();
                known.for_each(|meant| add(&mut found, meant));
            }
        }
    }
    found
}

impl Lexicon {
    fn read() -> Self {
        let mut lexicon = Self::default();
        let lines = LINES.lines().filter(|line| !line.starts_with('#'));
        for (danish, english) in lines.filter_map(|line| line.split_once('\t')) {
            for (language, from, to) in [(DANISH, danish, english), (ENGLISH, english, danish)] {
                let words = said(from);
                if key(&words) == key(&said(to)) {
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

fn add(translations: &mut Vec<String>, meant: &str) {
    if translations.len() < MOST && !translations.iter().any(|known| known == meant) {
        translations.push(meant.to_owned());
    }
}

/// The words of a phrase that say something.
fn said(phrase: &str) -> Vec<Word> {
    let mut words = words(phrase);
    if words.iter().any(|word| !word.is_common()) {
        words.retain(|word| !word.is_common());
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
    fn words_are_known_in_both_directions() {
        let means = |said: &str, meant: &str| translations(said).iter().any(|known| known == meant);
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
