//! The terms of a field: its texts' words, each at its place.

use std::cell::RefCell;
use std::collections::HashMap;

use tantivy::TantivyDocument;
use tantivy::schema::Field;
use tantivy::tokenizer::{PreTokenizedString, Token};

use super::analysis::{EXACT, Word, words};
use crate::record::Text;
use crate::record::fold::fold;

/// Words of a field behind so many are not found.
const MOST_WORDS: usize = 20_000;

/// The terms of a field.
#[derive(Default)]
pub struct Terms {
    tokens: Vec<Token>,
    /// The place of the next word.
    place: usize,
}

impl Terms {
    pub fn text(&mut self, text: &Text) {
        for (language, value) in text.iter() {
            self.add_words(value, language);
        }
    }

    pub fn plain(&mut self, text: &str) {
        self.add_words(text, "");
    }

    fn add_words(&mut self, text: &str, language: &str) {
        let mut last = 0;
        let left = MOST_WORDS.saturating_sub(self.place);
        for word in words(text).into_iter().take_while(|word| word.place < left) {
            last = word.place + 1;
            let position = self.place + word.place;
            known_terms(&word, language, |term| self.token(position, term.to_owned()));
        }
        // A phrase does not go on into the next text.
        self.place += last + 10;
    }

    /// An object number is found as a whole, too, whatever signs stand in it.
    pub fn number(&mut self, number: &str) {
        self.plain(number);
        let whole: String = fold(number).chars().filter(|c| c.is_alphanumeric()).collect();
        if words(number).len() > 1 && whole.len() <= 64 {
            self.token(self.place, format!("{}{whole}", EXACT));
        }
    }

    fn token(&mut self, position: usize, text: String) {
        self.tokens.push(Token { offset_from: 0, offset_to: 0, position, text, position_length: 1 });
    }

    pub fn add(self, document: &mut TantivyDocument, field: Field) {
        if !self.tokens.is_empty() {
            document.add_pre_tokenized_text(
                field,
                PreTokenizedString { text: String::new(), tokens: self.tokens },
            );
        }
    }
}

/// The terms of a word, remembered for the next time: most words come again and again.
fn known_terms(word: &Word, language: &str, mut told: impl FnMut(&str)) {
    const MOST: usize = 50_000;
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
            return terms.iter().for_each(|term| told(term));
        }
        let terms = word.terms(language);
        terms.iter().for_each(|term| told(term));
        if known.len() > MOST {
            known.clear();
        }
        known.insert(word.written.clone(), terms);
    });
}
