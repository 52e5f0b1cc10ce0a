//! The result of reading a record: a work, or why it cannot be read.

use std::io;

use serde_json::Value;

use super::value::json;
use crate::record::{Part, Work};

/// The maximum length of an object number in bytes.
pub(super) const MAX_NUMBER_BYTES: usize = 512;

/// The maximum nesting of parts.
pub(super) const MAX_PART_DEPTH: usize = 8;

/// A record that was read as a work.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedRecord {
    /// The work.
    pub work: Work,
    /// The record's JSON as the source gave it.
    pub original: Option<String>,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Whether it replaces earlier records of the same work, as in a harvest. Otherwise the first one counts.
    pub replaces: bool,
}

impl ParsedRecord {
    /// A record of a document in which the first record of a work counts.
    pub(super) fn new(work: Work, original: Option<String>, line: u64) -> Self {
        Self { work, original, line, replaces: false }
    }
}

/// A record that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its object number, if it could be read.
    pub object_number: Option<String>,
    /// What is wrong, and how to correct it.
    pub reason: String,
}

/// Why no record can be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stream of records failed.
    #[error("the records cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The input contains no records of a known format, or does not fit the mapping.
    #[error("{0}")]
    Unfit(String),
    /// The mapping is wrong; the text names the field.
    #[error("mapping: {0}")]
    Mapping(String),
}

pub(super) fn malformed(line: u64, error: &serde_json::Error) -> BadRecord {
    let reason = if error.to_string().starts_with("recursion limit") {
        "the record is nested deeper than 127 levels: flatten it".to_owned()
    } else {
        format!("this is not JSON: {error}")
    };
    BadRecord { line: line + error.line().saturating_sub(1) as u64, object_number: None, reason }
}

pub(super) fn bad(line: u64, value: &Value, reason: String) -> BadRecord {
    let number = ["object_number", "acno", "id", "@id"].iter().find_map(|&name| json::word(value.get(name)?));
    let number = number.filter(|number| number.len() <= MAX_NUMBER_BYTES);
    BadRecord { line, object_number: number.map(|number| number.into_owned()), reason }
}

/// The work, if its object number is valid and its parts are not nested too deep.
pub(super) fn checked(work: Work) -> Result<Work, String> {
    let number = &work.object_number;
    if number.trim().is_empty() {
        return Err("`object_number` is missing: a record needs the museum's object number".into());
    }
    if number.len() > MAX_NUMBER_BYTES {
        return Err(format!(
            "`object_number` has {} bytes: at most {MAX_NUMBER_BYTES} are allowed",
            number.len()
        ));
    }
    if number.chars().any(char::is_control) {
        return Err(format!("`object_number` {number:?} holds a control character: leave it out"));
    }
    // Browsers remove these segments from a path, however they are encoded (RFC 3986, §5.2.4).
    if matches!(number.as_str(), "." | "..") {
        return Err(format!("`object_number` is `{number}`, which no URL can contain: write another one"));
    }
    if depth(&work.parts) > MAX_PART_DEPTH {
        return Err(format!(
            "`parts` are more than {MAX_PART_DEPTH} deep: at most {MAX_PART_DEPTH} are allowed"
        ));
    }
    for (at, media) in work.media_files.iter().enumerate() {
        if let Some((field, reason)) = media.invalid() {
            return Err(format!("`media_files[{at}].{field}` {reason}"));
        }
    }
    Ok(work)
}

fn depth(parts: &[Part]) -> usize {
    parts.iter().map(|part| 1 + depth(&part.parts)).max().unwrap_or(0)
}
