//! Creators in queries: initials, names that are nearly those of creators, and scores for works by them.

use tantivy::Term;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

use super::Error;
use super::compounds;
use super::expansion::{Expander, Weighted};
use super::lexicon::translations;
use super::names::Name;
use super::part::{Part, Role};
use super::schema::schema;
use super::search_field::SearchField;
use super::spelling::{umlauts, word_fields};
use crate::record::words::{EXACT, INITIAL, Word};

/// The weight of a creator's name, for a word that is hardly anything else; for one after `by`.
const CREATOR: f32 = 3.0;
const BY_CREATOR: f32 = 9.0;
/// The least share of a word's works that it names as a creator, for a higher score of these works; and for words that
/// the lexicon has, such as `brown`.
const LEAST_SHARE: f64 = 0.1;
const LEAST_SHARE_OF_WORDS: f64 = 0.5;
/// The scores of works whose creator has several words of the query, a name near them, or run-together initials.
const FULL_NAME: f32 = 30.0;
const NEAR_NAME: f32 = 20.0;
const INITIALS: f32 = 40.0;
/// The maximum number of words of a name, and of run-together initials.
const MAX_NAME: usize = 4;
const MAX_INITIALS: usize = 4;
/// Stop words with which names begin: `de Wint`.
const PARTICLES: [&str; 8] = ["de", "den", "der", "du", "la", "le", "von", "y"];

