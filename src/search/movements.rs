//! Movements and styles as words of queries: `cubist`, `kubistisk` and `Kubismen` are one movement.

use super::Error;
use super::expansion::{Expander, Weighted};
use super::spelling::sounding_alike;
use crate::record::words::Word;

/// Endings of words that name a movement, its members or their manner, in English and Danish; longer ones first.
const ENDINGS: [&str; 16] = [
    "isterne", "istiske", "istisk", "istic", "ister", "ismen", "isten", "isms", "isme", "ists", "ist", "ism",
    // `Pre-Raphaelite`
    "itiske", "itisk", "itter", "ites",
];
/// The endings of the words that records have, by whether the movement's members end with `-ite`.
const OTHERS: [&str; 5] = ["ism", "isme", "ist", "istisk", "istic"];
const OF_MEMBERS: [&str; 3] = ["ite", "ites", "it"];
/// Prefixes, which may be words of their own, in Danish and in English.
const PREFIXES: [(&str, &str); 7] = [
    ("prae", "pre"),
    ("pre", "pre"),
    ("post", "post"),
    ("neo", "neo"),
    ("ny", "neo"),
    ("anti", "anti"),
    ("ultra", "ultra"),
];
/// The least letters before an ending: `mist` is no movement.
const MIN_STEM: usize = 3;
/// The weights of another word for the movement: one that more works have as a term than the word itself, and others.
const MOVEMENT: f32 = 0.8;
const LESS_USUAL: f32 = 0.3;

/// The other words and phrases for the movement that a folded word names; none if it names none.
fn other_words(folded: &str) -> Vec<String> {
    let Some((stem, ending)) = ENDINGS.iter().find_map(|ending| Some((folded.strip_suffix(ending)?, ending)))
    else {
        return Vec::new();
    };
    if stem.len() < MIN_STEM {
        return Vec::new();
    }
    let of_members = ending.starts_with("it");
    let endings: &[&str] = if of_members { &OF_MEMBERS } else { &OTHERS };
    let mut found = Vec::new();
    for ending in endings {
        let joined = format!("{stem}{ending}");
        for (prefix, english) in PREFIXES {
            let Some(rest) = joined.strip_prefix(prefix).filter(|rest| rest.len() > ending.len() + MIN_STEM)
            else {
                continue;
            };
            found.extend(spellings(rest).map(|rest| format!("{english} {rest}")));
            found.extend(spellings(rest).map(|rest| format!("{english}{rest}")));
        }
        found.extend(spellings(&joined));
    }
    found.sort_unstable();
    found.dedup();
    found.retain(|other| other != folded);
    found
}

/// A word as written, and as it is written in another language.
fn spellings(word: &str) -> impl Iterator<Item = String> + use<> {
    std::iter::once(word.to_owned()).chain(sounding_alike(word))
}

impl Expander<'_> {
    /// Adds works with other words for the movement that a word names; returns whether there are any.
    pub(super) fn movement(&self, word: &Word, found: &mut Vec<Weighted>) -> Result<bool, Error> {
        let before = found.len();
        let folded = word.folded();
        for other in other_words(&folded) {
            let weight = match other.contains(' ') {
                true => MOVEMENT,
                false if !self.is_known(&other)? => continue,
                false if self.term_count(&other)? > self.term_count(&folded)? => MOVEMENT,
                false => LESS_USUAL,
            };
            self.described(&other, weight, found)?;
        }
        Ok(found.len() > before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_movement_are_found_in_both_languages() {
        for (word, expected) in [
            ("cubist", "cubism"),
            ("kubistisk", "cubism"),
            ("kubismen", "cubist"),
            ("cubism", "kubisme"),
            ("impressionist", "impressionism"),
            ("surrealistisk", "surrealism"),
            ("ekspressionistiske", "expressionism"),
            ("futurister", "futurism"),
            ("prerafaelitisk", "pre raphaelite"),
            ("praerafaelitter", "pre raphaelite"),
            ("neoimpressionistisk", "neo impressionism"),
            ("nyklassicistisk", "neo classicism"),
        ] {
            let others = other_words(word);
            assert!(others.iter().any(|other| other == expected), "{word}: {others:?}");
        }
        for word in ["mist", "list", "horse", "landskab", "turner", "prism", "bits"] {
            assert!(other_words(word).is_empty(), "{word}: {:?}", other_words(word));
        }
    }
}
