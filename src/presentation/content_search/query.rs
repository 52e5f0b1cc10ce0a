//! The query of a Content Search request.

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::iiif::{Invalid, integer};
use crate::record::fold;
use crate::record::words::{Word, words};

/// Maximum length of a query string in bytes.
const MAX_BYTES: usize = 2000;

/// Annotations on a page of results.
pub(super) const PAGE_SIZE: usize = 100;

/// The parameters of a search (Content Search 2.0, §4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// The terms; an annotation matches if each is a prefix or another form of one of its words.
    pub q: String,
    /// The motivations of annotations to search; all if empty.
    pub motivation: Vec<String>,
    /// The minimum number of annotations of a completed term (§5.1).
    pub min: u64,
    /// The page of results, from 0.
    pub page: usize,
    /// Parameters of the specification that were given but are not supported.
    pub ignored: Vec<&'static str>,
}

impl Query {
    /// Parses the query component of a URL, without the `?`.
    ///
    /// # Errors
    /// If it is longer than [`MAX_BYTES`] bytes or not UTF-8, or `min` or `page` is not an integer.
    pub(crate) fn parse(query: &str) -> Result<Self, Invalid> {
        if query.len() > MAX_BYTES {
            return Err(Invalid::new("query", "", "is longer than 2000 bytes"));
        }
        let mut read = Self::default();
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decoded(value)?;
            match key {
                "q" => read.q = value.trim().to_owned(),
                "motivation" => read.motivation = value.split_whitespace().map(str::to_owned).collect(),
                "min" => read.min = number("min", &value)?.into(),
                "page" => read.page = number("page", &value)? as usize,
                "date" if !read.ignored.contains(&"date") => read.ignored.push("date"),
                "user" if !read.ignored.contains(&"user") => read.ignored.push("user"),
                _ => {}
            }
        }
        Ok(read)
    }

    /// The URL of a page of this search.
    pub(super) fn address(&self, base: &str, page: usize) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut parts = Vec::new();
        if !self.q.is_empty() {
            parts.push(format!("q={}", encoded(&self.q)));
        }
        if !self.motivation.is_empty() {
            parts.push(format!("motivation={}", encoded(&self.motivation.join(" "))));
        }
        if self.min > 0 {
            parts.push(format!("min={}", self.min));
        }
        if page > 0 {
            parts.push(format!("page={page}"));
        }
        if parts.is_empty() { base.to_owned() } else { format!("{base}?{}", parts.join("&")) }
    }

    /// The terms with their stems.
    pub(super) fn stemmed_terms(&self) -> Vec<Term> {
        words(&self.q).iter().map(|word| Term { folded: word.folded(), stems: stems(word, "") }).collect()
    }

    /// The terms, case-folded and without diacritics.
    pub(super) fn terms(&self) -> Vec<String> {
        fold::words(&self.q).into_iter().map(|(_, word)| word).collect()
    }

    /// Whether annotations with the motivation `tagging` are searched.
    pub(super) fn includes_tags(&self) -> bool {
        self.includes(&["tagging"])
    }

    /// Whether annotations with one of these motivations are searched.
    pub(super) fn includes(&self, motivations: &[&str]) -> bool {
        let is_wanted = |wanted: &String| {
            let name = wanted.strip_prefix("oa:").unwrap_or(wanted);
            name == "non-painting" || motivations.contains(&name)
        };
        self.motivation.is_empty() || self.motivation.iter().any(is_wanted)
    }
}

/// A term of a query.
pub(super) struct Term {
    /// The term, case-folded and without diacritics.
    folded: String,
    stems: Vec<String>,
}

impl Term {
    /// Whether a word in this language begins with the term, or is another form of it, as in the search of works.
    pub(super) fn matches(&self, word: &str, language: &str) -> bool {
        let word = Word::new(&word.to_lowercase());
        word.folded().starts_with(&self.folded)
            || stems(&word, language).iter().any(|stem| self.stems.contains(stem))
    }
}

/// The stems of a word, without the word itself.
fn stems(word: &Word, language: &str) -> Vec<String> {
    word.terms(language).into_iter().skip(1).collect()
}

fn decoded(value: &str) -> Result<String, Invalid> {
    let value = value.replace('+', " ");
    let decoded = percent_decode_str(&value).decode_utf8().map(Cow::into_owned);
    decoded.map_err(|_| Invalid::new("query", &value, "is not UTF-8 once decoded"))
}

fn number(parameter: &'static str, value: &str) -> Result<u32, Invalid> {
    integer(value).ok_or_else(|| Invalid::new(parameter, value, "must be an integer, as in `2`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_parsed_and_written() {
        let query =
            Query::parse("q=bl%C3%A5+hest&motivation=tagging%20commenting&user=x&date=y&user=z&x=1").unwrap();
        assert_eq!((query.q.as_str(), query.motivation.len()), ("blå hest", 2));
        assert_eq!(query.ignored, ["user", "date"]);
        assert_eq!(query.address("b", 2), "b?q=bl%C3%A5%20hest&motivation=tagging%20commenting&page=2");
        assert_eq!(Query::parse("").unwrap(), Query::default());
    }

    #[test]
    fn invalid_queries_are_rejected() {
        for query in ["q=%FF", "page=-1", "page=", "min=x", &"q".repeat(3000)] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
    }
}
