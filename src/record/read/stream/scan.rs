//! Finds the end of a JSON value without parsing it.

use memchr::memchr3;

/// The result of scanning a chunk of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The value continues after these bytes.
    More,
    /// A list that is a field of the outermost object begins after this many bytes.
    List(usize),
    /// The value ends after this many bytes.
    End(usize),
    /// The value is malformed at this byte, for this reason.
    Malformed(usize, &'static str),
}

/// A scanner of one object or list, byte by byte.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    depth: u32,
    /// The maximum depth so far.
    pub(super) deepest: u32,
    /// The open brackets from the outermost on, one bit each, 1 for `{`.
    braces: u128,
    quoted: bool,
    escaped: bool,
    /// Whether the value must end on its line.
    line: bool,
}

impl Scan {
    /// A scanner for a value that begins with `{` or `[`; a value of JSON Lines ends on its line.
    pub(super) fn new(line: bool) -> Self {
        Self { line, ..Self::default() }
    }

    /// A scanner that starts within an open object.
    pub(super) fn within() -> Self {
        Self { depth: 1, braces: 1, ..Self::default() }
    }

    /// Scans the next bytes; after `List`, those after it.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Step {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.quoted {
                if std::mem::take(&mut self.escaped) {
                    at += 1;
                    continue;
                }
                let Some(found) = memchr3(b'"', b'\\', b'\n', &bytes[at..]) else { return Step::More };
                at += found;
                match bytes[at] {
                    b'\\' => self.escaped = true,
                    b'"' => self.quoted = false,
                    _ => return Step::Malformed(at, "a string contains a line break"),
                }
                at += 1;
                continue;
            }
            match byte {
                b'"' => self.quoted = true,
                b'{' | b'[' => {
                    self.open(byte == b'{');
                    if byte == b'[' && self.depth == 2 && self.braces & 1 == 1 {
                        return Step::List(at + 1);
                    }
                }
                b'}' | b']' => match self.close(byte == b'}') {
                    Err(reason) => return Step::Malformed(at, reason),
                    Ok(()) if self.depth == 0 => return Step::End(at + 1),
                    Ok(()) => {}
                },
                b'\n' if self.line => return Step::Malformed(at, "the line ends before the record does"),
                _ => {}
            }
            at += 1;
        }
        Step::More
    }

    fn open(&mut self, brace: bool) {
        if let Some(bit) = 1u128.checked_shl(self.depth) {
            self.braces = if brace { self.braces | bit } else { self.braces & !bit };
        }
        self.depth = self.depth.saturating_add(1);
        self.deepest = self.deepest.max(self.depth);
    }

    /// Brackets below depth 128 are counted, not matched: such a record is rejected anyway.
    fn close(&mut self, brace: bool) -> Result<(), &'static str> {
        self.depth = self.depth.saturating_sub(1);
        match 1u128.checked_shl(self.depth) {
            Some(bit) if (self.braces & bit != 0) != brace => {
                Err("a closing bracket does not match the opening one")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: bool, json: &str, expected: Step) {
        assert_eq!(Scan::new(line).feed(json.as_bytes()), expected, "{json}");
        let mut scan = Scan::new(line);
        let bytewise = json.bytes().enumerate().find_map(|(at, byte)| match scan.feed(&[byte]) {
            Step::More => None,
            Step::List(n) => Some(Step::List(at + n)),
            Step::End(n) => Some(Step::End(at + n)),
            Step::Malformed(n, reason) => Some(Step::Malformed(at + n, reason)),
        });
        assert_eq!(bytewise.unwrap_or(Step::More), expected, "{json}, byte by byte");
    }

    #[test]
    fn a_value_ends_at_its_closing_bracket() {
        check(false, r#"{"a":"}\"}","b":{}} {"#, Step::End(19));
        check(false, "[[1],\n[2]],", Step::End(10));
        check(false, r#"{"a":[1"#, Step::List(6));
        check(false, r#"{"a":{"b":[]}"#, Step::More);
    }

    #[test]
    fn malformed_json_is_reported_where_it_occurs() {
        check(false, "{]", Step::Malformed(1, "a closing bracket does not match the opening one"));
        check(false, "{\"a\n", Step::Malformed(3, "a string contains a line break"));
        check(true, "{\"a\":1,\n", Step::Malformed(7, "the line ends before the record does"));
        check(false, &("{\"a\":{".to_owned() + &"[".repeat(100_000)), Step::More);
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        check(false, &deep, Step::End(2000));
    }
}
