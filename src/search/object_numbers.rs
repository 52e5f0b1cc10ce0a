//! Object numbers as people type them: in part, in either case, with or without punctuation.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{ConstScoreQuery, InvertedIndexRangeQuery, Query, TermQuery};
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
}
