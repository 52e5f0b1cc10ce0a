//! Analysis of texts into terms that are searched: words without accents, and their stems in Danish and English.

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};

use super::fold::fold;

/// The prefix of words as written, which distinguishes them from stems.
pub(crate) const EXACT: char = '=';

/// The prefix of initials of names.
pub(crate) const INITIAL: char = '^';

/// The maximum length of an indexed word in bytes. Longer words are truncated and found by their prefix.
const MAX_WORD_BYTES: usize = 64;

/// Stop words in Danish, English and names.
const STOP_WORDS: [&str; 42] = [
    "a", "af", "an", "and", "at", "by", "de", "den", "der", "det", "du", "eller", "en", "er", "et", "for",
    "fra", "from", "har", "i", "in", "is", "la", "le", "med", "of", "og", "om", "on", "or", "pa", "paa",
    "som", "the", "til", "to", "ud", "under", "ved", "von", "with", "y",
];

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// The word as written, in lower case.
    pub written: String,
    /// Its position among the words of its text.
    pub position: usize,
}

impl Word {
    /// A word by itself.
    pub(crate) fn new(written: &str) -> Self {
        Self { written: written.to_owned(), position: 0 }
    }

    /// The word without accents, truncated to the maximum length.
    pub(crate) fn folded(&self) -> String {
        let mut folded = fold(&self.written);
        if folded.len() > MAX_WORD_BYTES {
            let end = (0..=MAX_WORD_BYTES).rev().find(|&end| folded.is_char_boundary(end)).unwrap_or(0);
            folded.truncate(end);
        }
        folded
    }

    /// Whether works may match without it.
    pub(crate) fn is_stop_word(&self) -> bool {
        STOP_WORDS.binary_search(&self.folded().as_str()).is_ok()
    }

    /// Its terms: the word itself after [`EXACT`], and its stems in the language; in both languages if that is neither Danish nor
    /// English.
    pub(crate) fn terms(&self, language: &str) -> Vec<String> {
        let folded = self.folded();
        let mut terms = vec![format!("{EXACT}{folded}")];
        if folded.len() >= MAX_WORD_BYTES || folded.chars().all(|c| c.is_ascii_digit()) {
            return terms;
        }
        for &algorithm in algorithms(language) {
            let stemmer = Stemmer::new(algorithm);
            let mut stem = |word: &str| {
                let stem = fold(&stemmer.stem(word));
                if !stem.is_empty() && !terms.contains(&stem) {
                    terms.push(stem);
                }
            };
            stem(&self.written);
            // Queries without accents must find the same works.
            stem(&folded);
            if let Some(singular) = singular(algorithm, &self.written) {
                stem(&singular);
            }
        }
        terms
    }
}

/// Endings of irregular plurals with their singulars, which stems keep apart.
const ENGLISH_PLURALS: [(&str, &str); 11] = [
    ("women", "woman"),
    ("men", "man"),
    ("children", "child"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("geese", "goose"),
    ("mice", "mouse"),
    ("wolves", "wolf"),
    ("leaves", "leaf"),
    ("knives", "knife"),
    ("oxen", "ox"),
];
const DANISH_PLURALS: [(&str, &str); 6] = [
    ("mænd", "mand"),
    ("mændene", "mand"),
    ("børn", "barn"),
    ("børnene", "barn"),
    ("bøger", "bog"),
    ("bøgerne", "bog"),
];

/// The singular of a word that ends with an irregular plural. `Specimen` is no plural, but nothing else becomes its
/// singular.
fn singular(algorithm: Algorithm, written: &str) -> Option<String> {
    let plurals = match algorithm {
        Algorithm::Danish => DANISH_PLURALS.as_slice(),
        _ => ENGLISH_PLURALS.as_slice(),
    };
    plurals.iter().find_map(|(plural, singular)| Some(format!("{}{singular}", written.strip_suffix(plural)?)))
}

fn algorithms(language: &str) -> &'static [Algorithm] {
    let main = language.split('-').next().unwrap_or_default();
    match main {
        "da" | "nb" | "no" | "nn" => &[Algorithm::Danish],
        "en" => &[Algorithm::English],
        _ => &[Algorithm::English, Algorithm::Danish],
    }
}

/// A possible line break within a word; it does not separate words.
const SOFT_HYPHEN: char = '\u{ad}';

/// Splits a text into words; a possessive `’s` is not a word.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut before = ' ';
    let mut position = 0;
    for part in text.split_inclusive(|c: char| !is_letter(c)) {
        let (word, after) = match part.chars().next_back() {
            Some(last) if !is_letter(last) => (&part[..part.len() - last.len_utf8()], last),
            _ => (part, ' '),
        };
        let owns = matches!(before, '\'' | '’' | '´') && word.eq_ignore_ascii_case("s");
        if !word.is_empty() && !owns {
            words.push(Word { written: lower(word).into_owned(), position });
            position += 1;
        }
        before = after;
    }
    words
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c) || c == SOFT_HYPHEN
}

fn lower(word: &str) -> Cow<'_, str> {
    match word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(word.to_lowercase().replace(SOFT_HYPHEN, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str, language: &str) -> Vec<String> {
        words(text).iter().flat_map(|word| word.terms(language)).collect()
    }

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn words_are_found_with_and_without_accents_and_endings() {
        for (indexed, language, typed) in [
            ("Købke", "none", "kobke"),
            ("Købke", "da", "Koebke"),
            ("Horses", "en", "horse"),
            ("hestene", "da", "hest"),
            ("Åbenrå", "da", "aabenraa"),
            ("Dürer", "de", "durer"),
            ("Rossetti’s", "en", "rossetti"),
            ("landskaber", "da", "landskab"),
            ("Women", "en", "woman"),
            ("horseman", "en", "horsemen"),
            ("fiskerbørn", "da", "fiskerbarn"),
        ] {
            let known = terms(indexed, language);
            assert!(
                terms(typed, "").iter().any(|term| known.contains(term)),
                "{indexed} by {typed}: {known:?}"
            );
        }
    }

    #[test]
    fn positions_count_words_only() {
        let found: Vec<_> =
            words("The Poet’s  Dream, (1840)").into_iter().map(|w| (w.written, w.position)).collect();
        let expected = [("the", 0), ("poet", 1), ("dream", 2), ("1840", 3)];
        assert_eq!(found, expected.map(|(word, position)| (word.to_owned(), position)));
        assert!(words("— …").is_empty());
    }
}