impl Expander<'_> {
    fn has_creators(&self) -> bool {
        self.fields.iter().any(|field| matches!(field, SearchField::Name | SearchField::Creators))
    }

    /// The number of works, about, with this term in the names of creators.
    fn creator_count(&self, term: &str) -> Result<u64, Error> {
        Ok(self.snapshot.searcher.doc_freq(&creator_term(term))?)
    }

    /// Joins parts that are nearly the name of a creator, if no creator has their words: `van dyke`.
    pub(super) fn names(&self, parts: Vec<Part>) -> Result<Vec<Part>, Error> {
        if !self.has_creators() {
            return Ok(parts);
        }
        let mut joined: Vec<Part> = Vec::with_capacity(parts.len());
        let mut rest = parts.as_slice();
        while let Some(first) = rest.first() {
            let (count, name) = self.name_at(rest)?;
            match name {
                None => joined.extend_from_slice(&rest[..count]),
                Some(name) => {
                    let words = rest[..count].iter().flat_map(|part| part.words.iter().cloned()).collect();
                    joined.push(Part { words, creator: Some(name.words.to_string()), ..first.clone() });
                }
            }
            rest = &rest[count..];
        }
        Ok(joined)
    }

    /// How many of the first parts are a name, at least one, and the creator's name that it nearly is.
    fn name_at(&self, parts: &[Part]) -> Result<(usize, Option<&Name>), Error> {
        let may_name =
            |part: &&Part| part.is_single() && !part.exact && !part.optional && part.role != Role::Subject;
        let longest = parts.iter().take(MAX_NAME).take_while(may_name).count();
        for count in (1..=longest).rev() {
            let words: Vec<&Word> = parts[..count].iter().flat_map(|part| &part.words).collect();
            let (Some(first), Some(last)) = (words.first(), words.last()) else { continue };
            // `degas e` ends with an initial.
            if last.is_stop_word() || last.written.chars().count() == 1 {
                continue;
            }
            if first.is_stop_word() && !PARTICLES.contains(&first.folded().as_str()) {
                continue;
            }
            let folded: Vec<String> = words.iter().map(|word| word.folded()).collect();
            let typed = folded.join(" ");
            let works = |number: u32| self.snapshot.work_count(number);
            let Some(near) = self.snapshot.names.near(&typed, false, works) else { continue };
            let strict = || self.snapshot.names.near(&typed, true, works).is_some();
            if self.snapshot.names.has(&typed) {
                return Ok((count, None));
            }
            let is_name = match count {
                // `Vandyke` is the middle name of another creator.
                _ if self.names_a_creator(&words)? => strict(),
                1 => self.is_likeliest(&typed, near)?,
                // Works have these words: only the same sound is a slip.
                _ if self.has_all(&words)? => strict(),
                _ => true,
            };
            if is_name {
                return Ok((count, Some(near)));
            }
        }
        Ok((1, None))
    }

    /// Whether a work's creators have all these words.
    fn names_a_creator(&self, words: &[&Word]) -> Result<bool, Error> {
        let words = words.iter().filter(|word| !word.is_stop_word());
        let query = all_of(words.map(|word| format!("{EXACT}{}", word.folded())));
        Ok(query.count(&self.snapshot.searcher)? > 0)
    }

    /// Whether a work has all these words.
    fn has_all(&self, words: &[&Word]) -> Result<bool, Error> {
        let words: Vec<Word> = words.iter().map(|&word| word.clone()).collect();
        self.words(&words, 1.0, &mut Vec::new())
    }

    /// Whether a word that no work has is rather this name than any other word.
    fn is_likeliest(&self, typed: &str, name: &Name) -> Result<bool, Error> {
        if self.is_known(typed)? || !translations(typed).is_empty() {
            return Ok(false);
        }
        if compounds::split(&Word::new(typed)).is_some() {
            return Ok(false);
        }
        let joined = name.words.replace(' ', "");
        let distance = strsim::osa_distance(typed, &joined);
        Ok(self
            .near(typed)?
            .first()
            .is_none_or(|near| near.word == *name.words || usize::from(near.distance) > distance))
    }

    /// The number of works, about, with this word among their terms: tags, types, techniques and materials.
    pub(super) fn term_count(&self, folded: &str) -> Result<u64, Error> {
        self.subject_count(&format!("{EXACT}{folded}"))
    }

    /// The number of works, about, with this index term among their terms.
    pub(super) fn subject_count(&self, term: &str) -> Result<u64, Error> {
        let term = Term::from_field_text(schema().1.subject, term);
        Ok(self.snapshot.searcher.doc_freq(&term)?)
    }

    /// Whether any work has this word as written.
    pub(super) fn is_known(&self, folded: &str) -> Result<bool, Error> {
        for field in word_fields() {
            let term = Term::from_field_text(field, &format!("{EXACT}{folded}"));
            if self.snapshot.searcher.doc_freq(&term)? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds works by the creator with this name.
    pub(super) fn near_name(&self, name: &str, found: &mut Vec<Weighted>) {
        let words = name.split(' ').map(Word::new).filter(|word| !word.is_stop_word());
        let query = all_of(words.map(|word| format!("{EXACT}{}", word.written)));
        found.push((constant(query), NEAR_NAME));
    }

    /// Adds works by creators with this name, so that they come before works that only mention it: the more, the less
    /// the word means anything else. Returns whether there are any whose name has an umlaut where the word has not, or the
    /// other way round.
    pub(super) fn by_creator(
        &self,
        word: &Word,
        role: Role,
        found: &mut Vec<Weighted>,
    ) -> Result<bool, Error> {
        if role == Role::Subject || !self.has_creators() {
            return Ok(false);
        }
        self.by_creator_named(word, &word.folded(), role, found)?;
        let before = found.len();
        for spelled in umlauts(&word.written) {
            let text = format!("{EXACT}{spelled}");
            if self.creator_count(&text)? > 0 {
                found.push((term_query(&text), 1.0));
                self.by_creator_named(word, &spelled, role, found)?;
            }
        }
        Ok(found.len() > before)
    }

    /// Adds works by creators with a folded name, which is a word of the query or its other spelling.
    fn by_creator_named(
        &self,
        word: &Word,
        folded: &str,
        role: Role,
        found: &mut Vec<Weighted>,
    ) -> Result<(), Error> {
        let text = format!("{EXACT}{folded}");
        let works = self.creator_count(&text)?;
        if works == 0 {
            return Ok(());
        }
        let mut all = works;
        for field in word_fields() {
            all = all.max(self.snapshot.searcher.doc_freq(&Term::from_field_text(field, &text))?);
        }
        let share = works as f64 / all as f64;
        let is_word = !translations(&word.written).is_empty();
        let weight = match role {
            Role::Creator => BY_CREATOR,
            _ if share < if is_word { LEAST_SHARE_OF_WORDS } else { LEAST_SHARE } => return Ok(()),
            _ => CREATOR * share.max(LEAST_SHARE_OF_WORDS) as f32,
        };
        found.push((term_query(&text), weight));
        Ok(())
    }

    /// Adds works by creators with this initial, or with these run-together initials and another word of the query:
    /// `JMW Turner`. Returns whether there are any.
    pub(super) fn initials(
        &self,
        part: &Part,
        parts: &[Part],
        found: &mut Vec<Weighted>,
    ) -> Result<bool, Error> {
        let [word] = part.words.as_slice() else { return Ok(false) };
        let folded = word.folded();
        let letters: Vec<String> = folded.chars().map(|letter| format!("{INITIAL}{letter}")).collect();
        if !self.has_creators() || !part.is_single() || !folded.chars().all(char::is_alphabetic) {
            return Ok(false);
        }
        if let [letter] = letters.as_slice() {
            let known = self.creator_count(letter)? > 0;
            if known {
                found.push((term_query(letter), 1.0));
            }
            return Ok(known);
        }
        if letters.len() > MAX_INITIALS {
            return Ok(false);
        }
        for other in parts.iter().filter(|other| other.is_single() && other.token != part.token) {
            let [name] = other.words.as_slice() else { continue };
            let name = format!("{EXACT}{}", name.folded());
            if name.chars().count() <= 2 || self.creator_count(&name)? == 0 {
                continue;
            }
            // `Wm` is a first name, cut to consonants.
            let is_cut = !folded.contains(['a', 'e', 'i', 'o', 'u', 'y']);
            for initials in [letters.as_slice(), &letters[..usize::from(is_cut)]] {
                let query = all_of(initials.iter().cloned().chain([name.clone()]));
                if !initials.is_empty() && query.count(&self.snapshot.searcher)? > 0 {
                    found.push((constant(query), INITIALS));
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Works whose creator has adjacent words of the query, or initials beside them: `D. G. Rossetti`.
    pub(super) fn full_names(&self, parts: &[Part]) -> Result<Vec<Weighted>, Error> {
        let mut found = Vec::new();
        if !self.has_creators() {
            return Ok(found);
        }
        let mut run: Vec<String> = Vec::new();
        for part in parts {
            let terms = self.name_terms(part)?;
            let mut next = None;
            for term in &terms {
                if next.is_none() && (run.is_empty() || self.has_both(&run, term)?) {
                    next = Some(term.clone());
                }
            }
            match next {
                Some(term) => run.push(term),
                None => self
                    .full_name(std::mem::replace(&mut run, terms.into_iter().take(1).collect()), &mut found),
            }
        }
        self.full_name(run, &mut found);
        Ok(found)
    }

    /// The index terms of a part that is a word or an initial of creators: its own and its other spellings.
    fn name_terms(&self, part: &Part) -> Result<Vec<String>, Error> {
        let [word] = part.words.as_slice() else { return Ok(Vec::new()) };
        if !part.is_single() || part.exact || part.role == Role::Subject {
            return Ok(Vec::new());
        }
        let folded = word.folded();
        let mut terms = match folded.chars().count() {
            1 => vec![format!("{INITIAL}{folded}")],
            _ => {
                let spellings = std::iter::once(folded).chain(umlauts(&word.written));
                spellings.map(|folded| format!("{EXACT}{folded}")).collect()
            }
        };
        let mut known = Vec::with_capacity(terms.len());
        for term in terms.drain(..) {
            if self.creator_count(&term)? > 0 {
                known.push(term);
            }
        }
        Ok(known)
    }

    fn has_both(&self, run: &[String], term: &str) -> Result<bool, Error> {
        let query = all_of(run.iter().cloned().chain([term.to_owned()]));
        Ok(query.count(&self.snapshot.searcher)? > 0)
    }

    fn full_name(&self, run: Vec<String>, found: &mut Vec<Weighted>) {
        if run.len() > 1 && run.iter().any(|term| term.starts_with(EXACT)) {
            found.push((constant(all_of(run.into_iter())), FULL_NAME));
        }
    }
}

fn creator_term(text: &str) -> Term {
    Term::from_field_text(schema().1.creators, text)
}

fn term_query(text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(creator_term(text), IndexRecordOption::WithFreqs))
}

/// Works whose creators have all these terms.
fn all_of(terms: impl Iterator<Item = String>) -> BooleanQuery {
    BooleanQuery::new(terms.map(|term| (Occur::Must, term_query(&term))).collect())
}

fn constant(query: BooleanQuery) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), 1.0))
}
