//! What reading gives: a record, or why there is none.

use std::io;

use serde_json::Value;

use super::value::json;
use crate::record::{Part, Work};

/// The most bytes of an object number.
pub(super) const MAX_NUMBER_BYTES: usize = 512;

/// How deep parts may have parts.
pub(super) const DEEPEST_PARTS: usize = 8;

/// A record that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedRecord {
    /// The work.
    pub work: Work,
    /// The record's JSON as the source gave it.
    pub original: Option<String>,
    /// The line that it begins in, from 1.
    pub line: u64,
}

/// A record that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// The line that it begins in, from 1.
    pub line: u64,
    /// Its number, if it could be read.
    pub object_number: Option<String>,
    /// What is wrong, and what would work.
    pub reason: String,
}

/// Why nothing can be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stream of records failed.
    #[error("the records cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The input contains no records of a known form, or does not fit the mapping.
    #[error("{0}")]
    Unfit(String),
    /// The mapping of columns is wrong; the text says where.
    #[error("mapping: {0}")]
    Mapping(String),
}

pub(super) fn malformed(line: u64, error: &serde_json::Error) -> BadRecord {
    let reason = if error.to_string().starts_with("recursion limit") {
        "the record is nested deeper than 127 levels: make it flatter".to_owned()
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

/// The work, if it can be kept: its number is one, and its parts are not endless.
pub(super) fn checked(work: Work) -> Result<Work, String> {
    let number = &work.object_number;
    if number.trim().is_empty() {
        return Err(
            "`object_number` is missing: a record needs the number that the museum knows the work by".into(),
        );
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
    if depth(&work.parts) > DEEPEST_PARTS {
        return Err(format!(
            "`parts` are more than {DEEPEST_PARTS} deep: at most {DEEPEST_PARTS} are allowed"
        ));
    }
    Ok(work)
}

fn depth(parts: &[Part]) -> usize {
    parts.iter().map(|part| 1 + depth(&part.parts)).max().unwrap_or(0)
}
