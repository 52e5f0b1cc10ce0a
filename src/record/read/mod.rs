//! Museums' records of many shapes, read into works one by one.

mod canvas;
mod cells;
mod detect;
pub mod embedded;
mod fields;
mod frame;
mod limits;
mod lines;
mod manifest;
mod mapped;
mod mapping;
mod measure;
mod outline;
mod page;
mod scan;
mod smk;
mod source;
mod table;
mod tate;
mod texts;
mod value;
mod year;

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde_json::Value;

use super::{Image, Part, Work};
use frame::{Frames, Raw};
pub use limits::Limits;
pub use mapping::Mapping;
pub use page::{Outline, outline};
use source::Source;
pub(super) use value::truth;

/// The most bytes of an object number.
const LONGEST_NUMBER: usize = 512;

/// How deep parts may have parts.
const DEEPEST_PARTS: usize = 8;

/// The shapes of records that are read without a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Tegl's own: one [`Work`] a line, or a list of them.
    Lines,
    /// The open API of Statens Museum for Kunst, and its answers.
    Smk,
    /// Tate's collection as it is published.
    Tate,
    /// A table whose first row names its columns.
    Csv,
    /// Manifests of another server (Presentation API 2 and 3).
    Manifest,
}

/// A record that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub work: Work,
    /// The record's JSON as the source gave it.
    pub original: Option<String>,
    /// The line that it begins in, from 1.
    pub line: u64,
}

/// A record that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// The line that it begins in, from 1.
    pub line: u64,
    /// Its number, as far as it could be told.
    pub object_number: Option<String>,
    /// What is wrong, and what would work.
    pub reason: String,
}

/// Why nothing can be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the records cannot be read: {0}")]
    Read(#[from] io::Error),
    /// These are no records, or not with this mapping.
    #[error("{0}")]
    Unfit(String),
    #[error("mapping: {0}")]
    Mapping(String),
}

/// Reads records one by one, in memory that does not grow with their number; gzip is unpacked on the way.
///
/// Without a form it is told from the bytes, for JSON from each record. A mapping says which columns of a table, or
/// which fields of JSON records, mean what. What cannot be read comes as [`Bad`] in its place, and the rest goes on.
pub fn read(
    input: impl Read + Send + 'static,
    form: Option<Form>,
    mapping: Option<Mapping>,
    limits: Limits,
) -> Result<impl Iterator<Item = Result<Entry, Bad>> + Send, Error> {
    if let (Some(known @ (Form::Smk | Form::Tate | Form::Manifest)), Some(_)) = (form, &mapping) {
        return Err(Error::Mapping(format!("form `{known}` needs none: leave out the form or the mapping")));
    }
    let mut source = Source::open(Box::new(input), limits)?;
    let first = source.skip(|byte| byte.is_ascii_whitespace());
    let is_json = matches!(first, None | Some(b'{' | b'[' | 0x1e));
    let entries: Box<dyn Iterator<Item = Result<Entry, Bad>> + Send> = match form {
        Some(Form::Csv) => Box::new(table::Rows::open(source, mapping, limits)?),
        None if !is_json => Box::new(table::Rows::open(source, mapping, limits)?),
        form => {
            let envelopes = matches!(form, None | Some(Form::Smk)) || mapping.is_some();
            let frames = Frames::new(source, envelopes, limits);
            Box::new(
                frames.map(move |found| found.and_then(|raw| entry(raw, form, mapping.as_ref(), &limits))),
            )
        }
    };
    Ok(entries)
}

/// The JSON Schema (2020-12) of Tegl's own form of a record.
pub fn schema() -> Value {
    schemars::schema_for!(Work).to_value()
}

