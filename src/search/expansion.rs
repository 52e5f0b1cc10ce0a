//! Query expansion: each part of the query becomes weighted queries, with stems, both languages, and corrections of
//! misspelled words.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tantivy::Term;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, PhraseQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

use super::Error;
use super::concepts::Meaning;
use super::edit_distance::max_distance;
use super::lexicon::translations;
use super::object_numbers::{self, NumberKey};
use super::parser::candidates;
use super::part::Part;
use super::period;
use super::search_field::SearchField;
use super::snapshot::Snapshot;
use super::spelling::{Near, near, sounding_alike};
use crate::record::words::{EXACT, Word, words};

/// The weight of a stem, relative to the word itself.
const STEM: f32 = 0.5;
/// The weights of the likeliest correction of a misspelled word and of the others: rare words already score high.
const CORRECTION: f32 = 0.6;
const LESS_LIKELY: f32 = 0.02;
/// The weight of a translation if works also contain the word itself: `barn` is a child in Danish, and a barn in
/// English.
const OTHER_LANGUAGE: f32 = 0.35;
/// The weight of works with a narrower term, which is below that of any word that is not in nearly all works.
const NARROWER: f32 = 0.2;
/// The maximum number of corrections per unknown word, and of unknown words that are corrected.
const MAX_CORRECTIONS: usize = 3;
const MAX_CORRECTED_WORDS: usize = 8;
/// The maximum number of completions of a prefix.
const MAX_CONTINUATIONS: usize = 48;
/// The weights of an equal object number, whose work comes first, and of an object number with this prefix.
const NUMBER: f32 = 100.0;
const NUMBER_PREFIX: f32 = 2.0;
/// The weights of a production within the period of the query, and of one that overlaps it.
const WITHIN: f32 = 4.0;
const OVERLAPPING: f32 = 0.5;
/// The weight of the words of a period.
const PERIOD_WORDS: f32 = 0.3;

/// A query and its weight.
pub(super) type Weighted = (Box<dyn Query>, f32);

/// Expands the parts of a query.
pub(super) struct Expander<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) fields: &'a [SearchField],
    /// The fields without the names of creators.
    described: Vec<SearchField>,
    /// The unknown words that were looked up, with the similar words of the index.
    looked_up: RefCell<HashMap<String, Rc<[Near]>>>,
}

