//! Tokens of datings: numbers, their units, eras, and what joins them to ranges.

use super::era::{Era, era};

/// A token of a dating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A number, its digits as written, and whether it is a range of ten or a hundred years.
    Number {
        value: i32,
        digits: usize,
        span: i32,
    },
    /// A negative number.
    Minus {
        value: i32,
    },
    /// A minus that may or may not be a sign.
    Doubt,
    /// `19th`, `19.`, `XIXe`, `nineteenth`.
    Ordinal(i32),
    Era(Era),
    /// `century` is 100, `millennium` 1000.
    Period(i32),
    /// A dash or stroke.
    Dash,
    /// `to`, `or`, `and`.
    To,
    /// What may occur within a range: `early`, `c.`, `?`.
    About,
    /// Years counted back from today: `ago`, `BP`.
    Ago,
    /// A duration: `years`.
    Years,
    Other,
}

const PERIODS: [(i32, &[&str]); 2] = [
    (
        100,
        &[
            "century",
            "centuries",
            "cent",
            "årh",
            "århundrede",
            "århundreder",
            "århundredet",
            "århundredes",
            "århundre",
            "århundret",
            "århundradet",
            "seklet",
            "jh",
            "jhd",
            "jhdt",
            "jhs",
            "jahrhundert",
            "jahrhunderts",
            "jahrhunderte",
            "siècle",
            "siècles",
            "secolo",
            "siglo",
            "eeuw",
        ],
    ),
    (
        1000,
        &[
            "millennium",
            "millennia",
            "millenium",
            "årtusind",
            "årtusinde",
            "årtusinder",
            "jahrtausend",
            "jahrtausends",
            "jt",
            "millénaire",
        ],
    ),
];

const TO: [&str; 17] = [
    "to", "til", "till", "bis", "through", "until", "tot", "and", "og", "och", "und", "et", "or", "eller",
    "oder", "ou", "à",
];

const ABOUT: [&str; 44] = [
    "early",
    "late",
    "mid",
    "middle",
    "end",
    "beginning",
    "start",
    "c",
    "ca",
    "circa",
    "about",
    "around",
    "approx",
    "approximately",
    "probably",
    "possibly",
    "perhaps",
    "the",
    "of",
    "in",
    "before",
    "after",
    "omkring",
    "cirka",
    "tidligt",
    "tidlig",
    "sent",
    "sen",
    "begyndelsen",
    "slutningen",
    "midten",
    "af",
    "før",
    "efter",
    "senest",
    "um",
    "etwa",
    "wohl",
    "anfang",
    "ende",
    "mitte",
    "des",
    "der",
    "dem",
];

const AGO: [&str; 7] = ["ago", "bp", "siden", "kya", "mya", "old", "gammel"];

const YEARS: [&str; 8] = ["years", "year", "yrs", "år", "jahre", "jahren", "ans", "million"];

const ORDINALS: [&str; 21] = [
    "",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];

/// The maximum number of digits of a number.
const DIGITS: usize = 6;

/// Splits a dating into tokens.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let length = if c.is_ascii_digit() {
            let (token, length) = number(rest);
            found.push(token);
            length
        } else if c.is_alphabetic() {
            let (token, length) = word(rest, &found);
            found.push(token);
            length
        } else {
            found.extend(sign(c, before, rest, &mut found.last().copied()));
            c.len_utf8()
        };
        // A sign includes its number.
        let length = match found.last() {
            Some(Token::Minus { .. }) if matches!(c, '-' | '\u{2212}') => {
                let digits = rest[c.len_utf8()..].bytes().take_while(u8::is_ascii_digit).count();
                c.len_utf8() + digits
            }
            _ => length,
        };
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    found
}

/// Parses a sign between words.
fn sign(c: char, before: char, rest: &str, last: &mut Option<Token>) -> Option<Token> {
    let behind = &rest[c.len_utf8()..];
    match c {
        '-' | '\u{2212}' if behind.starts_with(|c: char| c.is_ascii_digit()) => {
            let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
            let value = behind[..digits].parse().ok().filter(|_| (2..=DIGITS).contains(&digits));
            let free = before.is_whitespace() || matches!(before, '(' | '[' | '/' | '-' | '–');
            match (value, *last) {
                (Some(value), None | Some(Token::Dash | Token::To | Token::About)) if free => {
                    Some(Token::Minus { value })
                }
                // In `Rome -300` it is a sign or a dash.
                (Some(_), Some(Token::Other)) if before.is_whitespace() => Some(Token::Doubt),
                _ => Some(Token::Dash),
            }
        }
        '-' | '\u{2212}' | '–' | '—' | '\u{2011}' | '/' => Some(Token::Dash),
        ',' | ';' | ':' => Some(Token::Other),
        '?' | '~' => Some(Token::About),
        _ => None,
    }
}

