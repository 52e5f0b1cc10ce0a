//! Decodes CCITT fax row by row (ITU-T T.4 and T.6; TIFF 6.0, §10 and §11), to one bit per pixel, 0 for white.

use std::io::{self, BufRead, Read};

use fax::BitReader;
use fax::maps::{Mode, black, mode, white};

use crate::master::Fax;

/// Decodes coded rows to packed bits.
pub(super) struct FaxRows<R> {
    bits: Bits<R>,
    kind: Fax,
    width: u32,
    /// Positions where the color changes in the previous row, starting with white.
    previous: Vec<u32>,
    changes: Vec<u32>,
    row: Vec<u8>,
    /// Bytes of `row` that have been read.
    read: usize,
    rows: u32,
    faults: u32,
    /// Whether the end-of-page code was read: the rest of the page is white.
    ended: bool,
}

/// Why a row could not be decoded.
enum Broken {
    /// The end-of-page code.
    End,
    /// An invalid code.
    Code,
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<R: BufRead> FaxRows<R> {
    pub(super) fn new(coded: R, kind: Fax, width: u32) -> io::Result<Self> {
        let stride = width.div_ceil(8) as usize;
        Ok(Self {
            bits: Bits::new(coded)?,
            kind,
            width,
            previous: Vec::new(),
            changes: Vec::new(),
            row: vec![0; stride],
            read: stride,
            rows: 0,
            faults: 0,
            ended: false,
        })
    }

    /// Decodes the next row into `row`.
    fn advance(&mut self) -> io::Result<()> {
        self.changes.clear();
        let decoded = if self.ended { Ok(()) } else { self.decode() };
        if let Some(error) = self.bits.fault.take() {
            return Err(error);
        }
        self.rows += 1;
        match decoded {
            Ok(()) => {}
            Err(Broken::End) if self.rows > 1 => {
                self.ended = true;
                self.changes.clear();
            }
            Err(Broken::Io(error)) => return Err(error),
            Err(_) => self.continue_after_fault()?,
        }
        if !self.ended && self.bits.is_exhausted() {
            return Err(io::Error::other("the coded rows end before the image does"));
        }
        paint(&self.changes, self.width, &mut self.row);
        std::mem::swap(&mut self.previous, &mut self.changes);
        Ok(())
    }

    /// Continues with the next row after T.4's end-of-line code, unless too many rows are damaged.
    fn continue_after_fault(&mut self) -> io::Result<()> {
        self.faults += 1;
        let can = matches!(self.kind, Fax::Group3 { .. }) && self.faults <= 2 + self.rows / 16;
        if can && self.bits.skip_to_mark()? {
            return Ok(());
        }
        Err(io::Error::other("the coded rows are damaged"))
    }

    fn decode(&mut self) -> Result<(), Broken> {
        match self.kind {
            Fax::Runs { unit } => {
                self.bits.align(u64::from(unit))?;
                self.one_dimensional()
            }
            Fax::Group3 { two_dimensional } => {
                let marks = self.marks(two_dimensional)?;
                if marks > 1 {
                    return Err(Broken::End);
                }
                match two_dimensional && marks == 1 && self.bits.take(1)? == 0 {
                    true => self.two_dimensional(),
                    false => self.one_dimensional(),
                }
            }
            Fax::Group4 => self.two_dimensional(),
        }
    }

    /// Skips the end-of-line code before a row, with its fill bits; two in succession end the page. The bit that states how
    /// the row is coded follows the last of them.
    fn marks(&mut self, two_dimensional: bool) -> Result<u32, Broken> {
        if !self.bits.skip_mark()? {
            return Ok(0);
        }
        let tagged = |bits: &Bits<R>| bits.window >> 51 == 0b1_0000_0000_0001;
        match two_dimensional {
            true => Ok(if tagged(&self.bits) { 2 } else { 1 }),
            false => Ok(if self.bits.skip_mark()? { 2 } else { 1 }),
        }
    }

    fn one_dimensional(&mut self) -> Result<(), Broken> {
        let (mut at, mut is_black) = (0, false);
        while at < self.width {
            at += self.run(is_black)?;
            is_black = !is_black;
            self.change(at)?;
        }
        Ok(())
    }

    fn two_dimensional(&mut self) -> Result<(), Broken> {
        // The row starts at an imaginary white pixel.
        let (mut at, mut is_black, mut near) = (-1i64, false, 0);
        while at < i64::from(self.width) {
            let (first, second) = self.next_changes(at, is_black, &mut near);
            // The library interprets seven zeros as the end of the page.
            match self.bits.window {
                window if window >> 40 == END_OF_BLOCK => return Err(Broken::End),
                window if window >> 57 == 0 => return Err(Broken::Code),
                _ => {}
            }
            match mode::decode(&mut self.bits).ok_or(Broken::Code)? {
                Mode::Pass => at = i64::from(second),
                Mode::Vertical(shift) => {
                    let to = i64::from(first) + i64::from(shift);
                    if to < at.max(0) || to > i64::from(self.width) {
                        return Err(Broken::Code);
                    }
                    self.change(to as u32)?;
                    (at, is_black) = (to, !is_black);
                }
                Mode::Horizontal => {
                    let mut to = at.max(0) as u32;
                    for color in [is_black, !is_black] {
                        to += self.run(color)?;
                        self.change(to)?;
                    }
                    at = i64::from(to);
                }
                Mode::EOF | Mode::Extension => return Err(Broken::Code),
            }
        }
        Ok(())
    }

    /// The first change after `at` in the previous row that is to the other color, and the change after it; `near` is
    /// where the last search ended.
    fn next_changes(&self, at: i64, is_black: bool, near: &mut usize) -> (u32, u32) {
        let before = &self.previous;
        while *near > 0 && i64::from(before[*near - 1]) > at {
            *near -= 1;
        }
        while before.get(*near).is_some_and(|&change| i64::from(change) <= at) {
            *near += 1;
        }
        // Changes to black have even indices.
        let found = *near + usize::from((*near % 2 == 1) != is_black);
        let change = |number: usize| before.get(number).copied().unwrap_or(self.width);
        (change(found), change(found + 1))
    }

    /// A run's length: codes for multiples of 64, then a code for less.
    fn run(&mut self, is_black: bool) -> Result<u32, Broken> {
        let mut length = 0;
        loop {
            let code = if is_black { black::decode(&mut self.bits) } else { white::decode(&mut self.bits) };
            let code = u32::from(code.ok_or(Broken::Code)?);
            length += code;
            if length > self.width {
                return Err(Broken::Code);
            }
            if code < 64 {
                return Ok(length);
            }
        }
    }

    /// Records that the color changes at `at`; two changes at the same position cancel each other.
    fn change(&mut self, at: u32) -> Result<(), Broken> {
        if at > self.width {
            return Err(Broken::Code);
        }
        match self.changes.last() {
            Some(&last) if last == at => {
                self.changes.pop();
            }
            _ if at < self.width => self.changes.push(at),
            _ => {}
        }
        Ok(())
    }
}

impl<R: BufRead> Read for FaxRows<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.read == self.row.len() {
            self.advance()?;
            self.read = 0;
        }
        let length = into.len().min(self.row.len() - self.read);
        into[..length].copy_from_slice(&self.row[self.read..self.read + length]);
        self.read += length;
        Ok(length)
    }
}

