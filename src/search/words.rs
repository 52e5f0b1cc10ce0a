//! What was typed, into a query: words in any language, phrases, what is left out, slips forgiven.

use std::cell::Cell;

use tantivy::Term;
use tantivy::query::{BooleanQuery, BoostQuery, EmptyQuery, Occur, PhraseQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};

use super::Error;
use super::analysis::{EXACT, Word, words};
use super::lexicon::meanings;
use super::numbers;
use super::period::{self, Years};
use super::schema::schema;
use super::snapshot::Snapshot;
use super::spelling::{Near, forgiven, near};
use crate::iiif::Invalid;

/// The longest text that is searched for, in characters.
pub const LONGEST: usize = 512;
/// Words behind so many are not looked for.
pub const MOST: usize = 32;

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
/// A beginning of at least so many letters stands for so many words, and so many of them are followed.
const BEGINNING: usize = 2;
const ENDINGS: usize = 48;
const BEGINNINGS: usize = 3;

/// Where words are looked for, and how much they count there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Titles, creators, object numbers.
    Name,
    /// Tags, types, techniques, materials.
    Subject,
    /// All else.
    Text,
    /// Titles alone.
    Titles,
    /// Creators alone.
    Creators,
}

impl Place {
    /// Everywhere.
    pub const ALL: [Self; 3] = [Self::Name, Self::Subject, Self::Text];

    fn field(self) -> Field {
        let fields = &schema().1;
        match self {
            Self::Name => fields.name,
            Self::Subject => fields.subject,
            Self::Text => fields.text,
            Self::Titles => fields.titles,
            Self::Creators => fields.creators,
        }
    }

    fn weight(self) -> f32 {
        match self {
            Self::Name | Self::Titles | Self::Creators => 3.0,
            Self::Subject => 1.6,
            Self::Text => 1.0,
        }
    }
}

/// What counts for a whole object number, so that its work comes first, and for one that begins with what was typed.
const NUMBER: f32 = 100.0;
const BEGUN_NUMBER: f32 = 2.0;
/// What counts for being made within a period that was typed, and for touching it.
const WITHIN: f32 = 2.0;
const TOUCHING: f32 = 0.5;
/// An object number is typed as at most this many words between spaces; those before its digits are short.
const NUMBER_WORDS: usize = 4;
const NUMBER_LETTERS: usize = 4;

/// A part of what was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Part {
    /// Several words are a phrase.
    words: Vec<Word>,
    /// Works that have it are left out.
    without: bool,
    /// Words that begin like it count, too.
    begins: bool,
    /// Its words stand side by side.
    quoted: bool,
    /// Which of the words between spaces it comes from.
    token: usize,
    /// Whether that has digits in it: no part of a number or a date is a misspelled word.
    exact: bool,
    /// The key of object numbers that it may be the whole or the beginning of.
    number: Option<String>,
    /// The years that it means.
    years: Option<Years>,
}

/// A query made of what was typed.
pub struct Typed {
    pub query: Box<dyn Query>,
    /// What was looked for instead, where slips were forgiven.
    pub corrected: Option<String>,
    /// Whether some of the words may be missing.
    pub relaxed: bool,
}

/// Takes apart what was typed; `None` where it says nothing.
pub fn typed(snapshot: &Snapshot, q: &str, places: &[Place]) -> Result<Option<Typed>, Error> {
    let maker = Maker { snapshot, places, guesses: Cell::new(0) };
    let parts = meaningful(maker.numbers(parts(q)?)?);
    if parts.is_empty() {
        let is_all = q.chars().all(|c| c.is_whitespace() || matches!(c, '*' | '"'));
        // Signs without a letter stand in no work.
        let nothing = || Typed { query: Box::new(EmptyQuery), corrected: None, relaxed: false };
        return Ok((!is_all).then(nothing));
    }
    let mut corrected = Vec::new();
    let mut wanted = Vec::new();
    let mut without = Vec::new();
    let known = maker.phrases(&parts);
    let mut slipped = false;
    for part in &known {
        let (alternatives, word) = maker.alternatives(part)?;
        slipped |= word.is_some();
        if !part.without {
            corrected.push(word.unwrap_or_else(|| part.written()));
            wanted.push(alternatives);
        } else {
            without.push(alternatives);
        }
    }
    let corrected = slipped.then(|| corrected.join(" "));
    let made = |wanted: &[Vec<Weighed>], least: Option<usize>| together(wanted, &without, least);
    let all = made(&wanted, None);
    // One word cannot be missing.
    if wanted.len() < 2 || all.count(&snapshot.searcher)? > 0 {
        return Ok(Some(Typed { query: all, corrected, relaxed: false }));
    }
    let least = wanted.len() - 1;
    let most = made(&wanted, Some(least));
    if least > 1 && most.count(&snapshot.searcher)? > 0 {
        return Ok(Some(Typed { query: most, corrected, relaxed: true }));
    }
    let any = made(&wanted, Some(1));
    let relaxed = any.count(&snapshot.searcher)? > 0;
    Ok(Some(Typed { query: any, corrected, relaxed }))
}

