//! Object numbers as people type them: in part, in either case, with or without punctuation.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{BooleanQuery, ConstScoreQuery, InvertedIndexRangeQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

use super::Error;
use super::schema::schema;
use super::snapshot::Snapshot;

/// The maximum length of a key in characters.
const MAX_KEY_CHARS: usize = 120;

/// An object number in lower case, without spaces and punctuation: `KKS1982-156/3` is `kks19821563`.
pub(super) fn key(number: &str) -> String {
    number.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(MAX_KEY_CHARS).collect()
}

/// The keys of an object number that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NumberKey {
    /// See [`key`].
    pub whole: String,
    /// See [`without_zeros`].
    short: String,
}

impl NumberKey {
    pub(super) fn new(number: &str) -> Self {
        Self { whole: key(number), short: without_zeros(number) }
    }
}

/// The prefix of keys without zeros, so that they are not found by the beginning of whole keys.
const SHORT: char = '~';

/// The key of an object number without leading zeros, if it has any, for the index.
pub(super) fn short_key(number: &str) -> Option<String> {
    let short = without_zeros(number);
    (short != key(number)).then(|| format!("{SHORT}{short}"))
}

/// The key without the zeros with which its numbers begin: `T 01269` is `t1269`.
fn without_zeros(number: &str) -> String {
    let mut kept = String::with_capacity(number.len());
    let mut letters = number.chars().peekable();
    let mut in_number = false;
    while let Some(letter) = letters.next() {
        let is_leading = letter == '0' && !in_number && letters.peek().is_some_and(char::is_ascii_digit);
        in_number = letter.is_ascii_digit() && !is_leading;
        if !is_leading {
            kept.push(letter);
        }
    }
    key(&kept)
}

impl Snapshot {
    /// Whether a work's object number begins with this key.
    pub(super) fn has_number_prefix(&self, key: &str) -> Result<bool, Error> {
        for (_, reader, _) in self.segments() {
            let inverted = reader.inverted_index(schema().1.number_key)?;
            let mut stream = inverted.terms().range().ge(key).into_stream()?;
            if stream.advance() && stream.key().starts_with(key.as_bytes()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a work has this object number.
    pub(super) fn has_number(&self, key: &str) -> Result<bool, Error> {
        // Terms of removed works stay in the index until segments are merged.
        Ok(same(key).count(&self.searcher)? > 0)
    }

    /// Whether a work's object number differs from this one in leading zeros only.
    pub(super) fn has_number_like(&self, number: &NumberKey) -> Result<bool, Error> {
        Ok(like(number).count(&self.searcher)? > 0)
    }
}

/// Works whose object numbers are equal but for leading zeros.
pub(super) fn like(number: &NumberKey) -> Box<dyn Query> {
    let terms = [term(&number.short), term(&format!("{SHORT}{}", number.short))];
    Box::new(ConstScoreQuery::new(Box::new(BooleanQuery::new_multiterms_query(terms.into())), 1.0))
}

/// Works with this object number.
pub(super) fn same(key: &str) -> Box<dyn Query> {
    let same = TermQuery::new(term(key), IndexRecordOption::Basic);
    Box::new(ConstScoreQuery::new(Box::new(same), 1.0))
}

/// Works whose object numbers have this prefix.
pub(super) fn beginning(key: &str) -> Box<dyn Query> {
    let end = format!("{key}{}", char::MAX);
    let all = InvertedIndexRangeQuery::new(Bound::Included(term(key)), Bound::Excluded(term(&end)));
    Box::new(ConstScoreQuery::new(Box::new(all), 1.0))
}

fn term(key: &str) -> Term {
    Term::from_field_text(schema().1.number_key, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_neither_case_nor_punctuation() {
        for (number, expected) in
            [("KKS1982-156/3", "kks19821563"), ("N 00530", "n00530"), ("SK-A-1234", "ska1234"), ("№ 7", "7")]
        {
            assert_eq!(key(number), expected, "{number}");
        }
    }

    #[test]
    fn zeros_at_the_beginning_of_numbers_do_not_matter() {
        for (number, expected) in [
            ("T01269", "t1269"),
            ("t 1269", "t1269"),
            ("N 00530", "n530"),
            ("1987.010.02", "1987102"),
            ("A.000", "a0"),
            ("KKS1980-156/03", "kks19801563"),
        ] {
            assert_eq!(without_zeros(number), expected, "{number}");
        }
        assert_eq!(short_key("T01269").as_deref(), Some("~t1269"));
        assert_eq!(short_key("T1269"), None);
    }
}
