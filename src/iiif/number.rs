//! Parses and writes numbers by the specification's grammar.

use std::fmt;

/// Digits only. Numbers over 32 bits become the largest 32-bit number, so that a huge region is cropped, and a huge size
/// exceeds every limit.
pub fn integer(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_digit());
    match text.len() {
        ..10 => text.parse().ok().filter(|_| plain),
        _ => plain.then(|| text.parse::<u128>().map_or(u32::MAX, |n| n.min(u32::MAX as u128) as u32)),
    }
}

/// Digits with at most one point (Image API 3.0, §4.7): no sign, no exponent, no `NaN`.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let points = text.bytes().filter(|&b| b == b'.').count();
    let plain = digits > 0 && points <= 1 && digits + points == text.len() && text.len() <= 40;
    plain.then(|| text.parse().ok()).flatten()
}

/// Writes integers with commas between them.
pub(super) fn write_integers(into: &mut impl fmt::Write, numbers: &[u32]) -> fmt::Result {
    let mut digits = itoa::Buffer::new();
    for (at, number) in numbers.iter().enumerate() {
        if at > 0 {
            into.write_str(",")?;
        }
        into.write_str(digits.format(*number))?;
    }
    Ok(())
}

/// Writes a number without trailing zeros and with a leading zero (§4.8): `0.5`, `22.5`, `90`.
pub(super) fn format(number: f64) -> String {
    let text = std::format!("{number:.10}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_digits_with_at_most_one_point() {
        for (text, expected) in [
            ("0", Some(0.0)),
            ("22.5", Some(22.5)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("007", Some(7.0)),
            ("", None),
            (".", None),
            ("1.2.3", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("NaN", None),
            ("inf", None),
            ("1_000", None),
            (" 1", None),
            ("١", None),
        ] {
            assert_eq!(decimal(text), expected, "{text}");
        }
    }

    #[test]
    fn an_integer_is_digits_and_saturates() {
        for (text, expected) in [
            ("0", Some(0)),
            ("4294967296", Some(u32::MAX)),
            ("99999999999999999999", Some(u32::MAX)),
            ("1.0", None),
            ("+1", None),
            ("", None),
        ] {
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_without_trailing_zeros() {
        assert_eq!([format(90.0), format(22.5), format(0.5), format(0.0)], ["90", "22.5", "0.5", "0"]);
    }
}