/// Words, phrases in quotation marks, `-` before what is not wanted, `*` behind a beginning.
fn parts(q: &str) -> Result<Vec<Part>, Invalid> {
    if q.chars().count() > LONGEST {
        return Err(Invalid::new("q", "", format!("is longer than {LONGEST} characters")));
    }
    let mut parts = Vec::new();
    let mut without = false;
    let mut tokens = 0;
    for (at, piece) in q.split(['"', '“', '”', '„', '«', '»']).enumerate() {
        if at % 2 == 1 {
            let words = words(piece);
            if !words.is_empty() {
                parts.push(Part { words, without, quoted: true, ..Part::default() });
            }
            without = false;
            continue;
        }
        let mut said = piece.split_whitespace().peekable();
        while let Some(token) = said.next() {
            tokens += 1;
            let century = said.peek().and_then(|next| period::words(token, next)).is_some();
            let next = said.next_if(|_| century);
            parts.extend(unquoted(token, next, tokens));
        }
        without = piece.ends_with('-');
    }
    let mut beginnings = 0;
    for part in parts.iter_mut().filter(|part| part.begins) {
        beginnings += 1;
        let letters = part.words.iter().map(|word| word.written.chars().count()).sum::<usize>();
        part.begins = beginnings <= BEGINNINGS && letters >= BEGINNING;
    }
    let mut count = 0;
    parts.retain(|part: &Part| {
        count += part.words.len();
        count <= MOST
    });
    Ok(parts)
}

/// The parts of what stands between two spaces, together with the next where both are a period such as `18th century`.
/// A word with signs in it is several words, as it is in the index.
fn unquoted(token: &str, next: Option<&str>, number: usize) -> Vec<Part> {
    let without = token.starts_with('-') && token.len() > 1;
    let plain = token.trim_start_matches('-');
    let hyphened = || plain.split_once('-').and_then(|(first, second)| period::words(first, second));
    let years = match next {
        Some(next) => period::words(plain, next),
        None => period::word(plain).or_else(hyphened),
    };
    let part = Part { without, years, token: number, ..Part::default() };
    if years.is_some() {
        let mut words = words(token);
        words.extend(next.into_iter().flat_map(super::analysis::words));
        return vec![Part { words, exact: true, ..part }];
    }
    let exact = token.chars().any(char::is_numeric);
    let mut several = words(token);
    // The ending of `90'erne` says nothing of its own.
    let digits = |word: &Word| word.written.bytes().all(|b| b.is_ascii_digit());
    if let [number, ending] = several.as_slice()
        && digits(number)
        && period::is_ending(&ending.written)
    {
        several.truncate(1);
    }
    let last = several.len();
    let each = several.into_iter().enumerate().map(|(at, mut word)| {
        word.place = 0;
        let begins = at + 1 == last && token.ends_with('*');
        Part { words: vec![word], begins, exact, ..part.clone() }
    });
    each.collect()
}

/// «Head of a girl» is a head and a girl; «of» alone is a word like others.
fn meaningful(mut parts: Vec<Part>) -> Vec<Part> {
    let says = |part: &Part| part.quoted || part.exact || !part.words.iter().all(Word::is_common);
    if parts.iter().any(|part| says(part) && !part.without) {
        parts.retain(says);
    }
    parts
}

impl Part {
    /// Whether it is a word like others, which may mean something together with its neighbours.
    fn is_single(&self) -> bool {
        !self.quoted && !self.without && !self.begins && self.years.is_none() && self.number.is_none()
    }

