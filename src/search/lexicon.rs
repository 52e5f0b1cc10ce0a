//! Words of art in Danish and English: who asks in one language finds what is described in the other.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::analysis::words;
use crate::record::fold::fold;

/// Lines of a Danish word, a tab, and an English one.
const LINES: &str = include_str!("lexicon.tsv");

/// The most words that stand for one.
const MOST: usize = 6;

/// What a word or a phrase means in the other language, in either direction; folded.
pub fn meanings(phrase: &str) -> &'static [String] {
    static MADE: OnceLock<HashMap<String, Vec<String>>> = OnceLock::new();
    let known = MADE.get_or_init(|| {
        let mut known: HashMap<String, Vec<String>> = HashMap::new();
        let pairs =
            LINES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
        for (danish, english) in pairs {
            for (said, meant) in [(danish, english), (english, danish)] {
                if key(said) == key(meant) {
                    continue;
                }
                for form in forms(said) {
                    let meanings = known.entry(form).or_default();
                    if meanings.len() < MOST && !meanings.iter().any(|known| known == meant.trim()) {
                        meanings.push(meant.trim().to_owned());
                    }
                }
            }
        }
        known
    });
    known.get(&key(phrase)).map_or(&[], Vec::as_slice)
}

fn key(phrase: &str) -> String {
    let mut words = words(phrase);
    if words.iter().any(|word| !word.is_common()) {
        words.retain(|word| !word.is_common());
    }
    let folded: Vec<String> = words.iter().map(|word| word.folded()).collect();
    folded.join(" ")
}

/// A word as it stands and its plain plural, so that `horses` is known where `horse` is.
fn forms(said: &str) -> Vec<String> {
    let base = key(said);
    let mut forms = vec![base.clone()];
    if !base.contains(' ') && fold(said).is_ascii() {
        forms.push(format!("{base}s"));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_in_both_directions() {
        let means = |said: &str, meant: &str| meanings(said).iter().any(|known| known == meant);
        assert!(means("hund", "dog") && means("Dog", "hund") && means("dogs", "hund"));
        assert!(means("SELVPORTRÆT", "self-portrait") || means("selvportraet", "self-portrait"));
        assert!(meanings("xyzzy").is_empty());
    }

    #[test]
    fn every_line_has_two_sides() {
        for line in LINES.lines().filter(|line| !line.starts_with('#')) {
            let sides: Vec<&str> = line.split('\t').collect();
            assert!(sides.len() == 2 && sides.iter().all(|side| !side.trim().is_empty()), "{line:?}");
        }
    }
}
