//! Compounds in queries: `bronzeskulptur` finds works with both parts, and `bronze skulptur` the compound.

use tantivy::Term;
use tantivy::query::{BooleanQuery, Occur, Query};

use super::Error;
use super::compounds::{self, Compound};
use super::expansion::{Expander, Weighted, copy, union};
use super::kinds::Kind;
use super::lexicon::translations;
use super::part::Part;
use super::period;
use super::search_field::SearchField;
use super::spelling::word_fields;
use crate::record::words::{EXACT, Word};

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
        // The lexicon knows better than its parts what a `havfrue` is.
        for translation in translations(&word.written) {
            if self.described(&translation, 1.0, &mut Vec::new())? {
                return Ok(false);
            }
        }
        if let Some(of_period) = self.of_period(word)? {
            found.push((of_period, if known { LESS_LIKELY_PARTS } else { PARTS }));
            return Ok(true);
        }
        let split = match compounds::split(word) {
            None if !known => self.split_by_index(word)?.or_else(|| compounds::split_short(word)),
            split => split,
        };
        let Some(Compound { first, last }) = split else { return Ok(false) };
        let weight = if known { LESS_LIKELY_PARTS } else { PARTS };
        let first = self.part(&Word::new(&first))?;
        // Of `havnebillede` only the first part says what is shown.
        let kind = Kind::of(&Word::new(&last));
        if kind.is_some_and(Kind::is_any) && !first.is_empty() {
            found.extend([(union(first), weight)]);
            return Ok(true);
        }
        let last = self.part(&Word::new(&last))?;
        let mut both = Vec::from([&first, &last].map(|part| (Occur::Must, union(copy(part)))));
        both.extend(self.of_kind(kind));
        let query = BooleanQuery::new(both);
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

    /// Works of the period that the first part of a compound names, and of the kind or with the word that is its last
    /// part: `guldaldertegning`.
    fn of_period(&self, word: &Word) -> Result<Option<Box<dyn Query>>, Error> {
        if !self.fields.contains(&SearchField::Text) {
            return Ok(None);
        }
        for Compound { first, last } in compounds::splits(&word.written, MIN_FIRST, MIN_LAST) {
            let Some(years) = self.snapshot.periods.named(&first) else { continue };
            let mut clauses = vec![(Occur::Must, period::overlapping(years))];
            let kind = Kind::of(&Word::new(&last));
            if !kind.is_some_and(Kind::is_any) {
                clauses.push((Occur::Must, union(self.part(&Word::new(&last))?)));
            }
            clauses.extend(self.of_kind(kind));
            clauses.push((Occur::Should, period::within(years)));
            let query = BooleanQuery::new(clauses);
            if query.count(&self.snapshot.searcher)? > 0 {
                return Ok(Some(Box::new(query)));
            }
        }
        Ok(None)
    }

    /// The clause that raises the score of works whose type names a kind.
    fn of_kind(&self, kind: Option<&Kind>) -> Option<(Occur, Box<dyn Query>)> {
        let named = self.of_type(kind?)?;
        Some((Occur::Should, union(vec![named])))
    }

    /// A part of a compound, its stems and translations.
    fn part(&self, part: &Word) -> Result<Vec<Weighted>, Error> {
        let mut found = Vec::new();
        let known = self.described(&part.written, 1.0, &mut found)?;
        self.kind(part, &mut found)?;
        let translated = translations(&part.written);
        for translation in &translated {
            self.described(translation, 1.0, &mut found)?;
        }
        if !known {
            self.synonyms(&translated, &mut found)?;
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
        Ok(self.term_count(&Word::new(written).folded())? > 1)
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
                    self.words(&[Word::new(&joined)], JOINED, found)?;
                    break;
                }
            }
        }
        Ok(())
    }
}
