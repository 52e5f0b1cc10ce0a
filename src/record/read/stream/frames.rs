//! Splits a stream of JSON into the texts of its records, with one in memory at a time.

use serde_json::{Map, Value};

use super::limits::Limits;
use super::scan::{Scan, Step};
use super::source::Source;
use crate::record::read::record::BadRecord;

/// The number of bytes from which JSON Lines are distinguished from objects that span several lines.
const SAMPLE: usize = 128 * 1024;

/// The maximum number of records with an unknown end after which reading resumes; each rereads at most one record.
const MAX_RESUMES: u32 = 1000;

/// The maximum number of consecutive values that are not objects: a longer list is not a list of records.
const MAX_NON_OBJECTS: u32 = 1000;

/// The text of one record, with its first line.
pub(in crate::record::read) struct Raw {
    pub(in crate::record::read) line: u64,
    pub(in crate::record::read) text: String,
    /// The nesting depth of its lists and objects.
    pub(in crate::record::read) depth: usize,
}

/// The records of JSON Lines, of a list, of concatenated objects, or of the `items` of search responses.
pub(in crate::record::read) struct Frames {
    source: Source,
    position: Position,
    /// Whether each object ends on the line on which it begins, as the first object does.
    lines: Option<bool>,
    /// Whether the `items` of an object can be records.
    envelopes: bool,
    resumes: u32,
    /// The number of consecutive values that are not objects.
    non_objects: u32,
    done: bool,
    limits: Limits,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Top,
    List,
    /// Within the `items` of an object.
    Items,
    /// After the `items`.
    Tail,
}

impl Frames {
    pub(in crate::record::read) fn new(source: Source, envelopes: bool, limits: Limits) -> Self {
        Self {
            source,
            position: Position::Top,
            lines: None,
            envelopes,
            resumes: 0,
            non_objects: 0,
            done: false,
            limits,
        }
    }

    fn bad(&self, reason: &str) -> BadRecord {
        BadRecord { line: self.source.line, object_number: None, reason: reason.to_owned() }
    }

    fn stop(&mut self, bad: BadRecord) -> Option<Result<Raw, BadRecord>> {
        self.done = true;
        Some(Err(bad))
    }

    /// Ends the stream, with an error if its end is damaged.
    fn end(&mut self) -> Option<Result<Raw, BadRecord>> {
        self.done = true;
        if let Some(failed) = self.source.failed.take() {
            return Some(Err(self.bad(&failed)));
        }
        (self.position != Position::Top).then(|| Err(self.bad("the list is not closed")))
    }

    /// Reads the object at the start of the window; `None` if it contains `items`, which follow.
    fn object(&mut self) -> Option<Result<Raw, BadRecord>> {
        let line = self.source.line;
        let on_line = self.position == Position::Top && self.on_lines();
        let (mut scan, mut at, mut too_large) = (Scan::new(on_line), 0, false);
        loop {
            match scan.feed(&self.source.rest()[at..]) {
                Step::End(count) if too_large => {
                    self.source.consume_record(at + count);
                    return Some(Err(BadRecord { line, ..self.bad(&self.limits.too_large()) }));
                }
                Step::End(count) => return Some(self.record_text(line, at + count, scan.deepest)),
                Step::List(count) => {
                    at += count;
                    if !too_large && self.position == Position::Top && self.is_envelope(at) {
                        self.source.consume(at);
                        self.position = Position::Items;
                        return None;
                    }
                }
                Step::Malformed(count, reason) => return self.resume_after(line, at + count, reason),
                Step::More => {
                    at = self.source.rest().len();
                    if at > self.limits.bytes && !too_large && !on_line && self.skip_to_next_record() {
                        return Some(Err(BadRecord { line, ..self.bad(&self.limits.too_large()) }));
                    }
                    if at > self.limits.bytes || too_large {
                        too_large = true;
                        self.source.consume(at);
                        at = 0;
                    }
                    if !self.source.fill() {
                        return self.unclosed(line, too_large);
                    }
                }
            }
        }
    }

    fn record_text(&mut self, line: u64, length: usize, depth: u32) -> Result<Raw, BadRecord> {
        let text = match std::str::from_utf8(&self.source.rest()[..length]) {
            _ if length > self.limits.bytes => Err(self.bad(&self.limits.too_large())),
            Ok(text) => Ok(Raw { line, text: text.to_owned(), depth: depth as usize }),
            Err(error) => {
                let offset = error.valid_up_to();
                Err(self.bad(&format!("byte {offset} of the record is not UTF-8: save it as UTF-8")))
            }
        };
        self.source.consume_record(length);
        self.non_objects = 0;
        text
    }

