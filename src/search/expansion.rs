//! Query expansion: each part of what was typed becomes weighted queries, with stems, both languages, and corrections of
//! misspelled words.

use std::cell::Cell;

use tantivy::Term;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, PhraseQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

use super::Error;
use super::analysis::{EXACT, Word, words};
use super::lexicon::translations;
use super::object_numbers;
use super::parser::{Part, candidates};
use super::period;
use super::search_field::SearchField;
use super::snapshot::Snapshot;
use super::spelling::{Near, forgiven, near};

/// A stem says less than the word itself.
const STEM: f32 = 0.5;
/// So does a word that is a slip away, and far less one that is not the likeliest: rare words count much by themselves.
const SLIP: f32 = 0.6;
const LESS_LIKELY: f32 = 0.02;
/// The other language counts less where the word is known as it is: `barn` is a child, and a barn.
const OTHER_LANGUAGE: f32 = 0.35;
/// So many words stand in for one that is not known, for so many of those that were typed.
const STAND_INS: usize = 3;
const GUESSES: usize = 8;
/// Continuations of a word that are looked for, at most.
const MAX_CONTINUATIONS: usize = 48;
/// What counts for a whole object number, so that its work comes first, and for one that begins with what was typed.
const NUMBER: f32 = 100.0;
const BEGUN_NUMBER: f32 = 2.0;
/// What counts for being made within a period that was typed, and for touching it.
const WITHIN: f32 = 2.0;
const TOUCHING: f32 = 0.5;

/// A query, and how much it counts.
pub type Weighed = (Box<dyn Query>, f32);

/// Finds the queries that the parts of what was typed stand for.
pub struct Expander<'a> {
    snapshot: &'a Snapshot,
    fields: &'a [SearchField],
    /// How many words were looked for among all of the index.
    guesses: Cell<usize>,
}

impl<'a> Expander<'a> {
    pub fn new(snapshot: &'a Snapshot, fields: &'a [SearchField]) -> Self {
        Self { snapshot, fields, guesses: Cell::new(0) }
    }

    /// The words that may have been meant, the likeliest first.
    fn near(&self, folded: &str) -> Result<Vec<Near>, Error> {
        if self.guesses.replace(self.guesses.get() + 1) >= GUESSES {
            return Ok(Vec::new());
        }
        near(self.snapshot, folded, forgiven(folded.chars().count()), false)
    }

