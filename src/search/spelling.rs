//! Words that were meant: those of the index that are a slip or two away from what was typed.

use std::collections::HashMap;

use tantivy::Term;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;

use super::Error;
use super::analysis::EXACT;
use super::schema::schema;
use super::snapshot::Snapshot;

/// A word of the index near to one that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    pub word: String,
    /// Letters added, left out, changed, or changed places with their neighbour.
    pub slips: u8,
    /// How many fields of works have it.
    pub works: u64,
}

/// How many slips are forgiven in a word of this many letters.
pub fn forgiven(letters: usize) -> u8 {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Words are looked up in.
pub fn word_fields() -> [Field; 3] {
    let fields = &schema().1;
    [fields.name, fields.subject, fields.text]
}

/// The words of the index at most so many slips away, the nearest and most frequent first; with `begins`, words that
/// begin like that. Words with digits are no slips of others.
pub fn near(snapshot: &Snapshot, folded: &str, slips: u8, begins: bool) -> Result<Vec<Near>, Error> {
    let has_digit = |word: &str| word.chars().any(char::is_numeric);
    // Numbers, dates and object numbers that are not there are not there: `1790s` is not `1970s`.
    if slips == 0 && !begins || slips > 0 && has_digit(folded) {
        return Ok(Vec::new());
    }
    let mut counts: HashMap<String, u64> = HashMap::new();
    for field in word_fields() {
        let term = Term::from_field_text(field, &format!("{EXACT}{folded}"));
        let query = match begins {
            true => FuzzyTermQuery::new_prefix(term, slips, true),
            false => FuzzyTermQuery::new(term, slips, true),
        };
        for (_, reader, _) in snapshot.segments() {
            let inverted = reader.inverted_index(field)?;
            let mut stream = inverted.terms().search(query.automaton()?).into_stream()?;
            while stream.advance() {
                let Some(word) =
                    std::str::from_utf8(stream.key()).ok().and_then(|key| key.strip_prefix(EXACT))
                else {
                    continue;
                };
                if slips > 0 && has_digit(word) {
                    continue;
                }
                let works = u64::from(stream.value().doc_freq);
                match counts.get_mut(word) {
                    Some(count) => *count += works,
                    None => drop(counts.insert(word.to_owned(), works)),
                }
            }
        }
    }
    let letters = folded.chars().count();
    let near = |(word, works): (String, u64)| {
        let cut: String = word.chars().take(if begins { letters } else { usize::MAX }).collect();
        let slips = strsim::osa_distance(folded, &cut).min(9) as u8;
        Near { word, slips, works }
    };
    let mut found: Vec<Near> = counts.into_iter().map(near).collect();
    // Slips rarely touch the first letter.
    let first = |near: &Near| near.word.chars().next() != folded.chars().next();
    found.sort_by(|a, b| {
        let key = |near: &Near| (near.slips + u8::from(first(near)), std::cmp::Reverse(near.works));
        key(a).cmp(&key(b)).then_with(|| a.word.cmp(&b.word))
    });
    Ok(found)
}