    fn written(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.written.as_str()).collect();
        match self.quoted {
            false => words.join(" "),
            true => format!("\"{}\"", words.join(" ")),
        }
    }
}

/// A query, and how much it counts.
type Weighed = (Box<dyn Query>, f32);

struct Maker<'a> {
    snapshot: &'a Snapshot,
    places: &'a [Place],
    /// How many words were looked for among all of the index.
    guesses: Cell<usize>,
}

impl Maker<'_> {
    /// The words that may have been meant, the likeliest first.
    fn near(&self, folded: &str) -> Result<Vec<Near>, Error> {
        if self.guesses.replace(self.guesses.get() + 1) >= GUESSES {
            return Ok(Vec::new());
        }
        near(self.snapshot, folded, forgiven(folded.chars().count()), false)
    }

    /// The parts, those joined that are an object number or its beginning, as `N 00530` and `KKS1982-156` are.
    fn numbers(&self, parts: Vec<Part>) -> Result<Vec<Part>, Error> {
        if !self.places.contains(&Place::Name) {
            return Ok(parts);
        }
        let mut joined = Vec::with_capacity(parts.len());
        let mut rest = parts.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let mut found = None;
            for count in candidates(rest) {
                let written = rest[..count].iter().flat_map(|part| &part.words);
                let key = numbers::key(&written.map(|word| word.written.as_str()).collect::<String>());
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
            found.push((numbers::same(key), NUMBER));
            return Ok(true);
        }
        let begins = !known || !key.bytes().all(|b| b.is_ascii_digit());
        if begins {
            found.push((numbers::beginning(key), BEGUN_NUMBER));
        }
        Ok(begins)
    }

    /// The parts, neighbours joined where they mean something together, such as `rytter til hest`.
    fn phrases(&self, parts: &[Part]) -> Vec<Part> {
        let mut joined: Vec<Part> = Vec::new();
        let mut at = 0;
        while at < parts.len() {
            let longest = parts[at..].iter().take(3).take_while(|part| part.is_single()).count();
            let together = (2..=longest).rev().find(|&count| {
                let said: Vec<String> = parts[at..at + count].iter().map(Part::written).collect();
                !meanings(&said.join(" ")).is_empty()
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
    fn alternatives(&self, part: &Part) -> Result<(Vec<Weighed>, Option<String>), Error> {
        let mut found = Vec::new();
        let mut meant = None;
        let mut known = match part.words.as_slice() {
            [word] => {
                let known = self.word(word, 1.0, &mut found)?;
                let folded = word.folded();
                if part.begins {
                    for near in near(self.snapshot, &folded, 0, true)?.iter().take(ENDINGS) {
                        self.term(&format!("{EXACT}{}", near.word), STEM, &mut found)?;
                    }
                } else if !known && !part.exact && meanings(&folded).is_empty() {
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
        if let Some(years) = part.years.filter(|_| self.places.contains(&Place::Text)) {
            found.push((period::within(years), WITHIN));
            found.push((period::touching(years), TOUCHING));
        }
        let said: Vec<&str> = part.words.iter().map(|word| word.written.as_str()).collect();
        for meaning in meanings(&said.join(" ")) {
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
        for place in self.places {
            let term = Term::from_field_text(place.field(), text);
            if self.snapshot.searcher.doc_freq(&term)? > 0 {
                let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                found.push((Box::new(query), weight * place.weight()));
            }
        }
        Ok(())
    }

    fn phrase(&self, several: &[Word], found: &mut Vec<Weighed>) -> Result<bool, Error> {
        let before = found.len();
        for place in self.places {
            let term =
                |word: &Word| Term::from_field_text(place.field(), &format!("{EXACT}{}", word.folded()));
            let terms: Vec<(usize, Term)> = several.iter().map(|word| (word.place, term(word))).collect();
            let query = PhraseQuery::new_with_offset(terms);
            if query.count(&self.snapshot.searcher)? > 0 {
                found.push((Box::new(query), place.weight()));
            }
        }
        Ok(found.len() > before)
    }
}

/// How many of the first parts may be an object number together, the most first: whole words between spaces, with a digit
/// in the last of them.
fn candidates(parts: &[Part]) -> Vec<usize> {
    let mut counts = Vec::new();
    let mut tokens = 0;
    let run = parts.iter().take(MOST).take_while(|part| part.is_single());
    let run: Vec<&Part> = run.collect();
    for (at, part) in run.iter().enumerate() {
        let ends = parts.get(at + 1).is_none_or(|next| next.token != part.token);
        if !ends {
            continue;
        }
        tokens += 1;
        if part.exact && part.words.iter().all(|word| word.written.chars().count() <= 40) {
            counts.push(at + 1);
        }
        let letters = part.words.iter().map(|word| word.written.chars().count()).sum::<usize>();
        if tokens == NUMBER_WORDS || !part.exact && letters > NUMBER_LETTERS {
            break;
        }
    }
    counts.reverse();
    counts
}

fn boosted((query, weight): Weighed) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, weight))
}

fn union(ways: Vec<Weighed>) -> Box<dyn Query> {
    Box::new(BooleanQuery::new(ways.into_iter().map(|way| (Occur::Should, boosted(way))).collect()))
}

/// All parts together, or so many of them at least.
fn together(wanted: &[Vec<Weighed>], without: &[Vec<Weighed>], least: Option<usize>) -> Box<dyn Query> {
    let copy = |ways: &[Weighed]| -> Vec<Weighed> {
        ways.iter().map(|(query, weight)| (query.box_clone(), *weight)).collect()
    };
    // One word is a flat choice of terms: only that can be cut short when the best are known.
    if let ([ways], []) = (wanted, without) {
        return union(copy(ways));
    }
    let occur = if least.is_some() { Occur::Should } else { Occur::Must };
    let mut clauses: Vec<(Occur, Box<dyn Query>)> =
        wanted.iter().map(|ways| (occur, union(copy(ways)))).collect();
    if wanted.is_empty() {
        clauses.push((Occur::Must, Box::new(tantivy::query::AllQuery)));
    }
    clauses.extend(without.iter().map(|ways| (Occur::MustNot, union(copy(ways)))));
    match least {
        Some(least) => Box::new(BooleanQuery::with_minimum_required_clauses(clauses, least)),
        None => Box::new(BooleanQuery::new(clauses)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(q: &str) -> Vec<String> {
        let sign = |part: &Part| match (part.without, part.begins) {
            (true, _) => "-",
            (_, true) => "*",
            _ => "",
        };
        meaningful(parts(q).unwrap()).iter().map(|part| format!("{}{}", sign(part), part.written())).collect()
    }

    #[test]
    fn what_is_typed_is_taken_apart() {
        for (typed, expected) in [
            ("Head of a Girl", vec!["head", "girl"]),
            ("\"Head of a Girl\" red", vec!["\"head of a girl\"", "red"]),
            ("horse -rider", vec!["horse", "-rider"]),
            ("land*", vec!["*land"]),
            ("x* ab* cd* ef* gh*", vec!["x", "*ab", "*cd", "ef", "gh"]),
            ("KKS1982-156", vec!["kks1982", "156"]),
            ("of the", vec!["of", "the"]),
            ("  ", vec![]),
            ("\"", vec![]),
            ("-", vec![]),
            ("«blå hest»", vec!["\"blå hest\""]),
            ("1790'erne hest", vec!["1790 erne", "hest"]),
            ("90'erne", vec!["90"]),
            ("18th century horse", vec!["18th century", "horse"]),
            ("det 18. århundrede", vec!["18 århundrede"]),
            ("18th-century horse", vec!["18th century", "horse"]),
            ("-1790s horse", vec!["-1790s", "horse"]),
        ] {
            assert_eq!(written(typed), expected, "{typed}");
        }
    }

    #[test]
    fn numbers_are_whole_words_with_a_digit_at_the_end() {
        for (typed, expected) in [
            ("N 00530", vec![2]),
            ("KKS1982-156/3", vec![3]),
            ("KMS1 verso", vec![1]),
            ("KKS 1982 156/3", vec![4, 2]),
            ("turner 1834", vec![]),
            ("horse", vec![]),
            ("1790s", vec![]),
            ("a 1 \"b 2\"", vec![2]),
        ] {
            assert_eq!(candidates(&parts(typed).unwrap()), expected, "{typed}");
        }
    }

    #[test]
    fn too_much_is_refused() {
        assert!(parts(&"a".repeat(LONGEST + 1)).is_err());
        assert!(parts(&"ø".repeat(LONGEST)).is_ok());
        assert_eq!(parts(&"xy ".repeat(MOST + 9)).unwrap().len(), MOST);
    }
}
