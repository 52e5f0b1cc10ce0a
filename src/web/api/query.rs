//! Parses and validates queries against a table of parameters.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::iiif::Invalid;
use crate::record::LanguageTag;

/// A query parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub name: &'static str,
    pub about: &'static str,
    pub kind: Kind,
    /// How often it may be given.
    pub times: usize,
    pub example: &'static str,
}

/// The type of a parameter's values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Text of at most N characters.
    Text(usize),
    /// Text in one line, not only spaces, of at most N characters.
    Line(usize),
    /// Text that matches this regular expression (ECMA-262), as whoever reads the value checks.
    Pattern(&'static str),
    Integer(u64, u64),
    Decimal(f64, f64),
    /// `true` or `false`.
    Flag,
    /// One of these.
    Choice(fn() -> Vec<String>),
    /// The name of a scheme: `creator`.
    Scheme,
    /// A value of a scheme: `creator:turner`.
    Filter,
    /// `1800/1850`, `1800/`, `/1850`, `1850`.
    Years,
    /// Numbers, at most this many digits before the point: `40/60`, `40/`, `/60`.
    Range,
    /// `rrggbb`, or `#rrggbb` percent-encoded; with `:70` after it, it should cover 70 % of the picture.
    Colour,
    /// The name of a colour: `dark-gray`.
    ColourName,
    /// A language tag: `da`.
    Language,
    /// Field names, separated by commas.
    Names,
    /// A cursor from an earlier response.
    Cursor,
}

/// Text in one line: no control characters, and not only spaces.
pub(super) const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";
const YEARS: &str = "^(-?[0-9]{1,5}(/(-?[0-9]{1,5})?)?|/-?[0-9]{1,5})$";
const RANGE: &str =
    "^(-?[0-9]{1,3}(\\.[0-9]{1,4})?/(-?[0-9]{1,3}(\\.[0-9]{1,4})?)?|/-?[0-9]{1,3}(\\.[0-9]{1,4})?)$";
const COLOUR: &str = "^#?[0-9A-Fa-f]{6}(:([1-9][0-9]?|100))?$";
const LANGUAGE: &str = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$";
const NAMES: &str = "^[A-Za-z0-9_]{1,64}(,[A-Za-z0-9_]{1,64}){0,63}$";
/// Maximum length of a cursor in characters.
const CURSOR: usize = 4000;
/// Maximum length of a filter's value in characters.
const VALUE: usize = 200;

