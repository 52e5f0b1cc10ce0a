//! Years, as dates and datings give them.

use serde_json::Value;

use super::value::word;

/// No work is older, and no year that anybody means is longer than this many digits.
const DIGITS: usize = 6;

/// The year of a date or dating: of `1850-07-01T00:00:00Z`, `-0300-01-01`, `"ca. 1850"` or `1850`.
pub(super) fn year(value: &Value) -> Option<i32> {
    match value {
        Value::Number(number) => {
            let year = number.as_i64().or_else(|| number.as_f64().map(|year| year as i64))?;
            i32::try_from(year).ok().filter(|year| year.unsigned_abs() < 1_000_000)
        }
        other => word(other).and_then(|words| from_date(&words).or_else(|| span(&words).0)),
    }
}

/// The year of an ISO date, which may have a sign and more or less than four digits.
fn from_date(words: &str) -> Option<i32> {
    let (sign, digits) = match words.as_bytes().first()? {
        b'-' => (-1, &words[1..]),
        b'+' => (1, &words[1..]),
        _ => (1, words),
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let is_date = digits.len() == length || digits[length..].starts_with('-') && digits.len() > length + 4;
    let year: i32 =
        digits.get(..length).filter(|_| (3..=DIGITS).contains(&length) && is_date)?.parse().ok()?;
    Some(sign * year)
}

/// The first and the last year that a dating names: `1850-55`, `c. 1850–1855`, `1850s`, `1.5.1832`, `850`.
pub(super) fn span(words: &str) -> (Option<i32>, Option<i32>) {
    let numbers = numbers(words);
    let least = if numbers.iter().any(|(_, digits)| digits.len() == 4) { 4 } else { 3 };
    let (mut earliest, mut latest) = (None::<i32>, None::<i32>);
    // The end of the year before, and that year.
    let mut before = None;
    for (begin, digits) in numbers {
        let end = begin + digits.len();
        let Ok(number) = digits.parse::<i32>() else { continue };
        let year = match (digits.len(), before) {
            (length, _) if (least..=4).contains(&length) => number,
            (2, Some((last, year))) if is_range(&words[last..begin]) && is_alone(&words[end..]) => {
                let full = year - i32::rem_euclid(year, 100) + number;
                if full < year {
                    continue;
                }
                full
            }
            _ => continue,
        };
        before = Some((end, year));
        let last = year + decade(year, &words[end..]);
        earliest = Some(earliest.map_or(year, |known| known.min(year)));
        latest = Some(latest.map_or(last, |known| known.max(last)));
    }
    (earliest, latest)
}

/// The runs of digits and where they begin.
fn numbers(words: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(begin) = words[rest..].find(|c: char| c.is_ascii_digit()).map(|at| rest + at) {
        rest = words[begin..].find(|c: char| !c.is_ascii_digit()).map_or(words.len(), |at| begin + at);
        found.push((begin, &words[begin..rest]));
    }
    found
}

/// Whether nothing but a dash or stroke stands between two numbers.
fn is_range(between: &str) -> bool {
    matches!(between.trim(), "-" | "–" | "—" | "/")
}

/// Whether a number ends here that is no month.
fn is_alone(behind: &str) -> bool {
    !behind.starts_with(['-', '/'])
}

/// How many years `1850s` or `1800-tallet` goes on.
fn decade(year: i32, behind: &str) -> i32 {
    let plural = ["s", "'s", "’s", "erne", "-erne", "'erne"].iter().any(|end| behind.starts_with(end));
    match (plural, behind.starts_with("-tallet")) {
        (true, _) if year % 100 != 0 && year % 10 == 0 => 9,
        (true, _) | (_, true) if year % 100 == 0 => 99,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_have_years() {
        for (value, expected) in [
            (json!("1743-09-11T00:00:00.000Z"), Some(1743)),
            (json!("0850-01-01"), Some(850)),
            (json!("-0300-01-01T00:00:00Z"), Some(-300)),
            (json!("-300"), Some(-300)),
            (json!("ca. 1850"), Some(1850)),
            (json!("31-12-1900"), Some(1900)),
            (json!(["1832"]), Some(1832)),
            (json!(1832.0), Some(1832)),
            (json!(1e300), None),
            (json!("99999999999999"), None),
            (json!("ukendt"), None),
            (json!({"a": 1}), None),
        ] {
            assert_eq!(year(&value), expected, "{value}");
        }
    }

    #[test]
    fn datings_span_years() {
        for (words, first, last) in [
            ("1850", 1850, 1850),
            ("1850-55", 1850, 1855),
            ("Ca. 1825 - 1893", 1825, 1893),
            ("1850s", 1850, 1859),
            ("1900s", 1900, 1999),
            ("1.5.1832", 1832, 1832),
            ("før 1850–før 1848", 1848, 1850),
            ("1805-07-01", 1805, 1805),
            ("1800-tallet", 1800, 1899),
            ("kat. 123, 1850", 1850, 1850),
        ] {
            assert_eq!(span(words), (Some(first), Some(last)), "{words}");
        }
        assert_eq!(span("no date, 19th century"), (None, None));
    }
}
