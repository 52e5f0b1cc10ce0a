//! The query of a Content Search request.

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::iiif::{Invalid, integer};
use crate::record::fold;

/// The longest query, in bytes.
const MAX_BYTES: usize = 2000;

/// Annotations on a page of an answer.
pub(super) const PAGE_SIZE: usize = 100;

/// The parameters of a search (Content Search 2.0, §4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// Words, all of which an annotation must have, each at least as the beginning of one.
    pub q: String,
    /// Motivations, any of which it must have; all if empty.
    pub motivation: Vec<String>,
    /// The least number of annotations that a completed term finds (§5.1).
    pub min: u64,
    /// The page of the answer, from 0.
    pub page: usize,
    /// The parameters of the specification that were given and are not looked at.
    pub ignored: Vec<&'static str>,
}

impl Query {
    /// Parses the part of a URL after the `?`.
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

    /// The address of this search, of another page of it.
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

    /// The words, folded.
    pub(super) fn terms(&self) -> Vec<String> {
        fold::words(&self.q).into_iter().map(|(_, word)| word).collect()
    }

    /// Whether annotations that tag are searched.
    pub(super) fn wants_tags(&self) -> bool {
        let is_ours =
            |motivation: &String| matches!(motivation.as_str(), "tagging" | "oa:tagging" | "non-painting");
        self.motivation.is_empty() || self.motivation.iter().any(is_ours)
    }
}

fn decoded(value: &str) -> Result<String, Invalid> {
    let value = value.replace('+', " ");
    let decoded = percent_decode_str(&value).decode_utf8().map(Cow::into_owned);
    decoded.map_err(|_| Invalid::new("query", &value, "is not UTF-8 once decoded"))
}

fn number(parameter: &'static str, value: &str) -> Result<u32, Invalid> {
    integer(value).ok_or_else(|| Invalid::new(parameter, value, "is no number: write digits, as in `2`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_and_written() {
        let query =
            Query::parse("q=bl%C3%A5+hest&motivation=tagging%20commenting&user=x&date=y&user=z&x=1").unwrap();
        assert_eq!((query.q.as_str(), query.motivation.len()), ("blå hest", 2));
        assert_eq!(query.ignored, ["user", "date"]);
        assert_eq!(query.address("b", 2), "b?q=bl%C3%A5%20hest&motivation=tagging%20commenting&page=2");
        assert_eq!(Query::parse("").unwrap(), Query::default());
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for query in ["q=%FF", "page=-1", "page=", "min=x", &"q".repeat(3000)] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
    }
}