impl Kind {
    /// The JSON schema of the values; `schemes` are those that works have,
    /// `fields` the names of fields that can be chosen.
    pub(crate) fn schema(self, schemes: &[String], fields: &[String]) -> Value {
        match self {
            Self::Text(most) => json!({"type": "string", "maxLength": most}),
            Self::Line(most) => json!({"type": "string", "maxLength": most, "pattern": LINE}),
            Self::Pattern(pattern) => json!({"type": "string", "pattern": pattern}),
            Self::Integer(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
            Self::Decimal(least, most) => json!({"type": "number", "minimum": least, "maximum": most}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Choice(choices) => json!({"type": "string", "enum": choices()}),
            Self::Scheme if schemes.is_empty() => json!({"type": "string"}),
            Self::Scheme => json!({"type": "string", "enum": schemes}),
            Self::Filter => {
                let known = if schemes.is_empty() { "[a-z]+".to_owned() } else { schemes.join("|") };
                let pattern = format!("^({known}):[^\\x00-\\x1f]{{1,{VALUE}}}$");
                json!({"type": "string", "pattern": pattern})
            }
            Self::Years => json!({"type": "string", "pattern": YEARS}),
            Self::Range => json!({"type": "string", "pattern": RANGE}),
            Self::Colour => json!({"type": "string", "pattern": COLOUR}),
            Self::ColourName => json!({"type": "string", "enum": crate::search::Background::names()}),
            Self::Language => json!({"type": "string", "pattern": LANGUAGE}),
            Self::Names if fields.is_empty() => json!({"type": "string", "pattern": NAMES}),
            Self::Names => {
                let one = format!("({})", fields.join("|"));
                json!({"type": "string", "pattern": format!("^{one}(,{one}){{0,63}}$")})
            }
            Self::Cursor => json!({"type": "string", "maxLength": CURSOR}),
        }
    }
}

/// The query parameters of a request, validated against a table.
pub(crate) struct ApiQuery<'a> {
    table: &'a [Parameter],
    pairs: Vec<(&'static str, String)>,
}

impl<'a> ApiQuery<'a> {
    /// Parses a query. Unknown names, invalid values and repeated single-valued parameters are errors.
    pub(crate) fn read(table: &'a [Parameter], query: &str) -> Result<Self, Invalid> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in pairs_of(query) {
            let known = table.iter().find(|parameter| parameter.name == name);
            let Some(parameter) = known else { return Err(unknown(table, &name)) };
            let given = pairs.iter().filter(|(name, _)| *name == parameter.name).count();
            match parameter.times {
                1 if given == 1 => {
                    return Err(Invalid::new(parameter.name, &value, "may be given only once"));
                }
                most if given == most => {
                    return Err(Invalid::new(
                        parameter.name,
                        "",
                        format!("may be given at most {most} times"),
                    ));
                }
                _ => pairs.push((parameter.name, value)),
            }
        }
        let query = Self { table, pairs };
        for (name, value) in &query.pairs {
            query.check(name, value)?;
        }
        Ok(query)
    }

    fn check(&self, name: &'static str, value: &str) -> Result<(), Invalid> {
        let Some(parameter) = self.table.iter().find(|parameter| parameter.name == name) else {
            return Ok(());
        };
        let refuse = |reason: String| Err(Invalid::new(name, value, reason));
        match parameter.kind {
            Kind::Text(most) | Kind::Line(most) if value.chars().count() > most => {
                refuse(format!("is longer than {most} characters"))
            }
            Kind::Line(_) if value.trim().is_empty() => {
                refuse("is empty: give a text, or leave it out".into())
            }
            Kind::Line(_) if value.chars().any(char::is_control) => {
                refuse("contains control characters: remove them".into())
            }
            Kind::Integer(least, most) => match integer(value) {
                Some(number) if (least..=most).contains(&number) => Ok(()),
                _ => refuse(format!("must be an integer from {least} to {most}")),
            },
            Kind::Decimal(least, most) => match value.parse::<f64>() {
                Ok(number) if number >= least && number <= most => Ok(()),
                _ => refuse(format!("must be a number from {least} to {most}")),
            },
            Kind::Cursor if value.len() > CURSOR => refuse(format!("is longer than {CURSOR} characters")),
            Kind::Flag if !matches!(value, "true" | "false") => refuse("must be `true` or `false`".into()),
            Kind::Choice(choices) if !choices().iter().any(|choice| choice == value) => {
                refuse(format!("must be one of {}", quoted(choices().iter())))
            }
            Kind::Filter => match value.split_once(':') {
                Some((_, value)) if value.chars().count() > VALUE => {
                    refuse(format!("is longer than {VALUE} characters"))
                }
                Some((_, value)) if !value.is_empty() && !value.chars().any(|c| c < ' ') => Ok(()),
                _ => refuse("must be a scheme and a value, as in `creator:turner`".into()),
            },
            Kind::Years if years(value).is_none() => {
                refuse("must be years, as in `1800/1850`, `1800/`, `/1850` or `1850`".into())
            }
            Kind::Range if range(value).is_none() => {
                refuse("must be a range of numbers, as in `40/60`, `40/` or `/60`".into())
            }
            Kind::Colour if crate::search::WeightedColour::parse(value).is_none() => {
                let reason = "must be a colour of six hexadecimal digits, as in `3f6fb5`, or with its share of the picture \
                     from 1 to 100 percent, as in `3f6fb5:70`";
                refuse(reason.into())
            }
            Kind::ColourName if crate::search::Background::parse(value).is_none() => {
                refuse("must be the name of a colour, as in `white`, `dark-gray` or `mørkegrå`".into())
            }
            Kind::Language if !is_language(value) => refuse("must be a language tag, as in `da`".into()),
            Kind::Names if !value.split(',').all(is_name) || value.split(',').count() > 64 => {
                refuse("must be field names separated by commas".into())
            }
            _ => Ok(()),
        }
    }

    /// The value of a parameter, if given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter, in order.
    pub(crate) fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        self.pairs.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn integer(&self, name: &str) -> Option<u64> {
        self.text(name).and_then(integer)
    }

    pub(crate) fn decimal(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|value| value == "true")
    }

    pub(crate) fn years(&self, name: &str) -> Option<(i32, i32)> {
        self.text(name).and_then(years)
    }

    pub(crate) fn range(&self, name: &str) -> Option<(f64, f64)> {
        self.text(name).and_then(range)
    }

    /// The names in a list, if given.
    pub(crate) fn names(&self, name: &str) -> Option<Vec<&str>> {
        self.text(name).map(|value| value.split(',').collect())
    }

    /// The [`canonical`] query.
    pub(crate) fn canonical(&self, without: &[&str]) -> String {
        canonical(self.pairs.iter().map(|(name, value)| (*name, value.as_str())), without)
    }

