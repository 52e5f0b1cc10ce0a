//! Periods of a query that have names, parts of centuries, or numbers written as words: `guldalderen`, `late 18th
//! century`, `første halvdel af 1800-tallet`.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::decades;
use super::period::{self, Years};
use crate::record::words::words;

/// Lines of names separated by `|`, a tab, the first year, a tab, and the last year.
const LINES: &str = include_str!("periods.tsv");

/// The maximum number of words of a period.
const MAX_WORDS: usize = 6;
/// The maximum number of words of a name.
const MAX_NAME: usize = 4;

/// Parts of a period, by words before it: numerators of the first and the last year, of four.
const PARTS: [(&[&str], (i32, i32)); 16] = [
    (&["early"], (0, 2)),
    (&["mid"], (1, 3)),
    (&["middle", "of"], (1, 3)),
    (&["late"], (2, 4)),
    (&["first", "half", "of"], (0, 2)),
    (&["second", "half", "of"], (2, 4)),
    (&["tidlig"], (0, 2)),
    (&["tidlige"], (0, 2)),
    (&["sen"], (2, 4)),
    (&["sene"], (2, 4)),
    (&["begyndelsen", "af"], (0, 2)),
    (&["midten", "af"], (1, 3)),
    (&["slutningen", "af"], (2, 4)),
    (&["forste", "halvdel", "af"], (0, 2)),
    (&["anden", "halvdel", "af"], (2, 4)),
    (&["sidste", "halvdel", "af"], (2, 4)),
];
/// Endings of Danish adjectives: `viktorianske`.
const ADJECTIVES: [&str; 2] = ["e", "t"];
const ARTICLES: [&str; 3] = ["the", "det", "den"];
/// Centuries by words, from the 12th to the 21st.
const CENTURIES: [(&str, &str); 10] = [
    ("twelfth", "tolvte"),
    ("thirteenth", "trettende"),
    ("fourteenth", "fjortende"),
    ("fifteenth", "femtende"),
    ("sixteenth", "sekstende"),
    ("seventeenth", "syttende"),
    ("eighteenth", "attende"),
    ("nineteenth", "nittende"),
    ("twentieth", "tyvende"),
    ("twenty-first", "enogtyvende"),
];

/// The first and the last year of a period in the settings: `1800/1850`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct YearRange(Years);

impl TryFrom<String> for YearRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let years = text.split_once('/').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        match years {
            Some((from, to)) if from <= to => Ok(Self((from, to))),
            _ => Err(format!("`{text}` must be the first and the last year of a period, as in `1800/1850`")),
        }
    }
}

impl From<YearRange> for String {
    fn from(YearRange((from, to)): YearRange) -> Self {
        format!("{from}/{to}")
    }
}

/// Periods by their names.
pub(super) struct Periods {
    names: HashMap<String, Years>,
}

impl Periods {
    /// The built-in periods and the museum's own, which replace built-in ones of the same name.
    pub(super) fn new(own: &BTreeMap<String, YearRange>) -> Self {
        let mut names = HashMap::new();
        for line in LINES.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let mut next = || columns.next().unwrap_or_default();
            let (called, from, to) = (next(), next(), next());
            if let (Ok(from), Ok(to)) = (from.parse(), to.parse()) {
                names.extend(called.split('|').map(|name| (key(name), (from, to))));
            }
        }
        names.extend(own.iter().map(|(name, years)| (key(name), years.0)));
        Self { names }
    }

    /// The period with which a query's words begin, and how many of its words say so; the longest.
    pub(super) fn leading(&self, tokens: &[&str]) -> Option<(usize, Years)> {
        let tokens = &tokens[..tokens.len().min(MAX_WORDS)];
        let part = PARTS.iter().find_map(|(words, part)| {
            let begins = tokens.len() > words.len()
                && words.iter().zip(tokens).all(|(word, token)| *word == key(token));
            begins.then_some((words.len(), *part))
        });
        if let Some((count, part)) = part {
            let article = tokens.get(count).is_some_and(|token| ARTICLES.contains(&key(token).as_str()));
            let before = count + usize::from(article);
            if let Some((count, years)) = self.whole(&tokens[before..]) {
                return Some((before + count, part_of(years, part)));
            }
        }
        // `mid-19th century`
        if let Some((first, rest)) = tokens.first().and_then(|first| first.split_once('-'))
            && let Some((_, part)) = PARTS.iter().find(|(words, _)| *words == [key(first).as_str()])
        {
            let mut rest = vec![rest];
            rest.extend(&tokens[1..]);
            if let Some((count, years)) = self.whole(&rest) {
                return Some((count, part_of(years, *part)));
            }
        }
        self.whole(tokens)
    }

    /// The years of the period with this name; adjectives may have endings.
    pub(super) fn named(&self, name: &str) -> Option<Years> {
        let key = key(name);
        let without = || ADJECTIVES.iter().find_map(|ending| self.names.get(key.strip_suffix(ending)?));
        self.names.get(&key).or_else(without).copied()
    }

    fn whole(&self, tokens: &[&str]) -> Option<(usize, Years)> {
        for count in (1..=tokens.len().min(MAX_NAME)).rev() {
            if let Some(years) = self.named(&tokens[..count].join(" ")) {
                return Some((count, years));
            }
        }
        if let Some(found) = decades::leading(tokens) {
            return Some(found);
        }
        let (first, second) = (tokens.first()?, tokens.get(1));
        if let Some(years) = second.and_then(|second| period::words(&numbered(first), second)) {
            return Some((2, years));
        }
        let hyphened =
            || first.rsplit_once('-').and_then(|(one, other)| period::words(&numbered(one), other));
        Some((1, period::word(first).or_else(hyphened)?))
    }
}