/// Packs a row: every second run between changes is black.
fn paint(changes: &[u32], width: u32, row: &mut [u8]) {
    row.fill(0);
    for pair in changes.chunks(2) {
        let (from, to) = (pair[0] as usize, pair.get(1).copied().unwrap_or(width) as usize);
        let (first, last) = (from / 8, (to - 1) / 8);
        let (left, right) = (0xff >> (from % 8), 0xff << (7 - (to - 1) % 8));
        if first == last {
            row[first] |= left & right as u8;
        } else {
            row[first] |= left;
            row[first + 1..last].fill(0xff);
            row[last] |= right as u8;
        }
    }
}

/// Reads the bits of a byte stream, highest first. Zeros follow the stream's end; consuming them is recorded.
struct Bits<R> {
    bytes: R,
    /// The next bits, in the highest positions.
    window: u64,
    /// The number of bits in `window`, including those after the end.
    filled: u32,
    /// The number of bits in `window` after the stream's end.
    beyond: u32,
    /// The number of bits consumed.
    taken: u64,
    fault: Option<io::Error>,
}

/// Zeros at the start of an end-of-line code: no other code has as many.
const MARK: u32 = 11;
/// T.6's end of the page: two end-of-line codes.
const END_OF_BLOCK: u64 = 0x00_1001;

impl<R: BufRead> Bits<R> {
    fn new(bytes: R) -> io::Result<Self> {
        let mut bits = Self { bytes, window: 0, filled: 0, beyond: 0, taken: 0, fault: None };
        bits.fill()?;
        Ok(bits)
    }

    fn fill(&mut self) -> io::Result<()> {
        while self.filled <= 56 {
            let next = self.bytes.fill_buf()?.first().copied();
            match next {
                Some(byte) => {
                    self.window |= u64::from(byte) << (56 - self.filled);
                    self.bytes.consume(1);
                }
                None => self.beyond += 8,
            }
            self.filled += 8;
        }
        Ok(())
    }

    fn take(&mut self, count: u32) -> io::Result<u32> {
        let found = (self.window >> (64 - count)) as u32;
        self.window <<= count;
        self.filled -= count;
        self.taken += u64::from(count);
        self.fill()?;
        Ok(found)
    }

    /// Whether bits after the stream's end were consumed.
    fn is_exhausted(&self) -> bool {
        self.beyond > self.filled
    }

    fn is_at_mark(&self) -> bool {
        self.window >> (64 - MARK) == 0
    }