    /// The parts, those joined that are an object number or its beginning, as `N 00530` and `KKS1982-156` are.
    pub fn numbers(&self, parts: Vec<Part>) -> Result<Vec<Part>, Error> {
        if !self.fields.contains(&SearchField::Name) {
            return Ok(parts);
        }
        let mut joined = Vec::with_capacity(parts.len());
        let mut rest = parts.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let mut found = None;
            for count in candidates(rest) {
                let written = rest[..count].iter().flat_map(|part| &part.words);
                let key = object_numbers::key(&written.map(|word| word.written.as_str()).collect::<String>());
                if self.snapshot.has_numbers(&key)? {
                    found = Some((count, key));
                    break;
                }
            }
            match found {
                None => {
                    let same = after.iter().take_while(|part| !part.quoted && part.token == first.token);
                    let count = if first.quoted { 1 } else { 1 + same.count() };
                    joined.extend_from_slice(&rest[..count]);
                    rest = &rest[count..];
                }
                Some((count, key)) => {
                    let words = rest[..count].iter().flat_map(|part| part.words.iter().cloned()).collect();
                    joined.push(Part { words, exact: true, number: Some(key), ..first.clone() });
                    rest = &rest[count..];
                }
            }
        }
        Ok(joined)
    }

    /// Works whose object number this is, or begins with it where no number is just this one; whether there are any. A
    /// year begins no number: what is all digits has to be unknown as a word.
    fn numbered(&self, key: &str, known: bool, found: &mut Vec<Weighed>) -> Result<bool, Error> {
        if self.snapshot.has_number(key)? {
            found.push((object_numbers::same(key), NUMBER));
            return Ok(true);
        }
        let begins = !known || !key.bytes().all(|b| b.is_ascii_digit());
        if begins {
            found.push((object_numbers::beginning(key), BEGUN_NUMBER));
        }
        Ok(begins)
    }

    /// The parts, neighbours joined where they mean something together, such as `rytter til hest`.
    pub fn phrases(&self, parts: &[Part]) -> Vec<Part> {
        let mut joined: Vec<Part> = Vec::new();
        let mut at = 0;
        while at < parts.len() {
            let longest = parts[at..].iter().take(3).take_while(|part| part.is_single()).count();
            let together = (2..=longest).rev().find(|&count| {
                let said: Vec<String> = parts[at..at + count].iter().map(Part::written).collect();
                !translations(&said.join(" ")).is_empty()
            });
            let count = together.unwrap_or(1);
            let mut part = parts[at].clone();
            for next in &parts[at + 1..at + count] {
                part.words.extend(next.words.iter().cloned());
            }
            joined.push(part);
            at += count;
        }
        joined
    }

    /// The ways in which works can have a part; with the word that was meant, where nothing has what was typed.
    pub fn alternatives(&self, part: &Part) -> Result<(Vec<Weighed>, Option<String>), Error> {
        let mut found = Vec::new();
        let mut meant = None;
        let mut known = match part.words.as_slice() {
            [word] => {
                let known = self.word(word, 1.0, &mut found)?;
                let folded = word.folded();
                if part.begins {
                    for near in near(self.snapshot, &folded, 0, true)?.iter().take(MAX_CONTINUATIONS) {
                        self.term(&format!("{EXACT}{}", near.word), STEM, &mut found)?;
                    }
                } else if !known && !part.exact && translations(&folded).is_empty() {
                    let near = self.near(&folded)?;
                    meant = near.first().map(|near| near.word.clone());
                    for (at, near) in near.iter().take(STAND_INS).enumerate() {
                        let weight = if at == 0 { SLIP } else { LESS_LIKELY };
                        self.term(&format!("{EXACT}{}", near.word), weight, &mut found)?;
                        let word = Word { written: near.word.clone(), place: 0 };
                        for stem in word.terms("").iter().skip(1) {
                            self.term(stem, weight * STEM, &mut found)?;
                        }
                    }
                }
                known
            }
            several if part.quoted => self.phrase(several, &mut found)?,
            several => self.every(several, 1.0, &mut found)?,
        };
        if let Some(key) = &part.number {
            known |= self.numbered(key, known, &mut found)?;
        }
        if let Some(years) = part.years.filter(|_| self.fields.contains(&SearchField::Text)) {
            found.push((period::within(years), WITHIN));
            found.push((period::touching(years), TOUCHING));
        }
        let said: Vec<&str> = part.words.iter().map(|word| word.written.as_str()).collect();
        for meaning in translations(&said.join(" ")) {
            let weight = if known { OTHER_LANGUAGE } else { 1.0 };
            match words(&meaning).as_slice() {
                [word] => {
                    self.word(word, weight, &mut found)?;
                }
                several => {
                    self.every(several, weight, &mut found)?;
                }
            }
        }
        Ok((found, meant))
    }

    /// A word and its stems; whether works have it.
    fn word(&self, word: &Word, weight: f32, found: &mut Vec<Weighed>) -> Result<bool, Error> {
        let before = found.len();
        for (at, term) in word.terms("").iter().enumerate() {
            self.term(term, if at == 0 { weight } else { weight * STEM }, found)?;
        }
        Ok(found.len() > before)
    }

    /// Each of these words, wherever it stands; whether works have all of them.
    fn every(&self, words: &[Word], weight: f32, found: &mut Vec<Weighed>) -> Result<bool, Error> {
        let mut all: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for word in words.iter().filter(|word| !word.is_common()) {
            let mut ways = Vec::new();
            self.word(word, weight, &mut ways)?;
            all.push((Occur::Must, union(ways)));
        }
        let query = BooleanQuery::new(all);
        let known = query.count(&self.snapshot.searcher)? > 0;
        if known {
            found.push((Box::new(query), 1.0));
        }
        Ok(known)
    }

    fn term(&self, text: &str, weight: f32, found: &mut Vec<Weighed>) -> Result<(), Error> {
        for field in self.fields {
            let term = Term::from_field_text(field.field(), text);
            if self.snapshot.searcher.doc_freq(&term)? > 0 {
                let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                found.push((Box::new(query), weight * field.weight()));
            }
        }
        Ok(())
    }

    fn phrase(&self, several: &[Word], found: &mut Vec<Weighed>) -> Result<bool, Error> {
        let before = found.len();
        for field in self.fields {
            let term =
                |word: &Word| Term::from_field_text(field.field(), &format!("{EXACT}{}", word.folded()));
            let terms: Vec<(usize, Term)> = several.iter().map(|word| (word.place, term(word))).collect();
            let query = PhraseQuery::new_with_offset(terms);
            if query.count(&self.snapshot.searcher)? > 0 {
                found.push((Box::new(query), field.weight()));
            }
        }
        Ok(found.len() > before)
    }
}

fn boosted((query, weight): Weighed) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, weight))
}

/// Any of these.
pub fn union(ways: Vec<Weighed>) -> Box<dyn Query> {
    Box::new(BooleanQuery::new(ways.into_iter().map(|way| (Occur::Should, boosted(way))).collect()))
}
