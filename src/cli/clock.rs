//! The time in log lines.

use std::cell::Cell;
use std::fmt;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{self, FormatTime};

/// The length of `2026-01-31T23:59:59.000001Z`.
const LENGTH: usize = 27;

/// Where its microseconds begin and end.
const MICROS: Range<usize> = 20..26;

/// Writes the time as tracing-subscriber's `SystemTime` does. Each thread formats all but the microseconds once a second.
pub(super) struct Clock;

/// A second, and the text of its start.
#[derive(Clone, Copy)]
struct Second {
    /// Seconds since 1970.
    number: u64,
    text: [u8; LENGTH],
}

thread_local! {
    /// The second of this thread's last line.
    static LAST: Cell<Option<Second>> = const { Cell::new(None) };
}

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        match text(SystemTime::now()) {
            Some(text) => writer.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?),
            None => time::SystemTime.format_time(writer),
        }
    }
}

/// The text of a time. None before 1970 and after 9999.
fn text(now: SystemTime) -> Option<[u8; LENGTH]> {
    let since_1970 = now.duration_since(UNIX_EPOCH).ok()?;
    Some(second(since_1970.as_secs())?.with_micros(since_1970.subsec_micros()))
}

/// The second with this number: most often that of the last line.
fn second(number: u64) -> Option<Second> {
    if let Some(last) = LAST.get()
        && last.number == number
    {
        return Some(last);
    }
    let second = Second::new(number)?;
    LAST.set(Some(second));
    Some(second)
}

impl Second {
    fn new(number: u64) -> Option<Self> {
        let start = Timestamp::from_second(i64::try_from(number).ok()?).ok()?;
        let text: [u8; LENGTH] = format!("{start:.6}").into_bytes().try_into().ok()?;
        Some(Self { number, text })
    }

    /// The text of the time this many microseconds after its start.
    fn with_micros(self, micros: u32) -> [u8; LENGTH] {
        let (mut text, mut rest) = (self.text, micros);
        for digit in text[MICROS].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[track_caller]
    fn check(seconds: u64, nanos: u32, expected: &str) {
        let text = text(UNIX_EPOCH + Duration::new(seconds, nanos)).unwrap();
        assert_eq!(str::from_utf8(&text).unwrap(), expected);
    }

    fn written(timer: &impl FormatTime) -> String {
        let mut text = String::new();
        timer.format_time(&mut Writer::new(&mut text)).unwrap();
        text
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        check(0, 0, "1970-01-01T00:00:00.000000Z");
        check(0, 999, "1970-01-01T00:00:00.000000Z");
        check(0, 1_000, "1970-01-01T00:00:00.000001Z");
        check(0, 999_999_999, "1970-01-01T00:00:00.999999Z");
        check(1, 0, "1970-01-01T00:00:01.000000Z");
        check(0, 500_000_000, "1970-01-01T00:00:00.500000Z");
        check(59, 999_999_000, "1970-01-01T00:00:59.999999Z");
        check(60, 10_000, "1970-01-01T00:01:00.000010Z");
        check(951_782_399, 999_999_999, "2000-02-28T23:59:59.999999Z");
        check(951_782_400, 0, "2000-02-29T00:00:00.000000Z");
        check(2_147_483_647, 123_456_789, "2038-01-19T03:14:07.123456Z");
        check(11_847_456_541, 0, "2345-06-07T08:09:01.000000Z");
    }

    #[test]
    fn cached_times_equal_uncached_ones() {
        for micros in (0..3_000_000).step_by(997) {
            let since_1970 = Duration::from_secs(1_800_000_000) + Duration::from_micros(micros);
            let at = Timestamp::try_from(UNIX_EPOCH + since_1970).unwrap();
            check(since_1970.as_secs(), since_1970.subsec_nanos(), &format!("{at:.6}"));
        }
    }

    #[test]
    fn times_are_written_as_the_library_writes_them() {
        for _ in 0..1000 {
            let (before, now, after) =
                (written(&time::SystemTime), written(&Clock), written(&time::SystemTime));
            assert!(before.len() == now.len() && before <= now && now <= after, "{before} {now} {after}");
        }
    }

    #[test]
    fn other_times_are_left_to_the_library() {
        assert_eq!(text(UNIX_EPOCH - Duration::from_nanos(1)), None);
        assert_eq!(text(UNIX_EPOCH + Duration::from_secs(253_402_300_800)), None);
    }
}
