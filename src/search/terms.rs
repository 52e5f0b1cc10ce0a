//! Collects the terms of a field with their positions.

use std::cell::RefCell;
use std::collections::HashMap;

use tantivy::TantivyDocument;
use tantivy::schema::Field;
use tantivy::tokenizer::{PreTokenizedString, Token};

use super::analysis::{EXACT, Word, words};
use crate::record::Text;
use crate::record::fold::fold;

/// The maximum number of words in a field; others are not indexed.
const MAX_WORDS: usize = 20_000;

/// The terms of a field.
#[derive(Default)]
pub(super) struct Terms {
    tokens: Vec<Token>,
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

    fn add_words(&mut self, text: &str, language: &str) {
        let mut last = 0;
        let left = MAX_WORDS.saturating_sub(self.position);
        for word in words(text).into_iter().take_while(|word| word.position < left) {
            last = word.position + 1;
            let position = self.position + word.position;
            cached_terms(&word, language, |term| self.token(position, term.to_owned()));
        }
        // A gap, so that phrases do not continue into the next text.
        self.position += last + 10;
    }

    /// Adds an object number as words, and as one term without punctuation.
    pub(super) fn number(&mut self, number: &str) {
        self.plain(number);
        let whole: String = fold(number).chars().filter(|c| c.is_alphanumeric()).collect();
        if words(number).len() > 1 && whole.len() <= 64 {
            self.token(self.position, format!("{}{whole}", EXACT));
        }
    }

    fn token(&mut self, position: usize, text: String) {
        self.tokens.push(Token { offset_from: 0, offset_to: 0, position, text, position_length: 1 });
    }

    pub(super) fn add(self, document: &mut TantivyDocument, field: Field) {
        if !self.tokens.is_empty() {
            document.add_pre_tokenized_text(
                field,
                PreTokenizedString { text: String::new(), tokens: self.tokens },
            );
        }
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
        let terms = word.terms(language);
        terms.iter().for_each(|term| add(term));
        if known.len() > MAX_CACHED {
            known.clear();
        }
        known.insert(word.written.clone(), terms);
    });
}
