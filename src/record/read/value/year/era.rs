//! The eras in datings: `B.C.`, `BCE`, `f.Kr.`, `v. Chr.`, `av. J.-C.`, `A.D.`, `e.Kr.`…

/// Before the common era, or in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    Before,
    Common,
}

/// The letters of an era's name, without points, spaces and hyphens.
const BEFORE: [&str; 24] = [
    "bce",
    "bc",
    "beforechrist",
    "beforethecommonera",
    "beforecommonera",
    "fkr",
    "førkr",
    "førkristus",
    "førkristi",
    "førkristifødsel",
    "fvt",
    "førvortidsregning",
    "förekristus",
    "vchr",
    "vorchr",
    "vorchristus",
    "vorchristi",
    "vorchristigeburt",
    "vuz",
    "vorunsererzeit",
    "avjc",
    "avantjc",
    "avantjésuschrist",
    "avantnotreère",
];

const COMMON: [&str; 17] = [
    "ad",
    "ce",
    "annodomini",
    "ekr",
    "efterkr",
    "efterkristus",
    "efterkristi",
    "evt",
    "nchr",
    "nachchr",
    "nachchristus",
    "nuz",
    "apjc",
    "aprjc",
    "aprèsjc",
    "aprèsjésuschrist",
    "denotreère",
];

/// The era that a text begins with, and the length of its name in bytes.
pub(super) fn era(text: &str) -> Option<(Era, usize)> {
    let named = |names: &[&str], era| {
        let found = names.iter().filter_map(|name| spelled(text, name)).max()?;
        Some((era, found))
    };
    let before = named(&BEFORE, Era::Before).or_else(|| Some((Era::Before, romance(text, 'a')?)));
    let common = named(&COMMON, Era::Common).or_else(|| Some((Era::Common, romance(text, 'd')?)));
    match (before, common) {
        (Some(before), Some(common)) if common.1 > before.1 => Some(common),
        (before, common) => before.or(common),
    }
}

/// The length of the prefix that spells these letters, with its last point. No further letter may follow.
fn spelled(text: &str, letters: &str) -> Option<usize> {
    let mut wanted = letters.chars();
    let mut next = wanted.next();
    let mut end = 0;
    for (at, c) in text.char_indices() {
        match next {
            Some(letter) if c.to_lowercase().eq([letter]) => {
                next = wanted.next();
                end = at + c.len_utf8();
            }
            Some(_) if at > 0 && matches!(c, '.' | ' ' | '\u{a0}' | '-' | '\u{2011}') => {}
            Some(_) => return None,
            None => break,
        }
    }
    closed(text, end).filter(|_| next.is_none())
}

/// `a.C.`, `a. C.`, `aC`, and `d.C.` in Italian and Spanish. Only in this case, because others are initials.
fn romance(text: &str, first: char) -> Option<usize> {
    let rest = text.strip_prefix(first)?;
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let rest = rest.trim_start_matches([' ', '\u{a0}']);
    let rest = rest.strip_prefix('C')?;
    closed(text, text.len() - rest.len())
}

fn closed(text: &str, end: usize) -> Option<usize> {
    let rest = &text[end..];
    let point = usize::from(rest.starts_with('.'));
    (!rest[point..].starts_with(char::is_alphabetic) || point == 1).then_some(end + point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eras_are_recognized_by_their_letters() {
        for text in [
            "BC",
            "B.C.",
            "b.c.",
            "BCE",
            "B.C.E.",
            "B. C.",
            "f.Kr.",
            "f. Kr.",
            "F.KR.",
            "f.v.t.",
            "fvt.",
            "v.Chr.",
            "v. Chr.",
            "v.u.Z.",
            "av. J.-C.",
            "avant J.-C.",
            "a.C.",
            "a. C.",
            "aC",
            "before Christ",
            "før Kristus",
            "vor Christus",
        ] {
            assert_eq!(era(text), Some((Era::Before, text.len())), "{text}");
        }
        for text in ["AD", "A.D.", "CE", "C.E.", "e.Kr.", "n. Chr.", "apr. J.-C.", "d.C."] {
            assert_eq!(era(text), Some((Era::Common, text.len())), "{text}");
        }
        for text in ["bcx", "before", "f. 1850", "circa", "Address", "A. C. Jensen", "century", "ca."] {
            assert_eq!(era(text), None, "{text}");
        }
    }
}
