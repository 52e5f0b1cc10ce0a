//! Reads tables as CSV, one record per row.

use std::io::{self, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};
use serde_json::{Map, Value};

use super::apply;
use super::rules::{Mapping, Rule, Target};
use crate::record::read::record::{BadRecord, Error, MAX_NUMBER_BYTES, ParsedRecord, checked};
use crate::record::read::stream::Limits;
use crate::record::read::stream::Source;

/// The number of bytes from which the delimiter is detected.
const SAMPLE: usize = 64 * 1024;

/// The rows of a table.
pub(in crate::record::read) struct Rows {
    reader: Reader<Bounded<Source>>,
    limits: Limits,
    columns: Vec<String>,
    mapping: Mapping,
    row: ByteRecord,
    failed: bool,
}

impl Rows {
    /// Reads the names of the columns. One of them must be the object number, by its name or by the mapping.
    pub(in crate::record::read) fn open(
        mut source: Source,
        mapping: Option<Mapping>,
        limits: Limits,
    ) -> Result<Self, Error> {
        while source.rest().len() < SAMPLE && source.fill() {}
        let delimiter = delimiter(source.rest());
        let line = source.line;
        let input = Bounded {
            input: source,
            limits,
            read: 0,
            truncated: false,
            ended: false,
            quotes: Quotes::new(delimiter),
        };
        let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(input);
        let header = reader.byte_headers().map_err(|error| Error::Unfit(reason_of(&error)))?;
        let columns = columns(header)?;
        if reader.get_ref().truncated {
            return Err(Error::Unfit(
                "the first row, which names the columns, exceeds the maximum size of a record".into(),
            ));
        }
        let mapping = mapping.unwrap_or(Mapping { rules: Vec::new(), source: None });
        let numbered = columns.iter().any(|name| name == "object_number");
        let mapped = |rule: &Rule| {
            rule.target == Target::Number && rule.column.as_ref().is_some_and(|name| columns.contains(name))
        };
        if !columns.is_empty() && !numbered && !mapping.rules.iter().any(mapped) {
            let names: Vec<&str> = columns.iter().take(20).map(String::as_str).collect();
            return Err(Error::Unfit(format!(
                "no column holds the object number (line {line}): name one `object_number`, or say in a mapping which of `{}` it is",
                names.join("`, `")
            )));
        }
        let missing = mapping
            .rules
            .iter()
            .filter_map(|rule| rule.column.as_deref())
            .find(|name| !columns.iter().any(|c| c == name));
        if let Some(missing) = missing.filter(|_| !columns.is_empty()) {
            return Err(Error::Mapping(format!(
                "the table has no column `{missing}`: it has `{}`",
                columns.join("`, `")
            )));
        }
        Ok(Self { reader, limits, columns, mapping, row: ByteRecord::new(), failed: false })
    }

    fn entry(&self, line: u64) -> Result<ParsedRecord, BadRecord> {
        let bad = |reason: String| BadRecord { line, object_number: self.number(), reason };
        if self.row.len() > self.columns.len() {
            let (cells, columns) = (self.row.len(), self.columns.len());
            return Err(bad(format!(
                "the row has {cells} cells and the table {columns} columns: put quotes around cells that hold the separator"
            )));
        }
        if self.row.iter().any(|cell| cell.len() > self.limits.text) {
            return Err(bad(self.limits.text_too_long()));
        }
        let mut fields = Map::new();
        for (name, cell) in self.columns.iter().zip(&self.row) {
            let text = std::str::from_utf8(cell)
                .map_err(|_| bad(format!("`{name}` is not UTF-8: save the table as CSV in UTF-8")))?;
            fields.insert(name.clone(), text.into());
        }
        let work = apply::read(&fields, &self.mapping, "import:csv").and_then(checked).map_err(bad)?;
        Ok(ParsedRecord::new(work, Some(Value::Object(fields).to_string()), line))
    }

    fn number(&self) -> Option<String> {
        let rules = self.mapping.rules.iter();
        let mapped =
            rules.filter(|rule| rule.target == Target::Number).find_map(|rule| rule.column.as_deref());
        let wanted = mapped.unwrap_or("object_number");
        let at = self.columns.iter().position(|name| name == wanted)?;
        let text = std::str::from_utf8(self.row.get(at)?).ok()?.trim();
        (!text.is_empty() && text.len() <= MAX_NUMBER_BYTES).then(|| text.to_owned())
    }
}