impl<'a> Expander<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, fields: &'a [SearchField]) -> Self {
        let described = fields.iter().filter_map(|field| match field {
            SearchField::Name => Some(SearchField::Titles),
            SearchField::Creators => None,
            other => Some(*other),
        });
        Self { snapshot, fields, described: described.collect(), looked_up: RefCell::default() }
    }

    /// The similar words of the index, the likeliest first.
    pub(super) fn near(&self, folded: &str) -> Result<Rc<[Near]>, Error> {
        if let Some(known) = self.looked_up.borrow().get(folded) {
            return Ok(known.clone());
        }
        if self.looked_up.borrow().len() >= MAX_CORRECTED_WORDS {
            return Ok(Rc::new([]));
        }
        let mut found = near(self.snapshot, folded, max_distance(folded.chars().count()), false)?;
        for word in sounding_alike(folded) {
            if self.is_known(&word)? {
                let distance = strsim::osa_distance(folded, &word).min(9) as u8;
                found.retain(|near| near.word != word);
                found.insert(0, Near { word, distance, works: 0 });
            }
        }
        let found: Rc<[Near]> = found.into();
        self.looked_up.borrow_mut().insert(folded.to_owned(), found.clone());
        Ok(found)
    }

    /// Joins parts that form an object number or its prefix, such as `N 00530` and `KKS1982-156`.
    pub(super) fn numbers(&self, parts: Vec<Part>) -> Result<Vec<Part>, Error> {
        if !self.fields.contains(&SearchField::Name) {
            return Ok(parts);
        }
        let mut joined = Vec::with_capacity(parts.len());
        let mut rest = parts.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let mut found = None;
            for count in candidates(rest) {
                let written = rest[..count].iter().flat_map(|part| &part.words);
                let written: Vec<&str> = written.map(|word| word.written.as_str()).collect();
                let key = NumberKey::new(&written.join(" "));
                if self.snapshot.has_number_prefix(&key.whole)? || self.snapshot.has_number_like(&key)? {
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

    /// Adds works with this object number, otherwise those that differ only in leading zeros and those with this prefix; returns whether there are any. Digits
    /// only, such as a year, count as a prefix only if no work contains them as a word.
    fn numbered(&self, key: &NumberKey, known: bool, found: &mut Vec<Weighted>) -> Result<bool, Error> {
        if self.snapshot.has_number(&key.whole)? {
            found.push((object_numbers::same(&key.whole), NUMBER));
            return Ok(true);
        }
        let is_like = self.snapshot.has_number_like(key)?;
        if is_like {
            found.push((object_numbers::like(key), NUMBER));
        }
        let begins = !known || !key.whole.bytes().all(|b| b.is_ascii_digit());
        if begins {
            found.push((object_numbers::beginning(&key.whole), NUMBER_PREFIX));
        }
        Ok(is_like || begins)
    }

    /// Joins adjacent parts that are one phrase in the lexicon, such as `rytter til hest`.
    pub(super) fn phrases(&self, parts: &[Part]) -> Vec<Part> {
        let mut joined: Vec<Part> = Vec::new();
        let mut at = 0;
        while at < parts.len() {
            let longest = parts[at..].iter().take(3).take_while(|part| part.is_single()).count();
            let together = (2..=longest).rev().find(|&count| {
                let written: Vec<String> = parts[at..at + count].iter().map(Part::written).collect();
                self.has_meaning(&written.join(" "))
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

    /// The alternative queries for a part, and its correction if no work contains it as typed.
    pub(super) fn alternatives(
        &self,
        part: &Part,
        parts: &[Part],
    ) -> Result<(Vec<Weighted>, Option<String>), Error> {
        let mut found = Vec::new();
        let mut correction = None;
        if let Some(name) = &part.creator {
            self.near_name(name, &mut found);
            correction = Some(name.clone());
        }
        // The years of a period say more than its words, as in the name of a school.
        let own = if part.years.is_some() { PERIOD_WORDS } else { 1.0 };
        let mut known = match part.words.as_slice() {
            word @ [_] if part.creator.is_some() => self.words(word, 1.0, &mut found)?,
            [word] => {
                let mut known = self.words(&part.words, own, &mut found)?;
                let folded = word.folded();
                if !part.without {
                    known |= self.by_creator(word, part.role, &mut found)?;
                    known |= self.initials(part, parts, &mut found)?;
                    if parts.len() > 1 {
                        self.kind(word, &mut found)?;
                    }
                    if part.is_single() && !part.exact {
                        known |= self.movement(word, &mut found)?;
                        known |= self.compound(word, known, &mut found)?;
                    }
                }
                if part.begins {
                    for near in near(self.snapshot, &folded, 0, true)?.iter().take(MAX_CONTINUATIONS) {
                        self.term(&format!("{EXACT}{}", near.word), STEM, &mut found)?;
                    }
                } else if !known && !part.exact && !self.has_meaning(&folded) {
                    let near = self.near(&folded)?;
                    correction = near.first().map(|near| near.word.clone());
                    for (at, near) in near.iter().take(MAX_CORRECTIONS).enumerate() {
                        let weight = if at == 0 { CORRECTION } else { LESS_LIKELY };
                        self.term(&format!("{EXACT}{}", near.word), weight, &mut found)?;
                        let word = Word { written: near.word.clone(), position: 0 };
                        for stem in word.terms("").iter().skip(1) {
                            self.term(stem, weight * STEM, &mut found)?;
                        }
                    }
                }
                known
            }
            several if part.quoted => self.phrase(several, &mut found)?,
            several => self.words(several, own, &mut found)?,
        };
        if let Some(key) = &part.number {
            known |= self.numbered(key, known, &mut found)?;
        }
        if let Some(years) = part.years.filter(|_| self.fields.contains(&SearchField::Text)) {
            found.push((period::within(years), WITHIN));
            found.push((period::overlapping(years), OVERLAPPING));
        }
        let written: Vec<&str> = part.words.iter().map(|word| word.written.as_str()).collect();
        let meaning = self.meaning(part, &written.join(" "));
        found.extend(meaning.narrower.map(|narrower| (narrower, NARROWER)));
        let translated = translations(&written.join(" "));
        let weight = if known { OTHER_LANGUAGE } else { 1.0 };
        for translation in &translated {
            self.described(translation, weight, &mut found)?;
        }
        for label in &meaning.labels {
            self.words(&words(label), weight, &mut found)?;
        }
        if !known {
            self.synonyms(&translated, &mut found)?;
        } else if let [word] = part.words.as_slice()
            && !(part.quoted || part.without || part.kind().is_some())
        {
            self.usual_synonyms(word, &translated, &mut found)?;
        }
        Ok((found, correction))
    }

    /// Adds works with a word or all words of a phrase, but not in the names of creators: nobody looks for Derwent Wood by
    /// `træ`. Returns whether there are any.
    pub(super) fn described(
        &self,
        phrase: &str,
        weight: f32,
        found: &mut Vec<Weighted>,
    ) -> Result<bool, Error> {
        self.words_in(&self.described, &words(phrase), weight, found)
    }

    /// Whether the lexicon or an imported vocabulary has this word or phrase.
    fn has_meaning(&self, phrase: &str) -> bool {
        !translations(phrase).is_empty() || self.snapshot.is_concept(phrase)
    }

    /// What imported vocabularies say about a part; nothing if it is quoted, or not searched among terms.
    fn meaning(&self, part: &Part, written: &str) -> Meaning {
        match part.quoted || part.begins || !self.fields.contains(&SearchField::Subject) {
            true => Meaning::default(),
            false => self.snapshot.meaning(written),
        }
    }

    /// Adds works with a word or its stems, or with all of several words in any order; returns whether there are any.
    pub(super) fn words(
        &self,
        words: &[Word],
        weight: f32,
        found: &mut Vec<Weighted>,
    ) -> Result<bool, Error> {
        self.words_in(self.fields, words, weight, found)
    }

    fn words_in(
        &self,
        fields: &[SearchField],
        words: &[Word],
        weight: f32,
        found: &mut Vec<Weighted>,
    ) -> Result<bool, Error> {
        if let [word] = words {
            let before = found.len();
            for (at, term) in word.terms("").iter().enumerate() {
                let weight = if at == 0 { weight } else { weight * STEM };
                fields.iter().try_for_each(|field| self.term_in(*field, term, weight, found))?;
            }
            return Ok(found.len() > before);
        }
        let mut all: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for word in words.iter().filter(|word| !word.is_stop_word()) {
            let mut alternatives = Vec::new();
            self.words_in(fields, std::slice::from_ref(word), weight, &mut alternatives)?;
            all.push((Occur::Must, union(alternatives)));
        }
        let query = BooleanQuery::new(all);
        let known = query.count(&self.snapshot.searcher)? > 0;
        if known {
            found.push((Box::new(query), 1.0));
        }
        Ok(known)
    }

    fn term(&self, text: &str, weight: f32, found: &mut Vec<Weighted>) -> Result<(), Error> {
        self.fields.iter().try_for_each(|field| self.term_in(*field, text, weight, found))
    }

    pub(super) fn term_in(
        &self,
        field: SearchField,
        text: &str,
        weight: f32,
        found: &mut Vec<Weighted>,
    ) -> Result<(), Error> {
        let term = Term::from_field_text(field.field(), text);
        if self.snapshot.searcher.doc_freq(&term)? > 0 {
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            found.push((Box::new(query), weight * field.weight()));
        }
        Ok(())
    }

    pub(super) fn phrase(&self, several: &[Word], found: &mut Vec<Weighted>) -> Result<bool, Error> {
        let before = found.len();
        for field in self.fields {
            let term =
                |word: &Word| Term::from_field_text(field.field(), &format!("{EXACT}{}", word.folded()));
            let terms: Vec<(usize, Term)> = several.iter().map(|word| (word.position, term(word))).collect();
            let query = PhraseQuery::new_with_offset(terms);
            if query.count(&self.snapshot.searcher)? > 0 {
                found.push((Box::new(query), field.weight()));
            }
        }
        Ok(found.len() > before)
    }
}

fn boosted((query, weight): Weighted) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, weight))
}

pub(super) fn copy(ways: &[Weighted]) -> Vec<Weighted> {
    ways.iter().map(|(query, weight)| (query.box_clone(), *weight)).collect()
}

/// Works that match any of these queries.
pub(super) fn union(queries: Vec<Weighted>) -> Box<dyn Query> {
    Box::new(BooleanQuery::new(queries.into_iter().map(|query| (Occur::Should, boosted(query))).collect()))
}