    /// Whether the input is JSON Lines: its first or second line is one object.
    fn on_lines(&mut self) -> bool {
        if let Some(known) = self.lines {
            return known;
        }
        while self.source.rest().len() < SAMPLE && self.source.fill() {}
        let sample = self.source.rest();
        let is_object = |line: &[u8]| {
            let mut scan = Scan::new(true);
            let mut rest = line;
            loop {
                match scan.feed(rest) {
                    Step::End(_) => return true,
                    Step::List(count) => rest = &rest[count..],
                    Step::More => return line.len() > SAMPLE / 2 && line.len() == sample.len(),
                    Step::Malformed(..) => return false,
                }
            }
        };
        let mut lines = sample.split(|&byte| byte == b'\n');
        let known = lines.by_ref().take(2).any(|line| line.starts_with(b"{") && is_object(line));
        *self.lines.insert(known)
    }

    /// Whether the list that begins here is the `items` of a response that is not itself a record.
    fn is_envelope(&self, list: usize) -> bool {
        let before = self.source.rest()[..list - 1].trim_ascii_end();
        let key =
            before.strip_suffix(b":").and_then(|before| before.trim_ascii_end().strip_suffix(b"\"items\""));
        let Some(fields) = key.filter(|_| self.envelopes) else { return false };
        let fields = fields.trim_ascii_end();
        let mut object = fields.strip_suffix(b",").unwrap_or(fields).to_vec();
        object.push(b'}');
        let own = ["object_number", "id", "@id", "@context", "type", "@type", "acno"];
        serde_json::from_slice::<Map<String, Value>>(&object)
            .is_ok_and(|fields| !own.iter().any(|&key| fields.contains_key(key)))
    }

    /// Resumes after a record whose end is unknown.
    fn resume_after(&mut self, line: u64, at: usize, reason: &str) -> Option<Result<Raw, BadRecord>> {
        let bad = BadRecord { line, ..self.bad(reason) };
        if self.position == Position::Top && self.lines == Some(true) {
            self.source.consume(at);
            self.source.skip_line();
            return Some(Err(bad));
        }
        if self.skip_to_next_record() {
            return Some(Err(bad));
        }
        self.stop(BadRecord {
            reason: format!("{reason}; reading stops, because the start of the next record is unknown"),
            ..bad
        })
    }

    /// Moves to the next line that begins a record like this one: with `{` at the same indentation.
    fn skip_to_next_record(&mut self) -> bool {
        let Some(indent) = self.source.indent else { return false };
        self.resumes += 1;
        if self.resumes > MAX_RESUMES {
            return false;
        }
        let rest = self.source.rest();
        let ends = rest.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let next = ends.map(|(end, _)| end + 1).find(|&begin| {
            rest.get(begin + indent) == Some(&b'{')
                && rest[begin..begin + indent].iter().all(|byte| matches!(byte, b' ' | b'\t'))
        });
        if let Some(next) = next {
            self.source.consume(next);
        }
        next.is_some()
    }

    fn unclosed(&mut self, line: u64, too_large: bool) -> Option<Result<Raw, BadRecord>> {
        let failed = self.source.failed.take();
        if failed.is_none() && self.skip_to_next_record() {
            return Some(Err(BadRecord { line, ..self.bad("the record is not closed") }));
        }
        let reason = match failed {
            Some(failed) if too_large => format!("{}; {failed}", self.limits.too_large()),
            Some(failed) => failed,
            None => "the record is not closed".to_owned(),
        };
        self.stop(BadRecord { line, ..self.bad(&reason) })
    }

    /// Skips the fields after `items`.
    fn skip_tail(&mut self) {
        let mut scan = Scan::within();
        loop {
            match scan.feed(self.source.rest()) {
                Step::End(count) | Step::Malformed(count, _) => {
                    self.source.consume(count);
                    self.position = Position::Top;
                    return;
                }
                Step::List(count) => self.source.consume(count),
                Step::More => {
                    self.source.consume(self.source.rest().len());
                    if !self.source.fill() {
                        return;
                    }
                }
            }
        }
    }

    /// Reports a value that is not an object.
    fn non_object(&mut self, first: u8) -> Option<Result<Raw, BadRecord>> {
        let bad = self.bad("a record must be an object: write `{\"object_number\": …}`");
        self.non_objects += 1;
        if self.non_objects > MAX_NON_OBJECTS {
            let reason = format!(
                "{}; {MAX_NON_OBJECTS} values before it are not objects either: reading stops",
                bad.reason
            );
            return self.stop(BadRecord { reason, ..bad });
        }
        if self.position == Position::Top {
            self.source.skip_line();
        } else if matches!(first, b'[' | b'}') {
            return self.stop(BadRecord { reason: format!("{}; reading stops", bad.reason), ..bad });
        } else if first == b'"' {
            self.source.consume(1);
            self.source.skip(|byte| !matches!(byte, b'"' | b'\n'));
            self.source.consume(1);
        } else {
            self.source.skip(|byte| !matches!(byte, b',' | b']' | b'\n' | b'{'));
        }
        Some(Err(bad))
    }
}

