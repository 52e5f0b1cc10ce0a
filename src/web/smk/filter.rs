//! Filters: conditions on works.

use super::field::{Flag, Known, field};
use crate::iiif::Invalid;
use crate::search::Colour;

/// One filter; all of them must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Whether the filter is negated: none of the values may match.
    pub not: bool,
    pub condition: Condition,
}

/// A condition; one of several values must match. Values are kept as written and compared case-insensitively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// A value of the scheme; see [`super::names`] for its possible names.
    Facet(&'static str, Vec<String>),
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
        let condition = match known {
            Known::Facet("colour") if values.iter().all(|value| Colour::parse(value).is_some()) => {
                let sign = |value: &&str| format!("#{}", value.trim_start_matches('#').to_lowercase());
                Condition::Colours(values.iter().map(sign).collect())
            }
            Known::Facet(scheme) => Condition::Facet(scheme, all()),
            Known::Period => {
                let years =
                    if let ([value], false) = (values.as_slice(), not) { period(value) } else { None };
                let (from, to) = years.ok_or_else(|| bad(PERIOD))?;
                Condition::Years(from, to)
            }
            Known::Flag(flag) => {
                Condition::Flag(flag, truth(&values).ok_or_else(|| bad("is not `true` or `false`"))?)
            }
            Known::Rights => Condition::Rights(all()),
            Known::Number => Condition::Number(all()),
            Known::Id => Condition::Id(all()),
            Known::Title | Known::Measure(_) => return Err(bad(FORM)),
        };
        Ok(Self { not, condition })
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
    fn check(text: &str, not: bool, condition: Condition) {
        assert_eq!(Filter::parse(text), Ok(Filter { not, condition }), "{text}");
    }

    fn facet(scheme: &'static str, values: &[&str]) -> Condition {
        Condition::Facet(scheme, values.iter().map(|&value| value.to_owned()).collect())
    }

    #[test]
    fn values_can_contain_any_characters() {
        check("creator:Abildgaard, Nicolai", false, facet("creator", &["Abildgaard, Nicolai"]));
        check("collection: Album: I [blade] ", false, facet("collection", &["Album: I [blade]"]));
        check("object_names:maleri|tegning | ", false, facet("type", &["maleri", "tegning"]));
        check("-Creator:\"Ubekendt\"", true, facet("creator", &["Ubekendt"]));
        check("geo_location:København", false, facet("place", &["København"]));
        check("has_image:TRUE", false, Condition::Flag(Flag::HasImage, true));
        check("-public_domain:false", true, Condition::Flag(Flag::PublicDomain, false));
        check("object_number:KKSgb6775/3", false, Condition::Number(vec!["KKSgb6775/3".into()]));
        check("id:1170000264_object", false, Condition::Id(vec!["1170000264_object".into()]));
        check("colors:#482F20", false, Condition::Colours(vec!["#482f20".into()]));
        check("-colors:482f20|#aabbcc", true, Condition::Colours(vec!["#482f20".into(), "#aabbcc".into()]));
        check("colors:red", false, facet("colour", &["red"]));
        check("production_dates_period:1880-1920", false, Condition::Years(1880, 1920));
        check("production_dates_period: 1920 – 1880 ", false, Condition::Years(1880, 1920));
        check("production_dates_period:1880", false, Condition::Years(1880, 1880));
        let rights = "https://creativecommons.org/publicdomain/mark/1.0/";
        check(&format!("rights:{rights}"), false, Condition::Rights(vec![rights.into()]));
    }

    #[test]
    fn invalid_filters_are_refused_with_a_hint() {
        for (text, reason) in [
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
            assert!(refused.reason.contains(reason), "{text}: {refused}");
        }
    }
}
