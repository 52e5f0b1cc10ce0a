//! Decades and centuries in Danish and English queries: `1790s`, `1790'erne`, `18. århundrede`.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query, RangeQuery};
use tantivy::schema::Field;

use super::schema::schema;

/// The first and the last year of a period.
pub(super) type Years = (i32, i32);

/// Suffixes of decades: `1790s`, `1790'erne`, `1790ernes`, `1790er`.
const DECADE: [&str; 6] = ["s", "er", "erne", "ernes", "eren", "ere"];
/// Suffixes of centuries: `1700-tallet`.
const HUNDREDS: [&str; 5] = ["tallet", "tallets", "talet", "tal", "tals"];
/// The century of decades that are written without it.
const USUAL_CENTURY: i32 = 1900;
/// Words that follow the number of a century.
const CENTURY: [&str; 8] =
    ["century", "centuries", "centurys", "århundrede", "århundredet", "århundredes", "aarhundrede", "årh"];

/// The years of a word such as `1790s`. A multiple of 100 is a century: `1700s` equals `1700-tallet`.
pub(super) fn word(typed: &str) -> Option<Years> {
    if let Some(years) = range(typed) {
        return Some(years);
    }
    let (digits, ending) = split(typed)?;
    let year: i32 = digits.parse().ok().filter(|_| matches!(digits.len(), 2..=4))?;
    if digits.len() == 2 {
        // `60s` and `60'erne`
        let is_decade = (20..=90).contains(&year) && year % 10 == 0 && DECADE.contains(&ending);
        return is_decade.then_some((year + USUAL_CENTURY, year + USUAL_CENTURY + 9));
    }
    if year % 100 == 0 && (HUNDREDS.contains(&ending) || DECADE.contains(&ending)) {
        return Some((year, year + 99));
    }
    (year % 10 == 0 && DECADE.contains(&ending)).then_some((year, year + 9))
}

/// The years of a range such as `1800-1850`: four digits each, as object numbers rarely have.
fn range(typed: &str) -> Option<Years> {
    let (from, to) = typed.split_once(['-', '‐', '‑', '–'])?;
    let year = |text: &str| -> Option<i32> {
        let is_year = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
        is_year.then(|| text.parse().ok()).flatten().filter(|year| (1000..=2100).contains(year))
    };
    let (from, to) = (year(from)?, year(to)?);
    (from <= to).then_some((from, to))
}

/// The years of two words such as `18th century`, which may be joined by a hyphen.
pub(super) fn words(first: &str, second: &str) -> Option<Years> {
    let second = second.to_lowercase();
    if !CENTURY.contains(&second.trim_matches(|c: char| !c.is_alphanumeric())) {
        return None;
    }
    let (digits, ending) = split(first)?;
    let number: i32 = digits.parse().ok().filter(|number| (1..=21).contains(number))?;
    let counted = matches!(ending, "st" | "nd" | "rd" | "th" | "." | "");
    counted.then_some(((number - 1) * 100, (number - 1) * 100 + 99))
}

/// Whether a word is only the suffix of the number before it, such as `erne` in `90'erne`.
pub(super) fn is_ending(word: &str) -> bool {
    DECADE.contains(&word) || HUNDREDS.contains(&word)
}

/// The leading digits of a word and its known suffix, without the punctuation between them.
fn split(typed: &str) -> Option<(&str, &'static str)> {
    let typed = typed.trim_matches(|c: char| !c.is_alphanumeric() && c != '.');
    let end = typed.find(|c: char| !c.is_ascii_digit()).unwrap_or(typed.len());
    let (digits, rest) = typed.split_at(end);
    let rest = rest.trim_start_matches(['\'', '’', '´', '`', '-', '‐', '‑', '–']).to_lowercase();
    let rest = if rest == "." { "." } else { rest.trim_end_matches('.') };
    let known = DECADE.iter().chain(&HUNDREDS).chain(&["st", "nd", "rd", "th", ".", ""]);
    let ending = known.copied().find(|known| *known == rest)?;
    (!digits.is_empty()).then_some((digits, ending))
}

/// Works produced within these years.
pub(super) fn within((from, to): Years) -> Box<dyn Query> {
    let fields = &schema().1;
    both(at_least(fields.earliest, from), at_most(fields.latest, to))
}

/// Works whose production overlaps these years.
pub(super) fn overlapping((from, to): Years) -> Box<dyn Query> {
    let fields = &schema().1;
    both(at_least(fields.latest, from), at_most(fields.earliest, to))
}

fn both(first: RangeQuery, second: RangeQuery) -> Box<dyn Query> {
    let both =
        BooleanQuery::new(vec![(Occur::Must, Box::new(first) as _), (Occur::Must, Box::new(second) as _)]);
    Box::new(ConstScoreQuery::new(Box::new(both), 1.0))
}

fn at_least(field: Field, year: i32) -> RangeQuery {
    RangeQuery::new(Bound::Included(Term::from_field_i64(field, year.into())), Bound::Unbounded)
}

fn at_most(field: Field, year: i32) -> RangeQuery {
    RangeQuery::new(Bound::Unbounded, Bound::Included(Term::from_field_i64(field, year.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_and_centuries_are_years() {
        for (typed, expected) in [
            ("1790s", Some((1790, 1799))),
            ("1790'erne", Some((1790, 1799))),
            ("1790’ERNE", Some((1790, 1799))),
            ("1790erne", Some((1790, 1799))),
            ("1790's", Some((1790, 1799))),
            ("(1790s),", Some((1790, 1799))),
            ("1700s", Some((1700, 1799))),
            ("1700-tallet", Some((1700, 1799))),
            ("800-tallet", Some((800, 899))),
            ("1700-talet", Some((1700, 1799))),
            ("1800-1850", Some((1800, 1850))),
            ("1850-1800", None),
            ("1790-tallet", None),
            ("1795s", None),
            ("1790", None),
            ("90'erne", Some((1990, 1999))),
            ("'60s", Some((1960, 1969))),
            ("00s", None),
            ("65s", None),
            ("60", None),
            ("1790x", None),
            ("s", None),
            ("17900s", None),
        ] {
            assert_eq!(word(typed), expected, "{typed}");
        }
        for (first, second, expected) in [
            ("18th", "century", Some((1700, 1799))),
            ("18th", "Century,", Some((1700, 1799))),
            ("1st", "century", Some((0, 99))),
            ("18.", "århundrede", Some((1700, 1799))),
            ("18", "årh.", Some((1700, 1799))),
            ("1790s", "century", None),
            ("99th", "century", None),
            ("18th", "horse", None),
        ] {
            assert_eq!(words(first, second), expected, "{first} {second}");
        }
    }
}
