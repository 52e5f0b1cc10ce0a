//! Ranges in the `range` parameter: years, times and numbers, optionally open at one end.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::field::{Known, Measure, field};
use crate::iiif::Invalid;

/// A range of a measure, both ends included, in the measure's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Range {
    pub measure: Measure,
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// One end of a range.
#[derive(Clone, Copy, PartialEq)]
enum End {
    From,
    To,
}

const FORM: &str = "is not a range: write it as in `[production_dates_end:{1800-01-01T00:00:00Z;*}]`";
const YEAR: &str = "must be a year or a date: write `1800`, `1800-01-01T00:00:00Z` or `*`";
const TIME: &str = "must be a time: write `2019-05-28T09:35:58Z`, `2019-05-28`, `2019` or `*`";
const NUMBER: &str = "must be an integer: write digits, or `*`";

impl Range {
    /// Parses the text within a range's brackets: `modified:{2019-05-28T09:35:58Z;*}`.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        let form = || Invalid::new("range", text, FORM);
        let (name, span) = text.split_once(':').ok_or_else(form)?;
        let span = span.trim().strip_prefix('{').and_then(|span| span.strip_suffix('}')).ok_or_else(form)?;
        let (from, to) = span.split_once(';').ok_or_else(form)?;
        let Known::Measure(measure) = field("range", name, Known::can_be_spanned)?.known else {
            return Err(form());
        };
        let (from, to) = (end(measure, from.trim(), End::From)?, end(measure, to.trim(), End::To)?);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(Invalid::new("range", text, "ends before it begins: write the earlier end first"));
        }
        Ok(Self { measure, from, to })
    }
}

fn end(measure: Measure, text: &str, end: End) -> Result<Option<i64>, Invalid> {
    if matches!(text, "" | "*") {
        return Ok(None);
    }
    let (read, reason) = match measure {
        Measure::Earliest | Measure::Latest => (year(text), YEAR),
        Measure::Created | Measure::Modified => (time(text, end), TIME),
        Measure::Width | Measure::Height | Measure::Bytes => (digits(text, 18), NUMBER),
    };
    read.map(Some).ok_or_else(|| Invalid::new("range", text, reason))
}

/// The year of `1800`, `-300` or a date; anything after the day is ignored, because works are dated by year.
fn year(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let date = rest.split_once('T').map_or(rest, |(date, _)| date);
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 6)?;
    let is_date =
        parts.clone().count() <= 2 && parts.all(|part| part.len() == 2 && digits(part, 2).is_some());
    is_date.then_some(sign * year)
}

/// Seconds since 1970. A year or day starts at its first and ends at its last second. The default zone is UTC.
fn time(text: &str, end: End) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    let utc = |at: DateTime| TimeZone::UTC.to_timestamp(at).ok().map(|at| at.as_second());
    let day = match (text.len(), digits(text, 4)) {
        (4, Some(year)) => {
            let (month, day) = if end == End::To { (12, 31) } else { (1, 1) };
            Date::new(i16::try_from(year).ok()?, month, day).ok()
        }
        _ => text.parse::<Date>().ok().filter(|_| !text.contains(['T', ' '])),
    };
    match (day, end) {
        (Some(day), End::From) => utc(day.at(0, 0, 0, 0)),
        (Some(day), End::To) => utc(day.at(23, 59, 59, 0)),
        (None, _) => utc(text.parse().ok()?),
    }
}

fn digits(text: &str, most: usize) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, measure: Measure, from: Option<i64>, to: Option<i64>) {
        assert_eq!(Range::parse(text), Ok(Range { measure, from, to }), "{text}");
    }

    #[test]
    fn years_are_read_from_dates_too() {
        use Measure::{Earliest, Latest};
        let span = "production_dates_end:{1800-01-01T00:00:00Z;1900-12-31T23:59:59.999Z}";
        check(span, Latest, Some(1800), Some(1900));
        check("production_dates_end:{0950-01-01;*}", Latest, Some(950), None);
        check("production_dates_start: {*;1900}", Earliest, None, Some(1900));
        check("production_dates_start:{-300;-0200-12-31T00:00:00Z}", Earliest, Some(-300), Some(-200));
        check("production_dates_start:{;}", Earliest, None, None);
        check("production_dates_start:{1800-05; +1800 }", Earliest, Some(1800), Some(1800));
    }

    #[test]
    fn days_and_years_last_until_their_end() {
        use Measure::{Created, Modified};
        check("modified:{2019-05-28T09:35:58Z;*}", Modified, Some(1_559_036_158), None);
        check("modified:{2019-05-28T09:35:58.999Z;*}", Modified, Some(1_559_036_158), None);
        check("modified:{2019-05-28T11:35:58+02:00;*}", Modified, Some(1_559_036_158), None);
        check("modified:{2019-05-28T09:35:58;*}", Modified, Some(1_559_036_158), None);
        check("created:{1970-01-01;1970-01-01}", Created, Some(0), Some(86_399));
        check("created:{1970;1970}", Created, Some(0), Some(31_535_999));
    }

    #[test]
    fn sizes_are_whole_numbers() {
        check("image_width:{4000;*}", Measure::Width, Some(4000), None);
        check("image_height:{*;0}", Measure::Height, None, Some(0));
        check("image_size:{0;30000000000}", Measure::Bytes, Some(0), Some(30_000_000_000));
    }

    #[test]
    fn invalid_ranges_are_refused_with_a_hint() {
        for (text, reason) in [
            ("production_dates_end", "write it as in"),
            ("production_dates_end:1800;1900", "write it as in"),
            ("production_dates_end:{1800,1900}", "write it as in"),
            ("production_dates_end:{1800 ca.;*}", "write `1800`"),
            ("production_dates_end:{1800-1;*}", "write `1800`"),
            ("production_dates_end:{1800-01-01-01;*}", "write `1800`"),
            ("production_dates_end:{9999999;*}", "write `1800`"),
            ("production_dates_end:{1900;1800}", "the earlier end first"),
            ("modified:{NOW;*}", "write `2019-05-28T09:35:58Z`"),
            ("modified:{2019-02-30;*}", "write `2019-05-28T09:35:58Z`"),
            ("image_width:{1e3;*}", "write digits"),
            ("image_width:{-1;*}", "write digits"),
            ("creator:{a;b}", "supported fields are production_dates_start, production_dates_end, created"),
        ] {
            let refused = Range::parse(text).unwrap_err();
            assert_eq!(refused.parameter, "range", "{text}");
            assert!(refused.reason.contains(reason), "{text}: {refused}");
        }
    }
}