/// A century's number if it is written as a word: `18th` for `eighteenth`.
fn numbered(word: &str) -> String {
    let lower = word.to_lowercase();
    let at = CENTURIES.iter().position(|(english, danish)| *english == lower || *danish == lower);
    at.map_or(lower, |at| format!("{}th", at + 12))
}

/// A part of a period, by its numerators of four.
fn part_of((from, to): Years, (first, last): (i32, i32)) -> Years {
    let length = to - from + 1;
    (from + length * first / 4, from + length * last / 4 - 1)
}

fn key(name: &str) -> String {
    let words: Vec<String> = words(name).iter().map(|word| word.folded()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_years() {
        let own = BTreeMap::from([
            ("Skagensmalerne".to_owned(), YearRange((1870, 1905))),
            ("guldalderen".to_owned(), YearRange((1801, 1864))),
        ]);
        let periods = Periods::new(&own);
        for (typed, expected) in [
            ("1880s", Some((1, (1880, 1889)))),
            ("18th century horses", Some((2, (1700, 1799)))),
            ("18th-century horses", Some((1, (1700, 1799)))),
            ("eighteenth century", Some((2, (1700, 1799)))),
            ("nittende århundrede", Some((2, (1800, 1899)))),
            ("early 19th century", Some((3, (1800, 1849)))),
            ("mid-19th century", Some((2, (1825, 1874)))),
            ("late 1880s", Some((2, (1885, 1889)))),
            ("slutningen af 1700-tallet", Some((3, (1750, 1799)))),
            ("første halvdel af det 19. århundrede", Some((6, (1800, 1849)))),
            ("Victorian houses", Some((1, (1837, 1901)))),
            ("Renæssancen", Some((1, (1400, 1600)))),
            ("danish golden age", Some((3, (1800, 1850)))),
            ("skagensmalerne", Some((1, (1870, 1905)))),
            ("viktorianske malerier", Some((1, (1837, 1901)))),
            ("guldalderen", Some((1, (1801, 1864)))),
            ("1800-1850", Some((1, (1800, 1850)))),
            ("early nineteen sixties", Some((3, (1960, 1964)))),
            ("First World War soldiers", Some((3, (1914, 1918)))),
            ("1. verdenskrig", Some((2, (1914, 1918)))),
            ("WW2", Some((1, (1939, 1945)))),
            ("second world war", Some((3, (1939, 1945)))),
            ("early spring", None),
            ("late", None),
            ("golden bird", None),
            ("", None),
        ] {
            let tokens: Vec<&str> = typed.split_whitespace().collect();
            assert_eq!(periods.leading(&tokens), expected, "{typed}");
        }
    }

    #[test]
    fn year_ranges_of_settings_are_checked() {
        assert_eq!(YearRange::try_from("1800/1850".to_owned()), Ok(YearRange((1800, 1850))));
        assert_eq!(String::from(YearRange((-50, 1850))), "-50/1850");
        for text in ["", "1800", "1850/1800", "a/b", "1800/"] {
            assert!(YearRange::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
