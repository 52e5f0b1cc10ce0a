//! Collects the terms of a field with their positions, and hands them to the index as one text.

use std::cell::RefCell;
use std::collections::HashMap;

use tantivy::TantivyDocument;
use tantivy::schema::Field;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::compounds;
use super::schema::SEPARATOR;
use crate::record::Text;
use crate::record::fold::fold;
use crate::record::words::{EXACT, INITIAL, Word, words};

/// The maximum number of words in a field; others are not indexed.
const MAX_WORDS: usize = 20_000;
/// The maximum number of words of a name whose initials are indexed.
const MAX_NAME_WORDS: usize = 20;

/// The terms of a field.
#[derive(Default)]
pub(super) struct Terms {
    /// Each term after its position, both followed by a separator: [`PositionedTerms`] splits it.
    text: String,
    /// The position of the next word.
    position: usize,
}

impl Terms {
    pub(super) fn text(&mut self, text: &Text) {
        for (language, value) in text.iter() {
            self.add_words(value, language);
        }
    }

    pub(super) fn plain(&mut self, text: &str) {
        self.add_words(text, "");
    }

    /// Adds the name of a person as words, and the initial of each.
    pub(super) fn name(&mut self, name: &str) {
        for word in words(name).into_iter().take(MAX_NAME_WORDS) {
            if let Some(initial) = word.folded().chars().next().filter(|c| c.is_alphabetic()) {
                self.term(self.position + word.position, &format!("{INITIAL}{initial}"));
            }
        }
        self.plain(name);
    }

    fn add_words(&mut self, text: &str, language: &str) {
        let mut last = 0;
        let left = MAX_WORDS.saturating_sub(self.position);
        for word in words(text).into_iter().take_while(|word| word.position < left) {
            last = word.position + 1;
            let position = self.position + word.position;
            cached_terms(&word, language, |term| self.term(position, term));
        }
        // A gap, so that phrases do not continue into the next text.
        self.position += last + 10;
    }

    /// Adds an object number as words, and as one term without punctuation.
    pub(super) fn number(&mut self, number: &str) {
        self.plain(number);
        let whole: String = fold(number).chars().filter(|c| c.is_alphanumeric()).collect();
        if words(number).len() > 1 && whole.len() <= 64 {
            self.term(self.position, &format!("{EXACT}{whole}"));
        }
    }

    fn term(&mut self, position: usize, term: &str) {
        self.text.push_str(&position.to_string());
        self.text.push(SEPARATOR);
        self.text.push_str(term);
        self.text.push(SEPARATOR);
    }

    pub(super) fn add(self, document: &mut TantivyDocument, field: Field) {
        if !self.text.is_empty() {
            document.add_text(field, self.text);
        }
    }
}

/// Splits what [`Terms`] wrote. The index library's own way, a list of tokens, passes them through JSON, which took a
/// quarter of the time.
#[derive(Clone)]
pub(super) struct PositionedTerms;

/// The terms that are left of a text.
pub(super) struct TermStream<'a> {
    rest: &'a str,
    token: Token,
}

impl Tokenizer for PositionedTerms {
    type TokenStream<'a> = TermStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TermStream<'a> {
        TermStream { rest: text, token: Token::default() }
    }
}

impl TokenStream for TermStream<'_> {
    fn advance(&mut self) -> bool {
        let mut next = || {
            let (part, rest) = self.rest.split_once(SEPARATOR)?;
            self.rest = rest;
            Some(part)
        };
        let (Some(position), Some(term)) = (next(), next()) else { return false };
        self.token.position = position.parse().unwrap_or_default();
        self.token.text.clear();
        self.token.text.push_str(term);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// Calls `add` with the terms of a word. Terms are cached, because most words are frequent.
fn cached_terms(word: &Word, language: &str, mut add: impl FnMut(&str)) {
    const MAX_CACHED: usize = 50_000;
    type Known = HashMap<String, HashMap<String, Vec<String>>>;
    thread_local! {
        static KNOWN: RefCell<Known> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if !known.contains_key(language) {
            if known.len() > 16 {
                known.clear();
            }
            known.insert(language.to_owned(), HashMap::new());
        }
        let Some(known) = known.get_mut(language) else { return };
        if let Some(terms) = known.get(&word.written) {
            return terms.iter().for_each(|term| add(term));
        }
        let mut terms = word.terms(language);
        terms.extend(compounds::part_terms(word, language));
        terms.iter().for_each(|term| add(term));
        if known.len() > MAX_CACHED {
            known.clear();
        }
        known.insert(word.written.clone(), terms);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_come_back_with_their_positions() {
        let mut terms = Terms::default();
        terms.text(&Text::of("en", "The horses’ 3 riders"));
        terms.number("KMS 3711");
        let text = terms.text;
        let (mut splitter, mut found) = (PositionedTerms, Vec::new());
        splitter.token_stream(&text).process(&mut |token| found.push((token.position, token.text.clone())));
        let expected = [
            (0, "=the"),
            (0, "the"),
            (1, "=horses"),
            (1, "hors"),
            (2, "=3"),
            (3, "=riders"),
            (3, "rider"),
            (14, "=kms"),
            (14, "kms"),
            (15, "=3711"),
            (26, "=kms3711"),
        ];
        assert_eq!(found, expected.map(|(position, term)| (position, term.to_owned())));
    }

    #[test]
    fn a_text_that_is_cut_ends_without_a_term() {
        let mut splitter = PositionedTerms;
        for text in ["", "1", "1\u{1f}", "1\u{1f}horse"] {
            assert!(!splitter.token_stream(text).advance(), "{text:?}");
        }
    }
}