/// Parses a number with its prefix or suffix: `1850s`, `19th`, `185-`, `10,000`.
fn number(text: &str) -> (Token, usize) {
    let mut length = text.bytes().take_while(u8::is_ascii_digit).count();
    let mut digits = text[..length].to_owned();
    // Thousands separators: `10,000`, `10.000`.
    while (1..=3).contains(&length) || digits.len() > 3 && digits.len() < length {
        let rest = &text[length..];
        let mark =
            rest.chars().next().filter(|mark| matches!(mark, ',' | '.' | '’' | '\'' | '\u{a0}' | '\u{202f}'));
        let Some(mark) = mark else { break };
        let group = &rest[mark.len_utf8()..];
        if group.bytes().take_while(u8::is_ascii_digit).count() != 3 || digits.len() > DIGITS {
            break;
        }
        digits.push_str(&group[..3]);
        length += mark.len_utf8() + 3;
    }
    let rest = &text[length..];
    let Some(value) = digits.parse::<i32>().ok().filter(|_| digits.len() <= DIGITS) else {
        return (Token::Other, length);
    };
    let number = |span| Token::Number { value, digits: digits.len(), span };
    if let Some((value, span, marks)) = open(value, digits.len(), rest) {
        return (Token::Number { value, digits: 4, span }, length + marks);
    }
    let (hyphen, word) = match rest.strip_prefix(['-', '\'', '’', ':']) {
        Some(behind) => (1 + usize::from(rest.starts_with('’')) * 2, behind),
        None => (0, rest),
    };
    let letters = word.find(|c: char| !c.is_alphabetic()).unwrap_or(word.len());
    let ending = word[..letters].to_lowercase();
    let full = length + hyphen + letters;
    match ending.as_str() {
        "s" | "erne" | "er" | "ern" | "ers" | "årene" => (number(decade(value)), full),
        "tallet" | "tallets" | "talet" | "talets" | "tal" => (number(decade(value)), full),
        "st" | "nd" | "rd" | "th" | "e" | "ème" | "de" if digits.len() <= 2 => (Token::Ordinal(value), full),
        _ if digits.len() <= 2
            && rest.starts_with('.')
            && !rest[1..].starts_with(|c: char| c.is_ascii_digit()) =>
        {
            (Token::Ordinal(value), length + 1)
        }
        _ => (number(0), length),
    }
}

/// The number of years in `1850s` or `1800-tallet`.
fn decade(year: i32) -> i32 {
    match year {
        _ if year % 100 == 0 => 99,
        _ if year % 10 == 0 => 9,
        _ => 0,
    }
}

/// Parses `185-`, `185?`, `18--`, `18XX`: unknown digits (EDTF, ISO 8601-2, and library catalogues).
fn open(value: i32, digits: usize, rest: &str) -> Option<(i32, i32, usize)> {
    let marks = rest.chars().take_while(|mark| matches!(mark, '-' | '?' | 'x' | 'X' | 'u' | '_')).count();
    let behind = &rest[marks..];
    let goes_on = behind.trim_start().starts_with(|c: char| c.is_ascii_digit()) && rest.starts_with('-');
    let (marks, behind) = match (digits, marks) {
        (3, 2..) if rest[1..].starts_with('?') => (1, &rest[1..]),
        _ => (marks, behind),
    };
    if goes_on || behind.starts_with(char::is_alphanumeric) || era(behind.trim_start()).is_some() {
        return None;
    }
    match (digits, marks) {
        // In `850-` a range begins with the year 850.
        (3, 1) if (100..=209).contains(&value) => Some((value * 10, 9, 1)),
        (2, 2) if (10..=20).contains(&value) => Some((value * 100, 99, 2)),
        _ => None,
    }
}

/// Parses a word: an era if it is next to a number, otherwise its meaning in a dating.
fn word(text: &str, before: &[Token]) -> (Token, usize) {
    let letters = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let (word, rest) = (text[..letters].to_lowercase(), &text[letters..]);
    let counted = |token: &Token| {
        matches!(token, Token::Number { .. } | Token::Ordinal(_) | Token::Period(_) | Token::Minus { .. })
    };
    let last = before.iter().rev().find(|token| **token != Token::About);
    if let Some((era, length)) = era(text) {
        let leads = text[length..].trim_start().starts_with(|c: char| c.is_ascii_digit());
        if last.is_some_and(counted) || leads {
            return (Token::Era(era), length);
        }
    }
    let period = PERIODS.iter().find(|(_, names)| names.contains(&word.as_str()));
    let ordinal = matches!(before.last(), Some(Token::Ordinal(_)));
    if word == "bp" || text.to_lowercase().starts_with("b.p.") {
        return (Token::Ago, letters);
    }
    if let Some(value) = roman(&text[..letters], rest) {
        return (Token::Ordinal(value), letters);
    }
    let token = match word.as_str() {
        _ if period.is_some() => Token::Period(period.map_or(0, |(years, _)| *years)),
        // `19th c.`
        "c" if ordinal => Token::Period(100),
        word if AGO.contains(&word) => Token::Ago,
        word if YEARS.contains(&word) => Token::Years,
        word if TO.contains(&word) => Token::To,
        word if ABOUT.contains(&word) => Token::About,
        word => match ORDINALS.iter().position(|name| *name == word) {
            Some(value) => Token::Ordinal(value as i32),
            None => Token::Other,
        },
    };
    (token, letters)
}

/// Parses `XIX`, `XIXe`, `Ier` before the word for a century.
fn roman(word: &str, behind: &str) -> Option<i32> {
    let capitals = word.find(|c: char| !matches!(c, 'I' | 'V' | 'X')).unwrap_or(word.len());
    let (numeral, ending) = word.split_at(capitals);
    let next = behind.trim_start();
    let next = next[..next.find(|c: char| !c.is_alphabetic()).unwrap_or(next.len())].to_lowercase();
    let is_ordinal = matches!(ending, "" | "e" | "er" | "ème" | "º");
    if numeral.is_empty()
        || !is_ordinal
        || !matches!(next.as_str(), "siècle" | "siècles" | "secolo" | "siglo")
    {
        return None;
    }
    let digits: Vec<i32> = numeral
        .chars()
        .map(|c| {
            if c == 'I' {
                1
            } else if c == 'V' {
                5
            } else {
                10
            }
        })
        .collect();
    let value = |at: usize| if digits.get(at + 1) > digits.get(at) { -digits[at] } else { digits[at] };
    Some((0..digits.len()).map(value).sum())
}
