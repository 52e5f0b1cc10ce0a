//! Reads a document of records: detects its format, and reads each record as a work.

use std::io::Read;

use serde_json::Value;

use super::format::{RecordFormat, detect, iiif, lines, smk, tate};
use super::mapping::{Mapping, apply, table};
use super::record::{BadRecord, Error, ParsedRecord, bad, checked, malformed};
use super::stream::{Frames, Limits, Raw, Source};
use crate::record::Work;

/// Reads records one by one, in memory that does not grow with their number; gzip is unpacked as it is read.
///
/// If no format is given, it is detected from the bytes; for JSON, from each record. A mapping says which columns of a
/// table, or which fields of JSON records, fill which fields of a work. A record that cannot be read yields a
/// [`BadRecord`], and reading continues.
///
/// # Errors
/// Returns [`Error::Read`] if the stream fails, [`Error::Unfit`] if it contains no records of a known format or does
/// not fit the mapping, and [`Error::Mapping`] if the format takes no mapping. Bad records are reported one by one.
pub fn read(
    input: impl Read + Send + 'static,
    form: Option<RecordFormat>,
    mapping: Option<Mapping>,
    limits: Limits,
) -> Result<impl Iterator<Item = Result<ParsedRecord, BadRecord>> + Send, Error> {
    if let (Some(known @ (RecordFormat::Smk | RecordFormat::Tate | RecordFormat::Manifest)), Some(_)) =
        (form, &mapping)
    {
        return Err(Error::Mapping(format!(
            "format `{known}` takes no mapping: leave out the format or the mapping"
        )));
    }
    let mut source = Source::open(Box::new(input), limits)?;
    let first = source.skip(|byte| byte.is_ascii_whitespace());
    let is_json = matches!(first, None | Some(b'{' | b'[' | 0x1e));
    let entries: Box<dyn Iterator<Item = Result<ParsedRecord, BadRecord>> + Send> = match form {
        Some(RecordFormat::Csv) => Box::new(table::Rows::open(source, mapping, limits)?),
        None if !is_json => Box::new(table::Rows::open(source, mapping, limits)?),
        form => {
            let envelopes = matches!(form, None | Some(RecordFormat::Smk)) || mapping.is_some();
            let frames = Frames::new(source, envelopes, limits);
            Box::new(
                frames.map(move |found| found.and_then(|raw| entry(raw, form, mapping.as_ref(), &limits))),
            )
        }
    };
    Ok(entries)
}

/// The JSON Schema (2020-12) of Tegl's own record format.
pub fn schema() -> Value {
    schemars::schema_for!(Work).to_value()
}

fn entry(
    raw: Raw,
    form: Option<RecordFormat>,
    mapping: Option<&Mapping>,
    limits: &Limits,
) -> Result<ParsedRecord, BadRecord> {
    let Raw { line, text, depth } = raw;
    limits.check(&text, depth).map_err(|reason| BadRecord { line, object_number: None, reason })?;
    if form == Some(RecordFormat::Lines) && mapping.is_none() {
        return lines::work(&text).and_then(checked).map_or_else(
            |reason| Err(bad(line, &serde_json::from_str(&text).unwrap_or_default(), reason)),
            |work| Ok(ParsedRecord::new(work, Some(text.clone()), line)),
        );
    }
    let value: Value = serde_json::from_str(&text).map_err(|error| malformed(line, &error))?;
    if let Some(reason) = form.filter(|_| mapping.is_none()).and_then(|form| detect::mismatch(&value, form)) {
        return Err(bad(line, &value, reason));
    }
    let form = match (mapping, form.or_else(|| detect::form(&value))) {
        (Some(_), _) => RecordFormat::Csv,
        (None, Some(form)) => form,
        (None, None) => return Err(bad(line, &value, detect::UNKNOWN.to_owned())),
    };
    let read = match (form, mapping) {
        (RecordFormat::Csv, Some(mapping)) => apply::work(&value, mapping),
        (RecordFormat::Smk, _) => smk::work(&value),
        (RecordFormat::Tate, _) => tate::work(&value),
        (RecordFormat::Manifest, _) => iiif::work(&value),
        (RecordFormat::Lines | RecordFormat::Csv, _) => lines::work(&text),
    };
    match read.and_then(checked) {
        Ok(work) => Ok(ParsedRecord::new(work, Some(text), line)),
        Err(reason) => Err(bad(line, &value, reason)),
    }
}
