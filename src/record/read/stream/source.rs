//! The bytes of records: unpacked, counted, without byte order mark, with only one record's bytes in memory.

use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::limits::Limits;
use crate::record::read::record::Error;

/// The number of bytes per read.
const CHUNK: usize = 128 * 1024;

/// A window of unread bytes.
pub(in crate::record::read) struct Source {
    input: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    /// The line on which the window begins, from 1.
    pub(in crate::record::read) line: u64,
    /// The indentation at the window's start, if only white space precedes it on its line.
    pub(in crate::record::read) indent: Option<usize>,
    /// Why reading stopped early.
    pub(in crate::record::read) failed: Option<String>,
    ended: bool,
    /// The number of bytes since the last record.
    gap: usize,
    limits: Limits,
}

impl Source {
    /// Opens a stream, compressed with gzip or not. Other compressions and UTF-16 are rejected.
    pub(in crate::record::read) fn open(input: Box<dyn Read + Send>, limits: Limits) -> Result<Self, Error> {
        let mut input: Box<dyn Read + Send> = Box::new(Bounded { input, left: limits.source, limits });
        let mut start = [0; 4];
        let got = fill(&mut *input, &mut start)?;
        let mut input: Box<dyn Read + Send> = Box::new(Cursor::new(start[..got].to_vec()).chain(input));
        let mut start = &start[..got];
        let mut first = [0; 4];
        if start.starts_with(&[0x1f, 0x8b]) {
            let unpacked = MultiGzDecoder::new(input);
            input = Box::new(Bounded { input: unpacked, left: limits.source, limits });
            let got = fill(&mut *input, &mut first)?;
            start = &first[..got];
            input = Box::new(Cursor::new(start.to_vec()).chain(input));
        }
        let refused = match start {
            [0x1f, 0x8b, ..] => "this is packed with gzip twice: unpack it once",
            [0x50, 0x4b, 3, 4] => "this is a ZIP or Excel file: unpack it, or save the table as CSV in UTF-8",
            [0x28, 0xb5, 0x2f, 0xfd] => "this is packed with zstd: unpack it, or pack it with gzip",
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "this is UTF-16: save it as UTF-8",
            [0xd0, 0xcf, 0x11, 0xe0] => "this is an old Excel file: save the table as CSV in UTF-8",
            [b'<', ..] | [0xef, 0xbb, 0xbf, b'<'] => "this is XML or HTML: records are JSON or CSV",
            _ => "",
        };
        if !refused.is_empty() {
            return Err(Error::Unfit(refused.to_owned()));
        }
        let mut source = Self {
            input,
            buffer: Vec::new(),
            start: 0,
            line: 1,
            indent: Some(0),
            failed: None,
            ended: false,
            gap: 0,
            limits,
        };
        while source.rest().len() < 3 && source.fill() {}
        if source.rest().starts_with(b"\xef\xbb\xbf") {
            source.start = 3;
        }
        Ok(source)
    }

    /// The bytes of the window in memory.
    pub(in crate::record::read) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Extends the window; `false` at the end, and if the gap since the last record is too large.
    pub(in crate::record::read) fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.gap > self.limits.max_gap() {
            self.failed = Some(self.limits.without_record());
            self.ended = true;
            return false;
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let length = self.buffer.len();
        self.buffer.resize(length + CHUNK, 0);
        let got = match self.input.read(&mut self.buffer[length..]) {
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.buffer.truncate(length);
                return true;
            }
            Err(error) => {
                self.failed = Some(format!("reading failed here ({error}), so the rest is unread"));
                0
            }
        };
        self.buffer.truncate(length + got);
        self.ended = got == 0;
        got > 0
    }

    /// The next byte, without consuming it.
    pub(in crate::record::read) fn peek(&mut self) -> Option<u8> {
        while self.rest().is_empty() {
            if !self.fill() {
                return None;
            }
        }
        self.rest().first().copied()
    }

    /// Moves the start of the window.
    pub(in crate::record::read) fn consume(&mut self, count: usize) {
        let end = (self.start + count).min(self.buffer.len());
        let passed = &self.buffer[self.start..end];
        let ends = passed.iter().filter(|&&byte| byte == b'\n').count();
        self.line += ends as u64;
        let last = (ends > 0).then(|| passed.iter().rposition(|&byte| byte == b'\n')).flatten();
        let (before, own) = match last {
            Some(at) => (Some(0), &passed[at + 1..]),
            None => (self.indent, passed),
        };
        let blank = own.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        self.indent = before.filter(|_| blank).map(|before| before + own.len());
        self.gap += end - self.start;
        self.start = end;
    }

    /// Consumes a record.
    pub(in crate::record::read) fn consume_record(&mut self, count: usize) {
        self.consume(count);
        self.gap = 0;
    }

    /// Skips bytes that match and returns the next one.
    pub(in crate::record::read) fn skip(&mut self, skipped: impl Fn(u8) -> bool) -> Option<u8> {
        loop {
            self.peek()?;
            let count = self.rest().iter().take_while(|&&byte| skipped(byte)).count();
            self.consume(count);
            if let Some(&byte) = self.rest().first() {
                return Some(byte);
            }
        }
    }

    /// Skips to the start of the next line; `false` if there is none.
    pub(in crate::record::read) fn skip_line(&mut self) -> bool {
        let found = self.skip(|byte| byte != b'\n').is_some();
        self.consume(1);
        found
    }
}

/// Reads bytes without counting lines or the gap since the last record.
impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.rest().is_empty() && !self.fill() {
            return self.failed.take().map_or(Ok(0), |reason| Err(io::Error::other(reason)));
        }
        let mut rest = self.rest();
        let count = rest.read(into)?;
        self.start += count;
        Ok(count)
    }
}

/// Fails beyond the maximum size of a document.
struct Bounded<R> {
    input: R,
    left: u64,
    limits: Limits,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.input.read(into)?;
        self.left = self
            .left
            .checked_sub(got as u64)
            .ok_or_else(|| io::Error::other(self.limits.source_too_large()))?;
        Ok(got)
    }
}

fn fill(input: &mut dyn Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < bytes.len() {
        match input.read(&mut bytes[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::read::tests::gzip;

    fn open(bytes: &[u8]) -> Result<Source, Error> {
        let mut source = Source::open(Box::new(Cursor::new(bytes.to_vec())), Limits::default())?;
        while source.fill() {}
        Ok(source)
    }

    #[test]
    fn unsupported_file_types_are_named() {
        for (bytes, word) in
            [(&b"PK\x03\x04x"[..], "Excel"), (b"\xff\xfea\0", "UTF-8"), (b"<records/>", "JSON or CSV")]
        {
            let refused = open(bytes).err().unwrap().to_string();
            assert!(refused.contains(word), "{refused}");
        }
        let twice = gzip(&gzip(b"{}"));
        assert!(open(&twice).err().unwrap().to_string().contains("twice"));
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        assert_eq!(open(b"\xef\xbb\xbf{}").unwrap().rest(), b"{}");
        assert_eq!(open(b"").unwrap().peek(), None);
    }

    #[test]
    fn lines_and_indents_are_counted() {
        let mut source = open(b"[\n  {}\n]").unwrap();
        assert_eq!(source.skip(|byte| byte != b'{'), Some(b'{'));
        assert_eq!((source.line, source.indent), (2, Some(2)));
        let mut source = open(b"[\n  {}\n]").unwrap();
        source.consume(4);
        assert_eq!((source.line, source.indent), (2, Some(2)));
        source.consume(2);
        assert_eq!(source.indent, None);
    }
}