impl Iterator for Rows {
    type Item = Result<ParsedRecord, BadRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        self.reader.get_mut().begin_row();
        let line = self.reader.position().line();
        match self.reader.read_byte_record(&mut self.row) {
            Ok(false) => None,
            Ok(true) => {
                let line = self.row.position().map_or(line, csv::Position::line);
                if self.reader.get_ref().truncated {
                    return Some(Err(BadRecord {
                        line,
                        object_number: self.number(),
                        reason: self.limits.too_large(),
                    }));
                }
                if self.reader.get_ref().ends_within_quotes() {
                    return Some(Err(BadRecord {
                        line,
                        object_number: self.number(),
                        reason: "a quote in this row is never closed, so the rest of the table is unread"
                            .into(),
                    }));
                }
                Some(self.entry(line))
            }
            Err(error) => {
                self.failed = true;
                Some(Err(BadRecord { line, object_number: None, reason: reason_of(&error) }))
            }
        }
    }
}

fn reason_of(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}

/// The names of the columns, made unique.
fn columns(header: &ByteRecord) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    for (at, cell) in header.iter().enumerate() {
        let name = std::str::from_utf8(cell)
            .map_err(|_| Error::Unfit("the first row is not UTF-8: save the table as CSV in UTF-8".into()))?;
        let name = if name.trim().is_empty() { format!("column {}", at + 1) } else { name.trim().to_owned() };
        let is_duplicate = names.contains(&name);
        names.push(if is_duplicate { format!("{name} ({})", at + 1) } else { name });
        if names.len() > 4096 {
            return Err(Error::Unfit("the table has more than 4096 columns".into()));
        }
    }
    Ok(names)
}

/// Detects the delimiter: the candidate that is most frequent outside quotes in the first row.
fn delimiter(sample: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0u32), (b';', 0), (b'\t', 0)];
    for &byte in sample {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(sign, _)| *sign == byte).for_each(|(_, count)| *count += 1),
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(sign, _)| sign)
}

/// Truncates a row that is too large at the end of its line. Stops at a row that does not end, as after an unclosed
/// quote, and at a gap without rows that is too long.
struct Bounded<R> {
    input: R,
    limits: Limits,
    /// Bytes since the start of the row.
    read: usize,
    /// Whether the rest of the row was skipped.
    truncated: bool,
    /// Whether the table was read to its end, which happens only for its last row.
    ended: bool,
    quotes: Quotes,
}

impl<R: Read> Bounded<R> {
    fn begin_row(&mut self) {
        (self.read, self.truncated) = (0, false);
    }

    fn ends_within_quotes(&self) -> bool {
        self.ended && self.quotes.is_open()
    }

    /// Skips the rest of the line and fills the buffer with what follows.
    fn skip_line(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.truncated = true;
        while self.read <= self.limits.max_gap() {
            let count = self.input.read(buffer)?;
            if count == 0 {
                return Ok(0);
            }
            if let Some(end) = buffer[..count].iter().position(|&byte| byte == b'\n') {
                buffer.copy_within(end..count, 0);
                return Ok(count - end);
            }
            self.read += count;
        }
        Err(io::Error::other(self.limits.without_record()))
    }
}

/// Tracks whether the input ends within quotes. As for the CSV reader, a quote inside an unquoted cell is text.
struct Quotes {
    delimiter: u8,
    at: InCell,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum InCell {
    Start,
    Plain,
    Quoted,
    /// After a quote that closes the cell or is the first of two.
    Closed,
}

impl Quotes {
    const fn new(delimiter: u8) -> Self {
        Self { delimiter, at: InCell::Start }
    }

    fn is_open(&self) -> bool {
        self.at == InCell::Quoted
    }

    fn scan(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.at = match (self.at, byte) {
                (InCell::Quoted, b'"') => InCell::Closed,
                (InCell::Start | InCell::Closed, b'"') | (InCell::Quoted, _) => InCell::Quoted,
                (_, b'\n' | b'\r') => InCell::Start,
                (_, byte) if byte == self.delimiter => InCell::Start,
                _ => InCell::Plain,
            };
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.limits.bytes.saturating_sub(self.read) {
            0 if self.quotes.is_open() => {
                return Err(io::Error::other(
                    "the row is larger than `records.record_mib` allows, so the rest is unread: check for an unclosed quote",
                ));
            }
            0 => self.skip_line(buffer)?,
            left => {
                let most = buffer.len().min(left);
                self.input.read(&mut buffer[..most])?
            }
        };
        self.ended |= count == 0;
        self.quotes.scan(&buffer[..count]);
        self.read += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &str, mapping: Option<&str>) -> Result<Vec<Result<ParsedRecord, BadRecord>>, Error> {
        let input = io::Cursor::new(table.as_bytes().to_vec());
        let source = Source::open(Box::new(input), Limits::default())?;
        Ok(Rows::open(source, mapping.map(|text| text.parse().unwrap()), Limits::default())?.collect())
    }

