//! Words for one thing, by their translations: `mor` and `moder`, `naked` and `nude`.

use std::collections::BTreeSet;

use super::Error;
use super::expansion::{Expander, Weighted};
use super::lexicon::translations;
use crate::record::words::{Word, words};

/// The weight of a word with the same translation, if no work has the word itself.
const SYNONYM: f32 = 0.5;
/// The most works with a word as a term for which synonyms are looked up: common words need none.
const FEW: u64 = 200;
/// How many times as many works must have a synonym as a word that is known.
const FAR_MORE: u64 = 4;

impl Expander<'_> {
    /// Adds works with other words that have these translations: `moder` for `mor`.
    pub(super) fn synonyms(&self, translated: &[String], found: &mut Vec<Weighted>) -> Result<(), Error> {
        for synonym in same_in_other_words(translated) {
            self.described(&synonym, SYNONYM, found)?;
        }
        Ok(())
    }

    /// Adds works with other words for a word that few works have, if far more works have them as terms: `nude` for `naked`.
    pub(super) fn usual_synonyms(
        &self,
        word: &Word,
        translated: &[String],
        found: &mut Vec<Weighted>,
    ) -> Result<(), Error> {
        let own = self.term_count(&word.folded())?;
        if own > FEW || translated.is_empty() {
            return Ok(());
        }
        let own_terms = word.terms("");
        for synonym in same_in_other_words(translated) {
            let other = words(&synonym);
            let [other] = other.as_slice() else { continue };
            let terms = other.terms("");
            // `painting` and `paintings` are one word.
            if terms.iter().any(|term| own_terms.contains(term)) {
                continue;
            }
            let mut works = 0;
            for term in &terms {
                works = works.max(self.subject_count(term)?);
            }
            if works > own.max(1) * FAR_MORE {
                self.described(&synonym, SYNONYM, found)?;
            }
        }
        Ok(())
    }
}

/// The words and phrases that have one of these translations.
fn same_in_other_words(translated: &[String]) -> BTreeSet<String> {
    translated.iter().flat_map(|other| translations(other)).collect()
}
