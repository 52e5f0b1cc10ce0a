//! Resumption tokens (OAI-PMH 2.0, §3.5): where a list continues.
//!
//! A token holds all of the request and the last change that the harvester has, so the server keeps no state: tokens do not
//! expire, survive restarts, and are valid on every server of one catalogue. Works are listed in the order of their last
//! change. A work that changes during the harvest moves behind the position of every token, so the list still has it; a
//! withdrawn one appears there as deleted. A harvest misses nothing, and may give a work twice; its `completeListSize` is the
//! number of records when it began.
//!
//! Changes are committed in the order of their times, but have the time at which their transaction began. A harvester that
//! continues from the date of its last response should go back some minutes, as for every repository (§2.7.1).

use crate::catalogue::LastChange;
use crate::presentation::ExchangeFormat;

use super::datestamp::Range;
use super::set::SetSpec;

/// Where a list of records continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListPosition {
    pub format: ExchangeFormat,
    pub set: Option<SetSpec>,
    /// Only changes after this.
    pub after: LastChange,
    /// Only changes before this time.
    pub before_ms: Option<i64>,
    /// Number of records before this position.
    pub cursor: u64,
    /// Number of records of the whole list when it began, if that was counted.
    pub size: Option<u64>,
}

impl ListPosition {
    /// The beginning of a list.
    pub(super) fn start(format: ExchangeFormat, range: Range, set: Option<SetSpec>) -> Self {
        let after = LastChange { at_ms: range.from_ms.unwrap_or(i64::MIN), revision: 0 };
        Self { format, set, after, before_ms: range.before_ms, cursor: 0, size: None }
    }

    /// The token of a verb, `r` for records and `i` for identifiers:
    /// `VERB.TIME.REVISION.CURSOR.SIZE.BEFORE.FORMAT.SET`, in lower-case hexadecimal numbers.
    pub(super) fn token(&self, verb: &str) -> String {
        let before = self.before_ms.map(|before| format!("{before:x}")).unwrap_or_default();
        let size = self.size.map(|size| format!("{size:x}")).unwrap_or_default();
        let set = self.set.as_ref().map(SetSpec::to_string).unwrap_or_default();
        let Self { format, after: LastChange { at_ms, revision }, cursor, .. } = self;
        format!("{verb}.{at_ms:x}.{revision:x}.{cursor:x}.{size}.{before}.{}.{set}", format.prefix())
    }

    /// Parses a token; `None` if it is none of this verb.
    pub(super) fn of_token(verb: &str, token: &str) -> Option<Self> {
        let parts: Vec<&str> = token.splitn(8, '.').collect();
        let [of, at_ms, revision, cursor, size, before, format, set] = parts[..] else { return None };
        let position = Self {
            format: ExchangeFormat::with_prefix(format)?,
            set: if set.is_empty() { None } else { Some(SetSpec::parse(set)?) },
            after: LastChange { at_ms: number(at_ms)?.cast_signed(), revision: number(revision)? },
            before_ms: if before.is_empty() { None } else { Some(number(before)?.cast_signed()) },
            cursor: number(cursor)?,
            size: if size.is_empty() { None } else { Some(number(size)?) },
        };
        (of == verb && position.token(verb) == token && i64::try_from(position.after.revision).is_ok())
            .then_some(position)
    }
}

/// Where the list of sets continues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SetPosition {
    /// The number of the scheme in the order of their names, and the number of the value in it; 0 is the scheme's own set.
    pub scheme: u64,
    pub value: u64,
    /// Number of sets before this position.
    pub cursor: u64,
}

impl SetPosition {
    /// The token: `s.SCHEME.VALUE.CURSOR`, in lower-case hexadecimal numbers.
    pub(super) fn token(&self) -> String {
        format!("s.{:x}.{:x}.{:x}", self.scheme, self.value, self.cursor)
    }

    /// Parses a token; `None` if it is none of a list of sets.
    pub(super) fn of_token(token: &str) -> Option<Self> {
        let parts: Vec<&str> = token.split('.').collect();
        let ["s", scheme, value, cursor] = parts[..] else { return None };
        let position = Self { scheme: number(scheme)?, value: number(value)?, cursor: number(cursor)? };
        (position.token() == token && i64::try_from(position.value).is_ok()).then_some(position)
    }
}

fn number(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_they_were_written() {
        let position = ListPosition {
            format: ExchangeFormat::OaiDc,
            set: Some(SetSpec::of("creator", Some("a.b:ø"))),
            after: LastChange { at_ms: 1_700_000_000_123, revision: 4711 },
            before_ms: Some(1_800_000_000_000),
            cursor: 200,
            size: Some(1000),
        };
        let token = position.token("r");
        assert_eq!(ListPosition::of_token("r", &token), Some(position.clone()));
        assert_eq!(ListPosition::of_token("i", &token), None, "the token of another verb");
        let start = ListPosition::start(ExchangeFormat::Lido, Range::default(), None);
        assert_eq!(ListPosition::of_token("i", &start.token("i")), Some(start));
        for bad in [
            "",
            "r",
            "r.1.2.3..4.mods.",
            "r.x.2.3...oai_dc.",
            "r.01.2.3...oai_dc.",
            "r.1.ffffffffffffffff.3...edm.",
            "r.1.2.3.x..edm.",
            "r.1.2.3...edm.a b",
        ] {
            assert_eq!(ListPosition::of_token("r", bad), None, "{bad}");
        }
        let sets = SetPosition { scheme: 3, value: 1000, cursor: 2000 };
        assert_eq!(SetPosition::of_token(&sets.token()), Some(sets));
        assert_eq!(SetPosition::of_token("s.1.2.+3"), None);
    }
}
