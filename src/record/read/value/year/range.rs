//! The range of years of a dating. An ambiguous dating has none.

use super::era::Era;
use super::token::{Token, tokens};

/// One point of a dating: a year, a decade, a century, a millennium.
#[derive(Clone, Copy, Debug)]
struct Point {
    value: i32,
    /// The number of digits as written; 0 if the number counts whatever its length.
    digits: usize,
    /// The number of years after the first one.
    span: i32,
    /// The number of years of its unit: 1, 100 or 1000; 0 for an ordinal whose unit is not known yet.
    unit: i32,
    era: Option<Era>,
    minus: bool,
    /// Whether a dash, a slash or a word such as `to` joins it to the point before.
    joined: bool,
    /// Whether only a dash or slash is between them.
    tight: bool,
    /// Whether another dash follows immediately, as in dates.
    dashed: bool,
}

/// Parses the first and the last year of a dating: `1850-55`, `c. 1850–1855`, `1850s`, `1.5.1832`, `300–250 B.C.`, `2.
/// årh. f.Kr.`, `185-`. Years before our era are not abbreviated (Chicago Manual of Style, 9.64).
pub(in crate::record::read) fn span(words: &str) -> (Option<i32>, Option<i32>) {
    match years(words) {
        Some((first, last)) => (Some(first), Some(last)),
        None => (None, None),
    }
}