    #[test]
    fn columns_named_like_fields_need_no_mapping() {
        let table = "object_number;titles.da;creators;tags.motif;images;Hylde\nA 1;Blå;Anna|Bo;dog|cat;a.tif|b.tif;3\n";
        let found = read(table, None).unwrap().remove(0).unwrap();
        assert_eq!((found.line, found.work.object_number.as_str(), found.work.creators.len()), (2, "A 1", 2));
        assert_eq!((found.work.tags.len(), found.work.images.len()), (2, 2));
        assert_eq!(found.work.titles[0].text, Text::of("da", "Blå"));
        assert_eq!(found.work.more["Hylde"], "3");
        assert!(found.original.unwrap().contains(r#""Hylde":"3""#));
    }

    use crate::record::Text;

    #[test]
    fn the_delimiter_is_detected_from_the_first_row() {
        for table in [
            "object_number,titles\n1,\"a;b;c\"",
            "object_number\ttitles\n1\ta,b",
            "\"object_number\";\"a,b,c,d\"\n1;2",
        ] {
            assert_eq!(read(table, None).unwrap().remove(0).unwrap().work.object_number, "1", "{table}");
        }
    }

    #[test]
    fn bad_rows_and_tables_are_reported_with_a_reason() {
        let found = read("object_number,public_domain\n1,yes\n2,maybe\n,no\n4,no,more\n5\n", None).unwrap();
        let bad: Vec<_> = found.iter().filter_map(|row| row.as_ref().err()).collect();
        assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [3, 4, 5]);
        assert!(
            bad[0].reason.contains("`public_domain` is `maybe`")
                && bad[0].object_number.as_deref() == Some("2")
        );
        assert!(bad[2].reason.contains("3 cells"));
        assert!(read("Nr,Titel\n1,2\n", None).is_err());
        assert!(read("Nr,Titel\n1,2\n", Some("object_number='Nr'\ntitles='Tittel'")).is_err());
        assert!(read("", None).unwrap().is_empty());
    }

    #[test]
    fn an_unclosed_quote_stops_within_bounds() {
        let table = format!("object_number,titles\n1,\"{}", "x\n".repeat(8 << 20));
        let found = read(&table, None).unwrap();
        assert!(found.len() == 1 && found[0].as_ref().unwrap_err().reason.contains("quote"));
    }

    #[test]
    fn a_quote_that_is_open_at_the_end_is_an_error() {
        let rows = |third: &str| {
            let rows: Vec<_> =
                (1..=3000).map(|n| format!("{n},{}a\n", if n == 3 { third } else { "" })).collect();
            read(&format!("object_number,titles\n{}", rows.concat()), None).unwrap()
        };
        let found = rows("\"");
        assert_eq!(found.len(), 3);
        let bad = found[2].as_ref().unwrap_err();
        assert_eq!((bad.line, bad.object_number.as_deref()), (4, Some("3")));
        assert!(bad.reason.contains("quote"), "{}", bad.reason);
        for fine in ["", "12\" ", "\"x\"\" \",", "\"x\ny\"", "12\" x\ny,\"z\"\ny,", "\"\""] {
            let found = rows(fine);
            assert!(found.len() >= 3000, "{fine:?}: {}", found.len());
        }
        assert!(read("object_number,titles\n1,a\n2,\"", None).unwrap()[1].is_err());
        assert!(read("object_number,titles\n1,a\n2,\"\"", None).unwrap()[1].is_ok());
    }

    #[test]
    fn a_row_that_is_too_large_affects_no_other() {
        let table = format!("object_number,titles\n1,a\n2,{}\n3,c\n\"4\",d\n", "x".repeat(20 << 20));
        let found = read(&table, None).unwrap();
        let numbers: Vec<_> = found.iter().flatten().map(|entry| entry.work.object_number.as_str()).collect();
        assert_eq!(numbers, ["1", "3", "4"]);
        let bad = found.iter().find_map(|found| found.as_ref().err()).unwrap();
        assert!(bad.line == 3 && bad.reason.contains("records.record_mib"), "{bad:?}");
    }
}