    /// Consumes an end-of-line code, with any preceding zeros, if one follows.
    fn skip_mark(&mut self) -> io::Result<bool> {
        if !self.is_at_mark() || self.is_exhausted() {
            return Ok(false);
        }
        while self.take(1)? == 0 {
            if self.is_exhausted() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Skips to the next end-of-line code; returns `false` if there is none.
    fn skip_to_mark(&mut self) -> io::Result<bool> {
        while !self.is_at_mark() {
            self.take(1)?;
        }
        Ok(!self.is_exhausted())
    }

    /// Skips to a multiple of `unit` bytes from the start.
    fn align(&mut self, unit: u64) -> io::Result<()> {
        while !self.taken.is_multiple_of(unit * 8) {
            self.take(1)?;
        }
        Ok(())
    }
}

impl<R: BufRead> BitReader for Bits<R> {
    type Error = ();

    fn peek(&self, bits: u8) -> Option<u16> {
        (bits > 0 && bits <= 16).then(|| (self.window >> (64 - u32::from(bits))) as u16)
    }

    fn consume(&mut self, bits: u8) -> Result<(), ()> {
        self.take(u32::from(bits)).map(drop).map_err(|error| self.fault = Some(error))
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        (self.taken.wrapping_neg() % 8) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bits(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        digits
            .chunks(8)
            .map(|byte| byte.iter().enumerate().fold(0, |all, (n, bit)| all | bit << (7 - n)))
            .collect()
    }

    /// Reads rows of 16 pixels until the first fault.
    fn rows(kind: Fax, coded: &str, count: usize) -> Result<Vec<u16>, String> {
        let mut rows = FaxRows::new(&*bits(coded).leak(), kind, 16).unwrap();
        let row = |_| {
            let mut row = [0; 2];
            rows.read_exact(&mut row).map(|()| u16::from_be_bytes(row)).map_err(|error| error.to_string())
        };
        (0..count).map(row).collect()
    }

    /// 4 white, 4 black, 8 white.
    const ROW: &str = "1011 011 10011";
    const MARK: &str = "000000000001";

    #[track_caller]
    fn check(kind: Fax, coded: &str, expected: &[u16]) {
        assert_eq!(rows(kind, coded, expected.len()).as_deref(), Ok(expected));
    }

    #[test]
    fn runs_begin_with_a_unit() {
        check(Fax::Runs { unit: 1 }, &format!("{ROW}0000 {ROW}"), &[0x0f00, 0x0f00]);
        check(Fax::Runs { unit: 2 }, &format!("{ROW}0000 {ROW}"), &[0x0f00, 0x0f00]);
        // A white run of 0 comes before black at the start of a row.
        check(Fax::Runs { unit: 1 }, "00110101 0000010111", &[0xffff]);
    }

    #[test]
    fn marks_between_rows_may_have_fill_or_be_missing() {
        let plain = Fax::Group3 { two_dimensional: false };
        check(plain, &format!("{MARK}{ROW}{MARK}{ROW}"), &[0x0f00, 0x0f00]);
        check(plain, &format!("0000{MARK}{ROW}00000{MARK}{ROW}"), &[0x0f00, 0x0f00]);
        check(plain, &format!("{ROW}{ROW}"), &[0x0f00, 0x0f00]);
        // After the end-of-page code the page is white.
        check(plain, &format!("{MARK}{ROW}{MARK}{MARK}{MARK}"), &[0x0f00, 0, 0]);
    }

    #[test]
    fn a_broken_row_of_group_3_costs_no_other() {
        let plain = Fax::Group3 { two_dimensional: false };
        let broken = "1011 00000001 1111";
        let found = rows(plain, &format!("{MARK}{broken}{MARK}{ROW}{MARK}{ROW}"), 3).unwrap();
        assert_eq!(found[1..], [0x0f00, 0x0f00]);
    }

    #[test]
    fn rows_are_changes_of_the_row_before() {
        let mixed = Fax::Group3 { two_dimensional: true };
        // The same row again, then one pixel to the right at both ends, then white (pass mode).
        let coded = format!("{MARK}1{ROW}{MARK}0 1 1 1 {MARK}0 011 011 1 {MARK}0 0001 1");
        check(mixed, &coded, &[0x0f00, 0x0f00, 0x0780, 0]);
        // Horizontal mode: 4 white, 4 black, then up to the end.
        check(
            Fax::Group4,
            "001 1011 011 1  1 1 1  0001 1 000000000001 000000000001",
            &[0x0f00, 0x0f00, 0, 0],
        );
    }

    #[test]
    fn what_ends_too_soon_is_an_error() {
        for kind in [Fax::Runs { unit: 1 }, Fax::Group3 { two_dimensional: false }, Fax::Group4] {
            assert!(rows(kind, "", 1).is_err(), "{kind:?}");
        }
        assert!(rows(Fax::Group4, "001 1011 011 1", 2).is_err());
        assert!(rows(Fax::Runs { unit: 1 }, ROW, 2).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_rows_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), width in 1..100u32) {
            for kind in [Fax::Runs { unit: 2 }, Fax::Group3 { two_dimensional: true }, Fax::Group4] {
                let mut rows = vec![0; width.div_ceil(8) as usize * 40];
                let _ = FaxRows::new(&bytes[..], kind, width).and_then(|mut fax| fax.read_exact(&mut rows));
            }
        }
    }
}