fn entry(raw: Raw, form: Option<Form>, mapping: Option<&Mapping>, limits: &Limits) -> Result<Entry, Bad> {
    let Raw { line, text, depth } = raw;
    limits.check(&text, depth).map_err(|reason| Bad { line, object_number: None, reason })?;
    if form == Some(Form::Lines) && mapping.is_none() {
        return lines::work(&text).and_then(checked).map_or_else(
            |reason| Err(bad(line, &serde_json::from_str(&text).unwrap_or_default(), reason)),
            |work| Ok(Entry { work, original: Some(text.clone()), line }),
        );
    }
    let value: Value = serde_json::from_str(&text).map_err(|error| malformed(line, &error))?;
    if let Some(reason) = form.filter(|_| mapping.is_none()).and_then(|form| detect::misfit(&value, form)) {
        return Err(bad(line, &value, reason));
    }
    let form = match (mapping, form.or_else(|| detect::form(&value))) {
        (Some(_), _) => Form::Csv,
        (None, Some(form)) => form,
        (None, None) => return Err(bad(line, &value, detect::UNKNOWN.to_owned())),
    };
    let read = match (form, mapping) {
        (Form::Csv, Some(mapping)) => mapped::work(&value, mapping),
        (Form::Smk, _) => smk::work(&value),
        (Form::Tate, _) => tate::work(&value),
        (Form::Manifest, _) => manifest::work(&value),
        (Form::Lines | Form::Csv, _) => lines::work(&text),
    };
    match read.and_then(checked) {
        Ok(work) => Ok(Entry { work, original: Some(text), line }),
        Err(reason) => Err(bad(line, &value, reason)),
    }
}

/// An image as its source calls it; whether there is a master of it is told elsewhere.
fn image(file: String) -> Image {
    Image { file, matched: true, ..Image::default() }
}

fn malformed(line: u64, error: &serde_json::Error) -> Bad {
    let reason = if error.to_string().starts_with("recursion limit") {
        "the record is nested deeper than 127 levels: make it flatter".to_owned()
    } else {
        format!("this is no JSON: {error}")
    };
    Bad { line: line + error.line().saturating_sub(1) as u64, object_number: None, reason }
}

fn bad(line: u64, value: &Value, reason: String) -> Bad {
    let number =
        ["object_number", "acno", "id", "@id"].iter().find_map(|&name| value::word(value.get(name)?));
    let number = number.filter(|number| number.len() <= LONGEST_NUMBER);
    Bad { line, object_number: number.map(|number| number.into_owned()), reason }
}

/// The work, if it can be kept: its number is one, and its parts are not endless.
fn checked(work: Work) -> Result<Work, String> {
    let number = &work.object_number;
    if number.trim().is_empty() {
        return Err(
            "`object_number` is missing: a record needs the number that the museum knows the work by".into(),
        );
    }
    if number.len() > LONGEST_NUMBER {
        return Err(format!("`object_number` has {} bytes: {LONGEST_NUMBER} are the most", number.len()));
    }
    if number.chars().any(char::is_control) {
        return Err(format!("`object_number` {number:?} holds a control character: leave it out"));
    }
    if depth(&work.parts) > DEEPEST_PARTS {
        return Err(format!("`parts` are more than {DEEPEST_PARTS} deep: {DEEPEST_PARTS} are the most"));
    }
    Ok(work)
}

fn depth(parts: &[Part]) -> usize {
    parts.iter().map(|part| 1 + depth(&part.parts)).max().unwrap_or(0)
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Lines => "lines",
            Self::Smk => "smk",
            Self::Tate => "tate",
            Self::Csv => "csv",
            Self::Manifest => "iiif",
        })
    }
}

impl FromStr for Form {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "lines" => Ok(Self::Lines),
            "smk" => Ok(Self::Smk),
            "tate" => Ok(Self::Tate),
            "csv" => Ok(Self::Csv),
            "iiif" => Ok(Self::Manifest),
            other => {
                Err(format!("`{other}` is no form of records: write `lines`, `smk`, `tate`, `csv` or `iiif`"))
            }
        }
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod rights_tests;
#[cfg(test)]
mod tests;
