//! Decades and centuries that queries write in words: `nineteen sixties`, `tresserne`, `attenhundredefirserne`.

use super::period::Years;
use crate::record::fold::fold;

/// Decades in English and Danish, folded; words alone are of the 20th century.
const DECADES: [(&str, &[&str], i32); 9] = [
    ("tens", &["tierne"], 10),
    ("twenties", &["tyverne"], 20),
    ("thirties", &["trediverne", "tredverne"], 30),
    ("forties", &["fyrrerne", "firtierne"], 40),
    ("fifties", &["halvtredserne", "halvtredsserne"], 50),
    ("sixties", &["tresserne"], 60),
    ("seventies", &["halvfjerdserne"], 70),
    ("eighties", &["firserne"], 80),
    ("nineties", &["halvfemserne"], 90),
];
/// Hundreds in English and Danish.
const HUNDREDS: [(&str, &str, i32); 9] = [
    ("eleven", "elleve", 1100),
    ("twelve", "tolv", 1200),
    ("thirteen", "tretten", 1300),
    ("fourteen", "fjorten", 1400),
    ("fifteen", "femten", 1500),
    ("sixteen", "seksten", 1600),
    ("seventeen", "sytten", 1700),
    ("eighteen", "atten", 1800),
    ("nineteen", "nitten", 1900),
];
/// The hundreds of a decade that is written alone.
const USUAL: i32 = 1900;
/// The word between hundreds and decades, and those that may follow it.
const HUNDRED: [&str; 2] = ["hundrede", "hundred"];
const AND: [&str; 2] = ["and", "og"];

/// The years that the first words name, and how many words say so.
pub(super) fn leading(tokens: &[&str]) -> Option<(usize, Years)> {
    let folded = |token: &&str| fold(token.trim_matches(|c: char| !c.is_alphanumeric()));
    let words: Vec<String> = tokens.iter().take(4).map(folded).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let first = *words.first()?;
    if let Some(years) = joined(first) {
        return Some((1, years));
    }
    let hundreds = HUNDREDS.iter().find(|(english, danish, _)| first == *english || first == *danish)?.2;
    let mut at = 1;
    if words.get(at) == Some(&"hundreds") {
        return Some((2, (hundreds, hundreds + 99)));
    }
    at += usize::from(words.get(at).is_some_and(|word| HUNDRED.contains(word)));
    at += usize::from(at > 1 && words.get(at).is_some_and(|word| AND.contains(word)));
    let tens = decade(words.get(at)?)?;
    Some((at + 1, (hundreds + tens, hundreds + tens + 9)))
}

/// A decade in one word, with or without its hundreds: `tresserne`, `nineteen-sixties`, `attenhundredefirserne`.
fn joined(word: &str) -> Option<Years> {
    let years = |hundreds: i32, tens: i32| (hundreds + tens, hundreds + tens + 9);
    if let Some(tens) = decade(word).filter(|tens| *tens > 10) {
        return Some(years(USUAL, tens));
    }
    HUNDREDS.iter().find_map(|&(english, danish, hundreds)| {
        let rest = word.strip_prefix(english).or_else(|| word.strip_prefix(danish))?;
        let rest = rest.trim_start_matches('-');
        let rest = HUNDRED.iter().find_map(|hundred| rest.strip_prefix(hundred)).unwrap_or(rest);
        let rest = rest.strip_prefix("og").unwrap_or(rest).trim_start_matches('-');
        if matches!(rest, "hundreds" | "tallet") {
            return Some((hundreds, hundreds + 99));
        }
        Some(years(hundreds, decade(rest)?))
    })
}

/// The tens of a word for a decade; Danish words may be genitives.
fn decade(word: &str) -> Option<i32> {
    let nominative = word.strip_suffix('s').unwrap_or(word);
    let known = DECADES.iter().find(|(english, danish, _)| word == *english || danish.contains(&nominative));
    known.map(|(_, _, tens)| *tens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_are_read_in_words() {
        for (typed, expected) in [
            ("sixties", Some((1, (1960, 1969)))),
            ("Tresserne", Some((1, (1960, 1969)))),
            ("halvfjerdsernes fotografi", Some((1, (1970, 1979)))),
            ("nineteen sixties sculpture", Some((2, (1960, 1969)))),
            ("nineteen-thirties", Some((1, (1930, 1939)))),
            ("eighteen forties", Some((2, (1840, 1849)))),
            ("nineteen tens", Some((2, (1910, 1919)))),
            ("attenhundredefirserne", Some((1, (1880, 1889)))),
            ("attenfirserne", Some((1, (1880, 1889)))),
            ("nitten hundrede og tyverne", Some((4, (1920, 1929)))),
            ("eighteen hundreds", Some((2, (1800, 1899)))),
            ("attenhundredetallet", Some((1, (1800, 1899)))),
            ("eighteen horses", None),
            ("tens", None),
            ("nineteen", None),
            ("sixty", None),
            ("", None),
        ] {
            let tokens: Vec<&str> = typed.split_whitespace().collect();
            assert_eq!(leading(&tokens), expected, "{typed}");
        }
    }
}