impl Iterator for Frames {
    type Item = Result<Raw, BadRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            if self.position == Position::Tail {
                self.skip_tail();
            }
            // RFC 7464 begins each record with 0x1e.
            let between = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b',' | 0x1e);
            match (self.source.skip(between), self.position) {
                (None, _) => return self.end(),
                (Some(b'['), Position::Top) => {
                    self.source.consume(1);
                    self.position = Position::List;
                }
                (Some(b']'), Position::List | Position::Items) => {
                    self.source.consume(1);
                    self.position =
                        if self.position == Position::List { Position::Top } else { Position::Tail };
                }
                (Some(b'{'), _) => {
                    if let Some(found) = self.object() {
                        return Some(found);
                    }
                }
                (Some(first), _) => return self.non_object(first),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(json: &str) -> Vec<String> {
        let input = Box::new(Cursor::new(json.as_bytes().to_vec()));
        let source = Source::open(input, Limits::default()).ok().unwrap();
        Frames::new(source, true, Limits::default())
            .map(|found| match found {
                Ok(raw) => format!("{}: {}", raw.line, raw.text.split_whitespace().collect::<String>()),
                Err(bad) => format!("{}! {}", bad.line, bad.reason.split([':', ';']).next().unwrap()),
            })
            .collect()
    }

    #[track_caller]
    fn check(json: &str, expected: &[&str]) {
        assert_eq!(read(json), expected, "{json}");
    }

    #[test]
    fn lines_lists_and_objects_are_taken_apart() {
        check("{\"a\":1}\n\n{\"a\":2}\r\n", &["1: {\"a\":1}", "3: {\"a\":2}"]);
        check("[{\"a\":1},\n{\"a\":[{}]}]\n", &["1: {\"a\":1}", "2: {\"a\":[{}]}"]);
        check("{\n \"a\":1\n}\n{\n \"a\":2\n}", &["1: {\"a\":1}", "4: {\"a\":2}"]);
        check("", &[]);
        check("[]", &[]);
    }

    #[test]
    fn the_items_of_an_answer_are_its_records() {
        let page = r#"{"offset":0,"found":3,"items":[{"a":[1]},{"a":2}],"facets":[{"b":1}]}"#;
        check(page, &["1: {\"a\":[1]}", "1: {\"a\":2}"]);
        check(
            &format!("{page}\n{page}"),
            &["1: {\"a\":[1]}", "1: {\"a\":2}", "2: {\"a\":[1]}", "2: {\"a\":2}"],
        );
        check(r#"{"items":[],"found":0}"#, &[]);
        check(r#"{"id":"x","items":[{"a":1}]}"#, &[r#"1: {"id":"x","items":[{"a":1}]}"#]);
    }

    #[test]
    fn a_bad_line_affects_no_other() {
        check(
            "{\"a\":1}\n{\"a\":\n{\"a\":3}",
            &["1: {\"a\":1}", "2! the line ends before the record does", "3: {\"a\":3}"],
        );
        check("{\"a\n{\"a\":2}", &["1! a string contains a line break", "2: {\"a\":2}"]);
        check(
            "{\"a\":1}\nnull\n{\"a\":3}",
            &["1: {\"a\":1}", "2! a record must be an object", "3: {\"a\":3}"],
        );
        check(
            "[1,{\"a\":1},\"b\"]",
            &["1! a record must be an object", "1: {\"a\":1}", "1! a record must be an object"],
        );
    }

    #[test]
    fn a_list_continues_where_its_next_record_begins() {
        let list = "[\n {\n  \"a\": \"x\n },\n {\n  \"a\": 2\n }\n]";
        check(list, &["2! a string contains a line break", "5: {\"a\":2}"]);
        let list = "[\n {\n  \"a\": {\n   \"b\": 1\n },\n {\n  \"a\": 2\n }\n]";
        check(list, &["2! a closing bracket does not match the opening one", "6: {\"a\":2}"]);
        check("[{\"a\":[}, {\"a\":1}]", &["1! a closing bracket does not match the opening one"]);
        check("[{\"a\":1}, {\"a\":", &["1: {\"a\":1}", "1! the record is not closed"]);
        check("[{\"a\":1}", &["1: {\"a\":1}", "1! the list is not closed"]);
    }

    #[test]
    fn a_record_that_is_too_large_is_skipped() {
        let large = format!("{{\"a\":\"{}\"}}\n{{\"b\":1}}", "x".repeat((8 << 20) + 1));
        check(&large, &["1! the record is larger than 8 MiB", "2: {\"b\":1}"]);
        let large = format!("[{{\"a\":\"{}\"}},{{\"b\":1}}]", "x".repeat((8 << 20) + 1));
        check(&large, &["1! the record is larger than 8 MiB", "1: {\"b\":1}"]);
    }
}
