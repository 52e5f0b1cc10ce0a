//! Filters: conditions on works.

use super::field::{Flag, Known, field};
use crate::iiif::Invalid;
use crate::search::Colour;

/// One filter; all of them must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Whether the filter is negated: none of the values may match.
    pub not: bool,
    pub wanted: Wanted,
}

/// A condition; one of several values must match. Values are kept as written and compared case-insensitively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A value of the scheme; see [`super::names`] for its possible names.
    Shelf(&'static str, Vec<String>),
    Flag(Flag, bool),
    Rights(Vec<String>),
    Number(Vec<String>),
    Id(Vec<String>),
    /// Colours as `#rrggbb`, exactly as in the record.
    Colours(Vec<String>),
    /// Production overlaps these years, both included.
    Years(i32, i32),
}

/// Maximum number of values of a filter.
const MAX_VALUES: usize = 50;

const PERIOD: &str = "must be a range of years: write one, as in `[production_dates_period:1880-1920]`";
const FORM: &str = "is not a filter: write it as in `[has_image:true],[creator:Ancher, Anna]`";

impl Filter {
    /// Parses the text within a filter's brackets: `creator:Ancher, Anna`, `object_names:maleri|tegning`,
    /// `-creator:Ubekendt`.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        let bad = |reason: &'static str| Invalid::new("filters", text, reason);
        let (name, value) = text.split_once(':').ok_or_else(|| bad(FORM))?;
        let (not, name) = match name.trim().strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, name),
        };
        let known = field("filters", name, Known::can_be_filtered)?.known;
        let values: Vec<_> = value.split('|').map(unquoted).filter(|value| !value.is_empty()).collect();
        if values.is_empty() {
            return Err(bad("has no value: write one after the `:`, as in `[creator:Ancher, Anna]`"));
        }
        if values.len() > MAX_VALUES {
            return Err(bad("has more than 50 values: the maximum is 50"));
        }
        let all = || values.iter().map(|&value| value.to_owned()).collect();
        let wanted = match known {
            Known::Shelf("colour") if values.iter().all(|value| Colour::parse(value).is_some()) => {
                let sign = |value: &&str| format!("#{}", value.trim_start_matches('#').to_lowercase());
                Wanted::Colours(values.iter().map(sign).collect())
            }
            Known::Shelf(scheme) => Wanted::Shelf(scheme, all()),
            Known::Period => {
                let years =
                    if let ([value], false) = (values.as_slice(), not) { period(value) } else { None };
                let (from, to) = years.ok_or_else(|| bad(PERIOD))?;
                Wanted::Years(from, to)
            }
            Known::Flag(flag) => {
                Wanted::Flag(flag, truth(&values).ok_or_else(|| bad("is not `true` or `false`"))?)
            }
            Known::Rights => Wanted::Rights(all()),
            Known::Number => Wanted::Number(all()),
            Known::Id => Wanted::Id(all()),
            Known::Title | Known::Measure(_) => return Err(bad(FORM)),
        };
        Ok(Self { not, wanted })
    }
}

/// Years as programs write them: `1880-1920`, `1880–1920`, `1880`.
fn period(text: &str) -> Option<(i32, i32)> {
    let year = |text: &str| {
        let text = text.trim();
        let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse::<i32>().ok()).flatten()
    };
    match text.split_once(['-', '–', '/']) {
        None => year(text).map(|year| (year, year)),
        Some((from, to)) => year(from).zip(year(to)).map(|(from, to)| (from.min(to), from.max(to))),
    }
}

fn unquoted(value: &str) -> &str {
    let value = value.trim();
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value).trim()
}

fn truth(values: &[&str]) -> Option<bool> {
    match values {
        [value] if value.eq_ignore_ascii_case("true") => Some(true),
        [value] if value.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, not: bool, wanted: Wanted) {
        assert_eq!(Filter::parse(text), Ok(Filter { not, wanted }), "{text}");
    }

    fn shelf(scheme: &'static str, values: &[&str]) -> Wanted {
        Wanted::Shelf(scheme, values.iter().map(|&value| value.to_owned()).collect())
    }

    #[test]
    fn values_may_hold_anything() {
        check("creator:Abildgaard, Nicolai", false, shelf("creator", &["Abildgaard, Nicolai"]));
        check("collection: Album: I [blade] ", false, shelf("collection", &["Album: I [blade]"]));
        check("object_names:maleri|tegning | ", false, shelf("type", &["maleri", "tegning"]));
        check("-Creator:\"Ubekendt\"", true, shelf("creator", &["Ubekendt"]));
        check("geo_location:København", false, shelf("place", &["København"]));
        check("has_image:TRUE", false, Wanted::Flag(Flag::HasImage, true));
        check("-public_domain:false", true, Wanted::Flag(Flag::PublicDomain, false));
        check("object_number:KKSgb6775/3", false, Wanted::Number(vec!["KKSgb6775/3".into()]));
        check("id:1170000264_object", false, Wanted::Id(vec!["1170000264_object".into()]));
        check("colors:#482F20", false, Wanted::Colours(vec!["#482f20".into()]));
        check("-colors:482f20|#aabbcc", true, Wanted::Colours(vec!["#482f20".into(), "#aabbcc".into()]));
        check("colors:red", false, shelf("colour", &["red"]));
        check("production_dates_period:1880-1920", false, Wanted::Years(1880, 1920));
        check("production_dates_period: 1920 – 1880 ", false, Wanted::Years(1880, 1920));
        check("production_dates_period:1880", false, Wanted::Years(1880, 1880));
        let rights = "https://creativecommons.org/publicdomain/mark/1.0/";
        check(&format!("rights:{rights}"), false, Wanted::Rights(vec![rights.into()]));
    }

    #[test]
    fn what_is_no_filter_is_refused_with_what_would_work() {
        for (text, said) in [
            ("", "write it as in"),
            ("has_image", "write it as in"),
            ("has_image=true", "write it as in"),
            ("has_image:", "has no value"),
            ("creator: | ", "has no value"),
            ("has_image:ja", "`true` or `false`"),
            ("has_image:true|false", "`true` or `false`"),
            ("creator_height:female", "supported fields are creator, artist"),
            ("production_dates_period:ca. 1880", "write one, as in"),
            ("production_dates_period:1880|1890", "write one, as in"),
            ("-production_dates_period:1880", "write one, as in"),
            ("modified:2019", "supported fields are creator, artist"),
            (&format!("creator:{}", "a|".repeat(51)), "the maximum is 50"),
        ] {
            let refused = Filter::parse(text).unwrap_err();
            assert!(refused.reason.contains(said), "{text}: {refused}");
        }
    }
}
