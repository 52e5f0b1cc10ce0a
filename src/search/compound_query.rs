//! Compounds in queries: `bronzeskulptur` finds works with both parts, and `bronze skulptur` the compound.

use tantivy::Term;
use tantivy::query::{BooleanQuery, Occur, Query};

use super::Error;
use super::compounds::{self, Compound};
use super::expansion::{Expander, Weighted, copy, union};
use super::kinds::words_of_kind;
use super::lexicon::translations;
use super::part::Part;
use super::schema::schema;
use super::spelling::word_fields;
use crate::record::words::{EXACT, Word, words};

/// The minimum number of letters of a compound.
const MIN_LETTERS: usize = 7;
/// The least letters of the parts of a compound, and of parts that the lexicon does not have.
const MIN_FIRST: usize = 3;
const MIN_LAST: usize = 4;
const MIN_UNKNOWN: usize = 4;
/// The weights of both parts where no work has the compound, and where works have it.
const PARTS: f32 = 1.0;
const LESS_LIKELY_PARTS: f32 = 0.3;
/// The weight of one part, where no work has both.
const ONE_PART: f32 = 0.2;
/// The weight of a compound of two words of the query.
const JOINED: f32 = 1.0;

impl Expander<'_> {
    /// Adds works with both parts of a compound; returns whether there are any.
    pub(super) fn compound(
        &self,
        word: &Word,
        known: bool,
        found: &mut Vec<Weighted>,
    ) -> Result<bool, Error> {
        if word.written.chars().count() < MIN_LETTERS {
            return Ok(false);
        }
        let split = match compounds::split(word) {
            None if !known => self.split_by_index(word)?,
            split => split,
        };
        let Some(Compound { first, last }) = split else { return Ok(false) };
        let weight = if known { LESS_LIKELY_PARTS } else { PARTS };
        let first = self.part(&Word::new(&first))?;
        // Of `havnebillede` only the first part says what is shown.
        if words_of_kind(&Word::new(&last)).is_some_and(<[Word]>::is_empty) && !first.is_empty() {
            found.extend([(union(first), weight)]);
            return Ok(true);
        }
        let last = self.part(&Word::new(&last))?;
        let both = [&first, &last].map(|part| (Occur::Must, union(copy(part))));
        let query = BooleanQuery::new(both.into());
        if query.count(&self.snapshot.searcher)? > 0 {
            found.push((Box::new(query), weight));
            return Ok(true);
        }
        if known || first.is_empty() && last.is_empty() {
            return Ok(false);
        }
        found.extend([first, last].map(|part| (union(part), ONE_PART)));
        Ok(true)
    }

    /// A part of a compound, its stems and translations.
    fn part(&self, part: &Word) -> Result<Vec<Weighted>, Error> {
        let mut found = Vec::new();
        self.word(part, 1.0, &mut found)?;
        self.kind(part, &mut found)?;
        for translation in translations(&part.written) {
            match words(&translation).as_slice() {
                [word] => drop(self.word(word, 1.0, &mut found)?),
                several => drop(self.every(several, 1.0, &mut found)?),
            }
        }
        Ok(found)
    }

    /// The split whose parts are words of the lexicon or of the index; if the lexicon has neither, words for what works
    /// are and show.
    fn split_by_index(&self, word: &Word) -> Result<Option<Compound>, Error> {
        for split in compounds::splits(&word.written, MIN_FIRST, MIN_LAST) {
            let is_known = match (compounds::is_first(&split.first), compounds::is_last(&split.last)) {
                (true, true) => true,
                (false, true) => self.is_known(&Word::new(&split.first).folded())?,
                (true, false) => self.is_subject(&split.last)?,
                (false, false) => {
                    split.first.chars().count() >= MIN_UNKNOWN
                        && self.is_subject(&split.last)?
                        && self.is_subject(&split.first)?
                }
            };
            if is_known {
                return Ok(Some(split));
            }
        }
        Ok(None)
    }

    fn is_subject(&self, written: &str) -> Result<bool, Error> {
        let term = format!("{EXACT}{}", Word::new(written).folded());
        let term = Term::from_field_text(schema().1.subject, &term);
        Ok(self.snapshot.searcher.doc_freq(&term)? > 1)
    }

    /// Adds works with the compound that two adjacent words form.
    pub(super) fn joined(&self, first: &Part, last: &Part, found: &mut Vec<Weighted>) -> Result<(), Error> {
        let ([one], [other]) = (first.words.as_slice(), last.words.as_slice()) else { return Ok(()) };
        let is_word = |part: &Part| part.is_single() && !part.exact && !part.optional;
        let is_long = |word: &Word| word.written.chars().count() >= MIN_FIRST;
        if !is_word(first) || !is_word(last) || !is_long(one) || !is_long(other) {
            return Ok(());
        }
        for joined in compounds::joined(&one.folded(), &other.folded()) {
            for field in word_fields() {
                let term = Term::from_field_text(field, &format!("{EXACT}{joined}"));
                if self.snapshot.searcher.doc_freq(&term)? > 0 {
                    self.word(&Word::new(&joined), JOINED, found)?;
                    break;
                }
            }
        }
        Ok(())
    }
}
