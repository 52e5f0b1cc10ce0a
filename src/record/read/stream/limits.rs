//! The limits for a document and for each of its records, checked before parsing.

use memchr::memchr2;

/// The limits for a document, whatever its source, and for one record. The defaults are beyond any genuine record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The unpacked size of the document in bytes.
    pub source: u64,
    /// The unpacked size of a record in bytes.
    pub bytes: usize,
    /// The nesting depth of its lists and objects.
    pub depth: usize,
    /// The total number of its values: elements of lists and fields of objects.
    pub values: usize,
    /// The number of elements of one list, or of fields of one object.
    pub list: usize,
    /// The length of one text in bytes.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { source: 64 << 30, bytes: 8 << 20, depth: 64, values: 100_000, list: 10_000, text: 1 << 20 }
    }
}

/// The maximum gap without a record, as a multiple of the record size: white space, an oversized record, anything
/// else.
const GAP_FACTOR: usize = 8;

impl Limits {
    /// The number of bytes without a record after which reading stops. Skipping takes time, and genuine documents have
    /// records.
    pub(in crate::record::read) fn max_gap(&self) -> usize {
        self.bytes.saturating_mul(GAP_FACTOR)
    }

    pub(in crate::record::read) fn without_record(&self) -> String {
        format!(
            "there is no record in {} MiB, so the rest is unread: leave out what is not a record, or raise `records.record_mib`",
            self.max_gap() >> 20
        )
    }

    pub(in crate::record::read) fn source_too_large(&self) -> String {
        format!(
            "the document is larger than {} MiB unpacked: split it, or raise `records.source_mib`",
            self.source >> 20
        )
    }

    /// Checks that a record in JSON is within the limits, and otherwise names the setting that raises the exceeded
    /// one. `depth` is the nesting depth of its lists and objects. Invalid JSON is left to the parser to report.
    pub(in crate::record::read) fn check(&self, text: &str, depth: usize) -> Result<(), String> {
        if depth > self.depth {
            return Err(self.too_deep());
        }
        // Each value takes at least two bytes, so most records are within all limits by their length alone.
        if text.len() <= self.text.min(self.list.min(self.values).saturating_mul(2)) {
            return Ok(());
        }
        self.count(text.as_bytes())
    }

    /// Counts values byte by byte, in memory proportional to the depth.
    fn count(&self, text: &[u8]) -> Result<(), String> {
        let mut open: Vec<usize> = Vec::with_capacity(16);
        let (mut values, mut at) = (0usize, 0usize);
        while let Some(&byte) = text.get(at) {
            at += 1;
            match byte {
                b'"' => {
                    let length = length_of_text(&text[at..]);
                    if length > self.text {
                        return Err(self.text_too_long());
                    }
                    at += length + 1;
                }
                b'{' | b'[' => {
                    open.push(1);
                    values += 1;
                }
                b'}' | b']' => drop(open.pop()),
                b',' => {
                    values += 1;
                    if let Some(elements) = open.last_mut() {
                        *elements += 1;
                        if *elements > self.list {
                            return Err(self.list_too_long());
                        }
                    }
                }
                _ => {}
            }
            if values > self.values {
                return Err(self.too_many());
            }
        }
        Ok(())
    }

    fn list_too_long(&self) -> String {
        format!(
            "a list or an object of the record has more than {} elements: leave out what is not about the work, or raise \
             `records.list`",
            self.list
        )
    }

    fn too_many(&self) -> String {
        format!(
            "the record has more than {} values: leave out what is not about the work, or raise `records.values`",
            self.values
        )
    }

    pub(in crate::record::read) fn text_too_long(&self) -> String {
        format!(
            "a text of the record is longer than {} KiB: shorten it, or raise `records.text_kib`",
            self.text >> 10
        )
    }

    pub(in crate::record::read) fn too_large(&self) -> String {
        format!(
            "the record is larger than {} MiB: leave out what is not about the work, or raise `records.record_mib`",
            self.bytes >> 20
        )
    }

    fn too_deep(&self) -> String {
        format!(
            "the record is nested deeper than {} levels: flatten it, or raise `records.depth`",
            self.depth
        )
    }
}

/// The number of bytes before the closing quote of a text.
fn length_of_text(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if text[at] == b'"' {
            return at;
        }
        at += 2;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::scan::{Scan, Step};
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        let limits = Limits { source: 1 << 30, bytes: 1 << 20, depth: 3, values: 12, list: 4, text: 40 };
        let (mut scan, mut rest) = (Scan::new(false), json.as_bytes());
        while let Step::List(count) = scan.feed(rest) {
            rest = &rest[count..];
        }
        let found = limits.check(json, scan.deepest as usize).err();
        assert_eq!(found.is_some(), expected.is_some(), "{json}: {found:?}");
        assert!(found.is_none_or(|found| found.contains(expected.unwrap_or_default())), "{json}");
    }

    #[test]
    fn a_bound_is_named_with_its_setting() {
        check(r#"{"a":[[1]]}"#, None);
        check(r#"{"a":[[[1]]]}"#, Some("records.depth"));
        check(r#"{"a":[1,2,3,4]}"#, None);
        check(r#"{"a":[1,2,3,4,5]}"#, Some("records.list"));
        check(r#"{"a":1,"b":1,"c":1,"d":1,"e":1}"#, Some("records.list"));
        check(r#"{"a":[1,2,3,4],"b":[1,2,3,4],"c":[1,2,3,4]}"#, Some("records.values"));
        check(r#"{"a":"[[[[[[,,,,,,,,,,,,,,,\",,,,,,,,"}"#, None);
        check(&format!("{{\"a\":\"{}\"}}", "x".repeat(40)), None);
        check(&format!("{{\"a\":\"{}\"}}", "x".repeat(41)), Some("records.text_kib"));
        check("]]]]}", None);
        check("", None);
    }
}
