//! Texts into the terms that are looked up: words without accents, and their stems in Danish and English.

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};

use crate::record::fold::fold;

/// What stands before a word as it was written, to tell it from stems.
pub const EXACT: char = '=';

/// No word is longer, in bytes; what is cut can still be found by its beginning.
const LONGEST: usize = 64;

/// Words that say nothing of what a work is.
const COMMON: [&str; 42] = [
    "a", "af", "an", "and", "at", "by", "de", "den", "der", "det", "du", "eller", "en", "er", "et", "for",
    "fra", "from", "har", "i", "in", "is", "la", "le", "med", "of", "og", "om", "on", "or", "pa", "paa",
    "som", "the", "til", "to", "ud", "under", "ved", "von", "with", "y",
];

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// In lower case, as it was written.
    pub written: String,
    /// Its place among the words of its text.
    pub place: usize,
}

impl Word {
    /// Without accents.
    pub fn folded(&self) -> String {
        let mut folded = fold(&self.written);
        if folded.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|&end| folded.is_char_boundary(end)).unwrap_or(0);
            folded.truncate(end);
        }
        folded
    }

    /// Whether it is so common that it need not be found.
    pub fn is_common(&self) -> bool {
        COMMON.binary_search(&self.folded().as_str()).is_ok()
    }

    /// The terms that stand for it in the index: itself, and its stems in the language, or in both where it is
    /// neither Danish nor English.
    pub fn terms(&self, language: &str) -> Vec<String> {
        let folded = self.folded();
        let mut terms = vec![format!("{EXACT}{folded}")];
        if folded.len() >= LONGEST || folded.chars().all(|c| c.is_ascii_digit()) {
            return terms;
        }
        for stemmer in stemmers(language) {
            let mut stem = |word: &str| {
                let stem = fold(&stemmer.stem(word));
                if !stem.is_empty() && !terms.contains(&stem) {
                    terms.push(stem);
                }
            };
            stem(&self.written);
            // Who leaves out the accents is to find the same.
            stem(&folded);
        }
        terms
    }
}

fn stemmers(language: &str) -> impl Iterator<Item = Stemmer> {
    let main = language.split('-').next().unwrap_or_default();
    let wanted: &[Algorithm] = match main {
        "da" | "nb" | "no" | "nn" => &[Algorithm::Danish],
        "en" => &[Algorithm::English],
        _ => &[Algorithm::English, Algorithm::Danish],
    };
    wanted.iter().map(|algorithm| Stemmer::new(*algorithm))
}

/// Where a word may be broken at the end of a line: it is one word.
const SOFT_HYPHEN: char = '\u{ad}';

/// The words of a text; `’s` after a name is none.
pub fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut before = ' ';
    let mut place = 0;
    for part in text.split_inclusive(|c: char| !is_letter(c)) {
        let (word, after) = match part.chars().next_back() {
            Some(last) if !is_letter(last) => (&part[..part.len() - last.len_utf8()], last),
            _ => (part, ' '),
        };
        let owns = matches!(before, '\'' | '’' | '´') && word.eq_ignore_ascii_case("s");
        if !word.is_empty() && !owns {
            words.push(Word { written: lower(word).into_owned(), place });
            place += 1;
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
    fn common_words_are_in_order() {
        assert!(COMMON.is_sorted());
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
        ] {
            let known = terms(indexed, language);
            assert!(
                terms(typed, "").iter().any(|term| known.contains(term)),
                "{indexed} by {typed}: {known:?}"
            );
        }
    }

    #[test]
    fn places_count_words_alone() {
        let found: Vec<_> =
            words("The Poet’s  Dream, (1840)").into_iter().map(|w| (w.written, w.place)).collect();
        let expected = [("the", 0), ("poet", 1), ("dream", 2), ("1840", 3)];
        assert_eq!(found, expected.map(|(word, place)| (word.to_owned(), place)));
        assert!(words("— …").is_empty());
    }
}