fn years(words: &str) -> Option<(i32, i32)> {
    let tokens = tokens(words);
    if tokens.iter().any(|token| matches!(token, Token::Ago | Token::Doubt)) {
        return None;
    }
    let mut points = points(&tokens)?;
    backwards(&mut points);
    forwards(&mut points)?;
    let before = points.iter().any(|point| point.era == Some(Era::Before));
    let four = points.iter().any(|point| point.digits == 4 && point.unit == 1 && !point.minus);
    let mut found: Option<(i32, i32)> = None;
    // The previous year, which an abbreviated one continues.
    let mut last_full: Option<i32> = None;
    for point in &points {
        let Some((first, last)) = counted(point, four, before, &mut last_full)? else { continue };
        found = Some(found.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
    }
    found
}

/// The years of a point, if it counts. The outer `None` means that the whole dating is ambiguous.
#[allow(clippy::option_option, reason = "in doubt, passed over, and counted are three answers")]
fn counted(
    point: &Point,
    four: bool,
    before: bool,
    last_full: &mut Option<i32>,
) -> Option<Option<(i32, i32)>> {
    if point.minus {
        return Some(Some((-point.value, -point.value)));
    }
    match (point.unit, point.era) {
        (0, _) => Some(None),
        (1, Some(era)) => {
            *last_full = (era == Era::Common).then_some(point.value);
            Some(spread(point.value, point.span, era))
        }
        (1, None) => {
            let least = if four { 4 } else { 3 };
            let years = match (point.digits, *last_full) {
                (digits, _) if (least..=4).contains(&digits) => Some(point.value),
                (2, Some(full)) if point.tight && !point.dashed => {
                    Some(full - full.rem_euclid(100) + point.value).filter(|year| *year >= full)
                }
                _ => None,
            };
            let Some(year) = years else { return Some(None) };
            // `300 B.C. (cast 1880)`: two dates, only one of which dates the work.
            if before {
                return if point.digits == 4 || point.joined { None } else { Some(None) };
            }
            *last_full = Some(year);
            Some(spread(year, point.span, Era::Common))
        }
        (_, None) if before => None,
        (unit, era) => Some(period(point.value, unit, era.unwrap_or(Era::Common))),
    }
}

/// `450s B.C.` are 459 to 450 B.C.
fn spread(year: i32, span: i32, era: Era) -> Option<(i32, i32)> {
    match era {
        _ if year == 0 => None,
        Era::Common => Some((year, year + span)),
        Era::Before => Some((-(year + span), -year)),
    }
}

/// The 19th century is 1800 to 1899, as `1800-tallet` is; the 2nd century B.C. is 200 to 101 B.C.
fn period(number: i32, unit: i32, era: Era) -> Option<(i32, i32)> {
    let most = if unit == 100 { 30 } else { 12 };
    match era {
        _ if !(1..=most).contains(&number) => None,
        Era::Common => Some((((number - 1) * unit).max(1), number * unit - 1)),
        Era::Before => Some((-number * unit, -(number - 1) * unit - 1)),
    }
}

/// The points of a dating with their eras and units; `None` if an era cannot be assigned.
fn points(tokens: &[Token]) -> Option<Vec<Point>> {
    let mut points: Vec<Point> = Vec::new();
    let (mut joined, mut tight, mut broken) = (false, true, true);
    let mut leading: Option<Era> = None;
    // Whether the token before belongs to the last point.
    let mut attached = false;
    for token in tokens {
        let new = match *token {
            Token::Number { value, digits, span } => Some((value, digits, span, 1, false)),
            Token::Minus { value } => Some((value, 0, 0, 1, true)),
            Token::Ordinal(value) => Some((value, 0, 0, 0, false)),
            _ => None,
        };
        if let Some((value, digits, span, unit, minus)) = new {
            let joined = joined && !broken;
            let tight = joined && tight;
            let point =
                Point { value, digits, span, unit, era: leading.take(), minus, joined, tight, dashed: false };
            points.push(point);
            attached = true;
        } else {
            match *token {
                Token::Period(unit) if attached => {
                    let point = points.last_mut()?;
                    if point.unit == 0 || point.digits <= 2 && !point.minus {
                        point.unit = unit;
                    }
                    continue;
                }
                Token::Era(era) if attached => {
                    points.last_mut()?.era = Some(era);
                    continue;
                }
                Token::About if attached => {
                    tight = false;
                    continue;
                }
                // In `A.D. 100` the era is first. What precedes `B.C. 300` can be anything, as in `Victoria, B.C.`
                Token::Era(Era::Common) => leading = Some(Era::Common),
                Token::Era(Era::Before) => return None,
                Token::Dash => {
                    if let Some(point) = points.last_mut().filter(|_| attached) {
                        point.dashed = true;
                    }
                    joined = true;
                    attached = false;
                    continue;
                }
                Token::Years if attached => {
                    // `over 20 years` is a duration.
                    if points.last().is_some_and(|point| point.span == 0 && point.unit == 1) {
                        points.pop();
                    }
                }
                Token::To => {
                    joined = true;
                    tight = false;
                }
                Token::About => tight = false,
                _ => broken = true,
            }
            attached = false;
            continue;
        }
        (joined, tight, broken) = (false, true, false);
    }
    Some(points)
}

/// In `4th–3rd century B.C.` the unit and era at the end of a range apply to all of it.
fn backwards(points: &mut [Point]) {
    for at in (0..points.len().saturating_sub(1)).rev() {
        let next = points[at + 1];
        let point = &mut points[at];
        if !next.joined || point.minus || next.minus {
            continue;
        }
        if next.unit > 1
            && (point.unit == 0 || point.unit == 1 && (1..=2).contains(&point.digits))
            && point.era.is_none()
        {
            point.unit = next.unit;
        }
        if point.era.is_none() && (point.unit == next.unit) {
            point.era = next.era;
        }
    }
}

/// `50 B.C.–100` ends in our era; `300 B.C.–200` is ambiguous.
fn forwards(points: &mut [Point]) -> Option<()> {
    for at in 1..points.len() {
        let (before, point) = (points[at - 1], points[at]);
        let is_before = before.era == Some(Era::Before) || before.minus;
        if !point.joined || point.minus || point.era.is_some() || !is_before {
            continue;
        }
        if point.unit == 0 || point.unit.max(1) * point.value <= before.unit.max(1) * before.value {
            return None;
        }
        points[at].era = Some(Era::Common);
    }
    Some(())
}
