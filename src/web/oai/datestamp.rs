//! Datestamps: seconds in UTC, or days (OAI-PMH 2.0, §3.3).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::fault::Fault;

/// A time as a datestamp.
pub(super) fn datestamp(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The range of `from` and `until`, both included, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Range {
    /// The first millisecond.
    pub from_ms: Option<i64>,
    /// The first millisecond after the range.
    pub before_ms: Option<i64>,
}

impl Range {
    /// Parses both; they must have the same granularity and be in order.
    pub(super) fn parse(from: Option<&str>, until: Option<&str>) -> Result<Self, Fault> {
        if let (Some(from), Some(until)) = (from, until)
            && from.len() != until.len()
        {
            return Err(Fault::argument("`from` and `until` must both be days, or both be times"));
        }
        let bounds = |name: &str, text: Option<&str>| {
            let invalid = || {
                Fault::argument(format!("`{name}` must be as in 2026-11-29 or 2026-11-29T10:00:00Z, in UTC"))
            };
            text.map(|text| bounds(text).ok_or_else(invalid)).transpose()
        };
        let (from, until) = (bounds("from", from)?, bounds("until", until)?);
        let range = Self { from_ms: from.map(|(first, _)| first), before_ms: until.map(|(_, after)| after) };
        match range {
            Self { from_ms: Some(from), before_ms: Some(before) } if from >= before => {
                Err(Fault::argument("`from` must not be later than `until`"))
            }
            range => Ok(range),
        }
    }
}

/// The first millisecond of a day or second, and that of the next one.
fn bounds(text: &str) -> Option<(i64, i64)> {
    let is_digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    if !(0..4).all(is_digit) {
        return None;
    }
    match text.len() {
        10 => {
            let midnight = |day: Date| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond());
            let day = Date::strptime("%Y-%m-%d", text).ok()?;
            Some((midnight(day)?, midnight(day.checked_add(1.day()).ok()?)?))
        }
        20 => {
            let time = jiff::civil::DateTime::strptime("%Y-%m-%dT%H:%M:%SZ", text).ok()?;
            let first = time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
            Some((first, first + 1000))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_seconds_in_utc() {
        assert_eq!(datestamp(1_700_000_000_999), "2023-11-14T22:13:20Z");
        assert_eq!(bounds("2023-11-14T22:13:20Z"), Some((1_700_000_000_000, 1_700_000_001_000)));
        assert_eq!(bounds("1970-01-01"), Some((0, 86_400_000)));
        for bad in [
            "",
            "1970",
            "1970-1-01",
            "1970-01-32",
            "2023-11-14T22:13:20",
            "2023-11-14t22:13:20z",
            "+970-01-01",
        ] {
            assert_eq!(bounds(bad), None, "{bad}");
        }
    }

    #[test]
    fn ranges_have_one_granularity_and_an_order() {
        let range = |from, until| Range::parse(Some(from), Some(until));
        assert_eq!(
            range("1970-01-01", "1970-01-01").unwrap(),
            Range { from_ms: Some(0), before_ms: Some(86_400_000) }
        );
        assert!(range("1970-01-02", "1970-01-01").is_err());
        assert!(range("1970-01-01", "1970-01-01T00:00:00Z").is_err());
        assert_eq!(Range::parse(None, None), Ok(Range::default()));
    }
}