    /// The query for display: the text first, then values without their parameter names.
    pub(crate) fn for_display(&self) -> String {
        let of = |words: bool| self.pairs.iter().filter(move |(name, _)| (*name == "q") == words);
        let given = of(true).chain(of(false)).filter(|(_, value)| !value.trim().is_empty());
        let words = given.map(|(name, value)| match (*name, value.split_once(':')) {
            ("q", _) => value.clone(),
            ("none", Some((_, value))) => format!("-{value}"),
            ("any" | "all", Some((_, value))) => value.to_owned(),
            _ => format!("{name} {value}"),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

/// Decodes the names and values of a query string.
pub(crate) fn pairs_of(query: &str) -> impl Iterator<Item = (Cow<'_, str>, String)> {
    url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name, value.into_owned()))
}

/// Encodes names and values as a query string.
pub(crate) fn query_of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A canonical query string: sorted by name and value, without duplicates, empty values and the names in `without`.
pub(crate) fn canonical<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, without: &[&str]) -> String {
    let mut pairs: Vec<(&str, &str)> =
        pairs.filter(|(name, value)| !without.contains(name) && !value.is_empty()).collect();
    pairs.sort_unstable();
    pairs.dedup();
    query_of(pairs)
}

/// The known name most similar to this one, if it is similar enough.
pub(super) fn nearest<'a>(known: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let near = known.map(|known| (strsim::jaro_winkler(known, name), known));
    near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(near, _)| *near > 0.75).map(|(_, known)| known)
}

fn unknown(table: &[Parameter], name: &str) -> Invalid {
    let near = nearest(table.iter().map(|parameter| parameter.name), name);
    let known = quoted(table.iter().map(|parameter| parameter.name));
    let reason = match near {
        Some(near) => {
            format!("is not a known parameter; did you mean `{near}`? Known parameters are {known}")
        }
        None if table.is_empty() => "is not a known parameter; there are none here".to_owned(),
        None => format!("is not a known parameter; known parameters are {known}"),
    };
    Invalid::new(name.chars().take(80).collect::<String>(), "", reason)
}

/// `a`, `b` and `c`.
pub(super) fn quoted<T: AsRef<str>>(names: impl Iterator<Item = T>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{}`", name.as_ref())).collect();
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}

fn integer(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// First and last year; open ends become the smallest or largest year.
fn years(text: &str) -> Option<(i32, i32)> {
    let year = |text: &str| -> Option<i32> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is = (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        is.then(|| text.parse().ok()).flatten()
    };
    match text.split_once('/') {
        None => year(text).map(|year| (year, year)),
        Some(("", "")) => None,
        Some((from, "")) => Some((year(from)?, i32::MAX)),
        Some(("", to)) => Some((i32::MIN, year(to)?)),
        Some((from, to)) => {
            let (from, to) = (year(from)?, year(to)?);
            Some((from.min(to), from.max(to)))
        }
    }
}

/// The ends of a range of numbers; open ends are infinite.
fn range(text: &str) -> Option<(f64, f64)> {
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let number = |text: &str| -> Option<f64> {
        let size = text.strip_prefix('-').unwrap_or(text);
        let is = match size.split_once('.') {
            None => digits(size, 3),
            Some((whole, fraction)) => digits(whole, 3) && digits(fraction, 4),
        };
        is.then(|| text.parse().ok()).flatten()
    };
    match text.split_once('/')? {
        ("", "") => None,
        (from, "") => Some((number(from)?, f64::INFINITY)),
        ("", to) => Some((f64::NEG_INFINITY, number(to)?)),
        (from, to) => {
            let (from, to) = (number(from)?, number(to)?);
            Some((from.min(to), from.max(to)))
        }
    }
}

/// As [`LANGUAGE`] says: a tag of at most five subtags.
fn is_language(text: &str) -> bool {
    LanguageTag::parse(text).is_some_and(|tag| tag.subtags().count() <= 5)
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_text_without_control_characters() {
        let table = [Parameter { name: "reason", about: "", kind: Kind::Line(5), times: 1, example: "Sold" }];
        for (query, is_taken) in [
            ("reason=Sold", true),
            ("reason=%20a%20", true),
            ("reason=", false),
            ("reason=%20%20", false),
            ("reason=a%0A", false),
            ("reason=%C2%85a", false),
            ("reason=Solded", false),
        ] {
            assert_eq!(ApiQuery::read(&table, query).is_ok(), is_taken, "{query}");
        }
    }

    #[test]
    fn patterns_say_what_is_taken() {
        for text in ["1850", "-500/", "/1850", "1800/1850"] {
            assert!(years(text).is_some(), "{text}");
        }
        assert_eq!(range("60/40.25"), Some((40.25, 60.0)));
        assert_eq!(range("-5/"), Some((-5.0, f64::INFINITY)));
        for text in
            ["", "/", "40", "1000/", "/x", "1./2", ".5/1", "1/2/3", "1e1/", "+1/", "--1/", "0.00001/1"]
        {
            assert_eq!(range(text), None, "{text}");
        }
        for text in ["", "/", "1850/x", "--1", "123456", "１８"] {
            assert!(years(text).is_none(), "{text}");
        }
    }
}
