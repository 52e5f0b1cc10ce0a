//! Years in dates and datings. Years before our era are negative, as in museums' data: -300 is 300 B.C., and there is
//! no year 0.

mod era;
mod range;
#[cfg(test)]
mod tests;
mod token;

use serde_json::Value;

use crate::record::read::value::json::word;
pub(in crate::record::read) use range::span;

/// The maximum number of digits of a year: no work is older.
const DIGITS: usize = 6;

/// The first year of a date or dating, such as `1850-07-01T00:00:00Z`, `-0300-01-01`, `"ca. 1850"` or `1850`.
pub(in crate::record::read) fn year(value: &Value) -> Option<i32> {
    read(value, |(first, _)| first)
}

/// The last year of a date or dating: 1859 of `1850s`.
pub(in crate::record::read) fn last_year(value: &Value) -> Option<i32> {
    read(value, |(_, last)| last)
}

fn read(value: &Value, of: impl Fn((Option<i32>, Option<i32>)) -> Option<i32>) -> Option<i32> {
    let year = match value {
        Value::Number(number) => {
            let year = number.as_i64().or_else(|| number.as_f64().map(|year| year as i64))?;
            i32::try_from(year).ok().filter(|year| year.unsigned_abs() < 1_000_000)
        }
        other => word(other).and_then(|words| from_date(&words).or_else(|| of(span(&words)))),
    };
    year.filter(|year| *year != 0)
}

/// The year of an ISO date, which may have a sign and fewer or more than four digits.
fn from_date(words: &str) -> Option<i32> {
    let (sign, date) = match words.as_bytes().first()? {
        b'-' => (-1, &words[1..]),
        b'+' => (1, &words[1..]),
        _ => (1, words),
    };
    let date = date.split(['T', ' ']).next().filter(|day| day.len() == date.len() || day.len() > DIGITS)?;
    let mut parts = date.split('-');
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let plain = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<i32>().ok()).flatten()
    };
    let year = digits(parts.next()?, 3..=DIGITS)?;
    match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => {}
        (Some(month), Some(day), None) => {
            digits(month, 2..=2).filter(|month| (0..=12).contains(month))?;
            digits(day, 2..=2).filter(|day| (0..=31).contains(day))?;
        }
        _ => return None,
    }
    Some(sign * year)
}
